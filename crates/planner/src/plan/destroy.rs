//! The plan of a destroy: what is there and ours goes, declared or not; the rest is named or left out.
//!
//! What needs a resource goes before it, and where nothing says an order, by the rank of the kinds: the inflow
//! first. What is protected, by its declaration or its mark, stays, with what it lives in.

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
use super::owned;
use super::request::Request;
use crate::environment::declared::Resource;
use crate::resource::Address;
use crate::resource::Owner;
use crate::resource::sentinel;

/// The changes, and their order.
pub(super) fn destroy(
    evaluation: &Evaluation<'_>,
    owner: &Owner,
    live: &Observations,
    graph: &Graph,
    request: &Request,
) -> (Vec<Change>, Graph) {
    let mut resources: Vec<&Resource> = evaluation.declared().resources.iter().rev().collect();
    resources.sort_by_key(|resource| resource.schema.rank());
    let holders = protected(evaluation, live);
    let declared = resources.iter().filter_map(|resource| {
        Some((
            resource.schema.rank(),
            one(evaluation, owner, live, &holders, resource)?,
        ))
    });
    let mut changes: Vec<(u8, Change)> = declared.collect();
    let owned = owned::changes(owner, live, request, |_| Reason::Destroyed);
    let mut order = graph.reversed();
    owned::order_destroying(&mut order, live, evaluation, &owned);
    changes.extend(owned.into_iter().map(|change| (owned::rank(&change.address), change)));
    changes.sort_by_key(|(rank, _)| *rank);
    let mut changes: Vec<Option<Change>> = changes.into_iter().map(|(_, change)| Some(change)).collect();
    let addresses: Vec<Address> = changes.iter().flatten().map(|change| change.address.clone()).collect();
    let turns = order.order(&addresses.iter().collect::<Vec<_>>());
    let ordered = turns
        .into_iter()
        .filter_map(|turn| changes.get_mut(turn)?.take())
        .collect();
    (ordered, order)
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
        Some(Live::Unverified { because, .. }) => unread(because, None),
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
        Some(holder) if !holder.options.protect => (Action::Blocked, Reason::MarkedProtected),
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
        let found = live.get(&resource.address);
        let is_marked =
            matches!(found, Some(Live::Present(seen)) if seen.mark.as_ref().is_some_and(|mark| mark.protect));
        if !(resource.options.protect || is_marked) || found == Some(&Live::Absent) {
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
