//! A thousand topics and fifty grants in two clusters: what a plan asks does not grow with them.

use serde_json::Value as Json;
use serde_json::json;

use crate::cloud::Call;
use crate::world::World;

const ENVIRONMENT: &str = "\
environment: local
cloud: embedded
aws: { region: us-east-1 }
stacks: { one: { stack: topics }, two: { stack: topics } }
";

const STACK: &str = "\
stack: topics
resources:
  confluent_environment.main: {}
  confluent_kafka_cluster.main:
    environment: ${confluent_environment.main}
    cloud: AWS
    region: us-east-1
    basic: {}
  confluent_service_account.admin: {}
  confluent_role_binding.admin:
    principal: \"User:${confluent_service_account.admin.id}\"
    role_name: CloudClusterAdmin
    crn_pattern: ${confluent_kafka_cluster.main.rbac_crn}
  aws_secretsmanager_secret.key: { recovery_window_in_days: 0 }
  confluent_api_key.admin:
    owner: ${confluent_service_account.admin.id}
    managed_resource: ${confluent_kafka_cluster.main}
    store: ${aws_secretsmanager_secret.key}
    depends_on: [confluent_role_binding.admin]
";

/// A stack of so many topics of one partition and grants.
fn stack(topics: usize, grants: usize) -> String {
    let keys = |count: usize| {
        (0..count)
            .map(|number| format!("k{number}: {{}}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!(
        "{STACK}  confluent_kafka_topic.many:
    for_each: {{ {} }}
    name: \"many.${{each.key}}\"
    kafka_cluster: ${{confluent_kafka_cluster.main}}
    credentials: ${{confluent_api_key.admin}}
    partitions: 1
  confluent_kafka_acl.many:
    for_each: {{ {} }}
    kafka_cluster: ${{confluent_kafka_cluster.main}}
    credentials: ${{confluent_api_key.admin}}
    principal: \"User:${{confluent_service_account.admin.id}}\"
    resource_type: TOPIC
    resource_name: \"${{each.key}}\"
    operation: READ
",
        keys(topics),
        keys(grants)
    )
}

/// Calls of a plan to Confluent, both its hosts.
fn to_confluent(plan: &Json) -> u64 {
    let calls = |service: &str| plan["calls"][service].as_u64().unwrap_or_default();
    calls("confluent") + calls("kafka")
}

#[test]
fn a_plan_asks_as_little_of_a_thousand_topics_as_of_one_throttled_or_not() {
    let world = World::new("cloud: embedded\naws: { region: us-east-1 }\n");
    world.write("environments/local.yaml", ENVIRONMENT);
    world.write("stacks/topics.yaml", &stack(500, 25));
    let ran = world.apply();
    assert!(
        ran.stdout.contains("1062 created"),
        "{}",
        ran.stdout.lines().last().unwrap()
    );
    let plan = world.plan_json();
    assert_eq!(plan["changes"], json!([]));
    assert!(to_confluent(&plan) <= 20, "{}", plan["calls"]);
    world.forget_calls();
    let throttled = |service: &str| json!({"service": service, "operation": "*", "every": 3, "fault": "throttle", "after_ms": 1000});
    world.faults(&[
        throttled("confluent.control"),
        throttled("confluent.connect"),
        throttled("kafka"),
    ]);
    let again = world.plan_json();
    world.no_faults();
    assert_eq!(again["changes"], json!([]));
    assert!(world.calls().iter().any(Call::met_a_fault));
    assert!(to_confluent(&again) <= 2 * to_confluent(&plan), "{}", again["calls"]);
}
