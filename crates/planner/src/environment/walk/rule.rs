//! What a schema says about one node: references resolved, alternatives laid side by side, null left out.

use serde_json::Value as Json;

use crate::environment::tree::Data;

/// References followed before a schema is taken to go in circles.
const HOPS: usize = 16;

/// The alternatives of a schema that are not null; none, if null is all it takes.
pub(super) fn alternatives<'s>(root: &'s Json, schema: &'s Json) -> Vec<&'s Json> {
    let mut found = Vec::new();
    collect(root, schema, HOPS, &mut found);
    found
}

fn collect<'s>(root: &'s Json, schema: &'s Json, hops: usize, found: &mut Vec<&'s Json>) {
    if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        if let Some(target) = target.filter(|_| hops > 0) {
            collect(root, target, hops - 1, found);
        }
        return;
    }
    let branches = schema.get("anyOf").or_else(|| schema.get("oneOf"));
    match branches.and_then(Json::as_array) {
        Some(branches) if hops > 0 => branches
            .iter()
            .for_each(|branch| collect(root, branch, hops - 1, found)),
        _ if types(schema) == ["null"] => {}
        _ => found.push(schema),
    }
}

/// The values of `enum` or `const`.
pub(super) fn words(schema: &Json) -> Option<Vec<&Json>> {
    match (schema.get("enum").and_then(Json::as_array), schema.get("const")) {
        (Some(values), _) => Some(values.iter().filter(|value| !value.is_null()).collect()),
        (None, Some(value)) => Some(vec![value]),
        (None, None) => None,
    }
}

/// The names under `type`.
pub(super) fn types(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(name)) => vec![name],
        Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a node is of a type that the schema takes; limits aside.
pub(super) fn takes(schema: &Json, data: &Data) -> bool {
    let types = types(schema);
    types.is_empty() || types.iter().any(|name| is_of(name, data))
}

fn is_of(name: &str, data: &Data) -> bool {
    match data {
        Data::Null => name == "null",
        Data::Bool(_) => name == "boolean",
        Data::Integer(_) => matches!(name, "integer" | "number"),
        Data::Float(_) => name == "number",
        Data::Text(_) | Data::Secret(_) => name == "string",
        Data::List(_) => name == "array",
        Data::Map(_) => name == "object",
        Data::Handle(_) => false,
    }
}

/// What the alternatives take, as a reader would call it: `a whole number`, `text or a list`.
pub(super) fn expected(alternatives: &[&Json]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in alternatives.iter().flat_map(|schema| types(schema)) {
        let name = match name {
            "boolean" => "true or false",
            "integer" => "a whole number",
            "number" => "a number",
            "string" => "text",
            "array" => "a list",
            "object" => "a map",
            _ => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.as_slice() {
        [] => "another value".to_owned(),
        names => names.join(" or "),
    }
}

/// Smallest and largest number that a schema takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Range {
    pub(super) least: Option<f64>,
    pub(super) most: Option<f64>,
}

impl Range {
    /// Of `minimum` and `maximum`, or of what an integer's `format` can hold if that is less.
    pub(super) fn of(schema: &Json) -> Self {
        let (lower, upper) = match schema.get("format").and_then(Json::as_str) {
            Some("uint8") => (Some(0.0), Some(f64::from(u8::MAX))),
            Some("uint16") => (Some(0.0), Some(f64::from(u16::MAX))),
            Some("uint32") => (Some(0.0), Some(f64::from(u32::MAX))),
            Some("uint64" | "uint") => (Some(0.0), None),
            Some("int8") => (Some(f64::from(i8::MIN)), Some(f64::from(i8::MAX))),
            Some("int16") => (Some(f64::from(i16::MIN)), Some(f64::from(i16::MAX))),
            Some("int32") => (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
            _ => (None, None),
        };
        let stated = |keyword: &str| schema.get(keyword).and_then(Json::as_f64);
        let tighter = |a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64| match (a, b) {
            (Some(a), Some(b)) => Some(choose(a, b)),
            (a, b) => a.or(b),
        };
        Self {
            least: tighter(stated("minimum"), lower, f64::max),
            most: tighter(stated("maximum"), upper, f64::min),
        }
    }

    /// Of the count keywords of a text or a list.
    pub(super) fn of_count(schema: &Json, least: &str, most: &str) -> Self {
        Self {
            least: schema.get(least).and_then(Json::as_f64),
            most: schema.get(most).and_then(Json::as_f64),
        }
    }

    pub(super) fn holds(self, value: f64) -> bool {
        self.least.is_none_or(|least| value >= least) && self.most.is_none_or(|most| value <= most)
    }

    /// `0 to 43200`, `at least 1`, `at most 64`, numbers plain.
    pub(super) fn describe(self) -> String {
        match (self.least, self.most) {
            (Some(least), Some(most)) => format!("{least} to {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => "any number".to_owned(),
        }
    }
}

/// Keywords that the walk holds nodes against.
const HELD: &[&str] = &[
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "type",
];
/// Keywords that say nothing about what is allowed.
const SILENT: &[&str] = &[
    "$defs",
    "$schema",
    "default",
    "deprecated",
    "description",
    "examples",
    "title",
];
/// What a `format` may say beside a type.
const FORMATS: &[&str] = &[
    "uint8", "uint16", "uint32", "uint64", "uint", "int8", "int16", "int32", "int64", "int", "float", "double",
];

/// What a schema says that the walk does not hold nodes against, by JSON pointer: unknown keywords and formats,
/// limits beside a `$ref`, `anyOf` or `oneOf`, a pattern that does not compile.
pub fn unsupported(schema: &Json) -> Vec<String> {
    let mut found = Vec::new();
    inspect(schema, "#", &mut found);
    found
}

fn inspect(schema: &Json, at: &str, found: &mut Vec<String>) {
    let Some(keywords) = schema.as_object() else {
        return;
    };
    let elsewhere = ["$ref", "anyOf", "oneOf"]
        .into_iter()
        .find(|keyword| keywords.contains_key(*keyword));
    for (keyword, value) in keywords {
        let at = format!("{at}/{keyword}");
        let known = SILENT.contains(&keyword.as_str()) || HELD.contains(&keyword.as_str());
        let beside = elsewhere.is_some_and(|elsewhere| elsewhere != keyword) && HELD.contains(&keyword.as_str());
        if !known || beside {
            found.push(at.clone());
        }
        match (keyword.as_str(), value) {
            ("$defs" | "properties", Json::Object(schemas)) => schemas
                .iter()
                .for_each(|(name, schema)| inspect(schema, &format!("{at}/{name}"), found)),
            ("anyOf" | "oneOf", Json::Array(schemas)) => schemas
                .iter()
                .enumerate()
                .for_each(|(index, schema)| inspect(schema, &format!("{at}/{index}"), found)),
            ("items" | "additionalProperties", schema) => inspect(schema, &at, found),
            ("format", Json::String(name)) if !FORMATS.contains(&name.as_str()) => found.push(at),
            ("pattern", Json::String(pattern)) if regex_lite::Regex::new(pattern).is_err() => found.push(at),
            _ => {}
        }
    }
}
