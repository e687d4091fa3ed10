//! Walks a JSON Schema over a spanned tree, so that every unknown, missing, mistyped and out-of-range
//! attribute is reported with its place, not the first only.
//!
//! - The schemas are our own, as schemars 1 writes them (draft 2020-12): `$ref` into `$defs`, `type`, `enum`,
//!   `const`, `anyOf` and `oneOf`, `properties`, `required`, `additionalProperties`, `items`, the limits of
//!   numbers, texts and lists, `pattern`, and the integer `format`s, which bound what a Spec's field can hold.
//!   [`unsupported`] names what else a schema says; a test holds every schema against it.
//! - Null is not declared: it satisfies every optional attribute and no required one.
//! - A reference to what is not known yet is text. It may stand where the schema takes free text; the length of
//!   a text counts what a place's field will have, and is passed over with an output in it.
//! - A secret stands where the kind says so, and nothing else does there; or beside plain values, where it says that.
//! - A whole resource stands where the kind asks for one of its kind, and nothing else does there.
//! - A problem is framed at the node, and at the place its value came from if that is another. An unknown
//!   attribute is framed at its key, a missing one at the key of the map that lacks it.

mod leaf;
mod rule;
#[cfg(test)]
mod tests;
mod visit;

use serde_json::Value as Json;

use super::diagnostic::Diagnostic;
use super::source::Span;
use super::tree::Node;
use crate::schema::Path;
use crate::schema::Takes;

pub use rule::unsupported;

/// Why a required attribute is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Continues a sentence: `input.region is null`.
    pub reason: String,
    /// Where that was said.
    pub span: Option<Span>,
}

/// One schema and what the walk may say beyond it.
#[derive(Clone, Copy)]
pub struct Walk<'w> {
    schema: &'w Json,
    owner: &'w str,
    key: Option<Span>,
    secrets: &'w [Path],
    may_be_secret: &'w [Path],
    takes: &'w [Takes],
    near_misses: &'w [(&'w str, &'w str)],
    options: &'w [&'w str],
    absent: &'w dyn Fn(&[String]) -> Option<Absence>,
}

/// Holds `node` against `schema`. `owner` says whose attributes these are (`aws_sqs_queue.ingest`).
pub fn walk(schema: &Json, node: &Node, owner: &str, problems: &mut Vec<Diagnostic>) {
    Walk::new(schema, owner).over(node, problems);
}

impl<'w> Walk<'w> {
    /// `owner` says whose attributes these are: `aws_sqs_queue.ingest`, `the environment`.
    pub fn new(schema: &'w Json, owner: &'w str) -> Self {
        Self {
            schema,
            owner,
            key: None,
            secrets: &[],
            may_be_secret: &[],
            takes: &[],
            near_misses: &[],
            options: &[],
            absent: &|_| None,
        }
    }

    /// The owner's key, where a missing attribute is framed.
    #[must_use]
    pub fn at(self, key: Span) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Where secrets stand, and nothing else. To the schema these are text.
    #[must_use]
    pub fn secrets(self, secrets: &'w [Path]) -> Self {
        Self { secrets, ..self }
    }

    /// Where secrets may stand beside plain values.
    #[must_use]
    pub fn may_be_secret(self, may_be_secret: &'w [Path]) -> Self {
        Self { may_be_secret, ..self }
    }

    /// Attributes that take a whole resource, and nothing else. To the schema these are text.
    #[must_use]
    pub fn takes(self, takes: &'w [Takes]) -> Self {
        Self { takes, ..self }
    }

    /// Words of other tools, each with the attribute it means.
    #[must_use]
    pub fn near_misses(self, near_misses: &'w [(&'w str, &'w str)]) -> Self {
        Self { near_misses, ..self }
    }

    /// What may stand beside the attributes and was taken out before; a misspelt attribute may mean one.
    #[must_use]
    pub fn options(self, options: &'w [&'w str]) -> Self {
        Self { options, ..self }
    }

    /// Tells why the attribute at a path is absent, where that is known. List items are named by their index.
    #[must_use]
    pub fn absent(self, absent: &'w dyn Fn(&[String]) -> Option<Absence>) -> Self {
        Self { absent, ..self }
    }

    /// Reports every problem of the tree.
    pub fn over(self, node: &Node, problems: &mut Vec<Diagnostic>) {
        visit::Visitor::new(self, problems).root(node);
    }
}
