//! The grammar of references: what `${…}` may hold, and where it stands in a text.
//!
//! ```text
//! ${input.a.b}                      an input, or a field of it
//! ${each.key}  ${each.value.x}      inside a resource with for_each
//! ${environment.name|tag}
//! ${aws.account_id|region|partition}
//! ${confluent.organization}
//! ${kind.name.output}               an output of a resource
//! ${kind.name.outputs.Own}          one that the resource's own template names
//! ${kind.name[key].output}          of one instance of a for_each
//! ${kind.name[each.key].output}     of the instance with the same key
//! ${kind.name[*].output}            of all instances, a list in key order
//! ${kind.name}  ${kind.name[key]}   the whole resource, where an attribute asks for one
//! ```
//!
//! There are no operators, functions or spaces. `$${` is the text `${`; a `$` before anything else is itself.
//! A malformed reference is told apart from the rest of its text, so that every one in a text is reported.

mod frames;

use std::ops::Range;

pub(crate) use frames::Frames;

use super::diagnostic::nearest;
use crate::resource::PlaceField;

/// One piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Literal(String),
    /// With its range of bytes in the text, `$` to `}`.
    Reference(Expression, Range<usize>),
    Malformed(Malformed),
}

/// What is wrong with one `${`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// What one reference names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    Input(Vec<String>),
    EachKey,
    EachValue(Vec<String>),
    EnvironmentName,
    Region,
    Partition,
    Place(PlaceField),
    Resource(ResourceReference),
}

/// A resource of the same stack, or one of its outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResourceReference {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) selector: Selector,
    /// `None`: the whole resource.
    pub(crate) output: Option<String>,
}

/// Which instance of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selector {
    Only,
    Key(String),
    EachKey,
    All,
}

const FORMS: &str = "a reference is one of ${input.NAME}, ${each.key}, ${each.value.NAME}, ${environment.name}, \
                     ${environment.tag}, ${aws.account_id}, ${aws.region}, ${aws.partition}, \
                     ${confluent.organization}, ${kind.name.output}; for the text ${ itself write $${";

/// Roots that are no kinds, with the words that may follow.
const FIXED: [(&str, &[&str]); 4] = [
    ("each", &["key", "value"]),
    ("environment", &["name", "tag"]),
    ("aws", &["account_id", "region", "partition"]),
    ("confluent", &["organization"]),
];

/// Whether a text holds anything to interpolate or unescape.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.contains("${")
}

/// Cuts a text into literals and references.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("$${") {
            literal.push_str("${");
            at += 3;
        } else if rest.starts_with("${") {
            if !literal.is_empty() {
                found.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            let (piece, length) = reference_at(rest, at);
            found.push(piece);
            at += length;
        } else {
            let step = rest
                .char_indices()
                .skip(1)
                .find(|(_, c)| *c == '$')
                .map_or(rest.len(), |(next, _)| next);
            literal.push_str(rest.get(..step).unwrap_or_default());
            at += step;
        }
    }
    if !literal.is_empty() || found.is_empty() {
        found.push(Piece::Literal(literal));
    }
    found
}

/// Reads the reference that `rest` begins with; `at` is where that is in the whole text.
fn reference_at(rest: &str, at: usize) -> (Piece, usize) {
    let Some(close) = rest
        .find('}')
        .filter(|close| !rest.get(2..*close).is_some_and(|body| body.contains("${")))
    else {
        let malformed = Malformed {
            range: at..at + 2,
            message: "this reference is not closed".to_owned(),
            hint: "close it with `}`; for the text ${ itself write $${".to_owned(),
        };
        return (Piece::Malformed(malformed), 2);
    };
    let range = at..at + close + 1;
    let piece = match expression(rest.get(2..close).unwrap_or_default()) {
        Ok(expression) => Piece::Reference(expression, range),
        Err((message, hint)) => Piece::Malformed(Malformed { range, message, hint }),
    };
    (piece, close + 1)
}

type Wrong = (String, String);

fn expression(body: &str) -> Result<Expression, Wrong> {
    if body.is_empty() {
        return Err(("this reference is empty".to_owned(), FORMS.to_owned()));
    }
    if body.contains(char::is_whitespace) {
        let joined: String = body.split_whitespace().collect();
        let hint = match expression(&joined) {
            Ok(_) => format!("write ${{{joined}}}"),
            Err(_) => FORMS.to_owned(),
        };
        let message = format!("`${{{}}}` holds a space, and a reference holds none", shortened(body));
        return Err((message, hint));
    }
    let (root, rest) = body.split_once('.').unwrap_or((body, ""));
    match root {
        "input" => Ok(Expression::Input(fields(rest, body)?)),
        "each" => each(rest, body),
        "environment" | "aws" | "confluent" => place(body).ok_or_else(|| unknown_word(root, rest, body)),
        _ => resource(body).map(Expression::Resource),
    }
}

fn place(body: &str) -> Option<Expression> {
    match body {
        "environment.name" => Some(Expression::EnvironmentName),
        "aws.region" => Some(Expression::Region),
        "aws.partition" => Some(Expression::Partition),
        _ => PlaceField::ALL
            .into_iter()
            .find(|field| field.reference() == body)
            .map(Expression::Place),
    }
}

fn each(rest: &str, body: &str) -> Result<Expression, Wrong> {
    match rest.split_once('.') {
        None if rest == "key" => Ok(Expression::EachKey),
        None if rest == "value" => Ok(Expression::EachValue(Vec::new())),
        Some(("value", path)) => Ok(Expression::EachValue(fields(path, body)?)),
        _ => Err(unknown_word("each", rest, body)),
    }
}

fn unknown_word(root: &str, rest: &str, body: &str) -> Wrong {
    let words = FIXED
        .iter()
        .find(|(name, _)| *name == root)
        .map_or(&[][..], |(_, words)| words);
    let message = format!("`${{{}}}` is no reference that exists", shortened(body));
    let hint = match nearest(rest, words.iter().copied()) {
        Some(word) => format!("did you mean ${{{root}.{word}}}?"),
        None => format!(
            "there {} {}",
            if words.len() == 1 { "is" } else { "are" },
            words
                .iter()
                .map(|word| format!("${{{root}.{word}}}"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    (message, hint)
}

fn fields(path: &str, body: &str) -> Result<Vec<String>, Wrong> {
    let is_field =
        |field: &str| !field.is_empty() && field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if path.split('.').all(is_field) {
        return Ok(path.split('.').map(str::to_owned).collect());
    }
    Err((
        format!("`${{{}}}` is no path of names", shortened(body)),
        "names joined by dots, each of letters, digits, `_` and `-`: ${input.mongodb.host}".to_owned(),
    ))
}

fn resource(body: &str) -> Result<ResourceReference, Wrong> {
    let wrong = || {
        let roots = ["input"].into_iter().chain(FIXED.iter().map(|(name, _)| *name));
        let root = body.split(['.', '[']).next().unwrap_or_default();
        let hint = match nearest(root, roots) {
            Some(meant) => format!("did you mean ${{{meant}.…}}?"),
            None => FORMS.to_owned(),
        };
        (format!("`${{{}}}` is not a reference", shortened(body)), hint)
    };
    let (kind, rest) = body.split_once('.').ok_or_else(wrong)?;
    let name_end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(name_end);
    let (selector, rest) = selector(rest).ok_or_else(wrong)?;
    let output = match rest.strip_prefix('.') {
        Some(output) if is_output(output) => Some(output.to_owned()),
        None if rest.is_empty() => None,
        _ => return Err(wrong()),
    };
    if !is_word(kind) || !is_word(name) {
        return Err(wrong());
    }
    if selector == Selector::All && output.is_none() {
        return Err((
            format!("`${{{}}}` names no output", shortened(body)),
            "a list is made of one output of each instance: ${kind.name[*].output}".to_owned(),
        ));
    }
    Ok(ResourceReference {
        kind: kind.to_owned(),
        name: name.to_owned(),
        selector,
        output,
    })
}

/// Reads `[key]`, `[each.key]`, `[*]` or nothing, and returns what follows.
fn selector(text: &str) -> Option<(Selector, &str)> {
    let Some(inner) = text.strip_prefix('[') else {
        return Some((Selector::Only, text));
    };
    let (key, rest) = inner.split_once(']')?;
    let selector = match key {
        "*" => Selector::All,
        "each.key" => Selector::EachKey,
        key if is_instance_key(key) => Selector::Key(key.to_owned()),
        _ => return None,
    };
    Some((selector, rest))
}

/// Reads an item of `depends_on`: `kind.name`, `kind.name[key]` or `kind.name[each.key]`.
pub(crate) fn dependency(text: &str) -> Option<ResourceReference> {
    let reference = resource(text).ok()?;
    (reference.output.is_none() && reference.selector != Selector::All).then_some(reference)
}

/// Keys of `for_each`: `[A-Za-z0-9._-]{1,40}`, since tags and cloud names must be able to hold them.
pub(crate) fn is_instance_key(key: &str) -> bool {
    key != "each.key"
        && (1..=40).contains(&key.len())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// What comes before the name that a resource gives an output of its own.
const OWN_OUTPUTS: &str = "outputs";

/// A word, or an output of the resource's own.
fn is_output(text: &str) -> bool {
    match text.split_once('.') {
        Some((word, own)) => word == OWN_OUTPUTS && !own.is_empty() && own.chars().all(|c| c.is_ascii_alphanumeric()),
        None => is_word(text),
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn shortened(body: &str) -> String {
    match body.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", body.get(..cut).unwrap_or_default()),
        None => body.to_owned(),
    }
}

#[cfg(test)]
mod tests;
