//! Raw HTTP against a server in this process.
#![allow(clippy::unwrap_used)]

mod validation;

use serde_json::Value;
use serde_json::json;

use super::config::MASK;
use crate::confluent::switches::ConfluentSettings;
use crate::confluent::switches::ConnectionUser;
use crate::confluent::switches::DuplicateConnectors;
use crate::confluent::switches::MaskedSecrets;
use crate::confluent::switches::OtherNameInside;
use crate::confluent::switches::StatusCodes;
use crate::confluent::testing::Key;
use crate::testing::Answer;
use crate::testing::Cloud;

/// A cluster with a topic and an account that may do what a sink needs.
struct World {
    cloud: Cloud,
    environment: String,
    cluster: String,
    account: String,
}

impl World {
    async fn begin() -> Self {
        Self::switched(ConfluentSettings::default()).await
    }

    async fn switched(switches: ConfluentSettings) -> Self {
        let cloud = Cloud::switched(switches).await;
        let (environment, cluster) = cloud.cluster().await;
        cloud.topic(&cluster, "readings").await;
        let account = cloud.account("sink").await;
        let world = Self {
            cloud,
            environment,
            cluster,
            account,
        };
        for right in [
            ["TOPIC", "readings", "LITERAL", "READ"],
            ["GROUP", "connect-lcc", "PREFIXED", "READ"],
            ["TOPIC", "dlq-lcc", "PREFIXED", "CREATE"],
            ["TOPIC", "dlq-lcc", "PREFIXED", "WRITE"],
        ] {
            world.allow(right).await;
        }
        world.cloud.settle();
        world
    }

    async fn allow(&self, right: [&str; 4]) {
        self.cloud.allow(&self.cluster, &self.account, right).await;
    }

    fn config(&self) -> Value {
        json!({
            "connector.class": "MongoDbAtlasSink",
            "name": "sink",
            "kafka.auth.mode": "SERVICE_ACCOUNT",
            "kafka.service.account.id": self.account,
            "topics": "readings",
            "input.data.format": "JSON",
            "connection.host": "cluster0.abcde.mongodb.net",
            "connection.user": "writer",
            "connection.password": "secret",
            "database": "telemetry",
            "tasks.max": "1",
        })
    }

    fn config_with(&self, name: &str, value: Value) -> Value {
        let mut config = self.config();
        if value.is_null() {
            config.as_object_mut().unwrap().remove(name);
        } else {
            config[name] = value;
        }
        config
    }

    async fn connect_as(&self, key: Key<'_>, request: &str, body: Value) -> Answer {
        let (method, path) = request.split_once(' ').unwrap();
        let base = format!(
            "/connect/v1/environments/{}/clusters/{}",
            self.environment, self.cluster
        );
        self.cloud
            .control_as(key, &format!("{method} {base}{path}"), body)
            .await
    }

    async fn connect(&self, request: &str, body: Value) -> Answer {
        self.connect_as(crate::confluent::testing::CLOUD, request, body).await
    }

    async fn put(&self, config: Value) -> Answer {
        self.connect("PUT /connectors/sink/config", config).await
    }

    async fn running() -> Self {
        let world = Self::begin().await;
        world.put(world.config()).await.with(200);
        world.cloud.settle();
        world
    }

    async fn state(&self) -> (String, String) {
        let status = self.connect("GET /connectors/sink/status", Value::Null).await.with(200);
        let text = |name: &str| status["connector"][name].as_str().unwrap().to_owned();
        (text("state"), text("trace"))
    }

    async fn read(&self) -> Value {
        self.connect("GET /connectors/sink/config", Value::Null).await.with(200)
    }

    async fn validate(&self, config: Value) -> Value {
        let request = "PUT /connector-plugins/MongoDbAtlasSink/config/validate";
        self.connect(request, config).await.with(200)
    }

    /// The errors that validation has for one property.
    async fn errors(&self, config: Value, name: &str) -> Vec<String> {
        let answer = self.validate(config).await;
        let configs = answer["configs"].as_array().unwrap();
        let found = configs.iter().find(|entry| entry["value"]["name"] == name).unwrap();
        let errors = found["value"]["errors"].as_array().unwrap();
        errors.iter().map(|error| error.as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_new_connector_is_404_then_provisioning_then_running() {
    let world = World::begin().await;
    let made = world
        .connect("POST /connectors", json!({"name": "sink", "config": world.config()}))
        .await;
    assert_eq!((made.status, made.body.as_str()), (201, ""));
    let early = world.connect("GET /connectors/sink/status", Value::Null).await;
    assert_eq!(early.flat(404, 404), "resource not found");
    assert_eq!(world.connect("GET /connectors", Value::Null).await.with(200), json!([]));
    world.cloud.advance(30);
    assert_eq!(world.state().await.0, "PROVISIONING");
    world.cloud.settle();
    assert_eq!(world.state().await, ("RUNNING".to_owned(), String::new()));
    let list = world
        .connect("GET /connectors?expand=info,status,id", Value::Null)
        .await
        .with(200);
    assert!(list["sink"]["id"]["id"].as_str().unwrap().starts_with("lcc-"), "{list}");
    assert_eq!(list["sink"]["status"]["connector"]["state"], "RUNNING");
    assert_eq!(list["sink"]["info"]["type"], "sink");
    assert_eq!(
        world.connect("GET /connectors", Value::Null).await.with(200),
        json!(["sink"])
    );
    let tasks = world.connect("GET /connectors/sink/tasks", Value::Null).await.with(200);
    assert_eq!(tasks.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn secrets_are_masked_and_the_services_own_keys_added() {
    let world = World::running().await;
    let config = world.read().await;
    assert_eq!(
        (&config["connection.password"], &config["connection.user"]),
        (&json!(MASK), &json!(MASK))
    );
    for (key, value) in [
        ("cloud.provider", "aws"),
        ("cloud.environment", "prod"),
        ("kafka.region", "us-east-1"),
        ("name", "sink"),
        ("connector.class", "MongoDbAtlasSink"),
    ] {
        assert_eq!(config[key], value, "{key}");
    }
    assert!(
        config.get("max.num.retries").is_none(),
        "defaults are not shown: {config}"
    );
    world.cloud.switch(ConfluentSettings {
        connection_user: ConnectionUser::Plain,
        ..ConfluentSettings::default()
    });
    assert_eq!(world.read().await["connection.user"], "writer");
}

#[tokio::test]
async fn a_put_replaces_all_and_reads_show_the_old_one_running_until_it_takes_effect() {
    let world = World::running().await;
    let with = world.config_with("collection", json!("c"));
    world.put(with).await.with(200);
    assert_eq!(world.state().await.0, "RUNNING");
    assert!(world.read().await.get("collection").is_none());
    world.cloud.advance(50);
    assert_eq!(world.state().await.0, "PROVISIONING");
    assert_eq!(world.read().await["collection"], "c");
    world.cloud.settle();
    assert_eq!(world.state().await.0, "RUNNING");
    world.put(world.config()).await.with(200);
    world.cloud.settle();
    assert!(world.read().await.get("collection").is_none());
}

#[tokio::test]
async fn a_configuration_that_cannot_run_fails_while_the_old_one_runs_on() {
    let world = World::running().await;
    let unreachable = world.config_with("connection.host", json!("unreachable.example.net"));
    world.put(unreachable).await.with(200);
    world.cloud.settle();
    let (state, trace) = world.state().await;
    assert!(state == "FAILED" && trace.contains("earlier one"), "{state} {trace}");
    assert_eq!(world.read().await["connection.host"], "cluster0.abcde.mongodb.net");
    world.put(world.config()).await.with(200);
    world.cloud.settle();
    assert_eq!(world.state().await.0, "RUNNING");
}

#[tokio::test]
async fn an_unreachable_host_is_taken_and_fails_later_with_validation_errors() {
    let world = World::begin().await;
    let unreachable = world.config_with("connection.host", json!("mongo.invalid"));
    world.put(unreachable).await.with(200);
    world.cloud.settle();
    let status = world
        .connect("GET /connectors/sink/status", Value::Null)
        .await
        .with(200);
    assert_eq!(status["connector"]["state"], "FAILED");
    assert_eq!(status["validation_errors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_connector_whose_account_lacks_a_right_fails_and_recovers_once_it_has_spread() {
    let world = World::begin().await;
    world.cloud.topic(&world.cluster, "more").await;
    world
        .put(world.config_with("topics", json!("readings, more")))
        .await
        .with(200);
    world.cloud.settle();
    let (state, trace) = world.state().await;
    assert!(
        state == "FAILED" && trace.contains("READ topic more"),
        "{state} {trace}"
    );
    assert_eq!(world.read().await["topics"], "readings,more");
    world.allow(["TOPIC", "more", "LITERAL", "READ"]).await;
    assert_eq!(world.state().await.0, "FAILED");
    world.cloud.settle();
    assert_eq!(world.state().await.0, "RUNNING");
}

#[tokio::test]
async fn a_connector_without_its_topic_account_or_key_fails() {
    let world = World::begin().await;
    let mut with_key = world.config_with("kafka.auth.mode", json!("KAFKA_API_KEY"));
    with_key["kafka.api.key"] = json!("NOSUCHKEY");
    with_key["kafka.api.secret"] = json!("x");
    for (config, expected) in [
        (
            world.config_with("topics", json!("nowhere")),
            "Topic nowhere does not exist.",
        ),
        (
            world.config_with("kafka.service.account.id", json!("sa-none")),
            "Service account sa-none",
        ),
        (with_key, "API key is not valid"),
    ] {
        world.connect("DELETE /connectors/sink", Value::Null).await;
        world.cloud.settle();
        world.put(config).await.with(200);
        world.cloud.settle();
        let (state, trace) = world.state().await;
        assert!(state == "FAILED" && trace.contains(expected), "{state} {trace}");
    }
}

#[tokio::test]
async fn a_connector_works_with_a_key_of_its_cluster() {
    let world = World::begin().await;
    let key = world.cloud.api_key(&world.account, &world.cluster).await;
    let mut config = world.config_with("kafka.auth.mode", Value::Null);
    config["kafka.api.key"] = json!(key.id);
    config["kafka.api.secret"] = json!(key.secret);
    world.put(config).await.with(200);
    world.cloud.settle();
    assert_eq!(world.state().await.0, "RUNNING");
    let read = world.read().await;
    assert_eq!(
        (&read["kafka.api.key"], &read["kafka.api.secret"]),
        (&json!(MASK), &json!(MASK))
    );
}

#[tokio::test]
async fn pausing_and_resuming_go_on_after_their_answer_and_may_be_repeated() {
    let world = World::running().await;
    for request in ["PUT /connectors/sink/pause", "PUT /connectors/sink/pause"] {
        world.connect(request, Value::Null).await.with(202);
    }
    assert_eq!(world.state().await.0, "RUNNING");
    world.cloud.settle();
    assert_eq!(world.state().await.0, "PAUSED");
    let refused = world
        .connect("POST /connectors/sink/restart", Value::Null)
        .await
        .with(400);
    assert!(refused["message"].as_str().unwrap().contains("PAUSED"), "{refused}");
    world
        .connect("PUT /connectors/sink/resume", Value::Null)
        .await
        .with(202);
    assert_eq!(world.state().await.0, "PROVISIONING");
    world.cloud.settle();
    world
        .connect("PUT /connectors/sink/resume", Value::Null)
        .await
        .with(202);
    assert_eq!(world.state().await.0, "RUNNING");
    world
        .connect("POST /connectors/sink/restart", Value::Null)
        .await
        .with(202);
}

#[tokio::test]
async fn deleting_goes_on_after_its_answer_keeps_the_cluster_and_leaves_dead_letters() {
    let world = World::running().await;
    let cluster = format!(
        "DELETE /cmk/v2/clusters/{}?environment={}",
        world.cluster, world.environment
    );
    world.connect("DELETE /connectors/sink", Value::Null).await.with(204);
    assert_eq!(
        world.connect("GET /connectors", Value::Null).await.with(200),
        json!(["sink"])
    );
    let refused = world.cloud.control(&cluster, Value::Null).await;
    assert!(refused.error(403).1.contains("sink"), "{refused:?}");
    world.cloud.settle();
    world.connect("GET /connectors/sink", Value::Null).await.flat(404, 404);
    world
        .connect("DELETE /connectors/sink", Value::Null)
        .await
        .flat(404, 404);
    let topics = world
        .cloud
        .kafka(&world.cluster, "GET /topics", Value::Null)
        .await
        .with(200);
    let names: Vec<_> = topics["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|topic| topic["topic_name"].as_str().unwrap())
        .collect();
    assert!(names.len() == 2 && names[0].starts_with("dlq-lcc-"), "{names:?}");
    world.cloud.control(&cluster, Value::Null).await.with(204);
}

#[tokio::test]
async fn a_name_that_is_taken_is_400_or_409_as_the_switch_says() {
    let world = World::running().await;
    let input = json!({"name": "sink", "config": world.config()});
    let refused = world.connect("POST /connectors", input.clone()).await.with(400);
    assert_eq!(
        refused,
        json!({"code": 400, "message": "Connector sink already exists"})
    );
    world.cloud.switch(ConfluentSettings {
        duplicate_connectors: DuplicateConnectors::Conflict,
        ..ConfluentSettings::default()
    });
    world.connect("POST /connectors", input).await.flat(409, 409);
}

#[tokio::test]
async fn another_name_inside_makes_a_second_connector_or_is_refused_as_the_switch_says() {
    let world = World::running().await;
    let renamed = world.config_with("name", json!("other"));
    world.put(renamed.clone()).await.with(200);
    world.cloud.settle();
    let names = world.connect("GET /connectors", Value::Null).await.with(200);
    assert_eq!(names, json!(["other", "sink"]));
    world.cloud.switch(ConfluentSettings {
        other_name_inside: OtherNameInside::Refused,
        ..ConfluentSettings::default()
    });
    let refused = world.put(renamed).await.with(400);
    assert!(
        refused["message"].as_str().unwrap().contains("is not sink"),
        "{refused}"
    );
}

#[tokio::test]
async fn asterisks_for_a_secret_are_stored_kept_or_refused_as_the_switch_says() {
    for (masked_secrets, status, state) in [
        (MaskedSecrets::Stored, 200, "FAILED"),
        (MaskedSecrets::Kept, 200, "RUNNING"),
        (MaskedSecrets::Refused, 400, "RUNNING"),
    ] {
        let world = World::running().await;
        world.cloud.switch(ConfluentSettings {
            masked_secrets,
            ..ConfluentSettings::default()
        });
        let read = world.read().await;
        world.put(read).await.with(status);
        world.cloud.settle();
        assert_eq!(world.state().await.0, state, "{masked_secrets:?}");
    }
}

#[tokio::test]
async fn answers_have_bodies_where_the_specification_has_them() {
    let world = World::switched(ConfluentSettings {
        status_codes: StatusCodes::Specified,
        ..ConfluentSettings::default()
    })
    .await;
    let input = json!({"name": "sink", "config": world.config()});
    let made = world.connect("POST /connectors", input).await.with(201);
    assert_eq!(
        (&made["name"], &made["config"]["connection.password"]),
        (&json!("sink"), &json!(MASK))
    );
    assert!(made.get("id").is_none(), "{made}");
    let put = world.put(world.config()).await.with(200);
    assert_eq!(put["type"], "sink");
    let deleted = world.connect("DELETE /connectors/sink", Value::Null).await.with(200);
    assert_eq!(deleted, json!({"error": null}));
}

#[tokio::test]
async fn a_cluster_that_is_not_in_the_environment_is_404() {
    let world = World::begin().await;
    let request = format!(
        "GET /connect/v1/environments/env-none/clusters/{}/connectors",
        world.cluster
    );
    world.cloud.control(&request, Value::Null).await.flat(404, 404);
    let refused = world
        .connect_as(crate::confluent::testing::CLUSTER, "GET /connectors", Value::Null)
        .await;
    assert_eq!(
        refused.with(401),
        json!({"error": {"code": 401, "message": "Unauthorized"}})
    );
}

#[tokio::test]
async fn an_operator_may_pause_and_not_change() {
    let world = World::running().await;
    let operator = world.cloud.account("operator").await;
    let key = world.cloud.api_key(&operator, "cloud").await;
    world
        .connect_as(key.key(), "GET /connectors", Value::Null)
        .await
        .flat(404, 404);
    let crn = world.cloud.cluster_crn(&world.environment, &world.cluster).await;
    world.cloud.bind(&operator, "Operator", &crn).await;
    world
        .connect_as(key.key(), "GET /connectors", Value::Null)
        .await
        .with(200);
    world
        .connect_as(key.key(), "PUT /connectors/sink/pause", Value::Null)
        .await
        .with(202);
    let refused = world
        .connect_as(key.key(), "PUT /connectors/sink/config", world.config())
        .await;
    assert_eq!(
        refused.with(403),
        json!({"error": {"code": 403, "message": "Forbidden"}})
    );
}

#[tokio::test]
async fn a_connector_survives_a_kill_in_its_state() {
    let world = World::running().await;
    world.connect("PUT /connectors/sink/pause", Value::Null).await.with(202);
    let cloud = world.cloud.restart().await;
    cloud.settle();
    let world = World { cloud, ..world };
    assert_eq!(world.state().await.0, "PAUSED");
}
