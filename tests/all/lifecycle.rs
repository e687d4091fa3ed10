//! Apply, again, edit, undo, destroy: on what is shipped, as its reader would.

use crate::process::finish;
use crate::world::Planned;
use crate::world::World;

const STACK: &str = "stacks/telemetry.yaml";
const SHIPPED: [&str; 10] = [
    "telemetry/aws_cloudformation_stack.observability",
    "telemetry/aws_iam_role.bridge",
    "telemetry/aws_iam_role.rule",
    "telemetry/aws_iot_topic_rule.to_queue",
    "telemetry/aws_lambda_event_source_mapping.ingest",
    "telemetry/aws_lambda_function.bridge",
    "telemetry/aws_secretsmanager_secret.bridge_key",
    "telemetry/aws_sqs_queue.dead_letters",
    "telemetry/aws_sqs_queue.ingest",
    "telemetry/aws_sqs_queue.rule_errors",
];

fn short(plan: &[Planned]) -> Vec<String> {
    plan.iter().map(Planned::short).collect()
}

#[test]
fn the_second_apply_writes_nothing() {
    let world = World::aws_half();
    let creates = SHIPPED.map(|address| format!("{address} create"));
    assert_eq!(short(&world.plan()), creates);
    world.apply().expect_said("Apply complete: 10 created");
    world.forget_calls();
    world.apply().expect_said("No changes.");
    assert_eq!(world.writes(), Vec::<String>::new());
    world.ok(&["plan", "local", "--detailed-exitcode"]);
}

#[test]
fn an_edit_is_planned_alone_with_its_reason_and_can_be_undone() {
    let world = World::aws_half();
    world.apply();
    let before = world.cloud().inventory();
    world.edit(
        STACK,
        "visibility_timeout_seconds: 180",
        "visibility_timeout_seconds: 240",
    );
    world.ends(2, &["plan", "local", "--detailed-exitcode"]);
    let plan = world.plan();
    assert_eq!(short(&plan), ["telemetry/aws_sqs_queue.ingest update"]);
    assert_eq!(plan[0].fields, ["visibility_timeout_seconds"]);
    assert_eq!(plan[0].reason, "the declaration changed");
    let ran = world.apply();
    ran.expect_said("visibility_timeout_seconds = 180 -> 240");
    ran.expect_said("Apply complete: 0 created, 1 updated, 0 replaced, 0 deleted.");
    world.expect_converged();

    world.edit(
        STACK,
        "visibility_timeout_seconds: 240",
        "visibility_timeout_seconds: 180",
    );
    assert_eq!(world.plan()[0].reason, "the declaration changed");
    world.apply();
    world.expect_converged();
    assert_eq!(world.cloud().inventory(), before);
}

#[test]
fn an_edit_that_is_undone_before_it_is_applied_is_no_difference() {
    let world = World::aws_half();
    world.apply();
    world.edit(STACK, "max_receive_count: 5", "max_receive_count: 6");
    assert_eq!(world.plan().len(), 1);
    world.edit(STACK, "max_receive_count: 6", "max_receive_count: 5");
    world.expect_converged();
}

#[test]
fn destroy_leaves_nothing_and_then_says_so() {
    let world = World::aws_half();
    world.apply();
    assert_eq!(world.cloud().names().len(), SHIPPED.len());
    let ran = world.destroy();
    ran.expect_said("Destroy complete: 0 created, 0 updated, 0 replaced, 10 deleted.");
    assert!(
        !ran.said().contains("may remain"),
        "the shipped role may not make the log group again"
    );
    assert_eq!(world.cloud().names(), Vec::<String>::new());
    world.forget_calls();
    world
        .destroy()
        .expect_said("Nothing of local@123456789012/us-east-1 is left.");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn what_was_destroyed_can_be_made_again() {
    let world = World::aws_half();
    world.apply();
    world.destroy();
    world.apply();
    world.expect_converged();
    assert_eq!(world.cloud().names().len(), SHIPPED.len());
}

#[test]
fn without_consent_nothing_is_written() {
    let world = World::aws_half();
    for ci in [None, Some("true")] {
        for verb in ["apply", "destroy"] {
            if verb == "destroy" {
                world.apply();
            }
            world.cloud();
            world.forget_calls();
            let mut command = world.command(&[verb, "local"]);
            command.envs(ci.map(|value| ("CI", value)));
            let ran = finish(command).expect(4);
            ran.expect_said("not confirmed");
            ran.expect_said(&format!("eclusa {verb} local --yes"));
            assert_eq!(world.writes(), Vec::<String>::new(), "{verb} with CI={ci:?}");
        }
        world.destroy();
    }
}

#[test]
fn a_wrong_file_costs_no_call() {
    let world = World::aws_half();
    world.cloud();
    world.forget_calls();
    world.edit(STACK, "max_receive_count: 5", "max_receive_count: 5000");
    for arguments in [
        &["validate", "local"][..],
        &["plan", "local"],
        &["apply", "local", "--yes"],
        &["destroy", "local", "--yes"],
    ] {
        let ran = world.ends(1, arguments);
        ran.expect_said("max_receive_count");
    }
    assert!(world.calls().is_empty(), "{:?}", world.calls());
}

/// Wherever tests are compiled to, the bridge is too, so that its dependencies are compiled once.
#[test]
fn apply_builds_and_uploads_the_shipped_bridge() {
    let world = World::as_shipped(&["environments", "stacks", "lambda"]);
    let target = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut command = world.command(&["apply", "local", "--yes"]);
    command.env("CARGO_TARGET_DIR", target);
    let ran = finish(command).expect(0);
    ran.expect_said("telemetry/aws_lambda_function.bridge: waiting: its code");
    world.expect_converged();
    let zip = std::fs::read(world.path(".eclusa/build/bridge-host.zip")).unwrap();
    let digest = {
        use base64::Engine;
        use sha2::Digest;
        base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(&zip))
    };
    let cloud = world.cloud();
    let function = cloud.aws.lambda.get_function().function_name("local-telemetry-bridge");
    let uploaded = cloud.run(function.send()).unwrap();
    assert_eq!(uploaded.configuration().unwrap().code_sha256(), Some(digest.as_str()));
}
