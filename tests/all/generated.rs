//! Whatever is declared: after apply the plan is empty, and destroy leaves nothing.
//!
//! Stacks of queues, roles and rules are generated, with references between them; `PROPTEST_CASES` asks for more.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::Config;
use proptest::test_runner::TestRunner;
use serde_json::Map;
use serde_json::Value as Json;
use serde_json::json;

use crate::world::LOCAL;
use crate::world::World;

/// Enough for every attribute to come up, few enough for every run.
const CASES: u32 = 8;

type Attributes = Map<String, Json>;
/// `kind.name` and attributes.
type Stack = Vec<(String, Json)>;

/// Texts without a `$`, which may begin a reference, as YAML's double quotes hold them.
fn text() -> impl Strategy<Value = Json> {
    "[ -#%-~]{1,40}".prop_map(Json::from)
}

/// Each attribute with a value, or left out.
fn some_of(attributes: Vec<(&'static str, BoxedStrategy<Json>)>) -> impl Strategy<Value = Attributes> {
    let each: Vec<_> = attributes
        .into_iter()
        .map(|(name, value)| proptest::option::of(value).prop_map(move |value| (name.to_owned(), value)))
        .collect();
    each.prop_map(|each| {
        let declared = each.into_iter().filter_map(|(name, value)| Some((name, value?)));
        declared.collect()
    })
}

fn number(range: std::ops::RangeInclusive<u32>) -> BoxedStrategy<Json> {
    range.prop_map(Json::from).boxed()
}

fn one_of(values: &'static [&'static str]) -> BoxedStrategy<Json> {
    proptest::sample::select(values).prop_map(Json::from).boxed()
}

const ACTIONS: &[&str] = &["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:GetQueueUrl", "sqs:*"];
const MANAGED: &[&str] = &[
    "arn:aws:iam::aws:policy/AmazonSQSFullAccess",
    "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "arn:aws:iam::aws:policy/PowerUserAccess",
];

/// Statements in the spellings that people use: one or a list, of one or several actions.
fn statements(with: Json) -> impl Strategy<Value = Json> {
    let actions = proptest::collection::vec(one_of(ACTIONS), 1..4).prop_map(|actions| match actions.as_slice() {
        [one] => one.clone(),
        several => several.into(),
    });
    let statement = (actions, one_of(&["Allow", "Deny"]), any::<bool>()).prop_map(move |(actions, effect, listed)| {
        let mut statement = json!({ "Effect": effect, "Action": actions });
        let more = with.as_object().cloned().unwrap_or_default();
        statement.as_object_mut().unwrap().extend(more);
        if listed { json!([statement]) } else { statement }
    });
    statement.prop_map(|statement| json!({ "Version": "2012-10-17", "Statement": statement }))
}

/// At most one of the two ways to encrypt.
fn encryption() -> impl Strategy<Value = Attributes> {
    prop_oneof![
        Just(Attributes::new()),
        any::<bool>().prop_map(|on| Attributes::from_iter([("sqs_managed_sse_enabled".to_owned(), on.into())])),
        proptest::option::of(number(60..=86_400)).prop_map(|period| {
            let key = ("kms_master_key_id".to_owned(), json!("alias/aws/sqs"));
            let period = period.map(|period| ("kms_data_key_reuse_period_seconds".to_owned(), period));
            [key].into_iter().chain(period).collect()
        }),
    ]
}

/// A queue, and which one before it takes what it could not deliver.
fn queue() -> impl Strategy<Value = (Attributes, Option<(Index, u32)>)> {
    let policy = statements(json!({ "Principal": { "AWS": "${aws.account_id}" }, "Resource": "*" }));
    let attributes = some_of(vec![
        ("visibility_timeout_seconds", number(0..=43_200)),
        ("message_retention_seconds", number(60..=1_209_600)),
        ("delay_seconds", number(0..=900)),
        ("receive_wait_time_seconds", number(0..=20)),
        ("maximum_message_size", number(1_024..=1_048_576)),
        ("policy", policy.boxed()),
        ("redrive_allow_policy", one_of(&["allowAll", "byQueue"])),
    ]);
    let redrive = proptest::option::of((any::<Index>(), 1_u32..=1_000));
    (attributes, encryption(), redrive).prop_map(|(mut attributes, encryption, redrive)| {
        attributes.extend(encryption);
        (attributes, redrive)
    })
}

fn role() -> impl Strategy<Value = Attributes> {
    let inline = statements(json!({ "Resource": "*" }));
    let inline = proptest::collection::btree_map("[a-z]{1,8}", inline, 0..3);
    let managed = proptest::collection::vec(one_of(MANAGED), 0..4);
    some_of(vec![
        ("description", text().boxed()),
        ("max_session_duration", number(3_600..=43_200)),
        ("permissions_boundary", one_of(MANAGED)),
        ("inline_policy", inline.prop_map(|policies| json!(policies)).boxed()),
        ("managed_policy_arns", managed.prop_map(Json::from).boxed()),
    ])
}

/// A rule, and the queues and roles of its action and its error action.
fn rule() -> impl Strategy<Value = (Attributes, [Index; 4], bool)> {
    let sql =
        "[a-z]{1,5}(/[a-z+]{1,1}){0,2}".prop_map(|filter| json!(format!("SELECT  *, topic() AS t FROM '{filter}'")));
    let attributes = some_of(vec![
        ("description", text().boxed()),
        ("enabled", any::<bool>().prop_map(Json::from).boxed()),
        ("aws_iot_sql_version", one_of(&["2016-03-23", "2015-10-08", "beta"])),
    ]);
    (attributes, sql, any::<[Index; 4]>(), any::<bool>()).prop_map(|(mut attributes, sql, ends, has_error_action)| {
        attributes.insert("sql".to_owned(), sql);
        (attributes, ends, has_error_action)
    })
}

fn stack() -> impl Strategy<Value = Stack> {
    let queues = proptest::collection::vec(queue(), 1..5);
    let roles = proptest::collection::vec(role(), 1..3);
    let rules = proptest::collection::vec(rule(), 0..3);
    (queues, roles, rules).prop_map(|(queues, roles, rules)| {
        let ends = (queues.len(), roles.len());
        let mut stack = Stack::new();
        for (number, (attributes, redrive)) in queues.into_iter().enumerate() {
            stack.push((
                format!("aws_sqs_queue.q{number}"),
                finished_queue(attributes, redrive, number),
            ));
        }
        for (number, mut attributes) in roles.into_iter().enumerate() {
            attributes.insert("assume_role_policy".to_owned(), trust());
            stack.push((format!("aws_iam_role.r{number}"), attributes.into()));
        }
        for (number, rule) in rules.into_iter().enumerate() {
            stack.push((format!("aws_iot_topic_rule.t{number}"), finished_rule(rule, ends)));
        }
        stack
    })
}

fn trust() -> Json {
    serde_json::from_str(crate::cloud::TRUSTS_IOT).unwrap()
}

fn finished_queue(mut attributes: Attributes, redrive: Option<(Index, u32)>, number: usize) -> Json {
    if let Some(allow) = attributes.get_mut("redrive_allow_policy") {
        *allow = match allow.as_str() {
            // What comes after it may hang on it, and is known before.
            Some("byQueue") => {
                let arns: Vec<_> = (0..5)
                    .map(|later| format!("arn:aws:sqs:us-east-1:${{aws.account_id}}:local-telemetry-q{later}"))
                    .collect();
                json!({ "redrive_permission": "byQueue", "source_queue_arns": arns })
            }
            _ => json!({ "redrive_permission": allow }),
        };
    }
    if let Some((index, count)) = redrive.filter(|_| number > 0) {
        let dead = format!("${{aws_sqs_queue.q{}.arn}}", index.index(number));
        let redrive = json!({ "dead_letter_target_arn": dead, "max_receive_count": count });
        attributes.insert("redrive_policy".to_owned(), redrive);
    }
    attributes.into()
}

fn finished_rule(
    (mut attributes, ends, has_error_action): (Attributes, [Index; 4], bool),
    (queues, roles): (usize, usize),
) -> Json {
    let sends = |queue: Index, role: Index| {
        json!({
            "queue_url": format!("${{aws_sqs_queue.q{}.url}}", queue.index(queues)),
            "role_arn": format!("${{aws_iam_role.r{}.arn}}", role.index(roles)),
        })
    };
    attributes.insert("sqs".to_owned(), sends(ends[0], ends[1]));
    if has_error_action {
        attributes.insert("error_action".to_owned(), json!({ "sqs": sends(ends[2], ends[3]) }));
    }
    attributes.into()
}

#[test]
fn whatever_is_declared_is_there_after_apply_and_gone_after_destroy() {
    let world = World::new(LOCAL);
    let cloud = world.cloud();
    let mut config = Config {
        failure_persistence: None,
        max_shrink_iters: 32,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    let held = TestRunner::new(config).run(&stack(), |stack| {
        // A case is destroyed before it is judged, so that a failed one leaves nothing to the next.
        world.set_resources(stack.iter().map(|(key, attributes)| (key.as_str(), attributes)));
        let applied = world.run(&["apply", "local", "--yes"]);
        let plan = (applied.code == 0).then(|| world.plan());
        let destroyed = world.run(&["destroy", "local", "--yes"]);
        prop_assert_eq!(applied.code, 0, "{}", applied.said());
        prop_assert_eq!(plan, Some(vec![]));
        prop_assert_eq!(destroyed.code, 0, "{}", destroyed.said());
        prop_assert_eq!(cloud.names(), Vec::<String>::new());
        Ok(())
    });
    held.unwrap_or_else(|failed| panic!("{failed}"));
}
