//! The rows of `confluent_kafka_cluster`. The tests of `confluent_changes` have what makes a new cluster
//! (`another_place_is_an_empty_new_cluster_and_asks_for_leave`, for `environment`
//! `a_cluster_that_moves_to_another_environment_is_made_there_first`) and what changes its type
//! (`a_basic_cluster_rises_to_standard_in_place_and_no_other_type_changes`).

use serde_json::Value as Json;
use serde_json::json;

use super::Clouds;
use super::Drift;
use super::Removed;
use super::Row;
use super::Rows;
use crate::world::until;

/// Environment and id of a cluster.
fn place(clouds: &Clouds<'_>, cluster: &str) -> (String, String) {
    let confluent = &clouds.confluent;
    (
        confluent.id("environment "),
        confluent.id(&format!("cluster {cluster} ")),
    )
}

fn delete(clouds: &Clouds<'_>, cluster: &str) {
    let (environment, id) = place(clouds, cluster);
    let confluent = &clouds.confluent;
    let query = format!("environment={environment}");
    confluent.control("DELETE", &format!("/cmk/v2/clusters/{id}?{query}"), Json::Null);
    until("a foreign deletion of a cluster", || {
        let beginning = format!("cluster {cluster} ");
        let left = confluent.inventory();
        (!left.keys().any(|name| name.starts_with(&beginning))).then_some(())
    });
}

/// Somebody gives it another capacity.
fn sized(config: Json) -> Drift {
    Box::new(move |clouds, cluster, _| {
        let (environment, id) = place(clouds, cluster);
        let confluent = &clouds.confluent;
        let spec = json!({ "environment": { "id": environment }, "config": config });
        confluent.control("PATCH", &format!("/cmk/v2/clusters/{id}"), json!({ "spec": spec }));
    })
}

/// A type of cluster that grows by itself: the whole of it, and its limit.
fn elastic(whole: &'static str, limit: &'static [&'static str; 1], kind: &str) -> [Row; 2] {
    let drift = || sized(json!({ "kind": kind, "max_ecku": 7 }));
    [
        Row {
            path: whole,
            one: json!({ "max_ecku": 2 }),
            other: json!({ "max_ecku": 3 }),
            with: vec![],
            changed: limit,
            removed: Removed::Refused("a cluster needs its type"),
            drift: drift(),
            drifted: (limit, &[]),
        },
        Row {
            path: limit[0],
            one: json!(2),
            other: json!(3),
            with: vec![],
            changed: limit,
            removed: Removed::LeftToServer,
            drift: drift(),
            drifted: (limit, &[]),
        },
    ]
}

fn dedicated() -> [Row; 2] {
    let drift = || sized(json!({ "kind": "Dedicated", "cku": 4 }));
    let row = |path, one, other, removed| Row {
        path,
        one,
        other,
        with: vec![],
        changed: &["dedicated.cku"],
        removed,
        drift: drift(),
        drifted: (&["dedicated.cku"], &[]),
    };
    [
        row(
            "dedicated",
            json!({ "cku": 2 }),
            json!({ "cku": 3 }),
            Removed::Refused("a cluster needs its type"),
        ),
        row("dedicated.cku", json!(2), json!(3), Removed::Refused("`cku`")),
    ]
}

pub(super) fn rows() -> Rows {
    let elastic = [
        elastic("basic", &["basic.max_ecku"], "Basic"),
        elastic("standard", &["standard.max_ecku"], "Standard"),
        elastic("enterprise", &["enterprise.max_ecku"], "Enterprise"),
        elastic("freight", &["freight.max_ecku"], "Freight"),
    ];
    Rows {
        kind: "confluent_kafka_cluster",
        least: json!({
            "environment": "${confluent_environment.main}",
            "cloud": "AWS",
            "region": "us-east-1",
        }),
        beside: vec![("confluent_environment.main", json!({}))],
        files: &[],
        rows: elastic.into_iter().flatten().chain(dedicated()).collect(),
        elsewhere: &["environment", "cloud", "region", "availability"],
        delete,
        falls: &[],
    }
}
