//! Bindings and ACLs are all identity: another field is another grant, made before the old one goes.

use serde_json::Value as Json;
use serde_json::json;

use super::applied;
use super::planned;
use crate::confluent::Confluent;
use crate::confluent::acl;
use crate::confluent::cluster_with_key;
use crate::world::World;

fn with_accounts() -> Vec<(&'static str, Json)> {
    let mut resources = cluster_with_key();
    resources.push(("confluent_service_account.sink", json!({})));
    resources.push(("confluent_service_account.other", json!({})));
    resources
}

/// Expects that this change makes another grant, and that the old one is gone.
fn expect_another(world: &World, address: &str, field: &str) {
    let confluent = Confluent(world);
    let (whole, before) = (confluent.kinds(), confluent.inventory());
    assert_eq!(
        planned(world),
        [
            format!("{address} formerly delete"),
            format!("{address} replace {field}")
        ]
    );
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.kinds(), whole, "{field}");
    let after = confluent.inventory();
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    assert_eq!(gone.count(), 1, "{field}: {before:?} {after:?}");
}

#[test]
fn another_field_of_a_binding_is_another_binding_and_the_old_one_goes() {
    let mut resources = with_accounts();
    resources.push((
        "confluent_role_binding.one",
        json!({
            "principal": "User:${confluent_service_account.sink.id}",
            "role_name": "MetricsViewer",
            "crn_pattern": "${confluent_kafka_cluster.main.rbac_crn}",
        }),
    ));
    let (world, mut declared) = applied(resources);
    for (field, value) in [
        ("principal", "User:${confluent_service_account.other.id}"),
        ("role_name", "Operator"),
        ("crn_pattern", "${confluent_environment.main.resource_name}"),
    ] {
        declared.set(&world, "confluent_role_binding.one", field, value);
        expect_another(&world, "role_binding.one", field);
    }
}

#[test]
fn another_field_of_an_acl_is_another_acl_and_the_old_one_goes() {
    let mut resources = with_accounts();
    resources.push(("confluent_kafka_acl.one", acl("TOPIC", "one", "PREFIXED", "READ")));
    let (world, mut declared) = applied(resources);
    for (field, value) in [
        ("principal", "User:${confluent_service_account.other.id}"),
        ("resource_type", "GROUP"),
        ("resource_name", "two"),
        ("pattern_type", "LITERAL"),
        ("operation", "DELETE"),
        ("permission", "DENY"),
    ] {
        declared.set(&world, "confluent_kafka_acl.one", field, value);
        expect_another(&world, "kafka_acl.one", field);
    }
}

#[test]
fn confluent_cloud_knows_one_host() {
    let mut resources = with_accounts();
    let mut one = acl("TOPIC", "one", "LITERAL", "READ");
    one["host"] = json!("10.0.0.1");
    resources.push(("confluent_kafka_acl.one", one));
    let (world, mut declared) = super::declared(resources);
    world.ends(1, &["validate", "local"]).expect_said("`host`");
    declared.set(&world, "confluent_kafka_acl.one", "host", "*");
    world.ok(&["validate", "local"]);
}

#[test]
fn a_grant_that_is_there_is_satisfied_whoever_made_it() {
    let mut resources = with_accounts();
    let (world, mut declared) = applied(resources.clone());
    let confluent = Confluent(&world);
    let (cluster, sink) = (confluent.id("cluster "), confluent.id("account local-telemetry-sink-"));
    let grant = json!({
        "resource_type": "TOPIC", "resource_name": "one", "pattern_type": "LITERAL",
        "principal": format!("User:{sink}"), "host": "*", "operation": "READ", "permission": "ALLOW"
    });
    confluent.kafka(&cluster, "POST", "/acls", grant);
    resources.push(("confluent_kafka_acl.one", acl("TOPIC", "one", "LITERAL", "READ")));
    declared.0 = resources;
    declared.write(&world);
    world.expect_converged();
    world.forget_calls();
    world.apply();
    assert_eq!(world.performed("kafka.CreateAcl"), 0);
    // By now the record says that it was declared: so it goes with its declaration.
    declared.remove("confluent_kafka_acl.one");
    declared.write(&world);
    assert_eq!(planned(&world), ["kafka_acl.one delete"]);
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.kinds().get("acl"), None);
}
