//! The whole shipped stack in this language, `tests/fixtures/telemetry-stack.yaml`.

use std::collections::BTreeMap;
use std::fs;

use eclusa_planner::environment::Asked;
use eclusa_planner::environment::Diagnostic;
use eclusa_planner::environment::declare;
use eclusa_planner::environment::diagnostic::render;
use eclusa_planner::schema::find;
use proptest::prelude::*;

use crate::folder::Texts;
use crate::folder::beside;

const ENVIRONMENT: &str = r#"environment: academy
cloud: live
aws:
  region: us-east-1
  account: any
confluent:
  organization: any
  api_key: { id: { secret: "env:CONFLUENT_CLOUD_API_KEY" }, secret: { secret: "env:CONFLUENT_CLOUD_API_SECRET" } }
expires_after: 4h
limits: { call: 40s, wait: 10m }
stacks:
  telemetry:
    stack: telemetry
    with:
      mqtt_filter: city/+/readings
      sensors: { air: { partitions: 6 }, noise: { partitions: 3 } }
      mongodb: { host: cluster0.abcde.mongodb.net, user: sink, password: { secret: "env:MONGODB_PASSWORD" } }
"#;

fn files(environment: &str, stack: &str) -> Texts {
    Texts(BTreeMap::from([
        ("environments/academy.yaml".to_owned(), environment.to_owned()),
        ("stacks/telemetry.yaml".to_owned(), stack.to_owned()),
        ("stacks/telemetry/observability.cfn.yaml".to_owned(), template()),
    ]))
}

/// The template that the stack names, as it is shipped.
fn template() -> String {
    let path = beside("../../../stacks/telemetry/observability.cfn.yaml");
    fs::read_to_string(path).expect("the shipped template")
}

fn shipped() -> String {
    fs::read_to_string(beside("fixtures/telemetry-stack.yaml")).expect("the shipped stack")
}

fn problems(environment: &str, stack: &str) -> (Vec<Diagnostic>, String) {
    match declare(
        &files(environment, stack),
        "environments/academy.yaml",
        &Asked::default(),
    ) {
        Ok(_) => (Vec::new(), String::new()),
        Err(failed) => {
            let text = render(&failed.problems, &failed.sources);
            (failed.problems, text)
        }
    }
}

/// Keys under `resources:` whose kind does not exist yet.
fn not_built(stack: &str) -> usize {
    let is_key = |line: &&str| line.starts_with("  aws_") || line.starts_with("  confluent_");
    let kind = |line: &str| {
        line.trim_start()
            .split('.')
            .next()
            .and_then(find)
            .map(|schema| schema.name())
    };
    stack.lines().filter(is_key).filter(|line| kind(line).is_none()).count()
}

#[test]
fn the_shipped_stack_has_one_error_for_each_resource_of_a_kind_not_built_and_no_other() {
    let stack = shipped();
    let (found, text) = problems(ENVIRONMENT, &stack);
    let others: Vec<_> = found
        .iter()
        .filter(|problem| problem.code != "kind-not-built")
        .collect();
    assert!(others.is_empty(), "{text}");
    assert_eq!(found.len(), not_built(&stack), "{text}");
}

#[test]
fn the_shipped_stack_checks_in_an_existing_cluster_and_without_the_drift_reader() {
    let environment = format!(
        "{ENVIRONMENT}      drift_reader: false\n      \
         kafka: {{ environment: main, cluster: shared }}\n      \
         topic_prefix: ${{environment.name}}-${{environment.tag}}.\n"
    );
    let (found, text) = problems(&environment, &shipped());
    assert!(found.iter().all(|problem| problem.code == "kind-not-built"), "{text}");
}

#[test]
fn the_half_that_is_built_is_declared_whole() {
    let stack = shipped();
    let cut: String = cut_to_built(&stack);
    let declared = match declare(
        &files(ENVIRONMENT, &cut),
        "environments/academy.yaml",
        &Asked::default(),
    ) {
        Ok(declared) => declared,
        Err(failed) => panic!("{}", render(&failed.problems, &failed.sources)),
    };
    let addresses: Vec<String> = declared.resources.iter().map(|each| each.address.to_string()).collect();
    assert_eq!(
        addresses,
        [
            "telemetry/aws_sqs_queue.dead_letters",
            "telemetry/aws_sqs_queue.ingest",
            "telemetry/aws_sqs_queue.rule_errors",
            "telemetry/aws_iam_role.rule",
            "telemetry/aws_iot_topic_rule.to_queue",
        ]
    );
}

/// The inputs, the queues, the rule's role and the rule, as `stacks/telemetry.yaml` ships them for now.
fn cut_to_built(stack: &str) -> String {
    const KEPT: [&str; 5] = [
        "aws_sqs_queue.dead_letters:",
        "aws_sqs_queue.ingest:",
        "aws_sqs_queue.rule_errors:",
        "aws_iam_role.rule:",
        "aws_iot_topic_rule.to_queue:",
    ];
    let (mut kept, mut keep, mut inside) = (String::new(), true, false);
    for line in stack.lines() {
        if line.starts_with("resources:") {
            inside = true;
        } else if line.starts_with("outputs:") {
            break;
        } else if inside && line.starts_with("  ") && !line.starts_with("   ") {
            keep = KEPT.iter().any(|key| line.trim_start().starts_with(key));
        }
        if keep && !line.trim_start().starts_with("depends_on:") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// One change to a text: at a place (in thousandths), take away some characters and put in others.
fn mutated(text: &str, changes: &[(u16, u8, String)]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (place, taken, put) in changes {
        let start = (usize::from(*place) * chars.len() / 1000).min(chars.len());
        let end = (start + usize::from(*taken)).min(chars.len());
        chars.splice(start..end, put.chars());
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_change_to_a_file_makes_it_panic(
        stack in prop::collection::vec((0..1000u16, 0..12u8, "(\\PC{0,4}|[\\n\\t :\\$\\{\\}\\[\\]&\\*!<\"']{0,5}|\\$\\{input\\}|null|each)"), 0..4),
        environment in prop::collection::vec((0..1000u16, 0..12u8, "(\\PC{0,4}|[\\n\\t :\\$\\{\\}\\[\\]&\\*!<\"']{0,5}|null)"), 0..3),
    ) {
        let (found, text) = problems(&mutated(ENVIRONMENT, &environment), &mutated(&shipped(), &stack));
        prop_assert_eq!(found.is_empty(), text.is_empty());
    }
}
