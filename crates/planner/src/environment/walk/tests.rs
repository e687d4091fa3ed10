#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use schemars::JsonSchema;
use serde_json::json;

use super::*;
use crate::environment::diagnostic::render;
use crate::environment::golden::assert_golden;
use crate::environment::source::Sources;
use crate::environment::tree::Data;
use crate::environment::yaml;
use crate::resource::Address;
use crate::resource::Part;
use crate::resource::PlaceField;
use crate::resource::Reference;
use crate::resource::SecretSource;
use crate::resource::Text;
use crate::resource::Unknown;

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Queue {
    #[schemars(range(min = 0, max = 43_200))]
    visibility_timeout_seconds: Option<u32>,
    #[schemars(length(min = 1, max = 20), regex(pattern = "^[a-z${}._]*$"))]
    label: Option<String>,
    redrive_policy: Option<Redrive>,
    permission: Option<Permission>,
    storage: Option<Storage>,
    enabled: Option<bool>,
    ratio: Option<f64>,
    #[schemars(length(max = 2))]
    sources: Option<Vec<String>>,
    tags: Option<BTreeMap<String, String>>,
    policy: Option<serde_json::Map<String, Json>>,
    password: Option<String>,
    passwords: Option<BTreeMap<String, String>>,
    either: Option<Either>,
    small: Option<u8>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Redrive {
    dead_letter_target_arn: String,
    #[schemars(range(min = 1, max = 1_000))]
    max_receive_count: u32,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
enum Permission {
    AllowAll,
    /// With a description, which schemars writes as `oneOf` constants.
    DenyAll,
    ByQueue,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)]
enum Storage {
    Cold,
    Warm,
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
enum Either {
    One(String),
    Several(Vec<String>),
}

const SECRETS: &[Path] = &[&["password"], &["passwords", "*"]];
const NEAR_MISSES: &[(&str, &str)] = &[("wait", "visibility_timeout_seconds")];

/// What the language makes of `$out`, `$account`, `$secret` and `$handle` is put in, since interpolation is
/// another module's.
fn expanded(node: &mut Node) {
    match &mut node.data {
        Data::List(items) => items.iter_mut().for_each(expanded),
        Data::Map(entries) => entries.iter_mut().for_each(|entry| expanded(&mut entry.value)),
        Data::Text(text) => {
            let address = Address::new("telemetry", "aws_sqs_queue", "dead");
            let output = Unknown::Output(Reference {
                address: address.clone(),
                output: "arn".into(),
            });
            let known = text.known().unwrap().to_owned();
            let replaced = match known.as_str() {
                "$out" => Data::Text([Part::Unknown(output)].into_iter().collect()),
                "$secret" => Data::Secret(SecretSource::Environment("PASSWORD".into())),
                "$handle" => Data::Handle(address),
                _ => match known.split_once("$account") {
                    Some((before, after)) => {
                        let account = Part::Unknown(Unknown::Place(PlaceField::AccountId));
                        let parts = [Part::Literal(before.into()), account, Part::Literal(after.into())];
                        Data::Text(parts.into_iter().collect())
                    }
                    None => Data::Text(Text::literal(known)),
                },
            };
            node.data = replaced;
        }
        _ => {}
    }
}

/// What the walk says about attributes under `resources: / aws_sqs_queue.a:`, rendered.
fn walked(schema: &Json, attributes: &str) -> (Vec<Diagnostic>, Sources) {
    let mut text = "aws_sqs_queue.a:\n".to_owned();
    for line in attributes.lines() {
        text.push_str(&format!("  {line}\n"));
    }
    let mut sources = Sources::default();
    let file = sources.add("stacks/telemetry.yaml", text);
    let (tree, problems) = yaml::parse(&sources, file);
    assert_eq!(problems, []);
    let mut tree = tree.unwrap();
    expanded(&mut tree);
    let entry = tree.entry("aws_sqs_queue.a").unwrap();
    let mut problems = Vec::new();
    Walk::new(schema, "aws_sqs_queue.a")
        .at(entry.key_span)
        .secrets(SECRETS)
        .near_misses(NEAR_MISSES)
        .options(&["name", "depends_on"])
        .over(&entry.value, &mut problems);
    (problems, sources)
}

fn queue() -> Json {
    schemars::schema_for!(Queue).to_value()
}

fn golden(name: &str, attributes: &str) {
    let (problems, sources) = walked(&queue(), attributes);
    assert_golden(
        &format!("src/environment/walk/golden/{name}.txt"),
        &render(&problems, &sources),
    );
}

fn codes(schema: &Json, attributes: &str) -> Vec<&'static str> {
    walked(schema, attributes)
        .0
        .iter()
        .map(|problem| problem.code)
        .collect()
}

fn accepts(attributes: &str) {
    assert_eq!(walked(&queue(), attributes).0, [], "{attributes}");
}

#[test]
fn what_the_schema_takes_is_accepted() {
    accepts("visibility_timeout_seconds: 30\nlabel: abc\npermission: byQueue\nstorage: cold\nenabled: true\nratio: 1");
    accepts("redrive_policy: { dead_letter_target_arn: $out, max_receive_count: 5 }");
    accepts("sources: [a, $out]\ntags: { a: b, c: $out }\nratio: 0.5\neither: [a]\nsmall: 255");
    accepts("policy: { Version: x, Statement: [{ Effect: 1, Other: [true, $out] }] }\neither: a");
    accepts("password: $secret\npasswords: { a: $secret, b: $secret }");
}

#[test]
fn null_is_not_declared() {
    accepts("visibility_timeout_seconds: null\nredrive_policy: ~\nsources:\npermission: null\npassword: null");
    golden(
        "null_for_required",
        "redrive_policy: { dead_letter_target_arn: null, max_receive_count: 5 }",
    );
}

#[test]
fn unknown_attributes_are_framed_at_their_keys_with_the_word_meant() {
    golden(
        "unknown_attributes",
        "visibilty_timeout: 30\nwait: 3\ndepend_on: []\nredrive_policy:\n  dead_letter_target_arn: x\n  max_recieve_count: 3\nredrive_polcy: {}\nzzz: 1",
    );
    golden(
        "unknown_without_a_near_one",
        "redrive_policy: { dead_letter_target_arn: x, max_receive_count: 1, zzz: 1 }",
    );
}

#[test]
fn missing_attributes_are_framed_at_the_key_of_their_map() {
    golden("missing", "redrive_policy:\n  max_receive_count: 5");
}

#[test]
fn a_missing_attribute_says_why_where_that_is_known() {
    let mut sources = Sources::default();
    let file = sources.add(
        "stacks/a.yaml",
        "aws_iot_topic_rule.a:\n  sql: ${input.sql}\ninputs: null\n",
    );
    let (tree, _) = yaml::parse(&sources, file);
    let tree = tree.unwrap();
    let entry = tree.entry("aws_iot_topic_rule.a").unwrap();
    let place = tree.get("inputs").unwrap().span;
    let schema = json!({ "type": "object", "required": ["sql"], "properties": { "sql": { "type": "string" } } });
    let absent = |path: &[String]| {
        (path == ["sql"]).then(|| Absence {
            reason: "input.sql is null".into(),
            span: Some(place),
        })
    };
    let node = Node::new(Data::Map(Vec::new()), entry.value.span);
    let mut problems = Vec::new();
    Walk::new(&schema, "aws_iot_topic_rule.a")
        .at(entry.key_span)
        .absent(&absent)
        .over(&node, &mut problems);
    assert_golden(
        "src/environment/walk/golden/missing_reason.txt",
        &render(&problems, &sources),
    );
}

#[test]
fn mistyped_attributes_say_what_was_expected_and_found() {
    golden(
        "mistyped",
        "visibility_timeout_seconds: soon\nlabel: 12\nenabled: \"true\"\nsources: a\ntags: [a]\nratio: x\nredrive_policy: 3\neither: 1\nsmall: \"7\"",
    );
}

#[test]
fn numbers_out_of_range_are_printed_plain() {
    golden(
        "out_of_range",
        "visibility_timeout_seconds: 50000\nsmall: 256\nsources: [a, b, c]\nredrive_policy: { dead_letter_target_arn: x, max_receive_count: 0 }",
    );
}

#[test]
fn lengths_count_what_a_place_will_have_and_pass_over_outputs() {
    accepts("label: abcdefgh$account");
    accepts("label: $out");
    golden("length", "label: abcdefghi$account\n");
    assert_eq!(codes(&queue(), "label: ''"), ["out-of-range"]);
    assert_eq!(codes(&queue(), "label: ABC"), ["no-match"]);
}

#[test]
fn words_outside_a_list_find_the_one_meant() {
    golden("words", "permission: by_queue\nstorage: warmm\n");
    assert_eq!(
        codes(&queue(), "permission: 1\nstorage: [a]"),
        ["not-allowed", "not-allowed"]
    );
}

#[test]
fn secrets_stand_where_the_kind_says_so_and_nothing_else_does() {
    golden(
        "secrets",
        "password: hunter2\npasswords: { a: $secret, b: 12 }\nlabel: $secret\npolicy: { a: [$secret] }",
    );
    assert_eq!(codes(&queue(), "password: { secret: \"nowhere:X\" }"), [""; 0]);
}

#[test]
fn a_misspelt_required_attribute_is_one_mistake() {
    let misspelt = "redrive_policy: { dead_letter_target_arn: x, max_recieve_count: 1 }";
    assert_eq!(codes(&queue(), misspelt), ["unknown-attribute"]);
}

#[test]
fn the_text_of_a_plain_secret_is_not_shown() {
    let (mut problems, sources) = walked(
        &queue(),
        "label: 1\npassword: hunter2\nenabled: 1\npasswords:\n  a: |\n    hunter3\n    hunter4",
    );
    let span = problems.last().unwrap().labels.first().unwrap().span;
    problems.push(Diagnostic::at("other", "the line of a secret", span, "here"));
    let rendered = render(&problems, &sources);
    assert!(
        !rendered.contains("hunter") && rendered.contains("password: *******"),
        "{rendered}"
    );
}

#[test]
fn a_plain_secret_is_framed_first_where_its_text_stands() {
    let mut sources = Sources::default();
    let file = sources.add("stacks/a.yaml", "password: ${input.password}\nvalue: hunter2\n");
    let mut tree = yaml::parse(&sources, file).0.unwrap();
    let value = tree.get("value").unwrap().span;
    let Data::Map(entries) = &mut tree.data else { panic!() };
    entries.truncate(1);
    let node = &mut entries.first_mut().unwrap().value;
    (node.data, node.origin) = (Data::Text(Text::literal("hunter2")), Some(value));
    let mut problems = Vec::new();
    Walk::new(&queue(), "a").secrets(SECRETS).over(&tree, &mut problems);
    assert_golden(
        "src/environment/walk/golden/passed_secret.txt",
        &render(&problems, &sources),
    );
}

#[test]
fn references_and_resources_stand_for_text_only() {
    golden(
        "references",
        "visibility_timeout_seconds: $out\npermission: $out\nsources: $out\nlabel: $handle\n",
    );
}

#[test]
fn both_the_template_and_the_value_are_framed() {
    let mut sources = Sources::default();
    let stack = sources.add(
        "stacks/a.yaml",
        "aws_sqs_queue.a:\n  visibility_timeout_seconds: ${input.wait}\n",
    );
    let environment = sources.add("environments/local.yaml", "with:\n  wait: 50000\n");
    let (tree, _) = yaml::parse(&sources, stack);
    let (with, _) = yaml::parse(&sources, environment);
    let mut attributes = tree.unwrap().get("aws_sqs_queue.a").unwrap().clone();
    let value = with.unwrap().get("with").unwrap().get("wait").unwrap().clone();
    let Data::Map(entries) = &mut attributes.data else {
        panic!()
    };
    let node = &mut entries.first_mut().unwrap().value;
    (node.data, node.origin) = (value.data, Some(value.span));
    let mut problems = Vec::new();
    walk(&queue(), &attributes, "aws_sqs_queue.a", &mut problems);
    assert_golden(
        "src/environment/walk/golden/template_and_value.txt",
        &render(&problems, &sources),
    );
}

#[test]
fn of_several_alternatives_the_nearest_is_explained() {
    let schema = json!({ "anyOf": [
        { "type": "object", "required": ["a", "b"], "properties": { "a": {}, "b": {} }, "additionalProperties": false },
        { "type": "object", "required": ["c"], "properties": { "c": { "type": "integer" } }, "additionalProperties": false },
        { "type": "null" }
    ] });
    assert_eq!(codes(&schema, "c: 1"), [""; 0]);
    assert_eq!(codes(&schema, "c: x"), ["wrong-type"]);
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let schema = json!({ "$ref": "#/$defs/a", "$defs": { "a": { "$ref": "#/$defs/a" } } });
    assert_eq!(codes(&schema, "a: 1"), ["wrong-type"]);
    let tree = json!({ "type": "object", "additionalProperties": { "$ref": "#" } });
    assert_eq!(codes(&tree, "a: { b: { c: {} } }\nd: 1"), ["wrong-type"]);
}

#[test]
fn what_the_walk_does_not_hold_is_named() {
    assert_eq!(unsupported(&queue()), [""; 0]);
    for schema in crate::schema::SCHEMAS {
        assert_eq!(unsupported(schema.json_schema()), [""; 0], "{}", schema.name());
    }
    let schema = json!({
        "type": "object",
        "properties": { "a": { "multipleOf": 5 }, "e": { "type": "string", "anyOf": [] }, "b": { "$ref": "#/$defs/c", "minimum": 1 }, "d": { "format": "uri" } },
        "$defs": { "c": { "items": { "pattern": "(" } } },
        "not": {}
    });
    let mut found = unsupported(&schema);
    found.sort();
    let expected = [
        "#/$defs/c/items/pattern",
        "#/not",
        "#/properties/a/multipleOf",
        "#/properties/b/minimum",
        "#/properties/d/format",
        "#/properties/e/type",
    ];
    assert_eq!(found, expected);
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        (0..60_000_i64).prop_map(Json::from),
        (-1.0..2.0_f64).prop_map(Json::from),
        "[a-z]{0,24}".prop_map(Json::from),
        prop::sample::select(vec!["byQueue", "cold", "allowAll"]).prop_map(Json::from),
    ];
    let key = prop::sample::select(vec![
        "visibility_timeout_seconds",
        "label",
        "redrive_policy",
        "permission",
        "storage",
        "enabled",
        "ratio",
        "sources",
        "tags",
        "policy",
        "either",
        "small",
        "dead_letter_target_arn",
        "max_receive_count",
        "zzz",
    ]);
    leaf.prop_recursive(3, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|entries| entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Decoded {
    visibility_timeout_seconds: Option<u32>,
    label: Option<String>,
    redrive_policy: Option<DecodedRedrive>,
    permission: Option<String>,
    storage: Option<String>,
    enabled: Option<bool>,
    ratio: Option<f64>,
    sources: Option<Vec<Option<String>>>,
    tags: Option<BTreeMap<String, Option<String>>>,
    policy: Option<serde_json::Map<String, Json>>,
    either: Option<DecodedEither>,
    small: Option<u8>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct DecodedRedrive {
    dead_letter_target_arn: String,
    max_receive_count: u32,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum DecodedEither {
    One(String),
    Several(Vec<Option<String>>),
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_walk_accepts_decodes(value in value()) {
        let text = serde_json::to_string(&value).unwrap();
        let mut sources = Sources::default();
        let file = sources.add("x.yaml", text);
        let (tree, found) = yaml::parse(&sources, file);
        prop_assert_eq!(found, []);
        let mut problems = Vec::new();
        let tree = tree.unwrap();
        walk(&queue(), &tree, "x", &mut problems);
        if problems.is_empty() && tree.data != Data::Null {
            prop_assert!(serde_json::from_value::<Decoded>(value.clone()).is_ok(), "{value}");
        }
        prop_assert!(problems.iter().all(|problem| !problem.labels.is_empty()));
    }
}
