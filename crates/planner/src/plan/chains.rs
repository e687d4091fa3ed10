//! Replaces that hang on each other: what is made anew because of something else goes before that does.
//!
//! Replacing under one identity is delete, then create. A dependent that would be made anew afterwards must not outlive
//! what it hangs on, so its delete is a step of its own, before the dependency's turn; its own turn finds nothing and
//! creates.

use std::collections::BTreeMap;

use super::Change;
use super::Graph;
use super::change::Action;
use super::change::Reason;
use super::graph::Because;
use crate::resource::Address;

/// What stands for the cloud name of something without one.
const NAMELESS: &str = "another";

/// Orders the deletes that go first, and says whose each is: the delete's own address, the resource's.
pub(super) fn order(graph: &mut Graph, changes: &[Change]) -> BTreeMap<Address, Address> {
    let replaced = |address: &Address| {
        let found = changes.iter().find(|change| change.address == *address);
        // What gets another name stands until its successor does.
        found.filter(|change| change.action == Action::Replace && !matches!(change.reason, Reason::Renamed { .. }))
    };
    let mut firsts = BTreeMap::new();
    for change in changes {
        let Some(dependency) = replaced(&change.address).and_then(|change| because_of(&change.reason)) else {
            continue;
        };
        if replaced(dependency).is_some() {
            firsts.insert(first_of(change), change.address.clone());
        }
    }
    for (first, address) in &firsts {
        graph.needs.entry(first.clone()).or_default();
        let dependency = replaced(address).and_then(|change| because_of(&change.reason));
        let Some(dependency) = dependency.and_then(replaced) else {
            continue;
        };
        graph.add(&dependency.address, first, Because::DependsOn);
        let earlier = first_of(dependency);
        if firsts.contains_key(&earlier) {
            graph.add(&earlier, first, Because::DependsOn);
        }
    }
    firsts
}

fn first_of(change: &Change) -> Address {
    change
        .address
        .as_former(change.cloud_name.as_deref().unwrap_or(NAMELESS))
}

fn because_of(reason: &Reason) -> Option<&Address> {
    match reason {
        Reason::Replaced { dependency } => Some(dependency),
        Reason::CannotChange { since, .. } => because_of(since),
        _ => None,
    }
}
