//! One resource: what is declared beside what is live, and what follows.
//!
//! Whose it is comes first: what does not bear our mark is neither compared nor written. Both sides then go
//! through the kind's `canonical` and are compared in full; only a difference there is a difference, and the
//! digest of the mark says where it comes from. What a dependency that is made anew does to this resource is
//! added by [`with_effects`].

use std::collections::BTreeSet;

use super::change::Action;
use super::change::Change;
use super::change::FieldChange;
use super::change::Reason;
use super::comparable::comparable;
use super::diff::diff;
use super::evaluation::Wanted;
use super::graph::is_under_any;
use super::graph::meets;
use super::live::Live;
use super::live::Seen;
use super::sentinels;
use super::written::Written;
use crate::environment::declared::Resource;
use crate::resource::Address;
use crate::resource::Digest;
use crate::resource::Mark;
use crate::resource::Owner;
use crate::resource::Segment;
use crate::resource::Unknown;
use crate::resource::Value;
use crate::resource::sentinel;
use crate::schema::DecodeError;
use crate::schema::Effect;
use crate::schema::Path;

/// Decides one resource on its own. Used by the planner, and once more right before a write (see
/// [`decide_again`]).
pub fn decide(resource: &Resource, owner: &Owner, wanted: &Wanted, live: &Live) -> Result<Change, DecodeError> {
    let (action, reason, fields) = match live {
        Live::Unreadable { because, until } => (
            Action::Check,
            Reason::Unreadable {
                because: because.clone(),
                until: until.clone(),
            },
            Vec::new(),
        ),
        Live::Absent if wanted.existing => (Action::Blocked, Reason::ExistingAbsent, Vec::new()),
        Live::Present(_) if wanted.existing => (Action::Keep, Reason::Equal, Vec::new()),
        Live::Absent => {
            let nothing = Value::Map(indexmap::IndexMap::new());
            (Action::Create, Reason::Absent, diff(&nothing, &wanted.value))
        }
        Live::Present(seen) => present(resource, owner, wanted, seen)?,
    };
    Ok(Change {
        address: resource.address.clone(),
        cloud_name: wanted.cloud_name.clone().filter(|name| !sentinel::is_in(name)),
        action,
        reason,
        fields,
        touched_by: Vec::new(),
    })
}

/// Decides one planned change once more, now that more is known: outputs were learnt, or `live` is fresher.
/// `made_anew` names the dependencies that this run did replace or create; what a plan foresaw of them and did
/// not happen asks for nothing.
pub fn decide_again(
    planned: &Change,
    resource: &Resource,
    owner: &Owner,
    wanted: &Wanted,
    live: &Live,
    made_anew: &BTreeSet<Address>,
) -> Result<Change, DecodeError> {
    let mut effects: Vec<(&Address, Effect)> = planned
        .touched_by
        .iter()
        .map(|dependency| (dependency, Effect::Touch))
        .collect();
    if planned.action == Action::Replace
        && let Some(dependency) = replaced_dependency(&planned.reason)
    {
        effects.push((dependency, Effect::Replace));
    }
    effects.retain(|(dependency, _)| made_anew.contains(*dependency));
    let mut change = decide(resource, owner, wanted, live)?;
    with_effects(&mut change, resource, &effects);
    Ok(change)
}

fn replaced_dependency(reason: &Reason) -> Option<&Address> {
    match reason {
        Reason::Replaced { dependency } => Some(dependency),
        Reason::CannotChange { since, .. } => replaced_dependency(since),
        _ => None,
    }
}

/// What dependencies that are made anew do to a resource that is there and ours.
pub(crate) fn with_effects(change: &mut Change, resource: &Resource, effects: &[(&Address, Effect)]) {
    if !matches!(change.action, Action::Keep | Action::Update | Action::Replace) {
        return;
    }
    for (dependency, effect) in effects {
        let reason = Reason::Replaced {
            dependency: (*dependency).clone(),
        };
        match (effect, change.action) {
            (Effect::Nothing, _) | (Effect::Replace, Action::Replace) => {}
            (Effect::Replace, _) => {
                change.action = Action::Replace;
                change.reason = reason;
            }
            (Effect::Touch, action) => {
                change.touched_by.push((*dependency).clone());
                if action == Action::Keep {
                    change.action = Action::Update;
                    change.reason = reason;
                }
            }
        }
    }
    protect(change, resource);
}

/// A protected resource is never replaced.
fn protect(change: &mut Change, resource: &Resource) {
    if change.action == Action::Replace && resource.options.protect {
        change.action = Action::Blocked;
        change.fields = Vec::new();
        change.touched_by = Vec::new();
        change.reason = Reason::Protected {
            holder: resource.address.clone(),
        };
    }
}

type Decision = (Action, Reason, Vec<FieldChange>);

fn present(resource: &Resource, owner: &Owner, wanted: &Wanted, seen: &Seen) -> Result<Decision, DecodeError> {
    let Some(mark) = seen.mark.as_ref().filter(|mark| mark.owner == *owner) else {
        return Ok(not_ours(seen.mark.as_ref()));
    };
    let fields = differences(resource, wanted, seen)?;
    let forcing: Vec<String> = fields
        .iter()
        .filter(|field| field.forces_replacement)
        .map(|field| Written(&field.path).to_string())
        .collect();
    if fields.is_empty() {
        return Ok((Action::Keep, Reason::Equal, fields));
    }
    let since = cause(&mark.digest, &resource.digest, &fields);
    if forcing.is_empty() {
        return Ok((Action::Update, since, fields));
    }
    if resource.options.protect {
        let holder = resource.address.clone();
        return Ok((Action::Blocked, Reason::Protected { holder }, Vec::new()));
    }
    let since = Box::new(since);
    Ok((Action::Replace, Reason::CannotChange { paths: forcing, since }, fields))
}

fn not_ours(mark: Option<&Mark>) -> Decision {
    let owner = mark.map(|mark| mark.owner.clone());
    (Action::Blocked, Reason::NotOurs { owner }, Vec::new())
}

fn differences(resource: &Resource, wanted: &Wanted, seen: &Seen) -> Result<Vec<FieldChange>, DecodeError> {
    let schema = resource.schema;
    let live = sentinels::literal(&schema.canonical(&seen.spec)?);
    let (before, after) = comparable(schema, live, wanted.value.clone());
    let mut fields = whole_documents(schema.documents(), diff(&before, &after), &before, &after);
    for field in &mut fields {
        field.forces_replacement = schema.replace_on().iter().any(|path| changes(field, path));
    }
    Ok(fields)
}

/// Puts one change of the whole in place of all changes within a document.
fn whole_documents(documents: &[Path], fields: Vec<FieldChange>, before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut whole: Vec<FieldChange> = Vec::new();
    for field in fields {
        let document = documents.iter().find(|path| is_under_any(&field.path, &[path]));
        let Some(path) = document.and_then(|path| field.path.get(..path.len())) else {
            whole.push(field);
            continue;
        };
        if whole.last().is_none_or(|last| last.path != path) {
            whole.push(FieldChange {
                path: path.to_vec(),
                before: lookup(before, path).cloned(),
                after: lookup(after, path).cloned(),
                forces_replacement: false,
            });
        }
    }
    whole
}

fn lookup<'v>(value: &'v Value, path: &[Segment]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, segment| match (value, segment) {
        (Value::Map(entries), Segment::Key(key)) => entries.get(key),
        (Value::List(items), Segment::Index(index)) => items.get(*index),
        _ => None,
    })
}

/// Whether a change is one of what lies at a path: at or below it, or of a whole that holds it and differs there.
fn changes(field: &FieldChange, path: Path) -> bool {
    if is_under_any(&field.path, &[path]) {
        return true;
    }
    let rest = path.get(field.path.len()..).unwrap_or_default();
    meets(&field.path, path) && at(field.before.as_ref(), rest) != at(field.after.as_ref(), rest)
}

/// All that is declared at a path; `*` leads to every item or entry.
fn at<'v>(value: Option<&'v Value>, path: &[&str]) -> Vec<&'v Value> {
    let mut found: Vec<&Value> = value.into_iter().collect();
    for segment in path {
        found = found
            .into_iter()
            .flat_map(|value| -> Vec<&Value> {
                match value {
                    Value::List(items) if *segment == "*" => items.iter().collect(),
                    Value::Map(entries) if *segment == "*" => entries.values().collect(),
                    Value::Map(entries) => entries.get(*segment).into_iter().collect(),
                    _ => Vec::new(),
                }
            })
            .collect();
    }
    found.retain(|value| **value != Value::Null);
    found
}

/// The version that every digest of ours begins with.
const DIGEST_VERSION: &str = "1:";

/// Where a difference comes from. With an unchanged digest, values that only come with a dependency that is
/// made anew are nobody's edit.
fn cause(last_applied: &Digest, declared: &Digest, fields: &[FieldChange]) -> Reason {
    if !last_applied.0.starts_with(DIGEST_VERSION) {
        return Reason::CauseUnknown;
    }
    if last_applied != declared {
        return Reason::Declared;
    }
    let mut unknowns = fields.iter().map(|field| awaited(field).next().cloned());
    match unknowns.next() {
        Some(Some(dependency)) if unknowns.all(|unknown| unknown.is_some()) => Reason::Replaced { dependency },
        _ => Reason::Drift,
    }
}

/// The resources whose outputs a change waits for.
pub(crate) fn awaited(field: &FieldChange) -> impl Iterator<Item = &Address> {
    let mut found = Vec::new();
    let mut open: Vec<&Value> = field.after.iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Text(text) => found.extend(text.unknowns().filter_map(|unknown| match unknown {
                Unknown::Output(reference) => Some(&reference.address),
                Unknown::Place(_) => None,
            })),
            Value::Handle(address) => found.push(address),
            Value::List(items) => open.extend(items.iter().rev()),
            Value::Map(entries) => open.extend(entries.values().rev()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Secret(_) => {}
        }
    }
    found.into_iter()
}

/// The first segment of a path, where it is a key.
pub(crate) fn attribute(path: &[Segment]) -> Option<&str> {
    match path.first() {
        Some(Segment::Key(key)) => Some(key),
        _ => None,
    }
}
