//! Grants of a cluster: `{host}/kafka/v3/clusters/{id}/acls`. All seven fields are the identity; nothing of one can
//! change.

use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use super::body::Answer;
use super::host::ClusterHost;
use super::object::Identified;
use super::object::or_default;
use super::page;
use super::request::Request;
use super::send::kafka;
use crate::clients::call::Io;
use crate::clients::call::Operation;
use crate::clients::call::Service;
use crate::clients::error::ProviderError;

pub const LIST: Operation = Operation::read(Service::Kafka, "ListAcls");
pub const CREATE: Operation = Operation::write(Service::Kafka, "CreateAcl");
pub const CREATE_BATCH: Operation = Operation::write(Service::Kafka, "CreateAcls");
pub const DELETE: Operation = Operation::write(Service::Kafka, "DeleteAcls");

/// Asks for principals as `User:sa-...`; without it they come back as numbers.
const BY_ACCOUNT: &str = "UserV2:*";

/// A grant, in the words of Kafka's API.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Acl {
    /// `TOPIC`, `GROUP`, `CLUSTER`, `TRANSACTIONAL_ID`, `DELEGATION_TOKEN`
    #[serde(deserialize_with = "or_default")]
    pub resource_type: String,
    /// Of a cluster: `kafka-cluster`.
    #[serde(deserialize_with = "or_default")]
    pub resource_name: String,
    /// `LITERAL`, `PREFIXED`
    #[serde(deserialize_with = "or_default")]
    pub pattern_type: String,
    /// `User:sa-...`
    #[serde(deserialize_with = "or_default")]
    pub principal: String,
    #[serde(deserialize_with = "or_default")]
    pub host: String,
    #[serde(deserialize_with = "or_default")]
    pub operation: String,
    /// `ALLOW`, `DENY`
    #[serde(deserialize_with = "or_default")]
    pub permission: String,
}

impl Identified for Acl {
    fn identity(&self) -> &str {
        &self.operation
    }
}

/// Every grant that the key may see, in one call.
pub async fn list(io: &Io, host: &ClusterHost) -> Result<Vec<Acl>, ProviderError> {
    let first = Request::get(&path(host)).query("principal", BY_ACCOUNT);
    page::all(first, |request| kafka(io, host, LIST, request)).await
}

/// Makes one; where it is there already, that is 201 or 409 (`AlreadyExists`), which is as good.
pub async fn create(io: &Io, host: &ClusterHost, acl: &Acl) -> Result<(), ProviderError> {
    // A grant that is there is there.
    let request = Request::post(&path(host)).json(acl).repeatable(true);
    kafka(io, host, CREATE, request).await.map(|_| ())
}

/// Makes several in one call.
pub async fn create_batch(io: &Io, host: &ClusterHost, acls: &[Acl]) -> Result<(), ProviderError> {
    let segments = ["kafka", "v3", "clusters", host.id(), "acls:batch"];
    let request = Request::post(&segments).json(&json!({"data": acls})).repeatable(true);
    kafka(io, host, CREATE_BATCH, request).await.map(|_| ())
}

/// Deletes exactly this one, and answers what was deleted: nothing where there was none.
pub async fn delete(io: &Io, host: &ClusterHost, acl: &Acl) -> Result<Vec<Acl>, ProviderError> {
    // A filter left empty matches everything.
    let fields = [
        ("resource_type", &acl.resource_type),
        ("resource_name", &acl.resource_name),
        ("pattern_type", &acl.pattern_type),
        ("principal", &acl.principal),
        ("host", &acl.host),
        ("operation", &acl.operation),
        ("permission", &acl.permission),
    ];
    let mut request = Request::delete(&path(host));
    for (name, value) in fields {
        if value.is_empty() {
            request.problem = Some(format!("the grant's {name} is empty, which would match all"));
        }
        request = request.query(name, value);
    }
    deleted(&kafka(io, host, DELETE, request).await?)
}

fn deleted(answer: &Answer) -> Result<Vec<Acl>, ProviderError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Deleted {
        data: Option<Vec<Acl>>,
    }
    if answer.body.is_empty() {
        return Ok(Vec::new());
    }
    answer.json::<Deleted>().map(|deleted| deleted.data.unwrap_or_default())
}

fn path(host: &ClusterHost) -> [&str; 5] {
    ["kafka", "v3", "clusters", host.id(), "acls"]
}
