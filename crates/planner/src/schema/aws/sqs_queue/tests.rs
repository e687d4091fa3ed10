use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::resource::sentinel;
use crate::schema::AnySchema;
use crate::schema::Erased;
use crate::schema::tests::messages;

const DEAD_LETTERS: &str = "arn:aws:sqs:us-east-1:123456789012:local-telemetry-dead_letters";

fn decode(spec: serde_json::Value) -> QueueSpec {
    serde_json::from_value(spec).expect("a declaration")
}

fn problems(spec: serde_json::Value) -> Vec<String> {
    messages(&Erased::<SqsQueue>::new(), &spec)
}

fn any_arn() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]".prop_map(|name| format!("arn:aws:sqs:us-east-1:123456789012:{name}")),
        (16..19_usize).prop_map(sentinel::numbered),
    ]
}

fn any_redrive() -> impl Strategy<Value = RedrivePolicy> {
    (any_arn(), 1..=1_000_u32).prop_map(|(dead_letter_target_arn, max_receive_count)| RedrivePolicy {
        dead_letter_target_arn,
        max_receive_count,
    })
}

fn any_allow() -> impl Strategy<Value = RedriveAllowPolicy> {
    let permission = prop_oneof![Just("allowAll"), Just("denyAll"), Just("byQueue")];
    (permission, prop::collection::vec(any_arn(), 0..5)).prop_map(|(permission, source_queue_arns)| {
        RedriveAllowPolicy {
            redrive_permission: permission.to_owned(),
            source_queue_arns,
        }
    })
}

prop_compose! {
    fn any_queue()(
        seconds in (0..=43_200_u32, 60..=1_209_600_u32, 0..=900_u32, 0..=20_u32),
        maximum_message_size in prop::option::of(1_024..=1_048_576_u32),
        redrive_policy in prop::option::of(any_redrive()),
        redrive_allow_policy in prop::option::of(any_allow()),
        sqs_managed_sse_enabled in any::<Option<bool>>(),
        kms_master_key_id in prop::option::of("(alias/aws/sqs)?"),
        kms_data_key_reuse_period_seconds in prop::option::of(60..=86_400_u32),
        fifo in (
            any::<bool>(),
            any::<bool>(),
            prop::option::of("queue|messageGroup"),
            prop::option::of("perQueue|perMessageGroupId"),
        ),
    ) -> QueueSpec {
        QueueSpec {
            visibility_timeout_seconds: seconds.0,
            message_retention_seconds: seconds.1,
            delay_seconds: seconds.2,
            receive_wait_time_seconds: seconds.3,
            maximum_message_size,
            redrive_policy,
            redrive_allow_policy,
            policy: None,
            sqs_managed_sse_enabled,
            kms_master_key_id,
            kms_data_key_reuse_period_seconds,
            fifo_queue: fifo.0,
            content_based_deduplication: fifo.1,
            deduplication_scope: fifo.2,
            fifo_throughput_limit: fifo.3,
        }
    }
}

proptest! {
    #[test]
    fn canonical_is_idempotent(spec in any_queue()) {
        let once = SqsQueue::canonical(spec);
        prop_assert_eq!(SqsQueue::canonical(once.clone()), once);
    }
}

#[test]
fn what_is_left_out_is_the_published_default() {
    let spec = Erased::<SqsQueue>::new()
        .canonical(&json!({}))
        .expect("the least queue");
    assert_eq!(
        spec,
        json!({
            "visibility_timeout_seconds": 30,
            "message_retention_seconds": 345_600,
            "delay_seconds": 0,
            "receive_wait_time_seconds": 0,
            "maximum_message_size": null,
            "redrive_policy": null,
            "redrive_allow_policy": null,
            "policy": null,
            "sqs_managed_sse_enabled": null,
            "kms_master_key_id": null,
            "kms_data_key_reuse_period_seconds": null,
            "fifo_queue": false,
            "content_based_deduplication": false,
            "deduplication_scope": null,
            "fifo_throughput_limit": null,
        })
    );
}

#[test]
fn allow_all_means_what_no_policy_means() {
    let allow_all = decode(json!({ "redrive_allow_policy": { "redrive_permission": "allowAll" } }));
    assert_eq!(SqsQueue::canonical(allow_all), SqsQueue::canonical(decode(json!({}))));
    let deny_all = decode(json!({ "redrive_allow_policy": { "redrive_permission": "denyAll" } }));
    assert_ne!(SqsQueue::canonical(deny_all), SqsQueue::canonical(decode(json!({}))));
}

#[test]
fn source_queues_are_a_set() {
    let of = |arns: &[&str]| {
        let allow = json!({ "redrive_permission": "byQueue", "source_queue_arns": arns });
        SqsQueue::canonical(decode(json!({ "redrive_allow_policy": allow })))
    };
    assert_eq!(of(&["b", "a", "b"]), of(&["a", "b"]));
    assert_ne!(of(&["a"]), of(&["a", "b"]));
}

#[test]
fn a_policy_is_compared_and_checked_as_one_of_a_resource() {
    let policy = |parts: serde_json::Value| {
        let mut statement = json!({ "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*" });
        statement["Principal"] = parts;
        json!({ "policy": { "Version": "2012-10-17", "Statement": [statement] } })
    };
    let of = |principal: serde_json::Value| SqsQueue::canonical(decode(policy(principal)));
    assert_eq!(
        of(json!({ "AWS": ["123456789012"] })),
        of(json!({ "AWS": "123456789012" }))
    );
    assert!(problems(policy(json!("*"))).is_empty());
    let [nobody] = problems(policy(json!("nobody"))).try_into().expect("one problem");
    assert!(nobody.starts_with("policy.Statement.0.Principal: "), "{nobody}");
}

#[test]
fn a_reuse_period_is_300_with_a_key_and_nothing_without() {
    let period = |spec| SqsQueue::canonical(decode(spec)).kms_data_key_reuse_period_seconds;
    assert_eq!(period(json!({ "kms_master_key_id": "alias/aws/sqs" })), Some(300));
    assert_eq!(
        period(json!({ "kms_master_key_id": sentinel::numbered(16) })),
        Some(300)
    );
    assert_eq!(period(json!({ "kms_data_key_reuse_period_seconds": 300 })), None);
    assert_eq!(period(json!({ "kms_master_key_id": "" })), None);
}

#[test]
fn by_queue_needs_sources_and_the_others_forbid_them() {
    let allow = |permission: &str, arns: &[&str]| {
        problems(json!({ "redrive_allow_policy": { "redrive_permission": permission, "source_queue_arns": arns } }))
    };
    assert!(allow("byQueue", &[DEAD_LETTERS]).is_empty());
    assert!(allow("denyAll", &[]).is_empty());
    let [missing] = allow("byQueue", &[]).try_into().expect("one problem");
    assert!(
        missing.starts_with("redrive_allow_policy.source_queue_arns: "),
        "{missing}"
    );
    let [needless] = allow("denyAll", &[DEAD_LETTERS]).try_into().expect("one problem");
    assert!(
        needless.contains("no meaning with redrive_permission: denyAll"),
        "{needless}"
    );
    let [malformed] = allow("byQueue", &[DEAD_LETTERS, "ingest"])
        .try_into()
        .expect("one problem");
    assert!(
        malformed.starts_with("redrive_allow_policy.source_queue_arns.1: "),
        "{malformed}"
    );
}

#[test]
fn a_dead_letter_queue_is_given_by_its_arn() {
    let target = |arn: &str| problems(json!({ "redrive_policy": { "dead_letter_target_arn": arn } }));
    assert!(target(DEAD_LETTERS).is_empty());
    assert!(target(&sentinel::numbered(16)).is_empty());
    assert_eq!(target("https://sqs.us-east-1.amazonaws.com/123456789012/dead").len(), 1);
    assert!(target(&format!("{DEAD_LETTERS}.fifo")).is_empty());
}

#[test]
fn a_queue_is_encrypted_one_way_only() {
    let key = "alias/aws/sqs";
    assert!(problems(json!({ "kms_master_key_id": key, "sqs_managed_sse_enabled": false })).is_empty());
    assert_eq!(
        problems(json!({ "kms_master_key_id": key, "sqs_managed_sse_enabled": true })).len(),
        1
    );
    assert_eq!(problems(json!({ "kms_data_key_reuse_period_seconds": 300 })).len(), 1);
}

#[test]
fn arn_and_url_follow_from_name_and_place() {
    let place = |region: &str, partition: &str| Place {
        environment: "local".to_owned(),
        account: Some("123456789012".to_owned()),
        region: region.to_owned(),
        partition: partition.to_owned(),
        organization: None,
    };
    let outputs = |place: &Place| SqsQueue::known_outputs(&decode(json!({})), "local-t-q", place);
    let here = outputs(&place("us-east-1", "aws"));
    assert_eq!(here["arn"], "arn:aws:sqs:us-east-1:123456789012:local-t-q");
    assert_eq!(
        here["url"],
        "https://sqs.us-east-1.amazonaws.com/123456789012/local-t-q"
    );
    let china = outputs(&place("cn-north-1", "aws-cn"));
    assert_eq!(china["arn"], "arn:aws-cn:sqs:cn-north-1:123456789012:local-t-q");
    assert_eq!(
        china["url"],
        "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/local-t-q"
    );
}

#[test]
fn a_name_may_end_in_fifo_and_the_ending_counts() {
    let named = |letters: usize| SqsQueue::check_name(&format!("{}.fifo", "x".repeat(letters)));
    assert_eq!(SqsQueue::check_name("local-telemetry-dead_letters"), Ok(()));
    assert_eq!((named(1), named(75)), (Ok(()), Ok(())));
    let long = named(76).expect_err("81 characters");
    assert!(
        long.contains("at most 80 characters, .fifo included") && long.contains("found 81"),
        "{long}"
    );
    for wrong in [".fifo", "a.fifo.fifo", "a.FIFO", "a.b"] {
        assert!(SqsQueue::check_name(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_fifo_queue_that_says_no_more_has_the_published_defaults() {
    let least = SqsQueue::canonical(decode(json!({ "fifo_queue": true })));
    let written = json!({
        "fifo_queue": true,
        "content_based_deduplication": false,
        "deduplication_scope": "queue",
        "fifo_throughput_limit": "perQueue",
    });
    assert_eq!(least, SqsQueue::canonical(decode(written)));
    let other = json!({ "fifo_queue": true, "deduplication_scope": "messageGroup" });
    assert_ne!(least, SqsQueue::canonical(decode(other)));
}

#[test]
fn a_standard_queue_has_nothing_of_a_fifo_queue() {
    assert!(problems(json!({ "fifo_queue": false, "content_based_deduplication": false })).is_empty());
    let found = problems(json!({
        "content_based_deduplication": true,
        "deduplication_scope": "queue",
        "fifo_throughput_limit": "perQueue",
    }));
    let starts = [
        "content_based_deduplication: only a FIFO queue has it",
        "deduplication_scope: only a FIFO queue has it",
        "fifo_throughput_limit: only a FIFO queue has it",
    ];
    assert_eq!(found.len(), starts.len(), "{found:?}");
    for (problem, start) in found.iter().zip(starts) {
        assert!(problem.starts_with(start), "{problem}");
    }
}

#[test]
fn a_limit_per_group_needs_a_scope_per_group() {
    let limit = |scope: serde_json::Value| {
        problems(json!({
            "fifo_queue": true, "deduplication_scope": scope, "fifo_throughput_limit": "perMessageGroupId",
        }))
    };
    assert!(limit(json!("messageGroup")).is_empty());
    assert!(limit(json!(sentinel::numbered(16))).is_empty());
    for scope in [json!("queue"), json!(null)] {
        let [problem] = limit(scope).try_into().expect("one problem");
        assert!(
            problem.starts_with("fifo_throughput_limit: ") && problem.contains("found queue"),
            "{problem}"
        );
    }
}
