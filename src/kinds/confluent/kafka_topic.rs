//! How `confluent_kafka_topic` is called.
//!
//! - **Reads**: all topics of the cluster, and all settings of all of them, each in one call; right before and after a
//!   write that topic alone. What only exists is looked for by name.
//! - **Create**: the topic is found by reads after a while, which is waited for. A name that is being deleted is waited
//!   for too (retry table).
//! - **Update**: partitions are raised, then settings changed in one batch; reads lag behind both. A topic that deletes
//!   comes to compact as well by way of compacting alone.
//! - **Delete** goes on after its answer.
//! - **Replaces**: nothing but the name, which is another topic.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::plan::owned::Marked;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::resource::Segment;
use eclusa_planner::schema::Scalar;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::Whole;
use eclusa_planner::schema::confluent::kafka_cluster::KafkaCluster;
use eclusa_planner::schema::confluent::kafka_topic::KafkaTopic;
use eclusa_planner::schema::confluent::kafka_topic::TopicSpec;
use eclusa_planner::schema::confluent::kafka_topic::is_internal;
use eclusa_planner::schema::confluent::kafka_topic::settings;
use futures_util::future::try_join;
use futures_util::future::try_join_all;

use super::access;
use super::handle;
use super::lists;
use super::lookup;
use super::outputs;
use super::waiting::Wait;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::ProviderError;
use crate::clients::confluent::ClusterHost;
use crate::clients::confluent::topic_configs;
use crate::clients::confluent::topic_configs::Alteration;
use crate::clients::confluent::topic_configs::Setting;
use crate::clients::confluent::topics as api;
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

/// Reads lag behind writes by seconds.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

const POLICY: &str = "cleanup.policy";
/// Which policy a topic has that nobody gave another.
const DELETES: &str = "delete";

/// Stands for the topics of a cluster that nobody could look into: there may be somebody's.
pub const UNREAD: &str = "topics that no key of it could read";

impl Kind for KafkaTopic {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<TopicSpec>>, ProviderError> {
        try_join_all(wanted.iter().map(async |each| readable(find(io, each).await))).await
    }

    async fn list_owned(
        &self,
        io: &Io,
        owner: &Owner,
        around: &Around,
        known: &BTreeSet<Identity>,
    ) -> Result<Listed, ProviderError> {
        let mut listed = Listed::default();
        for cluster in around.of(KafkaCluster::NAME) {
            let all = access::reading(
                io,
                cluster,
                api::LIST,
                |host| async move { lists::topics(io, &host).await },
            )
            .await;
            let all = match all {
                Ok(all) => all,
                Err(error) => {
                    // Without any key nothing was made there yet, as far as anybody remembers; the next look has one.
                    let may_hold_ours = cluster.existing && error.code != access::NO_KEY;
                    if may_hold_ours || around.memory.knows_more(Self::NAME, cluster.id(), known) {
                        listed.miss(error)?;
                    }
                    // An empty twin has no key to look with: nothing can be seen in it.
                    if !is_twin(around, cluster) {
                        listed.strangers.push(Stranger {
                            holder: Some(cluster.address.clone()),
                            identity: Identity::Unknown,
                            name: UNREAD.to_owned(),
                        });
                    }
                    continue;
                }
            };
            for one in all.iter().filter(|one| !one.is_internal && !is_internal(&one.name)) {
                sort(&mut listed, owner, around, cluster, &one.name);
            }
        }
        Ok(listed)
    }

    async fn create(&self, io: &Io, target: &Wanted, _: &Mark, want: &TopicSpec) -> Result<Outputs, ProviderError> {
        let host = access::writing(io, target, api::CREATE).await?;
        let settings: BTreeMap<String, String> = want
            .config
            .iter()
            .map(|(name, Scalar(value))| (name.clone(), value.clone()))
            .collect();
        api::create(io, &host, &target.name, want.partitions, &settings).await?;
        let mut wait = Wait::new(io, "the topic to be found", LONGEST_PAUSE);
        while get(io, &host, &target.name).await?.is_none() {
            wait.next(api::GET, "not found yet").await?;
        }
        Ok(outputs([("name", &target.name)]))
    }

    async fn update(
        &self,
        io: &Io,
        target: &Wanted,
        _: &Mark,
        update: Update<'_, TopicSpec>,
    ) -> Result<Outputs, ProviderError> {
        let host = access::writing(io, target, topic_configs::ALTER).await?;
        let name = &target.name;
        if let Some(partitions) = update.want.partitions.filter(|_| update.changes("partitions")) {
            api::raise_partitions(io, &host, name, partitions).await?;
        }
        let altered = altered(&update);
        if let Some(between) = policy_between(&update) {
            topic_configs::alter(io, &host, name, &[between]).await?;
        }
        if !altered.is_empty() {
            topic_configs::alter(io, &host, name, &altered).await?;
        }
        shown(io, &host, name, &update, &altered).await?;
        Ok(update.seen.outputs.clone())
    }

    async fn delete(&self, io: &Io, target: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        let host = access::writing(io, target, api::DELETE).await?;
        super::gone_is_done(api::delete(io, &host, &handle.id).await)?;
        let mut wait = Wait::new(io, "the topic to be gone", LONGEST_PAUSE);
        while get(io, &host, &handle.id).await?.is_some() {
            wait.next(api::GET, "still found").await?;
        }
        Ok(())
    }
}

/// Whether a cluster is another than the declared one of its name.
fn is_twin(around: &Around, cluster: &Scope) -> bool {
    let identity = Identity::Name(cluster.output("name").to_owned());
    let environment = Some(cluster.output("environment_id"));
    around.is_twin(KafkaCluster::NAME, &identity, environment, cluster.id())
}

/// Puts one of a cluster's topics where it belongs. In a cluster of ours it is ours if it is remembered; in another's if
/// its name holds the tag.
fn sort(listed: &mut Listed, owner: &Owner, around: &Around, cluster: &Scope, name: &str) {
    let identity = Identity::Name(name.to_owned());
    let remembered = around.memory.of(KafkaTopic::NAME, &identity, Some(cluster.id()));
    let is_tagged = cluster.existing && name.contains(&owner.tag());
    if remembered.is_none() && !is_tagged {
        listed.strangers.push(Stranger {
            holder: Some(cluster.address.clone()),
            identity,
            name: name.to_owned(),
        });
        return;
    }
    let mark = around.memory.mark(KafkaTopic::NAME, &identity, Some(cluster.id()));
    listed
        .owned
        .push(Marked::new(identity, name, &mark).within(cluster.id()));
}

async fn find(io: &Io, each: &Wanted) -> Result<Found<TopicSpec>, ProviderError> {
    let Some(cluster) = &each.scope else {
        return Ok(Found::Absent);
    };
    let read = access::reading(io, cluster, api::LIST, |host| async move {
        match io.shares_lists() {
            true => in_lists(io, &host, &each.name).await,
            false => alone(io, &host, &each.name).await,
        }
    });
    match read.await {
        Ok(Some((topic, settings))) => Ok(present(&topic, &settings, cluster.id())),
        Ok(None) => match each.recorded.is_some() && io.shares_lists() {
            true => hidden_or_gone(io, each, cluster).await,
            false => Ok(Found::Absent),
        },
        Err(error) => Err(error),
    }
}

/// What is remembered and in no list is asked for by name.
async fn hidden_or_gone(io: &Io, each: &Wanted, cluster: &Scope) -> Result<Found<TopicSpec>, ProviderError> {
    let alone = access::reading(io, cluster, api::GET, |host| async move {
        alone(io, &host, &each.name).await
    })
    .await;
    match alone {
        Ok(Some((topic, settings))) => Ok(present(&topic, &settings, cluster.id())),
        Ok(None) => Ok(Found::Absent),
        Err(error) if error.class == Class::Denied => Ok(lookup::hidden(&error)),
        Err(error) => Err(error),
    }
}

type Read = Option<(api::Topic, Vec<Setting>)>;

async fn in_lists(io: &Io, host: &ClusterHost, name: &str) -> Result<Read, ProviderError> {
    let (topics, settings) = try_join(lists::topics(io, host), lists::settings(io, host)).await?;
    let found = topics.iter().find(|topic| topic.name == name).cloned();
    Ok(found.map(|topic| (topic, settings.get(name).cloned().unwrap_or_default())))
}

async fn alone(io: &Io, host: &ClusterHost, name: &str) -> Result<Read, ProviderError> {
    let Some(topic) = get(io, host, name).await? else {
        return Ok(None);
    };
    match topic_configs::list(io, host, name).await {
        Ok(settings) => Ok(Some((topic, settings))),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn get(io: &Io, host: &ClusterHost, name: &str) -> Result<Option<api::Topic>, ProviderError> {
    match api::get(io, host, name).await {
        Err(error) if error.class == Class::NotFound => Ok(None),
        other => other.map(Some),
    }
}

fn present(topic: &api::Topic, settings: &[Setting], cluster: &str) -> Found<TopicSpec> {
    let valued = |set: bool| {
        let some = settings.iter().filter(move |setting| setting.is_set_on_topic() == set);
        some.filter_map(|setting| Some((setting.name.clone(), setting.value.clone()?)))
    };
    Found::Present(Box::new(Present {
        spec: TopicSpec {
            kafka_cluster: Whole::of_id(cluster),
            credentials: None,
            partitions: Some(topic.partitions_count),
            config: valued(true).map(|(name, value)| (name, Scalar(value))).collect(),
        },
        outputs: outputs([("name", &topic.name)]),
        mark: None,
        handle: handle(&topic.name),
        holds_data: true,
        open: OpenKeys {
            defaults: valued(false).collect(),
            ..OpenKeys::default()
        },
    }))
}

/// The settings that differ: set to what is wanted, or unset.
fn altered<'u>(update: &Update<'u, TopicSpec>) -> Vec<Alteration<'u>> {
    let names = update.fields.iter().filter_map(|field| match field.path.as_slice() {
        [Segment::Key(config), Segment::Key(name)] if config == "config" => Some(name.as_str()),
        _ => None,
    });
    // A whole map that came or went is told as one field.
    let whole = update
        .fields
        .iter()
        .any(|field| field.path.len() == 1 && update.changes("config"));
    let all = update.want.config.keys().map(String::as_str).filter(|_| whole);
    let names: BTreeSet<&'u str> = names.chain(all).collect();
    names
        .into_iter()
        .map(|name| match update.want.config.get(name) {
            Some(Scalar(value)) => Alteration::Set { name, value },
            None => Alteration::Unset { name },
        })
        .collect()
}

/// From deleting to compacting as well there is no way but by compacting alone.
fn policy_between(update: &Update<'_, TopicSpec>) -> Option<Alteration<'static>> {
    let is = |spec: &TopicSpec, policy: &str| {
        let found = spec.config.get(POLICY).map(|Scalar(value)| value.clone());
        let canonical = |value: String| settings::canonical(POLICY, value);
        canonical(found.unwrap_or_else(|| DELETES.to_owned())) == canonical(policy.to_owned())
    };
    let rises = is(&update.seen.spec, DELETES) && is(update.want, "compact,delete");
    rises.then_some(Alteration::Set {
        name: POLICY,
        value: "compact",
    })
}

/// Waits until reads show what was written.
async fn shown(
    io: &Io,
    host: &ClusterHost,
    name: &str,
    update: &Update<'_, TopicSpec>,
    altered: &[Alteration<'_>],
) -> Result<(), ProviderError> {
    let mut wait = Wait::new(io, "the topic's changes to be shown", LONGEST_PAUSE);
    loop {
        let Some((topic, settings)) = alone(io, host, name).await? else {
            let text = format!("topic {name} is gone");
            return Err(ProviderError::own(api::GET, Class::NotFound, "TopicGone", text));
        };
        let has_partitions = update
            .want
            .partitions
            .is_none_or(|wanted| topic.partitions_count >= wanted);
        let is_done = |alteration: &Alteration<'_>| match alteration {
            Alteration::Set { name, value } => {
                let mut set = settings.iter().filter(|setting| setting.is_set_on_topic());
                set.any(|setting| setting.name == *name && is_same(name, setting.value.as_deref(), value))
            }
            Alteration::Unset { name } => !settings
                .iter()
                .any(|setting| setting.name == *name && setting.is_set_on_topic()),
        };
        if has_partitions && altered.iter().all(is_done) {
            return Ok(());
        }
        wait.next(api::GET, "not shown yet").await?;
    }
}

/// What lists their parts in any order is equal in any order.
fn is_same(name: &str, live: Option<&str>, wanted: &str) -> bool {
    let canonical = |value: &str| settings::canonical(name, value.to_owned());
    live.is_some_and(|live| canonical(live) == canonical(wanted))
}
