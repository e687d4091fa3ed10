//! The settings of topics as the API shows and changes them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use super::address;
use super::authorize::Authority;
use super::authorize::Kind;
use super::cluster;
use super::listed;
use super::setting;
use super::setting::Origin;
use super::setting::SETTINGS;
use super::setting::Setting;
use super::topic;
use super::topic::Topic;
use super::topic::of_path;
use super::wrong;
use crate::confluent::cmk::cluster::Cluster;
use crate::confluent::refusal::Refusal;
use crate::confluent::service::Call;
use crate::confluent::service::Reply;

const DEFAULT: &str = "DEFAULT_CONFIG";
const STATIC: &str = "STATIC_BROKER_CONFIG";
const TOPIC: &str = "DYNAMIC_TOPIC_CONFIG";

/// One setting of one topic. There are thousands in a list, so it is written without a tree in between.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    kind: &'static str,
    metadata: Metadata,
    cluster_id: &'a str,
    topic_name: &'a str,
    name: &'static str,
    value: &'a str,
    is_default: bool,
    is_read_only: bool,
    is_sensitive: bool,
    source: &'static str,
    synonyms: Vec<Synonym<'a>>,
}

#[derive(Debug, Serialize)]
struct Metadata {
    #[serde(rename = "self")]
    address: String,
    resource_name: String,
}

#[derive(Debug, Serialize)]
struct Synonym<'a> {
    name: &'static str,
    value: &'a str,
    source: &'static str,
}

impl<'a> Shown<'a> {
    fn of(setting: &Setting, set: Option<&'a String>, cluster: &'a Cluster, topic: &'a str) -> Self {
        let value = set.map_or(setting.default, String::as_str);
        let source = match (set, setting.origin) {
            (Some(_), _) | (None, Origin::Topic) => TOPIC,
            (None, Origin::Static) => STATIC,
            (None, Origin::Default) => DEFAULT,
        };
        let path = format!("/topics/{topic}/configs/{}", setting.name);
        Self {
            kind: "KafkaTopicConfig",
            metadata: Metadata {
                address: address(cluster, &path),
                resource_name: format!("crn:///kafka={}/topic={topic}/config={}", cluster.id, setting.name),
            },
            cluster_id: &cluster.id,
            topic_name: topic,
            name: setting.name,
            value,
            is_default: source == DEFAULT,
            is_read_only: setting.shows_read_only(),
            is_sensitive: false,
            source,
            synonyms: synonyms(setting, source, value),
        }
    }
}

/// Where the value comes from and what it would be otherwise, the nearest first.
fn synonyms<'a>(setting: &Setting, source: &'static str, value: &'a str) -> Vec<Synonym<'a>> {
    let own = (source == TOPIC).then_some(Synonym {
        name: setting.name,
        value,
        source: TOPIC,
    });
    let of_broker = |value: &'static str, source: &'static str| Synonym {
        name: setting.synonym,
        value,
        source,
    };
    let configured = (setting.origin == Origin::Static).then(|| of_broker(setting.default, STATIC));
    let built_in = setting.built_in.unwrap_or(setting.default);
    let built_in = (!setting.synonym.is_empty()).then(|| of_broker(built_in, DEFAULT));
    own.into_iter().chain(configured).chain(built_in).collect()
}

fn shown_all<'a>(set: &'a BTreeMap<String, String>, cluster: &'a Cluster, topic: &'a str) -> Vec<Shown<'a>> {
    SETTINGS
        .iter()
        .filter(|setting| setting.is_always_listed() || set.contains_key(setting.name))
        .map(|setting| Shown::of(setting, set.get(setting.name), cluster, topic))
        .collect()
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    let topic = of_path(call, &cluster, "DESCRIBE_CONFIGS")?;
    let data = shown_all(topic.shown_configs(call.context), &cluster, &topic.name);
    let path = format!("/topics/{}/configs", topic.name);
    listed(&cluster, "KafkaTopicConfigList", &path, data)
}

pub(super) fn list_all(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    let authority = Authority::of_caller(call, &cluster)?;
    let topics = topic::all(call, &cluster)?;
    let mut data = Vec::new();
    for topic in &topics {
        let allowed = authority.allows("DESCRIBE_CONFIGS", Kind::Topic, &topic.name);
        if allowed && call.caller.is_shown(&topic.name) {
            data.extend(shown_all(topic.shown_configs(call.context), &cluster, &topic.name));
        }
    }
    listed(&cluster, "KafkaTopicConfigList", "/topics/-/configs", data)
}

/// What a new topic of that name would have.
pub(super) fn list_defaults(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    let name = call.request.label("topic");
    let path = format!("/topics/{name}/default-configs");
    let none = BTreeMap::new();
    let data = shown_all(&none, &cluster, name);
    listed(&cluster, "KafkaTopicConfigList", &path, data)
}

/// The setting, whether topics have it at all.
fn known(name: &str, cluster: &Cluster, topic: &Topic) -> Result<&'static Setting, Refusal> {
    setting::find(name).ok_or_else(|| {
        let message = format!(
            "Config {name} cannot be found for TOPIC {} in cluster {}.",
            topic.name, cluster.id
        );
        Refusal::flat(404, 404, message)
    })
}

pub(super) fn get(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    let topic = of_path(call, &cluster, "DESCRIBE_CONFIGS")?;
    let setting = known(call.request.label("name"), &cluster, &topic)?;
    let set = topic.shown_configs(call.context).get(setting.name);
    let text = serde_json::to_string(&Shown::of(setting, set, &cluster, &topic.name))?;
    Ok(Reply::text(200, text))
}

#[derive(Debug, Deserialize)]
struct AlterInput {
    #[serde(default)]
    data: Vec<Change>,
    #[serde(default)]
    validate_only: bool,
}

#[derive(Debug, Deserialize)]
struct Change {
    name: String,
    value: Option<String>,
    operation: Option<String>,
}

/// All of it or nothing.
pub(super) fn alter(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    let mut topic = of_path(call, &cluster, "ALTER_CONFIGS")?;
    let input: AlterInput = call.request.input()?;
    topic.keep_earlier(call.context);
    for change in input.data {
        let value = match change.operation.as_deref() {
            Some("DELETE") => None,
            None | Some("SET") => Some(change.value.unwrap_or_default()),
            Some(other) => {
                return Err(wrong(format!(
                    "Unknown operation {other} for configuration {}",
                    change.name
                )));
            }
        };
        set(call, &cluster, &mut topic, &change.name, value)?;
    }
    if input.validate_only {
        return Ok(Reply::empty(204));
    }
    Ok(Reply::empty(204).storing(topic.stored(call.context, &cluster)?))
}

/// `None` goes back to the default.
fn set(
    call: &Call<'_>,
    cluster: &Cluster,
    topic: &mut Topic,
    name: &str,
    value: Option<String>,
) -> Result<(), Refusal> {
    let setting = known(name, cluster, topic)?;
    if !setting.is_editable() {
        return Err(wrong(format!("Config property '{name}' cannot be changed.")));
    }
    let Some(value) = value else {
        topic.configs.remove(name);
        return Ok(());
    };
    setting.check(&value, cluster, call.context)?;
    let both = matches!(value.as_str(), "compact,delete" | "delete,compact");
    let deletes = topic.configs.get(name).is_none_or(|now| now == "delete");
    if name == "cleanup.policy" && both && deletes {
        return Err(wrong(
            "Config property 'cleanup.policy' cannot go from delete to both: set it to compact first.",
        ));
    }
    topic.configs.insert(name.to_owned(), value);
    Ok(())
}

#[derive(Debug, Deserialize)]
struct UpdateInput {
    value: Option<String>,
}

pub(super) fn update(call: &Call<'_>) -> Result<Reply, Refusal> {
    let input: UpdateInput = call.request.input()?;
    change_one(call, Some(input.value.unwrap_or_default()))
}

pub(super) fn reset(call: &Call<'_>) -> Result<Reply, Refusal> {
    change_one(call, None)
}

fn change_one(call: &Call<'_>, value: Option<String>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    let mut topic = of_path(call, &cluster, "ALTER_CONFIGS")?;
    topic.keep_earlier(call.context);
    set(call, &cluster, &mut topic, call.request.label("name"), value)?;
    Ok(Reply::empty(204).storing(topic.stored(call.context, &cluster)?))
}
