//! Connectors of a cluster: `/connect/v1/environments/{env}/clusters/{lkc}/connectors`, on the control plane, by name.
//! One call lists them with configuration, status and id. Secrets come back as asterisks.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::body::Answer;
use super::object::or_default;
use super::request::Request;
use super::send::control;
use crate::clients::call::Io;
use crate::clients::call::Operation;
use crate::clients::call::Service;
use crate::clients::error::ProviderError;

mod config;
pub mod plugin;

pub use self::config::ConnectorConfig;
pub use self::config::is_masked;

pub const LIST: Operation = Operation::read(Service::Confluent, "ListConnectors");
pub const GET_CONFIG: Operation = Operation::read(Service::Confluent, "GetConnectorConfig");
pub const GET_STATUS: Operation = Operation::read(Service::Confluent, "GetConnectorStatus");
pub const CREATE: Operation = Operation::write(Service::Confluent, "CreateConnector");
pub const PUT_CONFIG: Operation = Operation::write(Service::Confluent, "PutConnectorConfig");
pub const DELETE: Operation = Operation::write(Service::Confluent, "DeleteConnector");
pub const PAUSE: Operation = Operation::write(Service::Confluent, "PauseConnector");
pub const RESUME: Operation = Operation::write(Service::Confluent, "ResumeConnector");
pub const RESTART: Operation = Operation::write(Service::Confluent, "RestartConnector");

/// The cluster whose connectors are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct In<'a> {
    pub environment: &'a str,
    pub cluster: &'a str,
}

impl<'a> In<'a> {
    /// A path below the cluster.
    fn path<'s, const N: usize>(self, rest: [&'s str; N]) -> Vec<&'s str>
    where
        'a: 's,
    {
        let mut path = vec![
            "connect",
            "v1",
            "environments",
            self.environment,
            "clusters",
            self.cluster,
        ];
        path.extend(rest);
        path
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Connector {
    #[serde(deserialize_with = "or_default")]
    pub id: Id,
    #[serde(deserialize_with = "or_default")]
    pub info: Info,
    #[serde(deserialize_with = "or_default")]
    pub status: Status,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Id {
    /// `lcc-...`
    #[serde(deserialize_with = "or_default")]
    pub id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Info {
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// What was sent, secrets masked, and what the server adds.
    #[serde(deserialize_with = "config::texts")]
    pub config: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Status {
    #[serde(deserialize_with = "or_default")]
    pub connector: ConnectorState,
    #[serde(deserialize_with = "or_default")]
    pub tasks: Vec<TaskState>,
    /// Of the configuration, where the connector FAILED for it.
    #[serde(deserialize_with = "or_default")]
    pub validation_errors: Vec<Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ConnectorState {
    /// `NONE`, `PROVISIONING`, `RUNNING`, `DEGRADED`, `FAILED`, `PAUSED`, `DELETED`
    #[serde(deserialize_with = "or_default")]
    pub state: String,
    /// Why it FAILED.
    #[serde(deserialize_with = "or_default")]
    pub trace: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TaskState {
    #[serde(deserialize_with = "or_default")]
    pub id: u32,
    #[serde(deserialize_with = "or_default")]
    pub state: String,
    #[serde(deserialize_with = "or_default")]
    pub msg: String,
}

/// The cluster's connectors that the key sees, by name, in one call.
pub async fn list(io: &Io, of: In<'_>) -> Result<BTreeMap<String, Connector>, ProviderError> {
    let request = Request::get(&of.path(["connectors"])).query("expand", "info,status,id");
    listed(&control(io, LIST, request).await?)
}

fn listed(answer: &Answer) -> Result<BTreeMap<String, Connector>, ProviderError> {
    match answer.json::<Value>()? {
        // As without `expand`: nothing is in it.
        Value::Array(names) if names.is_empty() => Ok(BTreeMap::new()),
        Value::Object(_) => answer.json(),
        _ => Err(answer.misunderstood("it is not the expanded list")),
    }
}

/// Right after its creation a connector may answer 404.
pub async fn status(io: &Io, of: In<'_>, name: &str) -> Result<Status, ProviderError> {
    let request = Request::get(&of.path(["connectors", name, "status"]));
    control(io, GET_STATUS, request).await?.json()
}

/// What it runs with, secrets masked.
pub async fn config(io: &Io, of: In<'_>, name: &str) -> Result<BTreeMap<String, String>, ProviderError> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Config {
        #[serde(deserialize_with = "config::texts")]
        texts: BTreeMap<String, String>,
    }
    let request = Request::get(&of.path(["connectors", name, "config"]));
    let config: Config = control(io, GET_CONFIG, request).await?.json()?;
    Ok(config.texts)
}

/// Answers in some seconds, without an id; the connector is there once it is RUNNING.
pub async fn create(io: &Io, of: In<'_>, name: &str, config: &ConnectorConfig) -> Result<(), ProviderError> {
    let body = json!({"name": name, "config": config.body()});
    let request = Request::post(&of.path(["connectors"])).json(&body);
    control(io, CREATE, config.hide_in(request)).await.map(|_| ())
}

/// Replaces the whole configuration. **Makes the connector where there is none of that name**: the caller has seen it.
pub async fn put_config(io: &Io, of: In<'_>, name: &str, config: &ConnectorConfig) -> Result<(), ProviderError> {
    let request = Request::put(&of.path(["connectors", name, "config"])).json(&config.body());
    control(io, PUT_CONFIG, config.hide_in(request)).await.map(|_| ())
}

/// Answers at once; the connector is gone once the list lacks it.
pub async fn delete(io: &Io, of: In<'_>, name: &str) -> Result<(), ProviderError> {
    let request = Request::delete(&of.path(["connectors", name]));
    control(io, DELETE, request).await.map(|_| ())
}

/// Answers at once, long before PAUSED.
pub async fn pause(io: &Io, of: In<'_>, name: &str) -> Result<(), ProviderError> {
    let request = Request::put(&of.path(["connectors", name, "pause"]));
    control(io, PAUSE, request).await.map(|_| ())
}

/// Answers at once, long before RUNNING.
pub async fn resume(io: &Io, of: In<'_>, name: &str) -> Result<(), ProviderError> {
    let request = Request::put(&of.path(["connectors", name, "resume"]));
    control(io, RESUME, request).await.map(|_| ())
}

/// Refused (400) unless it is RUNNING.
pub async fn restart(io: &Io, of: In<'_>, name: &str) -> Result<(), ProviderError> {
    let request = Request::post(&of.path(["connectors", name, "restart"])).repeatable(true);
    control(io, RESTART, request).await.map(|_| ())
}
