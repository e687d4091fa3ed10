//! The rows of `confluent_connector`: properties of each sort that its configuration takes. What is undeclared is the
//! server's, so a foreign edit of it shows nothing; what was declared once is taken out of the connector.
//!
//! The tests of `confluent_changes` have `kafka_cluster` (`what_moves_to_another_cluster_is_made_there_first`), the name
//! and the class (`another_name_is_another_connector_made_first`,
//! `another_class_is_another_connector`); `pipeline` has the secret.

use serde_json::Value as Json;
use serde_json::json;

use super::Clouds;
use super::Drift;
use super::Removed;
use super::Row;
use super::Rows;
use crate::confluent::Confluent;
use crate::confluent::cluster_with_sink;
use crate::confluent::sink_config;
use crate::world::until;

fn path(confluent: &Confluent<'_>, connector: &str) -> String {
    format!("{}/{connector}", confluent.connectors())
}

fn delete(clouds: &Clouds<'_>, connector: &str) {
    let confluent = &clouds.confluent;
    confluent.control("DELETE", &path(confluent, connector), Json::Null);
    until("a foreign deletion of a connector", || {
        let left = confluent.inventory();
        (!left.contains_key(&format!("connector {connector}"))).then_some(())
    });
}

/// Somebody sets a property, and knows the secrets that reads do not show.
fn set(name: &'static str, value: &'static str) -> Drift {
    Box::new(move |clouds, connector, _| {
        let confluent = &clouds.confluent;
        let path = path(confluent, connector);
        let url = format!("{path}/config");
        let state = || confluent.control("GET", &format!("{path}/status"), Json::Null)["connector"]["state"].clone();
        let before = state();
        let mut config = confluent.control("GET", &url, Json::Null);
        for (name, value) in [
            ("connection.user", "sink"),
            ("connection.password", "hush"),
            (name, value),
        ] {
            config[name] = json!(value);
        }
        confluent.control("PUT", &url, config);
        until("a foreign edit of a connector", || {
            let config = confluent.control("GET", &url, Json::Null);
            // It starts anew with what it was given.
            (config[name] == value && state() == before).then_some(())
        });
    })
}

fn property(path: &'static [&'static str; 1], one: Json, other: Json, foreign: &'static str) -> Row {
    let (_, key) = super::parts(path[0]);
    Row {
        path: path[0],
        one,
        other,
        with: vec![],
        changed: path,
        removed: Removed::Planned(path),
        drift: set(key.unwrap(), foreign),
        drifted: (path, &[]),
    }
}

fn topics() -> Row {
    let (one, two) = ("${confluent_kafka_topic.one.name}", "${confluent_kafka_topic.two.name}");
    Row {
        path: "config[\"topics\"]",
        one: json!([two, one]),
        other: json!([one]),
        with: vec![],
        changed: &["config.topics"],
        removed: Removed::Refused("MongoDbAtlasSink needs `topics`"),
        drift: set("topics", "local-telemetry-two"),
        drifted: (&["config.topics"], &[]),
    }
}

fn status() -> Row {
    Row {
        path: "status",
        one: json!("PAUSED"),
        other: json!("RUNNING"),
        with: vec![],
        changed: &["status"],
        removed: Removed::Planned(&["status"]),
        drift: Box::new(|clouds, connector, declared| {
            let confluent = &clouds.confluent;
            let (order, state) = if declared {
                ("resume", "RUNNING")
            } else {
                ("pause", "PAUSED")
            };
            let path = path(confluent, connector);
            confluent.control("PUT", &format!("{path}/{order}"), Json::Null);
            until("a foreign order to a connector", || {
                let status = confluent.control("GET", &format!("{path}/status"), Json::Null);
                (status["connector"]["state"] == state).then_some(())
            });
        }),
        drifted: (&["status"], &["status"]),
    }
}

/// The whole configuration, and what is laid over it.
fn wholes() -> [Row; 2] {
    let with = |name: &str, value: &str| {
        let mut config = sink_config();
        config[name] = json!(value);
        config
    };
    let strategy: &[&str] = &["config[\"write.strategy\"]"];
    let batch: &[&str] = &["config[\"max.batch.size\"]"];
    [
        Row {
            path: "config",
            one: with("write.strategy", "InsertOneDefaultStrategy"),
            other: with("write.strategy", "ReplaceOneDefaultStrategy"),
            with: vec![],
            changed: strategy,
            removed: Removed::Refused("`config`"),
            drift: set("write.strategy", "UpdateOneDefaultStrategy"),
            drifted: (strategy, &[]),
        },
        Row {
            path: "config_overrides",
            one: json!({ "max.batch.size": 1 }),
            other: json!({ "max.batch.size": 2 }),
            with: vec![],
            changed: batch,
            removed: Removed::Planned(batch),
            drift: set("max.batch.size", "3"),
            drifted: (batch, &[]),
        },
    ]
}

pub(super) fn rows() -> Rows {
    let mut rows = vec![
        property(
            &["config[\"doc.id.strategy\"]"],
            json!("FullKeyStrategy"),
            json!("UuidStrategy"),
            "PartialKeyStrategy",
        ),
        property(&["config[\"max.num.retries\"]"], json!(4), json!(5), "6"),
        property(&["config[\"errors.tolerance\"]"], json!("none"), json!("all"), "all"),
        property(
            &["config[\"delete.on.null.values\"]"],
            json!(true),
            json!(false),
            "false",
        ),
        property(
            &["config[\"key.projection.list\"]"],
            json!(["a", "b"]),
            json!(["b", "a", "c"]),
            "c",
        ),
    ];
    rows.extend([topics(), status()]);
    rows.extend(wholes());
    Rows {
        kind: "confluent_connector",
        least: json!({ "kafka_cluster": "${confluent_kafka_cluster.main}", "config": sink_config() }),
        beside: cluster_with_sink(),
        files: &[("environments/local.password", "hush")],
        rows,
        elsewhere: &["kafka_cluster"],
        delete,
        falls: &[],
    }
}
