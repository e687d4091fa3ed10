//! No command tells a secret. A marker stands in every place where a secret may stand; none of what eclusa says or
//! writes holds one, however much it is asked to say.
//!
//! The embedded cloud's own state is the exception: there a secret is what was put there.

use std::fs;
use std::path::Path;

use crate::process::finish;
use crate::world::Ran;
use crate::world::World;

/// What every planted secret holds.
const MARKER: &str = "PLANTED-MARKER";

const CLOUD_KEY: &str = "\
confluent:
  api_key: { id: { secret: \"env:CLOUD_KEY\" }, secret: { secret: \"file:cloud.secret\" } }
";

/// The shipped stack on a cloud that is reached with credentials of the environment.
fn planted() -> World {
    let mut world = World::shipped();
    world.edit(
        "environments/local.yaml",
        "file:environments/local.password",
        "env:PASSWORD",
    );
    let local = world.read("environments/local.yaml");
    let plain = local.replace("environment: local", "environment: plain");
    world.write("environments/plain.yaml", &plain);
    let live = local.replace("cloud: embedded", "cloud: live");
    world.write("environments/local.yaml", &format!("{live}{CLOUD_KEY}"));
    world.write(".env", &format!("PASSWORD={MARKER}-dotenv\n"));
    world.write("environments/.env", &format!("PASSWORD={MARKER}-dotenv\n"));
    world.write("environments/cloud.secret", &format!("{MARKER}-file\n"));
    world.write("cloud.secret", &format!("{MARKER}-file\n"));
    // Its cloud serves the other one too.
    world.environment = "plain".to_owned();
    world.cloud();
    world
}

fn run(world: &World, arguments: &[&str]) -> Ran {
    let server = world.server().unwrap();
    let endpoint = server.aws_endpoint().unwrap();
    let mut command = world.command(arguments);
    command
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("ECLUSA_CONFLUENT_ENDPOINT", server.confluent_endpoint().unwrap())
        .env("ECLUSA_KAFKA_ENDPOINT", server.kafka_endpoint().unwrap())
        .env("AWS_ACCESS_KEY_ID", "anybody")
        .env("AWS_SECRET_ACCESS_KEY", format!("{MARKER}-key"))
        .env("AWS_SESSION_TOKEN", format!("{MARKER}-token"))
        .env("CLOUD_KEY", format!("{MARKER}-env"))
        .env("RUST_LOG", "trace");
    let ran = finish(command);
    assert!(
        !ran.said().contains(MARKER),
        "{arguments:?} tells a secret:\n{}",
        marked(&ran.said())
    );
    ran
}

/// The lines that hold a marker.
fn marked(text: &str) -> String {
    text.lines()
        .filter(|line| line.contains(MARKER))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Files below a folder that hold a marker.
fn files_with_markers(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            if !path.ends_with(".eclusa/embedded") {
                found.extend(files_with_markers(&path));
            }
        } else if String::from_utf8_lossy(&fs::read(&path).unwrap()).contains(MARKER) {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

#[test]
fn no_command_tells_a_secret_however_much_it_is_asked_to_say() {
    let world = planted();
    let mut before = files_with_markers(world.root());
    before.sort();
    let secret = "local-telemetry-bridge_key";
    let lives: [&[&[&str]]; 3] = [
        &[
            &["-vv", "validate", "local"],
            &["-vv", "plan", "local"],
            &["-vv", "plan", "local", "--format", "json"],
            &["-vv", "plan", "local", "--out", "first.plan"],
            &["-vv", "apply", "first.plan"],
        ],
        &[
            &["-vv", "apply", "local", "--yes"],
            &[
                "-vv",
                "plan",
                "local",
                "--replace",
                "telemetry/aws_lambda_function.bridge",
                "--out",
                "second.plan",
            ],
            &["-vv", "apply", "second.plan"],
            &["-vv", "adopt", "local", "telemetry/aws_sqs_queue.ingest", "--yes"],
            &["-vv", "extend", "local", "1h"],
            &["-vv", "unlock", "local", "--yes"],
            &["-vv", "history", "local"],
            &["-vv", "schema", "aws_lambda_function"],
            &["-vv", "completions", "bash"],
        ],
        &[
            &["-vv", "destroy", "local", "--yes"],
            &["-vv", "history", "local", "--format", "json"],
        ],
    ];
    for (turn, commands) in lives.into_iter().enumerate() {
        for arguments in commands {
            let ran = run(&world, arguments);
            assert_eq!(ran.code, 0, "{arguments:?}\n{}", ran.said());
            assert!(ran.said().lines().count() > 0, "{arguments:?} says nothing");
        }
        if turn == 0 {
            // A key that somebody stores, which no command has a reason to read.
            let cloud = world.cloud();
            let put = cloud.aws.secretsmanager.put_secret_value().secret_id(secret);
            cloud
                .run(
                    put.secret_string(format!("{{\"api_secret\":\"{MARKER}-stored\"}}"))
                        .send(),
                )
                .unwrap();
        }
    }
    let mut after = files_with_markers(world.root());
    after.sort();
    assert_eq!(after, before, "a file holds a secret that held none");
}

#[test]
fn errors_tell_no_secret_either() {
    let world = planted();
    run(&world, &["-vv", "plan", "nowhere"]).expect(1);
    world.edit(
        "stacks/telemetry.yaml",
        "KAFKA_SECRET_ID: ",
        "PASSWORD: ${input.password}\n      KAFKA_SECRET_ID: ",
    );
    run(&world, &["-vv", "validate", "local"]).expect(1);
    run(&world, &["-vv", "apply", "local", "--yes"]).expect(1);
    world.edit(
        "stacks/telemetry.yaml",
        "PASSWORD: ${input.password}",
        "PASSWORD: \"a ${input.password} b\"",
    );
    run(&world, &["-vv", "validate", "local"]).expect(1);
}
