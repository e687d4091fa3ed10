//! Topics.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::address;
use super::authorize::Authority;
use super::authorize::Kind;
use super::cluster;
use super::listed;
use super::not_authorized;
use super::related;
use super::setting;
use super::wrong;
use crate::confluent::cmk::cluster::Cluster;
use crate::confluent::delays::Wait;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::confluent::service::Call;
use crate::confluent::service::Reply;
use crate::confluent::switches::StatusCodes;
use crate::store::Batch;
use crate::store::View;

const LONGEST_NAME: usize = 249;
const DEFAULT_PARTITIONS: u32 = 6;
/// The only one there is.
const REPLICAS: u32 = 3;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Topic {
    pub(super) name: String,
    partitions: u32,
    /// Settings made on the topic.
    pub(super) configs: BTreeMap<String, String>,
    visible_at: u64,
    /// What reads still show, where they lag.
    earlier: Option<Earlier>,
    deletion: Option<Deletion>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Earlier {
    partitions: u32,
    configs: BTreeMap<String, String>,
    until: u64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Deletion {
    hidden_at: u64,
    name_free_at: u64,
}

impl Topic {
    fn is_read(&self, context: &Context) -> bool {
        let hidden = self.deletion.is_some_and(|deletion| deletion.hidden_at <= context.now);
        self.visible_at <= context.now && !hidden
    }

    /// The settings that reads show.
    pub(super) fn shown_configs(&self, context: &Context) -> &BTreeMap<String, String> {
        match &self.earlier {
            Some(earlier) if context.now < earlier.until => &earlier.configs,
            _ => &self.configs,
        }
    }

    fn shown_partitions(&self, context: &Context) -> u32 {
        match &self.earlier {
            Some(earlier) if context.now < earlier.until => earlier.partitions,
            _ => self.partitions,
        }
    }

    /// Before a change: where reads lag they go on showing what is here.
    pub(super) fn keep_earlier(&mut self, context: &Context) {
        if context.reads_lag {
            self.earlier = Some(Earlier {
                partitions: self.shown_partitions(context),
                configs: self.shown_configs(context).clone(),
                until: context.after(Wait::TopicReadLag),
            });
        }
    }

    pub(super) fn stored(&self, context: &Context, cluster: &Cluster) -> Result<Batch, Refusal> {
        let mut batch = Batch::default();
        batch.put(key(context, &cluster.id, &self.name), self)?;
        Ok(batch)
    }

    fn shown(&self, cluster: &Cluster, partitions: u32, replicas: u32) -> Value {
        let path = format!("/topics/{}", self.name);
        let at = |rest: &str| related(cluster, &format!("{path}{rest}"));
        json!({
            "kind": "KafkaTopic",
            "metadata": {
                "self": address(cluster, &path),
                "resource_name": format!("crn:///kafka={}/topic={}", cluster.id, self.name),
            },
            "cluster_id": cluster.id,
            "topic_name": self.name,
            "is_internal": false,
            "replication_factor": replicas,
            "partitions_count": partitions,
            "partitions": at("/partitions"),
            "configs": at("/configs"),
            "partition_reassignments": at("/partitions/-/reassignment"),
        })
    }
}

fn key(context: &Context, cluster: &str, name: &str) -> String {
    context.prefix("topic") + cluster + "/" + name
}

/// Those that reads show.
pub(super) fn all(call: &Call<'_>, cluster: &Cluster) -> Result<Vec<Topic>, Refusal> {
    let prefix = context_prefix(call, cluster);
    let mut topics = Vec::new();
    for found in call.view.scan::<Topic>(&prefix) {
        let (_, topic) = found?;
        if topic.is_read(call.context) {
            topics.push(topic);
        }
    }
    Ok(topics)
}

fn context_prefix(call: &Call<'_>, cluster: &Cluster) -> String {
    key(call.context, &cluster.id, "")
}

/// The topic of the path, for a caller who may do this to it.
///
/// # Errors
/// 403 where the caller may not, there or not; 404 where it is not there.
pub(super) fn of_path(call: &Call<'_>, cluster: &Cluster, operation: &str) -> Result<Topic, Refusal> {
    let name = call.request.label("topic");
    let authority = Authority::of_caller(call, cluster)?;
    if !call.caller.is_shown(name) || !authority.allows(operation, Kind::Topic, name) {
        return Err(not_authorized());
    }
    let found: Option<Topic> = call.view.get(&key(call.context, &cluster.id, name))?;
    found
        .filter(|topic| topic.is_read(call.context))
        .ok_or_else(|| Refusal::flat(404, 40403, "This server does not host this topic-partition."))
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    let authority = Authority::of_caller(call, &cluster)?;
    let topics = all(call, &cluster)?;
    let visible = topics
        .iter()
        .filter(|topic| call.caller.is_shown(&topic.name) && authority.allows("DESCRIBE", Kind::Topic, &topic.name));
    let shown = visible.map(|topic| topic.shown(&cluster, topic.shown_partitions(call.context), REPLICAS));
    let shown: Vec<_> = shown.collect();
    listed(&cluster, "KafkaTopicList", "/topics", shown)
}

pub(super) fn get(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    let topic = of_path(call, &cluster, "DESCRIBE")?;
    Ok(Reply::ok(topic.shown(
        &cluster,
        topic.shown_partitions(call.context),
        REPLICAS,
    )))
}

#[derive(Debug, Deserialize)]
struct CreateInput {
    topic_name: Option<String>,
    partitions_count: Option<i64>,
    replication_factor: Option<i64>,
    #[serde(default)]
    configs: Vec<ConfigInput>,
    #[serde(default)]
    validate_only: bool,
}

#[derive(Debug, Deserialize)]
struct ConfigInput {
    name: String,
    value: Option<String>,
}

/// The answer shows neither partitions nor replicas, as the real one does not.
pub(super) fn create(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    let input: CreateInput = call.request.input()?;
    let name = input.topic_name.as_deref().unwrap_or_default();
    let authority = Authority::of_caller(call, &cluster)?;
    let is_allowed =
        authority.allows("CREATE", Kind::Topic, name) || authority.allows("CREATE", Kind::Cluster, CLUSTER);
    if !is_allowed {
        return Err(not_authorized());
    }
    check_name(name)?;
    check_free(call.view, call.context, &cluster.id, name)?;
    let partitions = partitions(input.partitions_count.unwrap_or_else(|| i64::from(DEFAULT_PARTITIONS)))?;
    check_limit(call, &cluster, partitions)?;
    if let Some(factor) = input.replication_factor
        && factor != i64::from(REPLICAS)
    {
        let message = format!("Replication factor: {factor} larger than available brokers: {REPLICAS}.");
        return Err(wrong(message));
    }
    let topic = Topic {
        name: name.to_owned(),
        partitions,
        configs: configs(call, &cluster, input.configs)?,
        visible_at: call.context.after(Wait::TopicVisible),
        earlier: None,
        deletion: None,
    };
    let shown = topic.shown(&cluster, 0, 0);
    if input.validate_only {
        return Ok(Reply::ok(shown));
    }
    Ok(Reply::of(201, shown).storing(topic.stored(call.context, &cluster)?))
}

/// What ACLs on a cluster name.
pub(super) const CLUSTER: &str = "kafka-cluster";

fn check_name(name: &str) -> Result<(), Refusal> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || name.len() > LONGEST_NAME || name == "." || name == ".." || !name.bytes().all(legal) {
        return Err(wrong(format!(
            "Topic name \"{name}\" is illegal: 1 to {LONGEST_NAME} of letters, digits, '.', '_' and '-' are expected"
        )));
    }
    Ok(())
}

fn check_free(view: View<'_>, context: &Context, cluster: &str, name: &str) -> Result<(), Refusal> {
    let found: Option<Topic> = view.get(&key(context, cluster, name))?;
    match found.map(|topic| topic.deletion) {
        None => Ok(()),
        Some(None) => Err(wrong(format!("Topic '{name}' already exists."))),
        Some(Some(deletion)) if context.now < deletion.name_free_at => {
            Err(wrong(format!("Topic '{name}' is marked for deletion.")))
        }
        Some(Some(_)) => Ok(()),
    }
}

fn partitions(asked: i64) -> Result<u32, Refusal> {
    let partitions = u32::try_from(asked).ok().filter(|partitions| *partitions > 0);
    partitions.ok_or_else(|| wrong("Number of partitions must be larger than 0."))
}

/// The cluster's partitions in all, if the settings limit them.
fn check_limit(call: &Call<'_>, cluster: &Cluster, more: u32) -> Result<(), Refusal> {
    let Some(limit) = call.context.switches.partitions else {
        return Ok(());
    };
    let prefix = context_prefix(call, cluster);
    let mut total = u64::from(more);
    for found in call.view.scan::<Topic>(&prefix) {
        let (_, topic) = found?;
        if topic.deletion.is_none() {
            total += u64::from(topic.partitions);
        }
    }
    if total > u64::from(limit) {
        let message = format!("Adding the requested number of partitions will exceed {limit} total partitions.");
        return Err(wrong(message));
    }
    Ok(())
}

/// Read-only settings are passed over without a word.
fn configs(call: &Call<'_>, cluster: &Cluster, inputs: Vec<ConfigInput>) -> Result<BTreeMap<String, String>, Refusal> {
    let mut configs = BTreeMap::new();
    for ConfigInput { name, value } in inputs {
        let setting = setting::find(&name).ok_or_else(|| wrong(format!("Unknown topic config name: {name}")))?;
        if let Some(value) = value.filter(|_| setting.is_editable()) {
            setting.check(&value, cluster, call.context)?;
            configs.insert(name, value);
        }
    }
    Ok(configs)
}

#[derive(Debug, Deserialize)]
struct UpdateInput {
    partitions_count: Option<i64>,
}

/// Partitions can only become more.
pub(super) fn update(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    let mut topic = of_path(call, &cluster, "ALTER")?;
    let input: UpdateInput = call.request.input()?;
    let asked = partitions(input.partitions_count.unwrap_or_default())?;
    let has = topic.partitions;
    if asked == has {
        return Err(wrong(format!("Topic already has {has} partitions.")));
    }
    if asked < has {
        return Err(wrong(format!(
            "Topic currently has {has} partitions, which is higher than the requested {asked}."
        )));
    }
    check_limit(call, &cluster, asked - has)?;
    topic.keep_earlier(call.context);
    topic.partitions = asked;
    let reply = match call.context.switches.status_codes {
        StatusCodes::Recorded => Reply::empty(204),
        StatusCodes::Specified => Reply::ok(topic.shown(&cluster, asked, REPLICAS)),
    };
    Ok(reply.storing(topic.stored(call.context, &cluster)?))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    let mut topic = of_path(call, &cluster, "DELETE")?;
    if topic.deletion.is_none() {
        topic.deletion = Some(Deletion {
            hidden_at: call.context.after(Wait::TopicHidden),
            name_free_at: call.context.after(Wait::TopicNameReuse),
        });
    }
    Ok(Reply::empty(204).storing(topic.stored(call.context, &cluster)?))
}

/// A topic that a service makes for itself, unless there is one of that name.
pub(crate) fn make(
    view: View<'_>,
    context: &Context,
    cluster: &str,
    name: &str,
    at: u64,
    batch: &mut Batch,
) -> Result<(), Refusal> {
    let key = key(context, cluster, name);
    if view.get::<Topic>(&key)?.is_some() {
        return Ok(());
    }
    let topic = Topic {
        name: name.to_owned(),
        partitions: 1,
        configs: BTreeMap::new(),
        visible_at: at,
        earlier: None,
        deletion: None,
    };
    Ok(batch.put(key, &topic)?)
}

/// Whether a topic of that name is there for those who read from it.
pub(crate) fn is_there(view: View<'_>, context: &Context, cluster: &str, name: &str) -> Result<bool, Refusal> {
    let found: Option<Topic> = view.get(&key(context, cluster, name))?;
    Ok(found.is_some_and(|topic| topic.deletion.is_none()))
}
