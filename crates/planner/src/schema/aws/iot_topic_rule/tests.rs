use proptest::prelude::*;
use serde_json::Value as Json;
use serde_json::json;

use super::*;
use crate::resource::sentinel;
use crate::schema::AnySchema;
use crate::schema::Erased;
use crate::schema::tests::messages;

const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/local-telemetry-ingest";
const ROLE: &str = "arn:aws:iam::123456789012:role/eclusa/local/local-telemetry-rule-0badcafe";

fn rule(parts: Json) -> Json {
    let mut spec = json!({
        "sql": "SELECT * FROM 'city/+/readings'",
        "sqs": { "queue_url": URL, "role_arn": ROLE },
    });
    for (key, value) in parts.as_object().expect("attributes") {
        spec[key] = value.clone();
    }
    spec
}

fn decode(spec: Json) -> TopicRuleSpec {
    serde_json::from_value(spec).expect("a spec")
}

fn problems(parts: Json) -> Vec<String> {
    messages(&Erased::<IotTopicRule>::new(), &rule(parts))
}

fn any_action() -> impl Strategy<Value = SqsAction> {
    (any::<bool>(), 16..19_usize).prop_map(|(use_base64, number)| SqsAction {
        queue_url: URL.to_owned(),
        role_arn: sentinel::numbered(number),
        use_base64,
    })
}

prop_compose! {
    fn any_rule()(
        sql in "(SELECT|[ \n]{1,3}|'a  b'|\\*|FROM){0,6}",
        aws_iot_sql_version in prop_oneof![Just("2016-03-23"), Just("beta")],
        description in "[a-c ]{0,5}",
        enabled in any::<bool>(),
        sqs in prop::option::of(any_action()),
        error_action in prop::option::of(any_action()),
        foreign_actions in prop::collection::vec("[a-c]", 0..4),
    ) -> TopicRuleSpec {
        TopicRuleSpec {
            sql,
            aws_iot_sql_version: aws_iot_sql_version.to_owned(),
            description,
            enabled,
            sqs,
            error_action: error_action.map(|sqs| ErrorAction { sqs }),
            foreign_actions,
        }
    }
}

proptest! {
    #[test]
    fn canonical_is_idempotent(spec in any_rule()) {
        let once = IotTopicRule::canonical(spec);
        prop_assert_eq!(IotTopicRule::canonical(once.clone()), once);
    }
}

#[test]
fn what_is_left_out_is_the_default_and_the_sql_version_is_the_newer() {
    let spec = Erased::<IotTopicRule>::new()
        .canonical(&rule(json!({})))
        .expect("the least rule");
    assert_eq!(
        spec,
        json!({
            "sql": "SELECT * FROM 'city/+/readings'",
            "aws_iot_sql_version": "2016-03-23",
            "description": "",
            "enabled": true,
            "sqs": { "queue_url": URL, "role_arn": ROLE, "use_base64": false },
            "error_action": null,
            "foreign_actions": [],
        })
    );
}

#[test]
fn sql_and_queue_are_required_of_a_declaration() {
    let schema = Erased::<IotTopicRule>::new();
    assert_eq!(schema.json_schema()["required"], json!(["sql", "sqs"]));
    assert_eq!(schema.json_schema()["properties"]["sqs"]["type"], json!("object"));
}

#[test]
fn foreign_actions_cannot_be_declared_and_differ_from_none() {
    let schema = Erased::<IotTopicRule>::new();
    assert_eq!(schema.json_schema()["properties"].get("foreign_actions"), None);
    let of = |actions: &[&str]| {
        let live = rule(json!({ "foreign_actions": actions }));
        schema.canonical(&live).expect("a live rule")
    };
    assert_ne!(
        of(&["republish"]),
        schema.canonical(&rule(json!({}))).expect("a declared rule")
    );
    assert_eq!(of(&["republish", "lambda"]), of(&["lambda", "republish"]));
    assert_ne!(of(&["republish"]), of(&["republish", "republish"]));
}

#[test]
fn a_live_rule_may_have_lost_its_queue() {
    let live = decode(json!({ "sql": "SELECT * FROM 'a'", "sqs": null, "foreign_actions": ["republish"] }));
    assert_eq!(IotTopicRule::canonical(live).sqs, None);
}

#[test]
fn sql_is_compared_without_its_whitespace() {
    let folded = decode(rule(json!({ "sql": "SELECT *\n  FROM 'city/+/readings'\n" })));
    assert_eq!(
        IotTopicRule::canonical(folded),
        IotTopicRule::canonical(decode(rule(json!({}))))
    );
}

#[test]
fn both_actions_take_a_queues_url_and_a_roles_arn() {
    let action = |url: &str, role: &str| json!({ "queue_url": url, "role_arn": role });
    let unknown = sentinel::numbered(sentinel::FIRST_FREE);
    assert!(problems(json!({ "sqs": action(&unknown, &unknown) })).is_empty());
    let queue_arn = "arn:aws:sqs:us-east-1:123456789012:ingest";
    let found = problems(json!({
        "sqs": action(queue_arn, "LabRole"),
        "error_action": { "sqs": action(queue_arn, queue_arn) },
    }));
    let starts = [
        "sqs.queue_url: expected the URL of a queue",
        "sqs.role_arn: expected an ARN",
        "error_action.sqs.queue_url: expected the URL of a queue",
        "error_action.sqs.role_arn: expected an ARN",
    ];
    assert_eq!(found.len(), starts.len(), "{found:?}");
    for (problem, start) in found.iter().zip(starts) {
        assert!(problem.starts_with(start), "{problem}");
    }
}

#[test]
fn a_rule_has_at_most_256_kib() {
    let sql = |length: usize| format!("SELECT '{}' AS x FROM 'a'", "x".repeat(length));
    assert!(problems(json!({ "sql": sql(200_000) })).is_empty());
    let [problem] = problems(json!({ "sql": sql(200_000), "description": "x".repeat(70_000) }))
        .try_into()
        .expect("one problem");
    assert!(problem.starts_with("sql: expected at most 262144 bytes"), "{problem}");
}

#[test]
fn the_arn_follows_from_name_and_place() {
    let place = Place {
        environment: "local".to_owned(),
        account: Some("123456789012".to_owned()),
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        organization: None,
    };
    let known = IotTopicRule::known_outputs(&decode(rule(json!({}))), "local_telemetry_to_queue", &place);
    assert_eq!(
        known["arn"],
        "arn:aws:iot:us-east-1:123456789012:rule/local_telemetry_to_queue"
    );
    assert!(IotTopicRule::check_name("local-telemetry").is_err(), "no hyphen");
}
