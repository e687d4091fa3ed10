//! What Confluent's objects have in common.

use serde::Deserialize;
use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::body::Answer;
use crate::clients::error::ProviderError;

/// What every object of the control plane says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Its CRN.
    #[serde(deserialize_with = "or_default")]
    pub resource_name: String,
    /// RFC 3339, UTC.
    #[serde(deserialize_with = "or_default")]
    pub created_at: String,
}

/// An object that another one names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Reference {
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// `Cloud`, `Cluster`, `Global`, `SchemaRegistry`; empty where the answer has none.
    #[serde(deserialize_with = "or_default")]
    pub kind: String,
    #[serde(deserialize_with = "or_default")]
    pub environment: String,
}

/// Null means as much as nothing.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// A text, also where the answer has a number or a boolean.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

/// What says which thing it is. Everything else of an answer may be missing: without this it is no such thing, and
/// nothing is concluded from it.
pub(super) trait Identified {
    fn identity(&self) -> &str;
}

/// One thing that was asked for, or was just made: then an answer without its id leaves open what was done.
pub(super) fn one<T: DeserializeOwned + Identified>(answer: &Answer) -> Result<T, ProviderError> {
    let thing: T = answer.json()?;
    match thing.identity().is_empty() {
        false => Ok(thing),
        true => Err(answer.misunderstood("it does not say of what it is")),
    }
}
