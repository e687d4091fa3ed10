//! A CloudFormation template as a value: what a YAML or JSON text says, in the long form of JSON.
//!
//! - Short forms are written out: `!Ref X` is `{"Ref": "X"}`, `!Sub x` is `{"Fn::Sub": "x"}`, `!GetAtt A.B` is
//!   `{"Fn::GetAtt": ["A", "B"]}`; an `Fn::GetAtt` with text too.
//! - Words are those of YAML 1.2: `yes` and `2010-09-09` are text. Keys that are numbers become text.
//! - Null is refused, as CloudFormation does; so are the two characters that eclusa needs for itself.

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value as Json;
use serde_yaml::Value as Yaml;

use crate::resource::sentinel;
use crate::schema::Scalar;

/// Bytes of a template that is sent along with a call (AWS quotas of CloudFormation).
pub const LARGEST: usize = 51_200;

/// What a template says about one of its parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declaration {
    pub default: Option<String>,
    /// Empty: any value.
    pub allowed: Vec<String>,
    pub is_number: bool,
    /// Its value is never shown.
    pub no_echo: bool,
}

/// Reads a template. The problem says what is wrong and where, as far as the text tells.
pub fn parse(text: &str) -> Result<Json, String> {
    let yaml: Yaml = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let template = json(&yaml, "")?;
    if !template.is_object() {
        return Err("a template is a map with `Resources`".to_owned());
    }
    match template.get("Resources").and_then(Json::as_object) {
        Some(resources) if !resources.is_empty() => Ok(template),
        _ => Err("a template needs at least one resource under `Resources`".to_owned()),
    }
}

fn json(yaml: &Yaml, at: &str) -> Result<Json, String> {
    match yaml {
        Yaml::Null => Err(format!("null at {}: a template holds no nulls", place(at))),
        Yaml::Bool(value) => Ok(Json::Bool(*value)),
        Yaml::Number(number) => number_of(number).ok_or_else(|| format!("{number} at {} is no number", place(at))),
        Yaml::String(text) => checked(text, at).map(Json::from),
        Yaml::Sequence(items) => {
            let items = items.iter().enumerate();
            items
                .map(|(index, item)| json(item, &format!("{at}/{index}")))
                .collect()
        }
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let key = checked(&text_of_key(key, at)?, at)?;
                let value = json(value, &format!("{at}/{key}"))?;
                let value = if key == GET_ATT { attribute(value) } else { value };
                if object.insert(key.clone(), value).is_some() {
                    return Err(format!("`{key}` is there twice at {}", place(at)));
                }
            }
            Ok(Json::Object(object))
        }
        Yaml::Tagged(tagged) => {
            let name = long_form(&tagged.tag.to_string());
            let value = json(&tagged.value, &format!("{at}/{name}"))?;
            let value = if name == GET_ATT { attribute(value) } else { value };
            Ok(Json::Object([(name, value)].into_iter().collect()))
        }
    }
}

fn place(at: &str) -> &str {
    if at.is_empty() { "the top" } else { at }
}

fn number_of(number: &serde_yaml::Number) -> Option<Json> {
    match (number.as_i64(), number.as_f64()) {
        (Some(value), _) => Some(Json::from(value)),
        (None, Some(value)) => serde_json::Number::from_f64(value).map(Json::Number),
        (None, None) => None,
    }
}

/// Two characters stand for what is not known yet.
fn checked(text: &str, at: &str) -> Result<String, String> {
    if text.contains([sentinel::OPEN, sentinel::CLOSE]) {
        return Err(format!(
            "the text at {} holds U+E000 or U+E001, which eclusa keeps for itself",
            place(at)
        ));
    }
    Ok(text.to_owned())
}

fn text_of_key(key: &Yaml, at: &str) -> Result<String, String> {
    match key {
        Yaml::String(text) => Ok(text.clone()),
        Yaml::Bool(value) => Ok(value.to_string()),
        Yaml::Number(number) => Ok(number.to_string()),
        _ => Err(format!("a key at {} is no text", place(at))),
    }
}

const GET_ATT: &str = "Fn::GetAtt";

/// `!Sub` is `Fn::Sub`; `!Ref` and `!Condition` are their own names.
fn long_form(tag: &str) -> String {
    match tag.trim_start_matches('!') {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    }
}

/// `Resource.Attribute` as the list that JSON takes.
fn attribute(value: Json) -> Json {
    match value.as_str().and_then(|text| text.split_once('.')) {
        Some((resource, attribute)) => Json::from(vec![resource, attribute]),
        None => value,
    }
}

/// The parameters that a template declares.
pub fn parameters(template: &Json) -> BTreeMap<String, Declaration> {
    let declared = template.get("Parameters").and_then(Json::as_object);
    let declared = declared.into_iter().flatten();
    declared
        .map(|(name, says)| {
            let allowed = says.get("AllowedValues").and_then(Json::as_array);
            let declaration = Declaration {
                default: says.get("Default").and_then(Scalar::text),
                allowed: allowed.into_iter().flatten().filter_map(Scalar::text).collect(),
                is_number: says.get("Type").and_then(Json::as_str) == Some("Number"),
                no_echo: says.get("NoEcho").and_then(Scalar::text).as_deref() == Some("true"),
            };
            (name.clone(), declaration)
        })
        .collect()
}

/// The types of the resources that a template makes.
pub fn types(template: &Json) -> impl Iterator<Item = &str> {
    let resources = template.get("Resources").and_then(Json::as_object);
    let resources = resources.into_iter().flatten();
    resources.filter_map(|(_, resource)| resource.get("Type")?.as_str())
}
