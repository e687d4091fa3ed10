//! Kafka REST v3 of every cluster: topics, their configurations, ACLs.
//!
//! | document | key | what |
//! | --- | --- | --- |
//! | [`topic::Topic`] | `…/topic/<lkc-id>/<name>` | with the settings made on it |
//! | [`acl::Acl`] | `…/acl/<lkc-id>/<the seven fields>` | |
//!
//! - A cluster that is being made or deleted lets nobody in.
//! - A topic is read some time after its creation, and until some time after its deletion; its name is free later still.
//! - Lists hold what the caller may describe, and say nothing of the rest; asked for by name that is 403, there or not.
//! - An ACL names a service account by its number unless the call asked by `UserV2:` or by account.

pub(crate) mod acl;
pub(crate) mod authorize;
mod config;
mod filter;
mod setting;
pub(crate) mod topic;

#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::cmk;
use super::cmk::cluster::Cluster;
use super::refusal::Refusal;
use super::request::Context;
use super::service::Call;
use super::service::Dialect;
use super::service::Group;
use super::service::Headers;
use super::service::Operation;
use super::service::Reply;
use crate::store::Batch;
use crate::store::View;

pub(crate) const GROUP: Group = Group {
    dialect: Dialect::Kafka,
    headers: Headers::Bare,
    operations: &[
        Operation::reads("GetKafkaCluster", "GET /kafka/v3/clusters/{cluster}", get_cluster),
        Operation::reads("ListTopics", "GET /kafka/v3/clusters/{cluster}/topics", topic::list),
        Operation::writes("CreateTopic", "POST /kafka/v3/clusters/{cluster}/topics", topic::create),
        Operation::reads(
            "ListAllTopicConfigs",
            "GET /kafka/v3/clusters/{cluster}/topics/-/configs",
            config::list_all,
        ),
        Operation::reads(
            "GetTopic",
            "GET /kafka/v3/clusters/{cluster}/topics/{topic}",
            topic::get,
        ),
        Operation::writes(
            "UpdateTopic",
            "PATCH /kafka/v3/clusters/{cluster}/topics/{topic}",
            topic::update,
        ),
        Operation::writes(
            "DeleteTopic",
            "DELETE /kafka/v3/clusters/{cluster}/topics/{topic}",
            topic::delete,
        ),
        Operation::reads(
            "ListTopicConfigs",
            "GET /kafka/v3/clusters/{cluster}/topics/{topic}/configs",
            config::list,
        ),
        Operation::reads(
            "ListDefaultTopicConfigs",
            "GET /kafka/v3/clusters/{cluster}/topics/{topic}/default-configs",
            config::list_defaults,
        ),
        Operation::writes(
            "AlterTopicConfigs",
            "POST /kafka/v3/clusters/{cluster}/topics/{topic}/configs:alter",
            config::alter,
        ),
        Operation::reads(
            "GetTopicConfig",
            "GET /kafka/v3/clusters/{cluster}/topics/{topic}/configs/{name}",
            config::get,
        ),
        Operation::writes(
            "UpdateTopicConfig",
            "PUT /kafka/v3/clusters/{cluster}/topics/{topic}/configs/{name}",
            config::update,
        ),
        Operation::writes(
            "DeleteTopicConfig",
            "DELETE /kafka/v3/clusters/{cluster}/topics/{topic}/configs/{name}",
            config::reset,
        ),
        Operation::reads("ListAcls", "GET /kafka/v3/clusters/{cluster}/acls", acl::list),
        Operation::writes("CreateAcl", "POST /kafka/v3/clusters/{cluster}/acls", acl::create),
        Operation::writes(
            "CreateAcls",
            "POST /kafka/v3/clusters/{cluster}/acls:batch",
            acl::create_batch,
        ),
        Operation::writes("DeleteAcls", "DELETE /kafka/v3/clusters/{cluster}/acls", acl::delete),
    ],
};

/// The cluster of the path.
///
/// # Errors
/// 404 where there is none, 401 while it does not serve.
fn cluster(call: &Call<'_>) -> Result<Cluster, Refusal> {
    let id = call.request.label("cluster");
    let found = cmk::find(call.view, call.context, id)?;
    let cluster = found.ok_or_else(|| Refusal::flat(404, 404, format!("Cluster {id} cannot be found.")))?;
    if cluster.serves(call.context) {
        Ok(cluster)
    } else {
        Err(Refusal::general(401, "", "Unauthorized"))
    }
}

/// The body or a parameter cannot be.
fn wrong(message: impl Into<String>) -> Refusal {
    Refusal::flat(400, 40002, message)
}

fn not_authorized() -> Refusal {
    Refusal::flat(403, 40301, "Request is not authorized")
}

/// The address of a thing in a cluster, as its own host gives it.
fn address(cluster: &Cluster, path: &str) -> String {
    let host = cluster.http_endpoint();
    let host = host.strip_suffix(":443").unwrap_or(&host);
    format!("{host}/kafka/v3/clusters/{}{path}", cluster.id)
}

fn related(cluster: &Cluster, path: &str) -> Value {
    json!({"related": address(cluster, path)})
}

#[derive(Debug, Serialize)]
struct Listed<T> {
    kind: &'static str,
    metadata: ListMetadata,
    data: Vec<T>,
}

#[derive(Debug, Serialize)]
struct ListMetadata {
    #[serde(rename = "self")]
    address: String,
    next: Option<String>,
}

/// All of a list; Kafka REST has no pages.
fn listed<T: Serialize>(cluster: &Cluster, kind: &'static str, path: &str, data: Vec<T>) -> Result<Reply, Refusal> {
    let metadata = ListMetadata {
        address: address(cluster, path),
        next: None,
    };
    let text = serde_json::to_string(&Listed { kind, metadata, data })?;
    Ok(Reply::text(200, text))
}

fn get_cluster(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    let resource_name = format!("crn:///kafka={}", cluster.id);
    Ok(Reply::ok(json!({
        "kind": "KafkaCluster",
        "metadata": {"self": address(&cluster, ""), "resource_name": resource_name},
        "cluster_id": cluster.id,
        "controller": related(&cluster, "/brokers/0"),
        "acls": related(&cluster, "/acls"),
        "brokers": related(&cluster, "/brokers"),
        "broker_configs": related(&cluster, "/broker-configs"),
        "consumer_groups": related(&cluster, "/consumer-groups"),
        "topics": related(&cluster, "/topics"),
        "partition_reassignments": related(&cluster, "/topics/-/partitions/-/reassignment"),
    })))
}

/// Deletes all topics and ACLs of a cluster.
pub(crate) fn remove_all(view: View<'_>, context: &Context, cluster: &str, batch: &mut Batch) {
    for things in ["topic", "acl"] {
        let prefix = context.prefix(things) + cluster + "/";
        for key in view.keys(&prefix) {
            batch.delete(key);
        }
    }
}
