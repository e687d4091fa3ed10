//! `confluent_connector`: a managed connector of a cluster.
//!
//! - **Name**: a display name that ends in the tag, unique in its cluster; cannot change, nor can the class.
//! - **Config**: an open map by the connector's own names. Lists are joined with commas, numbers and booleans become
//!   text, as the API has it; `config_overrides` is laid over it, entry by entry, so that a stack can let its user add
//!   properties. What the server adds is not compared, what it masks neither. A key that is taken out of the file is
//!   taken out of the connector.
//! - **Secrets** stand as such: a key whose name says that it is one takes nothing else, any other may.
//! - **Status**: RUNNING or PAUSED. A live connector shows the status it has: one that FAILED is a difference.
//! - **Order**: the topics it reads must exist.
//! - **Equal**: the order of `topics`.
//! - **MongoDbAtlasSink** is held against the facts of its property table ([`mongodb`]), other classes against what
//!   holds for all; Confluent's own validation is asked in plan and apply.

pub mod mongodb;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value as Json;

use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::resource::sentinel;
use crate::schema::Effect;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Problems;
use crate::schema::Proof;
use crate::schema::Scalar;
use crate::schema::Schema;
use crate::schema::Takes;
use crate::schema::Whole;

/// The kind `confluent_connector`.
#[derive(Debug)]
pub struct Connector;

/// A managed connector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "confluent_connector")]
pub struct ConnectorSpec {
    /// The cluster it reads or writes: ${confluent_kafka_cluster.NAME}.
    pub kafka_cluster: Whole,

    /// Whether it runs.
    #[serde(default = "running")]
    #[schemars(extend("enum" = ["RUNNING", "PAUSED"]))]
    pub status: String,

    /// Properties by the connector's own names; connector.class says which connector it is.
    pub config: BTreeMap<String, Property>,

    /// Properties that are added to config, or put in the place of those there.
    #[serde(default)]
    pub config_overrides: Option<BTreeMap<String, Property>>,
}

/// A property as the API takes all: text. A list is joined with commas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline, extend(
    "type" = ["string", "number", "boolean", "array"],
    "items" = { "type": ["string", "number", "boolean"] }
))]
pub struct Property(pub String);

impl<'de> Deserialize<'de> for Property {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Json::deserialize(deserializer)?;
        let text = match &value {
            Json::Array(items) => {
                let items: Option<Vec<String>> = items.iter().map(Scalar::text).collect();
                items.map(|items| items.join(","))
            }
            scalar => Scalar::text(scalar),
        };
        text.map(Self)
            .ok_or_else(|| serde::de::Error::custom("expected text, a number, true or false, or a list of these"))
    }
}

fn running() -> String {
    "RUNNING".to_owned()
}

/// Which connector it is.
pub const CLASS: &str = "connector.class";
/// The topics that a sink reads.
pub const TOPICS: &str = "topics";
/// Of whose topics it reads those that match.
pub const TOPICS_REGEX: &str = "topics.regex";
const AUTH_MODE: &str = "kafka.auth.mode";
const ACCOUNT: &str = "kafka.service.account.id";

/// What the server fills in (confluentinc/terraform-provider-confluent, its list of ignored keys).
const SERVER_FILLED: &[&str] = &[
    "cloud.environment",
    "cloud.provider",
    "kafka.endpoint",
    "kafka.region",
    "kafka.dedicated",
    "kafka.max.partition.validation.disable",
    "schema.registry.url",
    "valid.kafka.api.key",
    "connector.crn",
    "confluent.custom.plugin.type",
    "confluent.resource.connector.tier",
];

/// Whether the server fills in a property, so that nobody declares it.
pub fn is_server_filled(name: &str) -> bool {
    SERVER_FILLED.contains(&name) || name.starts_with("config.internal.")
}

impl ConnectorSpec {
    /// The property that holds, and the attribute where it is declared.
    fn property(&self, name: &str) -> Option<(&'static str, &str)> {
        let mut found = self.properties().filter(|(_, declared, _)| *declared == name);
        found.next().map(|(attribute, _, text)| (attribute, text))
    }

    /// Every property that holds, by name, with the attribute where it is declared.
    fn properties(&self) -> impl Iterator<Item = (&'static str, &str, &str)> {
        let overrides = self.config_overrides.iter().flatten();
        let over = overrides.map(|entry| ("config_overrides", entry));
        let is_under = |name: &String| !self.config_overrides.iter().any(|over| over.contains_key(name));
        let under = self.config.iter().filter(move |(name, _)| is_under(name));
        let under = under.map(|entry| ("config", entry));
        under
            .chain(over)
            .map(|(attribute, (name, Property(text)))| (attribute, name.as_str(), text.as_str()))
    }
}

impl Schema for Connector {
    const NAME: &'static str = "confluent_connector";
    const OUTPUTS: &'static [(&'static str, &'static str)] =
        &[("name", "prod-telemetry-mongodb-1a2b3c4d"), ("id", "lcc-abc123")];
    const NAMING: Naming = super::DISPLAY_NAME;
    const REPLACE_ON: &'static [Path] = &[&["config", CLASS]];
    const MUST_EXIST: &'static [Path] = &[&["config", TOPICS], &["config_overrides", TOPICS]];
    const OPEN_MAPS: &'static [Path] = &[&["config"]];
    const SECRETS: &'static [Path] = &[
        &["config", "*.password"],
        &["config", "*.secret"],
        &["config", "*.private.key"],
        &["config", "*Password"],
        &["config_overrides", "*.password"],
        &["config_overrides", "*.secret"],
        &["config_overrides", "*.private.key"],
        &["config_overrides", "*Password"],
    ];
    const MAY_BE_SECRET: &'static [Path] = &[&["config", "*"], &["config_overrides", "*"]];
    const MASKED: &'static [Path] = &[&["config", "*"]];
    const TAKES: &'static [Takes] = &[super::IN_CLUSTER];
    const SCOPE: &'static [&'static str] = &["kafka_cluster"];
    const NEEDS: &'static [Path] = &[&["config", ACCOUNT], &["config_overrides", ACCOUNT]];
    const FIXED_NAME: bool = true;
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("config_sensitive", "config"),
        ("config_nonsensitive", "config"),
        ("state", "status"),
        ("cluster", "kafka_cluster"),
        ("overrides", "config_overrides"),
    ];
    const ON_REPLACED: &'static [(&'static str, Effect)] = &[("confluent_kafka_cluster", Effect::Replace)];
    const MARKING: Marking = Marking::Name;
    const PROOF: Proof = Proof::ByList;
    const RANK: u8 = 42;

    type Spec = ConnectorSpec;

    fn check(spec: &ConnectorSpec, problems: &mut Problems) {
        if spec.property(CLASS).is_none() {
            problems.add(
                &["config"],
                "a connector needs its class: `connector.class`",
                Some("write `connector.class: MongoDbAtlasSink`"),
            );
        }
        for (attribute, name, _) in spec.properties() {
            if name == "name" {
                let hint = "beside `config`, `name:` names the connector";
                problems.add(
                    &[attribute, name],
                    "the connector's name is no property here",
                    Some(hint),
                );
            } else if is_server_filled(name) {
                problems.add(
                    &[attribute, name],
                    format!("Confluent fills in {name} itself"),
                    Some("leave it out"),
                );
            }
        }
        check_tasks(spec, problems);
        check_auth(spec, problems);
        if spec.property(CLASS).is_some_and(|(_, class)| class == mongodb::CLASS) {
            mongodb::check(spec, problems);
        }
    }

    fn canonical(mut spec: ConnectorSpec) -> ConnectorSpec {
        spec.config
            .append(&mut spec.config_overrides.take().unwrap_or_default());
        if let Some(Property(topics)) = spec.config.get_mut(TOPICS) {
            *topics = sorted(topics);
        }
        spec
    }

    fn known_outputs(_spec: &ConnectorSpec, cloud_name: &str, _place: &Place) -> Outputs {
        super::named(cloud_name)
    }
}

/// The names in a list of topics.
pub fn topics(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}

fn sorted(list: &str) -> String {
    let mut names: Vec<&str> = topics(list).collect();
    names.sort_unstable();
    names.dedup();
    names.join(",")
}

fn check_tasks(spec: &ConnectorSpec, problems: &mut Problems) {
    if let Some((attribute, tasks)) = spec.property("tasks.max")
        && !sentinel::is_in(tasks)
        && !tasks.parse().is_ok_and(|tasks: u32| tasks > 0)
    {
        let message = format!("tasks.max: expected a whole number, 1 or more, found {tasks:?}");
        problems.add(&[attribute, "tasks.max"], message, None);
    }
}

/// How it opens the cluster: as an account, or with a key of its own.
fn check_auth(spec: &ConnectorSpec, problems: &mut Problems) {
    let Some((attribute, mode)) = spec.property(AUTH_MODE) else {
        return;
    };
    let needed: &[&str] = match mode {
        "SERVICE_ACCOUNT" => &[ACCOUNT],
        "KAFKA_API_KEY" => &["kafka.api.key", "kafka.api.secret"],
        _ => &[],
    };
    for name in needed.iter().filter(|name| spec.property(name).is_none()) {
        problems.add(
            &[attribute, AUTH_MODE],
            format!("{AUTH_MODE}: {mode} needs {name}"),
            None,
        );
    }
}

#[cfg(test)]
mod tests;
