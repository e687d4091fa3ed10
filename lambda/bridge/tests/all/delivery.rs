//! What leaves the queue, and what stays.

use std::collections::BTreeSet;
use std::time::Duration;

use krafka::error::ErrorCode;
use krafka::producer::murmur2;
use krafka::testing::ApiKey;
use krafka::testing::Control;
use serde_json::Value;
use serde_json::json;

use crate::lambda::Answer;
use crate::world::World;
use crate::world::key;
use crate::world::message;
use crate::world::reading;

const NONE: [&str; 0] = [];

fn readings(ids: std::ops::Range<usize>) -> Vec<Value> {
    ids.map(|id| reading(&format!("m{id}"), "air")).collect()
}

fn ids(of: &[Value]) -> Vec<String> {
    of.iter()
        .map(|message| message["messageId"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn murmur2_is_javas() {
    // The vectors of Apache Kafka's own UtilsTest.
    for (text, hash) in [
        ("21", -973_932_308),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ("abc", 479_470_107),
    ] {
        assert_eq!(murmur2(text.as_bytes()).cast_signed(), hash, "{text}");
    }
}

#[tokio::test]
async fn ten_records_are_acknowledged_in_order_on_the_partition_that_java_would_choose() {
    let mut world = World::start().await;
    assert_eq!(world.kept(&readings(0..10)).await, NONE);
    let stored = world.stored("local.air");
    let expected = (murmur2(b"city/air/readings") & 0x7fff_ffff) % 3;
    assert!(stored.iter().all(|record| record.partition.cast_unsigned() == expected));
    assert!(
        stored
            .iter()
            .all(|record| record.key.as_deref() == Some(b"city/air/readings".as_slice()))
    );
    let values: Vec<Value> = stored
        .iter()
        .map(|record| serde_json::from_slice(record.value.as_deref().unwrap()).unwrap())
        .collect();
    let stored_ids: Vec<&str> = values.iter().map(|value| value["_id"].as_str().unwrap()).collect();
    assert_eq!(stored_ids, ids(&readings(0..10)));
    assert_eq!(values[3]["value"], "m3");
}

#[tokio::test]
async fn the_key_is_read_once_by_a_signed_request() {
    let mut world = World::start().await;
    for batch in 0..3 {
        assert_eq!(world.kept(&readings(batch..batch + 2)).await, NONE);
    }
    let asked = world.lambda.asked();
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0].contains("/eu-central-1/secretsmanager/aws4_request"),
        "{}",
        asked[0]
    );
    assert!(asked[0].contains("x-amz-security-token"), "{}", asked[0]);
}

#[tokio::test]
async fn one_bad_body_fails_alone_and_is_logged_by_its_id() {
    let mut world = World::start().await;
    let mut batch = readings(0..9);
    batch.insert(4, message("bad", "{ payload that is no JSON"));
    assert_eq!(world.kept(&batch).await, ["bad"]);
    assert_eq!(world.stored("local.air").len(), 9);
    let log = world.log().await;
    let about: Vec<&Value> = log.iter().filter(|line| line["messageId"] == "bad").collect();
    assert_eq!(about.len(), 1);
    assert_eq!(about[0]["reason"], "the body is not a JSON object: line 1 column 3");
}

#[tokio::test]
async fn an_unknown_topic_keeps_its_messages_alone() {
    let mut world = World::start().await;
    let batch = [
        reading("a", "air"),
        reading("u1", "unknown"),
        reading("n", "noise"),
        reading("u2", "unknown"),
    ];
    assert_eq!(world.kept(&batch).await, ["u1", "u2"]);
    assert_eq!(world.stored("local.air").len() + world.stored("local.noise").len(), 2);
}

#[tokio::test]
async fn a_lost_acknowledgement_is_asked_for_again_and_the_record_is_stored_once() {
    let mut world = World::start().await;
    let lose = |_: &_| Control::ApplyThen(Box::new(Control::Disconnect));
    world.broker.on_once(ApiKey::Produce, lose);
    assert_eq!(world.kept(&readings(0..10)).await, NONE);
    assert_eq!(world.stored("local.air").len(), 10);
    assert!(world.broker.request_count(ApiKey::Produce) >= 2);
}

#[tokio::test]
async fn a_refused_produce_acknowledges_nothing() {
    let mut world = World::start().await;
    let refuse = |_: &_| Control::Error(ErrorCode::TopicAuthorizationFailed);
    world.broker.on_once(ApiKey::Produce, refuse);
    let batch = readings(0..3);
    let kept = world.kept(&batch).await;
    let stored: BTreeSet<String> = world
        .stored("local.air")
        .iter()
        .map(|record| {
            let value: Value = serde_json::from_slice(record.value.as_deref().unwrap()).unwrap();
            value["_id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert!(!kept.is_empty());
    for id in ids(&batch) {
        assert!(
            kept.contains(&id) || stored.contains(&id),
            "{id} is neither kept nor stored"
        );
    }
    assert_eq!(world.kept(&readings(3..5)).await, NONE);
}

#[tokio::test]
async fn a_wrong_password_reports_every_message_and_a_new_one_needs_no_restart() {
    let mut world = World::start_with(&[], key("wrong")).await;
    let batch = readings(0..10);
    assert_eq!(world.kept(&batch).await, ids(&batch));
    world.lambda.set_secret(key("right"));
    assert_eq!(world.kept(&batch).await, NONE);
    assert_eq!(world.stored("local.air").len(), 10);
    let log = world.log().await;
    let text: String = log.iter().map(Value::to_string).collect();
    assert!(text.contains("no connection during init"), "{text}");
    for secret in ["wrong", "right", "aws-secret", "session"] {
        assert!(!text.contains(secret), "{secret} is in the log: {text}");
    }
}

#[tokio::test]
async fn an_oversized_record_fails_alone() {
    let mut world = World::start_with(&[("MAX_RECORD_BYTES", "1024")], key("right")).await;
    let large = json!({ "mqtt_topic": "city/air/readings", "blob": "x".repeat(2000) });
    let mut batch = readings(0..9);
    batch.push(message("large", &large.to_string()));
    assert_eq!(world.kept(&batch).await, ["large"]);
    assert_eq!(world.stored("local.air").len(), 9);
}

#[tokio::test]
async fn of_one_bad_one_oversized_and_one_unroutable_record_exactly_these_come_back() {
    let mut world = World::start_with(&[("MAX_RECORD_BYTES", "1024")], key("right")).await;
    let large = json!({ "mqtt_topic": "city/air/readings", "blob": "x".repeat(2000) });
    let mut batch = readings(0..7);
    batch.insert(2, message("bad", "{"));
    batch.insert(5, message("large", &large.to_string()));
    batch.insert(9, message("unroutable", &json!({ "mqtt_topic": "city" }).to_string()));
    assert_eq!(world.kept(&batch).await, ["bad", "large", "unroutable"]);
    assert_eq!(world.stored("local.air").len(), 7);
    let log = world.log().await;
    let batch = log.iter().find(|line| line["message"] == "batch").unwrap();
    assert_eq!((&batch["Messages"], &batch["Kept"]), (&json!(10), &json!(3)));
    assert!(
        batch["BatchTime"].is_number() && batch["ColdStartTime"].is_number(),
        "{batch}"
    );
    assert!(log.iter().any(|line| line["message"] == "connected"));
}

#[tokio::test]
async fn a_topic_that_is_deleted_costs_its_records_no_delivery_time() {
    let mut world = World::start().await;
    assert_eq!(world.kept(&readings(0..2)).await, NONE);
    world.broker.delete_topic("local.air");
    let gone = readings(2..4);
    // Less time than the delivery of a record may take.
    assert_eq!(world.kept_within(&gone, Duration::from_secs(10)).await, ids(&gone));
    let log = world.log().await;
    let about = log.iter().filter(|line| line["messageId"] == "m2");
    let reasons: Vec<&Value> = about.map(|line| &line["reason"]).collect();
    assert!(
        reasons
            .iter()
            .all(|reason| reason.as_str().unwrap().contains("UnknownTopic")),
        "{reasons:?}"
    );
}

#[tokio::test]
async fn a_record_too_large_for_the_broker_is_kept() {
    let mut world = World::start().await;
    assert_eq!(world.kept(&readings(0..1)).await, NONE);
    world
        .broker
        .on_once(ApiKey::Produce, |_| Control::Error(ErrorCode::MessageTooLarge));
    assert_eq!(world.kept(&readings(1..2)).await, ["m1"]);
}

#[tokio::test]
async fn a_silent_broker_cannot_hold_an_invocation_past_its_deadline() {
    let mut world = World::start().await;
    assert_eq!(world.kept(&readings(0..2)).await, NONE);
    world.broker.on(ApiKey::Produce, |_| Control::Silence);
    let batch = readings(2..12);
    assert_eq!(world.kept_within(&batch, Duration::from_secs(5)).await, ids(&batch));
    world.broker.clear_hooks();
    assert_eq!(world.kept(&batch).await, NONE);
}

#[tokio::test]
async fn what_a_broker_that_is_gone_left_in_the_queue_is_stored_once_it_is_back() {
    let mut world = World::start().await;
    assert_eq!(world.kept(&readings(0..2)).await, NONE);
    world.broker.crash(0);
    let mut batch = readings(2..4);
    assert_eq!(world.kept_within(&batch, Duration::from_secs(5)).await, ids(&batch));
    world.broker.restart(0);
    // As the queue does: what was kept is delivered again, up to maxReceiveCount.
    for _ in 0..5 {
        let kept = world.kept(&batch).await;
        batch.retain(|message| kept.iter().any(|id| message["messageId"] == **id));
    }
    assert_eq!(ids(&batch), NONE);
    assert!(world.stored("local.air").len() >= 4);
}

#[tokio::test]
async fn brokers_that_are_away_when_a_process_starts_are_asked_again() {
    let mut world = World::start_away().await;
    world.until_logged("no connection yet").await;
    world.broker.restart(0);
    assert_eq!(world.kept(&readings(0..4)).await, NONE);
    assert_eq!(world.lambda.asked().len(), 1);
}

#[tokio::test]
async fn what_is_no_event_fails_whole() {
    let mut world = World::start().await;
    let time = Duration::from_secs(30);
    for event in [
        r#"{"Records":[{"body":"x"}]}"#,
        r#"{"detail-type":"Scheduled Event"}"#,
        "[]",
    ] {
        let answer = world.answer(event.to_owned(), time).await;
        assert!(matches!(answer, Answer::Error(_)), "{answer:?}");
    }
    assert_eq!(world.kept(&readings(0..1)).await, NONE);
}

#[tokio::test]
async fn wrong_settings_are_an_init_error_that_names_them_all() {
    let wrong = [("TOPIC_TEMPLATE", ""), ("VALUE_FORMAT", "avro")];
    let mut world = World::start_with(&wrong, key("right")).await;
    let Answer::InitError(error) = world.lambda.said().await else {
        panic!("no init error");
    };
    let message = error["errorMessage"].as_str().unwrap();
    assert!(
        message.contains("TOPIC_TEMPLATE") && message.contains("VALUE_FORMAT"),
        "{message}"
    );
    assert_eq!(world.ended().await, Some(1));
}
