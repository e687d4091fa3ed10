//! The lists in which things are found, each read once a look.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clients::Io;
use crate::clients::ProviderError;
use crate::clients::confluent::ClusterHost;
use crate::clients::confluent::acls;
use crate::clients::confluent::api_keys;
use crate::clients::confluent::clusters;
use crate::clients::confluent::connectors;
use crate::clients::confluent::environments;
use crate::clients::confluent::role_bindings;
use crate::clients::confluent::service_accounts;
use crate::clients::confluent::topic_configs;
use crate::clients::confluent::topics;

type Shared<T> = Result<Arc<T>, ProviderError>;

pub(super) async fn environments(io: &Io) -> Shared<Vec<environments::Environment>> {
    io.listed(environments::LIST, environments::list(io)).await
}

pub(super) async fn clusters(io: &Io, environment: &str) -> Shared<Vec<clusters::Cluster>> {
    io.listed_in(clusters::LIST, environment, clusters::list(io, environment))
        .await
}

pub(super) async fn accounts(io: &Io) -> Shared<Vec<service_accounts::ServiceAccount>> {
    io.listed(service_accounts::LIST, service_accounts::list(io)).await
}

pub(super) async fn keys(io: &Io) -> Shared<Vec<api_keys::KeyInfo>> {
    let all = api_keys::Filter::default();
    io.listed(api_keys::LIST, api_keys::list(io, all)).await
}

/// The bindings of one pattern, whoever's they are.
pub(super) async fn bindings(io: &Io, pattern: &str) -> Shared<Vec<role_bindings::RoleBinding>> {
    let all = role_bindings::Filter::default();
    io.listed_in(role_bindings::LIST, pattern, role_bindings::list(io, pattern, all))
        .await
}

pub(super) async fn connectors(io: &Io, of: connectors::In<'_>) -> Shared<BTreeMap<String, connectors::Connector>> {
    io.listed_in(connectors::LIST, of.cluster, connectors::list(io, of))
        .await
}

pub(super) async fn topics(io: &Io, host: &ClusterHost) -> Shared<Vec<topics::Topic>> {
    io.listed_in(topics::LIST, host.id(), topics::list(io, host)).await
}

/// Every setting of every topic, by topic.
pub(super) async fn settings(io: &Io, host: &ClusterHost) -> Shared<BTreeMap<String, Vec<topic_configs::Setting>>> {
    let by_topic = async {
        let mut by_topic: BTreeMap<String, Vec<topic_configs::Setting>> = BTreeMap::new();
        for setting in topic_configs::list_all(io, host).await? {
            by_topic.entry(setting.topic.clone()).or_default().push(setting);
        }
        Ok(by_topic)
    };
    io.listed_in(topic_configs::LIST_ALL, host.id(), by_topic).await
}

pub(super) async fn acls(io: &Io, host: &ClusterHost) -> Shared<Vec<acls::Acl>> {
    io.listed_in(acls::LIST, host.id(), acls::list(io, host)).await
}
