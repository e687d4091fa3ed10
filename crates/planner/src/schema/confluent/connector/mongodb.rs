//! Properties of `MongoDbAtlasSink`: what it needs, and which words some of them take (Confluent's connector template of
//! February 2026). Numbers and names that it may learn are left to Confluent's own validation.

use super::ConnectorSpec;
use super::TOPICS;
use super::TOPICS_REGEX;
use super::topics;
use crate::environment::diagnostic::nearest;
use crate::resource::sentinel;
use crate::schema::Problems;

pub const CLASS: &str = "MongoDbAtlasSink";

const REQUIRED: &[&str] = &[
    "connection.host",
    "connection.user",
    "connection.password",
    "database",
    "input.data.format",
    "tasks.max",
];
const DEAD_LETTERS: &str = "errors.deadletterqueue.topic.name";

const BOOLEAN: &[&str] = &["true", "false"];
const WORDS: &[(&str, &[&str])] = &[
    ("kafka.auth.mode", &["SERVICE_ACCOUNT", "KAFKA_API_KEY"]),
    (
        "input.data.format",
        &["AVRO", "JSON_SR", "PROTOBUF", "JSON", "STRING", "BSON"],
    ),
    (
        "input.key.format",
        &["AVRO", "BYTES", "JSON", "JSON_SR", "PROTOBUF", "STRING"],
    ),
    ("mongodb.instance.type", &["MONGODB_ATLAS", "MONGODB_SELF_MANAGED"]),
    (
        "cdc.handler",
        &[
            "None",
            "MongoDbChangeStreamHandler",
            "DebeziumMongoDbHandler",
            "DebeziumMySqlHandler",
            "DebeziumPostgresHandler",
            "QlikRdbmsHandler",
        ],
    ),
    (
        "write.strategy",
        &[
            "DefaultWriteModelStrategy",
            "InsertOneDefaultStrategy",
            "ReplaceOneDefaultStrategy",
            "ReplaceOneBusinessKeyStrategy",
            "DeleteOneDefaultStrategy",
            "UpdateOneTimestampsStrategy",
            "UpdateOneBusinessKeyTimestampStrategy",
            "UpdateOneDefaultStrategy",
        ],
    ),
    (
        "delete.write.strategy",
        &[
            "DeleteOneDefaultStrategy",
            "InsertOneDefaultStrategy",
            "ReplaceOneDefaultStrategy",
            "ReplaceOneBusinessKeyStrategy",
            "DeleteOneBusinessKeyStrategy",
            "UpdateOneDefaultStrategy",
            "UpdateOneTimestampsStrategy",
            "UpdateOneBusinessKeyTimestampStrategy",
        ],
    ),
    ("delete.on.null.values", BOOLEAN),
    ("bulk.write.ordered", BOOLEAN),
    (
        "doc.id.strategy",
        &[
            "BsonOidStrategy",
            "KafkaMetaDataStrategy",
            "FullKeyStrategy",
            "ProvidedInKeyStrategy",
            "ProvidedInValueStrategy",
            "PartialKeyStrategy",
            "PartialValueStrategy",
            "UuidStrategy",
        ],
    ),
    ("doc.id.strategy.overwrite.existing", BOOLEAN),
    ("key.projection.type", &["none", "allowlist", "blocklist"]),
    ("value.projection.type", &["none", "allowlist", "blocklist"]),
    (
        "namespace.mapper.class",
        &["DefaultNamespaceMapper", "FieldPathNamespaceMapper"],
    ),
    ("namespace.mapper.error.if.invalid", BOOLEAN),
    ("timeseries.timefield.auto.convert", BOOLEAN),
    ("ts.granularity", &["None", "seconds", "minutes", "hours"]),
    ("server.api.deprecation.errors", BOOLEAN),
    ("server.api.strict", BOOLEAN),
    ("mongo.errors.tolerance", &["NONE", "ALL"]),
    ("errors.tolerance", &["none", "all"]),
    ("auto.restart.on.user.error", BOOLEAN),
];

pub(super) fn check(spec: &ConnectorSpec, problems: &mut Problems) {
    for name in REQUIRED.iter().filter(|name| spec.property(name).is_none()) {
        problems.add(&["config"], format!("{CLASS} needs `{name}`"), None);
    }
    match (spec.property(TOPICS), spec.property(TOPICS_REGEX)) {
        (None, None) => problems.add(
            &["config"],
            format!("{CLASS} needs `{TOPICS}`"),
            Some("write `topics: ${confluent_kafka_topic.NAME[*].name}`"),
        ),
        (Some(_), Some((attribute, _))) => problems.add(
            &[attribute, TOPICS_REGEX],
            format!("the topics are listed in `{TOPICS}` or matched by `{TOPICS_REGEX}`, not both"),
            Some("remove one of them"),
        ),
        (Some((attribute, list)), None) if topics(list).next().is_none() => {
            problems.add(
                &[attribute, TOPICS],
                format!("{CLASS} needs a topic to read, found none"),
                None,
            );
        }
        (Some(_), None) | (None, Some(_)) => {}
    }
    for (name, words) in WORDS {
        check_word(spec, name, words, problems);
    }
    check_dead_letters(spec, problems);
}

fn check_word(spec: &ConnectorSpec, name: &str, words: &[&str], problems: &mut Problems) {
    let Some((attribute, text)) = spec.property(name) else {
        return;
    };
    if sentinel::is_in(text) || words.contains(&text) {
        return;
    }
    let meant = nearest(text, words.iter().copied()).map(|meant| format!("did you mean {meant}?"));
    let message = format!("{name}: expected one of {}, found {text:?}", words.join(", "));
    problems.add(&[attribute, name], message, meant.as_deref());
}

/// A dead letter that is read again comes back for ever.
fn check_dead_letters(spec: &ConnectorSpec, problems: &mut Problems) {
    if let (Some((attribute, dead)), Some((_, list))) = (spec.property(DEAD_LETTERS), spec.property(TOPICS))
        && topics(list).any(|topic| topic == dead)
    {
        problems.add(
            &[attribute, DEAD_LETTERS],
            format!("{dead:?} is among the topics that are read, so a dead letter would come back for ever"),
            None,
        );
    }
}
