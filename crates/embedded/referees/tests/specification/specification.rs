//! Confluent's OpenAPI files as JSON Schemas.

use std::fs;
use std::path::Path;

use jsonschema::Draft;
use serde_json::Value;
use serde_json::json;

/// An answer and the operation of the specification that gave it.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) step: String,
    /// Without its `.openapi.yaml`; empty where no file has the operation.
    pub(crate) file: &'static str,
    /// Method and path as the file writes them.
    pub(crate) operation: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// What the specification has against an answer.
pub(crate) fn problems(folder: &Path, answer: &Recorded) -> Vec<String> {
    let Recorded {
        step,
        file,
        operation,
        status,
        body,
    } = answer;
    if file.is_empty() {
        return Vec::new();
    }
    let document = document(&folder.join("openapi").join(format!("{file}.openapi.yaml")));
    let (method, path) = operation.split_once(' ').unwrap();
    let responses = &document["paths"][path][method.to_lowercase()]["responses"];
    assert!(responses.is_object(), "{file} has no {operation}");
    let response = responses.get(status.to_string()).or_else(|| responses.get("5XX"));
    let Some(response) = response else {
        return vec![format!("{step}: {operation} may not answer {status}: {body}")];
    };
    let Some(schema) = resolved(&document, response).pointer("/content/application~1json/schema") else {
        return Vec::new();
    };
    let problems = validated(&document, schema, body);
    problems
        .into_iter()
        .map(|problem| format!("{step}: {problem}"))
        .collect()
}

/// What a schema of a document has against a body.
pub(crate) fn validated(document: &Value, schema: &Value, body: &Value) -> Vec<String> {
    let root = json!({"allOf": [schema], "components": document["components"]});
    let validator = jsonschema::options().with_draft(Draft::Draft7).build(&root).unwrap();
    let errors = validator.iter_errors(body);
    errors
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect()
}

pub(crate) fn document(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut document: Value = serde_yaml::from_str(&text).unwrap();
    to_json_schema(&mut document["components"]["schemas"]);
    for path in document["paths"].as_object_mut().unwrap().values_mut() {
        to_json_schema(path);
    }
    for shared in ["responses", "requestBodies"] {
        to_json_schema(&mut document["components"][shared]);
    }
    document
}

/// A response or a body of an operation, wherever it is written.
pub(crate) fn resolved<'a>(document: &'a Value, response: &'a Value) -> &'a Value {
    match response["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => response,
    }
}

/// OpenAPI 3.0 says `nullable` where JSON Schema has a type of its own.
fn to_json_schema(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(to_json_schema);
            if members.get("nullable") == Some(&Value::Bool(true)) {
                members.remove("nullable");
                let inner = Value::Object(std::mem::take(members));
                members.insert("anyOf".to_owned(), json!([inner, {"type": "null"}]));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(to_json_schema),
        _ => {}
    }
}
