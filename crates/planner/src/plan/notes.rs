//! What the reader of a plan should know beside its changes. A note asks for nothing and changes no exit code.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use super::Change;
use super::Evaluation;
use super::Observations;
use super::change::Action;
use super::planner::Intent;
use super::unseen;
use crate::resource::Address;
use crate::resource::Owner;
use crate::resource::Segment;
use crate::resource::Value;
use crate::schema::DecodeError;

/// One thing to know; data, so that every view can say it in its own way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Note {
    /// In this Basic cluster more partitions are made than it takes at once.
    Partitions { cluster: Address, partitions: u32 },
    /// Service accounts of the organisation, by display name, that bear this environment's name with another tag.
    OtherTags { environment: String, accounts: Vec<String> },
    /// A destroy that does not reach what its owner has on AWS.
    AwsLeft { owner: Owner },
}

/// Partitions that a Basic cluster makes or deletes in one window. (docs.confluent.io, cluster types, 2026)
const PARTITIONS: u32 = 250;
const WINDOW_MINUTES: u32 = 5;
/// Partitions of a topic that declares none, today.
const DEFAULT: u32 = 6;
/// Most names that a sentence holds.
const NAMES: usize = 8;

const TOPIC: &str = "confluent_kafka_topic";

impl Note {
    /// One sentence without a full stop.
    pub fn sentence(&self) -> String {
        match self {
            Self::Partitions { cluster, partitions } => {
                let minutes = partitions.div_ceil(PARTITIONS).saturating_sub(1) * WINDOW_MINUTES;
                format!(
                    "{cluster} is a Basic cluster, which makes {PARTITIONS} partitions in {WINDOW_MINUTES} minutes: \
                     the {partitions} of this plan take about {minutes} minutes longer"
                )
            }
            Self::OtherTags { environment, accounts } => {
                let shown: Vec<String> = accounts.iter().take(NAMES).map(|name| format!("`{name}`")).collect();
                let more = match accounts.len().saturating_sub(NAMES) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!(
                    "the organisation has service accounts of an environment {environment} with another tag, {}{more}: \
                     they are of another AWS account or region, and left alone",
                    shown.join(", ")
                )
            }
            Self::AwsLeft { owner } => {
                format!("AWS is not asked: whatever {owner} has there is neither shown nor deleted")
            }
        }
    }
}

pub(super) fn of(
    evaluation: &Evaluation<'_>,
    owner: &Owner,
    live: &Observations,
    changes: &[Change],
    intent: Intent,
) -> Result<Vec<Note>, DecodeError> {
    let mut notes = match intent {
        Intent::Converge => partitions(evaluation, changes)?,
        Intent::Destroy if unseen::kinds(live).is_empty() => Vec::new(),
        Intent::Destroy => vec![Note::AwsLeft { owner: owner.clone() }],
    };
    if !live.namesakes.is_empty() {
        notes.push(Note::OtherTags {
            environment: evaluation.declared().settings.environment.clone(),
            accounts: live.namesakes.iter().cloned().collect(),
        });
    }
    Ok(notes)
}

fn partitions(evaluation: &Evaluation<'_>, changes: &[Change]) -> Result<Vec<Note>, DecodeError> {
    let mut made: BTreeMap<&Address, u32> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.address.kind == TOPIC) {
        if let Some(cluster) = evaluation.whole(&change.address, "kafka_cluster") {
            let sum = made.entry(cluster).or_default();
            *sum = sum.saturating_add(made_by(evaluation, change)?);
        }
    }
    let mut notes = Vec::new();
    for (cluster, partitions) in made.into_iter().filter(|(_, partitions)| *partitions > PARTITIONS) {
        let spec = evaluation.wanted(cluster)?.spec;
        if spec.get("basic").is_some_and(|basic| !basic.is_null()) {
            let cluster = cluster.clone();
            notes.push(Note::Partitions { cluster, partitions });
        }
    }
    Ok(notes)
}

/// How many partitions come with one change of a topic.
fn made_by(evaluation: &Evaluation<'_>, change: &Change) -> Result<u32, DecodeError> {
    Ok(match change.action {
        Action::Create | Action::Replace => {
            let spec = evaluation.wanted(&change.address)?.spec;
            let declared = spec.get("partitions").and_then(Json::as_u64);
            declared.map_or(DEFAULT, |number| u32::try_from(number).unwrap_or(u32::MAX))
        }
        Action::Update => {
            let number = |value: &Option<Value>| match value {
                Some(Value::Number(number)) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
                _ => None,
            };
            let is_theirs = |path: &[Segment]| matches!(path, [Segment::Key(key)] if key == "partitions");
            let fields = change.fields.iter().filter(|field| is_theirs(&field.path));
            fields
                .filter_map(|field| number(&field.after)?.checked_sub(number(&field.before)?))
                .fold(0, u32::saturating_add)
        }
        Action::Keep | Action::Delete | Action::Adopt | Action::Check | Action::Blocked => 0,
    })
}
