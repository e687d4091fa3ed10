//! The student's account: a role that is there, a policy that denies every write to IAM, and now and then every read.

use crate::confluent::Confluent;
use crate::credentials::with_key;
use crate::process::finish;
use crate::world::Ran;
use crate::world::World;

const STACK: &str = "stacks/telemetry.yaml";
const LAB_ROLE: &str = "aws_iam_role LabRole";
/// As AWS Academy's own: whatever is used there may assume it.
const TRUSTS_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["iot.amazonaws.com","lambda.amazonaws.com"]},"Action":"sts:AssumeRole"}]}"#;

/// What is shipped, in an account with nothing but the role.
fn sandbox() -> World {
    let world = World::aws_half();
    world.edit(
        "environments/local.yaml",
        "  region: us-east-1\n",
        "  region: us-east-1\n  roles: { existing: LabRole }\n",
    );
    let cloud = world.cloud();
    let make = cloud.aws.iam.create_role().role_name("LabRole");
    cloud.run(make.assume_role_policy_document(TRUSTS_ALL).send()).unwrap();
    world
}

#[test]
fn the_shipped_stack_lives_on_an_existing_role_and_writes_nothing_to_iam() {
    for (key, is_blind) in [("LABROLE", false), ("LABBLIND", true)] {
        let world = sandbox();
        let ok = |arguments: &[&str]| with_key(&world, key, arguments).expect(0);
        world.forget_calls();
        let ran = ok(&["apply", "local", "--yes"]);
        ran.expect_said("Apply complete: 8 created");
        assert_eq!(ran.said().contains("not verified"), is_blind, "{}", ran.said());
        ok(&["plan", "local", "--detailed-exitcode"]);
        world.edit(STACK, "timeout: 30 ", "timeout: 20 ");
        ok(&["apply", "local", "--yes"]).expect_said("0 created, 1 updated, 0 replaced, 0 deleted");
        ok(&["plan", "local", "--detailed-exitcode"]);
        let ran = ok(&["destroy", "local", "--yes"]);
        ran.expect_said("8 deleted");
        // The lab's role may make log groups.
        ran.expect_said("may remain: log group /aws/lambda/local-telemetry-bridge,");
        let iam: Vec<_> = world
            .calls()
            .into_iter()
            .filter(|call| call.operation.starts_with("iam."))
            .collect();
        assert!(iam.iter().all(|call| !call.writes), "{iam:?}");
        assert_eq!(iam.iter().any(|call| !call.was_performed()), is_blind, "{iam:?}");
        assert_eq!(world.cloud().names(), [LAB_ROLE]);
    }
}

#[test]
fn without_the_mode_the_first_denied_write_names_the_policy_and_the_mode() {
    let world = World::aws_half();
    let ran = with_key(&world, "LABROLE", &["apply", "local", "--yes"]).expect(1);
    ran.expect_said("policy/Pvoclabs2");
    ran.expect_said("aws.roles: { existing: LabRole }");
}

/// What is shipped for real clouds, with the embedded ones in their place.
fn at_the_embedded_clouds(world: &World, key: &str, arguments: &[&str]) -> Ran {
    let server = world.server().unwrap();
    let at = |port: Option<u16>| format!("http://127.0.0.1:{}", port.unwrap());
    let mut command = world.command(arguments);
    command
        .env("AWS_ENDPOINT_URL", server.aws_endpoint().unwrap())
        .env("AWS_ACCESS_KEY_ID", key)
        .env("AWS_SECRET_ACCESS_KEY", "any")
        .env("ECLUSA_CONFLUENT_ENDPOINT", at(server.confluent_port()))
        .env("ECLUSA_KAFKA_ENDPOINT", at(server.kafka_port()))
        .env("CONFLUENT_CLOUD_API_KEY", "CLOUDKEY")
        .env("CONFLUENT_CLOUD_API_SECRET", "any")
        .env("MONGODB_PASSWORD", "any");
    finish(command)
}

#[test]
fn the_environments_for_real_clouds_bring_up_the_whole_pipeline_and_take_it_down() {
    for (environment, key, created) in [("academy", "LABROLE", 31), ("production", "any", 43)] {
        let world = World::shipped();
        if environment == "production" {
            world.edit("environments/production.yaml", "region: eu-west-1", "region: us-east-1");
        }
        world.run(&["plan", "local"]);
        let cloud = world.cloud();
        if key == "LABROLE" {
            let make = cloud.aws.iam.create_role().role_name("LabRole");
            cloud.run(make.assume_role_policy_document(TRUSTS_ALL).send()).unwrap();
        }
        let ran = |arguments: &[&str]| at_the_embedded_clouds(&world, key, arguments).expect(0);
        ran(&["apply", environment, "--yes"]).expect_said(&format!("{created} created"));
        ran(&["apply", environment, "--yes"]).expect_said("No changes.");
        ran(&["plan", environment, "--detailed-exitcode"]);
        ran(&["destroy", environment, "--yes"]).expect_said(&format!("{created} deleted"));
        let left = cloud.names();
        assert!(left.iter().all(|name| name == LAB_ROLE), "{left:?}");
        assert_eq!(Confluent(&world).inventory().len(), 0);
    }
}
