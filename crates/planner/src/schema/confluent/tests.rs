//! Rules of the small Confluent kinds: environments, accounts, keys, ACLs.

use serde_json::Value as Json;
use serde_json::json;

use super::*;
use crate::resource::Identity;
use crate::resource::Place;
use crate::schema::AnySchema;
use crate::schema::find;
use crate::schema::tests::messages;

fn schema(kind: &str) -> &'static dyn AnySchema {
    find(kind).expect("a kind")
}

fn acl(more: Json) -> Json {
    let mut acl = json!({
        "kafka_cluster": { "outputs": { "id": "lkc-1" } },
        "principal": "User:sa-1",
        "resource_type": "TOPIC",
        "resource_name": "prod.",
        "operation": "READ",
    });
    acl.as_object_mut()
        .expect("a map")
        .extend(more.as_object().expect("a map").clone());
    acl
}

#[test]
fn an_acl_is_known_by_all_its_fields_and_its_defaults_are_said() {
    let identity = |spec: &Json| {
        schema("confluent_kafka_acl")
            .identity(spec, "")
            .expect("a spec that decodes")
    };
    let parts = ["TOPIC", "prod.", "LITERAL", "User:sa-1", "*", "READ", "ALLOW"].map(str::to_owned);
    assert_eq!(identity(&acl(json!({}))), Identity::Natural(parts.to_vec()));
    for (field, other) in [
        ("resource_type", "GROUP"),
        ("resource_name", "prod"),
        ("pattern_type", "PREFIXED"),
        ("principal", "User:sa-2"),
        ("operation", "DESCRIBE"),
        ("permission", "DENY"),
    ] {
        assert_ne!(
            identity(&acl(json!({ field: other }))),
            identity(&acl(json!({}))),
            "{field}"
        );
    }
    let elsewhere = acl(json!({ "kafka_cluster": { "outputs": { "id": "lkc-2" } } }));
    assert_eq!(identity(&elsewhere), identity(&acl(json!({}))));
}

#[test]
fn an_operation_exists_for_its_type() {
    let problems = |more: Json| messages(schema("confluent_kafka_acl"), &acl(more));
    assert_eq!(
        problems(json!({ "resource_type": "TRANSACTIONAL_ID", "operation": "WRITE" })),
        [""; 0]
    );
    assert_eq!(
        problems(json!({ "resource_type": "TRANSACTIONAL_ID", "operation": "READ" })),
        ["operation: a TRANSACTIONAL_ID knows no READ"]
    );
    assert_eq!(
        problems(json!({ "operation": "IDEMPOTENT_WRITE" })),
        ["operation: a TOPIC knows no IDEMPOTENT_WRITE"]
    );
}

#[test]
fn a_principal_is_judged_as_far_as_it_is_known() {
    let problems = |principal: &str| messages(schema("confluent_kafka_acl"), &acl(json!({ "principal": principal })));
    let output = sentinel::numbered(sentinel::FIRST_FREE);
    for right in ["User:*", "User:sa-1", "Group:g-1", &format!("User:{output}"), &output] {
        assert_eq!(problems(right), [""; 0], "{right}");
    }
    for wrong in ["sa-1", "User:", "user:sa-1"] {
        assert_eq!(problems(wrong).len(), 1, "{wrong}");
    }
}

fn key(managed_resource: Json) -> Json {
    json!({ "owner": "sa-1", "store": { "outputs": { "name": "key" } }, "managed_resource": managed_resource })
}

#[test]
fn a_key_is_known_by_owner_cluster_and_name_once_these_are_known() {
    let identity = |spec: &Json| {
        schema("confluent_api_key")
            .identity(spec, "bridge")
            .expect("a spec that decodes")
    };
    let cluster = key(json!({ "outputs": { "id": "lkc-1" } }));
    assert_eq!(
        identity(&cluster),
        api_key::identity_of("sa-1", Some("lkc-1"), "bridge")
    );
    assert_eq!(identity(&key(Json::Null)), api_key::identity_of("sa-1", None, "bridge"));
    let unknown = sentinel::numbered(sentinel::FIRST_FREE);
    assert_eq!(
        identity(&key(json!({ "outputs": { "id": unknown } }))),
        Identity::Unknown
    );
}

#[test]
fn stream_governance_rises_and_never_sinks() {
    let refuses = |live: &str, want: &str| {
        let spec = |package: &str| json!({ "stream_governance": { "package": package } });
        schema("confluent_environment")
            .refuses(&spec(live), &spec(want))
            .expect("specs that decode")
    };
    assert_eq!(refuses("ESSENTIALS", "ADVANCED"), None);
    assert_eq!(refuses("ADVANCED", "ADVANCED"), None);
    assert!(refuses("ADVANCED", "ESSENTIALS").is_some());
}

#[test]
fn a_display_name_may_be_what_the_console_takes() {
    for right in ["main", "Main (prod), caf\u{e9}", &"x".repeat(64)] {
        assert_eq!(check_display_name(right), Ok(()), "{right}");
    }
    for wrong in ["", "  ", " main", "a\tb", &"x".repeat(65)] {
        assert!(check_display_name(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn of_a_cluster_its_environment_is_known_as_soon_as_that_has_an_id() {
    let place = Place {
        environment: "prod".to_owned(),
        account: None,
        region: "eu-west-1".to_owned(),
        partition: "aws".to_owned(),
        organization: None,
    };
    let known = |id: &str| {
        let spec = json!({
            "environment": { "outputs": { "id": id } }, "cloud": "AWS", "region": "eu-west-1", "basic": {},
        });
        let outputs = schema("confluent_kafka_cluster").known_outputs(&spec, "main", &place);
        outputs.expect("a spec that decodes").remove("environment_id")
    };
    assert_eq!(known("env-1").as_deref(), Some("env-1"));
    assert_eq!(known(&sentinel::numbered(sentinel::FIRST_FREE)), None);
}
