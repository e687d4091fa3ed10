//! What attributes name in this project: the digest of a zip beside the stacks or of a program under `lambda/`, a
//! CloudFormation template itself.
//!
//! They are put into the hidden attributes that [`Local`] names, before the declaration's own digest is made, so that
//! another content under the same name is a change of the declaration.

use std::collections::HashMap;
use std::io;

use serde_json::Value as Json;
use sha2::Digest as _;
use sha2::Sha256;

use super::declared::Libc;
use super::diagnostic::Diagnostic;
use super::expand::Expanded;
use super::load;
use super::source::Files;
use super::source::Span;
use super::tree::Data;
use super::tree::Entry;
use super::tree::Node;
use crate::resource::Text;
use crate::schema::Local;
use crate::schema::LocalSource;
use crate::schema::aws::cloudformation_stack::template;

/// Stack files lie here, and what they name is named from here.
const BESIDE: &str = "stacks/";
/// Where a program is built for, unless it is said.
const PROCESSOR: &str = "x86_64";

/// Reads each of them once.
pub(crate) struct LocalDigests<'f> {
    files: &'f dyn Files,
    libc: Libc,
    made: HashMap<What, Result<Made, Failed>>,
}

/// What is filled in.
enum Made {
    Digest(String),
    Template(Json),
    /// Nobody here can tell.
    Nothing,
}

enum Failed {
    Read(io::Error),
    /// What is wrong with a template, and where in it.
    Template(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum What {
    File { path: String },
    Build { name: String, processor: String },
    Template { path: String },
}

impl<'f> LocalDigests<'f> {
    pub(crate) fn new(files: &'f dyn Files, libc: Libc) -> Self {
        Self {
            files,
            libc,
            made: HashMap::new(),
        }
    }

    /// Fills in the digests of one resource; false where something that it names cannot be read. Of what is only
    /// looked up nothing is made, so nothing is read for it.
    pub(crate) fn fill_in(&mut self, expanded: &mut Expanded, problems: &mut Vec<Diagnostic>) -> bool {
        let Some(schema) = expanded.schema.filter(|_| expanded.options.existing.is_none()) else {
            return true;
        };
        let before = problems.len();
        for local in schema.local() {
            match self.digest(local, &expanded.attributes) {
                Ok(Some(entry)) => add(&mut expanded.attributes, entry),
                Ok(None) => {}
                Err(problem) => problems.push(with_origin(*problem, expanded.attributes.get(local.attribute))),
            }
        }
        problems.len() == before
    }

    fn digest(&mut self, local: &Local, attributes: &Node) -> Result<Option<Entry>, Box<Diagnostic>> {
        let Some(node) = attributes.get(local.attribute) else {
            return Ok(None);
        };
        let at = node.span;
        let Some(name) = known(node) else {
            return Err(Box::new(not_known(local, at)));
        };
        let what = match local.is {
            LocalSource::File => What::File {
                path: load::beside(BESIDE, name).ok_or_else(|| load::leaves_root(name, at))?,
            },
            LocalSource::Build => What::Build {
                name: name.to_owned(),
                processor: processor(attributes).to_owned(),
            },
            LocalSource::Template => What::Template {
                path: load::beside(BESIDE, name).ok_or_else(|| load::leaves_root(name, at))?,
            },
        };
        let (files, libc) = (self.files, self.libc);
        match self
            .made
            .entry(what.clone())
            .or_insert_with(|| make(files, libc, &what))
        {
            Ok(made) => Ok(filled(made, at).map(|value| Entry {
                key: local.digest.to_owned(),
                key_span: at,
                value,
            })),
            Err(failed) => Err(Box::new(unreadable(local, &what, failed, at))),
        }
    }
}

fn make(files: &dyn Files, libc: Libc, what: &What) -> Result<Made, Failed> {
    match what {
        What::File { path } => {
            let hash = Sha256::digest(files.read_bytes(path).map_err(Failed::Read)?);
            let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            Ok(Made::Digest(format!("sha256:{hex}")))
        }
        What::Build { name, processor } => {
            let digest = files.source_digest(name, processor, libc).map_err(Failed::Read)?;
            Ok(digest.map_or(Made::Nothing, Made::Digest))
        }
        What::Template { path } => {
            let text = files.read(path).map_err(Failed::Read)?;
            template::parse(&text).map(Made::Template).map_err(Failed::Template)
        }
    }
}

fn filled(made: &Made, at: Span) -> Option<Node> {
    match made {
        Made::Digest(digest) => Some(Node::new(Data::Text(Text::literal(digest)), at)),
        Made::Template(template) => Some(literal(template, at)),
        Made::Nothing => None,
    }
}

/// A tree all of which stands at one place; `${` in it is text.
fn literal(json: &Json, at: Span) -> Node {
    let data = match json {
        Json::Null => Data::Null,
        Json::Bool(value) => Data::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => Data::Integer(value),
            (None, Some(value)) => Data::Float(value),
            (None, None) => Data::Null,
        },
        Json::String(text) => Data::Text(Text::literal(text)),
        Json::Array(items) => Data::List(items.iter().map(|item| literal(item, at)).collect()),
        Json::Object(entries) => Data::Map(
            entries
                .iter()
                .map(|(key, value)| Entry {
                    key: key.clone(),
                    key_span: at,
                    value: literal(value, at),
                })
                .collect(),
        ),
    };
    Node::new(data, at)
}

fn add(attributes: &mut Node, entry: Entry) {
    if let Data::Map(entries) = &mut attributes.data {
        entries.push(entry);
    }
}

/// The node's text, where no cloud has to say any of it.
fn known(node: &Node) -> Option<&str> {
    match &node.data {
        Data::Text(text) => text.known(),
        _ => None,
    }
}

fn processor(attributes: &Node) -> &str {
    let first = attributes.get("architectures").and_then(|node| match &node.data {
        Data::List(items) => items.first(),
        _ => None,
    });
    first.and_then(known).unwrap_or(PROCESSOR)
}

fn with_origin(problem: Diagnostic, node: Option<&Node>) -> Diagnostic {
    match node.and_then(|node| node.origin.filter(|origin| *origin != node.span)) {
        Some(origin) => problem.and_at(origin, "the value comes from here"),
        None => problem,
    }
}

fn not_known(local: &Local, at: Span) -> Diagnostic {
    let message = format!(
        "`{}` names something of this project, so it must be known from the files",
        local.attribute
    );
    Diagnostic::at("unknown-file", message, at, "only a cloud can say this")
        .hint("write the name, or take it from an input")
}

fn unreadable(local: &Local, what: &What, failed: &Failed, at: Span) -> Diagnostic {
    let error = match (failed, what) {
        (Failed::Read(error), _) => error,
        (Failed::Template(problem), What::Template { path } | What::File { path }) => {
            return Diagnostic::at("bad-template", format!("{path}: {problem}"), at, "named here");
        }
        (Failed::Template(problem), What::Build { .. }) => {
            return Diagnostic::at("bad-template", problem, at, "named here");
        }
    };
    match what {
        What::File { path } | What::Template { path } => {
            load::unreadable("missing-file", &format!("there is no file {path}"), path, error, at)
                .hint(format!("`{}` is named relative to {BESIDE}", local.attribute))
        }
        What::Build { name, .. } => {
            let path = format!("lambda/{name}");
            load::unreadable(
                "missing-program",
                &format!("there is no program {path}"),
                &path,
                error,
                at,
            )
            .hint(format!("`{}` is the name of a folder under lambda/", local.attribute))
        }
    }
}

#[cfg(test)]
mod tests;
