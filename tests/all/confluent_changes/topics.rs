//! Topics: what grows and never shrinks, what another name costs, and the way from one policy to both.

use serde_json::json;

use super::applied;
use super::apply_losing;
use super::blocked;
use super::expect_refused;
use super::planned;
use super::with_connector;
use super::with_topic;
use crate::confluent::Confluent;
use crate::world::World;

const TOPIC: &str = "confluent_kafka_topic.one";

fn partitions(world: &World) -> u64 {
    let confluent = Confluent(world);
    let live = confluent.kafka(
        &confluent.id("cluster "),
        "GET",
        "/topics/local-telemetry-one",
        json!(null),
    );
    live["partitions_count"].as_u64().unwrap()
}

#[test]
fn partitions_grow_in_place_and_never_shrink() {
    let (world, mut declared) = applied(with_topic());
    declared.set(&world, TOPIC, "partitions", 4);
    assert_eq!(planned(&world), ["kafka_topic.one update partitions"]);
    world.apply();
    world.expect_converged();
    assert_eq!(partitions(&world), 4);

    declared.set(&world, TOPIC, "partitions", 2);
    let words = "it has 4 partitions, and their number only grows: declare 4 or more";
    assert!(blocked(&world).starts_with(words));
    expect_refused(&world, words);
    let address = "telemetry/confluent_kafka_topic.one";
    let replace = ["apply", "local", "--yes", "--replace", address];
    world.ends(4, &replace).expect_said("the records in it would be lost");
    assert_eq!(partitions(&world), 4);
    world.ok(&[&replace[..], &["--allow-data-loss", address]].concat());
    world.expect_converged();
    assert_eq!(partitions(&world), 2);

    // Left out, the server chooses; raised by somebody else, it is that.
    declared.at(TOPIC).as_object_mut().unwrap().remove("partitions");
    declared.write(&world);
    world.expect_converged();
    let (confluent, raised) = (Confluent(&world), json!({ "partitions_count": 6 }));
    let cluster = confluent.id("cluster ");
    confluent.kafka(&cluster, "PATCH", "/topics/local-telemetry-one", raised);
    world.expect_converged();
    declared.set(&world, TOPIC, "partitions", 2);
    assert!(blocked(&world).starts_with("it has 6 partitions"));
}

#[test]
fn another_name_is_another_topic_that_its_reader_follows_and_the_old_one_asks_for_leave() {
    let (world, mut declared) = applied(with_connector());
    let confluent = Confluent(&world);
    let (whole, connector) = (confluent.kinds(), confluent.id("connector "));
    declared.set(&world, TOPIC, "name", "local-telemetry-uno");
    assert_eq!(
        planned(&world),
        [
            "connector.sink update config.topics",
            "kafka_topic.one formerly blocked",
            "kafka_topic.one replace",
        ]
    );
    expect_refused(&world, "--allow-data-loss telemetry/confluent_kafka_topic.one");
    apply_losing(&world, "kafka_topic.one");
    assert_eq!(confluent.kinds(), whole);
    assert_eq!(confluent.id("connector "), connector, "changed in place");
    let live = confluent.inventory();
    assert!(live.contains_key("topic local-telemetry-uno"), "{live:?}");
    assert!(!live.contains_key("topic local-telemetry-one"), "{live:?}");
}

#[test]
fn a_topic_that_deletes_comes_to_compact_as_well() {
    let (world, mut declared) = applied(with_topic());
    for both in ["compact,delete", "delete,compact"] {
        declared.set(&world, TOPIC, "config", json!({ "cleanup.policy": both }));
        world.apply();
        world.expect_converged();
        declared.set(&world, TOPIC, "config", json!({ "cleanup.policy": "delete" }));
        world.apply();
        world.expect_converged();
    }
}
