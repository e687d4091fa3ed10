//! Saved plans: carried out exactly and unasked, or refused by the name of what moved, before anything is written.
//!
//! A plan that was applied is stale: its second apply is refused and names what the first one did, as Terraform's users
//! expect. Saying "nothing to do" instead would need a guess that what is there now is that plan's own doing; the plan of
//! now says it without guessing. A plan of no changes may be applied as often as anybody likes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value as Json;
use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::every;
use crate::cloud::nth;
use crate::process::finish;
use crate::world::LOCAL;
use crate::world::Ran;
use crate::world::World;

pub(crate) const FILE: &str = "local.plan";
pub(crate) const PLAN: [&str; 4] = ["plan", "local", "--out", FILE];
pub(crate) const APPLY: [&str; 2] = ["apply", FILE];
const OURS: (&str, &str) = ("eclusa:owner", "local@123456789012/us-east-1");

fn url(name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/123456789012/local-telemetry-{name}")
}

fn send(cloud: &Cloud, queue: &str) {
    let send = cloud.aws.sqs.send_message().queue_url(url(queue)).message_body("x");
    cloud.run(send.send()).unwrap();
}

fn delay(cloud: &Cloud, queue: &str, seconds: &str) {
    let set = cloud.aws.sqs.set_queue_attributes().queue_url(url(queue));
    let set = set.attributes(QueueAttributeName::DelaySeconds, seconds);
    cloud.run(set.send()).unwrap();
}

fn delete(cloud: &Cloud, queue: &str) {
    cloud
        .run(cloud.aws.sqs.delete_queue().queue_url(url(queue)).send())
        .unwrap();
}

fn declare(world: &World, resources: &[(&str, Json)]) {
    world.set_resources(resources.iter().map(|(key, attributes)| (*key, attributes)));
}

/// Two queues that are there, one of which is to change, and a third that is to be made; the plan of that is saved.
fn planned() -> (World, Cloud) {
    let world = World::new(LOCAL);
    let (one, two) = (("aws_sqs_queue.one", json!({})), ("aws_sqs_queue.two", json!({})));
    declare(&world, &[one.clone(), two]);
    world.apply();
    let two = ("aws_sqs_queue.two", json!({ "delay_seconds": 2 }));
    declare(&world, &[one, two, ("aws_sqs_queue.three", json!({}))]);
    world.ok(&PLAN);
    let cloud = world.cloud();
    (world, cloud)
}

fn saved(world: &World) -> Json {
    serde_json::from_str(&world.read(FILE)).unwrap()
}

/// Writes another text at a place in the file.
fn edit_saved(world: &World, pointer: &str, value: Json) {
    let mut plan = saved(world);
    *plan.pointer_mut(pointer).unwrap() = value;
    world.write(FILE, &plan.to_string());
}

/// The apply of the saved plan is refused with these words, and neither resource nor lease is written.
#[track_caller]
fn expect_refused(world: &World, words: &str) -> Ran {
    world.forget_calls();
    let ran = world.ends(4, &APPLY);
    ran.expect_said("nothing was written, since this changed after local.plan was saved");
    ran.expect_said(words);
    ran.expect_said("hint: see what would be done now, and save that: eclusa plan local");
    assert_eq!(world.writes(), Vec::<String>::new());
    ran
}

#[test]
fn a_saved_plan_is_carried_out_unasked_and_converges() {
    let world = World::aws_half();
    let cloud = world.cloud();
    world.forget_calls();
    let ran = world.ok(&PLAN);
    ran.expect_said("Next: eclusa apply local.plan");
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(cloud.names(), Vec::<String>::new());
    let mode = fs::metadata(world.path(FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(saved(&world)["has_changes"], true);
    let count = saved(&world)["changes"].as_array().unwrap().len();
    world.ok(&APPLY).expect_said(&format!("{count} created"));
    world.expect_converged();
    world.ok(&["history", "local"]).expect_said("apply");
}

#[test]
fn the_same_plan_is_saved_in_the_same_bytes() {
    let (world, _) = planned();
    let first = world.read(FILE);
    world.ok(&PLAN);
    assert_eq!(world.read(FILE), first);
}

#[test]
fn an_applied_plan_is_stale_and_one_of_no_changes_is_not() {
    let (world, _) = planned();
    world.ok(&APPLY);
    let ran = expect_refused(&world, "telemetry/aws_sqs_queue.three (it exists now)");
    ran.expect_said("eclusa plan local --out local.plan");
    ran.expect_said("telemetry/aws_sqs_queue.two (its live attributes, its mark)");
    assert!(!ran.stderr.contains("queue.one"), "{}", ran.stderr);
    world.ok(&PLAN).expect_said("No changes.");
    assert_eq!(saved(&world)["has_changes"], false);
    world.forget_calls();
    for _ in 0..2 {
        world.ok(&APPLY).expect_said("No changes.");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn what_somebody_did_meanwhile_is_refused_by_name() {
    let (world, cloud) = planned();
    let name = |name: &str| format!("local-telemetry-{name}");
    let sqs = &cloud.aws.sqs;

    delay(&cloud, "one", "7");
    expect_refused(&world, "telemetry/aws_sqs_queue.one (its live attributes)");
    delay(&cloud, "one", "0");

    let owner = |queue: &str, owner: &str| {
        let tag = sqs.tag_queue().queue_url(url(queue)).tags(OURS.0, owner);
        cloud.run(tag.send()).unwrap();
    };
    owner("two", "other@123456789012/us-east-1");
    expect_refused(&world, "telemetry/aws_sqs_queue.two (its mark)");
    owner("two", OURS.1);

    cloud.make_queue(&name("three"), &[], &[]);
    expect_refused(&world, "telemetry/aws_sqs_queue.three (it exists now)");
    delete(&cloud, "three");

    let tags = [OURS, ("eclusa:address", "telemetry/aws_sqs_queue.four")];
    cloud.make_queue(&name("four"), &[], &tags);
    expect_refused(&world, "telemetry/aws_sqs_queue.four (it exists now)");
    delete(&cloud, "four");

    // All is again as it was.
    world.ok(&APPLY);
    world.expect_converged();
}

#[test]
fn what_was_deleted_meanwhile_is_refused_by_name() {
    let (world, cloud) = planned();
    delete(&cloud, "one");
    expect_refused(&world, "telemetry/aws_sqs_queue.one (it is gone)");
}

#[test]
fn what_can_no_longer_be_read_is_refused_by_name() {
    let (world, _) = planned();
    let mut denied = every("sqs.GetQueueAttributes", "fail");
    denied["status"] = json!(403);
    denied["code"] = json!("AccessDenied");
    world.faults(&[denied]);
    expect_refused(&world, "telemetry/aws_sqs_queue.one (it can no longer be read)");
    world.no_faults();
    let mut denied = every("sqs.ListQueues", "fail");
    denied["status"] = json!(403);
    denied["code"] = json!("AccessDenied");
    world.faults(&[denied]);
    expect_refused(&world, "aws_sqs_queue (not all of ours can be listed any more)");
}

#[test]
fn what_the_files_say_otherwise_is_refused_by_name() {
    let (world, _) = planned();
    let stack = world.read("stacks/telemetry.yaml");
    let environment = world.read("environments/local.yaml");
    let refuses = |words: &str| {
        expect_refused(&world, words);
        world.write("stacks/telemetry.yaml", &stack);
        world.write("environments/local.yaml", &environment);
    };
    let set = |one: Json, more: &[(&str, Json)]| {
        let two = ("aws_sqs_queue.two", json!({ "delay_seconds": 2 }));
        let three = ("aws_sqs_queue.three", json!({}));
        declare(&world, &[&[("aws_sqs_queue.one", one), two, three], more].concat());
    };
    set(json!({ "delay_seconds": 1 }), &[]);
    refuses("telemetry/aws_sqs_queue.one (its declaration)");
    set(json!({ "protect": true }), &[]);
    refuses("telemetry/aws_sqs_queue.one (its declaration)");
    set(json!({}), &[("aws_sqs_queue.four", json!({}))]);
    refuses("telemetry/aws_sqs_queue.four (it is declared now)");
    declare(&world, &[]);
    refuses("telemetry/aws_sqs_queue.one (it is no longer declared)");
    world.set_environment(&format!("{LOCAL}expires_after: 1h\n"));
    refuses("expires_after (was not said, is 3600s)");
    world.set_environment("cloud: embedded\naws: { region: us-east-1, account: \"999999999999\" }\n");
    refuses("account (was 123456789012, is 999999999999)");
    world.set_environment("cloud: embedded\naws: { region: eu-west-1 }\n");
    refuses("region (was us-east-1, is eu-west-1)");
    // Words alone are no declaration.
    world.edit("stacks/telemetry.yaml", "resources:", "# a remark\nresources:");
    world.ok(&APPLY);
    world.expect_converged();
}

#[test]
fn another_content_under_the_same_name_is_refused_by_what_names_it() {
    let world = World::new(LOCAL);
    let template = |days: u32| {
        let text = format!(
            "Resources: {{ Logs: {{ Type: AWS::Logs::LogGroup, Properties: {{ RetentionInDays: {days} }} }} }}"
        );
        world.write("stacks/logs.cfn.yaml", &text);
    };
    template(7);
    declare(
        &world,
        &[(
            "aws_cloudformation_stack.logs",
            json!({ "template_file": "logs.cfn.yaml" }),
        )],
    );
    world.ok(&PLAN);
    template(14);
    expect_refused(
        &world,
        "telemetry/aws_cloudformation_stack.logs (what its `template_file` names)",
    );
}

#[test]
fn a_plan_of_another_eclusa_or_owner_is_refused() {
    let (world, _) = planned();
    let file = world.read(FILE);
    edit_saved(&world, "/eclusa", "99.0.0".into());
    world.ends(4, &APPLY).expect_said("eclusa (was 99.0.0, is 0.1.0)");
    world.write(FILE, &file);
    edit_saved(&world, "/made_as/owner", "local@1/us-east-1".into());
    expect_refused(&world, "owner (was local@1/us-east-1, is local@123456789012/us-east-1)");
}

#[test]
fn what_was_edited_in_the_file_is_not_what_is_planned_and_is_refused() {
    let (world, _) = planned();
    edit_saved(&world, "/request/replace", json!(["telemetry/aws_sqs_queue.one"]));
    expect_refused(
        &world,
        "telemetry/aws_sqs_queue.one (planned as keep, would be replace now: it was asked for with `--replace`)",
    );
    edit_saved(&world, "/request/replace", json!([]));
    let mut changes = saved(&world)["changes"].clone();
    let two = "telemetry/aws_sqs_queue.two";
    let shown = changes.as_array_mut().unwrap().iter_mut();
    let mut shown = shown.filter(|change| change["address"] == two);
    shown.next().unwrap()["fields"] = json!([]);
    edit_saved(&world, "/changes", changes);
    expect_refused(&world, "telemetry/aws_sqs_queue.two (what would change of it)");
}

#[test]
fn messages_that_come_and_go_make_no_plan_stale() {
    let (world, cloud) = planned();
    send(&cloud, "one");
    send(&cloud, "two");
    world.ok(&APPLY);
    world.expect_converged();
}

#[test]
fn messages_save_a_queue_that_was_to_be_deleted_unless_their_loss_was_planned() {
    let world = World::new(LOCAL);
    declare(&world, &[("aws_sqs_queue.one", json!({}))]);
    world.apply();
    let cloud = world.cloud();
    declare(&world, &[]);
    world.ok(&PLAN);
    send(&cloud, "one");
    expect_refused(
        &world,
        "telemetry/aws_sqs_queue.one (planned as delete, would be blocked now: the messages in it would be lost",
    );
    assert_eq!(cloud.names(), ["aws_sqs_queue local-telemetry-one"]);

    let allowed = ["--allow-data-loss", "telemetry/aws_sqs_queue.one"];
    world.ok(&[&PLAN[..], &allowed].concat());
    send(&cloud, "one");
    world.ok(&APPLY);
    assert_eq!(cloud.names(), Vec::<String>::new());
    // The address that was written means nothing any more.
    world.forget_calls();
    let ran = world.ends(4, &APPLY);
    ran.expect_said("telemetry/aws_sqs_queue.one (it is gone)");
    ran.expect_said("eclusa plan local --allow-data-loss telemetry/aws_sqs_queue.one --out local.plan");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn what_moves_while_the_lease_is_awaited_is_refused_by_name() {
    let (world, cloud) = planned();
    let mut late = nth("iot.UpdateThing", 1, "delay");
    late["after_ms"] = 2_000.into();
    world.faults(&[late]);
    world.forget_calls();
    let run = world.start(&APPLY);
    world.await_call("iot.UpdateThing", 1);
    let thing = cloud.aws.iot.update_thing().thing_name("eclusa-local");
    let payload = aws_sdk_iot::types::AttributePayload::builder()
        .attributes("renewed", "moved")
        .merge(true)
        .build();
    cloud.run(thing.attribute_payload(payload).send()).unwrap();
    delete(&cloud, "one");
    let ran = run.ended().expect(4);
    ran.expect_said("telemetry/aws_sqs_queue.one (it is gone)");
    let writes = world.resource_writes();
    assert_eq!(writes, ["sqs.DeleteQueue"], "somebody's own alone");
    let held = cloud.run(cloud.aws.iot.describe_thing().thing_name("eclusa-local").send());
    let held = held.unwrap().attributes().cloned().unwrap_or_default();
    assert!(!held.contains_key("holder"), "{held:?}");
}

#[test]
fn a_saved_target_is_applied_alone() {
    let (world, cloud) = planned();
    world.ok(&[&PLAN[..], &["--target", "telemetry/aws_sqs_queue.three"]].concat());
    // It was read for the plan as well.
    delay(&cloud, "one", "7");
    expect_refused(&world, "telemetry/aws_sqs_queue.one (its live attributes)");
    delay(&cloud, "one", "0");
    world.ok(&APPLY).expect_said("1 created, 0 updated");
    assert!(
        cloud
            .names()
            .contains(&"aws_sqs_queue local-telemetry-three".to_owned())
    );
    let left: Vec<String> = world.plan().iter().map(crate::world::Planned::short).collect();
    assert_eq!(left, ["telemetry/aws_sqs_queue.two update"]);
}

#[test]
fn choices_beside_a_saved_plan_are_an_error_that_says_why() {
    let (world, _) = planned();
    world.forget_calls();
    for option in ["--target", "--replace", "--allow-data-loss"] {
        let ran = world.ends(1, &[&APPLY[..], &[option, "telemetry/aws_sqs_queue.one"]].concat());
        ran.expect_said(&format!(
            "local.plan says what is applied, so that {option} can change nothing about it"
        ));
    }
    assert!(world.calls().is_empty());
}

#[test]
fn a_blocked_plan_is_saved_and_refused_by_what_blocks_it() {
    let world = World::new(LOCAL);
    declare(&world, &[("aws_sqs_queue.one", json!({}))]);
    let cloud = world.cloud();
    cloud.make_queue("local-telemetry-one", &[], &[]);
    world.ok(&PLAN);
    world.forget_calls();
    let ran = world.ends(4, &APPLY);
    ran.expect_said("nothing was written, since this is blocked: telemetry/aws_sqs_queue.one");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn the_environment_is_found_from_wherever_the_plan_is_applied() {
    let (world, _) = planned();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = world.command(&["apply", world.path(FILE).to_str().unwrap()]);
    command.current_dir(elsewhere.path());
    finish(command).expect(0);
    world.expect_converged();

    declare(&world, &[("aws_sqs_queue.one", json!({}))]);
    world.ok(&PLAN);
    edit_saved(&world, "/root", "/no/such/root".into());
    fs::create_dir(world.path("below")).unwrap();
    let mut command = world.command(&["apply", "../local.plan"]);
    command.current_dir(world.path("below"));
    finish(command).expect(0).expect_said("2 deleted");
}

#[test]
fn a_file_that_is_no_plan_is_neither_applied_nor_overwritten() {
    let (world, _) = planned();
    let plan = world.read(FILE);
    world.forget_calls();
    let torn = plan.get(..plan.len() / 2).unwrap();
    for (text, words) in [
        (torn, "local.plan is damaged"),
        ("environment: local\n", "local.plan is no plan of eclusa"),
        ("{}", "local.plan is no plan of eclusa"),
        (
            &plan.replace("\"1.0\"", "\"2.0\""),
            "was made by eclusa 0.1.0 in format 2.0, and this is eclusa 0.1.0, which reads 1.0",
        ),
    ] {
        world.write(FILE, text);
        world.ends(1, &APPLY).expect_said(words);
    }
    world
        .ends(1, &["apply", "other.plan"])
        .expect_said("there is no plan file other.plan");

    world.write(FILE, "minutes of a meeting");
    world
        .ends(4, &PLAN)
        .expect_said("local.plan is there and is no plan of eclusa, so it is not overwritten");
    world
        .ends(1, &["plan", "local", "--out", "plan.json"])
        .expect_said("name it plan.json.plan");
    assert_eq!(world.read(FILE), "minutes of a meeting");
    assert!(!world.path("plan.json").exists());
    assert!(world.calls().is_empty());
}

/// In the caller's environment, in a `.env`, in a live secret.
#[test]
fn no_secret_gets_into_the_file_or_what_is_said() {
    const MARKER: &str = "marker-of-a-secret";
    let world = World::new(&format!(
        "{LOCAL}confluent: {{ organization: any, api_key: {{ id: {{ secret: \"env:KEY_ID\" }}, secret: {{ secret: \
         \"env:KEY_SECRET\" }} }} }}\n"
    ));
    world.write("environments/.env", &format!("KEY_SECRET={MARKER}\n"));
    let secret = |description: &str| json!({ "description": description, "recovery_window_in_days": 0 });
    declare(&world, &[("aws_secretsmanager_secret.key", secret("one"))]);
    world.apply();
    let cloud = world.cloud();
    let put = cloud.aws.secretsmanager.put_secret_value();
    let put = put.secret_id("local-telemetry-key").secret_string(MARKER);
    cloud.run(put.send()).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.env("KEY_ID", MARKER).env("KEY_SECRET", MARKER);
        finish(command).expect(0).said()
    };
    declare(&world, &[("aws_secretsmanager_secret.key", secret("two"))]);
    let mut told = run(&[&PLAN[..], &["-vv"]].concat());
    told += &world.read(FILE);
    told += &run(&[&PLAN[..], &["-vv", "--format", "json"]].concat());
    told += &run(&[&APPLY[..], &["-vv"]].concat());
    told += &run(&["history", "local", "--format", "json"]);
    assert!(told.contains("env:KEY_SECRET"), "the source is named");
    assert!(!told.contains(MARKER));
    world.expect_converged();
}
