//! `/cmk/v2/clusters`, of one environment at a time, and the readiness probe of a cluster's own host.
//!
//! A deleted cluster answers 403, as one does that the key may not see. While connectors are left, DELETE is refused with
//! 403 (retry table).

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::host::ClusterHost;
use super::object::Identified;
use super::object::Metadata;
use super::object::Reference;
use super::object::one;
use super::object::or_default;
use super::page;
use super::request::Request;
use super::send::control;
use super::send::kafka;
use crate::clients::call::Io;
use crate::clients::call::Operation;
use crate::clients::call::Service;
use crate::clients::error::ProviderError;

pub const LIST: Operation = Operation::read(Service::Confluent, "ListClusters");
pub const GET: Operation = Operation::read(Service::Confluent, "GetCluster");
pub const CREATE: Operation = Operation::write(Service::Confluent, "CreateCluster");
pub const UPDATE: Operation = Operation::write(Service::Confluent, "UpdateCluster");
pub const DELETE: Operation = Operation::write(Service::Confluent, "DeleteCluster");
pub const PROBE: Operation = Operation::read(Service::Kafka, "GetKafkaCluster");

const PATH: [&str; 3] = ["cmk", "v2", "clusters"];

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Cluster {
    /// `lkc-...`
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    #[serde(deserialize_with = "or_default")]
    pub metadata: Metadata,
    #[serde(deserialize_with = "or_default")]
    pub spec: Spec,
    #[serde(deserialize_with = "or_default")]
    pub status: Status,
}

impl Identified for Cluster {
    fn identity(&self) -> &str {
        &self.id
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Spec {
    #[serde(deserialize_with = "or_default")]
    pub display_name: String,
    /// `SINGLE_ZONE` or `LOW`, `MULTI_ZONE` or `HIGH`, whatever was sent.
    #[serde(deserialize_with = "or_default")]
    pub availability: String,
    /// `AWS`, `GCP`, `AZURE`
    #[serde(deserialize_with = "or_default")]
    pub cloud: String,
    #[serde(deserialize_with = "or_default")]
    pub region: String,
    #[serde(deserialize_with = "or_default")]
    pub config: Config,
    /// `SASL_SSL://pkc-...:9092`; may be empty until it is provisioned.
    #[serde(deserialize_with = "or_default")]
    pub kafka_bootstrap_endpoint: String,
    /// `https://pkc-...:443`; may be empty until it is provisioned.
    #[serde(deserialize_with = "or_default")]
    pub http_endpoint: String,
    pub deletion_protection: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    pub environment: Reference,
    #[serde(deserialize_with = "or_default")]
    pub network: Reference,
    #[serde(deserialize_with = "or_default")]
    pub byok: Reference,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Config {
    /// `Basic`, `Standard`, `Enterprise`, `Freight`, `Dedicated`
    #[serde(deserialize_with = "or_default")]
    pub kind: String,
    pub max_ecku: Option<u32>,
    pub cku: Option<u32>,
    #[serde(deserialize_with = "or_default")]
    pub encryption_key: String,
    #[serde(deserialize_with = "or_default")]
    pub zones: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Status {
    /// `PROVISIONING`, `PROVISIONED`, `FAILED`
    #[serde(deserialize_with = "or_default")]
    pub phase: String,
    /// Of a Dedicated cluster: what it has now.
    pub cku: Option<u32>,
}

/// A cluster to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewCluster<'a> {
    pub environment: &'a str,
    pub display_name: &'a str,
    pub availability: &'a str,
    pub cloud: &'a str,
    pub region: &'a str,
    pub config: NewConfig<'a>,
    pub deletion_protection: Option<bool>,
    pub network: Option<&'a str>,
    pub byok: Option<&'a str>,
}

/// The type of a cluster with what belongs to it; `None` is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewConfig<'a> {
    pub kind: &'a str,
    pub max_ecku: Option<u32>,
    pub cku: Option<u32>,
    pub encryption_key: Option<&'a str>,
}

/// What an update sets; what is `None` is not sent, since even an equal value is refused for some types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change<'a> {
    pub display_name: Option<&'a str>,
    pub config: Option<NewConfig<'a>>,
    pub deletion_protection: Option<bool>,
}

fn at(id: &str) -> [&str; 4] {
    let [first, second, third] = PATH;
    [first, second, third, id]
}

/// The environment's clusters that the key sees.
pub async fn list(io: &Io, environment: &str) -> Result<Vec<Cluster>, ProviderError> {
    let first = Request::get(&PATH)
        .query("environment", environment)
        .query("page_size", page::SIZE);
    page::all(first, |request| control(io, LIST, request)).await
}

/// One by id: 403 where it is gone, or hidden.
pub async fn get(io: &Io, environment: &str, id: &str) -> Result<Cluster, ProviderError> {
    let request = Request::get(&at(id)).query("environment", environment);
    one(&control(io, GET, request).await?)
}

/// Answers at once; the cluster is there once its phase is `PROVISIONED`.
pub async fn create(io: &Io, cluster: &NewCluster<'_>) -> Result<Cluster, ProviderError> {
    one(&control(io, CREATE, Request::post(&PATH).json(&cluster.body())).await?)
}

pub async fn update(io: &Io, environment: &str, id: &str, change: Change<'_>) -> Result<(), ProviderError> {
    let request = Request::patch(&at(id)).json(&change.body(environment));
    control(io, UPDATE, request).await.map(|_| ())
}

/// Answers at once; the cluster is gone once [`get`] and [`list`] say so.
pub async fn delete(io: &Io, environment: &str, id: &str) -> Result<(), ProviderError> {
    let request = Request::delete(&at(id)).query("environment", environment);
    control(io, DELETE, request).await.map(|_| ())
}

/// Whether the host lets the key in: the cheapest call that needs one.
pub async fn probe(io: &Io, host: &ClusterHost) -> Result<(), ProviderError> {
    let request = Request::get(&["kafka", "v3", "clusters", host.id()]);
    kafka(io, host, PROBE, request).await.map(|_| ())
}

impl NewCluster<'_> {
    fn body(&self) -> Value {
        let mut spec = json!({
            "display_name": self.display_name,
            "availability": self.availability,
            "cloud": self.cloud,
            "region": self.region,
            "config": self.config.body(),
            "environment": {"id": self.environment},
        });
        if let Some(protected) = self.deletion_protection {
            spec["deletion_protection"] = json!(protected);
        }
        for (name, id) in [("network", self.network), ("byok", self.byok)] {
            if let Some(id) = id {
                spec[name] = json!({"id": id});
            }
        }
        json!({"spec": spec})
    }
}

impl NewConfig<'_> {
    fn body(&self) -> Value {
        let mut config = json!({"kind": self.kind});
        if let Some(most) = self.max_ecku {
            config["max_ecku"] = json!(most);
        }
        if let Some(cku) = self.cku {
            config["cku"] = json!(cku);
        }
        if let Some(key) = self.encryption_key {
            config["encryption_key"] = json!(key);
        }
        config
    }
}

impl Change<'_> {
    fn body(self, environment: &str) -> Value {
        let mut spec = json!({"environment": {"id": environment}});
        if let Some(name) = self.display_name {
            spec["display_name"] = json!(name);
        }
        if let Some(config) = self.config {
            spec["config"] = config.body();
        }
        if let Some(protected) = self.deletion_protection {
            spec["deletion_protection"] = json!(protected);
        }
        json!({"spec": spec})
    }
}
