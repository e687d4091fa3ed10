//! The whole shipped stack in this language, `tests/fixtures/telemetry-stack.yaml`.

use std::collections::BTreeMap;
use std::fs;

use eclusa_planner::environment::Asked;
use eclusa_planner::environment::Diagnostic;
use eclusa_planner::environment::declare;
use eclusa_planner::environment::diagnostic::render;
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

#[test]
fn the_shipped_stack_is_declared_whole() {
    let (_, text) = problems(ENVIRONMENT, &shipped());
    assert_eq!(text, "");
}

#[test]
fn the_shipped_stack_checks_in_an_existing_cluster_and_without_the_drift_reader() {
    let environment = format!(
        "{ENVIRONMENT}      drift_reader: false\n      \
         kafka: {{ environment: main, cluster: shared }}\n      \
         topic_prefix: ${{environment.name}}-${{environment.tag}}.\n"
    );
    let (_, text) = problems(&environment, &shipped());
    assert_eq!(text, "");
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
