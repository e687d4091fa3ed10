//! The plan of a destroy: what is declared, there and ours goes; the rest is named or left out.
//!
//! What needs a resource goes before it, and where nothing says an order, by the rank of the kinds: the inflow
//! first. What is protected stays, with what it lives in.

use std::collections::HashMap;

use super::Change;
use super::Evaluation;
use super::Graph;
use super::Observations;
use super::change::Action;
use super::change::Reason;
use super::decide::attribute;
use super::graph::Because;
use super::live::Live;
use super::live::Seen;
use crate::environment::declared::Resource;
use crate::resource::Address;
use crate::resource::Owner;
use crate::resource::sentinel;

pub(super) fn destroy(evaluation: &Evaluation<'_>, owner: &Owner, live: &Observations, graph: &Graph) -> Vec<Change> {
    let mut resources: Vec<&Resource> = evaluation.declared().resources.iter().rev().collect();
    resources.sort_by_key(|resource| resource.schema.rank());
    let addresses: Vec<&Address> = resources.iter().map(|resource| &resource.address).collect();
    let holders = protected(evaluation, live);
    graph
        .reversed()
        .order(&addresses)
        .into_iter()
        .filter_map(|turn| one(evaluation, owner, live, &holders, resources[turn]))
        .collect()
}

fn one(
    evaluation: &Evaluation<'_>,
    owner: &Owner,
    live: &Observations,
    holders: &HashMap<usize, usize>,
    resource: &Resource,
) -> Option<Change> {
    let address = &resource.address;
    if evaluation.is_existing(address) {
        return None;
    }
    let resources = &evaluation.declared().resources;
    let holder = evaluation
        .position(address)
        .and_then(|position| resources.get(*holders.get(&position)?));
    let (action, reason) = match live.get(address) {
        Some(Live::Absent) => return None,
        Some(Live::Present(seen)) => present(owner, seen, holder),
        Some(Live::Unreadable { because, until }) => unread(because, until.clone()),
        None => unread("it was not observed", None),
    };
    Some(Change {
        address: address.clone(),
        cloud_name: evaluation.cloud_name(address).filter(|name| !sentinel::is_in(name)),
        action,
        reason,
        fields: Vec::new(),
        touched_by: Vec::new(),
    })
}

fn present(owner: &Owner, seen: &Seen, holder: Option<&Resource>) -> (Action, Reason) {
    let found = seen.mark.as_ref().map(|mark| &mark.owner);
    if found != Some(owner) {
        let owner = found.cloned();
        return (Action::Blocked, Reason::NotOursToDelete { owner });
    }
    match holder {
        Some(holder) => {
            let holder = holder.address.clone();
            (Action::Blocked, Reason::Protected { holder })
        }
        None => (Action::Delete, Reason::Destroyed),
    }
}

fn unread(because: &str, until: Option<Address>) -> (Action, Reason) {
    let because = because.to_owned();
    (Action::Check, Reason::Unreadable { because, until })
}

/// By position, whose `protect: true` keeps a resource: its own, or that of something that lives in it. What
/// is absent keeps nothing.
fn protected(evaluation: &Evaluation<'_>, live: &Observations) -> HashMap<usize, usize> {
    let resources = &evaluation.declared().resources;
    let mut holders = HashMap::new();
    for (holder, resource) in resources.iter().enumerate() {
        if !resource.options.protect || live.get(&resource.address) == Some(&Live::Absent) {
            continue;
        }
        let mut open = vec![holder];
        while let Some(position) = open.pop() {
            if position != holder && holders.contains_key(&position) {
                continue;
            }
            holders.insert(position, holder);
            let Some(scopes) = resources.get(position).map(|resource| resource.schema.scope()) else {
                continue;
            };
            open.extend(evaluation.uses(position).iter().filter_map(|used| match &used.at {
                Because::Attribute(path) if attribute(path).is_some_and(|key| scopes.contains(&key)) => {
                    Some(used.target)
                }
                _ => None,
            }));
        }
    }
    holders
}
