#![allow(clippy::unwrap_used)]

use crate::environment::trial::Texts;
use crate::environment::trial::codes;
use crate::environment::trial::declared;
use crate::environment::trial::local;
use crate::plan::Evaluation;
use crate::resource::Address;

const MAIN: &str = "  confluent_environment.main: {}
  confluent_kafka_cluster.main: { environment: \"${confluent_environment.main}\", cloud: AWS, region: r, basic: {} }
";

fn resources(lines: &str) -> Texts {
    let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
    local("", &format!("resources:\n{MAIN}{lines}"))
}

#[test]
fn a_key_and_what_it_writes_name_one_cluster() {
    let files = resources(
        "confluent_service_account.a: {}
aws_secretsmanager_secret.k: {}
confluent_api_key.k:
  owner: ${confluent_service_account.a.id}
  managed_resource: ${confluent_kafka_cluster.main}
  store: ${aws_secretsmanager_secret.k}
confluent_kafka_topic.t: { kafka_cluster: \"${confluent_kafka_cluster.main}\", credentials: \"${confluent_api_key.k}\" }",
    );
    let declared = declared(&files);
    let evaluation = Evaluation::new(&declared).unwrap();
    let topic = Address::new("t", "confluent_kafka_topic", "t");
    let key = Address::new("t", "confluent_api_key", "k");
    assert_eq!(evaluation.whole(&topic, "credentials"), Some(&key));
    let cluster = Address::new("t", "confluent_kafka_cluster", "main");
    assert_eq!(evaluation.scope(&topic), [&cluster]);
    assert_eq!(
        evaluation.scope(&cluster),
        [&Address::new("t", "confluent_environment", "main")]
    );
}

#[test]
fn a_topic_of_others_may_be_read_once_it_is_declared_as_existing() {
    let connector = "confluent_connector.c:
  kafka_cluster: ${confluent_kafka_cluster.main}
  config: { connector.class: SomeSink, topics: theirs }";
    assert_eq!(codes(&resources(connector)), ["undeclared-topic"]);
    let topic = "confluent_kafka_topic.t: { existing: theirs, kafka_cluster: \"${confluent_kafka_cluster.main}\" }";
    assert_eq!(codes(&resources(&format!("{topic}\n{connector}"))), [""; 0]);
    let source = connector.replace("SomeSink", "SomeSource");
    assert_eq!(codes(&resources(&source)), [""; 0]);
}

#[test]
fn a_topic_of_another_cluster_is_not_there() {
    let files = resources(
        "confluent_kafka_cluster.b: { environment: \"${confluent_environment.main}\", cloud: AWS, region: r, basic: {} }
confluent_kafka_topic.t: { kafka_cluster: \"${confluent_kafka_cluster.b}\" }
confluent_connector.c:
  kafka_cluster: ${confluent_kafka_cluster.main}
  config: { connector.class: SomeSink }
  config_overrides: { topics: [\"${confluent_kafka_topic.t.name}\"] }",
    );
    assert_eq!(codes(&files), ["undeclared-topic"]);
}

#[test]
fn one_name_in_two_clusters_is_two_topics_and_in_one_cluster_an_error() {
    let topic = |name: &str, cluster: &str| {
        format!(
            "confluent_kafka_topic.{name}: {{ name: x, kafka_cluster: \"${{confluent_kafka_cluster.{cluster}}}\" }}\n"
        )
    };
    let other = "confluent_kafka_cluster.b: { environment: \"${confluent_environment.main}\", cloud: AWS, region: r, basic: {} }";
    let two = format!("{other}\n{}{}", topic("s", "main"), topic("t", "b"));
    assert_eq!(codes(&resources(&two)), [""; 0]);
    let one = format!("{}{}", topic("s", "main"), topic("t", "main"));
    assert_eq!(codes(&resources(&one)), ["one-identity"]);
}

#[test]
fn a_secret_stands_in_any_property_of_a_connector_and_nowhere_else() {
    let config = |entry: &str| {
        format!(
            "confluent_connector.c:\n  kafka_cluster: ${{confluent_kafka_cluster.main}}\n  config: {{ connector.class: X, {entry} }}"
        )
    };
    let secret = "{ secret: \"env:X\" }";
    for name in ["connection.password", "kafka.api.key", "anything"] {
        assert_eq!(
            codes(&resources(&config(&format!("{name}: {secret}")))),
            [""; 0],
            "{name}"
        );
    }
    for name in [
        "connection.password",
        "kafka.api.secret",
        "connection.ssl.keystorePassword",
    ] {
        assert_eq!(
            codes(&resources(&config(&format!("{name}: plain")))),
            ["plain-secret"],
            "{name}"
        );
    }
    assert_eq!(
        codes(&resources(&config(&format!("list: [{secret}]")))),
        ["secret-not-allowed"]
    );
}

#[test]
fn an_account_with_the_longest_names_leaves_some_room() {
    let name = "a".repeat(40);
    let files = resources(&format!(
        "confluent_service_account.{name}: {{ description: {} }}",
        "x".repeat(29)
    ));
    assert_eq!(codes(&files), [""; 0]);
}
