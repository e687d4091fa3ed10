//! `/iam/v2/api-keys`. The secret is in the answer that made the key, and never again; a deleted key answers 403.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::key::ApiKey;
use super::object::Identified;
use super::object::Metadata;
use super::object::Reference;
use super::object::one;
use super::object::or_default;
use super::page;
use super::request::Request;
use super::send::control;
use crate::clients::call::Io;
use crate::clients::call::Operation;
use crate::clients::call::Service;
use crate::clients::error::ProviderError;

pub const LIST: Operation = Operation::read(Service::Confluent, "ListApiKeys");
pub const GET: Operation = Operation::read(Service::Confluent, "GetApiKey");
pub const CREATE: Operation = Operation::write(Service::Confluent, "CreateApiKey");
pub const UPDATE: Operation = Operation::write(Service::Confluent, "UpdateApiKey");
pub const DELETE: Operation = Operation::write(Service::Confluent, "DeleteApiKey");

const PATH: [&str; 3] = ["iam", "v2", "api-keys"];

/// A key as lists show it, which is without its secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct KeyInfo {
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    #[serde(deserialize_with = "or_default")]
    pub spec: KeySpec,
    #[serde(deserialize_with = "or_default")]
    pub metadata: Metadata,
}

impl Identified for KeyInfo {
    fn identity(&self) -> &str {
        &self.id
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct KeySpec {
    #[serde(deserialize_with = "or_default")]
    pub display_name: String,
    #[serde(deserialize_with = "or_default")]
    pub description: String,
    /// `sa-...` or `u-...`
    #[serde(deserialize_with = "or_default")]
    pub owner: Reference,
    /// A cluster, or of the kind `Cloud`.
    #[serde(deserialize_with = "or_default")]
    pub resource: Reference,
}

impl KeySpec {
    /// Whether it is a key for the control plane.
    pub fn is_cloud(&self) -> bool {
        self.resource.kind == "Cloud" || matches!(self.resource.id.as_str(), "" | "cloud")
    }
}

/// What a list is cut down to, each exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    pub owner: Option<&'a str>,
    /// A cluster's id.
    pub resource: Option<&'a str>,
}

/// A key to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewKey<'a> {
    pub owner: &'a str,
    pub display_name: &'a str,
    pub description: &'a str,
    pub scope: Scope<'a>,
}

/// What a new key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// The control plane.
    Cloud,
    Cluster {
        id: &'a str,
        environment: &'a str,
    },
}

/// The one answer that holds a secret: no Debug, no Clone.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Made {
    #[serde(deserialize_with = "or_default")]
    id: String,
    #[serde(deserialize_with = "or_default")]
    spec: MadeSpec,
}

impl Identified for Made {
    fn identity(&self) -> &str {
        &self.id
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MadeSpec {
    #[serde(deserialize_with = "or_default")]
    secret: String,
}

fn at(id: &str) -> [&str; 4] {
    let [first, second, third] = PATH;
    [first, second, third, id]
}

/// The keys that the caller's key sees.
pub async fn list(io: &Io, filter: Filter<'_>) -> Result<Vec<KeyInfo>, ProviderError> {
    let mut first = Request::get(&PATH);
    for (name, wanted) in [("spec.owner", filter.owner), ("spec.resource", filter.resource)] {
        if let Some(wanted) = wanted {
            first = first.query(name, wanted);
        }
    }
    let first = first.query("page_size", page::SIZE);
    page::all(first, |request| control(io, LIST, request)).await
}

/// One by id: 403 where it is gone, or hidden.
pub async fn get(io: &Io, id: &str) -> Result<KeyInfo, ProviderError> {
    one(&control(io, GET, Request::get(&at(id))).await?)
}

/// Makes a key and gives its secret, which nobody can ask for again. An answer without one counts as lost: what it made
/// is to be found by its description, and deleted.
pub async fn create(io: &Io, key: &NewKey<'_>) -> Result<ApiKey, ProviderError> {
    let mut spec = json!({
        "display_name": key.display_name,
        "description": key.description,
        "owner": {"id": key.owner},
    });
    if let Scope::Cluster { id, environment } = key.scope {
        let resource = json!({"id": id, "kind": "Cluster", "api_version": "cmk/v2", "environment": environment});
        spec["resource"] = resource;
    }
    let answer = control(io, CREATE, Request::post(&PATH).json(&json!({"spec": spec}))).await?;
    let new: Made = one(&answer)?;
    if new.spec.secret.is_empty() {
        return Err(answer.misunderstood("it holds no secret"));
    }
    Ok(ApiKey::new(new.id, SecretString::from(new.spec.secret)))
}

pub async fn update(io: &Io, id: &str, display_name: &str, description: &str) -> Result<(), ProviderError> {
    let body = json!({"spec": {"display_name": display_name, "description": description}});
    control(io, UPDATE, Request::patch(&at(id)).json(&body))
        .await
        .map(|_| ())
}

pub async fn delete(io: &Io, id: &str) -> Result<(), ProviderError> {
    control(io, DELETE, Request::delete(&at(id))).await.map(|_| ())
}
