//! What an input is declared to be.

use crate::environment::source::Span;
use crate::environment::tree::Node;

/// One declared input, or a field or value of one.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub(crate) name: String,
    /// Its key; for `values` the word `values`.
    pub(crate) span: Span,
    pub(crate) shape: Shape,
    /// Evaluated and fitted; null for `default: null`.
    pub(crate) default: Option<Node>,
    /// The words of `enum`; empty where there is none.
    pub(crate) allowed: Vec<Node>,
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
}

/// The type of an input.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Text,
    Integer,
    Boolean,
    List(Option<Box<Declaration>>),
    Map(Option<Box<Declaration>>),
    Object {
        fields: Vec<(String, Declaration)>,
        open: bool,
    },
    Secret,
    /// Its declaration has a reported problem; any value fits.
    Broken,
}

impl Shape {
    /// What a value of this type is called.
    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
            Self::List(_) => "a list",
            Self::Map(_) | Self::Object { .. } => "a map",
            Self::Secret => "a secret",
            Self::Broken => "anything",
        }
    }

    /// A value of this type, for a hint.
    pub(crate) fn example(&self) -> &'static str {
        match self {
            Self::Text => "…",
            Self::Integer => "1",
            Self::Boolean => "true",
            Self::List(_) => "[…]",
            Self::Map(_) | Self::Object { .. } => "{ … }",
            Self::Secret => "{ secret: \"env:NAME\" }",
            Self::Broken => "…",
        }
    }
}
