//! A function and what feeds it: code, roles, ends, and what is not ours.

use std::fs;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::FunctionCode;
use aws_sdk_lambda::types::Runtime;
use serde_json::Value as Json;
use serde_json::json;

use crate::cloud::Cloud;
use crate::world::LOCAL;
use crate::world::World;
use crate::world::until;

pub(crate) const TRUSTS_LAMBDA: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

const FUNCTION: &str = "local-telemetry-bridge";
const BRIDGE: &str = "telemetry/aws_lambda_function.bridge";
const INGEST: &str = "telemetry/aws_lambda_event_source_mapping.ingest";

/// A queue, a role, a function of `bridge.zip` and the mapping between them.
fn resources() -> Vec<(&'static str, Json)> {
    let trust: Json = serde_json::from_str(TRUSTS_LAMBDA).unwrap();
    let function = json!({
        "filename": "bridge.zip",
        "runtime": "provided.al2023",
        "handler": "bootstrap",
        "timeout": 30,
        "role": "${aws_iam_role.bridge.arn}",
        "environment": { "KAFKA_SECRET_ID": "key" },
    });
    let mapping = json!({
        "event_source_arn": "${aws_sqs_queue.ingest.arn}",
        "function_name": "${aws_lambda_function.bridge.name}",
        "function_response_types": ["ReportBatchItemFailures"],
    });
    vec![
        ("aws_sqs_queue.ingest", json!({ "visibility_timeout_seconds": 180 })),
        ("aws_iam_role.bridge", json!({ "assume_role_policy": trust })),
        ("aws_lambda_function.bridge", function),
        ("aws_lambda_event_source_mapping.ingest", mapping),
    ]
}

fn declare(world: &World, resources: &[(&'static str, Json)]) {
    world.set_resources(resources.iter().map(|(key, attributes)| (*key, attributes)));
}

fn world() -> World {
    let world = World::new(LOCAL);
    world.write("stacks/bridge.zip", "PK\u{3}\u{4}one");
    declare(&world, &resources());
    world
}

fn planned(world: &World) -> Vec<String> {
    world.plan().iter().map(|change| change.short()).collect()
}

fn tags(cloud: &Cloud) -> std::collections::HashMap<String, String> {
    let got = cloud.run(cloud.aws.lambda.get_function().function_name(FUNCTION).send());
    got.unwrap().tags().cloned().unwrap_or_default()
}

#[test]
fn a_function_and_its_mapping_are_made_kept_and_destroyed() {
    let world = world();
    world.apply();
    world.forget_calls();
    world.ok(&["apply", "local", "--yes"]).expect_said("No changes.");
    assert_eq!(world.writes(), Vec::<String>::new());
    let names = world.cloud().names();
    assert_eq!(names.len(), 4, "{names:?}");
    world.destroy();
    assert_eq!(world.cloud().names(), Vec::<String>::new());
    assert_eq!(fs::read_dir(world.cloud_folder().join("blobs")).unwrap().count(), 0);
}

#[test]
fn another_zip_under_the_same_name_is_a_change_of_the_declaration() {
    let world = world();
    world.apply();
    world.write("stacks/bridge.zip", "PK\u{3}\u{4}two");
    let [change] = world.plan().try_into().unwrap();
    assert_eq!(
        (change.address.as_str(), change.reason.as_str()),
        (BRIDGE, "the declaration changed")
    );
    assert_eq!(change.fields, ["source"]);
    world.forget_calls();
    world.apply();
    assert_eq!(
        world.resource_writes(),
        ["lambda.UpdateFunctionCode", "lambda.TagResource"]
    );
    world.expect_converged();
}

#[test]
fn a_zip_under_another_name_is_no_change() {
    let world = world();
    world.apply();
    world.write("stacks/copy.zip", "PK\u{3}\u{4}one");
    let mut copied = resources();
    copied[2].1["filename"] = json!("copy.zip");
    declare(&world, &copied);
    world.expect_converged();
}

/// The resources with code of a program under `lambda/`.
fn built() -> Vec<(&'static str, Json)> {
    let mut built = resources();
    let function = built[2].1.as_object_mut().unwrap();
    function.shift_remove("filename");
    function.insert("build".to_owned(), json!("tiny"));
    built
}

/// A program that needs no dependency; `main` is what it does.
fn write_program(world: &World, main: &str) {
    fs::create_dir_all(world.path("lambda/tiny/src")).unwrap();
    world.write(
        "lambda/tiny/Cargo.toml",
        "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[[bin]]\nname = \"bootstrap\"\npath = \
         \"src/main.rs\"\n\n[workspace]\n",
    );
    world.write(
        "lambda/tiny/Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"tiny\"\nversion = \"0.1.0\"\n",
    );
    world.write("lambda/tiny/src/main.rs", main);
}

#[test]
fn a_program_is_built_by_apply_and_planned_by_its_sources() {
    let world = world();
    write_program(&world, "fn main() {}\n");
    declare(&world, &built());
    world.apply();
    world.expect_converged();
    write_program(&world, "fn main() { std::process::exit(1) }\n");
    let [change] = world.plan().try_into().unwrap();
    assert_eq!(change.fields, ["source"]);
    world.apply();
    world.expect_converged();
}

#[test]
fn what_does_not_build_is_refused_by_its_own_code_and_a_missing_program_offline() {
    let world = world();
    declare(&world, &built());
    world
        .ends(1, &["validate", "local"])
        .expect_said("there is no program lambda/tiny");
    write_program(&world, "fn main() { not rust }\n");
    world.ok(&["validate", "local"]);
    let ran = world.ends(1, &["apply", "local", "--yes"]);
    ran.expect_said("build-not-available: lambda/tiny does not compile");
}

#[test]
fn a_role_made_anew_under_its_name_touches_the_function_even_after_a_crash() {
    let world = world();
    world.apply();
    let cloud = world.cloud();
    let role = tags(&cloud)["eclusa:role"].clone();
    assert!(role.starts_with("AROA"), "{role}");
    let listed = cloud.run(cloud.aws.iam.list_roles().send()).unwrap();
    let name = listed.roles().first().unwrap().role_name();
    let live = cloud
        .run(cloud.aws.iam.get_role().role_name(name).send())
        .unwrap()
        .role
        .unwrap();
    cloud
        .run(cloud.aws.iam.delete_role().role_name(live.role_name()).send())
        .unwrap();
    let plan = planned(&world);
    assert_eq!(
        plan,
        ["telemetry/aws_iam_role.bridge create", &format!("{BRIDGE} update")]
    );
    // As after a crash: the role is there again, and nothing of this run is remembered.
    let again = cloud
        .aws
        .iam
        .create_role()
        .role_name(live.role_name())
        .path(live.path());
    let again = again
        .set_tags(live.tags.clone())
        .assume_role_policy_document(TRUSTS_LAMBDA);
    cloud.run(again.send()).unwrap();
    let [change] = world.plan().try_into().unwrap();
    assert_eq!(
        (change.address.as_str(), change.fields.as_slice()),
        (BRIDGE, ["former_role".to_owned()].as_slice())
    );
    world.forget_calls();
    world.apply();
    assert_eq!(
        world
            .writes()
            .iter()
            .filter(|write| *write == "lambda.UpdateFunctionConfiguration")
            .count(),
        2,
        "away and back"
    );
    assert_ne!(tags(&cloud)["eclusa:role"], role);
    let live = cloud.run(
        cloud
            .aws
            .lambda
            .get_function_configuration()
            .function_name(FUNCTION)
            .send(),
    );
    let live = live.unwrap();
    let variables = live.environment().unwrap().variables().unwrap();
    assert_eq!(variables["KAFKA_SECRET_ID"], "key");
    world.expect_converged();
}

#[test]
fn a_function_or_a_queue_made_anew_takes_its_mapping_with_it() {
    let world = world();
    world.apply();
    let cloud = world.cloud();
    cloud
        .run(cloud.aws.lambda.delete_function().function_name(FUNCTION).send())
        .unwrap();
    assert_eq!(
        planned(&world),
        [format!("{INGEST} replace"), format!("{BRIDGE} create")]
    );
    world.apply();
    world.expect_converged();
    assert_eq!(world.cloud().names().len(), 4);
}

#[test]
fn a_mapping_goes_before_the_queue_that_is_made_anew_and_comes_after_it() {
    let world = world();
    world.apply();
    let replace = ["--replace", "telemetry/aws_sqs_queue.ingest"];
    world.forget_calls();
    let ran = world.ok(&[&["apply", "local", "--yes"][..], &replace].concat());
    ran.expect_said("0 created, 0 updated, 2 replaced, 0 deleted");
    let mut writes = world.resource_writes();
    // SQS refuses the name for a while.
    writes.dedup();
    assert_eq!(
        writes,
        [
            "lambda.DeleteEventSourceMapping",
            "sqs.DeleteQueue",
            "sqs.CreateQueue",
            "lambda.CreateEventSourceMapping"
        ]
    );
    world.expect_converged();
}

#[test]
fn a_function_of_somebody_else_blocks_and_is_left() {
    let world = world();
    let cloud = world.cloud();
    let role = cloud.run(
        cloud
            .aws
            .iam
            .create_role()
            .role_name("other")
            .assume_role_policy_document(TRUSTS_LAMBDA)
            .send(),
    );
    let role = role.unwrap().role().unwrap().arn().to_owned();
    until("a function of somebody else", || {
        let code = FunctionCode::builder()
            .zip_file(Blob::new("PK\u{3}\u{4}theirs"))
            .build();
        let request = cloud.aws.lambda.create_function().function_name(FUNCTION).role(&role);
        let request = request.runtime(Runtime::Providedal2023).handler("bootstrap").code(code);
        cloud.run(request.send()).ok()
    });
    world.forget_calls();
    let ran = world.ends(4, &["apply", "local", "--yes"]);
    ran.expect_said("without eclusa's mark");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_mapping_of_somebody_else_blocks_and_is_left() {
    let world = world();
    let mut without = resources();
    let mapping = without.remove(3);
    declare(&world, &without);
    world.apply();
    let cloud = world.cloud();
    let queue = "arn:aws:sqs:us-east-1:123456789012:local-telemetry-ingest";
    let request = cloud.aws.lambda.create_event_source_mapping().event_source_arn(queue);
    cloud.run(request.function_name(FUNCTION).send()).unwrap();
    without.push(mapping);
    declare(&world, &without);
    assert_eq!(planned(&world), [format!("{INGEST} blocked")]);
    world.forget_calls();
    world.ends(4, &["apply", "local", "--yes"]);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn lost_answers_to_creates_make_nothing_twice() {
    let world = world();
    world.cloud();
    for operation in ["CreateFunction", "CreateEventSourceMapping"] {
        let lost = crate::cloud::nth(&format!("lambda.{operation}"), 1, "lose-answer");
        world.faults(&[lost]);
        world.apply();
        world.no_faults();
        world.expect_converged();
        assert_eq!(world.cloud().names().len(), 4, "{operation}");
        world.destroy();
    }
}

#[test]
fn the_address_of_the_code_is_shown_nowhere() {
    let world = world();
    let mut said = world.apply().said();
    world.write("stacks/bridge.zip", "PK\u{3}\u{4}two");
    said += &world.run(&["plan", "local", "--format", "json"]).said();
    said += &world.apply().said();
    assert!(!said.contains("X-Amz-Signature"), "{said}");
}
