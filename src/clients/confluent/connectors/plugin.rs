//! What a kind of connector says of a configuration, without a connector: the properties there are, their types, and
//! what is wrong with each value.

use serde::Deserialize;

use super::ConnectorConfig;
use super::In;
use crate::clients::call::Io;
use crate::clients::call::Operation;
use crate::clients::call::Service;
use crate::clients::confluent::object::or_default;
use crate::clients::confluent::object::text;
use crate::clients::confluent::request::Request;
use crate::clients::confluent::send::control;
use crate::clients::error::ProviderError;

/// PUT, but nothing is written.
pub const VALIDATE: Operation = Operation::read(Service::Confluent, "ValidateConnectorConfig");

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Validation {
    /// Above nought it is still an answer of 200.
    #[serde(deserialize_with = "or_default")]
    pub error_count: u32,
    #[serde(rename = "configs", deserialize_with = "or_default")]
    pub properties: Vec<Property>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Property {
    #[serde(deserialize_with = "or_default")]
    pub definition: Definition,
    #[serde(deserialize_with = "or_default")]
    pub value: Judged,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Definition {
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// `BOOLEAN`, `INT`, `STRING`, `LIST`, `PASSWORD`, ...
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub of_type: String,
    #[serde(deserialize_with = "or_default")]
    pub required: bool,
    #[serde(deserialize_with = "text")]
    pub default_value: Option<String>,
    #[serde(deserialize_with = "text")]
    pub alias: Option<String>,
}

impl Definition {
    /// Whether its value is never shown.
    pub fn is_secret(&self) -> bool {
        self.of_type == "PASSWORD"
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Judged {
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub recommended_values: Vec<serde_json::Value>,
    #[serde(deserialize_with = "or_default")]
    pub errors: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub visible: bool,
}

/// Has a configuration judged. 404 means that environment, cluster or class is wrong.
pub async fn validate(io: &Io, of: In<'_>, class: &str, config: &ConnectorConfig) -> Result<Validation, ProviderError> {
    let path = of.path(["connector-plugins", class, "config", "validate"]);
    let request = config.hide_in(Request::put(&path).json(&config.body()));
    let answer = control(io, VALIDATE, request).await?;
    let validation: Validation = answer.json()?;
    match validation.properties.is_empty() {
        false => Ok(validation),
        true => Err(answer.misunderstood("it judges no property")),
    }
}
