use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::resource::PlaceField;
use crate::schema::AnySchema;
use crate::schema::Erased;
use crate::schema::tests::messages;

fn with(changes: serde_json::Value) -> serde_json::Value {
    let mut spec = json!({
        "filename": "bridge.zip",
        "runtime": "provided.al2023",
        "handler": "bootstrap",
        "role": "arn:aws:iam::123456789012:role/eclusa/local/bridge",
    });
    let members = spec.as_object_mut().expect("a map");
    members.extend(changes.as_object().expect("a map").clone());
    spec
}

fn decode(changes: serde_json::Value) -> FunctionSpec {
    serde_json::from_value(with(changes)).expect("a declaration")
}

fn problems(changes: serde_json::Value) -> Vec<String> {
    messages(&Erased::<LambdaFunction>::new(), &with(changes))
}

prop_compose! {
    fn any_function()(
        names in prop::collection::btree_map("[A-Z]{2,4}", "[a-z]{0,3}", 0..3),
        role in (16..19_usize).prop_map(sentinel::numbered),
        concurrency in prop::option::of(0..10_u32),
        foreign_settings in prop::collection::vec("[a-c]", 0..4),
        source in prop::option::of("sha256:[0-9a-f]{4}"),
    ) -> FunctionSpec {
        FunctionSpec {
            environment: names,
            role,
            reserved_concurrent_executions: concurrency,
            foreign_settings,
            source,
            ..decode(json!({}))
        }
    }
}

proptest! {
    #[test]
    fn canonical_is_idempotent(spec in any_function()) {
        let once = LambdaFunction::canonical(spec);
        prop_assert_eq!(LambdaFunction::canonical(once.clone()), once);
    }
}

#[test]
fn what_is_left_out_is_the_published_default() {
    let spec = Erased::<LambdaFunction>::new()
        .canonical(&with(json!({})))
        .expect("the least function");
    let expected = with(json!({
        "build": null,
        "architectures": ["x86_64"],
        "memory_size": 128,
        "timeout": 3,
        "environment": {},
        "description": "",
        "reserved_concurrent_executions": null,
        "ephemeral_storage": { "size": 512 },
        "source": null,
        "foreign_code": null,
        "former_role": null,
        "foreign_settings": [],
    }));
    assert_eq!(spec, expected);
}

#[test]
fn code_comes_from_exactly_one_place() {
    assert!(problems(json!({})).is_empty());
    assert!(problems(json!({ "filename": null, "build": "bridge" })).is_empty());
    let [none] = problems(json!({ "filename": null })).try_into().expect("one problem");
    assert!(none.contains("`build` or `filename`"), "{none}");
    let [both] = problems(json!({ "build": "bridge" })).try_into().expect("one problem");
    assert!(both.starts_with("filename: "), "{both}");
}

#[test]
fn a_variable_has_a_name_that_lambda_takes() {
    let of = |name: &str| problems(json!({ "environment": { name: "x" } }));
    assert!(of("KAFKA_BOOTSTRAP").is_empty());
    for name in ["K", "1ST", "A-B", "_A", ""] {
        assert_eq!(of(name).len(), 1, "{name}");
    }
    let [reserved] = of("AWS_REGION").try_into().expect("one problem");
    assert!(reserved.contains("Lambda sets AWS_REGION itself"), "{reserved}");
}

#[test]
fn the_environment_holds_four_kilobytes() {
    let of = |value: &str| problems(json!({ "environment": { "AB": value } }));
    assert!(of(&"x".repeat(4_094)).is_empty());
    let [problem] = of(&"x".repeat(4_095)).try_into().expect("one problem");
    assert!(
        problem.contains("4096 bytes") && problem.ends_with("found 4097"),
        "{problem}"
    );
    let account = sentinel::of_place(PlaceField::AccountId);
    assert!(of(&format!("{}{account}", "x".repeat(4_082))).is_empty());
    assert_eq!(of(&format!("{}{account}", "x".repeat(4_083))).len(), 1);
    assert!(of(&sentinel::numbered(16)).is_empty());
}

#[test]
fn a_role_is_given_by_its_arn() {
    let of = |role: &str| problems(json!({ "role": role }));
    assert!(of(&sentinel::numbered(16)).is_empty());
    assert_eq!(of("bridge").len(), 1);
    assert_eq!(of("arn:aws:iam::123456789012:user/bridge").len(), 1);
}

#[test]
fn what_only_live_functions_have_cannot_be_declared_and_differs() {
    let schema = Erased::<LambdaFunction>::new();
    for hidden in ["foreign_code", "former_role", "foreign_settings", "source"] {
        assert_eq!(schema.json_schema()["properties"].get(hidden), None, "{hidden}");
    }
    let live = |changes| LambdaFunction::canonical(decode(changes));
    assert_ne!(live(json!({ "foreign_settings": ["Layers"] })), live(json!({})));
    assert_eq!(
        live(json!({ "foreign_settings": ["VpcConfig", "Layers"] })),
        live(json!({ "foreign_settings": ["Layers", "VpcConfig"] }))
    );
}

#[test]
fn the_arn_follows_from_name_and_place() {
    let place = Place {
        environment: "local".to_owned(),
        account: Some("123456789012".to_owned()),
        region: "us-gov-west-1".to_owned(),
        partition: "aws-us-gov".to_owned(),
        organization: None,
    };
    let outputs = LambdaFunction::known_outputs(&decode(json!({})), "local-t-bridge", &place);
    assert_eq!(
        outputs["arn"],
        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:local-t-bridge"
    );
}
