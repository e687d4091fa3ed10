//! kill -9 in the middle of edits and replaces of Confluent's kinds: the next runs go on, and nothing is there twice.

use serde_json::json;

use super::Declared;
use super::applied;
use super::with_connector;
use crate::confluent::Confluent;
use crate::kills::Moment;
use crate::kills::kill_at;
use crate::kills::on_confluent;
use crate::kills::writes_of;
use crate::world::World;

/// Kills an apply of each turn's edit at each of its writes, before it is done and after.
fn survive(world: &World, declared: &mut Declared, losing: &str, fewest: usize, edit: impl Fn(&mut Declared, usize)) {
    let confluent = Confluent(world);
    let whole = confluent.kinds();
    let losing = format!("telemetry/confluent_{losing}");
    let apply = [
        "apply",
        "local",
        "--yes",
        "--lock-timeout",
        "0s",
        "--allow-data-loss",
        &losing,
    ];
    let mut turn = 0;
    let mut next = |declared: &mut Declared| {
        turn += 1;
        edit(declared, turn);
        declared.write(world);
    };
    next(declared);
    let writes = on_confluent(writes_of(world, &apply));
    assert!(writes.len() >= fewest, "{writes:?}");
    for operation in &writes {
        for moment in [Moment::Before, Moment::After] {
            next(declared);
            kill_at(world, &apply, operation, moment);
            // What was still going when it was looked at could not be read: that run did all, and says so.
            let ran = world.run(&apply);
            assert!([0, 3].contains(&ran.code), "{operation} {moment:?}\n{}", ran.said());
            // A key that nobody could store is deleted once another one is in its place.
            world.ok(&apply);
            world.expect_converged();
            assert_eq!(confluent.kinds(), whole, "{operation} {moment:?}");
        }
    }
}

#[test]
fn an_edit_of_confluents_kinds_killed_at_any_write_is_finished_by_the_next_run() {
    let (world, mut declared) = applied(with_connector());
    survive(&world, &mut declared, "kafka_topic.one", 6, |declared, turn| {
        declared.at("confluent_environment.main")["name"] = json!(format!("environment-{turn}"));
        declared.at("confluent_kafka_cluster.main")["basic"] = json!({ "max_ecku": turn });
        for key in ["confluent_service_account.sink", "confluent_api_key.admin"] {
            declared.at(key)["description"] = json!(format!("turn {turn}"));
        }
        let topic = declared.at("confluent_kafka_topic.one");
        topic["partitions"] = json!(turn);
        topic["config"] = json!({ "retention.ms": 1000 + turn });
        declared.at("confluent_connector.sink")["config"]["max.batch.size"] = json!(turn);
    });
}

#[test]
fn a_replace_of_confluents_kinds_killed_at_any_write_is_finished_by_the_next_run() {
    let (world, mut declared) = applied(with_connector());
    survive(&world, &mut declared, "kafka_topic.one", 11, |declared, turn| {
        for key in ["confluent_service_account.sink", "confluent_service_account.admin"] {
            let (_, name) = key.split_once('.').unwrap();
            declared.at(key)["name"] = json!(format!("{name}-{turn}"));
        }
        declared.at("confluent_kafka_topic.one")["name"] = json!(format!("local-telemetry-{turn}"));
        declared.at("confluent_connector.sink")["name"] = json!(format!("sink-{turn}"));
    });
}

#[test]
fn a_cluster_that_is_made_anew_by_a_killed_run_is_whole_after_the_next() {
    let (world, mut declared) = applied(with_connector());
    survive(&world, &mut declared, "kafka_cluster.main", 9, |declared, turn| {
        let region = ["us-east-1", "eu-west-1"][turn % 2];
        declared.at("confluent_kafka_cluster.main")["region"] = json!(region);
    });
}
