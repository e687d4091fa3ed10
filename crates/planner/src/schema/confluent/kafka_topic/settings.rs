//! The settings of a topic that can be set on Confluent Cloud, and what values they take.
//!
//! Names are those that Confluent's own Terraform provider lets be edited; limits are published or of Confluent's
//! `TopicPolicyConfig` (`reference/confluent.md` 7.2). Settings that exist and are read-only are accepted silently when a
//! topic is made and fail on every change, so they are refused here.

use crate::environment::diagnostic::nearest;
use crate::resource::sentinel;
use crate::schema::Problems;

/// What a setting takes.
enum Takes {
    /// A whole number, from and to.
    Number(i64, i64),
    Word(&'static [&'static str]),
    /// A comma-separated list of these, in any order.
    Words(&'static [&'static str]),
    Text,
}

use Takes::Number;
use Takes::Text;
use Takes::Word;
use Takes::Words;

const BOOLEAN: Takes = Word(&["true", "false"]);
const STRATEGY: Takes = Word(&[
    "io.confluent.kafka.serializers.subject.TopicNameStrategy",
    "io.confluent.kafka.serializers.subject.RecordNameStrategy",
    "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy",
]);
/// Only on Dedicated clusters, as their provider says.
const DEDICATED_ONLY: &[&str] = &[
    "confluent.key.schema.validation",
    "confluent.value.schema.validation",
    "confluent.key.subject.name.strategy",
    "confluent.value.subject.name.strategy",
];
/// Bytes of the largest message: of shared clusters, and of Dedicated ones.
pub const SHARED_MESSAGE_BYTES: i64 = 8_388_608;
const MESSAGE_BYTES: i64 = 20_971_520;
const CLEANUP_POLICY: &str = "cleanup.policy";

const EDITABLE: &[(&str, Takes)] = &[
    (CLEANUP_POLICY, Words(&["delete", "compact"])),
    ("delete.retention.ms", Number(0, 60_566_400_000)),
    ("max.message.bytes", Number(0, MESSAGE_BYTES)),
    ("max.compaction.lag.ms", Number(1, i64::MAX)),
    ("message.timestamp.difference.max.ms", Number(0, i64::MAX)),
    ("message.timestamp.before.max.ms", Number(0, i64::MAX)),
    ("message.timestamp.after.max.ms", Number(0, i64::MAX)),
    ("message.timestamp.type", Word(&["CreateTime", "LogAppendTime"])),
    ("min.compaction.lag.ms", Number(0, i64::MAX)),
    ("min.insync.replicas", Number(1, 3)),
    ("retention.bytes", Number(-1, i64::MAX)),
    ("retention.ms", Number(-1, i64::MAX)),
    ("segment.bytes", Number(14, 2_147_483_647)),
    ("segment.ms", Number(600_000, i64::MAX)),
    ("confluent.key.schema.validation", BOOLEAN),
    ("confluent.value.schema.validation", BOOLEAN),
    ("confluent.key.subject.name.strategy", STRATEGY),
    ("confluent.value.subject.name.strategy", STRATEGY),
    ("confluent.schema.validation.context.name", Text),
];

const READ_ONLY: &[&str] = &[
    "compression.type",
    "confluent.topic.type",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "follower.replication.throttled.replicas",
    "index.interval.bytes",
    "leader.replication.throttled.replicas",
    "message.downconversion.enable",
    "message.format.version",
    "min.cleanable.dirty.ratio",
    "preallocate",
    "segment.index.bytes",
    "segment.jitter.ms",
    "unclean.leader.election.enable",
];

/// Whether a setting may be set on Dedicated clusters only.
pub fn is_dedicated_only(name: &str) -> bool {
    DEDICATED_ONLY.contains(&name)
}

/// Holds one setting against the table.
pub fn check(name: &str, value: &str, problems: &mut Problems) {
    let path = ["config", name];
    let Some((_, takes)) = EDITABLE.iter().find(|(editable, _)| *editable == name) else {
        return unknown(name, problems);
    };
    if sentinel::is_in(value) {
        return;
    }
    let expected = match takes {
        Number(least, most)
            if !value
                .trim()
                .parse()
                .is_ok_and(|number: i64| (*least..=*most).contains(&number)) =>
        {
            match *most {
                i64::MAX => format!("a whole number, {least} or more"),
                _ => format!("a whole number, {least} to {most}"),
            }
        }
        Word(words) if !words.contains(&value) => format!("one of {}", words.join(", ")),
        Words(words) if !listed(value).all(|word| words.contains(&word)) => {
            format!("one or more of {}, with commas", words.join(", "))
        }
        Number(..) | Word(_) | Words(_) | Text => return,
    };
    problems.add(&path, format!("{name}: expected {expected}, found {value:?}"), None);
}

fn unknown(name: &str, problems: &mut Problems) {
    let path = ["config", name];
    if READ_ONLY.contains(&name) {
        let message = format!("Confluent Cloud does not let {name} be set on a topic");
        return problems.add(&path, message, Some("leave it out: the cluster decides"));
    }
    if sentinel::is_in(name) {
        return;
    }
    let meant = nearest(name, EDITABLE.iter().map(|(editable, _)| *editable));
    let hint = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => {
            let names: Vec<&str> = EDITABLE.iter().map(|(name, _)| *name).collect();
            format!("there is {}", names.join(", "))
        }
    };
    problems.add(&path, format!("a topic has no setting `{name}`"), Some(&hint));
}

/// One spelling of a value; what is no number, or not known, stays as it is.
pub fn canonical(name: &str, value: String) -> String {
    if name == CLEANUP_POLICY && !sentinel::is_in(&value) {
        let mut words: Vec<&str> = listed(&value).collect();
        words.sort_unstable();
        words.dedup();
        return words.join(",");
    }
    match value.trim().parse::<i64>() {
        Ok(number) => number.to_string(),
        Err(_) => value,
    }
}

fn listed(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim)
}
