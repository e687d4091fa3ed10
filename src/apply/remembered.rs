//! What is to be remembered after a run: what is there as declared by now, without what is proved gone.
//!
//! - What had no turn, or failed, stays remembered as it was.
//! - While something of ours under a former name is left, its entry keeps its address's place: without it nobody would
//!   know whose that is.

use std::collections::BTreeMap;

use eclusa_planner::plan::Action;
use eclusa_planner::plan::Change;
use eclusa_planner::plan::Intent;
use eclusa_planner::plan::Record;
use eclusa_planner::plan::record::Entry;
use eclusa_planner::plan::record::is_kept_for;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Outputs;

use super::outcome::Ended;
use super::outcome::Outcome;
use super::run::Run;

/// The record after this run; `None` where there is none to keep.
pub(super) fn of(run: &Run<'_, '_>, outcome: &Outcome) -> Option<Record> {
    let mut record = run.observed.live.record.clone()?;
    for change in &run.plan.changes {
        if is_kept_for(&change.address.kind) {
            note(run, outcome, change, &mut record);
        }
    }
    if run.plan.intent == Intent::Converge && run.plan.request.targets.is_empty() {
        forget_the_gone(run, &mut record);
    }
    Some(record)
}

fn note(run: &Run<'_, '_>, outcome: &Outcome, change: &Change, record: &mut Record) {
    let address = &change.address;
    if outcome.was_deleted(address) {
        if !stands_for_another(run, address, record) {
            record.forget(&address.current());
        }
        return;
    }
    let hashes = match (change.action, outcome.ended.get(address)) {
        (_, Some(Ended::Done { hashes, .. })) => hashes.clone(),
        (Action::Keep, None) => BTreeMap::new(),
        _ => return,
    };
    let is_declared = run.plan.intent == Intent::Converge && !run.evaluation.is_existing(address);
    let Some(resource) = run.evaluation.resource(address).filter(|_| is_declared) else {
        return;
    };
    if has_former(run, outcome, address) {
        return;
    }
    let handle = run.evaluation.outputs(address).map(handle).unwrap_or_default();
    if let Ok(entry) = Entry::of(&run.evaluation, resource, handle) {
        record.put(address, Entry { hashes, ..entry });
    }
}

/// By what its API calls it, as the kinds' handles are made: by id, else by name.
fn handle(outputs: &Outputs) -> &str {
    let named = outputs.get("id").or_else(|| outputs.get("name"));
    named.map(String::as_str).unwrap_or_default()
}

/// Whether the entry at a deleted object's address is of another object by now: one that was made in its place.
fn stands_for_another(run: &Run<'_, '_>, address: &Address, record: &Record) -> bool {
    let current = address.current();
    let target = run.observed.targets.get(address);
    let entry = record.get(&current);
    address.former.is_some()
        && entry.zip(target).is_some_and(|(entry, target)| {
            entry.identity != target.identity || entry.scope.as_deref() != target.scope_id()
        })
}

/// Whether something of ours under a former name of this resource is still there.
fn has_former(run: &Run<'_, '_>, outcome: &Outcome, address: &Address) -> bool {
    let owned = run.observed.live.owned.iter();
    let mut former = owned.filter(|owned| owned.address.former.is_some() && owned.address.current() == *address);
    former.any(|owned| {
        let remembered = run.observed.live.record.as_ref().and_then(|record| record.get(address));
        let is_the_entry = remembered.is_some_and(|entry| entry.identity == owned.identity);
        let is_deleted = outcome.was_deleted(&owned.address);
        let is_renamed = !run.plan.changes.iter().any(|change| change.address == owned.address);
        is_the_entry && !is_deleted && !is_renamed
    })
}

/// Forgets what nothing declares and no list shows, where the lists of its kind could be read.
fn forget_the_gone(run: &Run<'_, '_>, record: &mut Record) {
    let Ok(undeclared) = record.undeclared(&run.evaluation) else {
        return;
    };
    let owned = &run.observed.live.owned;
    let gone: Vec<Address> = undeclared
        .into_iter()
        .filter(|(address, entry)| {
            let is_read = !run.plan.unlisted.iter().any(|unlisted| unlisted.kind == address.kind);
            let is_there = owned
                .iter()
                .any(|owned| owned.address.kind == address.kind && owned.identity == entry.identity);
            let is_declared = run.evaluation.position(address).is_some();
            is_read && !is_there && !is_declared
        })
        .map(|(address, _)| address)
        .collect();
    for address in gone {
        record.forget(&address);
    }
}
