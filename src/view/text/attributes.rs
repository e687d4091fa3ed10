//! The attributes of one change. Texts of more than one line, SQL and documents are shown as text diffs.

use std::fmt::Write;

use eclusa_planner::plan::Action;
use eclusa_planner::plan::Change;
use eclusa_planner::plan::FieldChange;
use eclusa_planner::plan::written::Written;
use eclusa_planner::resource::Segment;
use eclusa_planner::resource::Value;
use eclusa_planner::schema;
use similar::ChangeTag;
use similar::TextDiff;

use crate::view::paint::DIM;
use crate::view::paint::GREEN;
use crate::view::paint::RED;
use crate::view::paint::YELLOW;
use crate::view::paint::paint;
use crate::view::value;

const INDENT: &str = "      ";

/// All lines between the braces.
pub(super) fn block(change: &Change) -> String {
    let lines = change.fields.iter().map(|field| match file_behind(change, field) {
        Some(file) => {
            let path = Written(&field.path);
            format!("{INDENT}{} {path} = (the text of {file})\n", paint(GREEN, "+"))
        }
        None => lines(change.action, field),
    });
    lines.collect()
}

/// The attribute that names the file in which a new document can be read; here it would only be long.
fn file_behind(change: &Change, field: &FieldChange) -> Option<&'static str> {
    let (None, Some(Value::Map(_)), [Segment::Key(key)]) = (&field.before, &field.after, field.path.as_slice()) else {
        return None;
    };
    let schema = schema::find(&change.address.kind)?;
    let behind = schema.local().iter().find(|local| local.digest == key);
    behind.map(|local| local.attribute)
}

fn lines(action: Action, field: &FieldChange) -> String {
    let path = Written(&field.path).to_string();
    let forced = if field.forces_replacement {
        paint(RED, "  # forces replacement")
    } else {
        String::new()
    };
    match (present(field.before.as_ref()), present(field.after.as_ref())) {
        (None, Some(after)) if action == Action::Create => added(&path, after, INDENT),
        (None, Some(after)) if is_empty(after) => {
            let blank = if matches!(after, Value::Map(_)) {
                "{}"
            } else {
                &value::inline(after)
            };
            format!("{INDENT}{} {path} = {blank}{forced}\n", paint(GREEN, "+"))
        }
        (None, Some(after)) => format!("{}{forced}\n", added(&path, after, INDENT).trim_end()),
        (Some(before), None) => {
            format!(
                "{INDENT}{} {path} = {} -> null{forced}\n",
                paint(RED, "-"),
                value::inline(before)
            )
        }
        (Some(before), Some(after)) => changed(&path, before, after, &forced),
        (None, None) => String::new(),
    }
}

fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| **value != Value::Null)
}

/// A new value; maps, and lists of maps, over several lines. What is empty is left out: it says nothing.
fn added(path: &str, after: &Value, indent: &str) -> String {
    if is_empty(after) {
        return String::new();
    }
    format!("{indent}{} {path} = {}\n", paint(GREEN, "+"), nested(after, indent))
}

/// The value as it stands after its name, with deeper lines indented.
fn nested(value: &Value, indent: &str) -> String {
    let deeper = format!("{indent}    ");
    match value {
        Value::Map(entries) => {
            let inner: String = entries.iter().map(|(key, value)| added(key, value, &deeper)).collect();
            format!("{{\n{inner}{indent}  }}")
        }
        Value::List(items) if items.iter().any(|item| matches!(item, Value::Map(_))) => {
            let plus = paint(GREEN, "+");
            let inner: String = items
                .iter()
                .map(|item| format!("{deeper}{plus} {},\n", nested(item, &deeper)))
                .collect();
            format!("[\n{inner}{indent}  ]")
        }
        other => value::inline(other),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.known() == Some(""),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.values().all(is_empty),
        _ => false,
    }
}

fn changed(path: &str, before: &Value, after: &Value, forced: &str) -> String {
    let tilde = paint(YELLOW, "~");
    match (as_text(before), as_text(after)) {
        (Some(old), Some(new)) if old.contains('\n') || new.contains('\n') || old.len() + new.len() > 80 => {
            format!(
                "{INDENT}{tilde} {path} ={forced}\n{}",
                text_diff(&split(&old), &split(&new))
            )
        }
        _ => format!(
            "{INDENT}{tilde} {path} = {} -> {}{forced}\n",
            value::inline(before),
            value::inline(after)
        ),
    }
}

/// Long one-line texts (SQL) are compared clause by clause.
fn split(text: &str) -> String {
    if text.contains('\n') {
        return text.to_owned();
    }
    let mut split = text.to_owned();
    for clause in [" FROM ", " WHERE ", ", "] {
        let broken = if clause == ", " {
            ",\n  ".to_owned()
        } else {
            format!("\n{}", clause.trim_start())
        };
        split = split.replace(clause, &broken);
    }
    split
}

/// A text as itself, a document as indented JSON.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => text.known().map(str::to_owned),
        Value::Map(_) => serde_json::to_string_pretty(value).ok(),
        _ => None,
    }
}

fn text_diff(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut text = String::new();
    for group in diff.grouped_ops(2) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = change.value().trim_end_matches('\n');
            let line = match change.tag() {
                ChangeTag::Delete => paint(RED, format!("- {line}")),
                ChangeTag::Insert => paint(GREEN, format!("+ {line}")),
                ChangeTag::Equal => paint(DIM, format!("  {line}")),
            };
            let _ = writeln!(text, "{INDENT}    {line}");
        }
    }
    text
}
