//! What is kept of a connector, and how it changes with time.

use serde::Deserialize;
use serde::Serialize;

use super::config::Config;
use super::health;
use crate::confluent::cmk::cluster::Cluster;
use crate::confluent::delays::Wait;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::store::Batch;
use crate::store::View;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Connector {
    pub(super) id: String,
    pub(super) name: String,
    /// What runs.
    pub(super) config: Config,
    /// A configuration that takes effect later.
    pub(super) next: Option<Next>,
    /// Why the last one was not taken.
    pub(super) rejected: Option<String>,
    pub(super) visible_at: u64,
    pub(super) running_at: u64,
    pub(super) paused_at: Option<u64>,
    /// Set by DELETE.
    pub(super) gone_at: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Next {
    pub(super) config: Config,
    pub(super) at: u64,
}

impl Connector {
    pub(super) fn dead_letters(&self) -> String {
        let named = self.config.get("errors.deadletterqueue.topic.name");
        named
            .filter(|name| !name.is_empty() && *name != "dlq-${connector}")
            .cloned()
            .unwrap_or_else(|| format!("dlq-{}", self.id))
    }

    /// As it is by now: with the new configuration, if its time has come.
    pub(super) fn settled(mut self, context: &Context) -> Self {
        if let Some(next) = self.next.take_if(|next| next.at <= context.now) {
            self.rejected = health::unusable(&next.config);
            if self.rejected.is_none() {
                self.config = next.config;
            }
            self.running_at = self
                .running_at
                .max(next.at + context.length(Wait::ConnectorProvisioning));
        }
        self
    }

    pub(super) fn is_gone(&self, context: &Context) -> bool {
        self.gone_at.is_some_and(|gone_at| gone_at <= context.now)
    }

    pub(super) fn stored(&self, context: &Context, cluster: &Cluster) -> Result<Batch, Refusal> {
        let mut batch = Batch::default();
        batch.put(key(context, &cluster.id, &self.name), self)?;
        Ok(batch)
    }
}

fn prefix(context: &Context, cluster: &str) -> String {
    context.prefix("connector") + cluster + "/"
}

pub(super) fn key(context: &Context, cluster: &str, name: &str) -> String {
    prefix(context, cluster) + name
}

/// Those that are not gone, shown yet or not.
pub(super) fn all(view: View<'_>, context: &Context, cluster: &str) -> Result<Vec<Connector>, Refusal> {
    let prefix = prefix(context, cluster);
    let mut connectors = Vec::new();
    for found in view.scan::<Connector>(&prefix) {
        let (_, connector) = found?;
        if !connector.is_gone(context) {
            connectors.push(connector.settled(context));
        }
    }
    Ok(connectors)
}

/// Names of a cluster's connectors, those that are only just made and not yet gone too.
pub(crate) fn names(view: View<'_>, context: &Context, cluster: &str) -> Result<Vec<String>, Refusal> {
    let connectors = all(view, context, cluster)?;
    Ok(connectors.into_iter().map(|connector| connector.name).collect())
}

pub(crate) fn remove_all(view: View<'_>, context: &Context, cluster: &str, batch: &mut Batch) {
    let prefix = prefix(context, cluster);
    for key in view.keys(&prefix) {
        batch.delete(key);
    }
}
