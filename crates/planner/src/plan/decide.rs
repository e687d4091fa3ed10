//! One resource: what is declared beside what is live, and what follows.
//!
//! Whose it is comes first: what does not bear our mark is neither compared nor written, unless it may be adopted.
//! A mark that names another address of ours, or another `protect:`, is a difference of its own. Both sides then go
//! through the kind's `canonical` and are compared in full; only a difference there is a difference, and the
//! digest of the mark says where it comes from. What a dependency that is made anew does to this resource is
//! added by [`with_effects`].

use std::borrow::Cow;
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
use super::request::Granted;
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
use crate::resource::mark::description;
use crate::resource::sentinel;
use crate::schema::DecodeError;
use crate::schema::Effect;
use crate::schema::Marking;
use crate::schema::Path;

/// Decides one resource on its own, granted nothing but what its declaration grants.
pub fn decide(resource: &Resource, owner: &Owner, wanted: &Wanted, live: &Live) -> Result<Change, DecodeError> {
    let granted = Granted {
        adopt_from: resource.options.adopt.then_some(None).into_iter().collect(),
        ..Granted::default()
    };
    decide_granted(resource, owner, wanted, live, &granted)
}

/// Decides one resource on its own. Used by the planner, and once more right before a write (see
/// [`decide_again`]).
pub(crate) fn decide_granted(
    resource: &Resource,
    owner: &Owner,
    wanted: &Wanted,
    live: &Live,
    granted: &Granted,
) -> Result<Change, DecodeError> {
    let (action, reason, fields) = match live {
        Live::Unverified { because, .. } if wanted.existing => {
            let because = because.clone();
            (Action::Keep, Reason::NotVerified { because }, Vec::new())
        }
        Live::Unverified { because, .. } => {
            let because = because.clone();
            (Action::Check, Reason::Unreadable { because, until: None }, Vec::new())
        }
        Live::Unreadable { because, until } => (
            Action::Check,
            Reason::Unreadable {
                because: because.clone(),
                until: until.clone(),
            },
            Vec::new(),
        ),
        Live::NotCompared { .. } => (Action::Keep, Reason::NotCompared { hangs_on: None }, Vec::new()),
        Live::Hidden { because } if wanted.existing => {
            let because = because.clone();
            (Action::Blocked, Reason::ExistingGoneOrHidden { because }, Vec::new())
        }
        Live::Hidden { because } => {
            let because = because.clone();
            (Action::Check, Reason::GoneOrHidden { because, anew: true }, Vec::new())
        }
        Live::Absent if wanted.existing => (Action::Blocked, Reason::ExistingAbsent, Vec::new()),
        Live::Present(_) if wanted.existing => (Action::Keep, Reason::Equal, Vec::new()),
        Live::Absent => {
            let nothing = Value::Map(indexmap::IndexMap::new());
            (Action::Create, Reason::Absent, diff(&nothing, &wanted.value))
        }
        Live::Present(seen) => present(resource, owner, wanted, seen, granted)?,
    };
    let mut change = Change {
        address: resource.address.clone(),
        cloud_name: wanted.cloud_name.clone().filter(|name| !sentinel::is_in(name)),
        action,
        reason,
        fields,
        touched_by: Vec::new(),
    };
    guard(&mut change, resource, live);
    Ok(change)
}

/// Decides one planned change once more, now that more is known: outputs were learnt, or `live` is fresher.
/// `made_anew` names the dependencies that this run did replace or create; what a plan foresaw of them and did
/// not happen asks for nothing. Right before a write `live` is [`Live::settled`].
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
    let granted = Granted {
        adopt_from: match &planned.reason {
            Reason::Adopted { from } => vec![from.clone()],
            _ => Vec::new(),
        },
        replace: planned.reason == Reason::Asked,
        ..Granted::default()
    };
    let mut change = decide_granted(resource, owner, wanted, live, &granted)?;
    with_effects(&mut change, resource, live, &effects);
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
pub(crate) fn with_effects(change: &mut Change, resource: &Resource, live: &Live, effects: &[(&Address, Effect)]) {
    let is_there = [Action::Keep, Action::Update, Action::Replace, Action::Adopt];
    if !is_there.contains(&change.action) {
        return;
    }
    for (dependency, effect) in effects {
        let reason = Reason::Replaced {
            dependency: (*dependency).clone(),
        };
        match (effect, change.action) {
            (Effect::Nothing, _) | (Effect::Replace, Action::Replace | Action::Adopt) => {}
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
    guard(change, resource, live);
}

/// What is protected, by its declaration or still by its mark, is never replaced.
fn guard(change: &mut Change, resource: &Resource, live: &Live) {
    let is_marked = matches!(live, Live::Present(seen) if seen.mark.as_ref().is_some_and(|mark| mark.protect));
    if change.action != Action::Replace || !(resource.options.protect || is_marked) {
        return;
    }
    let reason = if resource.options.protect {
        let holder = resource.address.clone();
        Reason::Protected { holder }
    } else {
        Reason::MarkedProtected
    };
    block(change, reason);
}

/// A replace that would lose what was not allowed to be lost is blocked.
pub(crate) fn keep_data(change: &mut Change, resource: &Resource, live: &Live, granted: &Granted) {
    if change.action == Action::Replace && matches!(live, Live::Present(seen) if seen.holds_data) && !granted.lose_data
    {
        block(change, data_loss(resource.schema.data(), &resource.address));
    }
}

/// Why something that holds data stays.
pub(crate) fn data_loss(data: Option<&str>, address: &Address) -> Reason {
    Reason::DataLoss {
        data: data.unwrap_or("what is").to_owned(),
        allow: address.current(),
    }
}

pub(crate) fn block(change: &mut Change, reason: Reason) {
    change.action = Action::Blocked;
    change.fields = Vec::new();
    change.touched_by = Vec::new();
    change.reason = reason;
}

type Decision = (Action, Reason, Vec<FieldChange>);

fn present(
    resource: &Resource,
    owner: &Owner,
    wanted: &Wanted,
    seen: &Seen,
    granted: &Granted,
) -> Result<Decision, DecodeError> {
    let Some(mark) = ours(resource, owner, seen) else {
        return not_ours(resource, wanted, seen, granted);
    };
    let mark = mark.as_ref();
    if let Some(holder) = part_of(mark, &resource.address.kind) {
        return Ok((Action::Blocked, Reason::PartOf { holder }, Vec::new()));
    }
    let (fields, passed_over) = compared(differences(resource, wanted, seen)?, granted);
    let forcing = forcing(&fields);
    let since = (!fields.is_empty()).then(|| cause(&mark.digest, &resource.digest, &fields));
    if granted.replace {
        return Ok((Action::Replace, Reason::Asked, fields));
    }
    if let Some(sentence) = refusal(resource, wanted, seen, &fields)? {
        return Ok((Action::Blocked, Reason::Refused { sentence }, Vec::new()));
    }
    if !forcing.is_empty() {
        let since = Box::new(since.unwrap_or(Reason::CauseUnknown));
        return Ok((Action::Replace, Reason::CannotChange { paths: forcing, since }, fields));
    }
    Ok(match renamed(resource, wanted, seen, remark(resource, mark, since)) {
        Some(reason) => (Action::Update, reason, fields),
        None if passed_over.is_some() => (Action::Keep, Reason::NotCompared { hangs_on: passed_over }, fields),
        None => (Action::Keep, Reason::Equal, fields),
    })
}

/// Leaves out what is passed over, and says because of what.
fn compared(mut fields: Vec<FieldChange>, granted: &Granted) -> (Vec<FieldChange>, Option<Address>) {
    let mut passed_over = None;
    fields.retain(|field| {
        let causes: Option<Vec<&Address>> = awaited(field).map(|address| granted.passes_over.get(address)).collect();
        let cause = causes.and_then(|causes| causes.first().copied());
        passed_over = passed_over.take().or_else(|| cause.cloned());
        cause.is_none()
    });
    (fields, passed_over)
}

/// The mark by which it is ours; one that says nothing, where the kind needs none.
fn ours<'s>(resource: &Resource, owner: &Owner, seen: &'s Seen) -> Option<Cow<'s, Mark>> {
    let mark = seen.mark.as_ref().filter(|mark| mark.owner == *owner);
    match mark {
        Some(mark) => Some(Cow::Borrowed(mark)),
        None if resource.schema.marking().needs_no_mark() => Some(Cow::Owned(Mark::of(owner))),
        None => None,
    }
}

/// What the service does not do in place, and no replacement should do for it.
fn refusal(
    resource: &Resource,
    wanted: &Wanted,
    seen: &Seen,
    fields: &[FieldChange],
) -> Result<Option<String>, DecodeError> {
    if fields.is_empty() {
        return Ok(None);
    }
    let schema = resource.schema;
    schema.refuses(&schema.canonical(&seen.spec)?, &wanted.spec)
}

/// CloudFormation hands a stack's tags to what the stack makes: a mark that names another kind tells of such a part.
fn part_of(mark: &Mark, kind: &str) -> Option<Address> {
    Address::from_tag_text(&mark.address).filter(|address| address.kind != kind)
}

fn forcing(fields: &[FieldChange]) -> Vec<String> {
    let forcing = fields.iter().filter(|field| field.forces_replacement);
    forcing.map(|field| Written(&field.path).to_string()).collect()
}

/// What the mark itself asks for, around what the attributes ask for. A mark that does not say something says nothing
/// about it.
fn remark(resource: &Resource, mark: &Mark, since: Option<Reason>) -> Option<Reason> {
    let marking = resource.schema.marking();
    let protect = resource.options.protect;
    let also = since.clone().map(Box::new);
    if marking.is_described() && mark.address.is_empty() {
        return Some(Reason::MarkMissing { also });
    }
    let reason = if mark.protect == protect || marking != Marking::Tags {
        since
    } else {
        Some(Reason::ProtectChanged { protect, also })
    };
    match moved_from(resource, mark) {
        Some(from) => Some(Reason::Moved {
            from,
            also: reason.map(Box::new),
        }),
        None => reason,
    }
}

/// What has another name so far, and gets the declared one in place, around what else is asked for.
fn renamed(resource: &Resource, wanted: &Wanted, seen: &Seen, reason: Option<Reason>) -> Option<Reason> {
    let from = seen.outputs.get(NAME).filter(|_| resource.schema.renames());
    let declared = wanted.cloud_name.as_ref().filter(|name| !sentinel::is_in(name));
    match (from, declared) {
        (Some(from), Some(declared)) if from != declared => Some(Reason::NameChanged {
            from: from.clone(),
            also: reason.map(Box::new),
        }),
        _ => reason,
    }
}

/// The output that says what something is called.
pub(crate) const NAME: &str = "name";

/// The other address of ours that a mark names.
fn moved_from(resource: &Resource, mark: &Mark) -> Option<String> {
    let marking = resource.schema.marking();
    if marking.is_described() {
        return (!description::names(mark, &resource.address)).then(|| mark.address.clone());
    }
    let from = Address::from_tag_text(&mark.address).filter(|_| marking == Marking::Tags)?;
    (from != resource.address).then(|| from.to_string())
}

/// What is not ours is blocked, unless it may be adopted: then it is marked, and changed in place to match.
fn not_ours(resource: &Resource, wanted: &Wanted, seen: &Seen, granted: &Granted) -> Result<Decision, DecodeError> {
    let owner = seen.mark.as_ref().map(|mark| mark.owner.clone());
    if owner.is_none() && resource.schema.fixed_name() {
        return Ok((Action::Blocked, Reason::CannotBearMark, Vec::new()));
    }
    if !granted.adopts(owner.as_ref()) {
        return Ok((Action::Blocked, Reason::NotOurs { owner }, Vec::new()));
    }
    let fields = differences(resource, wanted, seen)?;
    let paths = forcing(&fields);
    if !paths.is_empty() {
        return Ok((Action::Blocked, Reason::CannotAdopt { paths }, Vec::new()));
    }
    if let Some(sentence) = refusal(resource, wanted, seen, &fields)? {
        return Ok((Action::Blocked, Reason::Refused { sentence }, Vec::new()));
    }
    Ok((Action::Adopt, Reason::Adopted { from: owner }, fields))
}

pub(crate) fn differences(resource: &Resource, wanted: &Wanted, seen: &Seen) -> Result<Vec<FieldChange>, DecodeError> {
    let schema = resource.schema;
    let live = sentinels::literal(&schema.canonical(&seen.spec)?);
    let (before, after) = comparable(schema, live, wanted.value.clone(), &seen.open);
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
    let is_secret = |field: &FieldChange| matches!(field.after, Some(Value::Secret(_)));
    if !fields.is_empty() && last_applied == declared && fields.iter().all(is_secret) {
        return Reason::SecretNotSent;
    }
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
