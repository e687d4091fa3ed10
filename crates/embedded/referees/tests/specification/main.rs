//! What Confluent itself published, as a judge of the embedded Confluent: its OpenAPI files, and the test bodies of its
//! Terraform provider. `ECLUSA_REFEREES` names the folder that holds both (`openapi/`, `recorded/`). Run by
//! `.ci/referees`.
#![allow(clippy::unwrap_used)]

mod scenario;
mod server;
mod specification;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::scenario::Answers;

fn folder() -> PathBuf {
    let named = std::env::var_os("ECLUSA_REFEREES").expect("ECLUSA_REFEREES names the referees' folder");
    PathBuf::from(named)
}

#[tokio::test]
async fn every_answer_is_as_the_specification_says() {
    let answers = scenario::play().await;
    let (known, problems): (Vec<_>, Vec<_>) = answers
        .iter()
        .flat_map(|answer| specification::problems(&folder(), answer))
        .partition(|problem| CONTRADICTED.iter().any(|known| problem.contains(known)));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    for contradicted in CONTRADICTED {
        let is_met = known.iter().any(|problem| problem.contains(contradicted));
        assert!(is_met, "nothing differs any more in: {contradicted}");
    }
}

#[tokio::test]
async fn answers_hold_all_that_published_test_bodies_hold() {
    let answers = scenario::play().await;
    let mut problems = Vec::new();
    for (file, request) in PUBLISHED {
        let recorded: Value = serde_json::from_slice(&fs::read(folder().join("recorded").join(file)).unwrap()).unwrap();
        let ours = find(&answers, request);
        lacking(&recorded, ours, file, &mut problems);
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Where the specification is contradicted by published bodies (a Cloud key's resource is named `cloud`), or by itself
/// (with a service account for authentication a connector has no API key).
const CONTRADICTED: &[&str] = &[
    "\"cloud\" is not a \"uri\" at /spec/resource/related",
    "\"cloud\" is not a \"uri\" at /spec/resource/resource_name",
    "\"kafka.api.key\" is a required property",
    "\"kafka.api.secret\" is a required property",
];

/// Published bodies and the step of the scenario that answers the same question.
const PUBLISHED: &[(&str, &str)] = &[
    ("environment/create_env.json", "POST /org/v2/environments"),
    ("environment/read_created_env.json", "GET /org/v2/environments/{id}"),
    ("environment/read_envs.json", "GET /org/v2/environments"),
    (
        "environment/read_deleted_env.json",
        "GET /org/v2/environments/{id} gone",
    ),
    ("kafka/create_kafka.json", "POST /cmk/v2/clusters"),
    ("kafka/read_created_kafka.json", "GET /cmk/v2/clusters/{id}"),
    ("kafka/read_deleted_kafka.json", "GET /cmk/v2/clusters/{id} gone"),
    ("kafka/read_kafkas.json", "GET /cmk/v2/clusters"),
    ("service_account/create_sa.json", "POST /iam/v2/service-accounts"),
    (
        "service_account/read_deleted_sa.json",
        "GET /iam/v2/service-accounts/{id} gone",
    ),
    ("apikey/create_kafka_api_key.json", "POST /iam/v2/api-keys"),
    ("apikey/read_created_kafka_api_key.json", "GET /iam/v2/api-keys/{id}"),
    (
        "apikey/read_deleted_kafka_api_key.json",
        "GET /iam/v2/api-keys/{id} gone",
    ),
    ("apikey/create_cloud_api_key.json", "POST /iam/v2/api-keys cloud"),
    (
        "schema_registry_cluster/read_provisioned_clusters.json",
        "GET /srcm/v3/clusters",
    ),
    ("kafka_topic/create_kafka_topic.json", "POST topics"),
    ("kafka_topic/read_created_kafka_topic.json", "GET topic"),
    ("kafka_topic/read_created_kafka_topic_config.json", "GET configs"),
    ("connector/managed/read_running_connector.json", "GET status"),
    ("connector/managed/read_deleted_connector.json", "GET connector gone"),
    ("connector/managed/delete_connector.json", "DELETE connector"),
];

/// What the provider's authors say that they added by hand, or what only was there because it was asked for.
const ASKED_FOR: &[&str] = &["/spec/network", "/spec/config/max_ecku"];

fn find<'a>(answers: &'a Answers, step: &str) -> &'a Value {
    let found = answers.iter().find(|answer| answer.step == step);
    &found.unwrap_or_else(|| panic!("no step {step}")).body
}

/// Members of the published body that ours does not have, and values of another type.
fn lacking(recorded: &Value, ours: &Value, path: &str, problems: &mut Vec<String>) {
    if ASKED_FOR.iter().any(|asked| path.ends_with(asked)) {
        return;
    }
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            for (name, value) in recorded {
                let path = format!("{path}/{name}");
                match ours.get(name) {
                    Some(ours) => lacking(value, ours, &path, problems),
                    None if ASKED_FOR.iter().any(|asked| path.ends_with(asked)) => {}
                    None => problems.push(format!("{path} is missing")),
                }
            }
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            if let (Some(recorded), Some(ours)) = (recorded.first(), ours.first()) {
                lacking(recorded, ours, &format!("{path}/0"), problems);
            }
        }
        _ if std::mem::discriminant(recorded) == std::mem::discriminant(ours) => {}
        _ => problems.push(format!("{path} is {ours}, published as {recorded}")),
    }
}
