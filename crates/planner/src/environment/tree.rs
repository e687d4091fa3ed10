//! The spanned tree: what YAML says, with the place of every node.
//!
//! One type serves from the parser to the expanded declaration. The parser makes scalars, lists and maps;
//! expansion turns text that holds references into [`Data::Text`] with unknown parts, `{ secret: … }` into
//! [`Data::Secret`], a whole-resource reference into [`Data::Handle`]. A node remembers two places: where it
//! stands (the template), and where its value came from, if an input or `each` brought it there.

use super::source::Span;
use crate::resource::Address;
use crate::resource::SecretSource;
use crate::resource::Text;
use crate::resource::Value;

/// A value and its places.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub data: Data,
    /// Where it stands.
    pub span: Span,
    /// Where its value came from, if that is another place (an input's `with`, a default, `for_each`).
    pub origin: Option<Span>,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(Text),
    List(Vec<Node>),
    Map(Vec<Entry>),
    Secret(SecretSource),
    Handle(Address),
}

/// One key of a map with its value, in file order.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

impl Node {
    pub fn new(data: Data, span: Span) -> Self {
        Self {
            data,
            span,
            origin: None,
        }
    }

    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key, if this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.data {
            Data::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// What a reader would call it: `a whole number`, `text`, `a list`.
    pub fn describe(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Bool(_) => "true or false",
            Data::Integer(_) => "a whole number",
            Data::Float(_) => "a number",
            Data::Text(_) => "text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
            Data::Secret(_) => "a secret",
            Data::Handle(_) => "a resource",
        }
    }

    /// The value without its places.
    pub fn to_value(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Integer(value) => Value::Number((*value).into()),
            Data::Float(value) => serde_json::Number::from_f64(*value).map_or(Value::Null, Value::Number),
            Data::Text(text) => Value::Text(text.clone()),
            Data::List(items) => Value::List(items.iter().map(Self::to_value).collect()),
            Data::Map(entries) => Value::Map(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.to_value()))
                    .collect(),
            ),
            Data::Secret(source) => Value::Secret(source.clone()),
            Data::Handle(address) => Value::Handle(address.clone()),
        }
    }
}
