//! Attribute values: JSON-shaped trees whose leaves may be known, not known yet, or secret.

use std::fmt;

use indexmap::IndexMap;

use super::address::Address;
use super::place::PlaceField;
use super::secret::SecretSource;

/// One attribute at any depth, after inputs, `each` and environment values are put in.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not declared, or unset in the cloud.
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(Text),
    List(Vec<Value>),
    Map(IndexMap<String, Value>),
    Secret(SecretSource),
    /// The whole of another resource, `${kind.name}`.
    Handle(Address),
}

/// Text of which parts may not be known yet. Equal texts have equal parts: literals are joined, none is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Text {
    parts: Vec<Part>,
}

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Literal(String),
    Unknown(Unknown),
}

/// A value that only the cloud can say.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unknown {
    Output(Reference),
    Place(PlaceField),
}

/// One output of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    pub address: Address,
    pub output: String,
}

/// One step of a path into a [`Value`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    Key(String),
    Index(usize),
}

impl Text {
    /// A text all of which is known.
    pub fn literal(text: impl Into<String>) -> Self {
        let mut made = Self::default();
        made.push(Part::Literal(text.into()));
        made
    }

    /// Appends a part, keeping literals joined.
    pub fn push(&mut self, part: Part) {
        match (self.parts.last_mut(), part) {
            (_, Part::Literal(more)) if more.is_empty() => {}
            (Some(Part::Literal(last)), Part::Literal(more)) => last.push_str(&more),
            (_, part) => self.parts.push(part),
        }
    }

    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text, if all of it is known.
    pub fn known(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The unknowns in it, in order.
    pub fn unknowns(&self) -> impl Iterator<Item = &Unknown> {
        self.parts.iter().filter_map(|part| match part {
            Part::Unknown(unknown) => Some(unknown),
            Part::Literal(_) => None,
        })
    }
}

impl FromIterator<Part> for Text {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        let mut made = Self::default();
        parts.into_iter().for_each(|part| made.push(part));
        made
    }
}

impl Value {
    /// A known text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Text::literal(text))
    }

    /// Calls `visit` with every unknown at any depth.
    pub fn each_unknown(&self, visit: &mut impl FnMut(&Unknown)) {
        match self {
            Self::Text(text) => text.unknowns().for_each(visit),
            Self::List(items) => items.iter().for_each(|item| item.each_unknown(visit)),
            Self::Map(entries) => entries.values().for_each(|value| value.each_unknown(visit)),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Secret(_) | Self::Handle(_) => {}
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.address, self.output)
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output(reference) => reference.fmt(f),
            Self::Place(field) => f.write_str(field.reference()),
        }
    }
}

/// A text with its unknowns written as references, `${...}`.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Unknown(unknown) => write!(f, "${{{unknown}}}"),
        })
    }
}
