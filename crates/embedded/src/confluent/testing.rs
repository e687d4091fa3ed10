//! A client of the embedded Confluent that speaks raw HTTP, and the things that tests begin with.
#![allow(clippy::unwrap_used)]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::json;

use super::switches::ConfluentSettings;
use crate::settings::Settings;
use crate::settings::write_settings;
use crate::testing::Answer;
use crate::testing::Cloud;
use crate::testing::untiring;

/// A user's Cloud key.
pub(crate) const CLOUD: Key = Key("CLOUDKEY", "any");
/// A user's key of every cluster.
pub(crate) const CLUSTER: Key = Key("CLUSTERKEY", "any");

/// Longer than any wait of `delays: fast`.
const A_WHILE: u64 = 10_000;

/// Id and secret.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a>(pub(crate) &'a str, pub(crate) &'a str);

/// A key that this cloud made.
#[derive(Debug, Clone)]
pub(crate) struct MadeKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl MadeKey {
    pub(crate) fn key(&self) -> Key<'_> {
        Key(&self.id, &self.secret)
    }
}

impl Answer {
    /// The body of an answer with that status; null where it has none.
    pub(crate) fn with(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// Code and detail of the control plane's error.
    pub(crate) fn error(&self, status: u16) -> (String, String) {
        let error = self.with(status)["errors"][0].clone();
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (text("code"), text("detail"))
    }

    /// The message of a flat error with that status and code.
    pub(crate) fn flat(&self, status: u16, error_code: u64) -> String {
        let body = self.with(status);
        assert_eq!(body["error_code"], error_code, "{self:?}");
        body["message"].as_str().unwrap().to_owned()
    }
}

/// Settings with other switches.
pub(crate) fn switched(switches: ConfluentSettings) -> Settings {
    Settings {
        confluent: switches,
        ..untiring()
    }
}

impl Cloud {
    pub(crate) async fn switched(switches: ConfluentSettings) -> Self {
        Self::start_with(&switched(switches)).await
    }

    pub(crate) fn switch(&self, switches: ConfluentSettings) {
        write_settings(self.folder(), &switched(switches)).unwrap();
    }

    /// `None` where the connection closed without an answer.
    async fn exchange(&self, port: u16, key: Key<'_>, request: &str, body: &Value) -> Option<Answer> {
        let credentials = BASE64_STANDARD.encode(format!("{}:{}", key.0, key.1));
        let head = format!("{request} HTTP/1.1\r\nauthorization: Basic {credentials}\r\n");
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.send_to(port, &head, &body).await
    }

    pub(crate) async fn try_control(&self, key: Key<'_>, request: &str, body: Value) -> Option<Answer> {
        let port = self.server().confluent_port().unwrap();
        self.exchange(port, key, request, &body).await
    }

    pub(crate) async fn control_as(&self, key: Key<'_>, request: &str, body: Value) -> Answer {
        self.try_control(key, request, body).await.expect("an answer")
    }

    pub(crate) async fn control(&self, request: &str, body: Value) -> Answer {
        self.control_as(CLOUD, request, body).await
    }

    /// A call to a cluster; `request` is the method and the path below it, `GET /topics`.
    pub(crate) async fn kafka_as(&self, key: Key<'_>, cluster: &str, request: &str, body: Value) -> Answer {
        let (method, path) = request.split_once(' ').unwrap();
        let request = format!("{method} /kafka/v3/clusters/{cluster}{path}");
        let port = self.server().kafka_port().unwrap();
        self.exchange(port, key, &request, &body).await.expect("an answer")
    }

    pub(crate) async fn kafka(&self, cluster: &str, request: &str, body: Value) -> Answer {
        self.kafka_as(CLUSTER, cluster, request, body).await
    }

    /// Lets every wait that goes on end.
    pub(crate) fn settle(&self) {
        self.advance(A_WHILE);
    }

    pub(crate) async fn environment(&self, name: &str) -> String {
        let made = self
            .control("POST /org/v2/environments", json!({"display_name": name}))
            .await;
        made.with(201)["id"].as_str().unwrap().to_owned()
    }

    /// A cluster that is still PROVISIONING.
    pub(crate) async fn new_cluster(&self, environment: &str, kind: Value) -> String {
        let spec = json!({
            "display_name": "main",
            "availability": "SINGLE_ZONE",
            "cloud": "AWS",
            "region": "us-east-1",
            "config": kind,
            "environment": {"id": environment},
        });
        let made = self.control("POST /cmk/v2/clusters", json!({"spec": spec})).await;
        made.with(202)["id"].as_str().unwrap().to_owned()
    }

    /// An environment with a Basic cluster that serves.
    pub(crate) async fn cluster(&self) -> (String, String) {
        let environment = self.environment("main").await;
        let cluster = self.new_cluster(&environment, json!({"kind": "Basic"})).await;
        self.settle();
        (environment, cluster)
    }

    pub(crate) async fn account(&self, name: &str) -> String {
        let made = self
            .control("POST /iam/v2/service-accounts", json!({"display_name": name}))
            .await;
        made.with(201)["id"].as_str().unwrap().to_owned()
    }

    /// A key that has not spread yet; `resource` is a cluster's id or `cloud`.
    pub(crate) async fn fresh_key(&self, owner: &str, resource: &str) -> MadeKey {
        let spec = json!({"owner": {"id": owner}, "resource": {"id": resource}});
        let made = self
            .control("POST /iam/v2/api-keys", json!({"spec": spec}))
            .await
            .with(201);
        MadeKey {
            id: made["id"].as_str().unwrap().to_owned(),
            secret: made["spec"]["secret"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) async fn api_key(&self, owner: &str, resource: &str) -> MadeKey {
        let key = self.fresh_key(owner, resource).await;
        self.settle();
        key
    }

    pub(crate) async fn bind(&self, account: &str, role: &str, crn: &str) -> Value {
        let binding = json!({"principal": format!("User:{account}"), "role_name": role, "crn_pattern": crn});
        self.control("POST /iam/v2/role-bindings", binding).await.with(201)
    }

    /// The CRN by which role bindings name a cluster.
    pub(crate) async fn cluster_crn(&self, environment: &str, cluster: &str) -> String {
        let request = format!("GET /cmk/v2/clusters/{cluster}?environment={environment}");
        let name = self.control(&request, Value::Null).await.with(200)["metadata"]["resource_name"].clone();
        name.as_str().unwrap().rsplit_once("/kafka=").unwrap().0.to_owned()
    }

    pub(crate) async fn topic(&self, cluster: &str, name: &str) {
        let input = json!({"topic_name": name, "partitions_count": 3});
        self.kafka(cluster, "POST /topics", input).await.with(201);
        self.settle();
    }

    pub(crate) async fn allow(&self, cluster: &str, account: &str, what: [&str; 4]) {
        let [resource_type, resource_name, pattern_type, operation] = what;
        let acl = json!({
            "resource_type": resource_type,
            "resource_name": resource_name,
            "pattern_type": pattern_type,
            "principal": format!("User:{account}"),
            "host": "*",
            "operation": operation,
            "permission": "ALLOW",
        });
        self.kafka(cluster, "POST /acls", acl).await.with(201);
    }
}
