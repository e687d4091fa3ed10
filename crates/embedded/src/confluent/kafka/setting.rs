//! The settings that topics have: defaults and where they come from as in published answers of the API; limits as
//! documented, with those of Confluent's broker policy.

use crate::confluent::cmk::cluster::Cluster;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;

use super::wrong;

#[derive(Debug)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) default: &'static str,
    pub(super) origin: Origin,
    /// The broker's name for it, and its own default where the broker's configuration says otherwise.
    pub(super) synonym: &'static str,
    pub(super) built_in: Option<&'static str>,
    access: Access,
    form: Form,
}

/// Where the value of a setting comes from that was not made on the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    Static,
    /// The service itself made it on the topic.
    Topic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Editable,
    ReadOnly,
    /// Looks editable, and is the service's.
    Server,
    /// Editable on Dedicated clusters only, and shown only where it is set.
    Dedicated,
    /// Editable, and shown only where it is set.
    Hidden,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Long {
        least: i64,
        most: i64,
    },
    /// The limit is a switch, by type of cluster.
    MessageBytes,
    /// The limit is a switch.
    SegmentMs,
    OneOf(&'static [&'static str]),
    Any,
}

const fn row(name: &'static str, default: &'static str, access: Access, synonym: &'static str, form: Form) -> Setting {
    Setting {
        name,
        default,
        origin: Origin::Default,
        synonym,
        built_in: None,
        access,
        form,
    }
}

impl Setting {
    const fn fixed(self, built_in: &'static str) -> Self {
        Self {
            origin: Origin::Static,
            built_in: Some(built_in),
            ..self
        }
    }

    const fn of_service(self) -> Self {
        Self {
            origin: Origin::Topic,
            ..self
        }
    }
}

const LONGEST: &str = "9223372036854775807";
const LONG: Form = Form::Long {
    least: 0,
    most: i64::MAX,
};
const FROM_MINUS_ONE: Form = Form::Long {
    least: -1,
    most: i64::MAX,
};
const BOOLEAN: Form = Form::OneOf(&["true", "false"]);
const STRATEGIES: Form = Form::OneOf(&[
    "io.confluent.kafka.serializers.subject.TopicNameStrategy",
    "io.confluent.kafka.serializers.subject.RecordNameStrategy",
    "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy",
]);

use Access::Dedicated;
use Access::Editable;
use Access::Hidden;
use Access::ReadOnly;
use Access::Server;

#[rustfmt::skip]
pub(super) const SETTINGS: &[Setting] = &[
    row("cleanup.policy", "delete", Editable, "log.cleanup.policy", Form::OneOf(&["delete", "compact", "compact,delete", "delete,compact"])),
    row("compression.type", "producer", ReadOnly, "compression.type", Form::Any),
    row("delete.retention.ms", "86400000", Editable, "log.cleaner.delete.retention.ms", Form::Long { least: 0, most: 60_566_400_000 }),
    row("file.delete.delay.ms", "60000", ReadOnly, "log.segment.delete.delay.ms", LONG),
    row("flush.messages", LONGEST, ReadOnly, "log.flush.interval.messages", LONG),
    row("flush.ms", LONGEST, ReadOnly, "", LONG),
    row("follower.replication.throttled.replicas", "", ReadOnly, "", Form::Any),
    row("index.interval.bytes", "4096", ReadOnly, "log.index.interval.bytes", LONG),
    row("leader.replication.throttled.replicas", "", ReadOnly, "", Form::Any),
    row("max.compaction.lag.ms", LONGEST, Editable, "log.cleaner.max.compaction.lag.ms", Form::Long { least: 1, most: i64::MAX }),
    row("max.message.bytes", "2097164", Editable, "message.max.bytes", Form::MessageBytes).fixed("1048588"),
    row("message.downconversion.enable", "true", ReadOnly, "log.message.downconversion.enable", BOOLEAN),
    row("message.format.version", "3.0-IV1", ReadOnly, "log.message.format.version", Form::Any).fixed("3.0-IV1"),
    row("message.timestamp.after.max.ms", LONGEST, Hidden, "log.message.timestamp.after.max.ms", LONG),
    row("message.timestamp.before.max.ms", LONGEST, Hidden, "log.message.timestamp.before.max.ms", LONG),
    row("message.timestamp.difference.max.ms", LONGEST, Editable, "log.message.timestamp.difference.max.ms", LONG),
    row("message.timestamp.type", "CreateTime", Editable, "log.message.timestamp.type", Form::OneOf(&["CreateTime", "LogAppendTime"])),
    row("min.cleanable.dirty.ratio", "0.5", ReadOnly, "log.cleaner.min.cleanable.ratio", Form::Any),
    row("min.compaction.lag.ms", "0", Editable, "log.cleaner.min.compaction.lag.ms", LONG),
    row("min.insync.replicas", "2", Editable, "min.insync.replicas", Form::Long { least: 1, most: 3 }).fixed("1"),
    row("preallocate", "false", ReadOnly, "log.preallocate", BOOLEAN),
    row("retention.bytes", "-1", Editable, "log.retention.bytes", FROM_MINUS_ONE),
    row("retention.ms", "604800000", Editable, "", FROM_MINUS_ONE),
    row("segment.bytes", "104857600", Editable, "log.segment.bytes", LONG).fixed("1073741824"),
    row("segment.index.bytes", "10485760", ReadOnly, "log.index.size.max.bytes", LONG),
    row("segment.jitter.ms", "0", ReadOnly, "", LONG),
    row("segment.ms", "604800000", Editable, "", Form::SegmentMs),
    row("unclean.leader.election.enable", "false", ReadOnly, "unclean.leader.election.enable", BOOLEAN),
    row("confluent.key.schema.validation", "false", Dedicated, "", BOOLEAN),
    row("confluent.key.subject.name.strategy", "io.confluent.kafka.serializers.subject.TopicNameStrategy", Dedicated, "", STRATEGIES),
    row("confluent.schema.validation.context.name", "default", Hidden, "", Form::Any),
    row("confluent.topic.type", "standard", Server, "", Form::Any).of_service(),
    row("confluent.value.schema.validation", "false", Dedicated, "", BOOLEAN),
    row("confluent.value.subject.name.strategy", "io.confluent.kafka.serializers.subject.TopicNameStrategy", Dedicated, "", STRATEGIES),
];

pub(super) fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

impl Setting {
    /// Whether a value that is sent at creation counts.
    pub(super) fn is_editable(&self) -> bool {
        matches!(self.access, Access::Editable | Access::Dedicated | Access::Hidden)
    }

    /// What `is_read_only` says.
    pub(super) fn shows_read_only(&self) -> bool {
        self.access == Access::ReadOnly
    }

    /// Whether it is listed where it is not set.
    pub(super) fn is_always_listed(&self) -> bool {
        matches!(self.access, Access::Editable | Access::ReadOnly | Access::Server)
    }

    /// # Errors
    /// The value cannot be, or not on this cluster.
    pub(super) fn check(&self, value: &str, cluster: &Cluster, context: &Context) -> Result<(), Refusal> {
        let name = self.name;
        if self.access == Access::Dedicated && !cluster.is_dedicated() {
            let message = format!("Config property '{name}' is supported on Dedicated clusters only.");
            return Err(wrong(message));
        }
        let (least, most) = match self.form {
            Form::Any => return Ok(()),
            Form::OneOf(values) if values.contains(&value) => return Ok(()),
            Form::OneOf(values) => {
                let values = values.join(", ");
                let message =
                    format!("Invalid value {value} for configuration {name}: String must be one of: {values}");
                return Err(wrong(message));
            }
            Form::Long { least, most } => (least, most),
            Form::MessageBytes if cluster.is_dedicated() => (0, context.switches.most_message_bytes_dedicated),
            Form::MessageBytes => (0, context.switches.most_message_bytes),
            Form::SegmentMs => (context.switches.least_segment_ms, i64::MAX),
        };
        let number: i64 = value.parse().map_err(|_| {
            wrong(format!(
                "Invalid value {value} for configuration {name}: Not a number of type LONG"
            ))
        })?;
        if number > most {
            let message = format!("Config property '{name}' with value '{value}' exceeded max limit of {most}.");
            return Err(wrong(message));
        }
        if number < least {
            let message = format!("Config property '{name}' with value '{value}' is below min limit of {least}.");
            return Err(wrong(message));
        }
        Ok(())
    }
}
