//! Secrets: scheduled for deletion and restored, somebody else's, names that are kept.

use serde_json::json;

use crate::cloud::Cloud;
use crate::world::LOCAL;
use crate::world::World;

const NAME: &str = "local-telemetry-key";
const ADDRESS: &str = "telemetry/aws_secretsmanager_secret.key";

fn world(window: u32) -> World {
    let world = World::new(LOCAL);
    world.set_resources([(
        "aws_secretsmanager_secret.key",
        &json!({ "recovery_window_in_days": window, "description": "d" }),
    )]);
    world
}

fn put(cloud: &Cloud, text: &str) {
    let request = cloud.aws.secretsmanager.put_secret_value().secret_id(NAME);
    cloud.run(request.secret_string(text).send()).unwrap();
}

fn value(cloud: &Cloud) -> String {
    let request = cloud.aws.secretsmanager.get_secret_value().secret_id(NAME);
    cloud.run(request.send()).unwrap().secret_string.unwrap()
}

fn is_scheduled(cloud: &Cloud) -> bool {
    let request = cloud.aws.secretsmanager.describe_secret().secret_id(NAME);
    cloud.run(request.send()).unwrap().deleted_date().is_some()
}

fn planned(world: &World) -> Vec<String> {
    world.plan().iter().map(|change| change.short()).collect()
}

#[test]
fn what_was_scheduled_for_deletion_is_gone_for_destroy_and_restored_by_apply() {
    let world = world(7);
    world.apply();
    let cloud = world.cloud();
    put(&cloud, "marker-value");
    world.destroy();
    assert!(is_scheduled(&cloud));
    world.destroy();
    assert_eq!(planned(&world), [format!("{ADDRESS} create")]);
    world.edit("stacks/telemetry.yaml", "\"d\"", "\"restored\"");
    world.forget_calls();
    world.apply();
    assert_eq!(
        world.resource_writes(),
        [
            "secretsmanager.RestoreSecret",
            "secretsmanager.UpdateSecret",
            "secretsmanager.TagResource"
        ]
    );
    assert_eq!(value(&cloud), "marker-value");
    world.expect_converged();
}

#[test]
fn a_name_that_a_forced_deletion_keeps_is_waited_for() {
    let world = world(0);
    world.apply();
    world.destroy();
    world.forget_calls();
    world.apply();
    assert_eq!(world.performed("secretsmanager.CreateSecret"), 1);
    world.expect_converged();
}

#[test]
fn somebody_elses_secret_blocks_scheduled_for_deletion_or_not() {
    let world = world(7);
    let cloud = world.cloud();
    let request = cloud.aws.secretsmanager.create_secret().name(NAME);
    cloud.run(request.send()).unwrap();
    assert_eq!(planned(&world), [format!("{ADDRESS} blocked")]);
    let request = cloud.aws.secretsmanager.delete_secret().secret_id(NAME);
    cloud.run(request.recovery_window_in_days(7).send()).unwrap();
    assert_eq!(planned(&world), [format!("{ADDRESS} blocked")]);
    world.forget_calls();
    world.ends(4, &["apply", "local", "--yes"]);
    assert_eq!(world.writes(), Vec::<String>::new());
    assert!(is_scheduled(&cloud));
}

#[test]
fn a_value_is_never_read_and_what_is_there_is_left_alone() {
    let world = world(0);
    world.apply();
    let cloud = world.cloud();
    put(&cloud, "marker-value");
    world.forget_calls();
    let said = [
        world.apply().said(),
        world.plan_json().to_string(),
        world.destroy().said(),
    ]
    .concat();
    assert!(!said.contains("marker-value"), "{said}");
    let read = world
        .calls()
        .into_iter()
        .any(|call| call.operation.ends_with("GetSecretValue"));
    assert!(!read);
}

#[test]
fn a_declared_value_is_not_built_yet_and_says_so() {
    let world = World::new(LOCAL);
    world.set_resources([(
        "aws_secretsmanager_secret.key",
        &json!({ "value": { "secret": "env:KEY" } }),
    )]);
    let ran = world.ends(1, &["validate", "local"]);
    ran.expect_said("attribute-not-built");
    ran.expect_said("1 problem");
}
