//! Nothing of a key but its texts can be changed: anything else is another key, which is stored before the old one goes.

use serde_json::Value as Json;
use serde_json::json;

use super::CLUSTER;
use super::Declared;
use super::applied;
use super::other_admin;
use super::planned;
use super::second_cluster;
use super::stored;
use super::with_topic;
use crate::confluent::Confluent;
use crate::world::World;

/// Expects that this change makes another key, and that only that is left, in this store.
fn expect_another(world: &World, key: &str, fields: &str, store: &str) {
    let confluent = Confluent(world);
    let (whole, before) = (confluent.kinds(), confluent.inventory());
    let replaced = format!("api_key.{key} replace {fields}");
    let expected = [format!("api_key.{key} formerly delete"), replaced.trim_end().to_owned()];
    let mut plan = planned(world);
    // Where the store is another one, no key is there to look into the cluster with.
    plan.retain(|change| !change.ends_with(" check"));
    assert_eq!(plan, expected);
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.kinds(), whole);
    let id = stored(world, store);
    let lived = before.values().any(|live| *live == id);
    let lives = confluent.inventory().values().any(|live| *live == id);
    assert!(!lived && lives, "{id} in {before:?}");
}

fn with_another(more: impl IntoIterator<Item = (&'static str, Json)>) -> (World, Declared) {
    let mut resources = with_topic();
    resources.extend(more);
    applied(resources)
}

#[test]
fn another_owner_is_another_key_in_the_same_store() {
    let (world, mut declared) = with_another(other_admin());
    let owner = "${confluent_service_account.other.id}";
    declared.set(&world, "confluent_api_key.admin", "owner", owner);
    expect_another(&world, "admin", "owner", "admin_key");
}

#[test]
fn another_name_is_another_key_in_the_same_store() {
    let (world, mut declared) = with_another([]);
    declared.set(&world, "confluent_api_key.admin", "name", "root");
    expect_another(&world, "admin", "", "admin_key");
}

#[test]
fn another_cluster_is_another_key_in_the_same_store() {
    let (world, mut declared) = with_another(second_cluster());
    declared.set(&world, "confluent_api_key.two", "managed_resource", CLUSTER);
    expect_another(&world, "two", "", "two");
}

#[test]
fn another_store_is_another_key_and_the_old_one_goes() {
    let another = (
        "aws_secretsmanager_secret.another",
        json!({ "recovery_window_in_days": 0 }),
    );
    let (world, mut declared) = with_another([another]);
    let store = "${aws_secretsmanager_secret.another}";
    declared.set(&world, "confluent_api_key.admin", "store", store);
    expect_another(&world, "admin", "", "another");
}

#[test]
fn the_key_that_writes_is_no_part_of_what_it_writes() {
    let mut more: Vec<(&'static str, Json)> = other_admin().into();
    more.extend([
        (
            "aws_secretsmanager_secret.other",
            json!({ "recovery_window_in_days": 0 }),
        ),
        (
            "confluent_api_key.other",
            json!({
                "owner": "${confluent_service_account.other.id}",
                "managed_resource": CLUSTER,
                "store": "${aws_secretsmanager_secret.other}",
                "depends_on": ["confluent_role_binding.other"],
            }),
        ),
        (
            "confluent_kafka_acl.one",
            json!({
                "kafka_cluster": CLUSTER,
                "credentials": "${confluent_api_key.admin}",
                "principal": "User:${confluent_service_account.other.id}",
                "resource_type": "TOPIC",
                "resource_name": "one",
                "operation": "READ",
            }),
        ),
    ]);
    let (world, mut declared) = with_another(more);
    for key in ["confluent_kafka_topic.one", "confluent_kafka_acl.one"] {
        declared.set(&world, key, "credentials", "${confluent_api_key.other}");
    }
    // Only the record has something to learn.
    assert_eq!(planned(&world), Vec::<String>::new());
    world.forget_calls();
    world.apply();
    assert_eq!(world.performed("kafka.AlterTopicConfigs"), 0);
    assert!(world.writes().iter().all(|write| !write.starts_with("kafka.")));
    // So the first key may go, and the other one writes.
    declared.remove("confluent_api_key.admin");
    declared.at("confluent_kafka_topic.one")["partitions"] = json!(2);
    declared.write(&world);
    world.apply();
    world.expect_converged();
    assert_eq!(Confluent(&world).id("key "), stored(&world, "other"));
}
