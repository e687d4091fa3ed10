//! How values are written for a reader.

use eclusa_planner::resource::Part;
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

/// Whether any text in it is not known yet.
pub(super) fn is_unknown(value: &Value) -> bool {
    let mut found = false;
    value.each_unknown(&mut |unknown| found |= matches!(unknown, Unknown::Output(_)));
    found
}
