//! Topics of a cluster: `{host}/kafka/v3/clusters/{id}/topics`. Reads lag behind writes, deletion goes on after its
//! answer, and a name that is being deleted cannot be taken yet (retry table).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::host::ClusterHost;
use super::object::Identified;
use super::object::one;
use super::object::or_default;
use super::page;
use super::request::Request;
use super::send::kafka;
use crate::clients::call::Io;
use crate::clients::call::Operation;
use crate::clients::call::Service;
use crate::clients::error::ProviderError;

pub const LIST: Operation = Operation::read(Service::Kafka, "ListTopics");
pub const GET: Operation = Operation::read(Service::Kafka, "GetTopic");
pub const CREATE: Operation = Operation::write(Service::Kafka, "CreateTopic");
pub const UPDATE: Operation = Operation::write(Service::Kafka, "UpdateTopic");
pub const DELETE: Operation = Operation::write(Service::Kafka, "DeleteTopic");

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Topic {
    #[serde(rename = "topic_name", deserialize_with = "or_default")]
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub is_internal: bool,
    #[serde(deserialize_with = "or_default")]
    pub replication_factor: u32,
    /// 0 in the answer to a create.
    #[serde(deserialize_with = "or_default")]
    pub partitions_count: u32,
}

impl Identified for Topic {
    fn identity(&self) -> &str {
        &self.name
    }
}

/// Every topic that the key may describe, in one call.
pub async fn list(io: &Io, host: &ClusterHost) -> Result<Vec<Topic>, ProviderError> {
    let first = Request::get(&["kafka", "v3", "clusters", host.id(), "topics"]);
    page::all(first, |request| kafka(io, host, LIST, request)).await
}

/// One by name: 404 (40403) where it is not, or not yet.
pub async fn get(io: &Io, host: &ClusterHost, name: &str) -> Result<Topic, ProviderError> {
    let request = Request::get(&["kafka", "v3", "clusters", host.id(), "topics", name]);
    one(&kafka(io, host, GET, request).await?)
}

/// Makes a topic; reads may not find it for a while. Without a number of partitions the brokers choose.
pub async fn create(
    io: &Io,
    host: &ClusterHost,
    name: &str,
    partitions: Option<u32>,
    config: &BTreeMap<String, String>,
) -> Result<(), ProviderError> {
    let settings = config.iter().map(|(name, value)| json!({"name": name, "value": value}));
    let mut body = json!({"topic_name": name});
    if let Some(partitions) = partitions {
        body["partitions_count"] = json!(partitions);
    }
    body["configs"] = json!(settings.collect::<Vec<_>>());
    let request = Request::post(&["kafka", "v3", "clusters", host.id(), "topics"]).json(&body);
    kafka(io, host, CREATE, request).await.map(|_| ())
}

/// Raises the number of partitions. The number that it has already is refused, so a lost answer is looked after.
pub async fn raise_partitions(io: &Io, host: &ClusterHost, name: &str, partitions: u32) -> Result<(), ProviderError> {
    let request = Request::patch(&["kafka", "v3", "clusters", host.id(), "topics", name])
        .json(&json!({"partitions_count": partitions}))
        .repeatable(false);
    kafka(io, host, UPDATE, request).await.map(|_| ())
}

/// Answers at once; the topic is gone once [`get`] says 404.
pub async fn delete(io: &Io, host: &ClusterHost, name: &str) -> Result<(), ProviderError> {
    let request = Request::delete(&["kafka", "v3", "clusters", host.id(), "topics", name]);
    kafka(io, host, DELETE, request).await.map(|_| ())
}
