//! Replaces that hang on each other: what is made anew because of something else goes before that does.
//!
//! Replacing under one identity is delete, then create. A dependent that would be made anew afterwards must not outlive
//! what it hangs on, so its delete is a step of its own, before the dependency's turn; its own turn finds nothing and
//! creates. What goes by itself with what it lives in needs no such step where that is replaced.

use std::collections::BTreeMap;

use super::Change;
use super::Evaluation;
use super::Graph;
use super::change::Action;
use super::change::Reason;
use super::graph::Because;
use crate::resource::Address;
use crate::schema;
use crate::schema::AnySchema;

/// What stands for the cloud name of something without one.
const NAMELESS: &str = "another";

/// Orders the deletes that go first, and says whose each is: the delete's own address, the resource's.
pub(super) fn order(graph: &mut Graph, evaluation: &Evaluation<'_>, changes: &[Change]) -> BTreeMap<Address, Address> {
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
        if replaced(dependency).is_some() && !goes_along(evaluation, &change.address, changes) {
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
    order_among(graph, &firsts);
    firsts
}

/// Of two that go first, the one that needs the other goes before it: a key outlives every delete that uses it.
fn order_among(graph: &mut Graph, firsts: &BTreeMap<Address, Address>) {
    for (first, address) in firsts {
        let users = firsts.iter().filter(|(_, user)| {
            let needs = graph.needs.get(*user);
            needs.is_some_and(|needs| needs.contains(address))
        });
        let users: Vec<&Address> = users.map(|(user_first, _)| user_first).collect();
        for user in users {
            graph.add_unless_circular(first, user);
        }
    }
}

/// Whether something goes by itself with what it lives in, which is deleted and made again.
pub fn goes_along(evaluation: &Evaluation<'_>, address: &Address, changes: &[Change]) -> bool {
    let is_replaced = |scope: &&Address| {
        let mut changes = changes.iter();
        changes.any(|change| {
            let in_place = !matches!(change.reason, Reason::Renamed { .. });
            change.address == **scope && change.action == Action::Replace && in_place
        })
    };
    schema::find(&address.kind).is_some_and(AnySchema::goes_with_scope)
        && evaluation.scope(address).iter().any(is_replaced)
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
