//! POST of a cluster.

use serde::Deserialize;

use super::cluster::Cluster;
use super::cluster::Config;
use super::cluster::Reference;
use super::cluster::clusters;
use crate::confluent::delays::Wait;
use crate::confluent::identifier::short;
use crate::confluent::object::Times;
use crate::confluent::org;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::confluent::service::Call;
use crate::confluent::service::Reply;
use crate::confluent::srcm;
use crate::confluent::switches::Duplicates;

/// The documentation's quota of an environment.
pub(crate) const MOST: usize = 20;

#[derive(Debug, Deserialize)]
struct Input {
    #[serde(default)]
    spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
struct Spec {
    display_name: Option<String>,
    availability: Option<String>,
    cloud: Option<String>,
    region: Option<String>,
    config: Option<Config>,
    environment: Option<Reference>,
    network: Option<Reference>,
    byok: Option<Reference>,
    #[serde(default)]
    deletion_protection: bool,
}

pub(super) fn create(call: &Call<'_>) -> Result<Reply, Refusal> {
    let Input { spec } = call.request.input()?;
    let context = call.context;
    let cluster = asked(spec, context)?;
    if org::find(call.view, context, &cluster.environment)?.is_none() {
        return Err(Refusal::forbidden());
    }
    call.caller
        .rights
        .must_manage(&org::crn(context, &cluster.environment))?;
    call.caller.must_be_shown(&cluster.display_name)?;
    let others = clusters(call.view, context, &cluster.environment)?;
    let refused = context.switches.duplicate_clusters == Duplicates::Refused;
    if refused && others.iter().any(|other| other.display_name == cluster.display_name) {
        return Err(Refusal::general(
            409,
            "resource_already_exists",
            "a cluster of this name exists in the environment",
        ));
    }
    if others.len() >= MOST {
        return Err(Refusal::general(
            402,
            "quota_exceeded",
            format!("the environment has {MOST} clusters, as many as it can have"),
        ));
    }
    let mut batch = cluster.stored(context)?;
    srcm::begin(call, &cluster, &mut batch)?;
    Ok(Reply::of(202, cluster.shown(context)).storing(batch))
}

fn asked(spec: Spec, context: &Context) -> Result<Cluster, Refusal> {
    let availability = text(spec.availability, "/spec/availability")?;
    let cloud = text(spec.cloud, "/spec/cloud")?;
    let region = text(spec.region, "/spec/region")?;
    check_place(&availability, &cloud, &region)?;
    let config = spec.config.ok_or_else(|| Refusal::missing("/spec/config"))?;
    config.check(&availability)?;
    if spec.deletion_protection {
        config.check_protection()?;
    }
    let wait = if config.kind == "Dedicated" {
        Wait::DedicatedProvisioning
    } else {
        Wait::ClusterProvisioning
    };
    let environment = spec.environment.ok_or_else(|| Refusal::missing("/spec/environment"))?;
    Ok(Cluster {
        id: short("lkc"),
        environment: environment.id,
        display_name: text(spec.display_name, "/spec/display_name")?,
        availability,
        cloud,
        region,
        config,
        deletion_protection: spec.deletion_protection,
        network: spec.network.map(|network| network.id),
        byok: spec.byok.map(|key| key.id),
        host: short("pkc"),
        provisioned_at: context.after(wait),
        resize: None,
        gone_at: None,
        times: Times::now(context),
    })
}

fn text(value: Option<String>, pointer: &'static str) -> Result<String, Refusal> {
    value
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Refusal::missing(pointer))
}

fn check_place(availability: &str, cloud: &str, region: &str) -> Result<(), Refusal> {
    if !matches!(availability, "SINGLE_ZONE" | "MULTI_ZONE" | "LOW" | "HIGH") {
        let detail = format!("availability {availability} is none of SINGLE_ZONE, MULTI_ZONE, LOW, HIGH");
        return Err(Refusal::invalid("/spec/availability", detail));
    }
    if !matches!(cloud, "AWS" | "GCP" | "AZURE") {
        return Err(Refusal::invalid("/spec/cloud", format!("there is no cloud {cloud}")));
    }
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !region.bytes().all(legal) {
        let detail = format!("there is no region {region} of {cloud}");
        return Err(Refusal::invalid("/spec/region", detail));
    }
    Ok(())
}
