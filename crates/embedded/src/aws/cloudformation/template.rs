//! Templates: read from JSON or YAML, short forms written out, and what may stand in them.

use serde_json::Map;
use serde_json::Value;
use serde_yaml::Value as Yaml;

use super::refusals;
use super::resource;
use crate::aws::refusal::Refusal;

const LARGEST: usize = 51_200;
const SECTIONS: [&str; 7] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
];

/// The template of a text, checked as far as no parameter is needed for it.
pub(super) fn read(text: &str) -> Result<Value, Refusal> {
    if text.len() > LARGEST {
        return Err(refusals::validation(format!(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length \
             less than or equal to {LARGEST}"
        )));
    }
    let yaml: Yaml = serde_yaml::from_str(text).map_err(refusals::template)?;
    let template = json(yaml).map_err(refusals::template)?;
    let Some(sections) = template.as_object() else {
        return Err(refusals::template("unsupported structure."));
    };
    if let Some(section) = sections.keys().find(|section| !SECTIONS.contains(&section.as_str())) {
        return Err(refusals::template(format!(
            "eclusa's embedded cloud knows no section {section}"
        )));
    }
    let resources = self::resources(&template);
    if resources.is_empty() {
        return Err(refusals::template("At least one Resources member must be defined."));
    }
    for (logical, resource) in resources {
        let alphanumeric = logical.chars().all(|c| c.is_ascii_alphanumeric());
        if !alphanumeric || logical.is_empty() {
            return Err(refusals::template(format!(
                "Resource name {logical} is non alphanumeric."
            )));
        }
        match resource.get("Type").and_then(Value::as_str) {
            None => {
                return Err(refusals::template(format!(
                    "[/Resources/{logical}] Every Resources object must contain a Type member."
                )));
            }
            Some(kind) if !resource::is_made(kind) => {
                return Err(refusals::template(format!(
                    "eclusa's embedded cloud does not make resources of the type {kind} (at /Resources/{logical})"
                )));
            }
            Some(_) => {}
        }
    }
    Ok(template)
}

/// The members of a section, none where it is left out.
pub(super) fn section<'t>(template: &'t Value, name: &str) -> Vec<(&'t String, &'t Value)> {
    let members = template.get(name).and_then(Value::as_object);
    members.into_iter().flatten().collect()
}

pub(super) fn resources(template: &Value) -> Vec<(&String, &Value)> {
    section(template, "Resources")
}

fn json(yaml: Yaml) -> Result<Value, String> {
    Ok(match yaml {
        Yaml::Null => return Err("[/] 'null' values are not allowed in templates".to_owned()),
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => Value::from(value),
            (None, value) => Value::from(value.unwrap_or_default()),
        },
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => items.into_iter().map(json).collect::<Result<_, _>>()?,
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let key = match key {
                    Yaml::String(text) => text,
                    Yaml::Number(number) => number.to_string(),
                    Yaml::Bool(value) => value.to_string(),
                    _ => return Err("a key is no text".to_owned()),
                };
                let value = long_attribute(&key, json(value)?);
                object.insert(key, value);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = match tag.trim_start_matches('!') {
                name @ ("Ref" | "Condition") => name.to_owned(),
                name => format!("Fn::{name}"),
            };
            let value = long_attribute(&name, json(tagged.value)?);
            Value::Object([(name, value)].into_iter().collect())
        }
    })
}

/// `Resource.Attribute` is the list of both.
fn long_attribute(function: &str, value: Value) -> Value {
    match value.as_str().and_then(|text| text.split_once('.')) {
        Some((resource, attribute)) if function == "Fn::GetAtt" => Value::from(vec![resource, attribute]),
        _ => value,
    }
}
