//! Whose it is: what bears no mark or another owner's, what cannot bear one, and two of one.

use serde_json::Value as Json;
use serde_json::json;

use super::applied;
use super::blocked;
use super::declared;
use super::expect_refused;
use super::planned;
use super::with_connector;
use super::with_topic;
use crate::confluent::Confluent;
use crate::world::World;
use crate::world::until;

const ENVIRONMENT: &str = "telemetry/confluent_environment.main";
const CLUSTER: &str = "telemetry/confluent_kafka_cluster.main";

fn make_environment(world: &World, name: &str) -> String {
    Confluent(world).make_environment(name)
}

fn make_cluster(world: &World, environment: &str, name: &str) -> String {
    Confluent(world).make_cluster(environment, name)
}

fn make_key(world: &World, spec: Json) -> String {
    let made = Confluent(world).control("POST", "/iam/v2/api-keys", json!({ "spec": spec }));
    made["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_unmarked_environment_and_cluster_block_until_they_are_adopted() {
    let (world, _) = declared(with_topic());
    world.cloud();
    let words = "its name is taken by a resource without eclusa's mark: adopt it";
    let environment = make_environment(&world, "local-telemetry-main");
    expect_refused(&world, words);
    world.ok(&["adopt", "local", ENVIRONMENT, "--yes"]);
    let cluster = make_cluster(&world, &environment, "local-telemetry-main");
    expect_refused(&world, words);
    world.ok(&["adopt", "local", CLUSTER, "--yes"]);
    world.apply();
    world.expect_converged();
    let confluent = Confluent(&world);
    assert_eq!(confluent.id("environment local-telemetry-main-"), environment);
    assert_eq!(confluent.id("cluster local-telemetry-main-"), cluster);
    world.destroy();
    assert_eq!(confluent.inventory().len(), 0);
}

#[test]
fn the_stack_may_say_what_is_adopted() {
    let (world, mut declared) = declared(with_topic());
    world.cloud();
    let environment = make_environment(&world, "local-telemetry-main");
    declared.set(&world, "confluent_environment.main", "adopt", true);
    world.apply();
    world.expect_converged();
    assert_eq!(Confluent(&world).id("environment "), environment);
}

#[test]
fn what_is_another_owners_is_neither_taken_nor_in_the_way() {
    let (world, _) = declared(with_topic());
    world.cloud();
    let theirs = make_environment(&world, "local-telemetry-main-0badcafe");
    let ran = world.ends(4, &["adopt", "local", ENVIRONMENT, "--yes"]);
    ran.expect_said("there is nothing of telemetry/confluent_environment.main's name to adopt");
    world.apply();
    world.expect_converged();
    let confluent = Confluent(&world);
    assert_eq!(confluent.id("environment local-telemetry-main-0badcafe "), theirs);
    assert_eq!(confluent.kinds()["environment"], 2);
    world.destroy();
    assert_eq!(confluent.id("environment "), theirs);
}

#[test]
fn what_is_another_owners_is_taken_over_from_the_owner_that_is_named() {
    const THEIRS: &str = "local@222222222222/us-east-1";
    let tag = eclusa_planner::resource::Owner(THEIRS.to_owned()).tag();
    let (world, _) = declared(with_topic());
    world.cloud();
    let environment = make_environment(&world, &format!("local-telemetry-main-{tag}"));
    let cluster = make_cluster(&world, &environment, &format!("local-telemetry-main-{tag}"));
    let confluent = Confluent(&world);
    let ran = world.ok(&["adopt", "local", ENVIRONMENT, "--from", THEIRS, "--yes"]);
    ran.expect_said(THEIRS);
    assert_eq!(confluent.id("environment local-telemetry-main-8c5b5d6d"), environment);
    world.ok(&["adopt", "local", CLUSTER, "--from", THEIRS, "--yes"]);
    assert_eq!(confluent.id("cluster local-telemetry-main-8c5b5d6d"), cluster);
    world.apply();
    world.expect_converged();
    assert_eq!((confluent.kinds()["environment"], confluent.kinds()["cluster"]), (1, 1));
    world.destroy();
    assert_eq!(confluent.inventory().len(), 0);
}

#[test]
fn an_account_that_is_not_ours_blocks_and_can_only_be_looked_up() {
    let (world, mut declared) = declared(with_connector());
    world.cloud();
    let confluent = Confluent(&world);
    let body = json!({ "display_name": "local-telemetry-sink" });
    let made = confluent.control("POST", "/iam/v2/service-accounts", body);
    let words = "it cannot be renamed to bear eclusa's mark: only look it up with `existing:`";
    assert!(blocked(&world).starts_with(words));
    expect_refused(&world, words);
    let account = "telemetry/confluent_service_account.sink";
    world.ends(4, &["adopt", "local", account, "--yes"]).expect_said(words);
    declared.set(
        &world,
        "confluent_service_account.sink",
        "existing",
        "local-telemetry-sink",
    );
    world.apply();
    world.expect_converged();
    assert_eq!(
        confluent.id("account local-telemetry-sink"),
        made["id"].as_str().unwrap()
    );
    world.destroy();
    let left: Vec<String> = confluent.inventory().into_keys().collect();
    assert_eq!(left, ["account local-telemetry-sink"]);
}

#[test]
fn a_connector_that_is_not_ours_blocks_and_can_only_be_looked_up() {
    let mut resources = with_connector();
    let sink = resources.pop().unwrap();
    let (world, mut declared) = applied(resources);
    let confluent = Confluent(&world);
    let config = json!({
        "connector.class": "MongoDbAtlasSink", "kafka.auth.mode": "SERVICE_ACCOUNT",
        "kafka.service.account.id": confluent.id("account local-telemetry-sink-"), "topics": "local-telemetry-one",
        "input.data.format": "JSON", "connection.host": "cluster0.abcde.mongodb.net", "connection.user": "sink",
        "connection.password": "theirs", "database": "telemetry", "tasks.max": "1"
    });
    let body = json!({ "name": "local-telemetry-sink", "config": config });
    confluent.control("POST", &confluent.connectors(), body);
    until("a foreign connector", || {
        confluent
            .inventory()
            .contains_key("connector local-telemetry-sink")
            .then_some(())
    });
    declared.0.push(sink);
    declared.write(&world);
    let words = "it cannot be renamed to bear eclusa's mark: only look it up with `existing:`";
    assert!(blocked(&world).starts_with(words));
    expect_refused(&world, words);
    declared.set(&world, "confluent_connector.sink", "existing", "local-telemetry-sink");
    world.expect_converged();
    declared
        .at("confluent_connector.sink")
        .as_object_mut()
        .unwrap()
        .remove("existing");
    declared.set(&world, "confluent_connector.sink", "name", "another");
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.kinds()["connector"], 2);
}

#[test]
fn of_two_environments_of_one_name_an_empty_other_goes_and_a_full_one_blocks() {
    let (world, _) = applied(with_topic());
    let confluent = Confluent(&world);
    let it = confluent.id("environment ");
    let name = confluent.name("environment ");
    let twin = make_environment(&world, name.split(' ').next().unwrap());
    assert_eq!(planned(&world), ["environment.main formerly delete"]);
    let theirs = make_cluster(&world, &twin, "anything");
    assert!(blocked(&world).contains(&twin));
    expect_refused(&world, "there are more of it, and something is in them");
    let path = format!("/cmk/v2/clusters/{theirs}?environment={twin}");
    confluent.control("DELETE", &path, Json::Null);
    until("the twin to be empty", || {
        (confluent.kinds()["cluster"] == 1).then_some(())
    });
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.id("environment "), it);
}

#[test]
fn of_two_clusters_of_one_name_an_empty_other_goes_and_a_full_one_blocks() {
    let (world, _) = applied(with_topic());
    let confluent = Confluent(&world);
    let (environment, it) = (confluent.id("environment "), confluent.id("cluster "));
    let name = confluent.name("cluster ");
    let twin = make_cluster(&world, &environment, name.split(' ').next().unwrap());
    assert_eq!(planned(&world), ["kafka_cluster.main formerly delete"]);
    let key = make_key(
        &world,
        json!({
            "display_name": "theirs",
            "owner": { "id": confluent.id("account ") },
            "resource": { "id": twin, "kind": "Cluster", "environment": environment },
        }),
    );
    assert!(blocked(&world).contains(&twin));
    expect_refused(&world, "there are more of it, and something is in them");
    confluent.control("DELETE", &format!("/iam/v2/api-keys/{key}"), Json::Null);
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.id("cluster "), it);
}

#[test]
fn without_a_record_the_older_of_two_is_it() {
    let (world, _) = declared(with_topic());
    world.cloud();
    let name = world
        .plan()
        .into_iter()
        .find(|change| change.address == ENVIRONMENT)
        .unwrap()
        .name;
    let confluent = Confluent(&world);
    let made = |id: &str| {
        let one = confluent.control("GET", &format!("/org/v2/environments/{id}"), Json::Null);
        one["metadata"]["created_at"].as_str().unwrap().to_owned()
    };
    let older = make_environment(&world, &name);
    until("a younger one", || {
        let id = make_environment(&world, &name);
        if made(&id) > made(&older) {
            return Some(());
        }
        confluent.control("DELETE", &format!("/org/v2/environments/{id}"), Json::Null);
        None
    });
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.id("environment "), older);
}

#[test]
fn of_two_keys_of_one_mark_the_one_in_the_store_is_it() {
    let (world, _) = applied(with_topic());
    let confluent = Confluent(&world);
    let it = confluent.id("key ");
    let live = confluent.control("GET", &format!("/iam/v2/api-keys/{it}"), Json::Null);
    let spec = &live["spec"];
    make_key(
        &world,
        json!({
            "display_name": spec["display_name"],
            "description": spec["description"],
            "owner": { "id": spec["owner"]["id"] },
            "resource": { "id": spec["resource"]["id"], "kind": "Cluster", "environment": confluent.id("environment ") },
        }),
    );
    assert_eq!(planned(&world), ["api_key.admin formerly delete"]);
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.id("key "), it);
}

#[test]
fn what_cannot_be_made_to_match_in_place_is_not_adopted() {
    let (world, mut declared) = declared(with_topic());
    world.cloud();
    let environment = make_environment(&world, "local-telemetry-main");
    make_cluster(&world, &environment, "local-telemetry-main");
    world.ok(&["adopt", "local", ENVIRONMENT, "--yes"]);
    declared.set(&world, "confluent_kafka_cluster.main", "region", "eu-west-1");
    let ran = world.ends(4, &["adopt", "local", CLUSTER, "--yes"]);
    ran.expect_said("it cannot be adopted as declared, since `region` cannot be changed in place");
}

#[test]
fn what_somebody_gave_another_name_is_found_by_its_id_and_gets_its_own_back_when_adopted() {
    let (world, _) = applied(with_connector());
    let confluent = Confluent(&world);
    let before = confluent.inventory();
    let (environment, cluster) = (confluent.id("environment "), confluent.id("cluster "));
    let named = json!({ "spec": { "display_name": "theirs", "environment": { "id": environment } } });
    confluent.control("PATCH", &format!("/cmk/v2/clusters/{cluster}"), named);
    expect_refused(&world, "without eclusa's mark: adopt it");
    world.ok(&["adopt", "local", CLUSTER, "--yes"]);
    world.expect_converged();
    let named = json!({ "display_name": "theirs" });
    confluent.control("PATCH", &format!("/org/v2/environments/{environment}"), named);
    expect_refused(&world, "without eclusa's mark: adopt it");
    world.ok(&["adopt", "local", ENVIRONMENT, "--yes"]);
    world.expect_converged();
    assert_eq!(confluent.inventory(), before);
}

#[test]
fn a_description_that_lost_its_mark_gets_it_back() {
    let (world, _) = applied(with_topic());
    let confluent = Confluent(&world);
    let before = confluent.inventory();
    let account = format!("/iam/v2/service-accounts/{}", confluent.id("account "));
    confluent.control("PATCH", &account, json!({ "description": "" }));
    let key = format!("/iam/v2/api-keys/{}", confluent.id("key "));
    confluent.control("PATCH", &key, json!({ "spec": { "description": "" } }));
    assert_eq!(
        planned(&world),
        ["api_key.admin update", "service_account.admin update"]
    );
    for change in world.plan() {
        assert_eq!(change.reason, "its description lacks eclusa's mark");
    }
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.inventory(), before);
}
