//! How values are written for a reader.

use eclusa_planner::resource::Part;
use eclusa_planner::resource::Segment;
use eclusa_planner::resource::Unknown;
use eclusa_planner::resource::Value;
use serde_json::Value as Json;

/// What stands for a text that only the cloud can say.
pub(super) const LATER: &str = "(known after apply)";

/// One line: texts quoted, numbers plain, lists and maps in short.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::Text(text) if text.known().is_none() && text.parts().len() == 1 => LATER.to_owned(),
        Value::Text(text) => match text.known() {
            Some(known) => Json::from(known).to_string(),
            None => format!("\"{}\" {LATER}", braced(text.parts())),
        },
        Value::List(items) => format!("[{}]", joined(items.iter().map(inline))),
        Value::Map(entries) => {
            format!(
                "{{ {} }}",
                joined(entries.iter().map(|(key, value)| format!("{key}: {}", inline(value))))
            )
        }
        Value::Secret(source) => format!("(secret from {source})"),
        Value::Handle(address) => format!("${{{address}}}"),
    }
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

fn braced(parts: &[Part]) -> String {
    parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Unknown(unknown) => format!("${{{unknown}}}"),
        })
        .collect()
}

/// The value as JSON; a text with unknowns as `null` would lie, so it is written as its references.
pub(super) fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(value) => Json::Number(value.clone()),
        Value::Text(text) => Json::String(text.to_string()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => Json::Object(entries.iter().map(|(key, value)| (key.clone(), json(value))).collect()),
        Value::Secret(source) => serde_json::json!({ "secret": source.to_string() }),
        Value::Handle(address) => Json::String(format!("${{{address}}}")),
    }
}

/// Whether any text in it is not known yet.
pub(super) fn is_unknown(value: &Value) -> bool {
    let mut found = false;
    value.each_unknown(&mut |unknown| found |= matches!(unknown, Unknown::Output(_)));
    found
}

/// `redrive_policy.max_receive_count`, `Statement[0].Action`.
pub(super) fn path(segments: &[Segment]) -> String {
    let mut text = String::new();
    for segment in segments {
        match segment {
            Segment::Key(key) if text.is_empty() => text.push_str(key),
            Segment::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
            Segment::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}
