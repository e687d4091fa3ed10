//! Texts that may be written as a number or a boolean, because their API takes everything as text.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value as Json;

/// A text, or a number or a boolean written as text: `14`, `true`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline, extend("type" = ["string", "number", "boolean"]))]
pub struct Scalar(pub String);

impl Scalar {
    /// The text of a scalar; `None` for what is none.
    pub fn text(value: &Json) -> Option<String> {
        match value {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            Json::Bool(value) => Some(value.to_string()),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Json::deserialize(deserializer)?;
        Self::text(&value)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("expected text, a number, true or false"))
    }
}
