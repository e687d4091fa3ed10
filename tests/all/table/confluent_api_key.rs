//! The rows of `confluent_api_key`. Another owner, cluster or store is another key: the tests of `confluent_changes` have
//! these (`another_owner_is_another_key_in_the_same_store`, `another_cluster_is_another_key_in_the_same_store`,
//! `another_store_is_another_key_and_the_old_one_goes`).

use serde_json::Value as Json;
use serde_json::json;

use super::Clouds;
use super::Drift;
use super::Removed;
use super::Row;
use super::Rows;
use crate::confluent::Confluent;
use crate::confluent::cluster_with_key;
use crate::confluent::reworded;

fn path(confluent: &Confluent<'_>, key: &str) -> String {
    format!("/iam/v2/api-keys/{}", confluent.id(&format!("key {key} ")))
}

fn delete(clouds: &Clouds<'_>, key: &str) {
    let path = path(&clouds.confluent, key);
    clouds.confluent.control("DELETE", &path, Json::Null);
}

pub(super) fn rows() -> Rows {
    let described: Drift = Box::new(|clouds, key, _| {
        let confluent = &clouds.confluent;
        let path = path(confluent, key);
        let live = confluent.control("GET", &path, Json::Null);
        let description = reworded(&live["spec"]["description"], "foreign");
        confluent.control("PATCH", &path, json!({ "spec": { "description": description } }));
    });
    let mut beside = cluster_with_key();
    beside.push((
        "aws_secretsmanager_secret.description",
        json!({ "recovery_window_in_days": 0 }),
    ));
    Rows {
        kind: "confluent_api_key",
        least: json!({
            "owner": "${confluent_service_account.admin.id}",
            "managed_resource": "${confluent_kafka_cluster.main}",
            "store": "${aws_secretsmanager_secret.description}",
        }),
        beside,
        files: &[],
        rows: vec![Row {
            path: "description",
            one: json!("one"),
            other: json!("other"),
            with: vec![],
            changed: &["description"],
            removed: Removed::Planned(&["description"]),
            drift: described,
            drifted: (&["description"], &["description"]),
        }],
        elsewhere: &["owner", "managed_resource", "store"],
        delete,
        falls: &[],
    }
}
