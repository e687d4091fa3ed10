//! CloudFormation stacks: what was left half done, what failed, what is not ours.

use aws_sdk_cloudformation::types::ChangeSetStatus;
use aws_sdk_cloudformation::types::ChangeSetType;
use aws_sdk_cloudformation::types::Parameter;
use serde_json::Value as Json;
use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::nth;
use crate::world::LOCAL;
use crate::world::World;
use crate::world::until;

const NAME: &str = "local-telemetry-watch";
const ADDRESS: &str = "telemetry/aws_cloudformation_stack.watch";
const TEMPLATE: &str = include_str!("../../stacks/telemetry/observability.cfn.yaml");
const PLAIN: &str = "Resources: { Logs: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: 7 } } }";

/// Changes a stack as somebody else would, and waits until it is done. Without a template the stack keeps its own.
pub(crate) fn change(cloud: &Cloud, stack: &str, template: Option<&str>, parameters: &[Parameter]) {
    open(cloud, ChangeSetType::Update, stack, template, parameters);
    until("a foreign change set", || {
        let request = cloud.aws.cloudformation.describe_change_set().stack_name(stack);
        let set = cloud.run(request.change_set_name("foreign").send()).unwrap();
        (set.status() == Some(&ChangeSetStatus::CreateComplete)).then_some(())
    });
    let request = cloud.aws.cloudformation.execute_change_set().stack_name(stack);
    cloud.run(request.change_set_name("foreign").send()).unwrap();
    until("a foreign update", || {
        (status(cloud, stack).as_deref() == Some("UPDATE_COMPLETE")).then_some(())
    });
}

fn open(cloud: &Cloud, kind: ChangeSetType, stack: &str, template: Option<&str>, parameters: &[Parameter]) {
    let request = cloud.aws.cloudformation.create_change_set().stack_name(stack);
    let request = request.change_set_name("foreign").change_set_type(kind);
    let request = match template {
        Some(text) => request.template_body(text),
        None => request.use_previous_template(true),
    };
    cloud
        .run(request.set_parameters(Some(parameters.to_vec())).send())
        .unwrap();
}

/// Deletes a stack as somebody else would, and waits until it is gone.
pub(crate) fn remove(cloud: &Cloud, stack: &str) {
    let request = cloud.aws.cloudformation.delete_stack().stack_name(stack);
    cloud.run(request.send()).unwrap();
    until("a foreign deletion", || status(cloud, stack).is_none().then_some(()));
}

fn status(cloud: &Cloud, stack: &str) -> Option<String> {
    let request = cloud.aws.cloudformation.describe_stacks().stack_name(stack);
    let answer = cloud.run(request.send()).ok()?;
    Some(answer.stacks().first()?.stack_status()?.as_str().to_owned())
}

fn resources(cloud: &Cloud) -> Vec<String> {
    let request = cloud.aws.cloudformation.describe_stack_resources().stack_name(NAME);
    let answer = cloud.run(request.send()).unwrap();
    let there = answer.stack_resources().iter().filter(|resource| {
        let status = resource.resource_status().map_or("", |status| status.as_str());
        status != "DELETE_COMPLETE"
    });
    let mut names: Vec<String> = there
        .map(|resource| resource.logical_resource_id().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn watch(parameters: &Json) -> Json {
    json!({ "template_file": "watch.cfn.yaml", "parameters": parameters })
}

fn parameters() -> Json {
    json!({ "FunctionName": "bridge", "IngestQueue": "ingest", "DeadLetterQueue": "dead", "Alarms": true })
}

fn world() -> World {
    let world = World::new(LOCAL);
    world.write("stacks/watch.cfn.yaml", TEMPLATE);
    declare(&world, &parameters());
    world
}

fn declare(world: &World, parameters: &Json) {
    world.set_resources([("aws_cloudformation_stack.watch", &watch(parameters))]);
}

fn planned(world: &World) -> Vec<String> {
    world.plan().iter().map(|change| change.short()).collect()
}

#[test]
fn the_shipped_template_is_made_changed_and_taken_away() {
    let world = world();
    world.apply();
    let cloud = world.cloud();
    assert_eq!(
        resources(&cloud),
        ["Dashboard", "DeadLettersAlarm", "FunctionLogs", "OldestMessageAlarm"]
    );
    world.forget_calls();
    world.apply();
    assert_eq!(world.writes(), Vec::<String>::new());
    let mut quiet = parameters();
    quiet["Alarms"] = json!(false);
    declare(&world, &quiet);
    let plan = world.plan();
    assert_eq!(plan[0].fields, ["parameters.Alarms"]);
    world.apply();
    assert_eq!(resources(&cloud), ["Dashboard", "FunctionLogs"]);
    world.expect_converged();
    world.destroy();
    assert_eq!(status(&cloud, NAME), None);
}

#[test]
fn an_output_of_a_template_is_known_once_it_is_made_and_again_once_it_is_changed() {
    let world = world();
    let declare = |template: &str| {
        world.write("stacks/watch.cfn.yaml", template);
        let secret = json!({ "description": "logs in ${aws_cloudformation_stack.watch.outputs.LogGroupName}" });
        world.set_resources([
            ("aws_cloudformation_stack.watch", &watch(&parameters())),
            ("aws_secretsmanager_secret.s", &secret),
        ]);
    };
    let described = |text: &str| {
        let cloud = world.cloud();
        let secret = cloud
            .aws
            .secretsmanager
            .describe_secret()
            .secret_id("local-telemetry-s");
        assert_eq!(cloud.run(secret.send()).unwrap().description(), Some(text));
    };
    declare(TEMPLATE);
    let plan = world.ok(&["plan", "local"]);
    plan.expect_said("description = \"logs in ${telemetry/aws_cloudformation_stack.watch.outputs.LogGroupName}\"");
    world.apply();
    described("logs in /aws/lambda/bridge");
    world.expect_converged();

    let moved = TEMPLATE.replace("/aws/lambda/${FunctionName}", "/moved/${FunctionName}");
    assert_ne!(moved, TEMPLATE);
    declare(&moved);
    world.apply();
    described("logs in /moved/bridge");
    world.expect_converged();
}

#[test]
fn a_comment_in_a_template_changes_nothing() {
    let world = world();
    world.apply();
    world.write("stacks/watch.cfn.yaml", &format!("# another word\n{TEMPLATE}"));
    world.expect_converged();
}

#[test]
fn the_error_is_the_event_of_what_failed_and_the_next_apply_makes_the_stack_anew() {
    let world = world();
    let broken = TEMPLATE.replace("      RetentionInDays: !Ref RetentionDays", "      RetentionInDays: 13");
    world.write("stacks/watch.cfn.yaml", &broken);
    let ran = world.ends(1, &["apply", "local", "--yes"]);
    ran.expect_said("FunctionLogs (AWS::Logs::LogGroup) is CREATE_FAILED");
    ran.expect_said("13 is not a valid enum value");
    let cloud = world.cloud();
    assert_eq!(status(&cloud, NAME).as_deref(), Some("ROLLBACK_COMPLETE"));
    world.write("stacks/watch.cfn.yaml", TEMPLATE);
    let plan = world.plan();
    assert!(plan[0].fields.contains(&"unsettled".to_owned()), "{plan:?}");
    world.apply();
    assert_eq!(status(&cloud, NAME).as_deref(), Some("CREATE_COMPLETE"));
    world.expect_converged();
}

#[test]
fn a_stack_that_rolled_back_is_destroyed_with_the_rest() {
    let world = world();
    let broken = TEMPLATE.replace("      RetentionInDays: !Ref RetentionDays", "      RetentionInDays: 13");
    world.write("stacks/watch.cfn.yaml", &broken);
    world.ends(1, &["apply", "local", "--yes"]);
    world.destroy();
    assert_eq!(status(&world.cloud(), NAME), None);
}

#[test]
fn an_update_that_rolled_back_is_tried_again() {
    let world = world();
    world.apply();
    let broken = TEMPLATE.replace("      RetentionInDays: !Ref RetentionDays", "      RetentionInDays: 13");
    world.write("stacks/watch.cfn.yaml", &broken);
    let ran = world.ends(1, &["apply", "local", "--yes"]);
    ran.expect_said("FunctionLogs (AWS::Logs::LogGroup) is UPDATE_FAILED");
    assert_eq!(planned(&world), [format!("{ADDRESS} update")]);
    world.write("stacks/watch.cfn.yaml", TEMPLATE);
    world.expect_converged();
}

#[test]
fn every_write_may_lose_its_answer_or_not_be_made() {
    for operation in ["cloudformation.CreateChangeSet", "cloudformation.ExecuteChangeSet"] {
        for fault in ["lose-answer", "cut"] {
            let world = world();
            world.faults(&[nth(operation, 1, fault)]);
            world.run(&["apply", "local", "--yes"]);
            world.no_faults();
            world.apply();
            world.expect_converged();
            assert_eq!(resources(&world.cloud()).len(), 4, "{operation} {fault}");
        }
    }
    for fault in ["lose-answer", "cut"] {
        let world = world();
        world.apply();
        world.forget_calls();
        world.faults(&[nth("cloudformation.DeleteStack", 1, fault)]);
        world.run(&["destroy", "local", "--yes"]);
        world.no_faults();
        world.destroy();
        assert_eq!(status(&world.cloud(), NAME), None, "{fault}");
    }
}

#[test]
fn somebody_elses_stack_blocks_and_so_does_its_shell() {
    let world = world();
    let cloud = world.cloud();
    open(&cloud, ChangeSetType::Create, NAME, Some(PLAIN), &[]);
    assert_eq!(planned(&world), [format!("{ADDRESS} blocked")]);
    world.forget_calls();
    world.ends(4, &["apply", "local", "--yes"]);
    assert_eq!(world.writes(), Vec::<String>::new());
    until("a foreign change set", || {
        let request = cloud.aws.cloudformation.execute_change_set().stack_name(NAME);
        cloud.run(request.change_set_name("foreign").send()).ok()
    });
    assert_eq!(planned(&world), [format!("{ADDRESS} blocked")]);
    world.ends(4, &["destroy", "local", "--yes"]);
    assert!(status(&cloud, NAME).is_some());
}
