//! Referees that nobody here wrote: emulators as the cloud under eclusa, boto3 as a client of the embedded cloud.
//!
//! Run by `.ci/referees`, which installs and starts them and says where they are: `ECLUSA_MINISTACK`, `ECLUSA_MOTO`
//! (endpoints) and `ECLUSA_PYTHON` (an interpreter with boto3). Without these the tests fail rather than pass by.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

#[path = "../all/cloud.rs"]
#[allow(dead_code)]
mod cloud;
#[path = "../all/process.rs"]
#[allow(dead_code)]
mod process;
mod published;
#[path = "../all/world.rs"]
#[allow(dead_code)]
mod world;

use std::process::Command;

use process::finish;
use world::Ran;
use world::World;

fn given(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run .ci/referees"))
}

/// A world whose environment is `live`, its AWS an emulator.
struct Emulated {
    world: World,
    endpoint: String,
}

impl Emulated {
    fn new(endpoint: String, world: World) -> Self {
        world.edit("environments/local.yaml", "cloud: embedded", "cloud: live");
        Self { world, endpoint }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.world.command(arguments);
        command
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
        finish(command)
    }

    fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    /// Apply, nothing to do, an edit, nothing to do, destroy, nothing left.
    fn lives(&self) {
        self.ok(&["apply", "local", "--yes"]);
        self.is_settled();
        self.world.edit(
            "stacks/telemetry.yaml",
            "visibility_timeout_seconds: 180",
            "visibility_timeout_seconds: 90",
        );
        let edited = self.ok(&["apply", "local", "--yes"]);
        assert!(edited.stdout.contains("1 updated"), "{}", edited.stdout);
        self.is_settled();
        self.ok(&["destroy", "local", "--yes"]);
        let left = self.ok(&["destroy", "local", "--yes"]);
        assert!(left.stdout.contains("Nothing of local is left"), "{}", left.stdout);
    }

    fn is_settled(&self) {
        let plan = self.run(&["plan", "local", "--detailed-exitcode"]);
        assert_eq!(plan.code, 0, "{}\n{}", plan.stdout, plan.stderr);
    }
}

#[test]
fn the_shipped_stack_lives_on_ministack() {
    Emulated::new(given("ECLUSA_MINISTACK"), World::aws_half()).lives();
}

/// moto answers 500 to tags of IoT rules and forgets a redrive allow policy, so rule and policy stay out.
#[test]
fn queues_and_roles_live_on_moto() {
    let emulated = Emulated::new(given("ECLUSA_MOTO"), World::inflow());
    let shipped = emulated.world.read("stacks/telemetry.yaml");
    let without_rule = without(&shipped, "  aws_iot_topic_rule.to_queue:", "outputs:");
    let stack = without(&without_rule, "    redrive_allow_policy:", "  aws_sqs_queue.ingest:");
    let stack = stack.replace("inputs:\n  mqtt_filter:\n    type: string\n", "");
    emulated.world.write("stacks/telemetry.yaml", &stack);
    emulated.world.edit(
        "environments/local.yaml",
        ", with: { mqtt_filter: city/+/readings }",
        "",
    );
    emulated.lives();
}

/// A text without what stands from one mark up to the other.
fn without(text: &str, from: &str, to: &str) -> String {
    let (before, rest) = text.split_once(from).unwrap();
    let (_, after) = rest.split_once(to).unwrap();
    format!("{before}{to}{after}")
}

#[test]
fn boto3_reads_what_eclusa_made_and_its_edit_is_drift() {
    let world = World::inflow();
    world.ok(&["apply", "local", "--yes"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/referees/foreign_client.py");
    let endpoint = world.server().unwrap().aws_endpoint().unwrap();
    let mut command = Command::new(given("ECLUSA_PYTHON"));
    command.args([script, &endpoint]);
    finish(command).expect(0);
    let drifted: Vec<String> = world
        .plan()
        .iter()
        .map(|change| format!("{} {}: {}", change.address, change.action, change.reason))
        .collect();
    let update = |name: &str| format!("telemetry/{name} update: changed outside eclusa since the last apply");
    assert_eq!(
        drifted,
        [
            update("aws_iam_role.rule"),
            update("aws_iot_topic_rule.to_queue"),
            update("aws_sqs_queue.ingest")
        ]
    );
    world.ok(&["apply", "local", "--yes"]);
    world.expect_converged();
}
