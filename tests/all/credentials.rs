//! Credentials that are expired, denied or another account's. The embedded cloud acts them out by the access key's
//! first word.

use crate::cloud::every;
use crate::lease;
use crate::process::finish;
use crate::world::LOCAL;
use crate::world::Ran;
use crate::world::World;

const KEY: &str = "ECLUSA_EMBEDDED_ACCESS_KEY_ID";
const COMMANDS: [&[&str]; 3] = [
    &["plan", "local"],
    &["apply", "local", "--yes"],
    &["destroy", "local", "--yes"],
];

pub(crate) fn with_key(world: &World, key: &str, arguments: &[&str]) -> Ran {
    let mut command = world.command(arguments);
    command.env(KEY, key);
    finish(command)
}

/// An applied world whose calls are counted from here.
fn applied() -> World {
    let world = World::inflow();
    world.apply();
    world.forget_calls();
    world
}

#[test]
fn expired_credentials_end_every_command_with_5_and_what_to_do() {
    let world = applied();
    for arguments in COMMANDS {
        for key in ["EXPIRED", "INVALID"] {
            let ran = with_key(&world, key, arguments).expect(5);
            ran.expect_said("AWS credentials are missing or expired: renew them");
        }
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    let asked: Vec<String> = world.calls().into_iter().map(|call| call.operation).collect();
    assert!(asked.iter().all(|call| call == "sts.GetCallerIdentity"), "{asked:?}");
    assert_eq!(asked.len(), 6, "expired credentials are never tried again");
}

#[test]
fn an_ended_lab_session_is_told_from_the_policy_that_denies_everything() {
    let world = applied();
    for arguments in COMMANDS {
        let ran = with_key(&world, "LABENDED", arguments).expect(5);
        ran.expect_said("the Learner Lab session has ended: press Start Lab again");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn denied_reads_make_the_plan_incomplete_and_are_named() {
    let world = applied();
    let ran = with_key(&world, "DENIED", &["plan", "local"]).expect(3);
    for action in ["sqs:GetQueueAttributes", "iam:GetRole", "iot:ListTopicRules"] {
        ran.expect_said(&format!("is not authorized to perform: {action}"));
    }
    ran.expect_said("Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 5 to check.");
    // Incomplete weighs more than different.
    with_key(&world, "DENIED", &["plan", "local", "--detailed-exitcode"]).expect(3);
}

#[test]
fn what_cannot_be_read_is_neither_written_nor_deleted() {
    let world = applied();
    let before = world.cloud().inventory();
    let denied = ["sqs.GetQueueAttributes", "iam.GetRole", "iot.ListTopicRules"].map(|read| {
        let mut fault = every(read, "fail");
        fault["status"] = 403.into();
        fault["code"] = "AccessDeniedException".into();
        fault
    });
    world.faults(&denied);
    world.forget_calls();
    for arguments in &COMMANDS[1..] {
        let ran = world.ends(1, arguments);
        ran.expect_said("it still cannot be read: ");
        ran.expect_said("AccessDeniedException");
    }
    let writes = world.writes();
    assert!(
        writes.iter().all(|write| lease::WRITES.contains(&write.as_str())),
        "{writes:?}"
    );
    world.no_faults();
    assert_eq!(world.cloud().inventory(), before);
}

#[test]
fn who_may_not_read_the_lease_applies_and_destroys_nothing() {
    let world = applied();
    for arguments in &COMMANDS[1..] {
        let ran = with_key(&world, "DENIED", arguments).expect(1);
        ran.expect_said("is not authorized to perform: iot:DescribeThing");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_key_that_may_only_read_plans_and_is_told_what_it_may_not_write() {
    let world = World::inflow();
    with_key(&world, "READONLY", &["plan", "local"]).expect(0);
    let ran = with_key(&world, "READONLY", &["apply", "local", "--yes"]).expect(1);
    ran.expect_said("iot:CreateThing: AccessDenied");
    ran.expect_said("these credentials lack the permission that the message names");
    ran.expect_said("(request id ");
    assert_eq!(world.cloud().names(), Vec::<String>::new());
    world.apply();
    world.expect_converged();
}

#[test]
fn another_accounts_credentials_are_refused_before_anything_is_read() {
    let server = World::inflow();
    server.cloud();
    let endpoint = server.server().unwrap().aws_endpoint().unwrap();
    let settings = LOCAL
        .replace("embedded", "live")
        .replace("us-east-1 }", "us-east-1, account: \"999999999999\" }");
    let world = World::new(&settings);
    world.set_stack(&server.read("stacks/telemetry.yaml"));
    world.edit(
        "stacks/telemetry.yaml",
        "    type: string\n",
        "    type: string\n    default: a/b\n",
    );
    server.forget_calls();
    for arguments in COMMANDS {
        let mut command = world.command(arguments);
        command
            .env("AWS_ENDPOINT_URL", &endpoint)
            .env("AWS_ACCESS_KEY_ID", "other")
            .env("AWS_SECRET_ACCESS_KEY", "other");
        let ran = finish(command).expect(4);
        ran.expect_said("is for account 999999999999, but these credentials belong to account 123456789012");
    }
    let asked: Vec<String> = server.calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(asked, ["sts.GetCallerIdentity"; 3]);
}
