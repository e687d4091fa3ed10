#![allow(clippy::unwrap_used)]

use std::fs;
use std::fs::OpenOptions;
use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Ended;
use super::ServeError;
use super::serve;
use crate::folder;
use crate::published::read_server_file;
use crate::settings::Settings;
use crate::settings::write_settings;
use crate::testing::Cloud;
use crate::testing::options;
use crate::testing::untiring;

async fn urls(cloud: &Cloud) -> Value {
    cloud.sqs("ListQueues", json!({})).await.done()["QueueUrls"].clone()
}

#[tokio::test]
async fn what_was_answered_survives_a_kill_and_the_port_is_kept() {
    let cloud = Cloud::start().await;
    let port = cloud.port();
    let url = cloud.queue("kept", json!({"VisibilityTimeout": "77"})).await;
    cloud
        .sqs("SendMessage", json!({"QueueUrl": url, "MessageBody": "kept too"}))
        .await
        .done();
    let before = cloud.attributes(&url).await;
    let cloud = cloud.restart().await;
    assert_eq!(cloud.port(), port);
    assert_eq!(cloud.attributes(&url).await, before);
    let received = cloud.sqs("ReceiveMessage", json!({"QueueUrl": url})).await.done();
    assert_eq!(received["Messages"][0]["Body"], "kept too");
}

#[tokio::test]
async fn a_torn_last_line_is_dropped_and_the_server_goes_on() {
    let cloud = Cloud::start().await;
    cloud.queue("whole", json!({})).await;
    let (folder, clock) = cloud.kill().await;
    let mut journal = OpenOptions::new()
        .append(true)
        .open(folder.path().join(folder::JOURNAL))
        .unwrap();
    journal
        .write_all(b"{\"number\":2,\"put\":{\"123456789012/us-east-1/sqs/queue/to")
        .unwrap();
    let cloud = Cloud::start_in(folder, clock).await;
    cloud.queue("after", json!({})).await;
    let cloud = cloud.restart().await;
    assert_eq!(urls(&cloud).await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_second_server_of_one_folder_is_refused() {
    let cloud = Cloud::start().await;
    let refused = serve(options(cloud.folder())).await;
    assert!(
        matches!(&refused, Err(ServeError::Locked(folder)) if folder == cloud.folder()),
        "{refused:?}"
    );
    assert_eq!(cloud.admin("GET /_eclusa/health").await.status, 200);
}

#[tokio::test]
async fn a_port_that_is_taken_meanwhile_gives_way_to_another() {
    let cloud = Cloud::start().await;
    let port = cloud.port();
    let (folder, clock) = cloud.kill().await;
    let _squatter = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let cloud = Cloud::start_in(folder, clock).await;
    assert_ne!(cloud.port(), port);
    assert_eq!(cloud.admin("GET /_eclusa/health").await.status, 200);
}

#[tokio::test]
async fn health_and_server_file_tell_build_process_and_folder() {
    let cloud = Cloud::start().await;
    let health = cloud.admin("GET /_eclusa/health").await.done();
    let folder = cloud.folder().display().to_string();
    assert_eq!(
        health,
        json!({"build_id": "test", "pid": std::process::id(), "folder": folder})
    );
    let server = read_server_file(cloud.folder()).unwrap().unwrap();
    assert_eq!((server.build_id.as_str(), server.pid), ("test", std::process::id()));
    assert_eq!(
        server.aws_endpoint(),
        Some(format!("http://127.0.0.1:{}", cloud.port()))
    );
}

#[tokio::test(start_paused = true)]
async fn an_idle_server_ends() {
    let settings = Settings {
        idle_ms: 60_000,
        ..Settings::default()
    };
    assert_eq!(Cloud::start_with(&settings).await.ended().await, Ended::Idle);
}

#[tokio::test(start_paused = true)]
async fn a_server_with_idle_time_nought_never_ends_by_itself() {
    let cloud = Cloud::start().await;
    let hours = Duration::from_secs(2 * 60 * 60);
    assert!(tokio::time::timeout(hours, cloud.ended()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_folder_vanished_ends() {
    let cloud = Cloud::start().await;
    fs::remove_dir_all(cloud.folder()).unwrap();
    assert_eq!(cloud.ended().await, Ended::FolderGone);
}

#[tokio::test]
async fn a_server_that_is_asked_to_stop_ends() {
    let cloud = Cloud::start().await;
    assert_eq!(cloud.admin("POST /_eclusa/stop").await.status, 200);
    assert_eq!(cloud.ended().await, Ended::Asked);
}

#[tokio::test]
async fn settings_are_read_at_each_call() {
    let cloud = Cloud::start().await;
    write_settings(
        cloud.folder(),
        &Settings {
            account: "999999999999".to_owned(),
            ..untiring()
        },
    )
    .unwrap();
    assert!(
        cloud
            .sts("AKIATEST")
            .await
            .body
            .contains("<Account>999999999999</Account>")
    );
    fs::write(cloud.folder().join(folder::SETTINGS), "{\n  \"region\": 5\n}").unwrap();
    let answer = cloud.sqs("ListQueues", json!({})).await;
    assert_eq!(answer.status, 500);
    assert!(answer.message().contains("settings.json:2:"), "{answer:?}");
}

#[tokio::test]
async fn calls_are_counted_until_the_counts_are_reset() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    cloud.sqs("ListQueues", json!({})).await.done();
    cloud
        .sqs("DeleteQueue", json!({"QueueUrl": format!("{url}x")}))
        .await
        .refused();
    let report = cloud.calls().await;
    assert_eq!(report["totals"], json!({"calls": 3, "reads": 1, "writes": 2}));
    let seen: Vec<_> = report["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| {
            (
                call["operation"].clone(),
                call["mutating"].clone(),
                call["status"].clone(),
            )
        })
        .collect();
    let expected = [
        ("CreateQueue", true, 200),
        ("ListQueues", false, 200),
        ("DeleteQueue", true, 400),
    ];
    assert_eq!(
        seen,
        expected.map(|(operation, mutating, status)| (json!(operation), json!(mutating), json!(status)))
    );
    cloud.admin("POST /_eclusa/calls/reset").await.done();
    assert_eq!(cloud.calls().await["totals"]["calls"], 0);
}

#[tokio::test]
async fn admin_paths_that_do_not_exist_say_which_do() {
    let cloud = Cloud::start().await;
    assert_eq!(cloud.admin("GET /_eclusa/nothing").await.status, 404);
    assert_eq!(cloud.admin("GET /_eclusa/stop").await.status, 405);
}

#[tokio::test]
async fn every_service_is_found_on_the_one_port() {
    let cloud = Cloud::start().await;
    let identity = cloud.sts("AKIATEST").await;
    assert_eq!(
        (identity.status, identity.headers["content-type"].as_str()),
        (200, "text/xml")
    );
    assert!(
        identity
            .body
            .contains("<Arn>arn:aws:iam::123456789012:user/embedded</Arn>"),
        "{}",
        identity.body
    );
    let listed = cloud.sqs("ListQueues", json!({})).await;
    assert_eq!(
        (listed.status, listed.headers["content-type"].as_str()),
        (200, "application/x-amz-json-1.0")
    );
    assert!(listed.headers.contains_key("x-amzn-requestid"));
}

#[tokio::test]
async fn what_is_not_implemented_is_named() {
    let cloud = Cloud::start().await;
    let operation = cloud.sqs("AddPermission", json!({})).await;
    assert_eq!(
        operation.refused().0,
        "com.amazon.coral.service#UnknownOperationException"
    );
    assert!(operation.message().contains("sqs AddPermission"), "{operation:?}");
    let service = cloud
        .send(
            "POST / HTTP/1.1\r\nx-amz-target: Kinesis_20131202.ListStreams\r\n",
            "{}",
        )
        .await
        .unwrap();
    assert!(
        service.status == 400 && service.message().contains("Kinesis_20131202.ListStreams"),
        "{service:?}"
    );
    let action = cloud
        .send("POST / HTTP/1.1\r\n", "Action=Publish&Version=2010-03-31")
        .await
        .unwrap();
    assert!(
        action.status == 400 && action.body.contains("<ErrorResponse") && action.body.contains("Action Publish"),
        "{action:?}"
    );
    let path = cloud.send("GET /things HTTP/1.1\r\n", "").await.unwrap();
    assert!(path.status == 400 && path.message().contains("GET /things"), "{path:?}");
    let log = fs::read_to_string(cloud.folder().join(folder::LOG)).unwrap();
    assert!(
        log.contains("AddPermission") && log.contains("Kinesis") && log.contains("/things"),
        "{log}"
    );
}

#[tokio::test]
async fn a_call_without_a_signature_is_refused_as_each_protocol_does() {
    let cloud = Cloud::start().await;
    let json = cloud
        .send("POST / HTTP/1.1\r\nx-amz-target: AmazonSQS.ListQueues\r\n", "{}")
        .await
        .unwrap();
    assert_eq!(json.status, 403);
    assert_eq!(json.refused().1, "MissingAuthenticationToken;Sender");
    let query = cloud
        .send("POST / HTTP/1.1\r\n", "Action=GetCallerIdentity&Version=2011-06-15")
        .await
        .unwrap();
    assert!(
        query.status == 403 && query.body.contains("<Code>MissingAuthenticationToken</Code>"),
        "{query:?}"
    );
}

#[tokio::test]
async fn marked_access_keys_act_out_what_goes_wrong() {
    let cloud = Cloud::start().await;
    let create = json!({"QueueName": "q"});
    for (key, operation, expected) in [
        ("EXPIRED1", "ListQueues", "ExpiredToken;Sender"),
        ("INVALID1", "ListQueues", "InvalidClientTokenId;Sender"),
        ("DENIED1", "ListQueues", "AccessDenied;Sender"),
        ("READONLY1", "CreateQueue", "AccessDenied;Sender"),
        ("LABENDED1", "ListQueues", "AccessDenied;Sender"),
    ] {
        let answer = cloud.sqs_as(key, "us-east-1", operation, &create).await.unwrap();
        assert_eq!((answer.status, answer.refused().1.as_str()), (403, expected), "{key}");
        assert_eq!(
            answer.message().contains("policy/voc-cancel-cred"),
            key == "LABENDED1",
            "{answer:?}"
        );
    }
    assert_eq!(
        cloud
            .sqs_as("READONLY1", "us-east-1", "ListQueues", &json!({}))
            .await
            .unwrap()
            .status,
        200
    );
    assert_eq!(urls(&cloud).await, Value::Null);
    assert!(cloud.sts("EXPIRED1").await.body.contains("<Code>ExpiredToken</Code>"));
    assert_eq!(
        (cloud.sts("LABENDED1").await.status, cloud.sts("DENIED1").await.status),
        (200, 200)
    );
}

#[tokio::test]
async fn a_signature_for_another_region_is_refused() {
    let cloud = Cloud::start().await;
    let answer = cloud
        .sqs_as("AKIATEST", "eu-west-1", "ListQueues", &json!({}))
        .await
        .unwrap();
    assert_eq!(answer.refused().1, "SignatureDoesNotMatch;Sender");
}

#[tokio::test]
async fn a_body_that_is_not_the_protocols_is_refused() {
    let cloud = Cloud::start().await;
    for input in [
        json!([]),
        json!({"QueueName": 5}),
        json!({"QueueName": "q", "Attributes": {"DelaySeconds": 5}}),
    ] {
        let answer = cloud.sqs("CreateQueue", input).await;
        assert_eq!(
            answer.refused().0,
            "com.amazon.coral.service#SerializationException",
            "{answer:?}"
        );
    }
}

fn fault(kind: &str) -> Value {
    json!([{"service": "sqs", "operation": "CreateQueue", "call": 1, "fault": kind}])
}

#[tokio::test]
async fn a_throttled_call_is_refused_with_headers_and_not_performed() {
    let cloud = Cloud::start().await;
    cloud.plan_faults(&fault("throttle"));
    let answer = cloud.sqs("CreateQueue", json!({"QueueName": "q"})).await;
    assert_eq!(
        answer.refused(),
        (
            "com.amazonaws.sqs#RequestThrottled".to_owned(),
            "RequestThrottled;Sender".to_owned()
        )
    );
    assert_eq!(answer.headers["retry-after"], "0");
    assert_eq!(urls(&cloud).await, Value::Null);
    assert_eq!(cloud.calls().await["calls"][0]["fault"], "throttle");
    cloud.queue("q", json!({})).await;
}

#[tokio::test]
async fn a_failed_call_answers_500_in_the_services_shape_or_as_planned() {
    let cloud = Cloud::start().await;
    cloud.plan_faults(&fault("fail"));
    let answer = cloud.sqs("CreateQueue", json!({"QueueName": "q"})).await;
    assert_eq!(
        (answer.status, answer.refused().1.as_str()),
        (500, "InternalError;Receiver")
    );
    assert_eq!(urls(&cloud).await, Value::Null);
    cloud.admin("POST /_eclusa/calls/reset").await.done();
    cloud.plan_faults(&json!([{"service": "sts", "operation": "*", "every": 1, "fault": "fail", "status": 503, "code": "Odd", "message": "m<"}]));
    let answer = cloud.sts("AKIATEST").await;
    assert!(
        answer.status == 503 && answer.body.contains("<Code>Odd</Code><Message>m&lt;</Message>"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_lost_answer_was_performed_durably() {
    let cloud = Cloud::start().await;
    cloud.plan_faults(&fault("lose-answer"));
    assert!(cloud.try_sqs("CreateQueue", &json!({"QueueName": "q"})).await.is_none());
    let cloud = cloud.restart().await;
    assert_eq!(urls(&cloud).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_cut_call_was_not_performed() {
    let cloud = Cloud::start().await;
    cloud.plan_faults(&fault("cut"));
    assert!(cloud.try_sqs("CreateQueue", &json!({"QueueName": "q"})).await.is_none());
    assert_eq!(urls(&cloud).await, Value::Null);
    assert_eq!(cloud.calls().await["calls"][0]["status"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_call_is_neither_performed_nor_answered() {
    let cloud = Cloud::start().await;
    cloud.plan_faults(&fault("hang"));
    let input = json!({"QueueName": "q"});
    let hour = Duration::from_secs(3600);
    assert!(
        tokio::time::timeout(hour, cloud.try_sqs("CreateQueue", &input))
            .await
            .is_err()
    );
    assert_eq!(urls(&cloud).await, Value::Null);
    cloud.admin("POST /_eclusa/calls/reset").await.done();
    cloud.plan_faults(
        &json!([{"service": "sqs", "operation": "CreateQueue", "call": 1, "fault": "hang", "after_ms": 60_000}]),
    );
    assert!(
        tokio::time::timeout(hour, cloud.try_sqs("CreateQueue", &input))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(urls(&cloud).await, Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_call_is_answered_late() {
    let cloud = Cloud::start().await;
    cloud.plan_faults(&json!([{"service": "*", "operation": "*", "every": 1, "fault": "delay", "after_ms": 50_000}]));
    let input = json!({"QueueName": "q"});
    let early = Duration::from_secs(40);
    assert!(
        tokio::time::timeout(early, cloud.try_sqs("CreateQueue", &input))
            .await
            .is_err()
    );
    cloud.queue("q", json!({})).await;
}

#[tokio::test]
async fn a_fault_plan_that_is_not_understood_fails_every_call_with_its_line() {
    let cloud = Cloud::start().await;
    fs::write(cloud.folder().join(folder::FAULTS), "[\n  {\"service\": \"sqs\"}\n]").unwrap();
    for operation in ["CreateQueue", "ListQueues"] {
        let answer = cloud.sqs(operation, json!({"QueueName": "q"})).await;
        assert!(
            answer.status == 500 && answer.message().contains("faults.json:2:"),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn calls_at_once_are_each_stored() {
    let cloud = std::sync::Arc::new(Cloud::start().await);
    let made: Vec<_> = (0..30)
        .map(|index| {
            let cloud = std::sync::Arc::clone(&cloud);
            tokio::spawn(async move { cloud.queue(&format!("q{index}"), json!({})).await })
        })
        .collect();
    for queue in made {
        queue.await.unwrap();
    }
    let cloud = std::sync::Arc::into_inner(cloud).unwrap().restart().await;
    assert_eq!(urls(&cloud).await.as_array().unwrap().len(), 30);
}
