//! Settings of topics: all of all topics in one call, or of one; changed in one batch that is done whole or not.

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::host::ClusterHost;
use super::object::Identified;
use super::object::or_default;
use super::object::text;
use super::page;
use super::request::Request;
use super::send::kafka;
use crate::clients::call::Io;
use crate::clients::call::Operation;
use crate::clients::call::Service;
use crate::clients::error::ProviderError;

pub const LIST_ALL: Operation = Operation::read(Service::Kafka, "ListAllTopicConfigs");
pub const LIST: Operation = Operation::read(Service::Kafka, "ListTopicConfigs");
pub const LIST_DEFAULTS: Operation = Operation::read(Service::Kafka, "ListDefaultTopicConfigs");
pub const ALTER: Operation = Operation::write(Service::Kafka, "AlterTopicConfigs");

/// The `source` of what is set on the topic itself, be it the default's value or not.
const SET_ON_TOPIC: &str = "DYNAMIC_TOPIC_CONFIG";

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Setting {
    #[serde(rename = "topic_name", deserialize_with = "or_default")]
    pub topic: String,
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// `None` for what is sensitive.
    #[serde(deserialize_with = "text")]
    pub value: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub is_read_only: bool,
    #[serde(deserialize_with = "or_default")]
    pub is_sensitive: bool,
    #[serde(deserialize_with = "or_default")]
    pub source: String,
}

impl Identified for Setting {
    fn identity(&self) -> &str {
        &self.name
    }
}

impl Setting {
    /// Whether it is set on the topic itself. `is_default` does not tell: it is false for the brokers' own values too.
    pub fn is_set_on_topic(&self) -> bool {
        self.source == SET_ON_TOPIC
    }
}

/// One change of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alteration<'a> {
    Set {
        name: &'a str,
        value: &'a str,
    },
    /// Back to what the brokers have.
    Unset {
        name: &'a str,
    },
}

/// Every setting of every topic that the key may see, in one call.
pub async fn list_all(io: &Io, host: &ClusterHost) -> Result<Vec<Setting>, ProviderError> {
    let first = Request::get(&["kafka", "v3", "clusters", host.id(), "topics", "-", "configs"]);
    page::all(first, |request| kafka(io, host, LIST_ALL, request)).await
}

/// Every setting of one topic.
pub async fn list(io: &Io, host: &ClusterHost, topic: &str) -> Result<Vec<Setting>, ProviderError> {
    let first = Request::get(&["kafka", "v3", "clusters", host.id(), "topics", topic, "configs"]);
    page::all(first, |request| kafka(io, host, LIST, request)).await
}

/// What a topic of this name would get, were it made now.
pub async fn list_defaults(io: &Io, host: &ClusterHost, topic: &str) -> Result<Vec<Setting>, ProviderError> {
    let segments = ["kafka", "v3", "clusters", host.id(), "topics", topic, "default-configs"];
    let first = Request::get(&segments);
    page::all(first, |request| kafka(io, host, LIST_DEFAULTS, request)).await
}

/// Reads may show the former values for a while.
pub async fn alter(io: &Io, host: &ClusterHost, topic: &str, changes: &[Alteration<'_>]) -> Result<(), ProviderError> {
    let data: Vec<Value> = changes.iter().map(Alteration::body).collect();
    let segments = ["kafka", "v3", "clusters", host.id(), "topics", topic, "configs:alter"];
    // Twice the same values are the same values.
    let request = Request::post(&segments).json(&json!({"data": data})).repeatable(true);
    kafka(io, host, ALTER, request).await.map(|_| ())
}

impl Alteration<'_> {
    fn body(&self) -> Value {
        match self {
            Self::Set { name, value } => json!({"name": name, "value": value}),
            Self::Unset { name } => json!({"name": name, "operation": "DELETE"}),
        }
    }
}
