//! The rows of `confluent_kafka_topic`: each setting that Confluent Cloud lets be edited. What is undeclared is the
//! server's, so a foreign edit of it shows nothing; what was declared once is unset.
//!
//! The tests of `confluent_changes` have `partitions` (`partitions_grow_in_place_and_never_shrink`), `kafka_cluster`
//! (`what_moves_to_another_cluster_is_made_there_first`), `credentials`
//! (`the_key_that_writes_is_no_part_of_what_it_writes`) and the way from one policy to both
//! (`a_topic_that_deletes_comes_to_compact_as_well`).

use serde_json::Value as Json;
use serde_json::json;

use super::Clouds;
use super::Removed;
use super::Row;
use super::Rows;
use crate::confluent::cluster_with_key;
use crate::world::until;

fn delete(clouds: &Clouds<'_>, topic: &str) {
    let confluent = &clouds.confluent;
    let cluster = confluent.id("cluster ");
    confluent.kafka(&cluster, "DELETE", &format!("/topics/{topic}"), Json::Null);
    until("a foreign deletion of a topic", || {
        let left = confluent.inventory();
        (!left.contains_key(&format!("topic {topic}"))).then_some(())
    });
}

/// A setting: two values to declare, and what somebody else sets.
fn setting(path: &'static [&'static str; 1], one: Json, other: Json, foreign: &'static str) -> Row {
    Row {
        path: path[0],
        one,
        other,
        with: vec![],
        changed: path,
        removed: Removed::Planned(path),
        drift: Box::new(move |clouds, topic, _| {
            let confluent = &clouds.confluent;
            let (_, key) = super::parts(path[0]);
            let url = format!("/topics/{topic}/configs/{}", key.unwrap());
            confluent.kafka(&confluent.id("cluster "), "PUT", &url, json!({ "value": foreign }));
        }),
        drifted: (path, &[]),
    }
}

fn settings() -> Vec<Row> {
    let days = |days: i64| json!(days * 86_400_000);
    vec![
        setting(
            &["config[\"cleanup.policy\"]"],
            json!("compact"),
            json!("compact,delete"),
            "delete",
        ),
        setting(&["config[\"delete.retention.ms\"]"], days(2), days(3), "1"),
        setting(
            &["config[\"max.compaction.lag.ms\"]"],
            json!(1),
            // As text too.
            json!("9223372036854775806"),
            "7",
        ),
        setting(&["config[\"max.message.bytes\"]"], json!(1000), json!(2000), "3000"),
        setting(&["config[\"message.timestamp.after.max.ms\"]"], days(1), days(2), "7"),
        setting(&["config[\"message.timestamp.before.max.ms\"]"], days(1), days(2), "7"),
        setting(
            &["config[\"message.timestamp.difference.max.ms\"]"],
            days(1),
            days(2),
            "7",
        ),
        setting(&["config[\"min.compaction.lag.ms\"]"], json!(1), json!(2), "3"),
        // 2 is what the broker has.
        setting(&["config[\"min.insync.replicas\"]"], json!(1), json!(3), "2"),
        setting(&["config[\"retention.bytes\"]"], json!(1_000_000), json!(-1), "7"),
        setting(&["config[\"retention.ms\"]"], days(1), days(2), "-1"),
        setting(
            &["config[\"segment.bytes\"]"],
            json!(60_000_000),
            json!(70_000_000),
            "80000000",
        ),
        setting(&["config[\"segment.ms\"]"], days(1), days(2), "259200000"),
        setting(
            &["config[\"confluent.schema.validation.context.name\"]"],
            json!("one"),
            json!("other"),
            "foreign",
        ),
    ]
}

/// Settings that take one of two words: the foreign value is the default.
fn words() -> Row {
    let path = &["config[\"message.timestamp.type\"]"];
    setting(path, json!("LogAppendTime"), json!("CreateTime"), "CreateTime")
}

fn whole() -> Row {
    let fields: &[&str] = &["config[\"retention.bytes\"]", "config[\"retention.ms\"]"];
    Row {
        path: "config",
        one: json!({ "retention.ms": 1000, "retention.bytes": 1000 }),
        other: json!({ "retention.ms": 2000, "retention.bytes": 2000 }),
        with: vec![],
        changed: fields,
        removed: Removed::Planned(fields),
        drift: Box::new(|clouds, topic, _| {
            let confluent = &clouds.confluent;
            let change = |name: &str| json!({ "name": name, "value": "3000" });
            let both = json!({ "data": [change("retention.ms"), change("retention.bytes")] });
            let url = format!("/topics/{topic}/configs:alter");
            confluent.kafka(&confluent.id("cluster "), "POST", &url, both);
        }),
        drifted: (fields, &[]),
    }
}

pub(super) fn rows() -> Rows {
    Rows {
        kind: "confluent_kafka_topic",
        least: json!({
            "kafka_cluster": "${confluent_kafka_cluster.main}",
            "credentials": "${confluent_api_key.admin}",
            "partitions": 1,
        }),
        beside: cluster_with_key(),
        files: &[],
        rows: settings().into_iter().chain([words(), whole()]).collect(),
        elsewhere: &["kafka_cluster", "credentials", "partitions"],
        delete,
        falls: &[],
    }
}
