//! A cluster's life.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::confluent::connect;
use crate::confluent::crn::Crn;
use crate::confluent::delays::Wait;
use crate::confluent::iam::bindings;
use crate::confluent::iam::keys;
use crate::confluent::iam::keys::Resource;
use crate::confluent::kafka;
use crate::confluent::object;
use crate::confluent::object::Times;
use crate::confluent::org;
use crate::confluent::page;
use crate::confluent::page::page;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::confluent::service::Call;
use crate::confluent::service::Reply;
use crate::confluent::switches::Availability;
use crate::confluent::switches::OrphanedKeys;
use crate::store::Batch;
use crate::store::View;

const PATH: &str = "/cmk/v2/clusters";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Cluster {
    pub(crate) id: String,
    pub(crate) environment: String,
    pub(super) display_name: String,
    /// As it was asked for.
    pub(super) availability: String,
    pub(crate) cloud: String,
    pub(crate) region: String,
    pub(super) config: Config,
    pub(super) deletion_protection: bool,
    pub(super) network: Option<String>,
    pub(super) byok: Option<String>,
    /// `pkc-…`.
    pub(super) host: String,
    pub(crate) provisioned_at: u64,
    pub(super) resize: Option<Resize>,
    /// Set by DELETE.
    pub(super) gone_at: Option<u64>,
    pub(super) times: Times,
}

/// A Dedicated cluster's number of CKUs until a change is done.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Resize {
    pub(super) from: u32,
    pub(super) done_at: u64,
}

/// How requests refer to other objects.
#[derive(Debug, Deserialize)]
pub(super) struct Reference {
    pub(super) id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Config {
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_ecku: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cku: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encryption_key: Option<String>,
}

impl Config {
    /// # Errors
    /// There is no such type, or a number is missing or too small for it.
    pub(super) fn check(&self, availability: &str) -> Result<(), Refusal> {
        let fewest = if is_high(availability) { 2 } else { 1 };
        let (number, name) = match self.kind.as_str() {
            "Dedicated" => (
                Some(self.cku.ok_or_else(|| Refusal::missing("/spec/config/cku"))?),
                "cku",
            ),
            "Basic" | "Standard" | "Enterprise" | "Freight" => (self.max_ecku, "max_ecku"),
            kind => {
                return Err(Refusal::invalid(
                    "/spec/config/kind",
                    format!("there is no cluster type {kind}"),
                ));
            }
        };
        if number.is_some_and(|number| number < fewest) {
            let detail = format!("{name} must be at least {fewest}");
            return Err(Refusal::invalid(format!("/spec/config/{name}"), detail));
        }
        Ok(())
    }

    /// # Errors
    /// Clusters of this type cannot be protected against deletion.
    pub(super) fn check_protection(&self) -> Result<(), Refusal> {
        if matches!(self.kind.as_str(), "Basic" | "Standard") {
            let kind = self.kind.to_uppercase();
            let detail = format!("Deletion protection is not supported for {kind} clusters");
            return Err(Refusal::invalid("/spec/deletion_protection", detail));
        }
        Ok(())
    }
}

pub(super) fn is_high(availability: &str) -> bool {
    matches!(availability, "MULTI_ZONE" | "HIGH")
}

impl Cluster {
    pub(crate) fn crn(&self, context: &Context) -> Crn {
        crn(context, &self.environment, &self.id)
    }

    pub(crate) fn is_basic(&self) -> bool {
        self.config.kind == "Basic"
    }

    pub(crate) fn is_dedicated(&self) -> bool {
        self.config.kind == "Dedicated"
    }

    /// Whether it will never serve.
    fn fails(&self) -> bool {
        self.region.ends_with("-0")
    }

    fn phase(&self, context: &Context) -> &'static str {
        match (context.now < self.provisioned_at, self.fails()) {
            (true, _) => "PROVISIONING",
            (false, false) => "PROVISIONED",
            (false, true) => "FAILED",
        }
    }

    /// Whether it can be reached on its host.
    pub(crate) fn serves(&self, context: &Context) -> bool {
        self.phase(context) == "PROVISIONED" && self.gone_at.is_none()
    }

    fn domain(&self) -> String {
        let cloud = self.cloud.to_lowercase();
        format!("{}.{}.{cloud}.confluent.cloud", self.host, self.region)
    }

    /// The Kafka REST host, `https://pkc-….us-east-1.aws.confluent.cloud:443`.
    pub(crate) fn http_endpoint(&self) -> String {
        format!("https://{}:443", self.domain())
    }

    pub(crate) fn bootstrap_endpoint(&self) -> String {
        format!("SASL_SSL://{}:9092", self.domain())
    }

    /// The CKUs that it has by now.
    fn live_cku(&self, context: &Context) -> Option<u32> {
        match self.resize {
            Some(resize) if context.now < resize.done_at => Some(resize.from),
            _ => self.config.cku,
        }
    }

    pub(super) fn shown(&self, context: &Context) -> Value {
        let provisioned = self.provisioned_at <= context.now;
        let without_host = self.is_dedicated() && !provisioned;
        let endpoint = |text: String| if without_host { String::new() } else { text };
        let mut spec = json!({
            "display_name": self.display_name,
            "availability": self.shown_availability(context),
            "cloud": self.cloud,
            "region": self.region,
            "config": self.config,
            "deletion_protection": self.deletion_protection,
            "environment": org::reference(context, &self.environment),
            "http_endpoint": endpoint(self.http_endpoint()),
            "kafka_bootstrap_endpoint": endpoint(self.bootstrap_endpoint()),
        });
        if let Some(id) = &self.network {
            spec["network"] = json!({"api_version": "networking/v1", "kind": "Network", "id": id});
        }
        if let Some(id) = &self.byok {
            spec["byok"] = json!({"api_version": "byok/v1", "kind": "Key", "id": id});
        }
        let mut status = json!({"phase": self.phase(context)});
        if let Some(cku) = self.live_cku(context) {
            status["cku"] = json!(cku);
        }
        json!({
            "api_version": "cmk/v2",
            "kind": "Cluster",
            "id": self.id,
            "metadata": object::metadata(&object::address(PATH, &self.id), &resource_name(context, self), self.times),
            "spec": spec,
            "status": status,
        })
    }

    fn shown_availability(&self, context: &Context) -> &str {
        if context.switches.availability == Availability::AsSent {
            &self.availability
        } else if is_high(&self.availability) {
            "HIGH"
        } else {
            "LOW"
        }
    }

    pub(super) fn stored(&self, context: &Context) -> Result<Batch, Refusal> {
        let mut batch = Batch::default();
        batch.put(key(context, &self.id), self)?;
        Ok(batch)
    }
}

fn key(context: &Context, id: &str) -> String {
    context.prefix("cluster") + id
}

fn crn(context: &Context, environment: &str, id: &str) -> Crn {
    org::crn(context, environment).and("cloud-cluster", id)
}

fn resource_name(context: &Context, cluster: &Cluster) -> String {
    cluster.crn(context).and("kafka", &cluster.id).to_string()
}

/// How other objects refer to a cluster, there or not.
pub(crate) fn reference(context: &Context, environment: &str, id: &str) -> Value {
    json!({
        "api_version": "cmk/v2",
        "kind": "Cluster",
        "id": id,
        "related": object::address(PATH, id),
        "resource_name": crn(context, environment, id).to_string(),
    })
}

/// The cluster, unless it is gone; one that is being deleted is still there.
pub(crate) fn find(view: View<'_>, context: &Context, id: &str) -> Result<Option<Cluster>, Refusal> {
    let found: Option<Cluster> = view.get(&key(context, id))?;
    Ok(found.filter(|cluster| cluster.gone_at.is_none_or(|gone_at| context.now < gone_at)))
}

/// Those of an environment.
pub(crate) fn clusters(view: View<'_>, context: &Context, environment: &str) -> Result<Vec<Cluster>, Refusal> {
    let prefix = context.prefix("cluster");
    let mut clusters = Vec::new();
    for found in view.scan::<Cluster>(&prefix) {
        let (_, cluster) = found?;
        let is_gone = cluster.gone_at.is_some_and(|gone_at| gone_at <= context.now);
        if cluster.environment == environment && !is_gone {
            clusters.push(cluster);
        }
    }
    Ok(clusters)
}

/// Deletes a cluster and all that is in it at once.
pub(crate) fn remove(view: View<'_>, context: &Context, cluster: &Cluster, batch: &mut Batch) -> Result<(), Refusal> {
    remove_content(view, context, cluster, batch)?;
    connect::remove_all(view, context, &cluster.id, batch);
    batch.delete(key(context, &cluster.id));
    Ok(())
}

fn remove_content(view: View<'_>, context: &Context, cluster: &Cluster, batch: &mut Batch) -> Result<(), Refusal> {
    kafka::remove_all(view, context, &cluster.id, batch);
    bindings::remove_within(view, context, &cluster.crn(context), batch)?;
    if context.switches.orphaned_keys == OrphanedKeys::Deleted {
        let opens = |resource: &Resource| matches!(resource, Resource::Cluster { id, .. } if *id == cluster.id);
        keys::remove(view, context, batch, |key| opens(&key.resource))?;
    }
    Ok(())
}

pub(crate) fn is_visible(call: &Call<'_>, cluster: &Cluster) -> bool {
    call.caller.is_shown(&cluster.display_name) && call.caller.rights.sees(&cluster.crn(call.context))
}

/// The cluster of that id in that environment, if the caller may see it.
///
/// # Errors
/// 403 for whatever reason.
pub(crate) fn seen(call: &Call<'_>, id: &str, environment: &str) -> Result<Cluster, Refusal> {
    find(call.view, call.context, id)?
        .filter(|cluster| cluster.environment == environment && is_visible(call, cluster))
        .ok_or_else(Refusal::forbidden)
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let kind = page::Kind {
        api_version: "cmk/v2",
        kind: "ClusterList",
    };
    let environment = call.request.required("environment")?;
    org::visible(call, environment)?;
    let networks: Vec<_> = call.request.all_queried("spec.network").collect();
    let protected = call.request.queried("spec.deletion_protection");
    let listed = clusters(call.view, call.context, environment)?
        .into_iter()
        .filter(|cluster| {
            let in_network = |network: &str| cluster.network.as_deref() == Some(network);
            is_visible(call, cluster)
                && (networks.is_empty() || networks.iter().any(|network| in_network(network)))
                && protected.is_none_or(|wanted| wanted == cluster.deletion_protection.to_string())
        });
    let shown = listed.map(|cluster| (cluster.id.clone(), cluster.shown(call.context)));
    page(call, kind, shown.collect())
}

pub(super) fn get(call: &Call<'_>) -> Result<Reply, Refusal> {
    let environment = call.request.required("environment")?;
    let cluster = seen(call, call.request.label("id"), environment)?;
    Ok(Reply::ok(cluster.shown(call.context)))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Refusal> {
    let environment = call.request.required("environment")?;
    let mut cluster = seen(call, call.request.label("id"), environment)?;
    call.caller.rights.must_manage(&cluster.crn(call.context))?;
    if cluster.gone_at.is_some() {
        return Ok(Reply::empty(204));
    }
    if cluster.deletion_protection {
        return Err(Refusal::general(
            409,
            "deletion_protection_enabled",
            format!("cluster {} is protected against deletion", cluster.id),
        ));
    }
    let connectors = connect::names(call.view, call.context, &cluster.id)?;
    if !connectors.is_empty() {
        let detail = format!(
            "cluster {} cannot be deleted while it has connectors: {}",
            cluster.id,
            connectors.join(", ")
        );
        return Err(Refusal::general(403, "forbidden_access", detail));
    }
    cluster.gone_at = Some(call.context.after(Wait::ClusterDeletion));
    let mut batch = cluster.stored(call.context)?;
    remove_content(call.view, call.context, &cluster, &mut batch)?;
    Ok(Reply::empty(204).storing(batch))
}
