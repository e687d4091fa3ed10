//! A broker, AWS, and the bridge between them.

use std::process::Stdio;
use std::time::Duration;

use krafka::ConsumerRecord;
use krafka::testing::FakeBroker;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::io::Lines;
use tokio::process::Child;
use tokio::process::ChildStdout;
use tokio::process::Command;

use crate::lambda::Answer;
use crate::lambda::Lambda;

/// As long as the shipped function has.
const TIME: Duration = Duration::from_secs(30);

pub(crate) struct World {
    pub(crate) broker: FakeBroker,
    pub(crate) lambda: Lambda,
    bridge: Child,
    log: Lines<BufReader<ChildStdout>>,
}

pub(crate) fn key(secret: &str) -> Value {
    json!({ "api_key": "KEY", "api_secret": secret, "bootstrap_servers": "nowhere:9092", "rest_endpoint": "https://x" })
}

/// One message: its id, and its body.
pub(crate) fn message(id: &str, body: &str) -> Value {
    json!({ "messageId": id, "receiptHandle": "h", "body": body, "attributes": {}, "eventSource": "aws:sqs" })
}

/// A reading of the device `city/<sensor>/readings`.
pub(crate) fn reading(id: &str, sensor: &str) -> Value {
    let body = json!({ "value": id, "mqtt_topic": format!("city/{sensor}/readings"), "received_at": 1 });
    message(id, &body.to_string())
}

/// With topics `local.air` (three partitions) and `local.noise`.
async fn broker() -> FakeBroker {
    let broker = FakeBroker::start().await.unwrap();
    broker.require_sasl_plain("KEY", "right");
    broker.create_topic("local.air", 3);
    broker.create_topic("local.noise", 1);
    broker
}

impl World {
    /// With the bridge started.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[], key("right")).await
    }

    pub(crate) async fn start_with(changes: &[(&str, &str)], secret: Value) -> Self {
        Self::start_on(broker().await, changes, secret).await
    }

    /// As `start`, with a broker that takes no connection until it is restarted.
    pub(crate) async fn start_away() -> Self {
        let broker = broker().await;
        broker.crash(0);
        Self::start_on(broker, &[], key("right")).await
    }

    async fn start_on(broker: FakeBroker, changes: &[(&str, &str)], secret: Value) -> Self {
        let lambda = Lambda::start(secret).await;
        let mut bridge = Command::new(env!("CARGO_BIN_EXE_bootstrap"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", &lambda.address)
            .env("AWS_ENDPOINT_URL", format!("http://{}", lambda.address))
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "AKID")
            .env("AWS_SECRET_ACCESS_KEY", "aws-secret")
            .env("AWS_SESSION_TOKEN", "session")
            .env("KAFKA_SECRET_ID", "local-telemetry-bridge_key")
            .env(
                "KAFKA_BOOTSTRAP",
                format!("SASL_PLAINTEXT://{}", broker.bootstrap_servers()),
            )
            .env("TOPIC_TEMPLATE", "local.{mqtt_topic:2}")
            .envs(changes.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = BufReader::new(bridge.stdout.take().unwrap()).lines();
        Self {
            broker,
            lambda,
            bridge,
            log,
        }
    }

    /// The ids that one batch leaves in the queue.
    pub(crate) async fn kept(&mut self, messages: &[Value]) -> Vec<String> {
        self.kept_within(messages, TIME).await
    }

    pub(crate) async fn kept_within(&mut self, messages: &[Value], time: Duration) -> Vec<String> {
        match self.answer(json!({ "Records": messages }).to_string(), time).await {
            Answer::Response(response) => {
                let failures = response["batchItemFailures"].as_array().unwrap();
                let id = |failure: &Value| failure["itemIdentifier"].as_str().unwrap().to_owned();
                failures.iter().map(id).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn answer(&mut self, event: String, time: Duration) -> Answer {
        self.lambda.invoke_within(event.into_bytes(), time).await
    }

    pub(crate) fn stored(&self, topic: &str) -> Vec<ConsumerRecord> {
        self.broker.all_records(topic).unwrap()
    }

    /// Reads the log up to a line with this message.
    pub(crate) async fn until_logged(&mut self, message: &str) {
        loop {
            let line = self.log.next_line().await.unwrap().unwrap();
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["message"] == message {
                break;
            }
        }
    }

    /// Ends the bridge and returns everything it logged since; each line must be JSON.
    pub(crate) async fn log(&mut self) -> Vec<Value> {
        self.bridge.start_kill().unwrap();
        let mut log = Vec::new();
        while let Some(line) = self.log.next_line().await.unwrap() {
            log.push(serde_json::from_str(&line).unwrap());
        }
        log
    }

    /// Waits for the bridge to end by itself.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        self.bridge.wait().await.unwrap().code()
    }
}
