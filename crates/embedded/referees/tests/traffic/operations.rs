//! Confluent's OpenAPI files as judges of requests and answers.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::proxy::Exchange;
use crate::specification::document;
use crate::specification::resolved;
use crate::specification::validated;

/// What eclusa speaks. (The older Kafka REST file describes the same endpoints for Confluent Platform.)
const FILES: [&str; 7] = [
    "apikeys-v2",
    "cmk-v2",
    "connect-v1",
    "iam-v2",
    "kafkarest-v3",
    "mds-v2",
    "org-v2",
];

pub(crate) struct Operations {
    documents: BTreeMap<&'static str, Value>,
}

impl Operations {
    pub(crate) fn read(folder: &Path) -> Self {
        let read = |file: &&'static str| (*file, document(&folder.join(format!("openapi/{file}.openapi.yaml"))));
        Self {
            documents: FILES.iter().map(read).collect(),
        }
    }

    /// What the specification has against an exchange, and the name of its operation.
    pub(crate) fn judge(&self, exchange: &Exchange) -> (String, Vec<String>) {
        let Some((document, template, operation)) = self.find(exchange) else {
            let unknown = format!("{} {}", exchange.method, exchange.path);
            return (unknown.clone(), vec![format!("no file has {unknown}")]);
        };
        let name = format!("{} {template}", exchange.method);
        let mut problems = parameters(document, template, operation, exchange);
        problems.extend(request(document, operation, exchange));
        problems.extend(response(document, operation, exchange));
        let named = problems.into_iter().map(|problem| format!("{name}: {problem}"));
        (name.clone(), named.collect())
    }

    /// The operation whose path fits with most words of its own; some have a query in their path.
    fn find(&self, exchange: &Exchange) -> Option<(&Value, &str, &Value)> {
        let method = exchange.method.to_lowercase();
        let all = self.documents.values().flat_map(|document| {
            let paths = document["paths"].as_object().into_iter().flatten();
            paths.map(move |(template, operations)| (document, template.as_str(), operations))
        });
        let fitting = all.filter_map(|(document, template, operations)| {
            let (path, query) = template.split_once('?').unwrap_or((template, ""));
            let fixed = fits(path, &exchange.path)?;
            let is_asked = exchange
                .query
                .iter()
                .any(|(name, value)| format!("{name}={value}") == query);
            let rank = (fixed, is_asked);
            let is_meant = query.is_empty() || is_asked;
            Some((rank, document, template, operations.get(&method)?)).filter(|_| is_meant)
        });
        let best = fitting.max_by_key(|(rank, ..)| *rank)?;
        Some((best.1, best.2, best.3))
    }
}

/// How many words of a path are the template's own; `None` where it does not fit.
fn fits(template: &str, path: &str) -> Option<usize> {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let is_variable = |word: &str| word.starts_with('{') && word.ends_with('}');
    let agrees = template.len() == path.len()
        && template
            .iter()
            .zip(&path)
            .all(|(word, given)| word == given || is_variable(word) && !given.is_empty());
    agrees.then(|| template.iter().filter(|word| !is_variable(word)).count())
}

fn parameters(document: &Value, template: &str, operation: &Value, exchange: &Exchange) -> Vec<String> {
    let of_path = document["paths"][template]["parameters"].as_array();
    let own = operation["parameters"].as_array();
    let all = of_path
        .into_iter()
        .chain(own)
        .flatten()
        .map(|one| resolved(document, one));
    let known: BTreeMap<&str, &Value> = all
        .filter(|one| one["in"] == "query")
        .filter_map(|one| Some((one["name"].as_str()?, one)))
        .collect();
    let given: BTreeMap<&str, &str> = exchange
        .query
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let in_path = template.split_once('?').map_or("", |(_, query)| query);
    let is_in_path = |name: &str| in_path.split('&').any(|pair| pair.starts_with(&format!("{name}=")));
    let unknown = given
        .keys()
        .filter(|name| !known.contains_key(*name) && !is_in_path(name));
    let missing = known
        .iter()
        .filter(|(name, one)| one["required"] == true && !given.contains_key(*name));
    let unknown = unknown.map(|name| format!("there is no parameter {name}"));
    let missing = missing.map(|(name, _)| format!("the parameter {name} is required"));
    unknown.chain(missing).collect()
}

fn request(document: &Value, operation: &Value, exchange: &Exchange) -> Vec<String> {
    let declared = resolved(document, &operation["requestBody"]);
    let Some(schema) = declared.pointer("/content/application~1json/schema") else {
        return match exchange.sent.is_null() {
            true => Vec::new(),
            false => vec![format!("it takes no body, and was sent {}", exchange.sent)],
        };
    };
    if exchange.sent.is_null() {
        return vec!["it was sent no body".to_owned()];
    }
    let problems = validated(
        &without_read_only(document.clone()),
        &without_read_only(schema.clone()),
        &exchange.sent,
    );
    problems.into_iter().map(|problem| format!("sent: {problem}")).collect()
}

/// What only answers hold is not required of a request.
fn without_read_only(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(members) => {
            let is_read_only = |name: &Value| {
                let property = name.as_str().and_then(|name| members["properties"].get(name));
                property.is_some_and(|property| property["readOnly"] == true)
            };
            let required: Option<Vec<Value>> = members
                .get("required")
                .and_then(Value::as_array)
                .filter(|_| members.get("properties").is_some_and(Value::is_object))
                .map(|all| all.iter().filter(|name| !is_read_only(name)).cloned().collect());
            if let Some(required) = required {
                members.insert("required".to_owned(), Value::Array(required));
            }
            for member in members.values_mut() {
                *member = without_read_only(member.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_read_only(item.take());
            }
        }
        _ => {}
    }
    schema
}

fn response(document: &Value, operation: &Value, exchange: &Exchange) -> Vec<String> {
    let responses = &operation["responses"];
    let status = exchange.status.to_string();
    let Some(response) = responses.get(&status).or_else(|| responses.get("5XX")) else {
        return vec![format!("may not answer {status}")];
    };
    let Some(schema) = resolved(document, response).pointer("/content/application~1json/schema") else {
        return Vec::new();
    };
    let problems = validated(document, schema, &exchange.answered);
    problems
        .into_iter()
        .map(|problem| format!("answered {status}: {problem}"))
        .collect()
}
