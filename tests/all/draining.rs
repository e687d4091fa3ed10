//! A queue that gets another name, or becomes a FIFO queue and so gets one: what is in it is worked off before it goes,
//! and nothing that is not goes with it.

use serde_json::Value as Json;
use serde_json::json;

use crate::cloud::Cloud;
use crate::lambda::TRUSTS_LAMBDA;
use crate::world::LOCAL;
use crate::world::World;

const APPLY: [&str; 3] = ["apply", "local", "--yes"];

/// A queue of this name, and a function that reads it.
fn declare(world: &World, queue: &str) {
    declare_with(world, &[("aws_sqs_queue.q", json!({ "name": queue }))]);
}

/// These resources, the queue `q` among them, and a function that reads it.
fn declare_with(world: &World, queues: &[(&str, Json)]) {
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
    let reads = [
        (
            "aws_iam_role.r",
            json!({ "assume_role_policy": trust, "inline_policy": { "read": rights } }),
        ),
        ("aws_lambda_function.f", function),
        ("aws_lambda_event_source_mapping.m", mapping),
    ];
    world.set_resources(queues.iter().chain(&reads).map(|(key, attributes)| (*key, attributes)));
}

/// A queue with its dead-letter queue, both FIFO or neither.
fn pair(is_fifo: bool) -> [(&'static str, Json); 2] {
    let redrive = json!({ "dead_letter_target_arn": "${aws_sqs_queue.dead.arn}", "max_receive_count": 5 });
    [
        ("aws_sqs_queue.dead", json!({ "fifo_queue": is_fifo })),
        (
            "aws_sqs_queue.q",
            json!({ "fifo_queue": is_fifo, "redrive_policy": redrive }),
        ),
    ]
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

/// What the function would do: take every message and delete it. The bodies, as they came.
fn work_off(cloud: &Cloud, queue: &str) -> Vec<String> {
    let sqs = &cloud.aws.sqs;
    let mut bodies = Vec::new();
    cloud.run(async {
        loop {
            let receive = sqs.receive_message().queue_url(url(queue)).max_number_of_messages(10);
            let received = receive.send().await.unwrap();
            if received.messages().is_empty() {
                return;
            }
            for message in received.messages() {
                bodies.extend(message.body().map(str::to_owned));
                let delete = sqs.delete_message().queue_url(url(queue));
                let receipt = message.receipt_handle().unwrap();
                delete.receipt_handle(receipt).send().await.unwrap();
            }
        }
    });
    bodies
}

/// The names of all queues.
fn queues(cloud: &Cloud) -> Vec<String> {
    let names = cloud.names().into_iter();
    names
        .filter_map(|name| name.strip_prefix("aws_sqs_queue ").map(str::to_owned))
        .collect()
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
    work_off(&cloud, "old");
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
    work_off(&cloud, "old");
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

const STANDARD: [&str; 2] = ["local-telemetry-dead", "local-telemetry-q"];
const FIFO: [&str; 2] = ["local-telemetry-dead.fifo", "local-telemetry-q.fifo"];

#[test]
fn a_queue_becomes_fifo_and_standard_again_and_loses_no_message() {
    let world = World::new(LOCAL);
    world.write("stacks/bridge.zip", "PK\u{3}\u{4}one");
    declare_with(&world, &pair(false));
    world.apply();
    let cloud = world.cloud();
    assert_eq!(queues(&cloud), STANDARD);
    for body in ["one", "two"] {
        let send = cloud.aws.sqs.send_message().queue_url(url(STANDARD[1]));
        cloud.run(send.message_body(body).send()).unwrap();
    }
    let mut bodies = become_the_other(&world, &cloud, true, [STANDARD, FIFO]);
    bodies.sort_unstable();
    assert_eq!(bodies, ["one", "two"]);

    for body in ["three", "four"] {
        let send = cloud.aws.sqs.send_message().queue_url(url(FIFO[1])).message_body(body);
        let send = send.message_group_id("g").message_deduplication_id(body);
        cloud.run(send.send()).unwrap();
    }
    let bodies = become_the_other(&world, &cloud, false, [FIFO, STANDARD]);
    assert_eq!(bodies, ["three", "four"]);
}

/// Expects both queues to be made anew under their other names before the old ones go, the full one once it is empty,
/// its dead-letter queue after it. What was in it, as it came.
fn become_the_other(world: &World, cloud: &Cloud, is_fifo: bool, [from, to]: [[&str; 2]; 2]) -> Vec<String> {
    declare_with(world, &pair(is_fifo));
    let plan = world.plan();
    let of_queues = plan.iter().filter(|change| change.address.contains("aws_sqs_queue"));
    let planned: Vec<_> = of_queues
        .map(|change| (change.action.as_str(), change.name.as_str()))
        .collect();
    let expected = [
        ("replace", to[0]),
        ("delete", from[0]),
        ("replace", to[1]),
        ("delete", from[1]),
    ];
    assert_eq!(planned, expected);
    let run = world.start(&APPLY);
    run.await_said("waiting: its queue to be empty");
    let mut all = [from, to].concat();
    all.sort_unstable();
    assert_eq!(queues(cloud), all);
    let bodies = work_off(cloud, from[1]);
    run.ended().expect(0);
    assert_eq!(queues(cloud), to);
    world.expect_converged();
    bodies
}

#[test]
fn a_queue_that_nothing_empties_does_not_become_fifo_with_messages_in_it() {
    let world = World::new(LOCAL);
    let declare = |is_fifo: bool| world.set_resources([("aws_sqs_queue.q", &json!({ "fifo_queue": is_fifo }))]);
    declare(false);
    world.apply();
    let cloud = world.cloud();
    let send = cloud
        .aws
        .sqs
        .send_message()
        .queue_url(url(STANDARD[1]))
        .message_body("one");
    cloud.run(send.send()).unwrap();
    declare(true);
    world.forget_calls();
    world
        .ends(4, &APPLY)
        .expect_said("--allow-data-loss telemetry/aws_sqs_queue.q");
    assert_eq!(world.writes(), Vec::<String>::new());
    world.ok(&[&APPLY[..], &["--allow-data-loss", "telemetry/aws_sqs_queue.q"]].concat());
    assert_eq!(queues(&cloud), [FIFO[1]]);
    world.expect_converged();
}
