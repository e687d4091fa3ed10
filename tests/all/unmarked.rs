//! What bears no mark, of every kind that is shipped: it blocks with the sentence that says how to adopt it, and adopted
//! it is marked where it stands and made to match.

use crate::cloud::Cloud;
use crate::world::Planned;
use crate::world::World;

const TAGS: [&str; 4] = ["eclusa:owner", "eclusa:address", "eclusa:digest", "eclusa:protect"];
const STACK: &str = "telemetry/aws_cloudformation_stack.observability";

/// Takes the mark off everything that is shipped; the stack, whose tags only an update of its own changes, aside.
fn unmark(cloud: &Cloud, names: &[String]) {
    let keys = || Some(TAGS.map(str::to_owned).to_vec());
    cloud.run(async {
        for name in names {
            let (kind, name) = name.split_once(' ').unwrap();
            match kind {
                "aws_sqs_queue" => {
                    let url = format!("https://sqs.us-east-1.amazonaws.com/123456789012/{name}");
                    let untag = cloud.aws.sqs.untag_queue().queue_url(url);
                    untag.set_tag_keys(keys()).send().await.unwrap();
                }
                "aws_iam_role" => {
                    let untag = cloud.aws.iam.untag_role().role_name(name);
                    untag.set_tag_keys(keys()).send().await.unwrap();
                }
                "aws_iot_topic_rule" => {
                    let untag = cloud.aws.iot.untag_resource();
                    let arn = format!("arn:aws:iot:us-east-1:123456789012:rule/{name}");
                    untag.resource_arn(arn).set_tag_keys(keys()).send().await.unwrap();
                }
                "aws_lambda_function" | "aws_lambda_event_source_mapping" => {
                    let sort = kind.trim_start_matches("aws_lambda_").replace('_', "-");
                    let arn = format!("arn:aws:lambda:us-east-1:123456789012:{sort}:{name}");
                    let untag = cloud.aws.lambda.untag_resource().resource(arn);
                    untag.set_tag_keys(keys()).send().await.unwrap();
                }
                "aws_secretsmanager_secret" => {
                    let untag = cloud.aws.secretsmanager.untag_resource().secret_id(name);
                    untag.set_tag_keys(keys()).send().await.unwrap();
                }
                other => assert_eq!(other, "aws_cloudformation_stack"),
            }
        }
    });
}

#[test]
fn what_lost_its_mark_blocks_until_it_is_adopted_and_nothing_is_made_anew() {
    let world = World::aws_half();
    world.apply();
    let cloud = world.cloud();
    let names = cloud.names();
    unmark(&cloud, &names);
    let plan = world.plan();
    assert_eq!(plan.len(), names.len() - 1, "{plan:?}");
    for change in &plan {
        assert_eq!(change.action, "blocked", "{change:?}");
        assert!(
            change.reason.contains("adopt it with `adopt: true` or `eclusa adopt`"),
            "{change:?}"
        );
    }
    world.forget_calls();
    world.ends(4, &["apply", "local", "--yes"]);
    world.ends(4, &["destroy", "local"]);
    assert_eq!(world.writes(), Vec::<String>::new());

    // In the stack file for one, by command for the others, each after what it needs.
    world.edit(
        "stacks/telemetry.yaml",
        "  aws_sqs_queue.rule_errors:\n",
        "  aws_sqs_queue.rule_errors:\n    adopt: true\n",
    );
    let by_need = [
        "secret",
        "sqs_queue",
        "iam_role",
        "function.",
        "mapping",
        "rule.to_queue",
    ];
    let mut order: Vec<&Planned> = plan.iter().collect();
    order.sort_by_key(|change| by_need.iter().position(|word| change.address.contains(word)));
    for change in order {
        world.ok(&["adopt", "local", &change.address, "--yes"]);
    }
    world.expect_converged();
    assert_eq!(cloud.names(), names, "nothing was made anew");
    assert!(!plan.iter().any(|change| change.address == STACK));
    world.destroy();
    assert_eq!(cloud.names(), Vec::<String>::new());
}
