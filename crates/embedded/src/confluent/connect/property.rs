//! The properties of MongoDbAtlasSink: names, types, which are required, defaults and allowed values, as in Confluent's
//! published template of the connector (confluentinc/connect-migration-utility, Apache-2.0, February 2026).

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Int,
    Long,
    Boolean,
    Password,
    List,
}

impl Type {
    /// As the API has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "STRING",
            Self::Int => "INT",
            Self::Long => "LONG",
            Self::Boolean => "BOOLEAN",
            Self::Password => "PASSWORD",
            Self::List => "LIST",
        }
    }
}

#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) kind: Type,
    pub(super) required: bool,
    /// Empty: none.
    pub(super) default: &'static str,
    /// Empty: any.
    pub(super) allowed: &'static [&'static str],
    /// Another name that is taken for it; empty: none.
    pub(super) alias: &'static str,
}

const fn row(
    name: &'static str,
    kind: Type,
    required: bool,
    default: &'static str,
    allowed: &'static [&'static str],
    alias: &'static str,
) -> Property {
    Property {
        name,
        kind,
        required,
        default,
        allowed,
        alias,
    }
}

use Type::Boolean;
use Type::Int;
use Type::List;
use Type::Long;
use Type::Password;
use Type::Text;

#[rustfmt::skip]
pub(super) const PROPERTIES: &[Property] = &[
    row("connector.class", Text, true, "", &[], ""),
    row("name", Text, true, "", &[], ""),
    row("tasks.max", Int, true, "", &[], ""),
    row("kafka.auth.mode", Text, false, "KAFKA_API_KEY", &["SERVICE_ACCOUNT", "KAFKA_API_KEY"], ""),
    row("kafka.api.key", Password, false, "", &[], ""),
    row("input.data.format", Text, true, "", &["AVRO", "JSON_SR", "PROTOBUF", "JSON", "STRING", "BSON"], "data.format"),
    row("input.key.format", Text, false, "STRING", &["AVRO", "BYTES", "JSON", "JSON_SR", "PROTOBUF", "STRING"], "key.format"),
    row("cdc.handler", Text, false, "None", &["None", "MongoDbChangeStreamHandler", "DebeziumMongoDbHandler", "DebeziumMySqlHandler", "DebeziumPostgresHandler", "QlikRdbmsHandler"], ""),
    row("delete.on.null.values", Text, false, "false", &["true", "false"], ""),
    row("mongodb.instance.type", Text, true, "MONGODB_ATLAS", &["MONGODB_SELF_MANAGED", "MONGODB_ATLAS"], ""),
    row("connection.host", Text, true, "", &[], ""),
    row("connection.user", Text, true, "", &[], ""),
    row("connection.password", Password, true, "", &[], ""),
    row("database", Text, true, "", &[], ""),
    row("collection", Text, false, "", &[], ""),
    row("max.num.retries", Int, false, "3", &[], ""),
    row("retries.defer.timeout", Int, false, "5000", &[], ""),
    row("write.strategy", Text, false, "DefaultWriteModelStrategy", &["DefaultWriteModelStrategy", "InsertOneDefaultStrategy", "ReplaceOneDefaultStrategy", "ReplaceOneBusinessKeyStrategy", "DeleteOneDefaultStrategy", "UpdateOneTimestampsStrategy", "UpdateOneBusinessKeyTimestampStrategy", "UpdateOneDefaultStrategy"], ""),
    row("max.batch.size", Int, false, "0", &[], ""),
    row("bulk.write.ordered", Text, false, "true", &["false", "true"], ""),
    row("rate.limiting.timeout", Int, false, "0", &[], ""),
    row("rate.limiting.every.n", Int, false, "0", &[], ""),
    row("delete.write.strategy", Text, false, "DeleteOneDefaultStrategy", &["InsertOneDefaultStrategy", "ReplaceOneDefaultStrategy", "ReplaceOneBusinessKeyStrategy", "DeleteOneDefaultStrategy", "DeleteOneBusinessKeyStrategy", "UpdateOneDefaultStrategy", "UpdateOneTimestampsStrategy", "UpdateOneBusinessKeyTimestampStrategy"], ""),
    row("doc.id.strategy", Text, false, "BsonOidStrategy", &["BsonOidStrategy", "KafkaMetaDataStrategy", "FullKeyStrategy", "ProvidedInKeyStrategy", "ProvidedInValueStrategy", "PartialKeyStrategy", "PartialValueStrategy", "UuidStrategy"], ""),
    row("doc.id.strategy.overwrite.existing", Text, false, "false", &["false", "true"], ""),
    row("document.id.strategy.uuid.format", Text, false, "string", &["String", "Binary"], ""),
    row("key.projection.type", Text, false, "none", &["allowlist", "blocklist", "none"], ""),
    row("key.projection.list", Text, false, "", &[], ""),
    row("value.projection.type", Text, false, "none", &["allowlist", "blocklist", "none"], ""),
    row("value.projection.list", Text, false, "", &[], ""),
    row("timeseries.timefield", Text, false, "", &[], ""),
    row("timeseries.timefield.auto.convert", Text, false, "false", &["true", "false"], ""),
    row("timeseries.timefield.auto.convert.date.format", Text, false, "yyyy-MM-dd[['T'][ ]][HH:mm:ss[[.][SSSSSS][SSS]][ ]VV[ ]'['VV']'][HH:mm:ss[[.][SSSSSS][SSS]][ ]X][HH:mm:ss[[.][SSSSSS][SSS]]]", &[], ""),
    row("timeseries.timefield.auto.convert.locale.language.tag", Text, false, "en", &[], ""),
    row("timeseries.metafield", Text, false, "", &[], ""),
    row("timeseries.expire.after.seconds", Int, false, "0", &[], ""),
    row("ts.granularity", Text, false, "None", &["None", "seconds", "minutes", "hours"], ""),
    row("server.api.version", Text, false, "", &[], ""),
    row("server.api.deprecation.errors", Text, false, "false", &["true", "false"], ""),
    row("server.api.strict", Text, false, "false", &["true", "false"], ""),
    row("namespace.mapper.class", Text, false, "DefaultNamespaceMapper", &["DefaultNamespaceMapper", "FieldPathNamespaceMapper"], ""),
    row("namespace.mapper.key.database.field", Text, false, "", &[], ""),
    row("namespace.mapper.key.collection.field", Text, false, "", &[], ""),
    row("namespace.mapper.value.database.field", Text, false, "", &[], ""),
    row("namespace.mapper.value.collection.field", Text, false, "", &[], ""),
    row("namespace.mapper.error.if.invalid", Text, false, "false", &["true", "false"], ""),
    row("mongo.errors.tolerance", Text, false, "NONE", &["NONE", "ALL"], ""),
    row("post.processor.chain", List, false, "com.mongodb.kafka.connect.sink.processor.DocumentIdAdder", &[], ""),
    row("field.renamer.mapping", Text, false, "[]", &[], ""),
    row("kafka.service.account.id", Text, false, "", &[], ""),
    row("kafka.api.secret", Password, false, "", &[], ""),
    row("topics", List, false, "", &[], ""),
    row("max.poll.interval.ms", Long, false, "300000", &[], ""),
    row("max.poll.records", Long, false, "500", &[], ""),
    row("errors.tolerance", Text, false, "all", &["none", "all"], ""),
    row("errors.deadletterqueue.topic.name", Text, false, "dlq-${connector}", &[], ""),
    row("value.converter.schemas.enable", Boolean, false, "false", &[], "schemas.enable"),
    row("value.converter.replace.null.with.default", Boolean, false, "true", &[], "replace.null.with.default"),
    row("value.converter.ignore.default.for.nullables", Boolean, false, "false", &[], "ignore.default.for.nullables"),
    row("value.converter.scrub.invalid.names", Boolean, false, "", &[], ""),
    row("key.converter.schemas.enable", Boolean, false, "false", &[], ""),
    row("key.converter.replace.null.with.default", Boolean, false, "true", &[], ""),
    row("schema.context.name", Text, false, "default", &[], ""),
    row("csfle.enabled", Boolean, false, "false", &[], ""),
    row("csfle.onFailure", Text, false, "ERROR", &["ERROR", "NONE"], ""),
    row("sr.service.account.id", Text, false, "", &[], ""),
    row("auto.restart.on.user.error", Boolean, false, "true", &[], ""),
    row("value.converter.enhanced.avro.schema.support", Boolean, false, "", &[], ""),
    row("value.converter.connect.meta.data", Boolean, false, "", &[], ""),
    row("value.converter.enhanced.protobuf.schema.support", Boolean, false, "", &[], ""),
    row("value.converter.generate.index.for.unions", Boolean, false, "", &[], ""),
    row("value.converter.int.for.enums", Boolean, false, "", &[], ""),
    row("value.converter.optional.for.nullables", Boolean, false, "", &[], ""),
    row("value.converter.generate.struct.for.nulls", Boolean, false, "", &[], ""),
    row("value.converter.wrapper.for.nullables", Boolean, false, "", &[], ""),
    row("value.converter.wrapper.for.raw.primitives", Boolean, false, "", &[], ""),
    row("value.converter.object.additional.properties", Boolean, false, "", &[], ""),
    row("value.converter.use.optional.for.nonrequired", Boolean, false, "", &[], ""),
    row("value.converter.decimal.format", Text, false, "BASE64", &["BASE64", "NUMERIC"], "json.output.decimal.format"),
    row("value.converter.auto.register.schemas", Boolean, false, "", &[], ""),
    row("value.converter.use.latest.version", Boolean, false, "", &[], ""),
    row("value.converter.latest.compatibility.strict", Boolean, false, "", &[], ""),
    row("key.converter.key.subject.name.strategy", Text, false, "TopicNameStrategy", &["TopicNameStrategy", "RecordNameStrategy", "TopicRecordNameStrategy"], "key.subject.name.strategy"),
    row("value.converter.value.subject.name.strategy", Text, false, "TopicNameStrategy", &["TopicNameStrategy", "RecordNameStrategy", "TopicRecordNameStrategy"], "subject.name.strategy"),
    row("value.converter.reference.subject.name.strategy", Text, false, "DefaultReferenceSubjectNameStrategy", &["DefaultReferenceSubjectNameStrategy", "QualifiedReferenceSubjectNameStrategy"], ""),
    row("value.converter.allow.optional.map.keys", Boolean, false, "", &[], ""),
    row("value.converter.flatten.singleton.unions", Boolean, false, "false", &[], ""),
    row("value.converter.optional.for.proto2", Boolean, false, "", &[], ""),
    row("value.converter.flatten.unions", Boolean, false, "", &[], ""),
    row("header.converter", Text, false, "", &["org.apache.kafka.connect.converters.BooleanConverter", "org.apache.kafka.connect.converters.ByteArrayConverter", "org.apache.kafka.connect.converters.DoubleConverter", "org.apache.kafka.connect.converters.FloatConverter", "org.apache.kafka.connect.converters.IntegerConverter", "org.apache.kafka.connect.converters.LongConverter", "org.apache.kafka.connect.converters.ShortConverter", "org.apache.kafka.connect.json.JsonConverter", "org.apache.kafka.connect.storage.SimpleHeaderConverter", "org.apache.kafka.connect.storage.StringConverter"], ""),
    row("consumer.override.auto.offset.reset", Text, false, "", &["earliest", "latest", "none"], ""),
    row("consumer.override.isolation.level", Text, false, "", &["read_committed", "read_uncommitted"], ""),
    row("topics.regex", Text, false, "", &[], ""),
    row("transforms", List, false, "", &[], ""),
    row("predicates", List, false, "", &[], ""),
];

/// Those that the sibling Source has; whether the sink has them too is a switch.
#[rustfmt::skip]
pub(super) const TLS_PROPERTIES: &[Property] = &[
    row("connection.ssl.keystore.file", Password, false, "", &[], ""),
    row("connection.ssl.keystorePassword", Password, false, "", &[], ""),
    row("connection.ssl.truststore.file", Password, false, "", &[], ""),
    row("connection.ssl.truststorePassword", Password, false, "", &[], ""),
];
