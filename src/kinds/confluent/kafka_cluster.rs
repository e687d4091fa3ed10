//! How `confluent_kafka_cluster` is called.
//!
//! - **Reads**: the list of its environment; what is remembered and missing by its id. A deleted cluster answers 403, as
//!   a hidden one does.
//! - **Create** answers in a second; the cluster is there once it is PROVISIONED, which Basic ones are in seconds to five
//!   minutes, Dedicated ones in half an hour and more.
//! - **Update**: name, Basic to Standard, capacity. Only what changes is sent, since even an equal value is refused for
//!   some types. What is not PROVISIONED is waited for.
//! - **Delete** answers at once, is refused while connectors are left (retry table), and is done when the list lacks it.
//! - **Replaces**: cloud, region, availability.

use std::collections::BTreeSet;
use std::time::Duration;

use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::Whole;
use eclusa_planner::schema::confluent::environment::Environment;
use eclusa_planner::schema::confluent::kafka_cluster::ClusterSpec;
use eclusa_planner::schema::confluent::kafka_cluster::Dedicated;
use eclusa_planner::schema::confluent::kafka_cluster::Elastic;
use eclusa_planner::schema::confluent::kafka_cluster::KafkaCluster;
use futures_util::future::try_join_all;

use super::access;
use super::handle;
use super::kafka_topic;
use super::lists;
use super::lookup;
use super::lookup::WhenGone;
use super::outputs;
use super::waiting::Wait;
use super::without_scope;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::ProviderError;
use crate::clients::confluent::clusters as api;
use crate::clients::confluent::connectors;
use crate::kinds::Around;
use crate::kinds::Found;
use crate::kinds::Kind;
use crate::kinds::Listed;
use crate::kinds::Present;
use crate::kinds::Scope;
use crate::kinds::Stranger;
use crate::kinds::Update;
use crate::kinds::Wanted;
use crate::kinds::readable;

const PROVISIONED: &str = "PROVISIONED";
const FAILED: &str = "FAILED";
/// Looks at what takes minutes are at most this far apart.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl Kind for KafkaCluster {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<ClusterSpec>>, ProviderError> {
        try_join_all(wanted.iter().map(async |each| readable(find(io, each, wanted).await))).await
    }

    async fn list_owned(
        &self,
        io: &Io,
        owner: &Owner,
        around: &Around,
        _: &BTreeSet<Identity>,
    ) -> Result<Listed, ProviderError> {
        let mut listed = Listed::default();
        for environment in around.of(Environment::NAME) {
            let Some(all) = listed.read(lists::clusters(io, environment.id()).await)? else {
                continue;
            };
            for one in all.iter() {
                sort(io, &mut listed, (owner, around), environment, one).await?;
            }
        }
        Ok(listed)
    }

    async fn create(&self, io: &Io, target: &Wanted, _: &Mark, want: &ClusterSpec) -> Result<Outputs, ProviderError> {
        let environment = target.scope_id().ok_or_else(|| without_scope(api::CREATE))?;
        let made = api::create(
            io,
            &api::NewCluster {
                environment,
                display_name: &target.name,
                availability: &want.availability,
                cloud: &want.cloud,
                region: &want.region,
                config: config(want),
                deletion_protection: None,
                network: None,
                byok: None,
            },
        )
        .await?;
        provisioned(io, environment, &made.id).await
    }

    async fn update(
        &self,
        io: &Io,
        target: &Wanted,
        _: &Mark,
        update: Update<'_, ClusterSpec>,
    ) -> Result<Outputs, ProviderError> {
        let environment = update.seen.spec.environment.id();
        let id = &update.seen.handle.id;
        let called = update.seen.outputs.get("name");
        let resized = ["basic", "standard", "enterprise", "freight", "dedicated"];
        let change = api::Change {
            display_name: Some(target.name.as_str()).filter(|name| called.is_none_or(|called| called != name)),
            config: resized
                .iter()
                .any(|attribute| update.changes(attribute))
                .then(|| config(update.want)),
            deletion_protection: None,
        };
        if change != api::Change::default() {
            api::update(io, environment, id, change).await?;
        }
        provisioned(io, environment, id).await
    }

    async fn delete(&self, io: &Io, target: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        let environment = target.scope_id().ok_or_else(|| without_scope(api::DELETE))?;
        refuse_others(io, environment, target, handle).await?;
        refuse_strangers(io, target).await?;
        match api::delete(io, environment, &handle.id).await {
            Ok(()) => {}
            Err(error) if error.class == Class::NotFound => return Ok(()),
            // It may be gone, or hidden: the list tells.
            Err(error) if error.class == Class::Denied => match is_listed(io, environment, &handle.id).await? {
                true => return Err(error),
                false => return Ok(()),
            },
            Err(error) => return Err(error),
        }
        let mut wait = Wait::new(io, "the cluster to be gone", LONGEST_PAUSE);
        while is_listed(io, environment, &handle.id).await? {
            wait.next(api::LIST, "still listed").await?;
        }
        Ok(())
    }
}

async fn find(io: &Io, each: &Wanted, wanted: &[Wanted]) -> Result<Found<ClusterSpec>, ProviderError> {
    let Some(environment) = each.scope_id() else {
        return Ok(Found::Absent);
    };
    let owner = io.place.owner();
    let all = lists::clusters(io, environment).await?;
    let get = |id: String| async move { api::get(io, environment, &id).await };
    let present = |one: &_| present(one, each, owner.as_ref());
    let found = lookup::find(&all, each, owner.as_ref(), WhenGone::Forbidden, get, present).await?;
    let beside: Vec<Wanted> = wanted
        .iter()
        .filter(|other| other.scope_id() == Some(environment))
        .cloned()
        .collect();
    Ok(match found {
        Found::Absent => lookup::renamed(&all, each, &beside, owner.as_ref()).map_or(Found::Absent, present),
        found => found,
    })
}

/// Puts one of an environment's clusters where it belongs.
async fn sort(
    io: &Io,
    listed: &mut Listed,
    (owner, around): (&Owner, &Around),
    environment: &Scope,
    one: &api::Cluster,
) -> Result<(), ProviderError> {
    let name = &one.spec.display_name;
    let (kind, within) = (KafkaCluster::NAME, Some(environment.id()));
    let identity = Identity::Name(name.clone());
    if around.is_declared_one(kind, &one.id) {
        return Ok(());
    }
    if Mark::from_display_name(name, owner).is_none() {
        listed.strangers.push(Stranger {
            holder: Some(environment.address.clone()),
            identity,
            name: name.clone(),
        });
    } else if around.is_twin(kind, &identity, within, &one.id) {
        let is_empty = is_empty(io, environment.id(), &one.id).await;
        lookup::twin(listed, around, kind, Some(environment), one, identity, is_empty)?;
    } else {
        let marked = lookup::marked(around, kind, identity, within, &one.id, name);
        listed.owned.push(marked);
    }
    Ok(())
}

/// Somebody else's connector keeps a cluster; the cloud would keep it too, and say so for minutes.
async fn refuse_others(io: &Io, environment: &str, target: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
    let of = connectors::In {
        environment,
        cluster: &handle.id,
    };
    let left = match connectors::list(io, of).await {
        Ok(left) => left,
        Err(error) if matches!(error.class, Class::NotFound | Class::Denied) => return Ok(()),
        Err(error) => return Err(error),
    };
    let owner = io.place.owner();
    let is_ours = |name: &str| {
        owner
            .as_ref()
            .is_some_and(|owner| Mark::from_display_name(name, owner).is_some())
    };
    let others: Vec<&str> = left.keys().map(String::as_str).filter(|name| !is_ours(name)).collect();
    if !target.takes_along && !others.is_empty() {
        return Err(super::holds_others(api::DELETE, "connector", others.into_iter()));
    }
    // A cluster goes only without connectors: these were allowed to be lost with it.
    for name in others {
        super::gone_is_done(connectors::delete(io, of, name).await)?;
    }
    Ok(())
}

/// What somebody made in it since the plan looked keeps a cluster as well.
async fn refuse_strangers(io: &Io, target: &Wanted) -> Result<(), ProviderError> {
    let Some(inside) = target.inside.as_ref().filter(|_| !target.takes_along) else {
        return Ok(());
    };
    let left = match kafka_topic::others(io, &inside.scope, &inside.topics).await {
        Ok(left) => left,
        // It is going already, or nobody ever had a key of it, and the plan let it go all the same.
        Err(error) if error.class == Class::NotFound || error.code == access::NO_KEY => return Ok(()),
        Err(error) => return Err(error),
    };
    match left.is_empty() {
        true => Ok(()),
        false => Err(super::holds_others(
            api::DELETE,
            "topic",
            left.iter().map(String::as_str),
        )),
    }
}

/// No connector and nobody's key names it. Topics would need a key of it, and there is none.
async fn is_empty(io: &Io, environment: &str, cluster: &str) -> Result<bool, ProviderError> {
    let of = connectors::In { environment, cluster };
    let keys = lists::keys(io).await?;
    let is_named = keys.iter().any(|key| key.spec.resource.id == cluster);
    Ok(!is_named && lists::connectors(io, of).await?.is_empty())
}

async fn is_listed(io: &Io, environment: &str, id: &str) -> Result<bool, ProviderError> {
    match api::list(io, environment).await {
        Ok(all) => Ok(all.iter().any(|one| one.id == id)),
        Err(error) if error.class == Class::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Waits until it can be used.
async fn provisioned(io: &Io, environment: &str, id: &str) -> Result<Outputs, ProviderError> {
    let mut wait = Wait::new(io, "the cluster to be PROVISIONED", LONGEST_PAUSE);
    loop {
        let (cluster, phase) = match api::get(io, environment, id).await {
            Ok(cluster) => {
                let phase = cluster.status.phase.clone();
                (Some(cluster), phase)
            }
            // Reads may lag behind the answer that named it.
            Err(error) if matches!(error.class, Class::NotFound | Class::Denied) => (None, error.code),
            Err(error) => return Err(error),
        };
        match cluster {
            Some(cluster) if phase == PROVISIONED && is_sized(&cluster) && !cluster.spec.http_endpoint.is_empty() => {
                return Ok(outputs_of(&cluster, environment));
            }
            Some(_) if phase == FAILED => {
                let text = format!("cluster {id} could not be provisioned: its phase is FAILED");
                return Err(ProviderError::own(api::GET, Class::Invalid, "ProvisioningFailed", text));
            }
            _ => wait.next(api::GET, &phase).await?,
        }
    }
}

/// A Dedicated cluster has the capacity that it is to have.
fn is_sized(cluster: &api::Cluster) -> bool {
    match (cluster.spec.config.cku, cluster.status.cku) {
        (Some(wanted), Some(has)) => wanted == has,
        _ => true,
    }
}

fn present(one: &api::Cluster, each: &Wanted, owner: Option<&Owner>) -> Found<ClusterSpec> {
    let environment = each.scope_id().unwrap_or_default();
    Found::Present(Box::new(Present {
        spec: spec(one, environment),
        outputs: outputs_of(one, environment),
        mark: lookup::mark(&one.spec.display_name, each, owner),
        handle: handle(&one.id),
        // One of two with the same name was found empty.
        holds_data: lookup::id_of(&each.identity).is_none(),
        open: OpenKeys::default(),
    }))
}

fn outputs_of(one: &api::Cluster, environment: &str) -> Outputs {
    // Bindings name a cluster without the part that begins Kafka's own names.
    let crn = &one.metadata.resource_name;
    let rbac_crn = crn.split_once("/kafka=").map_or(crn.as_str(), |(before, _)| before);
    outputs([
        ("name", &one.spec.display_name),
        ("id", &one.id),
        ("environment_id", environment),
        ("bootstrap_endpoint", &one.spec.kafka_bootstrap_endpoint),
        ("rest_endpoint", &one.spec.http_endpoint),
        ("rbac_crn", rbac_crn),
    ])
}

fn spec(one: &api::Cluster, environment: &str) -> ClusterSpec {
    let config = &one.spec.config;
    let elastic = |kind: &str| {
        (config.kind == kind).then_some(Elastic {
            max_ecku: config.max_ecku,
        })
    };
    let known = ["Basic", "Standard", "Enterprise", "Freight", "Dedicated"];
    ClusterSpec {
        environment: Whole::of_id(environment),
        cloud: one.spec.cloud.clone(),
        region: one.spec.region.clone(),
        availability: one.spec.availability.clone(),
        basic: elastic("Basic"),
        standard: elastic("Standard"),
        enterprise: elastic("Enterprise"),
        freight: elastic("Freight"),
        dedicated: (config.kind == "Dedicated").then_some(Dedicated {
            cku: config.cku.unwrap_or_default(),
        }),
        other_type: (!known.contains(&config.kind.as_str())).then(|| config.kind.clone()),
        unsettled: (one.status.phase != PROVISIONED).then(|| one.status.phase.clone()),
    }
}

fn config(want: &ClusterSpec) -> api::NewConfig<'static> {
    let elastic = [
        ("Basic", &want.basic),
        ("Standard", &want.standard),
        ("Enterprise", &want.enterprise),
        ("Freight", &want.freight),
    ];
    let declared = elastic
        .into_iter()
        .find_map(|(kind, elastic)| Some((kind, elastic.as_ref()?)));
    match (declared, &want.dedicated) {
        (Some((kind, elastic)), _) => api::NewConfig {
            kind,
            max_ecku: elastic.max_ecku,
            ..api::NewConfig::default()
        },
        (None, Some(dedicated)) => api::NewConfig {
            kind: "Dedicated",
            cku: Some(dedicated.cku),
            ..api::NewConfig::default()
        },
        (None, None) => api::NewConfig::default(),
    }
}
