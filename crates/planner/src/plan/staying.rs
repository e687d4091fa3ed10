//! What keeps a resource though it was to go: `protect` on it or on what lives in it or needs it, something of somebody
//! else's inside, a twin.
//!
//! - `protect` reaches all the way up: scope, store, the writing key with its account and that account's grants. A
//!   destroy leaves all of these. A replacement is refused only where it takes the protected along, up the scope.
//! - What is neither declared nor ours keeps what it lies in, and what that lies in, unless its loss was allowed by
//!   address: a confirmed destroy is no such leave.

use std::collections::HashMap;

use super::Change;
use super::Evaluation;
use super::Observations;
use super::change::Action;
use super::change::Reason;
use super::decide::block;
use super::live::Live;
use super::request::Request;
use super::request::is_among;
use crate::resource::Address;

/// How far `protect` reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// What the protected lives in.
    Scope,
    /// That, and what it cannot do without.
    Needs,
}

/// By position, whose `protect` keeps a resource: its own, or that of something that lives in it. What is absent keeps
/// nothing.
pub(super) fn protected(evaluation: &Evaluation<'_>, live: &Observations, reach: Reach) -> HashMap<usize, usize> {
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
            open.extend(evaluation.scope_of(position));
            if reach == Reach::Needs {
                open.extend(needs(evaluation, position));
                if position != holder {
                    open.extend(grants(evaluation, position));
                }
            }
        }
    }
    holders
}

fn needs(evaluation: &Evaluation<'_>, position: usize) -> Vec<usize> {
    let resource = evaluation.declared().resources.get(position);
    let paths = resource.map_or(&[][..], |resource| resource.schema.needs());
    let uses = evaluation.uses(position).iter();
    uses.filter(|used| paths.iter().any(|path| used.is_under(path)))
        .map(|used| used.target)
        .collect()
}

/// What grants something to an account.
fn grants(evaluation: &Evaluation<'_>, account: usize) -> Vec<usize> {
    let is_granted = |user: &usize| accounts_granted(evaluation, *user).any(|target| target == account);
    evaluation.users(account).filter(is_granted).collect()
}

/// The accounts that a resource grants something.
pub(super) fn accounts_granted<'e>(
    evaluation: &'e Evaluation<'_>,
    position: usize,
) -> impl Iterator<Item = usize> + 'e {
    let resource = evaluation.declared().resources.get(position);
    let paths = resource.map_or(&[][..], |resource| resource.schema.grants_to());
    let uses = evaluation.uses(position).iter();
    uses.filter(move |used| paths.iter().any(|path| used.is_under(path)))
        .map(|used| used.target)
}

/// Blocks what a run that converges may not take away, and what has a twin.
pub(super) fn keep(changes: &mut [Change], evaluation: &Evaluation<'_>, live: &Observations, request: &Request) {
    let takes_away = |change: &Change| matches!(change.action, Action::Replace | Action::Delete);
    if changes.iter().any(takes_away) {
        let holders = protected(evaluation, live, Reach::Scope);
        for change in changes.iter_mut().filter(|change| change.action == Action::Replace) {
            let holder = evaluation
                .position(&change.address)
                .and_then(|position| evaluation.declared().resources.get(*holders.get(&position)?));
            if let Some(holder) = holder {
                let holder = holder.address.clone();
                block(change, Reason::Protected { holder });
            }
        }
        keep_strangers(changes, evaluation, live, request);
    }
    for (address, others) in &live.doubles {
        let others = others.clone();
        if let Some(change) = changes.iter_mut().find(|change| change.address == *address) {
            block(change, Reason::Doubled { others });
        }
    }
}

/// Blocks what holds something of somebody else's.
pub(super) fn keep_strangers(
    changes: &mut [Change],
    evaluation: &Evaluation<'_>,
    live: &Observations,
    request: &Request,
) {
    let mut held: Vec<(Address, Vec<String>)> = live
        .strangers
        .iter()
        .map(|(address, names)| (address.clone(), names.clone()))
        .collect();
    let not_ours = changes
        .iter()
        .filter(|change| matches!(change.reason, Reason::NotOursToDelete { .. }));
    let scoped = not_ours
        .filter(|change| change.action == Action::Blocked)
        .flat_map(|change| {
            let name = change.cloud_name.clone().unwrap_or_else(|| change.address.to_string());
            let scopes = evaluation.scope(&change.address).into_iter();
            scopes.map(move |scope| (scope.clone(), vec![name.clone()]))
        });
    held.extend(scoped);
    for (holder, names) in held.into_iter().filter(|(_, names)| !names.is_empty()) {
        let mut open = vec![holder];
        while let Some(address) = open.pop() {
            if is_allowed(evaluation, &address, request) {
                continue;
            }
            open.extend(evaluation.scope(&address).into_iter().cloned());
            let going = |change: &&mut Change| {
                change.address == address && matches!(change.action, Action::Delete | Action::Replace)
            };
            if let Some(change) = changes.iter_mut().find(going) {
                let reason = Reason::HoldsForeign {
                    names: names.clone(),
                    allow: address.current(),
                };
                block(change, reason);
            }
        }
    }
}

/// Whether the loss of what lies in it was allowed by address, its own or that of what it lives in.
pub(super) fn is_allowed(evaluation: &Evaluation<'_>, address: &Address, request: &Request) -> bool {
    let mut open = vec![address];
    let mut turns = 0;
    while let Some(address) = open.pop() {
        if is_among(address, &request.allow_data_loss) {
            return true;
        }
        turns += 1;
        if turns <= evaluation.declared().resources.len() {
            open.extend(evaluation.scope(address));
        }
    }
    false
}
