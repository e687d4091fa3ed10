//! Both sides of a comparison, brought to one form by what the kind's schema says.
//!
//! Left out: what says only from what a resource is made or in what it lies, what only the server chooses and nobody
//! declared, the undeclared keys of open maps unless they were declared once, secrets, which no cloud gives back, and
//! what is masked like one. What lies undeclared where a secret may lie is there or not; its text goes no further. Sets
//! are sorted, repetitions dropped, and what both sides hold put first, so that a diff item by item shows exactly what
//! came and went.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::live::OpenKeys;
use crate::resource::Value;
use crate::schema::AnySchema;

/// The live and the wanted value in comparable form; both canonical.
pub(crate) fn comparable(
    schema: &dyn AnySchema,
    mut live: Value,
    mut wanted: Value,
    open: &OpenKeys,
) -> (Value, Value) {
    for takes in schema.takes() {
        at(&[takes.attribute], &mut live, &mut wanted, &mut leave_out_both);
    }
    for path in schema.not_compared() {
        at(path, &mut live, &mut wanted, &mut leave_out_both);
    }
    for path in schema.server_chosen() {
        at(path, &mut live, &mut wanted, &mut leave_out_undeclared);
    }
    for path in schema.open_maps() {
        at(path, &mut live, &mut wanted, &mut |live, wanted| {
            keep_declared_keys(live, wanted, open)
        });
    }
    for path in schema.masked() {
        at(path, &mut live, &mut wanted, &mut pass_over_masked);
    }
    take_over_secrets(&mut live, &wanted);
    for path in schema.open_maps() {
        at(path, &mut live, &mut wanted, &mut |live, wanted| {
            show_unsent(live, wanted, open)
        });
    }
    for path in schema.secrets() {
        at(path, &mut live, &mut wanted, &mut hide_text);
    }
    for path in schema.sets() {
        at(path, &mut live, &mut wanted, &mut align_sets);
    }
    (live, wanted)
}

/// Stands for the text of what may be a secret.
const HIDDEN: &str = "(not shown)";

/// What is done to a pair of values; true if it emptied the live one.
type Act<'a> = &'a mut dyn FnMut(&mut Value, &mut Value) -> bool;

/// Acts on every pair of values at a path, null where one side has none. A live map that is emptied by it, and
/// that nobody declared, is null in its turn.
fn at(path: &[&str], live: &mut Value, wanted: &mut Value, act: Act<'_>) -> bool {
    let Some((segment, rest)) = path.split_first() else {
        return act(live, wanted);
    };
    let mut emptied = false;
    if let Some(end) = segment.strip_prefix('*') {
        if let Value::List(items) = live {
            for (position, item) in items.iter_mut().enumerate() {
                emptied |= at(rest, item, item_of(wanted, position).unwrap_or(&mut Value::Null), act);
            }
        } else if let Value::Map(entries) = live {
            for (key, value) in entries.iter_mut().filter(|(key, _)| key.ends_with(end)) {
                emptied |= at(rest, value, entry_of(wanted, key).unwrap_or(&mut Value::Null), act);
            }
        }
    } else if let Some(value) = entry_of(live, segment) {
        emptied = at(rest, value, entry_of(wanted, segment).unwrap_or(&mut Value::Null), act);
    }
    if emptied && *wanted == Value::Null && is_blank(live) {
        *live = Value::Null;
        return true;
    }
    false
}

fn entry_of<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    match value {
        Value::Map(entries) => entries.get_mut(key),
        _ => None,
    }
}

fn item_of(value: &mut Value, position: usize) -> Option<&mut Value> {
    match value {
        Value::List(items) => items.get_mut(position),
        _ => None,
    }
}

fn is_blank(value: &Value) -> bool {
    matches!(value, Value::Map(entries) if entries.values().all(|value| *value == Value::Null))
}

fn leave_out_both(live: &mut Value, wanted: &mut Value) -> bool {
    *live = Value::Null;
    *wanted = Value::Null;
    true
}

fn leave_out_undeclared(live: &mut Value, wanted: &mut Value) -> bool {
    let leaves_out = *wanted == Value::Null;
    if leaves_out {
        *live = Value::Null;
    }
    leaves_out
}

/// A key that nobody set has its default, and one that was declared once counts as declared.
fn keep_declared_keys(live: &mut Value, wanted: &mut Value, open: &OpenKeys) -> bool {
    match (&mut *live, wanted) {
        (Value::Map(entries), Value::Map(declared)) => {
            let is_declared = |key: &str| declared.get(key).is_some_and(|value| *value != Value::Null);
            entries.retain(|key, _| is_declared(key) || open.formerly.contains(key));
            let unset = open.defaults.iter().filter(|(key, _)| is_declared(key));
            for (key, value) in unset {
                entries.entry(key.clone()).or_insert_with(|| Value::text(value));
            }
            false
        }
        (_, wanted) => leave_out_undeclared(live, wanted),
    }
}

/// What a cloud shows in place of a secret: two asterisks and more, and nothing else.
pub fn is_masked(text: &str) -> bool {
    text.len() >= 2 && text.chars().all(|c| c == '*')
}

fn pass_over_masked(live: &mut Value, wanted: &mut Value) -> bool {
    let masked = matches!(live, Value::Text(text) if text.known().is_some_and(is_masked));
    if masked && *wanted != Value::Null {
        *live = wanted.clone();
    }
    false
}

fn take_over_secrets(live: &mut Value, wanted: &Value) {
    match (live, wanted) {
        (live, Value::Secret(_)) => *live = wanted.clone(),
        (Value::List(items), Value::List(wanted)) => {
            for (item, wanted) in items.iter_mut().zip(wanted) {
                take_over_secrets(item, wanted);
            }
        }
        (Value::Map(entries), Value::Map(wanted)) => {
            for (key, wanted) in wanted {
                match entries.get_mut(key) {
                    Some(value) => take_over_secrets(value, wanted),
                    None if matches!(wanted, Value::Secret(_)) => {
                        entries.insert(key.clone(), wanted.clone());
                    }
                    None => {}
                }
            }
        }
        _ => {}
    }
}

/// A secret that is not as it was sent differs, and neither text is shown.
fn show_unsent(live: &mut Value, wanted: &mut Value, open: &OpenKeys) -> bool {
    if let (Value::Map(entries), Value::Map(declared)) = (live, wanted) {
        let is_secret = |key: &String| matches!(declared.get(key), Some(Value::Secret(_)));
        for key in open.unsent.iter().filter(|key| is_secret(key)) {
            entries.insert(key.clone(), Value::text(HIDDEN));
        }
    }
    false
}

fn hide_text(live: &mut Value, _wanted: &mut Value) -> bool {
    if !matches!(live, Value::Null | Value::Secret(_)) {
        *live = Value::text(HIDDEN);
    }
    false
}

fn align_sets(live: &mut Value, wanted: &mut Value) -> bool {
    let live_items = take_items(live);
    let wanted_items = take_items(wanted);
    let common: BTreeSet<String> = live_items
        .keys()
        .filter(|key| wanted_items.contains_key(*key))
        .cloned()
        .collect();
    put_items(live, live_items, &common);
    put_items(wanted, wanted_items, &common);
    false
}

/// A set's items by a text that is the same for equal items only.
fn take_items(value: &mut Value) -> BTreeMap<String, Value> {
    match value {
        Value::List(items) => items.drain(..).map(|item| (sort_key(&item), item)).collect(),
        _ => BTreeMap::new(),
    }
}

fn put_items(value: &mut Value, items: BTreeMap<String, Value>, common: &BTreeSet<String>) {
    if let Value::List(list) = value {
        let (first, last): (Vec<_>, Vec<_>) = items.into_iter().partition(|(key, _)| common.contains(key));
        list.extend(first.into_iter().chain(last).map(|(_, item)| item));
    }
}

/// Sorts plain texts as themselves; null entries of maps and the order of their keys do not count.
fn sort_key(value: &Value) -> String {
    match value {
        Value::List(items) => format!("[{}]", items.iter().map(sort_key).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let declared: BTreeMap<&String, String> = entries
                .iter()
                .filter(|(_, value)| **value != Value::Null)
                .map(|(key, value)| (key, sort_key(value)))
                .collect();
            format!("{declared:?}")
        }
        Value::Text(text) if text.known().is_some() => format!("{:?}", text.known().unwrap_or_default()),
        leaf => format!("{leaf:?}"),
    }
}
