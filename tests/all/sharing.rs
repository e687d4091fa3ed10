//! One organization, several owners: what is another's, or was there before, is used, named and left.

use std::collections::BTreeMap;

use serde_json::json;

use crate::cloud::every;
use crate::confluent::Confluent;
use crate::pipeline::with_cloud_key;
use crate::world::World;
use crate::world::until;

const ENVIRONMENT: &str = "environments/local.yaml";
const DESTROY: [&str; 3] = ["destroy", "local", "--yes"];

/// What there is, but for what the other inventory has too.
fn beyond(confluent: &Confluent<'_>, before: &BTreeMap<String, String>) -> Vec<String> {
    let now = confluent.inventory().into_keys();
    now.filter(|name| !before.contains_key(name)).collect()
}

/// The shipped stack with an input more.
fn shipped_with(inputs: &str) -> World {
    let world = World::shipped();
    let filter = "      mqtt_filter: city/+/readings\n";
    world.edit(ENVIRONMENT, filter, &format!("{filter}{inputs}"));
    // Its cloud is there before anything is.
    world.run(&["plan", "local"]);
    world
}

#[test]
fn two_owners_of_one_name_live_side_by_side_and_go_one_by_one() {
    let world = World::shipped();
    let (east, west) = ("region: us-east-1", "region: eu-west-1");
    world.apply();
    let confluent = Confluent(&world);
    let (first, one) = (confluent.inventory(), confluent.kinds());
    world.edit(ENVIRONMENT, east, west);
    world.edit(
        ENVIRONMENT,
        "      mqtt_filter",
        "      kafka: { region: us-east-1 }\n      mqtt_filter",
    );
    world.ok(&["apply", "local", "--yes", "--new-owner"]);
    world.expect_converged();
    for kind in ["account", "acl", "environment", "key"] {
        assert_eq!(
            confluent.kinds().get(kind).map(|count| count / 2),
            one.get(kind).copied(),
            "{kind}"
        );
    }
    world
        .ok(&["plan", "local"])
        .expect_said("another AWS account or region, and left alone");
    world.edit(ENVIRONMENT, west, east);
    world.expect_converged();
    world.edit(ENVIRONMENT, east, west);
    world
        .ok(&DESTROY)
        .expect_said("the receipts tell of local@123456789012/us-east-1 too");
    assert_eq!(confluent.inventory(), first);
    world.edit(ENVIRONMENT, west, east);
    world.expect_converged();
    world.destroy();
    assert_eq!(confluent.inventory(), BTreeMap::new());
}

#[test]
fn an_environment_that_was_there_is_used_and_stays_with_what_others_have_in_it() {
    let world = shipped_with("      kafka: { environment: shared }\n");
    let confluent = Confluent(&world);
    let shared = confluent.make_environment("shared");
    confluent.make_cluster(&shared, "theirs");
    let before = confluent.inventory();
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.kinds().get("environment"), Some(&1));
    assert_eq!(confluent.kinds().get("cluster"), Some(&2));
    world.destroy();
    assert_eq!(confluent.inventory(), before);
}

#[test]
fn in_a_cluster_that_was_there_topics_bear_the_tag_and_go_alone() {
    let theirs = "      kafka: { environment: shared, cluster: theirs }\n";
    let tagged = "      topic_prefix: \"${environment.name}-${environment.tag}.\"\n";
    let world = shipped_with(theirs);
    let refused = world.ends(1, &["validate", "local"]);
    refused.expect_said("${environment.tag}");
    world.edit(ENVIRONMENT, theirs, &format!("{theirs}{tagged}"));
    world.run(&["plan", "local"]);
    let confluent = Confluent(&world);
    let shared = confluent.make_environment("shared");
    let cluster = confluent.make_cluster(&shared, "theirs");
    confluent.make_topic(&cluster, "theirs.own");
    let acl = json!({
        "resource_type": "TOPIC", "resource_name": "theirs.own", "pattern_type": "LITERAL",
        "principal": "User:sa-theirs", "host": "*", "operation": "READ", "permission": "ALLOW"
    });
    confluent.kafka(&cluster, "POST", "/acls", acl);
    until("their topic", || {
        confluent.inventory().contains_key("topic theirs.own").then_some(())
    });
    let before = confluent.inventory();
    world.apply();
    world.expect_converged();
    let made = beyond(&confluent, &before);
    let topics: Vec<&String> = made.iter().filter(|name| name.starts_with("topic ")).collect();
    assert_eq!(topics.len(), 2, "{made:?}");
    assert!(
        topics.iter().all(|name| name.starts_with("topic local-8c5b5d6d.")),
        "{topics:?}"
    );
    world.destroy();
    assert_eq!(confluent.inventory(), before);
}

#[test]
fn a_cluster_of_others_in_our_environment_is_named_and_left_until_its_loss_is_allowed() {
    let world = World::shipped();
    world.apply();
    let confluent = Confluent(&world);
    confluent.make_cluster(&confluent.id("environment"), "theirs");
    world.expect_converged();
    let ran = world.ends(4, &DESTROY);
    ran.expect_said("`theirs`");
    ran.expect_said("--allow-data-loss telemetry/confluent_environment.main");
    let left = confluent.kinds();
    assert_eq!(
        (left.get("environment"), left.get("cluster")),
        (Some(&1), Some(&1)),
        "{left:?}"
    );
    let mut allowed = DESTROY.to_vec();
    allowed.extend(["--allow-data-loss", "telemetry/confluent_environment.main"]);
    world.ok(&allowed);
    assert_eq!(confluent.inventory(), BTreeMap::new());
}

#[test]
fn a_cluster_that_is_gone_or_hidden_and_that_nothing_settles_keeps_who_writes_it() {
    let world = shipped_with("      kafka: { environment: shared }\n");
    let confluent = Confluent(&world);
    confluent.make_environment("shared");
    let before = confluent.inventory();
    world.apply();
    let whole = confluent.kinds();
    let ran = with_cloud_key(&world, "HIDING-main", &DESTROY).expect(3);
    ran.expect_said("telemetry/confluent_kafka_cluster.main: it is gone, or hidden from this key");
    ran.expect_said("run the same command with one");
    let left = confluent.kinds();
    assert_eq!(left.get("cluster"), Some(&1), "{left:?}");
    assert_eq!(left.get("topic"), whole.get("topic"), "{left:?}");
    for writer in [
        "account local-telemetry-admin",
        "binding CloudClusterAdmin",
        "key local-telemetry-admin",
    ] {
        assert!(!confluent.id(writer).is_empty());
    }
    world.destroy();
    assert_eq!(confluent.inventory(), before);
    assert_eq!(world.cloud().names(), Vec::<String>::new());
}

#[test]
fn a_topic_that_somebody_makes_between_plan_and_delete_saves_its_cluster() {
    let world = World::shipped();
    world.apply();
    let confluent = Confluent(&world);
    let cluster = confluent.id("cluster");
    world.forget_calls();
    // The sink goes before its cluster: while it is asked for, somebody else is at work.
    world.faults(&[every("confluent.connect.DeleteConnector", "throttle")]);
    let run = world.start(&DESTROY);
    world.await_call("confluent.connect.DeleteConnector", 1);
    confluent.make_topic(&cluster, "theirs.own");
    until("their topic", || {
        confluent.inventory().contains_key("topic theirs.own").then_some(())
    });
    world.no_faults();
    let ran = run.ended().expect(4);
    ran.expect_said("a topic that is not this environment's: theirs.own");
    let left = confluent.kinds();
    assert_eq!((left.get("cluster"), left.get("key")), (Some(&1), Some(&1)), "{left:?}");
    world.ends(4, &DESTROY);
    let mut allowed = DESTROY.to_vec();
    allowed.extend(["--allow-data-loss", "telemetry/confluent_kafka_cluster.main"]);
    world.ok(&allowed);
    assert_eq!(confluent.inventory(), BTreeMap::new());
}
