//! One YAML text to a spanned tree.
//!
//! The language is YAML 1.2 without what makes files mean different things to different readers:
//!
//! - Plain scalars are read as [`scalar`] says; quoted and block scalars are text. Keys are text, however they
//!   are written (`1:`, `true:`); a list or a map as a key is an error.
//! - A key given twice is an error; the tree keeps the first.
//! - Tags (`!Ref`, `!!str`), the merge key `<<`, directives and second documents are errors. Anchors and
//!   aliases are allowed; an aliased node stands at the alias, its origin is the anchored value.
//! - Tabs indent nothing. A quoted text that goes on over several lines is indented deeper than its key.
//! - In `{ }` and `[ ]` a reference is quoted, since `{` starts a map there; an unquoted one is reported, and the
//!   file is read on as if it were quoted. A key there has a colon and a value.
//! - U+E000 and U+E001, the characters of sentinels, stand nowhere, not even as escapes.
//! - An empty file is an empty map: what is missing is said by whoever knows what was expected.
//!
//! Problems that leave a tree standing are returned beside it. A syntax error hides the rest of its file: there
//! is no tree then, lest what is hidden be reported as missing.
//!
//! Each collection with unquoted references costs another pass; when the passes have read 8 MiB, what follows in
//! the file waits until these are mended.
//!
//! Limits: a file has at most 1 MiB, 64 levels, and 20,000 values or 4 MiB of text copied by anchors and aliases.

mod builder;
mod lexer;
mod scalar;
mod syntax;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use granit_parser::Parser;
use granit_parser::ScanError;

use self::builder::Builder;
use self::builder::Stopped;
use self::lexer::Finding;
use self::lexer::Lexer;
use super::diagnostic::Diagnostic;
use super::source::FileId;
use super::source::Sources;
use super::source::Span;
use super::tree::Data;
use super::tree::Node;
use crate::resource::sentinel;

/// Bytes of one file.
const FILE: usize = 1 << 20;
/// Lists and maps inside each other, aliases expanded.
const DEPTH: usize = 64;
/// Values that anchors and aliases may copy.
const ALIAS_NODES: usize = 20_000;
/// Bytes of text that anchors and aliases may copy.
const ALIAS_TEXT: usize = 4 << 20;
/// Bytes that may be parsed again because of unquoted references: each collection that holds some costs a pass.
const PARSED_AGAIN: usize = 8 << 20;

/// Parses one file of `sources`. A syntax error hides the rest of this file only; problems that leave a tree
/// standing (a duplicate key, `yes`) are returned beside it.
pub fn parse(sources: &Sources, file: FileId) -> (Option<Node>, Vec<Diagnostic>) {
    let Some(source) = sources.get(file) else {
        return (None, Vec::new());
    };
    let text = source.text.as_str();
    if text.len() > FILE {
        let start = Span { file, start: 0, end: 0 };
        let message = format!("this file has {} bytes, at most {FILE} are read", text.len());
        return (None, vec![Diagnostic::at("file-limit", message, start, "too large")]);
    }
    let mut problems = reserved_characters(text, file);
    let tree = read(text, file, &mut problems);
    (tree, problems)
}

/// Parses, masking unquoted references as they come up.
fn read(text: &str, file: FileId, problems: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut seen = Cow::Borrowed(text);
    let mut again = 0;
    loop {
        let mut builder = Builder::new(text, file);
        let Err(failure) = drive(&seen, &mut builder) else {
            problems.append(&mut builder.problems);
            let start = Span { file, start: 0, end: 0 };
            return Some(builder.root.unwrap_or_else(|| Node::new(Data::Map(Vec::new()), start)));
        };
        let Failure::Syntax(error) = failure else {
            problems.append(&mut builder.problems);
            return None;
        };
        let found = unquoted_references(&seen, &builder, error.marker().byte_offset());
        let closed = found
            .iter()
            .map(|(dollar, end)| Some(*dollar..(*end)?))
            .collect::<Option<Vec<_>>>();
        for (dollar, end) in &found {
            problems.push(unquoted_reference(text, file, *dollar, *end));
        }
        again += text.len();
        match closed {
            Some(closed) if !closed.is_empty() && again <= PARSED_AGAIN => seen = mask(&seen, &closed).into(),
            _ => {
                problems.append(&mut builder.problems);
                if found.is_empty() {
                    problems.push(syntax::explain(&seen, file, &error, &builder));
                }
                return None;
            }
        }
    }
}

enum Failure {
    Syntax(ScanError),
    /// The builder holds the problem.
    Stopped,
}

impl From<Stopped> for Failure {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

fn drive(text: &str, builder: &mut Builder<'_>) -> Result<(), Failure> {
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        disallow_directives: true,
    };
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(Failure::Syntax)?;
        builder.event(event, span)?;
    }
    Ok(())
}

/// The unquoted references of the `{ }` or `[ ]` that an error lies in, with their ends. None, if the error comes
/// before the first of them.
fn unquoted_references(text: &str, builder: &Builder<'_>, error: Option<usize>) -> Vec<(usize, Option<usize>)> {
    let error = error.unwrap_or(builder.understood);
    let from = builder.open_flows().next().unwrap_or(builder.understood);
    let mut lexer = Lexer::new(text, from, 0);
    let mut found = Vec::new();
    while let Some(finding) = lexer.next() {
        if lexer.position() > error
            && (lexer.left() || found.is_empty() && !matches!(finding, Finding::Reference { .. }))
        {
            break;
        }
        match finding {
            Finding::Reference { dollar, .. } if found.is_empty() && dollar > error => break,
            Finding::Reference { dollar, end } => found.push((dollar, end)),
            Finding::Quote { end: None, .. } => break,
            Finding::Quote { .. } | Finding::Tab { .. } => {}
        }
    }
    found
}

fn unquoted_reference(text: &str, file: FileId, dollar: usize, end: Option<usize>) -> Diagnostic {
    let span = Span {
        file,
        start: dollar,
        end: end.unwrap_or(dollar + 2).min(text.len()),
    };
    let written = text.get(dollar..span.end).unwrap_or("${");
    let bytes = text.as_bytes();
    let apart = |at: Option<usize>| {
        let byte = at.and_then(|at| bytes.get(at));
        byte.is_none_or(|byte| byte.is_ascii_whitespace() || b",:[]{}".contains(byte))
    };
    let hint = match end {
        Some(end) if apart(dollar.checked_sub(1)) && apart(Some(end)) => format!("write \"{written}\""),
        _ => "put the whole value into \"...\"".to_owned(),
    };
    Diagnostic::at(
        "unquoted-reference",
        "a reference inside `{ }` or `[ ]` is quoted",
        span,
        "the brace starts a map here",
    )
    .hint(hint)
}

/// The same text, of the same length, with plain words in place of references.
fn mask(text: &str, references: &[std::ops::Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for reference in references {
        for byte in bytes.get_mut(reference.clone()).unwrap_or_default() {
            if byte.is_ascii() && !byte.is_ascii_alphanumeric() {
                *byte = b'_';
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn reserved_characters(text: &str, file: FileId) -> Vec<Diagnostic> {
    text.match_indices([sentinel::OPEN, sentinel::CLOSE])
        .map(|(start, found)| {
            reserved_character(Span {
                file,
                start,
                end: start + found.len(),
            })
        })
        .take(10)
        .collect()
}

fn reserved_character(place: Span) -> Diagnostic {
    Diagnostic::at(
        "reserved-character",
        "U+E000 and U+E001 are reserved",
        place,
        "a character for private use",
    )
    .hint("remove it: eclusa marks values that are not known yet with these two")
}

fn tab(place: Span) -> Diagnostic {
    Diagnostic::at("tab", "a tab indents this line", place, "a tab")
        .hint("indent with spaces; YAML does not say how wide a tab is")
}

fn too_deep(place: Span) -> Diagnostic {
    Diagnostic::at("depth-limit", "this is nested too deeply", place, "one level too many")
        .hint(format!("lists and maps may be nested {DEPTH} deep"))
}
