//! The rows of `aws_sqs_queue`.

use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde_json::Value as Json;
use serde_json::json;

use super::Clouds;
use super::Drift;
use super::Removed;
use super::Row;
use super::Rows;
use crate::cloud::Cloud;

const DEAD: [&str; 3] = [
    "arn:aws:sqs:us-east-1:123456789012:local-telemetry-dead_a",
    "arn:aws:sqs:us-east-1:123456789012:local-telemetry-dead_b",
    "arn:aws:sqs:us-east-1:123456789012:local-telemetry-dead_c",
];

fn set(cloud: &Cloud, queue: &str, attribute: &Name, text: &str) {
    let url = format!("https://sqs.us-east-1.amazonaws.com/123456789012/{queue}");
    let request = cloud.aws.sqs.set_queue_attributes().queue_url(url);
    cloud.run(request.attributes(attribute.clone(), text).send()).unwrap();
}

fn delete(cloud: &Clouds<'_>, queue: &str) {
    let url = format!("https://sqs.us-east-1.amazonaws.com/123456789012/{queue}");
    cloud.run(cloud.aws.sqs.delete_queue().queue_url(url).send()).unwrap();
}

/// An edit that is the same whatever is declared.
fn to(attribute: Name, text: impl Into<String>) -> Drift {
    let text = text.into();
    Box::new(move |cloud, queue, _| set(cloud, queue, &attribute, &text))
}

/// A plain value of its own.
fn plain(path: &'static [&'static str; 1], attribute: Name, values: [Json; 3]) -> Row {
    let [one, other, foreign] = values;
    let text = foreign.as_str().map_or(foreign.to_string(), str::to_owned);
    Row {
        path: path[0],
        one,
        other,
        with: vec![],
        changed: path,
        removed: Removed::Planned(path),
        drift: to(attribute, text),
        drifted: (path, path),
    }
}

fn policy(action: &str) -> Json {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "210987654321" }, "Action": action, "Resource": "*" }],
    })
}

fn redrive(dead: &str, count: u32) -> String {
    json!({ "deadLetterTargetArn": dead, "maxReceiveCount": count }).to_string()
}

fn allow(source: &str) -> String {
    json!({ "redrivePermission": "byQueue", "sourceQueueArns": [source] }).to_string()
}

pub(super) fn rows() -> Rows {
    let queue = || json!({});
    Rows {
        kind: "aws_sqs_queue",
        least: json!({}),
        beside: vec![
            ("aws_sqs_queue.dead_a", queue()),
            ("aws_sqs_queue.dead_b", queue()),
            ("aws_sqs_queue.dead_c", queue()),
        ],
        files: &[],
        // Another `fifo_queue` is another queue: see `draining`.
        elsewhere: &["fifo_queue"],
        rows: numbers()
            .into_iter()
            .chain(encryption())
            .chain(documents())
            .chain(of_fifo())
            .collect(),
        delete,
        falls: &[],
    }
}

fn numbers() -> [Row; 5] {
    [
        plain(
            &["visibility_timeout_seconds"],
            Name::VisibilityTimeout,
            [json!(40), json!(50), json!(60)],
        ),
        plain(
            &["message_retention_seconds"],
            Name::MessageRetentionPeriod,
            [json!(70), json!(80), json!(90)],
        ),
        plain(&["delay_seconds"], Name::DelaySeconds, [json!(1), json!(2), json!(3)]),
        plain(
            &["receive_wait_time_seconds"],
            Name::ReceiveMessageWaitTimeSeconds,
            [json!(1), json!(2), json!(3)],
        ),
        Row {
            removed: Removed::LeftToServer,
            drifted: (&["maximum_message_size"], &[]),
            ..plain(
                &["maximum_message_size"],
                Name::MaximumMessageSize,
                [json!(2048), json!(4096), json!(8192)],
            )
        },
    ]
}

fn encryption() -> [Row; 3] {
    // With a key comes the period for which its data keys are used.
    const KEY: &[&str] = &["kms_master_key_id", "kms_data_key_reuse_period_seconds"];
    [
        Row {
            removed: Removed::LeftToServer,
            drifted: (&["sqs_managed_sse_enabled"], &[]),
            ..plain(
                &["sqs_managed_sse_enabled"],
                Name::SqsManagedSseEnabled,
                [json!(false), json!(true), json!(true)],
            )
        },
        Row {
            removed: Removed::Planned(KEY),
            drifted: (&["kms_master_key_id"], KEY),
            ..plain(
                &["kms_master_key_id"],
                Name::KmsMasterKeyId,
                [json!("alias/one"), json!("alias/two"), json!("alias/three")],
            )
        },
        Row {
            with: vec![("kms_master_key_id", json!("alias/one"))],
            ..plain(
                &["kms_data_key_reuse_period_seconds"],
                Name::KmsDataKeyReusePeriodSeconds,
                [json!(600), json!(700), json!(800)],
            )
        },
    ]
}

/// What only FIFO queues have: each has two values, of which the second is the default.
fn of_fifo() -> [Row; 3] {
    let row = |path: &'static [&'static str; 1], attribute: Name, [one, default]: [Json; 2]| {
        let text = |value: &Json| value.as_str().map_or(value.to_string(), str::to_owned);
        let (as_one, as_default) = (text(&one), text(&default));
        Row {
            path: path[0],
            one,
            other: default,
            with: vec![("fifo_queue", json!(true))],
            changed: path,
            removed: Removed::Planned(path),
            drift: Box::new(move |cloud, queue, is_declared| {
                set(
                    cloud,
                    queue,
                    &attribute,
                    if is_declared { &as_default } else { &as_one },
                );
            }),
            drifted: (path, path),
        }
    };
    let mut limit = row(
        &["fifo_throughput_limit"],
        Name::FifoThroughputLimit,
        [json!("perMessageGroupId"), json!("perQueue")],
    );
    limit.with.push(("deduplication_scope", json!("messageGroup")));
    [
        row(
            &["content_based_deduplication"],
            Name::ContentBasedDeduplication,
            [json!(true), json!(false)],
        ),
        row(
            &["deduplication_scope"],
            Name::DeduplicationScope,
            [json!("messageGroup"), json!("queue")],
        ),
        limit,
    ]
}

fn documents() -> [Row; 7] {
    [
        Row {
            drift: to(Name::Policy, policy("sqs:DeleteMessage").to_string()),
            changed: &["policy"],
            drifted: (&["policy"], &["policy"]),
            ..plain(
                &["policy"],
                Name::Policy,
                [policy("sqs:SendMessage"), policy("sqs:ReceiveMessage"), json!("")],
            )
        },
        Row {
            path: "redrive_policy",
            one: json!({ "dead_letter_target_arn": "${aws_sqs_queue.dead_a.arn}", "max_receive_count": 3 }),
            other: json!({ "dead_letter_target_arn": "${aws_sqs_queue.dead_b.arn}", "max_receive_count": 4 }),
            with: vec![],
            changed: &[
                "redrive_policy.dead_letter_target_arn",
                "redrive_policy.max_receive_count",
            ],
            removed: Removed::Planned(&["redrive_policy"]),
            drift: to(Name::RedrivePolicy, redrive(DEAD[0], 9)),
            drifted: (&["redrive_policy.max_receive_count"], &["redrive_policy"]),
        },
        Row {
            path: "redrive_policy.dead_letter_target_arn",
            one: json!("${aws_sqs_queue.dead_a.arn}"),
            other: json!("${aws_sqs_queue.dead_b.arn}"),
            with: vec![("redrive_policy.max_receive_count", json!(3))],
            changed: &["redrive_policy.dead_letter_target_arn"],
            removed: Removed::Refused("`dead_letter_target_arn`"),
            drift: to(Name::RedrivePolicy, redrive(DEAD[2], 3)),
            drifted: (&["redrive_policy.dead_letter_target_arn"], &[]),
        },
        Row {
            path: "redrive_policy.max_receive_count",
            one: json!(3),
            other: json!(4),
            with: vec![(
                "redrive_policy.dead_letter_target_arn",
                json!("${aws_sqs_queue.dead_a.arn}"),
            )],
            changed: &["redrive_policy.max_receive_count"],
            removed: Removed::Planned(&["redrive_policy.max_receive_count"]),
            drift: to(Name::RedrivePolicy, redrive(DEAD[0], 9)),
            drifted: (
                &["redrive_policy.max_receive_count"],
                &["redrive_policy.max_receive_count"],
            ),
        },
        Row {
            path: "redrive_allow_policy",
            one: json!({ "redrive_permission": "denyAll" }),
            other: json!({ "redrive_permission": "byQueue", "source_queue_arns": [DEAD[0]] }),
            with: vec![],
            changed: ALLOWANCE,
            removed: Removed::Planned(&["redrive_allow_policy"]),
            drift: to(Name::RedriveAllowPolicy, allow(DEAD[1])),
            drifted: (ALLOWANCE, &["redrive_allow_policy"]),
        },
        Row {
            path: "redrive_allow_policy.redrive_permission",
            one: json!("denyAll"),
            // The same as no policy at all.
            other: json!("allowAll"),
            with: vec![],
            changed: &["redrive_allow_policy"],
            removed: Removed::Refused("`redrive_permission`"),
            drift: to(Name::RedriveAllowPolicy, allow(DEAD[1])),
            drifted: (ALLOWANCE, &[]),
        },
        Row {
            path: "redrive_allow_policy.source_queue_arns",
            one: json!([DEAD[0]]),
            other: json!([DEAD[1], DEAD[0]]),
            with: vec![("redrive_allow_policy.redrive_permission", json!("byQueue"))],
            changed: &["redrive_allow_policy.source_queue_arns[1]"],
            removed: Removed::Refused("redrive_permission: byQueue needs at least one source queue"),
            drift: to(Name::RedriveAllowPolicy, allow(DEAD[2])),
            drifted: (&["redrive_allow_policy.source_queue_arns[0]"], &[]),
        },
    ]
}

const ALLOWANCE: &[&str] = &[
    "redrive_allow_policy.redrive_permission",
    "redrive_allow_policy.source_queue_arns[0]",
];
