//! One stack file: `stack`, `description`, `inputs`, `resources`, `outputs`.
//!
//! `stack:` equals the file's name. A resource's key is `kind.name`; its value holds the attributes and,
//! beside them, the options `name`, `depends_on`, `protect`, `adopt`, `existing`, `when`, `for_each`.

use super::checks::MISSING_ATTRIBUTE;
use super::diagnostic::Diagnostic;
use super::diagnostic::nearest;
use super::inputs::Declaration;
use super::interpolate::is_poisoned;
use super::source::Span;
use super::tree::Data;
use super::tree::Entry;
use super::tree::Node;
use super::wording::near_or_list;
use crate::schema;
use crate::schema::AnySchema;

/// Words at the top of a stack file.
const WORDS: [&str; 5] = ["stack", "description", "inputs", "resources", "outputs"];

/// Options: what stands beside the attributes of every kind.
pub(crate) const OPTIONS: [&str; 7] = ["name", "depends_on", "protect", "adopt", "existing", "when", "for_each"];

/// A stack file, read but not expanded.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) declarations: Vec<Declaration>,
    pub(crate) templates: Vec<Template>,
    pub(crate) outputs: Vec<Entry>,
}

/// One declared resource before `for_each` and references.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) kind: String,
    pub(crate) name: String,
    /// Its key.
    pub(crate) span: Span,
    /// `None`: not built yet, or unknown; either is reported when the file is read.
    pub(crate) schema: Option<&'static dyn AnySchema>,
    pub(crate) options: Vec<Entry>,
    /// A map without the options.
    pub(crate) attributes: Node,
}

impl Template {
    pub(crate) fn option(&self, name: &str) -> Option<&Entry> {
        self.options.iter().find(|entry| entry.key == name)
    }
}

/// Checks the top of a stack file called `name`, and returns its map.
pub(crate) fn top<'n>(root: &'n Node, name: &str, problems: &mut Vec<Diagnostic>) -> Option<&'n [Entry]> {
    let Data::Map(entries) = &root.data else {
        problems.push(Diagnostic::at(
            "wrong-type",
            format!("a stack file is a map, and this is {}", root.describe()),
            root.span,
            "expected `stack:` and what belongs to it",
        ));
        return None;
    };
    for entry in entries.iter().filter(|entry| !WORDS.contains(&entry.key.as_str())) {
        let problem = Diagnostic::at(
            "unknown-attribute",
            format!("a stack file has no `{}`", entry.key),
            entry.key_span,
            "not a word of a stack file",
        );
        problems.push(if entry.key.contains('.') {
            problem.hint("resources stand under `resources:`")
        } else {
            problem.hint(near_or_list(&entry.key, "word", &WORDS))
        });
    }
    named(root, name, problems);
    if let Some(entry) = root.entry("description")
        && !matches!(entry.value.data, Data::Text(_) | Data::Null)
    {
        problems.push(Diagnostic::at(
            "wrong-type",
            format!("`description` takes text, found {}", entry.value.describe()),
            entry.value.span,
            "expected text",
        ));
    }
    Some(entries)
}

/// Holds `stack:` against the file's name.
fn named(root: &Node, name: &str, problems: &mut Vec<Diagnostic>) {
    match root.entry("stack").map(|entry| (&entry.value, text_of(&entry.value))) {
        Some((_, Some(declared))) if declared == name => {}
        Some((node, _)) if is_poisoned(node) => {}
        Some((node, _)) => problems.push(
            Diagnostic::at(
                "name-mismatch",
                "`stack` must be the file's name",
                node.span,
                format!("expected {name}"),
            )
            .hint(format!("write `stack: {name}`, or rename the file")),
        ),
        None => problems.push(
            Diagnostic::at(
                MISSING_ATTRIBUTE,
                "`stack` is missing",
                start_of(root),
                "expected `stack:` in this file",
            )
            .hint(format!("add `stack: {name}`")),
        ),
    }
}

/// The resources of a stack file, in file order.
pub(crate) fn templates(root: &Node, problems: &mut Vec<Diagnostic>) -> Vec<Template> {
    section(root, "resources", problems)
        .iter()
        .filter_map(|entry| template(entry, problems))
        .collect()
}

/// The outputs of a stack file, before interpolation.
pub(crate) fn outputs(root: &Node, problems: &mut Vec<Diagnostic>) -> Vec<Entry> {
    section(root, "outputs", problems).to_vec()
}

fn section<'n>(root: &'n Node, name: &str, problems: &mut Vec<Diagnostic>) -> &'n [Entry] {
    match root.get(name).map(|node| (&node.data, node)) {
        None | Some((Data::Null, _)) => &[],
        Some((Data::Map(entries), _)) => entries,
        Some((_, node)) => {
            problems.push(Diagnostic::at(
                "wrong-type",
                format!("`{name}` must be a map, and is {}", node.describe()),
                node.span,
                "expected a map",
            ));
            &[]
        }
    }
}

fn template(entry: &Entry, problems: &mut Vec<Diagnostic>) -> Option<Template> {
    let (kind, name) = key(entry, problems)?;
    let schema = find_kind(kind, entry.key_span, problems);
    let made = |schema, entries: Vec<Entry>| {
        let is_option = |entry: &Entry| OPTIONS.contains(&entry.key.as_str());
        let (options, attributes) = entries.into_iter().partition(is_option);
        Template {
            kind: kind.to_owned(),
            name: name.to_owned(),
            span: entry.key_span,
            schema,
            options,
            attributes: Node::new(Data::Map(attributes), entry.value.span),
        }
    };
    if let Data::Map(entries) = &entry.value.data {
        return Some(made(schema, entries.clone()));
    }
    if !is_poisoned(&entry.value) {
        let message = format!(
            "the resource `{}` must be a map, and is {}",
            entry.key,
            entry.value.describe()
        );
        let hint = format!("without attributes of its own it is written `{}: {{}}`", entry.key);
        let span = entry.value.span;
        problems.push(Diagnostic::at("wrong-type", message, span, "expected a map of attributes").hint(hint));
    }
    // Without a schema nothing more is said about it, nor about references to it.
    Some(made(None, Vec::new()))
}

/// Kind and name of a resource's key.
fn key<'e>(entry: &'e Entry, problems: &mut Vec<Diagnostic>) -> Option<(&'e str, &'e str)> {
    let Some((kind, name)) = entry.key.split_once('.') else {
        let message = format!("`{}` is no key of a resource", entry.key);
        problems.push(
            Diagnostic::at("bad-name", message, entry.key_span, "expected kind.name")
                .hint("a resource's key is its kind and its name: aws_sqs_queue.ingest"),
        );
        return None;
    };
    if !is_name(name, 40, '_') {
        problems.push(Diagnostic::at(
            "bad-name",
            format!("`{name}` cannot be the name of a resource"),
            entry.key_span,
            "a small letter, then small letters, digits and `_`, 40 at most",
        ));
        return None;
    }
    Some((kind, name))
}

fn find_kind(kind: &str, at: Span, problems: &mut Vec<Diagnostic>) -> Option<&'static dyn AnySchema> {
    if let Some(schema) = schema::find(kind) {
        return Some(schema);
    }
    let known = || schema::SCHEMAS.iter().map(|schema| schema.name());
    let problem = Diagnostic::at("unknown-kind", format!("there is no kind `{kind}`"), at, "not a kind");
    problems.push(match nearest(kind, known()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(format!("the kinds are {}", known().collect::<Vec<_>>().join(", "))),
    });
    None
}

/// Whether a text is a name: a small letter, then small letters, digits and `punctuation`.
pub(crate) fn is_name(text: &str, longest: usize, punctuation: char) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= longest
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == punctuation)
}

/// The first byte of what a node covers, for what is missing from it.
pub(crate) fn start_of(node: &Node) -> Span {
    Span {
        end: node.span.start,
        ..node.span
    }
}

/// The text of a scalar, all of which is known.
pub(crate) fn text_of(node: &Node) -> Option<&str> {
    match &node.data {
        Data::Text(text) => text.known(),
        _ => None,
    }
}

/// Whether a text may name a file under `stacks/`.
pub(crate) fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

pub(crate) fn bad_name(name: &str, at: Span) -> Diagnostic {
    Diagnostic::at(
        "bad-name",
        format!("`{name}` cannot be the name of a stack"),
        at,
        "expected NAME of stacks/NAME.yaml",
    )
    .hint("letters, digits, `_` and `-`, without a folder and without .yaml")
}
