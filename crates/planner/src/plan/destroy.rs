//! The plan of a destroy: what is there and ours goes, declared or not; the rest is named or left out.
//!
//! What needs a resource goes before it, and where nothing says an order, by the rank of the kinds: the inflow
//! first. What is protected, by its declaration or its mark, stays, with what it lives in.

use std::collections::HashMap;

use super::Change;
use super::Evaluation;
use super::Graph;
use super::Observations;
use super::cascade;
use super::change::Action;
use super::change::Reason;
use super::live::Live;
use super::live::Seen;
use super::owned;
use super::request::Request;
use super::staying::Reach;
use super::staying::accounts_granted;
use super::staying::keep_in_destroy;
use super::staying::protected;
use crate::environment::declared::Resource;
use crate::resource::Address;
use crate::resource::Owner;
use crate::resource::sentinel;
use crate::schema::Marking;

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
    let kept = protected(evaluation, live, Reach::Needs);
    let declared = resources
        .iter()
        .filter_map(|resource| Some((resource.schema.rank(), one(evaluation, owner, live, &kept, resource)?)));
    let mut changes: Vec<(u8, Change)> = declared.collect();
    let owned = owned::changes(evaluation, owner, live, request, |_| Reason::Destroyed);
    let mut order = graph.reversed();
    owned::order_destroying(&mut order, live, evaluation, &owned);
    changes.extend(owned.into_iter().map(|change| (owned::rank(&change.address), change)));
    changes.sort_by_key(|(rank, _)| *rank);
    let mut changes: Vec<Change> = changes.into_iter().map(|(_, change)| change).collect();
    keep_in_destroy(&mut changes, evaluation, live, request);
    cascade::keep_writers(&mut order, evaluation, &changes);
    let mut changes: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
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
    kept: &HashMap<usize, Reason>,
    resource: &Resource,
) -> Option<Change> {
    let address = &resource.address;
    if evaluation.is_existing(address) {
        return None;
    }
    let position = evaluation.position(address);
    let kept = position.and_then(|position| kept.get(&position));
    let (action, reason) = match live.get(address) {
        // What these credentials do not reach is left out, and told as a note.
        Some(Live::Absent | Live::NotCompared { .. }) => return None,
        Some(Live::Present(seen)) if is_ours(evaluation, owner, resource, seen) => present(kept),
        Some(Live::Present(seen)) => not_ours(resource, seen),
        Some(Live::Unreadable { because, until }) => unread(because, until.clone()),
        Some(Live::Unverified { because, .. }) => unread(because, None),
        Some(Live::Hidden { because }) => {
            let because = because.clone();
            (Action::Check, Reason::GoneOrHidden { because, anew: false })
        }
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

/// By its mark; by where it lies, or by whom it serves, where the kind bears none.
fn is_ours(evaluation: &Evaluation<'_>, owner: &Owner, resource: &Resource, seen: &Seen) -> bool {
    let resources = &evaluation.declared().resources;
    let is_made = |position: usize| {
        let account = resources.get(position).map(|account| &account.address);
        account.is_some_and(|account| !evaluation.is_existing(account))
    };
    let serves_ours = || {
        let position = evaluation.position(&resource.address);
        position.is_some_and(|position| accounts_granted(evaluation, position).any(is_made))
    };
    seen.mark.as_ref().is_some_and(|mark| mark.owner == *owner)
        || match resource.schema.marking() {
            Marking::Scope => true,
            Marking::Nothing => serves_ours(),
            Marking::Tags | Marking::Name | Marking::NameAndDescription | Marking::Description => false,
        }
}

/// What bears no mark by its kind never blocks: it is named and left.
fn not_ours(resource: &Resource, seen: &Seen) -> (Action, Reason) {
    let owner = seen.mark.as_ref().map(|mark| mark.owner.clone());
    let action = match resource.schema.marking() {
        Marking::Nothing => Action::Keep,
        _ => Action::Blocked,
    };
    (action, Reason::NotOursToDelete { owner })
}

fn present(kept: Option<&Reason>) -> (Action, Reason) {
    match kept {
        Some(reason) => (Action::Blocked, reason.clone()),
        None => (Action::Delete, Reason::Destroyed),
    }
}

fn unread(because: &str, until: Option<Address>) -> (Action, Reason) {
    let because = because.to_owned();
    (Action::Check, Reason::Unreadable { because, until })
}
