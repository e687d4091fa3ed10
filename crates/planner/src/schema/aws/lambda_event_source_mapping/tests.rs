use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::resource::PlaceField;
use crate::schema::AnySchema;
use crate::schema::Erased;
use crate::schema::tests::messages;

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:ingest";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:bridge";

fn with(changes: serde_json::Value) -> serde_json::Value {
    let mut spec = json!({ "event_source_arn": QUEUE, "function_name": "bridge" });
    let members = spec.as_object_mut().expect("a map");
    members.extend(changes.as_object().expect("a map").clone());
    spec
}

fn decode(changes: serde_json::Value) -> MappingSpec {
    serde_json::from_value(with(changes)).expect("a declaration")
}

fn canonical(changes: serde_json::Value) -> MappingSpec {
    EventSourceMapping::canonical(decode(changes))
}

fn problems(changes: serde_json::Value) -> Vec<String> {
    messages(&Erased::<EventSourceMapping>::new(), &with(changes))
}

fn filters(patterns: &[&str]) -> serde_json::Value {
    let filters: Vec<_> = patterns.iter().map(|pattern| json!({ "pattern": pattern })).collect();
    json!({ "filter_criteria": { "filters": filters } })
}

proptest! {
    #[test]
    fn canonical_is_idempotent(
        function in prop_oneof!["[a-z]{1,3}", "arn:aws:lambda:r:1:function:[a-z]{1,3}(:[0-9])?"],
        patterns in prop::collection::vec(prop_oneof!["\\{\"b\": *1, \"a\":2\\}", "[a-z{]{0,3}", (16..19_usize).prop_map(sentinel::numbered)], 0..4),
        foreign in prop::collection::vec("[a-c]", 0..4),
    ) {
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let mut changes = filters(&patterns);
        changes["function_name"] = json!(function);
        changes["foreign_settings"] = json!(foreign);
        let once = canonical(changes);
        prop_assert_eq!(EventSourceMapping::canonical(once.clone()), once);
    }
}

#[test]
fn what_is_left_out_is_the_published_default() {
    let spec = Erased::<EventSourceMapping>::new()
        .canonical(&with(json!({})))
        .expect("the least mapping");
    let expected = with(json!({
        "batch_size": 10,
        "maximum_batching_window_in_seconds": 0,
        "enabled": true,
        "function_response_types": [],
        "scaling_config": null,
        "filter_criteria": null,
        "foreign_settings": [],
    }));
    assert_eq!(spec, expected);
}

#[test]
fn a_function_is_the_same_by_name_and_by_arn() {
    assert_eq!(canonical(json!({ "function_name": FUNCTION })), canonical(json!({})));
    let alias = canonical(json!({ "function_name": format!("{FUNCTION}:live") }));
    assert_eq!(alias.function_name, "bridge:live");
    let account = sentinel::of_place(PlaceField::AccountId);
    let unasked = canonical(json!({ "function_name": format!("arn:aws:lambda:us-east-1:{account}:function:bridge") }));
    assert_eq!(unasked.function_name, "bridge");
}

#[test]
fn a_mapping_is_known_by_queue_and_function_once_both_are_known() {
    let identity = |changes| EventSourceMapping::identity(&decode(changes), "");
    let natural = Identity::Natural(vec![QUEUE.to_owned(), "bridge".to_owned()]);
    assert_eq!(identity(json!({})), natural);
    assert_eq!(identity(json!({ "function_name": FUNCTION })), natural);
    for attribute in ["event_source_arn", "function_name"] {
        assert_eq!(
            identity(json!({ attribute: sentinel::numbered(16) })),
            Identity::Unknown,
            "{attribute}"
        );
    }
}

#[test]
fn filters_are_a_set_of_patterns_in_any_spelling() {
    let of = |patterns: &[&str]| canonical(filters(patterns));
    assert_eq!(
        of(&[r#"{"b":[2],"a":[1]}"#, r#"{"c":[3]}"#]),
        of(&[r#"{ "c": [3] }"#, r#"{ "a": [1], "b": [2] }"#])
    );
    assert_ne!(of(&[r#"{"a":[1,2]}"#]), of(&[r#"{"a":[2,1]}"#]));
    assert_eq!(of(&[]), canonical(json!({})));
}

#[test]
fn a_large_batch_needs_a_window() {
    assert!(problems(json!({ "batch_size": 10 })).is_empty());
    assert!(problems(json!({ "batch_size": 11, "maximum_batching_window_in_seconds": 1 })).is_empty());
    let [problem] = problems(json!({ "batch_size": 11 })).try_into().expect("one problem");
    assert!(problem.starts_with("batch_size: "), "{problem}");
}

#[test]
fn both_ends_are_held_against_their_forms() {
    assert!(problems(json!({ "function_name": FUNCTION })).is_empty());
    let unknown = sentinel::numbered(16);
    assert!(problems(json!({ "function_name": unknown, "event_source_arn": unknown })).is_empty());
    for (attribute, text) in [
        (
            "event_source_arn",
            "https://sqs.us-east-1.amazonaws.com/123456789012/ingest",
        ),
        ("event_source_arn", FUNCTION),
        ("function_name", QUEUE),
        ("function_name", "my bridge"),
    ] {
        let found = problems(json!({ attribute: text }));
        assert_eq!(found.len(), 1, "{text}");
        assert!(found[0].starts_with(attribute), "{}", found[0]);
    }
}

#[test]
fn a_pattern_is_a_json_object() {
    assert!(problems(filters(&[r#"{"body":{"kind":["air"]}}"#])).is_empty());
    let found = problems(filters(&["{}", "[]", "{body}"]));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("filter_criteria.filters.1.pattern: "),
        "{}",
        found[0]
    );
}
