//! Environments and clusters: what changes in place, what makes a new one and what that takes along.

use serde_json::Value as Json;
use serde_json::json;

use super::applied;
use super::apply_losing;
use super::blocked;
use super::expect_refused;
use super::planned;
use super::second_cluster;
use super::stored;
use super::with_connector;
use super::with_topic;
use crate::confluent::Confluent;
use crate::world::World;
use crate::world::until;

const ENVIRONMENT: &str = "confluent_environment.main";
const CLUSTER: &str = "confluent_kafka_cluster.main";

#[test]
fn environments_and_clusters_are_renamed_in_place_and_all_in_them_stays() {
    let (world, mut declared) = applied(with_connector());
    let confluent = Confluent(&world);
    let ids = |world: &World| {
        let live = Confluent(world).inventory();
        let mut ids: Vec<String> = live.into_values().collect();
        ids.sort();
        ids
    };
    let before = ids(&world);
    for (key, name, told) in [
        (ENVIRONMENT, "surroundings", "environment.main update"),
        (CLUSTER, "brokers", "kafka_cluster.main update"),
        // A name that somebody chose is remembered, a default one tells its address.
        (CLUSTER, "more-brokers", "kafka_cluster.main update"),
    ] {
        declared.set(&world, key, "name", name);
        assert_eq!(planned(&world), [told]);
        let reason = world
            .plan()
            .into_iter()
            .find(|change| change.address.ends_with(key))
            .unwrap()
            .reason;
        assert!(reason.starts_with("it is called \""), "{reason}");
        world.apply();
        world.expect_converged();
        assert_eq!(ids(&world), before, "{name}");
        let live = confluent.inventory();
        assert!(live.keys().any(|live| live.contains(&format!(" {name}-"))), "{live:?}");
    }
}

#[test]
fn both_names_can_change_at_once() {
    let (world, mut declared) = applied(with_connector());
    let confluent = Confluent(&world);
    let before = (confluent.id("environment "), confluent.id("cluster "));
    declared.set(&world, ENVIRONMENT, "name", "surroundings");
    declared.set(&world, CLUSTER, "name", "brokers");
    assert_eq!(
        planned(&world),
        ["environment.main update", "kafka_cluster.main update"]
    );
    world.apply();
    world.expect_converged();
    let after = (
        confluent.id("environment surroundings-"),
        confluent.id("cluster brokers-"),
    );
    assert_eq!(after, before);
}

#[test]
fn an_environments_package_rises_in_place_and_never_sinks() {
    let (world, mut declared) = applied(with_topic());
    let confluent = Confluent(&world);
    let id = confluent.id("environment ");
    declared.set(
        &world,
        ENVIRONMENT,
        "stream_governance",
        json!({ "package": "ADVANCED" }),
    );
    assert_eq!(planned(&world), ["environment.main update stream_governance.package"]);
    world.apply();
    world.expect_converged();
    declared.set(
        &world,
        ENVIRONMENT,
        "stream_governance",
        json!({ "package": "ESSENTIALS" }),
    );
    let words = "Stream Governance ADVANCED cannot be taken back";
    assert!(blocked(&world).starts_with(words));
    expect_refused(&world, words);
    // Left out, the server chooses.
    declared.set(&world, ENVIRONMENT, "stream_governance", Json::Null);
    world.expect_converged();
    assert_eq!(confluent.id("environment "), id);
}

#[test]
fn what_somebody_raises_is_told_and_not_taken_back() {
    let mut resources = with_topic();
    resources[0].1 = json!({ "stream_governance": { "package": "ESSENTIALS" } });
    let (world, _) = applied(resources);
    let confluent = Confluent(&world);
    let path = format!("/org/v2/environments/{}", confluent.id("environment "));
    let raised = json!({ "stream_governance_config": { "package": "ADVANCED" } });
    confluent.control("PATCH", &path, raised);
    assert!(blocked(&world).contains("declare it as it is"));
}

#[test]
fn a_basic_cluster_rises_to_standard_in_place_and_no_other_type_changes() {
    let (world, mut declared) = applied(with_topic());
    let confluent = Confluent(&world);
    let id = confluent.id("cluster ");
    let cluster = declared.at(CLUSTER).as_object_mut().unwrap();
    cluster.remove("basic");
    cluster.insert("standard".to_owned(), json!({}));
    declared.write(&world);
    assert_eq!(planned(&world), ["kafka_cluster.main update standard"]);
    world.ok(&["plan", "local"]).expect_said("standard = {}");
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.id("cluster "), id);
    for other in ["basic", "enterprise", "freight"] {
        let cluster = declared.at(CLUSTER).as_object_mut().unwrap();
        cluster.retain(|key, _| !["standard", "basic", "enterprise", "freight"].contains(&key.as_str()));
        cluster.insert(other.to_owned(), json!({}));
        declared.write(&world);
        expect_refused(
            &world,
            "it is a standard cluster, and only Basic becomes Standard in place",
        );
    }
}

#[test]
fn another_place_is_an_empty_new_cluster_and_asks_for_leave() {
    let (world, mut declared) = applied(with_connector());
    let confluent = Confluent(&world);
    let whole = confluent.kinds();
    for (field, value) in [
        ("region", "eu-west-1"),
        ("availability", "MULTI_ZONE"),
        ("cloud", "GCP"),
    ] {
        let before = confluent.inventory();
        declared.set(&world, CLUSTER, field, value);
        expect_refused(&world, "--allow-data-loss telemetry/confluent_kafka_cluster.main");
        assert_eq!(confluent.inventory(), before, "{field}");
        // Leave for the cluster covers what lies in it.
        apply_losing(&world, "kafka_cluster.main");
        assert_eq!(confluent.kinds(), whole, "{field}");
        for kind in ["cluster ", "connector ", "key "] {
            let id = confluent.id(kind);
            assert!(!before.values().any(|before| *before == id), "{field} {kind}");
        }
        assert_eq!(stored(&world, "admin_key"), confluent.id("key "), "{field}");
    }
}

#[test]
fn zones_by_their_newer_words_are_the_same() {
    let (world, mut declared) = applied(with_topic());
    declared.set(&world, CLUSTER, "availability", "LOW");
    world.expect_converged();
    declared.set(&world, CLUSTER, "availability", "SINGLE_ZONE");
    world.expect_converged();
}

#[test]
fn what_is_protected_in_it_keeps_a_cluster_that_is_to_be_another() {
    let (world, mut declared) = applied(with_topic());
    declared.set(&world, "confluent_kafka_topic.one", "protect", true);
    world.apply();
    declared.set(&world, CLUSTER, "region", "eu-west-1");
    let allow = "telemetry/confluent_kafka_cluster.main";
    let ran = world.ends(4, &["apply", "local", "--yes", "--allow-data-loss", allow]);
    ran.expect_said("it is protected by telemetry/confluent_kafka_topic.one");
}

#[test]
fn what_moves_to_another_cluster_is_made_there_first() {
    let mut resources = with_connector();
    resources.extend(second_cluster());
    let (world, mut declared) = applied(resources);
    let confluent = Confluent(&world);
    let (whole, before) = (confluent.kinds(), confluent.inventory());
    let moved = [
        &super::GRANTS[..],
        &["confluent_kafka_topic.one", "confluent_connector.sink"],
    ]
    .concat();
    for key in &moved {
        declared.at(key)["kafka_cluster"] = json!("${confluent_kafka_cluster.two}");
        if *key != "confluent_connector.sink" {
            declared.at(key)["credentials"] = json!("${confluent_api_key.two}");
        }
    }
    declared.write(&world);
    let mut expected: Vec<String> = moved
        .iter()
        .map(|key| key.trim_start_matches("confluent_"))
        .flat_map(|key| {
            let goes = if key.contains("topic") { "blocked" } else { "delete" };
            [format!("{key} formerly {goes}"), format!("{key} replace")]
        })
        .collect();
    expected.sort();
    assert_eq!(planned(&world), expected);
    expect_refused(&world, "--allow-data-loss telemetry/confluent_kafka_topic.one");
    apply_losing(&world, "kafka_topic.one");
    assert_eq!(confluent.kinds(), whole);
    let (after, two) = (confluent.inventory(), confluent.id("cluster local-telemetry-two-"));
    for (name, id) in &after {
        let has_moved = name.starts_with("acl ") || name == "topic local-telemetry-one";
        assert!(!has_moved || *id == two, "{name} {id}");
    }
    let connector = |live: &std::collections::BTreeMap<String, String>| {
        let mut live = live.iter().filter(|(name, _)| name.starts_with("connector "));
        live.next().map(|(_, id)| id.clone())
    };
    assert_ne!(connector(&before), connector(&after));
}

#[test]
fn a_cluster_that_moves_to_another_environment_is_made_there_first() {
    let mut resources = with_topic();
    resources.push(("confluent_environment.two", json!({})));
    let (world, mut declared) = applied(resources);
    let confluent = Confluent(&world);
    let whole = confluent.kinds();
    declared.set(&world, CLUSTER, "environment", "${confluent_environment.two}");
    let plan = planned(&world);
    assert!(plan.contains(&"kafka_cluster.main replace".to_owned()), "{plan:?}");
    assert!(
        plan.contains(&"kafka_cluster.main formerly blocked".to_owned()),
        "{plan:?}"
    );
    expect_refused(&world, "--allow-data-loss telemetry/confluent_kafka_cluster.main");
    apply_losing(&world, "kafka_cluster.main");
    assert_eq!(confluent.kinds(), whole);
    let cluster = confluent.id("cluster ");
    let two = confluent.id("environment local-telemetry-two-");
    let live = confluent.control(
        "GET",
        &format!("/cmk/v2/clusters/{cluster}?environment={two}"),
        Json::Null,
    );
    assert_eq!(live["id"], cluster.as_str());
}

#[test]
fn an_environment_deleted_by_hand_comes_back_with_all_that_was_in_it() {
    let (world, _) = applied(with_connector());
    let confluent = Confluent(&world);
    let whole = confluent.kinds();
    let connectors = confluent.connectors();
    let name = confluent.name("connector ");
    confluent.control("DELETE", &format!("{connectors}/{name}"), Json::Null);
    until("no connector", || {
        (!confluent.kinds().contains_key("connector")).then_some(())
    });
    let path = format!("/org/v2/environments/{}", confluent.id("environment "));
    confluent.control("DELETE", &path, Json::Null);
    until("no environment", || {
        (!confluent.kinds().contains_key("environment")).then_some(())
    });
    assert!(
        planned(&world)
            .iter()
            .any(|change| change.starts_with("environment.main create"))
    );
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.kinds(), whole);
    assert_eq!(stored(&world, "admin_key"), confluent.id("key "));
}
