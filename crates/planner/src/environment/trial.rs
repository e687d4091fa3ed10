//! Files as texts, for the tests of the stages.

use std::collections::BTreeMap;
use std::io;

use super::Asked;
use super::Declared;
use super::Files;
use super::declare;
use super::diagnostic::render;
use super::tree::Node;
use crate::resource::Value;

/// An environment `local` with one instance `t` of the stack `s`, without `with`.
pub(crate) const LOCAL: &str =
    "environment: local\ncloud: embedded\naws: { region: us-east-1 }\nstacks:\n  t:\n    stack: s\n";

/// Texts by path.
#[derive(Default)]
pub(crate) struct Texts(BTreeMap<String, String>);

impl Files for Texts {
    fn read(&self, path: &str) -> io::Result<String> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let inside = |path: &String| path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned);
        self.0.keys().filter_map(inside).collect()
    }
}

pub(crate) fn texts(files: &[(&str, &str)]) -> Texts {
    Texts(
        files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect(),
    )
}

/// The environment [`LOCAL`] with these values under `with`, and the stack `s` with this text after its name.
pub(crate) fn local(with: &str, stack: &str) -> Texts {
    let with: String = with.lines().map(|line| format!("      {line}\n")).collect();
    let with = if with.is_empty() {
        with
    } else {
        format!("    with:\n{with}")
    };
    texts(&[
        ("environments/local.yaml", &format!("{LOCAL}{with}")),
        ("stacks/s.yaml", &format!("stack: s\n{stack}")),
    ])
}

/// Declares `local` without asking a cloud; panics with what a user would read.
pub(crate) fn declared(files: &Texts) -> Declared {
    match declare(files, "environments/local.yaml", &Asked::default()) {
        Ok(declared) => declared,
        Err(failed) => panic!("{}", render(&failed.problems, &failed.sources)),
    }
}

/// The problems of `local`: code, and the text at their first place.
pub(crate) fn problems(files: &Texts) -> Vec<(String, String)> {
    let Err(failed) = declare(files, "environments/local.yaml", &Asked::default()) else {
        return Vec::new();
    };
    let framed = |problem: &super::Diagnostic| {
        let span = problem.labels.first()?.span;
        let text = &failed.sources.get(span.file)?.text;
        text.get(span.start..span.end).map(str::to_owned)
    };
    failed
        .problems
        .iter()
        .map(|problem| (problem.code.to_owned(), framed(problem).unwrap_or_default()))
        .collect()
}

/// The codes of [`problems`].
pub(crate) fn codes(files: &Texts) -> Vec<String> {
    problems(files).into_iter().map(|(code, _)| code).collect()
}

/// The output `out` of the instance `t`.
pub(crate) fn output(files: &Texts) -> Node {
    let declared = declared(files);
    let outputs = declared.outputs.get("t").cloned().unwrap_or_default();
    let found = outputs.into_iter().find(|(name, _)| name == "out");
    found.map(|(_, node)| node).expect("an output `out`")
}

/// The output `out` as JSON, references written out.
pub(crate) fn json(files: &Texts) -> serde_json::Value {
    to_json(&output(files).to_value())
}

/// A value as JSON, references written out.
pub(crate) fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => serde_json::Value::Number(number.clone()),
        Value::Text(text) => text.to_string().into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(entries) => serde_json::Value::Object(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), to_json(value)))
                .collect(),
        ),
        Value::Secret(source) => serde_json::json!({ "secret": source.to_string() }),
        Value::Handle(address) => serde_json::json!({ "handle": address.to_string() }),
    }
}

/// Addresses of all resources, in order.
pub(crate) fn addresses(files: &Texts) -> Vec<String> {
    let resources = declared(files).resources;
    resources.iter().map(|resource| resource.address.to_string()).collect()
}

/// The attributes of the only resource, as JSON.
pub(crate) fn attributes(files: &Texts) -> serde_json::Value {
    let resources = declared(files).resources;
    let [only] = resources.as_slice() else {
        panic!("{} resources", resources.len());
    };
    to_json(&only.attributes.to_value())
}
