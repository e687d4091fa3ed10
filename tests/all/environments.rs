//! Two environments in one account and region: neither touches the other, by default names or by the same ones, until
//! one is told to take over what is the other's.

use crate::process::finish;
use crate::world::Ran;
use crate::world::World;

const STACK: &str = "stacks/telemetry.yaml";
const OWNER: &str = "local@123456789012/us-east-1";
/// What is shipped, each after what it needs.
const ADDRESSES: [&str; 10] = [
    "telemetry/aws_iam_role.rule",
    "telemetry/aws_iam_role.bridge",
    "telemetry/aws_secretsmanager_secret.bridge_key",
    "telemetry/aws_sqs_queue.dead_letters",
    "telemetry/aws_sqs_queue.ingest",
    "telemetry/aws_sqs_queue.rule_errors",
    "telemetry/aws_cloudformation_stack.observability",
    "telemetry/aws_lambda_function.bridge",
    "telemetry/aws_lambda_event_source_mapping.ingest",
    "telemetry/aws_iot_topic_rule.to_queue",
];

/// The shipped environment `local`, and `other` beside it in the same cloud.
fn neighbours() -> World {
    let world = World::aws_half();
    let other = world
        .read("environments/local.yaml")
        .replace("environment: local", "environment: other")
        .replace("cloud: embedded", "cloud: live");
    world.write("environments/other.yaml", &other);
    world.cloud();
    world
}

/// The same, everything under names of its own, whatever the environment's.
fn namesakes() -> World {
    let world = neighbours();
    let mut stack = world.read(STACK);
    for address in ADDRESSES {
        let key = address.split_once('/').unwrap().1;
        let (kind, name) = key.split_once('.').unwrap();
        if kind != "aws_lambda_event_source_mapping" {
            stack = stack.replace(
                &format!("  {key}:"),
                &format!("  {key}:\n    name: the{}", name.replace('_', "")),
            );
        }
    }
    world.write(STACK, &stack);
    world
}

fn in_other(world: &World, arguments: &[&str]) -> Ran {
    let mut command = world.command(arguments);
    let endpoint = world.server().unwrap().aws_endpoint().unwrap();
    command
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", "other")
        .env("AWS_SECRET_ACCESS_KEY", "other");
    finish(command)
}

#[test]
fn neighbours_do_not_see_each_other() {
    let world = neighbours();
    world.apply();
    let before = world.cloud().inventory();
    in_other(&world, &["apply", "other", "--yes"]).expect(0);
    assert_eq!(world.cloud().names().len(), 2 * ADDRESSES.len());
    world.expect_converged();
    in_other(&world, &["plan", "other", "--detailed-exitcode"]).expect(0);
    in_other(&world, &["destroy", "other", "--yes"]).expect(0);
    assert_eq!(world.cloud().inventory(), before);
    world.destroy();
    assert_eq!(world.cloud().names(), Vec::<String>::new());
}

#[test]
fn a_namesake_of_another_environment_is_left_until_it_is_taken_over_by_its_owners_name() {
    let world = namesakes();
    world.apply();
    let before = world.cloud().inventory();
    world.forget_calls();
    let ran = in_other(&world, &["apply", "other", "--yes"]).expect(4);
    for address in ADDRESSES {
        ran.expect_said(&format!(
            "# {address} is blocked: its name is taken by a resource of {OWNER}"
        ));
    }
    in_other(&world, &["destroy", "other", "--yes"]).expect(4);
    in_other(&world, &["adopt", "other", ADDRESSES[0], "--yes"]).expect(4);
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(world.cloud().inventory(), before);

    for address in ADDRESSES {
        in_other(&world, &["adopt", "other", address, "--from", OWNER, "--yes"]).expect(0);
    }
    in_other(&world, &["plan", "other", "--detailed-exitcode"]).expect(0);
    let names: Vec<String> = before.into_keys().collect();
    assert_eq!(world.cloud().names(), names, "nothing was made anew");
    world.ends(4, &["apply", "local", "--yes"]);
    world.ends(4, &["destroy", "local", "--yes"]);
    assert_eq!(world.cloud().names(), names);
    in_other(&world, &["destroy", "other", "--yes"]).expect(0);
    assert_eq!(world.cloud().names(), Vec::<String>::new());
}
