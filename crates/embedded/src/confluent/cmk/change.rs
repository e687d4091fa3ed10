//! PATCH of a cluster.

use serde::Deserialize;

use super::cluster::Cluster;
use super::cluster::Config;
use super::cluster::Reference;
use super::cluster::Resize;
use super::cluster::is_high;
use super::cluster::seen;
use crate::confluent::delays::Wait;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::confluent::service::Call;
use crate::confluent::service::Reply;

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
    deletion_protection: Option<bool>,
}

pub(super) fn update(call: &Call<'_>) -> Result<Reply, Refusal> {
    let Input { spec } = call.request.input()?;
    let environment = spec.environment.as_ref().map(|environment| environment.id.as_str());
    let environment = environment.ok_or_else(|| Refusal::missing("/spec/environment"))?;
    let mut cluster = seen(call, call.request.label("id"), environment)?;
    call.caller.rights.must_manage(&cluster.crn(call.context))?;
    check_unchangeable(&cluster, &spec)?;
    if let Some(availability) = spec.availability {
        change_availability(&mut cluster, availability)?;
    }
    if let Some(config) = spec.config {
        change_config(&mut cluster, config, call.context)?;
    }
    if let Some(name) = spec.display_name {
        cluster.display_name = name;
    }
    if let Some(protected) = spec.deletion_protection {
        if protected {
            cluster.config.check_protection()?;
        }
        cluster.deletion_protection = protected;
    }
    cluster.times.updated_at = call.context.now;
    Ok(Reply::ok(cluster.shown(call.context)).storing(cluster.stored(call.context)?))
}

fn check_unchangeable(cluster: &Cluster, spec: &Spec) -> Result<(), Refusal> {
    let differs = |asked: &Option<String>, has: &str| asked.as_ref().is_some_and(|asked| asked != has);
    let other = |asked: &Option<Reference>, has: &Option<String>| {
        asked.as_ref().is_some_and(|asked| Some(&asked.id) != has.as_ref())
    };
    let changed = [
        ("cloud", differs(&spec.cloud, &cluster.cloud)),
        ("region", differs(&spec.region, &cluster.region)),
        ("network", other(&spec.network, &cluster.network)),
        ("byok", other(&spec.byok, &cluster.byok)),
    ];
    match changed.into_iter().find(|(_, changed)| *changed) {
        Some((name, _)) => Err(Refusal::invalid(
            format!("/spec/{name}"),
            format!("{name} of a cluster cannot be changed"),
        )),
        None => Ok(()),
    }
}

fn change_availability(cluster: &mut Cluster, availability: String) -> Result<(), Refusal> {
    if !matches!(cluster.config.kind.as_str(), "Basic" | "Standard") {
        let detail = "Availability update is only supported on BASIC and STANDARD clusters";
        return Err(Refusal::invalid("/spec/availability", detail));
    }
    if is_high(&availability) != is_high(&cluster.availability) {
        let detail = "eclusa's embedded cloud does not change a cluster's availability";
        return Err(Refusal::invalid("/spec/availability", detail));
    }
    cluster.availability = availability;
    Ok(())
}

fn change_config(cluster: &mut Cluster, config: Config, context: &Context) -> Result<(), Refusal> {
    config.check(&cluster.availability)?;
    let (from, to) = (cluster.config.kind.as_str(), config.kind.as_str());
    if from != to && (from, to) != ("Basic", "Standard") {
        let detail = format!("a {from} cluster cannot become a {to} one: only Basic to Standard is possible");
        return Err(Refusal::invalid("/spec/config/kind", detail));
    }
    if config.encryption_key != cluster.config.encryption_key {
        let detail = "encryption_key of a cluster cannot be changed";
        return Err(Refusal::invalid("/spec/config/encryption_key", detail));
    }
    if let (Some(from), true) = (cluster.config.cku, config.cku != cluster.config.cku) {
        cluster.resize = Some(Resize {
            from,
            done_at: context.after(Wait::ClusterResize),
        });
    }
    cluster.config = config;
    Ok(())
}
