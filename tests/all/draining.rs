//! A queue that gets another name: what is in it is worked off before it goes, and nothing that is not goes with it.

use serde_json::Value as Json;
use serde_json::json;

use crate::cloud::Cloud;
use crate::lambda::TRUSTS_LAMBDA;
use crate::world::LOCAL;
use crate::world::World;

const APPLY: [&str; 3] = ["apply", "local", "--yes"];

/// A queue of this name, and a function that reads it.
fn declare(world: &World, queue: &str) {
    let trust: Json = serde_json::from_str(TRUSTS_LAMBDA).unwrap();
    let allowed = json!({
        "Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"], "Resource": "${aws_sqs_queue.q.arn}",
    });
    let rights = json!({ "Version": "2012-10-17", "Statement": [allowed] });
    let function = json!({
        "filename": "bridge.zip", "runtime": "provided.al2023", "handler": "bootstrap", "role": "${aws_iam_role.r.arn}",
    });
    let mapping = json!({
        "event_source_arn": "${aws_sqs_queue.q.arn}",
        "function_name": "${aws_lambda_function.f.name}",
    });
    world.set_resources([
        ("aws_sqs_queue.q", &json!({ "name": queue })),
        (
            "aws_iam_role.r",
            &json!({ "assume_role_policy": trust, "inline_policy": { "read": rights } }),
        ),
        ("aws_lambda_function.f", &function),
        ("aws_lambda_event_source_mapping.m", &mapping),
    ]);
}

fn url(queue: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/123456789012/{queue}")
}

/// An applied world whose queue holds messages and has another name in the files.
fn renamed(settings: &str) -> (World, Cloud) {
    let world = World::new(settings);
    world.write("stacks/bridge.zip", "PK\u{3}\u{4}one");
    declare(&world, "old");
    world.apply();
    let cloud = world.cloud();
    for body in ["one", "two"] {
        let send = cloud.aws.sqs.send_message().queue_url(url("old")).message_body(body);
        cloud.run(send.send()).unwrap();
    }
    declare(&world, "new");
    (world, cloud)
}

/// The queues that the function's role may read, by policy.
fn rights(cloud: &Cloud) -> Vec<(String, &'static str)> {
    let iam = &cloud.aws.iam;
    cloud.run(async {
        let roles = iam.list_roles().send().await.unwrap();
        let role = roles.roles()[0].role_name();
        let mut rights = Vec::new();
        for policy in iam
            .list_role_policies()
            .role_name(role)
            .send()
            .await
            .unwrap()
            .policy_names()
        {
            let get = iam.get_role_policy().role_name(role).policy_name(policy);
            let got = get.send().await.unwrap();
            let queue = ["old", "new"].into_iter().find(|queue| {
                let document = got.policy_document();
                document.contains(&format!(":{queue}\"")) || document.contains(&format!("%3A{queue}%22"))
            });
            rights.push((policy.clone(), queue.unwrap()));
        }
        rights
    })
}

/// What the function would do: take every message and delete it.
fn work_off(cloud: &Cloud) {
    let sqs = &cloud.aws.sqs;
    cloud.run(async {
        loop {
            let receive = sqs.receive_message().queue_url(url("old")).max_number_of_messages(10);
            let received = receive.send().await.unwrap();
            if received.messages().is_empty() {
                return;
            }
            for message in received.messages() {
                let delete = sqs.delete_message().queue_url(url("old"));
                let receipt = message.receipt_handle().unwrap();
                delete.receipt_handle(receipt).send().await.unwrap();
            }
        }
    });
}

#[test]
fn a_queue_with_another_name_is_drained_and_then_goes_with_its_mapping() {
    let (world, cloud) = renamed(LOCAL);
    let run = world.start(&APPLY);
    run.await_said("waiting: its queue to be empty");
    let names = cloud.names();
    assert!(names.contains(&"aws_sqs_queue new".to_owned()), "{names:?}");
    assert_eq!(
        names.iter().filter(|name| name.contains("mapping")).count(),
        2,
        "{names:?}"
    );
    let read = |policy: &str, queue| (policy.to_owned(), queue);
    assert_eq!(rights(&cloud), [read("read", "new"), read("read-former", "old")]);
    work_off(&cloud);
    run.ended().expect(0);
    assert_eq!(rights(&cloud), [read("read", "new")]);
    let names = cloud.names();
    assert!(!names.contains(&"aws_sqs_queue old".to_owned()), "{names:?}");
    assert_eq!(names.len(), 4, "{names:?}");
    world.expect_converged();
}

#[test]
fn what_has_not_drained_within_the_budget_stays_with_its_mapping_and_is_named() {
    let (world, cloud) = renamed(&format!("{LOCAL}limits: {{ wait: 2s }}\n"));
    let ran = world.ends(6, &APPLY);
    ran.expect_said("telemetry/aws_sqs_queue.q (formerly old) still holds messages after 2 s");
    ran.expect_said("not done: telemetry/aws_sqs_queue.q (formerly old), because of");
    assert_eq!(cloud.names().len(), 6, "{:?}", cloud.names());
    assert_eq!(rights(&cloud).len(), 2, "what drains the queue may still read it");
    world.ends(6, &APPLY);
    assert_eq!(rights(&cloud).len(), 2, "and after another run too");
    work_off(&cloud);
    world.apply();
    world.expect_converged();
    assert_eq!(cloud.names().len(), 4, "{:?}", cloud.names());
    assert_eq!(rights(&cloud), [("read".to_owned(), "new")]);
}

#[test]
fn what_may_be_lost_goes_at_once() {
    let (world, cloud) = renamed(LOCAL);
    world.ok(&[&APPLY[..], &["--allow-data-loss", "telemetry/aws_sqs_queue.q"]].concat());
    assert_eq!(cloud.names().len(), 4, "{:?}", cloud.names());
}
