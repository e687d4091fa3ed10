//! `confluent_kafka_topic`: a topic of a cluster.
//!
//! - **Name**: `[a-zA-Z0-9._-]{1,249}`, but not what Kafka, Connect or ksqlDB make for themselves; cannot change. In an
//!   existing cluster it holds the owner's tag.
//! - **Partitions**: their number only grows. Left out, the server chooses (6 today).
//! - **Config**: an open map, compared and written by key; what the topic has beside is left alone, and a key that is
//!   taken out of the file is unset. A key that nobody set has the cluster's default, so declaring that is no
//!   difference. Names and ranges are checked against [`settings`].
//! - **Equal**: the order of `cleanup.policy`; numbers written as text.
//! - **Credentials**: the cluster's key that writes it; left out, the one that the user supplies. They are no part of
//!   the topic, and not compared.
//! - **Data**: deleting a topic deletes its records.

pub mod settings;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::schema::Effect;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Problems;
use crate::schema::Proof;
use crate::schema::Scalar;
use crate::schema::Schema;
use crate::schema::Takes;
use crate::schema::Whole;

/// The kind `confluent_kafka_topic`.
#[derive(Debug)]
pub struct KafkaTopic;

/// A topic of a Kafka cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "confluent_kafka_topic")]
pub struct TopicSpec {
    /// The cluster it lies in: ${confluent_kafka_cluster.NAME}.
    pub kafka_cluster: Whole,

    /// The key that writes it: ${confluent_api_key.NAME}. Left out, the one supplied for the cluster.
    #[serde(default)]
    pub credentials: Option<Whole>,

    /// How many partitions it has; the number only grows. Left out, the server chooses.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000))]
    pub partitions: Option<u32>,

    /// Settings by their names in Kafka, such as retention.ms. Those left out keep the cluster's default.
    #[serde(default)]
    pub config: BTreeMap<String, Scalar>,
}

/// What Kafka, Connect, ksqlDB and Confluent make for themselves.
pub fn is_internal(name: &str) -> bool {
    let begins = ["_", "dlq-lcc-", "success-lcc-", "error-lcc-"];
    let between = [("pksqlc-", "-processing-log"), ("clcc-", "-app-logs")];
    name == "confluent-audit-log-events"
        || begins.iter().any(|beginning| name.starts_with(beginning))
        || between
            .iter()
            .any(|(beginning, end)| name.starts_with(beginning) && name.ends_with(end))
}

impl Schema for KafkaTopic {
    const NAME: &'static str = "confluent_kafka_topic";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[("name", "prod.air")];
    const NAMING: Naming = Naming {
        punctuation: "._-",
        replacement: '-',
        length: 249,
        tagged: false,
    };
    const OPEN_MAPS: &'static [Path] = &[&["config"]];
    const SERVER_CHOSEN: &'static [Path] = &[&["partitions"]];
    const TAKES: &'static [Takes] = &[super::IN_CLUSTER, super::WRITTEN_WITH];
    const SCOPE: &'static [&'static str] = &["kafka_cluster"];
    const GOES_WITH_SCOPE: bool = true;
    const NEEDS: &'static [Path] = &[&["credentials"]];
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("topic_name", "name"),
        ("partitions_count", "partitions"),
        ("configs", "config"),
        ("settings", "config"),
        ("cluster", "kafka_cluster"),
        ("api_key", "credentials"),
    ];
    const ON_REPLACED: &'static [(&'static str, Effect)] = &[("confluent_kafka_cluster", Effect::Replace)];
    const DATA: Option<&'static str> = Some("the records");
    const MARKING: Marking = Marking::Scope;
    const PROOF: Proof = Proof::ByList;
    const RANK: u8 = 52;

    type Spec = TopicSpec;

    fn check(spec: &TopicSpec, problems: &mut Problems) {
        for (name, Scalar(value)) in &spec.config {
            settings::check(name, value, problems);
        }
    }

    fn canonical(mut spec: TopicSpec) -> TopicSpec {
        for (name, Scalar(value)) in &mut spec.config {
            *value = settings::canonical(name, std::mem::take(value));
        }
        spec
    }

    fn refuses(live: &TopicSpec, want: &TopicSpec) -> Option<String> {
        let (has, wanted) = (live.partitions?, want.partitions?);
        (wanted < has).then(|| {
            format!(
                "it has {has} partitions, and their number only grows: declare {has} or more, or ask for an empty new \
                 topic with `--replace`"
            )
        })
    }

    fn known_outputs(_spec: &TopicSpec, cloud_name: &str, _place: &Place) -> Outputs {
        super::named(cloud_name)
    }

    fn check_name(name: &str) -> Result<(), String> {
        if is_internal(name) || [".", ".."].contains(&name) {
            return Err("Kafka and Confluent make topics of such names for themselves".to_owned());
        }
        Self::NAMING.check(name)
    }
}

#[cfg(test)]
mod tests;
