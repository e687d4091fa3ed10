//! Confluent as a test sees it, by plain HTTP of its own: what there is, and what somebody else does there.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;

use base64::Engine;
use serde_json::Value as Json;
use serde_json::json;

use crate::world::World;
use crate::world::until;

/// Keys of an administrator who is not eclusa; the embedded cloud takes any secret.
const CLOUD_KEY: &str = "SOMEBODY:any";
const CLUSTER_KEY: &str = "CLUSTERSOMEBODY:any";

/// The organization of a world's cloud.
pub(crate) struct Confluent<'w>(pub(crate) &'w World);

impl Confluent<'_> {
    /// Asks the control plane; the body of a 2xx, or a panic with the answer.
    pub(crate) fn control(&self, method: &str, path: &str, body: Json) -> Json {
        let port = self.0.server().and_then(|server| server.confluent_port()).unwrap();
        let (status, answer) = asked(port, CLOUD_KEY, method, path, &body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// Asks Kafka REST of a cluster.
    pub(crate) fn kafka(&self, cluster: &str, method: &str, path: &str, body: Json) -> Json {
        let (status, answer) = self.ask_kafka(cluster, method, path, &body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    fn ask_kafka(&self, cluster: &str, method: &str, path: &str, body: &Json) -> (u16, Json) {
        let port = self.0.server().and_then(|server| server.kafka_port()).unwrap();
        let path = format!("/kafka/v3/clusters/{cluster}{path}");
        asked(port, CLUSTER_KEY, method, &path, body)
    }

    /// Everything there is, by `kind name`, with its id; of grants a text.
    pub(crate) fn inventory(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        let mut patterns = BTreeSet::new();
        for environment in self.list("/org/v2/environments?page_size=100") {
            let (id, name) = (text(&environment["id"]), text(&environment["display_name"]));
            patterns.insert(text(&environment["metadata"]["resource_name"]));
            for cluster in self.list(&format!("/cmk/v2/clusters?environment={id}&page_size=100")) {
                self.cluster(&mut all, &id, &cluster);
                let crn = text(&cluster["metadata"]["resource_name"]);
                patterns.insert(crn.split("/kafka=").next().unwrap().to_owned());
            }
            all.insert(format!("environment {name} {id}"), id);
        }
        for account in self.list("/iam/v2/service-accounts?page_size=100") {
            all.insert(
                format!("account {}", text(&account["display_name"])),
                text(&account["id"]),
            );
        }
        for key in self.list("/iam/v2/api-keys?page_size=100") {
            let id = text(&key["id"]);
            all.insert(format!("key {} {id}", text(&key["spec"]["display_name"])), id);
        }
        for pattern in patterns {
            let listed = self.list(&format!("/iam/v2/role-bindings?crn_pattern={pattern}&page_size=100"));
            for binding in listed {
                let (principal, role) = (text(&binding["principal"]), text(&binding["role_name"]));
                let id = text(&binding["id"]);
                all.insert(format!("binding {role} {principal} {id}"), id);
            }
        }
        all
    }

    fn cluster(&self, all: &mut BTreeMap<String, String>, environment: &str, cluster: &Json) {
        let (id, name) = (text(&cluster["id"]), text(&cluster["spec"]["display_name"]));
        let (status, topics) = self.ask_kafka(&id, "GET", "/topics", &Json::Null);
        if status != 200 {
            // It is going, and lets nobody in any more.
            all.insert(format!("cluster {name} {id}"), id);
            return;
        }
        let topics = items(&topics);
        // A sink makes topics of its own.
        for topic in topics
            .iter()
            .filter(|topic| !text(&topic["topic_name"]).contains("-lcc-"))
        {
            all.insert(format!("topic {}", text(&topic["topic_name"])), id.clone());
        }
        for acl in items(&self.kafka(&id, "GET", "/acls?principal=UserV2:*", Json::Null)) {
            let fields = [
                "principal",
                "resource_type",
                "resource_name",
                "pattern_type",
                "operation",
                "permission",
            ];
            let fields: Vec<String> = fields.iter().map(|field| text(&acl[field])).collect();
            all.insert(format!("acl {}", fields.join(" ")), id.clone());
        }
        let connectors = format!("/connect/v1/environments/{environment}/clusters/{id}/connectors?expand=id,status");
        if let Some(connectors) = self.control("GET", &connectors, Json::Null).as_object() {
            for (name, connector) in connectors {
                all.insert(format!("connector {name}"), text(&connector["id"]["id"]));
            }
        }
        all.insert(format!("cluster {name} {id}"), id);
    }

    /// How many there are of each kind.
    pub(crate) fn kinds(&self) -> BTreeMap<String, usize> {
        let mut kinds = BTreeMap::new();
        for name in self.inventory().into_keys() {
            let (kind, _) = name.split_once(' ').unwrap();
            *kinds.entry(kind.to_owned()).or_default() += 1;
        }
        kinds
    }

    /// The id of the only one whose `kind name` begins so.
    pub(crate) fn id(&self, beginning: &str) -> String {
        let all = self.inventory();
        let mut found = all.iter().filter(|(name, _)| name.starts_with(beginning));
        let one = found.next().unwrap_or_else(|| panic!("no {beginning} in {all:?}"));
        assert_eq!(found.count(), 0, "several {beginning} in {all:?}");
        one.1.clone()
    }

    /// What follows in the name of the only one whose `kind name` begins so.
    pub(crate) fn name(&self, beginning: &str) -> String {
        let all = self.inventory();
        let mut found = all.keys().filter_map(|name| name.strip_prefix(beginning));
        let one = found.next().unwrap_or_else(|| panic!("no {beginning} in {all:?}"));
        assert_eq!(found.count(), 0, "several {beginning} in {all:?}");
        one.to_owned()
    }

    /// Makes an environment as somebody else would; its id.
    pub(crate) fn make_environment(&self, name: &str) -> String {
        let made = self.control("POST", "/org/v2/environments", json!({"display_name": name}));
        text(&made["id"])
    }

    /// Makes a cluster as somebody else would, and waits until it can be used; its id.
    pub(crate) fn make_cluster(&self, environment: &str, name: &str) -> String {
        let spec = json!({
            "display_name": name, "availability": "SINGLE_ZONE", "cloud": "AWS", "region": "us-east-1",
            "config": {"kind": "Basic"}, "environment": {"id": environment}
        });
        let id = text(&self.control("POST", "/cmk/v2/clusters", json!({"spec": spec}))["id"]);
        until("the cluster", || {
            let path = format!("/cmk/v2/clusters/{id}?environment={environment}");
            let seen = self.control("GET", &path, Json::Null);
            (seen["status"]["phase"] == "PROVISIONED").then_some(())
        });
        id
    }

    pub(crate) fn make_topic(&self, cluster: &str, name: &str) {
        self.kafka(
            cluster,
            "POST",
            "/topics",
            json!({"topic_name": name, "partitions_count": 1}),
        );
    }

    /// Where the connectors of the only cluster are.
    pub(crate) fn connectors(&self) -> String {
        let (environment, cluster) = (self.id("environment"), self.id("cluster"));
        format!("/connect/v1/environments/{environment}/clusters/{cluster}/connectors")
    }

    fn list(&self, path: &str) -> Vec<Json> {
        items(&self.control("GET", path, Json::Null))
    }
}

/// A description in other words, eclusa's mark left as it is.
pub(crate) fn reworded(description: &Json, words: &str) -> String {
    let description = text(description);
    let mark = description.find("[eclusa ").map_or("", |at| &description[at..]);
    format!("{words} {mark}")
}

/// What a topic needs: a cluster in an environment, and the key of an account that may do everything there.
pub(crate) fn cluster_with_key() -> Vec<(&'static str, Json)> {
    vec![
        ("confluent_environment.main", json!({})),
        (
            "confluent_kafka_cluster.main",
            json!({
                "environment": "${confluent_environment.main}", "cloud": "AWS", "region": "us-east-1", "basic": {}
            }),
        ),
        ("confluent_service_account.admin", json!({})),
        (
            "confluent_role_binding.admin",
            json!({
                "principal": "User:${confluent_service_account.admin.id}",
                "role_name": "CloudClusterAdmin",
                "crn_pattern": "${confluent_kafka_cluster.main.rbac_crn}",
            }),
        ),
        (
            "aws_secretsmanager_secret.admin_key",
            json!({ "recovery_window_in_days": 0 }),
        ),
        (
            "confluent_api_key.admin",
            json!({
                "owner": "${confluent_service_account.admin.id}",
                "managed_resource": "${confluent_kafka_cluster.main}",
                "store": "${aws_secretsmanager_secret.admin_key}",
                "depends_on": ["confluent_role_binding.admin"],
            }),
        ),
    ]
}

/// An ACL of the account `sink`.
pub(crate) fn acl(resource_type: &str, resource_name: &str, pattern_type: &str, operation: &str) -> Json {
    json!({
        "kafka_cluster": "${confluent_kafka_cluster.main}",
        "credentials": "${confluent_api_key.admin}",
        "principal": "User:${confluent_service_account.sink.id}",
        "resource_type": resource_type,
        "resource_name": resource_name,
        "pattern_type": pattern_type,
        "operation": operation,
    })
}

/// What a sink needs: two topics, `one` and `two`, and an account that may read them.
pub(crate) fn cluster_with_sink() -> Vec<(&'static str, Json)> {
    let topic = json!({
        "kafka_cluster": "${confluent_kafka_cluster.main}", "credentials": "${confluent_api_key.admin}", "partitions": 1
    });
    let mut resources = cluster_with_key();
    resources.extend([
        ("confluent_service_account.sink", json!({})),
        ("confluent_kafka_topic.one", topic.clone()),
        ("confluent_kafka_topic.two", topic),
        (
            "confluent_kafka_acl.read",
            acl("TOPIC", "local-telemetry-", "PREFIXED", "READ"),
        ),
        (
            "confluent_kafka_acl.group",
            acl("GROUP", "connect-lcc", "PREFIXED", "READ"),
        ),
        (
            "confluent_kafka_acl.dlq_create",
            acl("TOPIC", "dlq-lcc", "PREFIXED", "CREATE"),
        ),
        (
            "confluent_kafka_acl.dlq_write",
            acl("TOPIC", "dlq-lcc", "PREFIXED", "WRITE"),
        ),
    ]);
    resources
}

/// The configuration of a sink of topic `one`, whose password lies in `environments/local.password`.
pub(crate) fn sink_config() -> Json {
    json!({
        "connector.class": "MongoDbAtlasSink",
        "kafka.auth.mode": "SERVICE_ACCOUNT",
        "kafka.service.account.id": "${confluent_service_account.sink.id}",
        "topics": ["${confluent_kafka_topic.one.name}"],
        "input.data.format": "JSON",
        "connection.host": "cluster0.abcde.mongodb.net",
        "connection.user": "sink",
        "connection.password": { "secret": "file:environments/local.password" },
        "database": "telemetry",
        "tasks.max": 1,
    })
}

fn items(list: &Json) -> Vec<Json> {
    list["data"].as_array().cloned().unwrap_or_default()
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// HTTP/1.0, so that the answer ends with the connection.
fn asked(port: u16, key: &str, method: &str, path: &str, body: &Json) -> (u16, Json) {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let key = base64::prelude::BASE64_STANDARD.encode(key);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nAuthorization: Basic {key}\r\nContent-Type: application/json\r\nContent-Length: \
         {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let answer = serde_json::from_str(body).unwrap_or_else(|_| Json::String(body.to_owned()));
    (status, answer)
}
