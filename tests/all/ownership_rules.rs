//! What is ours and no longer declared, moved, renamed, protected or adopted; what targets and flags narrow and allow.

use aws_sdk_iam::types::Tag;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value as Json;
use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::TRUSTS_IOT;
use crate::cloud::nth;
use crate::world::LOCAL;
use crate::world::World;

const OTHER: &str = "other@123456789012/us-east-1";

fn url(name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/123456789012/{name}")
}

fn send(cloud: &Cloud, queue: &str) {
    let send = cloud.aws.sqs.send_message().queue_url(url(queue)).message_body("x");
    cloud.run(send.send()).unwrap();
}

fn world_of(resources: &[(&str, Json)]) -> World {
    let world = World::new(LOCAL);
    declare(&world, resources);
    world
}

fn declare(world: &World, resources: &[(&str, Json)]) {
    world.set_resources(resources.iter().map(|(key, attributes)| (*key, attributes)));
}

fn short(world: &World) -> Vec<String> {
    world.plan().iter().map(crate::world::Planned::short).collect()
}

/// A role, and a rule that sends to a queue of the stack.
fn inflow(queue: &str) -> [(&'static str, Json); 2] {
    let trust: Json = serde_json::from_str(TRUSTS_IOT).unwrap();
    let sqs = json!({ "queue_url": format!("${{aws_sqs_queue.{queue}.url}}"), "role_arn": "${aws_iam_role.r.arn}" });
    [
        ("aws_iam_role.r", json!({ "assume_role_policy": trust })),
        (
            "aws_iot_topic_rule.in",
            json!({ "sql": "SELECT * FROM 'a'", "sqs": sqs }),
        ),
    ]
}

#[test]
fn what_is_no_longer_declared_is_deleted_after_the_update_that_stops_using_it() {
    let queues = ["aws_sqs_queue.old", "aws_sqs_queue.new"].map(|key| (key, json!({})));
    let world = world_of(&[&queues[..], &inflow("old")].concat());
    world.apply();
    declare(&world, &[&queues[1..], &inflow("new")].concat());
    let plan = world.plan();
    assert_eq!(
        short(&world),
        [
            "telemetry/aws_iot_topic_rule.in update",
            "telemetry/aws_sqs_queue.old delete"
        ]
    );
    assert_eq!(plan[1].reason, "it is no longer declared");
    world.forget_calls();
    world.apply();
    assert_eq!(
        world.resource_writes(),
        ["iot.ReplaceTopicRule", "iot.TagResource", "sqs.DeleteQueue"]
    );
    world.expect_converged();

    declare(&world, &[]);
    world.forget_calls();
    world.apply();
    assert_eq!(
        world.resource_writes(),
        ["iot.DeleteTopicRule", "sqs.DeleteQueue", "iam.DeleteRole"]
    );
    assert_eq!(world.cloud().names(), Vec::<String>::new());
}

#[test]
fn a_destroy_takes_what_is_no_longer_declared_as_well() {
    let world = world_of(&[("aws_sqs_queue.a", json!({})), ("aws_sqs_queue.b", json!({}))]);
    world.apply();
    declare(&world, &[("aws_sqs_queue.a", json!({}))]);
    world.destroy();
    assert_eq!(world.cloud().names(), Vec::<String>::new());
}

#[test]
fn messages_save_their_queue_until_their_loss_is_allowed() {
    let world = world_of(&[("aws_sqs_queue.a", json!({}))]);
    world.apply();
    let cloud = world.cloud();
    send(&cloud, "local-telemetry-a");
    declare(&world, &[]);
    world.forget_calls();
    let ran = world.ends(4, &["apply", "local", "--yes"]);
    ran.expect_said("`--allow-data-loss telemetry/aws_sqs_queue.a`");
    assert_eq!(world.writes(), Vec::<String>::new());
    let typo = "telemetry/aws_sqs_queue.b";
    let ran = world.ends(1, &["apply", "local", "--yes", "--allow-data-loss", typo]);
    ran.expect_said("did you mean `telemetry/aws_sqs_queue.a`?");
    world.ok(&[
        "apply",
        "local",
        "--yes",
        "--allow-data-loss",
        "telemetry/aws_sqs_queue.a",
    ]);
    assert_eq!(cloud.names(), Vec::<String>::new());
}

#[test]
fn a_message_that_arrives_between_plan_and_delete_saves_its_queue() {
    let world = world_of(&[&[("aws_sqs_queue.a", json!({}))], &inflow("a")[..]].concat());
    world.apply();
    let cloud = world.cloud();
    declare(&world, &[]);
    world.forget_calls();
    // The rule goes first; while it waits there is time for a message.
    let mut late = nth("iot.DeleteTopicRule", 1, "delay");
    late["after_ms"] = json!(3_000);
    world.faults(&[late]);
    let run = world
        .command(&["apply", "local", "--yes"])
        .stdout(std::process::Stdio::null())
        .spawn();
    world.await_call("iot.DeleteTopicRule", 1);
    send(&cloud, "local-telemetry-a");
    assert_eq!(run.unwrap().wait().unwrap().code(), Some(4));
    assert!(cloud.names().contains(&"aws_sqs_queue local-telemetry-a".to_owned()));
}

#[test]
fn a_renamed_resource_that_keeps_its_cloud_name_is_only_marked_anew() {
    let trust: Json = serde_json::from_str(TRUSTS_IOT).unwrap();
    let named = |name: &str| {
        let sqs = json!({ "queue_url": url("fixed"), "role_arn": format!("${{aws_iam_role.{name}.arn}}") });
        let keys = ["aws_sqs_queue", "aws_iam_role", "aws_iot_topic_rule"].map(|kind| format!("{kind}.{name}"));
        let attributes = [
            json!({ "name": "fixed" }),
            json!({ "name": "fixed", "assume_role_policy": trust }),
            json!({ "name": "fixed", "sql": "SELECT * FROM 'a'", "sqs": sqs }),
        ];
        let resources: Vec<(String, Json)> = keys.into_iter().zip(attributes).collect();
        resources
    };
    let world = World::new(LOCAL);
    let set = |name: &str| {
        let resources = named(name);
        world.set_resources(resources.iter().map(|(key, attributes)| (key.as_str(), attributes)));
    };
    set("before");
    world.apply();
    set("after");
    let plan = world.plan();
    assert_eq!(plan.len(), 3);
    for change in &plan {
        let was = change.address.replace(".after", ".before");
        assert_eq!(change.reason, format!("it was {was} and keeps its name"));
        assert_eq!((change.action.as_str(), change.fields.len()), ("update", 0));
    }
    world.forget_calls();
    world.apply();
    let mut writes = world.resource_writes();
    writes.sort();
    assert_eq!(writes, ["iam.TagRole", "iot.TagResource", "sqs.TagQueue"]);
    world.expect_converged();
}

#[test]
fn a_new_name_is_made_first_and_the_old_object_goes_last() {
    let queue = |name: &str| ("aws_sqs_queue.a", json!({ "name": name }));
    let world = world_of(&[&[queue("one")], &inflow("a")[..]].concat());
    world.apply();
    declare(&world, &[&[queue("two")], &inflow("a")[..]].concat());
    assert_eq!(
        short(&world),
        [
            "telemetry/aws_iot_topic_rule.in update",
            "telemetry/aws_sqs_queue.a replace",
            "telemetry/aws_sqs_queue.a (formerly one) delete",
        ]
    );
    world.forget_calls();
    let ran = world.apply();
    ran.expect_said("0 created, 1 updated, 1 replaced, 1 deleted");
    assert_eq!(
        world.resource_writes(),
        [
            "sqs.CreateQueue",
            "iot.ReplaceTopicRule",
            "iot.TagResource",
            "sqs.DeleteQueue"
        ]
    );
    world.expect_converged();

    send(&world.cloud(), "two");
    declare(&world, &[&[queue("three")], &inflow("a")[..]].concat());
    world.forget_calls();
    world
        .ends(4, &["apply", "local", "--yes"])
        .expect_said("the messages in it would be lost");
    assert_eq!(world.writes(), Vec::<String>::new());
    world.ok(&[
        "apply",
        "local",
        "--yes",
        "--allow-data-loss",
        "telemetry/aws_sqs_queue.a",
    ]);
    world.expect_converged();
}

#[test]
fn what_is_protected_stays_until_its_mark_says_otherwise() {
    let world = world_of(&[
        ("aws_sqs_queue.a", json!({ "protect": true })),
        ("aws_sqs_queue.b", json!({})),
    ]);
    world.apply();
    world.ends(
        4,
        &["apply", "local", "--yes", "--replace", "telemetry/aws_sqs_queue.a"],
    );
    declare(&world, &[("aws_sqs_queue.b", json!({}))]);
    world.forget_calls();
    world
        .ends(4, &["apply", "local", "--yes"])
        .expect_said("its mark says that it is protected");
    assert_eq!(world.writes(), Vec::<String>::new());
    world
        .ends(4, &["destroy", "local", "--yes"])
        .expect_said("telemetry/aws_sqs_queue.a");
    assert_eq!(world.cloud().names(), ["aws_sqs_queue local-telemetry-a"]);

    declare(&world, &[("aws_sqs_queue.a", json!({}))]);
    assert_eq!(world.plan()[0].reason, "it is no longer protected");
    world.apply();
    world.expect_converged();
    world.destroy();
    assert_eq!(world.cloud().names(), Vec::<String>::new());
}

#[test]
fn what_bears_no_mark_is_adopted_by_option_or_command_and_made_to_match() {
    let world = world_of(&[("aws_sqs_queue.a", json!({})), ("aws_sqs_queue.b", json!({}))]);
    let cloud = world.cloud();
    let delayed = [(QueueAttributeName::DelaySeconds, "7")];
    cloud.make_queue("local-telemetry-a", &delayed, &[("team", "sensors")]);
    world.ends(4, &["apply", "local", "--yes"]);

    let ran = world.ok(&["adopt", "local", "telemetry/aws_sqs_queue.a", "--yes"]);
    ran.expect_said("1 adopted, 0 created");
    let found = &cloud.inventory()["aws_sqs_queue local-telemetry-a"];
    assert_eq!(found["attributes"]["DelaySeconds"], "0");
    assert_eq!(found["tags"]["team"], "sensors");
    assert_eq!(short(&world), ["telemetry/aws_sqs_queue.b create"]);

    cloud.make_queue("local-telemetry-b", &delayed, &[]);
    declare(
        &world,
        &[
            ("aws_sqs_queue.a", json!({})),
            ("aws_sqs_queue.b", json!({ "adopt": true })),
        ],
    );
    let plan = world.plan();
    assert_eq!(
        (plan[0].action.as_str(), &plan[0].fields[..]),
        ("adopt", &["delay_seconds".to_owned()][..])
    );
    world.apply();
    world.expect_converged();
}

#[test]
fn what_is_anothers_is_adopted_only_from_them() {
    let trust: Json = serde_json::from_str(TRUSTS_IOT).unwrap();
    let role = json!({ "name": "theirs", "assume_role_policy": trust });
    let world = world_of(&[("aws_iam_role.r", role)]);
    let cloud = world.cloud();
    cloud.make_role("theirs", &[("eclusa:owner", OTHER)]);
    let address = "telemetry/aws_iam_role.r";
    let refused = ["adopt", "local", address, "--yes"];
    world.forget_calls();
    world
        .ends(4, &refused)
        .expect_said(&format!("`eclusa adopt --from {OTHER}`"));
    world.ends(4, &[&refused[..], &["--from", "third@1/x"]].concat());
    assert_eq!(world.writes(), Vec::<String>::new());
    world.ok(&[&refused[..], &["--from", OTHER]].concat());
    assert_eq!(world.resource_writes(), ["iam.TagRole"]);
    world.expect_converged();
}

#[test]
fn there_must_be_something_to_adopt() {
    let world = world_of(&[("aws_sqs_queue.a", json!({}))]);
    world.cloud();
    world.forget_calls();
    let ran = world.ends(4, &["adopt", "local", "telemetry/aws_sqs_queue.a", "--yes"]);
    ran.expect_said("there is nothing of telemetry/aws_sqs_queue.a's name to adopt");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_target_brings_what_it_needs_prunes_nothing_and_never_says_no_changes() {
    let world = world_of(&[("aws_sqs_queue.gone", json!({}))]);
    world.apply();
    declare(
        &world,
        &[
            &[("aws_sqs_queue.a", json!({})), ("aws_sqs_queue.b", json!({}))],
            &inflow("a")[..],
        ]
        .concat(),
    );
    let target = ["--target", "telemetry/aws_iot_topic_rule.in"];
    world
        .ok(&[&["apply", "local", "--yes"], &target[..]].concat())
        .expect_said("3 created, 0 updated, 0 replaced, 0 deleted");
    let again = world.ok(&[&["plan", "local"], &target[..]].concat());
    again.expect_said("Nothing to do for the 3 targeted resources");
    assert!(!again.said().contains("No changes"), "{}", again.said());
    assert_eq!(
        short(&world),
        [
            "telemetry/aws_sqs_queue.b create",
            "telemetry/aws_sqs_queue.gone delete"
        ]
    );
}

#[test]
fn a_replace_that_was_asked_for_happens_once_whatever_answer_is_lost() {
    for lost in [None, Some("sqs.DeleteQueue"), Some("sqs.CreateQueue")] {
        let world = world_of(&[("aws_sqs_queue.a", json!({}))]);
        world.apply();
        world.forget_calls();
        let faults: Vec<Json> = lost.iter().map(|operation| nth(operation, 1, "lose-answer")).collect();
        world.faults(&faults);
        let ran = world.ok(&["apply", "local", "--yes", "--replace", "telemetry/aws_sqs_queue.a"]);
        ran.expect_said("1 replaced");
        let calls = world.calls();
        let deleted = calls.iter().filter(|call| call.operation == "sqs.DeleteQueue");
        assert_eq!(deleted.count(), 1, "{lost:?}");
        world.expect_converged();
    }
}

#[test]
fn roles_that_the_account_owns_need_no_leave_of_iam() {
    let world = World::new("cloud: embedded\naws: { region: us-east-1, roles: { existing: LabRole } }\n");
    declare(&world, &[&[("aws_sqs_queue.a", json!({}))], &inflow("a")[..]].concat());
    let cloud = world.cloud();
    cloud.make_role("LabRole", &[]);
    let denied = json!({
        "service": "iam", "operation": "*", "every": 1, "fault": "fail",
        "status": 403, "code": "AccessDenied", "message": "explicit deny by Pvoclabs2",
    });
    for faults in [&[][..], &[denied]] {
        world.faults(faults);
        world.forget_calls();
        let ran = world.apply();
        let is_denied = !faults.is_empty();
        assert_eq!(
            ran.said().contains("taken to be there, but not verified"),
            is_denied,
            "{}",
            ran.said()
        );
        world.expect_converged();
        let plan = world.plan_json();
        assert_eq!(plan["not_verified"].as_array().unwrap().len(), usize::from(is_denied));
        let asked: Vec<_> = world
            .calls()
            .into_iter()
            .filter(|call| call.operation.starts_with("iam."))
            .collect();
        assert!(asked.iter().all(|call| call.operation == "iam.GetRole"), "{asked:?}");
        world.no_faults();
        world.destroy();
        assert_eq!(cloud.names(), ["aws_iam_role LabRole"]);
    }
}

#[test]
fn a_list_that_is_denied_leaves_the_answer_incomplete() {
    let world = world_of(&[("aws_sqs_queue.a", json!({}))]);
    world.apply();
    let mut denied = nth("sqs.ListQueues", 1, "fail");
    denied["status"] = json!(403);
    denied["code"] = json!("AccessDenied");
    world.forget_calls();
    world.faults(&[denied]);
    let ran = world.ends(3, &["plan", "local"]);
    ran.expect_said("not every aws_sqs_queue could be looked at");
    assert!(!ran.said().contains("No changes"), "{}", ran.said());
}

#[test]
fn two_environments_of_the_same_names_do_not_touch_each_other() {
    let world = world_of(&[("aws_sqs_queue.a", json!({}))]);
    let cloud = world.cloud();
    cloud.make_queue("local-telemetry-old", &[], &[("eclusa:owner", OTHER)]);
    cloud.make_queue("unmarked", &[], &[]);
    world.apply();
    world.destroy();
    assert_eq!(
        cloud.names(),
        ["aws_sqs_queue local-telemetry-old", "aws_sqs_queue unmarked"]
    );
}

/// IAM knows no regions: the same environment of another one, or of a former account's name, has its roles here too.
#[test]
fn the_roles_of_the_same_environment_in_another_region_are_not_ours() {
    let trust: Json = serde_json::from_str(TRUSTS_IOT).unwrap();
    let world = world_of(&[("aws_iam_role.r", json!({ "assume_role_policy": trust }))]);
    let cloud = world.cloud();
    for place in ["123456789012/eu-west-1", "999999999999/us-east-1"] {
        let owner = Tag::builder().key("eclusa:owner").value(format!("local@{place}"));
        let name = place.replace('/', "-");
        let role = cloud.aws.iam.create_role().role_name(name).path("/eclusa/local/");
        let role = role
            .assume_role_policy_document(TRUSTS_IOT)
            .tags(owner.build().unwrap());
        cloud.run(role.send()).unwrap();
    }
    let theirs = cloud.inventory();
    world.apply();
    world.expect_converged();
    assert_eq!(cloud.names().len(), 3);
    world.destroy();
    assert_eq!(cloud.inventory(), theirs);
}
