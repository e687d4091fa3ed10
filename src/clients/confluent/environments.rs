//! `/org/v2/environments`. DELETE takes everything in it along.

use serde::Deserialize;
use serde_json::json;

use super::object::Identified;
use super::object::Metadata;
use super::object::one;
use super::object::or_default;
use super::page;
use super::request::Request;
use super::send::control;
use crate::clients::call::Io;
use crate::clients::call::Operation;
use crate::clients::call::Service;
use crate::clients::error::ProviderError;

pub const LIST: Operation = Operation::read(Service::Confluent, "ListEnvironments");
pub const GET: Operation = Operation::read(Service::Confluent, "GetEnvironment");
pub const CREATE: Operation = Operation::write(Service::Confluent, "CreateEnvironment");
pub const UPDATE: Operation = Operation::write(Service::Confluent, "UpdateEnvironment");
pub const DELETE: Operation = Operation::write(Service::Confluent, "DeleteEnvironment");

const PATH: [&str; 3] = ["org", "v2", "environments"];

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// `env-...`
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    #[serde(deserialize_with = "or_default")]
    pub display_name: String,
    #[serde(deserialize_with = "or_default")]
    pub stream_governance_config: StreamGovernance,
    #[serde(deserialize_with = "or_default")]
    pub metadata: Metadata,
}

impl Identified for Environment {
    fn identity(&self) -> &str {
        &self.id
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct StreamGovernance {
    /// `ESSENTIALS` or `ADVANCED`; empty where the environment has none.
    #[serde(deserialize_with = "or_default")]
    pub package: String,
}

/// What an update sets; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change<'a> {
    pub display_name: Option<&'a str>,
    pub stream_governance: Option<&'a str>,
}

fn at(id: &str) -> [&str; 4] {
    let [first, second, third] = PATH;
    [first, second, third, id]
}

/// Every environment that the key sees.
pub async fn list(io: &Io) -> Result<Vec<Environment>, ProviderError> {
    let first = Request::get(&PATH).query("page_size", page::SIZE);
    page::all(first, |request| control(io, LIST, request)).await
}

/// One by id: 404 where it is gone.
pub async fn get(io: &Io, id: &str) -> Result<Environment, ProviderError> {
    one(&control(io, GET, Request::get(&at(id))).await?)
}

/// Without a package the server chooses.
pub async fn create(
    io: &Io,
    display_name: &str,
    stream_governance: Option<&str>,
) -> Result<Environment, ProviderError> {
    let wanted = Change {
        display_name: Some(display_name),
        stream_governance,
    };
    one(&control(io, CREATE, Request::post(&PATH).json(&wanted.body())).await?)
}

pub async fn update(io: &Io, id: &str, change: Change<'_>) -> Result<(), ProviderError> {
    let request = Request::patch(&at(id)).json(&change.body());
    control(io, UPDATE, request).await.map(|_| ())
}

/// With all that is in it.
pub async fn delete(io: &Io, id: &str) -> Result<(), ProviderError> {
    control(io, DELETE, Request::delete(&at(id))).await.map(|_| ())
}

impl Change<'_> {
    fn body(self) -> serde_json::Value {
        let mut body = json!({});
        if let Some(name) = self.display_name {
            body["display_name"] = json!(name);
        }
        if let Some(package) = self.stream_governance {
            body["stream_governance_config"] = json!({"package": package});
        }
        body
    }
}
