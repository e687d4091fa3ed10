//! What is not ours is named and left: by plan, apply and destroy, and when it appears in between.

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value as Json;
use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::TRUSTS_IOT;
use crate::cloud::every;
use crate::world::LOCAL;
use crate::world::World;

const OTHER: &str = "other@123456789012/us-east-1";
const UNMARKED: &str = "its name is taken by a resource without eclusa's mark: adopt it with `adopt: true` \
                        or `eclusa adopt`, or set another `name:`";
const OF_ANOTHER: &str = "its name is taken by a resource of other@123456789012/us-east-1: set another `name:`, only \
                          look it up with `existing:`, or take it over with `eclusa adopt --from \
                          other@123456789012/us-east-1`";

/// What is planned to be called so, by address.
fn name_of(world: &World, address: &str) -> String {
    let plan = world.plan();
    let change = plan.iter().find(|change| change.address == address);
    change.unwrap().name.clone()
}

/// A queue, a role and a rule under the names that the shipped stack would give its own.
fn take_the_names(world: &World, cloud: &Cloud, tags: &[(&str, &str)]) {
    let name = |address: &str| name_of(world, address);
    let (queue, role, rule) = (
        name("telemetry/aws_sqs_queue.rule_errors"),
        name("telemetry/aws_iam_role.rule"),
        name("telemetry/aws_iot_topic_rule.to_queue"),
    );
    cloud.make_queue(&queue, &[(QueueAttributeName::DelaySeconds, "7")], tags);
    let sender = cloud.make_role(&role, tags);
    cloud.make_rule(&rule, &sender, tags);
}

#[test]
fn what_is_not_ours_blocks_before_any_write_and_says_what_can_be_done() {
    let team = ("team", "sensors");
    for (tags, sentence) in [
        (&[][..], UNMARKED),
        (&[team][..], UNMARKED),
        (&[team, ("eclusa:owner", OTHER)][..], OF_ANOTHER),
    ] {
        let world = World::inflow();
        let cloud = world.cloud();
        take_the_names(&world, &cloud, tags);
        let before = cloud.inventory();
        world.forget_calls();

        let plan = world.plan();
        let blocked: Vec<_> = plan.iter().filter(|change| change.action == "blocked").collect();
        let addresses: Vec<_> = blocked.iter().map(|change| change.address.as_str()).collect();
        let taken = [
            "telemetry/aws_iam_role.rule",
            "telemetry/aws_iot_topic_rule.to_queue",
            "telemetry/aws_sqs_queue.rule_errors",
        ];
        assert_eq!(addresses, taken);
        assert!(
            blocked
                .iter()
                .all(|change| change.reason == sentence && change.fields.is_empty())
        );
        assert_eq!(plan.iter().filter(|change| change.action == "create").count(), 2);

        let ran = world.ends(4, &["apply", "local", "--yes"]);
        ran.expect_said(sentence);
        let refused = ran
            .stderr
            .lines()
            .find(|line| line.contains("nothing was written, since this is blocked"));
        assert!(
            taken.iter().all(|address| refused.unwrap().contains(address)),
            "{}",
            ran.stderr
        );
        world
            .ends(4, &["destroy", "local", "--yes"])
            .expect_said("so it is left alone");
        assert_eq!(world.writes(), Vec::<String>::new());
        assert_eq!(cloud.inventory(), before);
    }
}

#[test]
fn destroy_leaves_what_is_not_ours_and_deletes_the_rest() {
    let world = World::inflow();
    let cloud = world.cloud();
    let queue = name_of(&world, "telemetry/aws_sqs_queue.ingest");
    let rule = name_of(&world, "telemetry/aws_iot_topic_rule.to_queue");
    let role = name_of(&world, "telemetry/aws_iam_role.rule");
    world.apply();
    let url = format!("https://sqs.us-east-1.amazonaws.com/123456789012/{queue}");
    let untag = cloud.aws.sqs.untag_queue().queue_url(url).tag_keys("eclusa:owner");
    cloud.run(untag.send()).unwrap();
    let tag = aws_sdk_iam::types::Tag::builder()
        .key("eclusa:owner")
        .value(OTHER)
        .build();
    let steal = cloud.aws.iam.tag_role().role_name(&role).tags(tag.unwrap());
    cloud.run(steal.send()).unwrap();
    let before = cloud.inventory();

    let ran = world.ends(4, &["destroy", "local", "--yes"]);
    ran.expect_said("it bears no mark of eclusa, so it is left alone");
    ran.expect_said("it belongs to other@123456789012/us-east-1, so it is left alone");
    ran.expect_said("3 deleted");
    let left = cloud.inventory();
    let kept = [format!("aws_iam_role {role}"), format!("aws_sqs_queue {queue}")];
    assert_eq!(left.keys().cloned().collect::<Vec<_>>(), kept, "{rule} was ours");
    for name in &kept {
        assert_eq!(left[name], before[name]);
    }
}

/// An equal queue is what `CreateQueue` silently takes for its own.
#[test]
fn what_appears_between_plan_and_create_is_not_taken_over() {
    let trust: Json = serde_json::from_str(TRUSTS_IOT).unwrap();
    let queue = "https://sqs.us-east-1.amazonaws.com/123456789012/somewhere";
    let gate =
        json!({ "sql": "SELECT * FROM 'a'", "sqs": { "queue_url": queue, "role_arn": "${aws_iam_role.sender.arn}" } });
    let behind = json!(["aws_iot_topic_rule.gate"]);
    let resources = [
        ("aws_iam_role.sender", json!({ "assume_role_policy": trust })),
        ("aws_iot_topic_rule.gate", gate),
        (
            "aws_iam_role.taken",
            json!({ "assume_role_policy": trust, "depends_on": behind }),
        ),
        ("aws_sqs_queue.equal", json!({ "depends_on": behind })),
        (
            "aws_sqs_queue.differing",
            json!({ "delay_seconds": 5, "depends_on": behind }),
        ),
    ];
    let world = World::new(LOCAL);
    world.set_resources(resources.iter().map(|(key, attributes)| (*key, attributes)));
    let cloud = world.cloud();
    let (equal, differing, taken) = (
        name_of(&world, "telemetry/aws_sqs_queue.equal"),
        name_of(&world, "telemetry/aws_sqs_queue.differing"),
        name_of(&world, "telemetry/aws_iam_role.taken"),
    );

    world.forget_calls();
    world.faults(&[every("iot.CreateTopicRule", "throttle")]);
    let apply = world.start(&["apply", "local", "--yes"]);
    world.await_call("iot.CreateTopicRule", 1);
    cloud.make_queue(&equal, &[], &[]);
    cloud.make_queue(&differing, &[], &[("eclusa:owner", OTHER)]);
    cloud.make_role(&taken, &[("team", "sensors")]);
    let before = cloud.inventory();
    world.no_faults();
    let ran = apply.ended().expect(4);
    ran.expect_said("sqs:CreateQueue: QueueOfSomebodyElse");
    ran.expect_said(&format!("telemetry/aws_sqs_queue.differing: {OF_ANOTHER}"));
    ran.expect_said(&format!("telemetry/aws_iam_role.taken: {UNMARKED}"));

    let after = cloud.inventory();
    assert_eq!(after.len(), before.len() + 1, "the gate alone was made");
    for (name, found) in &before {
        assert_eq!(after[name], *found);
    }
    let ours = world.plan().into_iter().map(|change| change.action).collect::<Vec<_>>();
    assert_eq!(ours, ["blocked"; 3]);
}
