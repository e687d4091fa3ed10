//! What keeps a resource though it was to go: `protect` on it or on what lives in it or needs it, something of somebody
//! else's inside, a twin.
//!
//! - `protect` reaches all the way up: scope, store, the writing key with its account and that account's grants. A
//!   destroy leaves all of these. A replacement is refused only where it takes the protected along, up the scope.
//! - What is neither declared nor ours keeps what it lies in, and what that lies in, unless its loss was allowed by
//!   address: a confirmed destroy is no such leave.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::Change;
use super::Evaluation;
use super::Observations;
use super::change::Action;
use super::change::Reason;
use super::decide::block;
use super::live::Live;
use super::live::Owned;
use super::live::Seen;
use super::request::Request;
use super::request::is_among;
use crate::resource::Address;
use crate::schema;
use crate::schema::AnySchema;

/// How far `protect` reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// What the protected lives in.
    Scope,
    /// That, and what it cannot do without.
    Needs,
}

/// Why each resource stays that `protect` reaches, by position: it is its own, or that of something that lives in it or
/// needs it, declared or not. What is absent keeps nothing.
pub(super) fn protected(evaluation: &Evaluation<'_>, live: &Observations, reach: Reach) -> HashMap<usize, Reason> {
    let mut reasons = HashMap::new();
    for (holder, resource) in evaluation.declared().resources.iter().enumerate() {
        let found = live.get(&resource.address);
        let is_marked = matches!(found, Some(Live::Present(seen)) if is_marked(seen));
        if !(resource.options.protect || is_marked) || found == Some(&Live::Absent) {
            continue;
        }
        let reason = match resource.options.protect {
            true => Reason::Protected {
                holder: resource.address.clone(),
            },
            false => Reason::MarkedProtected,
        };
        reasons.insert(holder, reason.clone());
        spread(evaluation, [holder], &reason, reach, &mut reasons);
    }
    for owned in &live.owned {
        if let Live::Present(seen) = &owned.live
            && is_marked(seen)
        {
            let holder = owned.address.clone();
            let reason = Reason::Protected { holder };
            let seeds = lived_in_by(evaluation, live, owned, seen, reach);
            for seed in &seeds {
                reasons.entry(*seed).or_insert_with(|| reason.clone());
            }
            spread(evaluation, seeds, &reason, reach, &mut reasons);
        }
    }
    reasons
}

fn is_marked(seen: &Seen) -> bool {
    seen.mark.as_ref().is_some_and(|mark| mark.protect)
}

/// Gives a reason to all that is reached from these and has none yet.
fn spread(
    evaluation: &Evaluation<'_>,
    from: impl IntoIterator<Item = usize>,
    reason: &Reason,
    reach: Reach,
    reasons: &mut HashMap<usize, Reason>,
) {
    let mut open: Vec<usize> = from
        .into_iter()
        .flat_map(|position| reached(evaluation, position, reach))
        .collect();
    while let Some(position) = open.pop() {
        if let Entry::Vacant(vacant) = reasons.entry(position) {
            vacant.insert(reason.clone());
            open.extend(reached(evaluation, position, reach));
            if reach == Reach::Needs {
                open.extend(grants(evaluation, position));
            }
        }
    }
}

fn reached(evaluation: &Evaluation<'_>, position: usize, reach: Reach) -> Vec<usize> {
    let mut found: Vec<usize> = evaluation.scope_of(position).collect();
    if reach == Reach::Needs {
        found.extend(needs(evaluation, position));
    }
    found
}

/// The declared resources that something undeclared lives in, by id, and the key that the record says writes it.
fn lived_in_by(
    evaluation: &Evaluation<'_>,
    live: &Observations,
    owned: &Owned,
    seen: &Seen,
    reach: Reach,
) -> Vec<usize> {
    let record = live.record.as_ref().filter(|_| reach == Reach::Needs);
    let entry = record.and_then(|record| record.get(&owned.address.current()));
    let store = entry.and_then(|entry| entry.writing_key.as_deref());
    let resources = evaluation.declared().resources.iter().enumerate();
    resources
        .filter(|(_, resource)| {
            let holds =
                matches!(live.get(&resource.address), Some(Live::Present(holder)) if lives_in(owned, seen, holder));
            let secret = evaluation.whole(&resource.address, "store");
            let writes = store.is_some() && secret.and_then(|secret| evaluation.cloud_name(secret)).as_deref() == store;
            holds || writes
        })
        .map(|(position, _)| position)
        .collect()
}

/// Whether one object says that it lies in another, by its id.
fn lives_in(owned: &Owned, seen: &Seen, holder: &Seen) -> bool {
    let id = holder.outputs.get("id").filter(|id| !id.is_empty());
    let scopes = schema::find(&owned.address.kind)
        .map_or(&[][..], AnySchema::scope)
        .iter();
    let mut ids = scopes.filter_map(|scope| seen.spec.pointer(&format!("/{scope}/outputs/id"))?.as_str());
    id.is_some_and(|id| ids.any(|scope| scope == id))
}

/// Blocks what nothing declares and what something protected lives in, that neither.
fn keep_scopes_of_marked(changes: &mut [Change], live: &Observations) {
    let seen_of = |owned: &'_ Owned| match &owned.live {
        Live::Present(seen) => Some(seen.clone()),
        _ => None,
    };
    let marked = live
        .owned
        .iter()
        .filter(|owned| matches!(&owned.live, Live::Present(seen) if is_marked(seen)));
    let mut open: Vec<(&Owned, &Owned)> = marked.map(|owned| (owned, owned)).collect();
    let mut turns = 0;
    while let Some((inner, holder)) = open.pop() {
        turns += 1;
        if turns > live.owned.len() * live.owned.len() {
            return;
        }
        let Some(seen) = seen_of(inner) else { continue };
        for outer in &live.owned {
            if !matches!(&outer.live, Live::Present(found) if lives_in(inner, &seen, found)) {
                continue;
            }
            open.push((outer, holder));
            let going = |change: &&mut Change| change.address == outer.address && change.action == Action::Delete;
            if let Some(change) = changes.iter_mut().find(going) {
                let holder = holder.address.clone();
                block(change, Reason::Protected { holder });
            }
        }
    }
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
        let reasons = protected(evaluation, live, Reach::Scope);
        for change in changes.iter_mut().filter(|change| change.action == Action::Replace) {
            let position = evaluation.position(&change.address);
            if let Some(reason) = position.and_then(|position| reasons.get(&position)) {
                block(change, reason.clone());
            }
        }
        keep_scopes_of_marked(changes, live);
        keep_strangers(changes, evaluation, live, request);
    }
    for (address, others) in &live.doubles {
        let others = others.clone();
        if let Some(change) = changes.iter_mut().find(|change| change.address == *address) {
            block(change, Reason::Doubled { others });
        }
    }
}

/// Blocks what a destroy may not take away, what is protected by declaration or mark aside.
pub(super) fn keep_in_destroy(
    changes: &mut [Change],
    evaluation: &Evaluation<'_>,
    live: &Observations,
    request: &Request,
) {
    keep_scopes_of_marked(changes, live);
    keep_strangers(changes, evaluation, live, request);
}

/// Blocks what holds something of somebody else's.
fn keep_strangers(changes: &mut [Change], evaluation: &Evaluation<'_>, live: &Observations, request: &Request) {
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
pub fn is_allowed(evaluation: &Evaluation<'_>, address: &Address, request: &Request) -> bool {
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
