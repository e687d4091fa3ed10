use proptest::prelude::*;
use serde_json::Value as Json;
use serde_json::json;

use super::*;
use crate::resource::sentinel;
use crate::schema::Erased;
use crate::schema::tests::messages;

fn topic(more: Json) -> Json {
    let mut topic = json!({ "kafka_cluster": { "outputs": { "id": "lkc-1" } } });
    topic
        .as_object_mut()
        .expect("a map")
        .extend(more.as_object().expect("a map").clone());
    topic
}

fn decode(more: Json) -> TopicSpec {
    serde_json::from_value(topic(more)).expect("a declaration")
}

proptest! {
    #[test]
    fn canonical_is_idempotent(
        config in prop::collection::btree_map(
            prop::sample::select(vec!["cleanup.policy", "retention.ms", "other"]),
            "[a-z0-9,. -]{0,12}",
            0..3,
        ),
    ) {
        let once = KafkaTopic::canonical(decode(json!({ "config": config })));
        prop_assert_eq!(KafkaTopic::canonical(once.clone()), once);
    }

    #[test]
    fn no_setting_makes_checking_fail(name in "\\PC{0,20}", value in "\\PC{0,20}") {
        messages(&Erased::<KafkaTopic>::new(), &topic(json!({ "config": { name: value } })));
    }
}

#[test]
fn numbers_are_texts_and_a_policy_has_no_order() {
    let config = |config: Json| KafkaTopic::canonical(decode(json!({ "config": config }))).config;
    assert_eq!(
        config(json!({ "retention.ms": 604_800_000, "cleanup.policy": "compact, delete" })),
        config(json!({ "retention.ms": "604800000", "cleanup.policy": "delete,compact" }))
    );
    let unknown = sentinel::numbered(sentinel::FIRST_FREE);
    let kept = config(json!({ "cleanup.policy": unknown }));
    assert_eq!(kept["cleanup.policy"], Scalar(unknown));
}

#[test]
fn values_are_held_against_published_limits() {
    let schema = Erased::<KafkaTopic>::new();
    let problems = |name: &str, value: Json| messages(&schema, &topic(json!({ "config": { name: value } })));
    for (name, value) in [
        ("retention.ms", json!(-1)),
        ("delete.retention.ms", json!(60_566_400_000_i64)),
        ("segment.ms", json!(600_000)),
        ("cleanup.policy", json!("delete,compact")),
        ("message.timestamp.type", json!("LogAppendTime")),
        ("confluent.value.schema.validation", json!(true)),
        ("retention.ms", json!(sentinel::numbered(sentinel::FIRST_FREE))),
    ] {
        assert_eq!(problems(name, value.clone()), [""; 0], "{name} {value}");
    }
    for (name, value) in [
        ("retention.ms", json!(-2)),
        ("retention.ms", json!("a week")),
        ("delete.retention.ms", json!(60_566_400_001_i64)),
        ("segment.ms", json!(599_999)),
        ("cleanup.policy", json!("")),
        ("message.timestamp.type", json!("createTime")),
        ("compression.type", json!("zstd")),
        ("no.such.setting", json!(1)),
    ] {
        assert_eq!(problems(name, value.clone()).len(), 1, "{name} {value}");
    }
}

#[test]
fn partitions_may_grow_and_not_shrink() {
    let of = |partitions: Json| decode(json!({ "partitions": partitions }));
    assert_eq!(KafkaTopic::refuses(&of(json!(3)), &of(json!(6))), None);
    assert_eq!(KafkaTopic::refuses(&of(json!(6)), &of(Json::Null)), None);
    assert!(KafkaTopic::refuses(&of(json!(6)), &of(json!(3))).is_some());
}

#[test]
fn names_of_what_others_make_are_refused() {
    for name in [
        "_schemas",
        "dlq-lcc-abc",
        "pksqlc-1-processing-log",
        "clcc-1-app-logs",
        ".",
        "..",
    ] {
        assert!(KafkaTopic::check_name(name).is_err(), "{name}");
    }
    for name in ["prod.air", "city-0badcafe.air_2", "a", "dlq-of-mine"] {
        assert_eq!(KafkaTopic::check_name(name), Ok(()), "{name}");
    }
}
