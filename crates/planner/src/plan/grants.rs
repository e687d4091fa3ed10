//! Rights that outlive their use: while a queue of ours goes, no role loses what it may do.
//!
//! A rule that sends to a queue until it moves, and a mapping that drains one, need the rights that the roles' new policies
//! no longer give. So such a role first gets what is new beside what it had, and loses the rest in a step of its own, once
//! the queues are gone.

use std::collections::BTreeMap;

use super::Change;
use super::Graph;
use super::change::Action;
use super::graph::Because;
use crate::resource::Address;
use crate::resource::Segment;

const QUEUE: &str = "aws_sqs_queue";
const ROLE: &str = "aws_iam_role";
const RIGHTS: [&str; 2] = ["inline_policy", "managed_policy_arns"];

/// Orders the steps in which roles lose something, and says whose each is: the step's own address, the role's.
pub(super) fn order(graph: &mut Graph, changes: &[Change], deletes: &[Change]) -> BTreeMap<Address, Address> {
    let goes = |change: &&Change| change.action == Action::Delete && change.address.kind == QUEUE;
    let going: Vec<&Address> = deletes.iter().filter(goes).map(|change| &change.address).collect();
    let mut lasts = BTreeMap::new();
    if going.is_empty() {
        return lasts;
    }
    for change in changes.iter().filter(|change| loses(change)) {
        let name = change.cloud_name.as_deref().unwrap_or_default();
        let last = change.address.as_former(name);
        graph.add(&last, &change.address, Because::DependsOn);
        for queue in &going {
            graph.add(&last, queue, Because::DependsOn);
        }
        lasts.insert(last, change.address.clone());
    }
    lasts
}

fn loses(change: &Change) -> bool {
    let is_role = change.address.kind == ROLE && change.action == Action::Update;
    is_role
        && change.fields.iter().any(|field| {
            let is_right = matches!(field.path.first(), Some(Segment::Key(key)) if RIGHTS.contains(&key.as_str()));
            is_right && field.before.is_some()
        })
}
