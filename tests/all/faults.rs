//! Every write of every kind goes wrong once, in each way; the outcome is clear and the next run converges.
//!
//! The table of writes is held against what the cloud saw in a whole lifecycle, so that a new write without a row
//! fails. One fault a service meets each run, on resources that do not hang on each other.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value as Json;
use serde_json::json;

use crate::cloud::TRUSTS_IOT;
use crate::cloud::every;
use crate::cloud::nth;
use crate::world::LOCAL;
use crate::world::World;
use crate::world::stack_of;

/// When a write is made.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Create,
    Update,
    Destroy,
}

/// Each write that the kinds make, with the phases in which it is made.
const WRITES: &[(&str, &[Phase])] = &[
    ("sqs.CreateQueue", &[Phase::Create]),
    ("sqs.SetQueueAttributes", &[Phase::Update]),
    ("sqs.TagQueue", &[Phase::Update]),
    ("sqs.DeleteQueue", &[Phase::Destroy]),
    ("iam.CreateRole", &[Phase::Create]),
    ("iam.PutRolePolicy", &[Phase::Create, Phase::Update]),
    ("iam.AttachRolePolicy", &[Phase::Create, Phase::Update]),
    ("iam.UpdateRole", &[Phase::Update]),
    ("iam.UpdateAssumeRolePolicy", &[Phase::Update]),
    ("iam.DeleteRolePolicy", &[Phase::Update, Phase::Destroy]),
    ("iam.DetachRolePolicy", &[Phase::Update, Phase::Destroy]),
    ("iam.PutRolePermissionsBoundary", &[Phase::Update]),
    ("iam.DeleteRolePermissionsBoundary", &[Phase::Update]),
    ("iam.TagRole", &[Phase::Update]),
    ("iam.DeleteRole", &[Phase::Destroy]),
    ("iot.CreateTopicRule", &[Phase::Create]),
    ("iot.ReplaceTopicRule", &[Phase::Update]),
    ("iot.TagResource", &[Phase::Update]),
    ("iot.DeleteTopicRule", &[Phase::Destroy]),
];

/// Two declarations of the same resources; going from one to the other and back takes every kind of update.
fn declared(other: bool) -> String {
    let pick = |one: Json, two: Json| if other { two } else { one };
    let policy = |action: &str| {
        let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
        json!({ "Version": "2012-10-17", "Statement": [statement] })
    };
    let aws = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    let mut trust: Json = serde_json::from_str(TRUSTS_IOT).unwrap();
    let sender = json!({ "assume_role_policy": trust.clone() });
    if other {
        trust["Statement"][0]["Sid"] = json!("Again");
    }
    let mut role = json!({
        "assume_role_policy": trust,
        "description": pick(json!("one"), json!("two")),
        "inline_policy": pick(json!({ "a": policy("sqs:SendMessage") }), json!({ "b": policy("sqs:SendMessage") })),
        "managed_policy_arns": [aws(if other { "ReadOnlyAccess" } else { "AmazonSQSFullAccess" })],
    });
    if other {
        role["permissions_boundary"] = json!(aws("PowerUserAccess"));
    }
    // The rule's own role is never updated, so that a fault there stops no other resource.
    let rule = json!({
        "sql": pick(json!("SELECT * FROM 'a/+'"), json!("SELECT * FROM 'b/+'")),
        "sqs": {
            "queue_url": "https://sqs.us-east-1.amazonaws.com/${aws.account_id}/somewhere",
            "role_arn": "${aws_iam_role.sender.arn}",
        },
    });
    let queue = json!({ "delay_seconds": pick(json!(1), json!(2)) });
    stack_of([
        ("aws_sqs_queue.queue", &queue),
        ("aws_iam_role.sender", &sender),
        ("aws_iam_role.role", &role),
        ("aws_iot_topic_rule.rule", &rule),
    ])
}

const ADDRESSES: [&str; 4] = [
    "telemetry/aws_iam_role.role",
    "telemetry/aws_iam_role.sender",
    "telemetry/aws_iot_topic_rule.rule",
    "telemetry/aws_sqs_queue.queue",
];
const UPDATED: [&str; 3] = [ADDRESSES[0], ADDRESSES[2], ADDRESSES[3]];

/// One lap of a life: made, changed, changed back, destroyed.
const LAP: [(Phase, bool); 4] = [
    (Phase::Create, false),
    (Phase::Update, true),
    (Phase::Update, false),
    (Phase::Destroy, false),
];

/// Takes one step, as its command line.
fn command(world: &World, (phase, other): (Phase, bool)) -> [&'static str; 3] {
    world.set_stack(&declared(other));
    match phase {
        Phase::Destroy => ["destroy", "local", "--yes"],
        Phase::Create | Phase::Update => ["apply", "local", "--yes"],
    }
}

/// The writes that a step makes, by service.
fn writes_of((phase, other): (Phase, bool)) -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut by_service: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (operation, phases) in WRITES {
        // The boundary comes with the other declaration and goes with it.
        let there = match *operation {
            "iam.PutRolePermissionsBoundary" => other,
            "iam.DeleteRolePermissionsBoundary" => !other,
            _ => true,
        };
        if phases.contains(&phase) && there {
            by_service
                .entry(operation.split('.').next().unwrap())
                .or_default()
                .push(*operation);
        }
    }
    by_service
}

#[test]
fn the_table_names_every_write_of_a_life() {
    let world = World::new(LOCAL);
    world.cloud();
    for step in LAP {
        world.forget_calls();
        world.ok(&command(&world, step));
        let seen: BTreeSet<String> = world.writes().into_iter().collect();
        let listed = writes_of(step).into_values().flatten().map(str::to_owned).collect();
        assert_eq!(seen, listed, "{step:?}");
    }
}

/// Goes through a life again and again until each write of each step has met the fault once.
fn each_write_meets(fault: &str) {
    let world = World::new(LOCAL);
    let cloud = world.cloud();
    let laps = LAP
        .into_iter()
        .flat_map(writes_of)
        .map(|(_, operations)| operations.len())
        .max();
    for lap in 0..laps.unwrap() {
        for step in LAP {
            let arguments = command(&world, step);
            let faulty: Vec<&str> = writes_of(step)
                .into_values()
                .map(|operations| operations[lap % operations.len()])
                .collect();
            if step.0 == Phase::Update {
                expect_declared_updates(&world);
            }
            let about = format!("{fault} of {faulty:?} in {step:?}");
            world.faults(
                &faulty
                    .iter()
                    .map(|operation| nth(operation, 1, fault))
                    .collect::<Vec<_>>(),
            );
            world.forget_calls();
            let ran = world.run(&arguments);
            world.no_faults();
            // A throttled call is tried again; after a lost answer what is there is looked at. Either way the
            // run itself comes through, and needs no second one.
            assert_eq!(ran.code, 0, "{about}\n{}\n{}", ran.stdout, ran.stderr);
            expect_met(&world, &faulty, &about);
            expect_once(&world, step, &about);
            match step.0 {
                Phase::Destroy => assert_eq!(cloud.names(), Vec::<String>::new(), "{about}"),
                Phase::Create | Phase::Update => assert_eq!(world.plan(), [], "{about}"),
            }
        }
    }
}

/// The marks show the declaration that was last applied, whatever went wrong on the way.
fn expect_declared_updates(world: &World) {
    let plan = world.plan();
    let updated: Vec<_> = plan.iter().map(|change| change.address.as_str()).collect();
    assert_eq!(updated, UPDATED);
    for change in plan {
        assert_eq!(
            (change.action.as_str(), change.reason.as_str()),
            ("update", "the declaration changed")
        );
    }
}

fn expect_met(world: &World, faulty: &[&str], about: &str) {
    for operation in faulty {
        let calls = world.calls();
        let first = calls.iter().find(|call| call.operation == *operation);
        assert!(
            first.is_some_and(|call| call.met_a_fault()),
            "{about}: {operation} met no fault"
        );
    }
}

/// What makes and what deletes a thing was done once for each. Not `CreateTopicRule`: an answer that was lost may have
/// been a refusal, while IAM was propagating the role.
fn expect_once(world: &World, (phase, _): (Phase, bool), about: &str) {
    let once: &[(&str, usize)] = match phase {
        Phase::Create => &[("sqs.CreateQueue", 1), ("iam.CreateRole", 2)],
        Phase::Update => &[],
        Phase::Destroy => &[
            ("sqs.DeleteQueue", 1),
            ("iam.DeleteRole", 2),
            ("iot.DeleteTopicRule", 1),
        ],
    };
    for (operation, count) in once {
        assert_eq!(world.performed(operation), *count, "{about}: {operation}");
    }
}

#[test]
fn a_throttled_write_is_tried_again() {
    each_write_meets("throttle");
}

#[test]
fn a_failed_write_is_looked_at_and_repeated() {
    each_write_meets("fail");
}

#[test]
fn a_write_whose_answer_is_lost_is_looked_at_and_not_repeated_blindly() {
    each_write_meets("lose-answer");
}

/// A call limit that a hanging call reaches soon.
const IMPATIENT: &str = "cloud: embedded\naws: { region: us-east-1 }\nlimits: { call: 1s, wait: 20s }\n";

#[test]
fn a_write_that_hangs_or_is_cut_once_is_got_over() {
    for fault in ["hang", "cut"] {
        let world = World::new(IMPATIENT);
        world.cloud();
        for (step, faulty) in LAP.into_iter().zip([
            ["sqs.CreateQueue", "iam.CreateRole", "iot.CreateTopicRule"],
            ["sqs.TagQueue", "iam.TagRole", "iot.TagResource"],
            ["sqs.SetQueueAttributes", "iam.UpdateRole", "iot.ReplaceTopicRule"],
            ["sqs.DeleteQueue", "iam.DeleteRole", "iot.DeleteTopicRule"],
        ]) {
            let arguments = command(&world, step);
            world.faults(&faulty.map(|operation| nth(operation, 1, fault)));
            world.forget_calls();
            let ran = world.run(&arguments);
            assert_eq!(ran.code, 0, "{fault} in {step:?}\n{}\n{}", ran.stdout, ran.stderr);
            expect_met(&world, &faulty, fault);
            expect_once(&world, step, fault);
            world.no_faults();
            world.ok(&arguments);
        }
    }
}

#[test]
fn a_read_that_goes_wrong_once_changes_nothing() {
    let world = World::new(IMPATIENT);
    world.cloud();
    world.ok(&command(&world, (Phase::Create, false)));
    let reads = [
        "sts.GetCallerIdentity",
        "sqs.GetQueueAttributes",
        "iam.ListRolePolicies",
        "iot.ListTopicRules",
    ];
    for fault in ["throttle", "fail", "lose-answer", "cut", "hang"] {
        world.faults(&reads.map(|operation| nth(operation, 1, fault)));
        world.forget_calls();
        assert_eq!(world.plan(), [], "{fault}");
        expect_met(&world, &reads, fault);
    }
}

#[test]
fn a_write_that_fails_for_good_is_told_with_code_and_request_id_and_skips_its_dependents_only() {
    let world = World::new(LOCAL);
    let cloud = world.cloud();
    let arguments = command(&world, (Phase::Create, false));
    let refusal = json!({ "status": 400, "code": "SomethingNew", "message": "not today" });
    let faulty = ["sqs.CreateQueue", "iam.CreateRole", "iot.CreateTopicRule"];
    for (service, operation) in [("sqs", faulty[0]), ("iam", faulty[1]), ("iot", faulty[2])] {
        let mut entry = every(operation, "fail");
        entry
            .as_object_mut()
            .unwrap()
            .extend(refusal.as_object().unwrap().clone());
        world.faults(&[entry]);
        world.forget_calls();
        let ran = world.ends(1, &arguments);
        let name = operation.split('.').nth(1).unwrap();
        ran.expect_said(&format!("{service}:{name}: SomethingNew: not today (request id "));
        let skipped = ran
            .stdout
            .contains("not done: telemetry/aws_iot_topic_rule.rule, because of");
        assert_eq!(skipped, service == "iam", "{}", ran.stdout);
        // What a refusal answers is not worth a second try.
        let tried = if service == "iam" { 2 } else { 1 };
        assert_eq!(
            world.calls().iter().filter(|call| call.operation == operation).count(),
            tried
        );
        let kinds = cloud.names();
        let kind = BTreeMap::from([
            ("sqs", "aws_sqs_queue"),
            ("iam", "aws_iam_role"),
            ("iot", "aws_iot_topic_rule"),
        ]);
        assert!(!kinds.iter().any(|name| name.starts_with(kind[service])), "{kinds:?}");
        world.no_faults();
        world.ok(&arguments);
        world.expect_converged();
        world.destroy();
    }
}

#[test]
fn a_service_that_keeps_failing_ends_the_run_with_its_words() {
    let world = World::new(&LOCAL.replace("embedded\n", "embedded\nlimits: { wait: 2s }\n"));
    world.cloud();
    let arguments = command(&world, (Phase::Create, false));
    for (fault, code, words) in [
        ("fail", 1, "run the same command again: it looks at what is there"),
        ("throttle", 6, "raise `limits.wait`"),
    ] {
        world.faults(&[every("sqs.CreateQueue", fault)]);
        let ran = world.ends(code, &arguments);
        ran.expect_said("telemetry/aws_sqs_queue.queue: sqs:CreateQueue: ");
        ran.expect_said("(request id ");
        ran.expect_said(words);
        world.no_faults();
        world.ok(&arguments);
        world.expect_converged();
        world.destroy();
    }
}
