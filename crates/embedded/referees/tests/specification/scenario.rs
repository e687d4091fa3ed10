//! One life of everything the embedded Confluent has, with every answer kept.

use serde_json::Value;
use serde_json::json;

use crate::server::Answer;
use crate::server::Server;
use crate::specification::Recorded;

pub(crate) type Answers = Vec<Recorded>;

struct Play {
    server: Server,
    answers: Answers,
}

const CONNECT: &str = "/connect/v1/environments/{environment_id}/clusters/{kafka_cluster_id}";
const KAFKA: &str = "/kafka/v3/clusters/{cluster_id}";

pub(crate) async fn play() -> Answers {
    let mut play = Play {
        server: Server::start().await,
        answers: Vec::new(),
    };
    let environment = play.environment().await;
    let cluster = play.cluster(&environment).await;
    let account = play.account().await;
    play.keys(&account, &cluster).await;
    play.binding(&account, &environment, &cluster).await;
    play.topic(&cluster).await;
    play.acls(&cluster, &account).await;
    play.connector(&environment, &cluster, &account).await;
    play.end(&environment, &cluster, &account).await;
    play.answers
}

impl Play {
    /// Calls, and keeps the answer under the step's name.
    async fn step(&mut self, step: &str, file: &'static str, operation: &str, path: &str, body: Value) -> Value {
        let (method, _) = operation.split_once(' ').unwrap();
        let answer = self.server.call(&format!("{method} {path}"), &body).await;
        self.keep(step, file, operation, answer)
    }

    fn keep(&mut self, step: &str, file: &'static str, operation: &str, answer: Answer) -> Value {
        let Answer { status, body } = answer;
        self.answers.push(Recorded {
            step: step.to_owned(),
            file,
            operation: operation.to_owned(),
            status,
            body: body.clone(),
        });
        body
    }

    /// A step whose operation has no labels in its path but the query.
    async fn plain(&mut self, file: &'static str, operation: &str, query: &str, body: Value) -> Value {
        let (_, path) = operation.split_once(' ').unwrap();
        self.step(operation, file, operation, &format!("{path}{query}"), body)
            .await
    }

    async fn environment(&mut self) -> String {
        let file = "org-v2";
        self.plain(file, "GET /org/v2/organizations", "", Value::Null).await;
        let made = self
            .plain(file, "POST /org/v2/environments", "", json!({"display_name": "main"}))
            .await;
        let id = text(&made["id"]);
        let path = format!("/org/v2/environments/{id}");
        let one = |method: &str| format!("{method} /org/v2/environments/{{id}}");
        self.step(&one("GET"), file, &one("GET"), &path, Value::Null).await;
        self.step(
            "PATCH environment",
            file,
            &one("PATCH"),
            &path,
            json!({"display_name": "other"}),
        )
        .await;
        self.plain(file, "GET /org/v2/environments", "?page_size=1", Value::Null)
            .await;
        self.plain(file, "POST /org/v2/environments", "", json!({"display_name": ""}))
            .await;
        let quotas = "GET /service-quota/v1/applied-quotas";
        self.plain("service-quota-v1", quotas, "?scope=ORGANIZATION", Value::Null)
            .await;
        id
    }

    async fn cluster(&mut self, environment: &str) -> String {
        let file = "cmk-v2";
        let spec = json!({"display_name": "main", "availability": "SINGLE_ZONE", "cloud": "AWS", "region": "us-east-1",
            "config": {"kind": "Basic"}, "environment": {"id": environment}});
        let made = self
            .plain(file, "POST /cmk/v2/clusters", "", json!({"spec": spec}))
            .await;
        let id = text(&made["id"]);
        let path = format!("/cmk/v2/clusters/{id}?environment={environment}");
        let provisioned = |answer: &Answer| answer.body["status"]["phase"] == "PROVISIONED";
        let answer = self.server.until(&format!("GET {path}"), provisioned).await;
        self.keep("GET /cmk/v2/clusters/{id}", file, "GET /cmk/v2/clusters/{id}", answer);
        let query = format!("?environment={environment}");
        self.plain(file, "GET /cmk/v2/clusters", &query, Value::Null).await;
        let change = json!({"spec": {"display_name": "new", "environment": {"id": environment}}});
        let bare = format!("/cmk/v2/clusters/{id}");
        self.step("PATCH cluster", file, "PATCH /cmk/v2/clusters/{id}", &bare, change)
            .await;
        let request = format!("GET /srcm/v3/clusters{query}");
        let answer = self
            .server
            .until(&request, |answer| !answer.body["data"][0].is_null())
            .await;
        self.keep("GET /srcm/v3/clusters", "srcm-v3", "GET /srcm/v3/clusters", answer);
        id
    }

    async fn account(&mut self) -> String {
        let file = "iam-v2";
        let input = json!({"display_name": "sink", "description": "d"});
        let made = self
            .plain(file, "POST /iam/v2/service-accounts", "", input.clone())
            .await;
        let id = text(&made["id"]);
        let path = format!("/iam/v2/service-accounts/{id}");
        let one = |method: &str| format!("{method} /iam/v2/service-accounts/{{id}}");
        self.step("GET account", file, &one("GET"), &path, Value::Null).await;
        self.step("PATCH account", file, &one("PATCH"), &path, json!({"description": "e"}))
            .await;
        self.plain(file, "GET /iam/v2/service-accounts", "", Value::Null).await;
        self.plain(file, "POST /iam/v2/service-accounts", "", input).await;
        id
    }

    async fn keys(&mut self, account: &str, cluster: &str) {
        let file = "apikeys-v2";
        let post = "POST /iam/v2/api-keys";
        let spec = json!({"display_name": "k", "owner": {"id": account}, "resource": {"id": cluster}});
        let made = self.plain(file, post, "", json!({"spec": spec})).await;
        let path = format!("/iam/v2/api-keys/{}", text(&made["id"]));
        let one = |method: &str| format!("{method} /iam/v2/api-keys/{{id}}");
        self.step(&one("GET"), file, &one("GET"), &path, Value::Null).await;
        self.step(
            "PATCH key",
            file,
            &one("PATCH"),
            &path,
            json!({"spec": {"description": "d"}}),
        )
        .await;
        self.plain(file, "GET /iam/v2/api-keys", "?page_size=100", Value::Null)
            .await;
        self.step("DELETE key", file, &one("DELETE"), &path, Value::Null).await;
        self.step("GET /iam/v2/api-keys/{id} gone", file, &one("GET"), &path, Value::Null)
            .await;
        let spec = json!({"owner": {"id": account}});
        let step = "POST /iam/v2/api-keys cloud";
        self.step(step, file, post, "/iam/v2/api-keys", json!({"spec": spec}))
            .await;
    }

    async fn binding(&mut self, account: &str, environment: &str, cluster: &str) {
        let file = "mds-v2";
        let organization = text(&self.answers[0].body["data"][0]["id"]);
        let crn = format!(
            "crn://confluent.cloud/organization={organization}/environment={environment}/cloud-cluster={cluster}"
        );
        let input =
            json!({"principal": format!("User:{account}"), "role_name": "CloudClusterAdmin", "crn_pattern": crn});
        let made = self.plain(file, "POST /iam/v2/role-bindings", "", input).await;
        let path = format!("/iam/v2/role-bindings/{}", text(&made["id"]));
        let one = |method: &str| format!("{method} /iam/v2/role-bindings/{{id}}");
        self.step("GET binding", file, &one("GET"), &path, Value::Null).await;
        self.plain(
            file,
            "GET /iam/v2/role-bindings",
            &format!("?crn_pattern={crn}"),
            Value::Null,
        )
        .await;
        self.step("DELETE binding", file, &one("DELETE"), &path, Value::Null)
            .await;
    }

    async fn kafka(
        &mut self,
        step: &str,
        cluster: &str,
        method: &str,
        template: &str,
        path: &str,
        body: Value,
    ) -> Value {
        let operation = format!("{method} {KAFKA}{template}");
        let path = format!("/kafka/v3/clusters/{cluster}{path}");
        self.step(step, "kafkarest-v3", &operation, &path, body).await
    }

    async fn topic(&mut self, cluster: &str) {
        self.kafka("GET cluster", cluster, "GET", "", "", Value::Null).await;
        let configs = json!([{"name": "retention.ms", "value": "60000"}]);
        let input = json!({"topic_name": "t", "configs": configs});
        self.kafka("POST topics", cluster, "POST", "/topics", "/topics", input.clone())
            .await;
        self.kafka("POST topics again", cluster, "POST", "/topics", "/topics", input)
            .await;
        let request = format!("GET /kafka/v3/clusters/{cluster}/topics/t");
        let answer = self.server.until(&request, |answer| answer.status == 200).await;
        self.keep(
            "GET topic",
            "kafkarest-v3",
            &format!("GET {KAFKA}/topics/{{topic_name}}"),
            answer,
        );
        for (step, method, template, path, body) in [
            ("GET topics", "GET", "/topics", "/topics", Value::Null),
            (
                "PATCH topic",
                "PATCH",
                "/topics/{topic_name}",
                "/topics/t",
                json!({"partitions_count": 9}),
            ),
            (
                "PATCH topic again",
                "PATCH",
                "/topics/{topic_name}",
                "/topics/t",
                json!({"partitions_count": 9}),
            ),
            (
                "GET configs",
                "GET",
                "/topics/{topic_name}/configs",
                "/topics/t/configs",
                Value::Null,
            ),
            (
                "GET all configs",
                "GET",
                "/topics/-/configs",
                "/topics/-/configs",
                Value::Null,
            ),
            (
                "GET default configs",
                "GET",
                "/topics/{topic_name}/default-configs",
                "/topics/t/default-configs",
                Value::Null,
            ),
            (
                "GET config",
                "GET",
                "/topics/{topic_name}/configs/{name}",
                "/topics/t/configs/retention.ms",
                Value::Null,
            ),
            (
                "alter",
                "POST",
                "/topics/{topic_name}/configs:alter",
                "/topics/t/configs:alter",
                json!({"data": [{"name": "retention.ms", "operation": "DELETE"}]}),
            ),
            (
                "GET no topic",
                "GET",
                "/topics/{topic_name}",
                "/topics/none",
                Value::Null,
            ),
        ] {
            self.kafka(step, cluster, method, template, path, body).await;
        }
    }

    async fn acls(&mut self, cluster: &str, account: &str) {
        let acl = |resource_type: &str, resource_name: &str, pattern_type: &str, operation: &str| {
            json!({"resource_type": resource_type, "resource_name": resource_name, "pattern_type": pattern_type,
                "principal": format!("User:{account}"), "host": "*", "operation": operation, "permission": "ALLOW"})
        };
        let first = acl("TOPIC", "t", "LITERAL", "READ");
        self.kafka("POST acl", cluster, "POST", "/acls", "/acls", first).await;
        let batch = json!({"data": [
            acl("GROUP", "connect-lcc", "PREFIXED", "READ"),
            acl("TOPIC", "dlq-lcc", "PREFIXED", "CREATE"),
            acl("TOPIC", "dlq-lcc", "PREFIXED", "WRITE"),
            acl("TOPIC", "other", "LITERAL", "READ"),
        ]});
        self.kafka("POST acls", cluster, "POST", "/acls:batch", "/acls:batch", batch)
            .await;
        self.kafka(
            "GET acls",
            cluster,
            "GET",
            "/acls",
            "/acls?principal=UserV2:*",
            Value::Null,
        )
        .await;
        let filter = "/acls?resource_type=TOPIC&resource_name=other&pattern_type=LITERAL&operation=ANY&permission=ANY";
        self.kafka("DELETE acls", cluster, "DELETE", "/acls", filter, Value::Null)
            .await;
    }

    async fn connector(&mut self, environment: &str, cluster: &str, account: &str) {
        let base = format!("/connect/v1/environments/{environment}/clusters/{cluster}");
        let config = json!({"connector.class": "MongoDbAtlasSink", "name": "sink", "kafka.auth.mode": "SERVICE_ACCOUNT",
            "kafka.service.account.id": account, "topics": "t", "input.data.format": "JSON",
            "connection.host": "c.mongodb.net", "connection.user": "u", "connection.password": "p", "database": "d",
            "tasks.max": "1"});
        let one = "/connectors/{connector_name}";
        let made = json!({"name": "sink", "config": config});
        self.connect("POST connector", &base, "POST /connectors", "/connectors", made)
            .await;
        let running = |answer: &Answer| answer.body["connector"]["state"] == "RUNNING";
        let answer = self
            .server
            .until(&format!("GET {base}/connectors/sink/status"), running)
            .await;
        self.keep(
            "GET status",
            "connect-v1",
            &format!("GET {CONNECT}{one}/status"),
            answer,
        );
        let plugin = "/connector-plugins/{plugin_name}/config/validate";
        let sink = "/connector-plugins/MongoDbAtlasSink/config/validate";
        for (step, operation, path, body) in [
            (
                "GET connectors",
                "GET /connectors".to_owned(),
                "/connectors",
                Value::Null,
            ),
            (
                "GET connectors expanded",
                "GET /connectors?expand=info,status,id".to_owned(),
                "/connectors?expand=info,status,id",
                Value::Null,
            ),
            ("GET connector", format!("GET {one}"), "/connectors/sink", Value::Null),
            (
                "GET config",
                format!("GET {one}/config"),
                "/connectors/sink/config",
                Value::Null,
            ),
            (
                "PUT config",
                format!("PUT {one}/config"),
                "/connectors/sink/config",
                config.clone(),
            ),
            (
                "GET tasks",
                format!("GET {one}/tasks"),
                "/connectors/sink/tasks",
                Value::Null,
            ),
            (
                "pause",
                format!("PUT {one}/pause"),
                "/connectors/sink/pause",
                Value::Null,
            ),
            (
                "resume",
                format!("PUT {one}/resume"),
                "/connectors/sink/resume",
                Value::Null,
            ),
            (
                "GET plugins",
                "GET /connector-plugins".to_owned(),
                "/connector-plugins",
                Value::Null,
            ),
            ("validate", format!("PUT {plugin}"), sink, config),
            (
                "DELETE connector",
                format!("DELETE {one}"),
                "/connectors/sink",
                Value::Null,
            ),
        ] {
            self.connect(step, &base, &operation, path, body).await;
        }
        let gone = |answer: &Answer| answer.status == 404;
        let answer = self.server.until(&format!("GET {base}/connectors/sink"), gone).await;
        self.keep("GET connector gone", "", "", answer);
    }

    async fn connect(&mut self, step: &str, base: &str, operation: &str, path: &str, body: Value) {
        let (method, template) = operation.split_once(' ').unwrap();
        let operation = format!("{method} {CONNECT}{template}");
        self.step(step, "connect-v1", &operation, &format!("{base}{path}"), body)
            .await;
    }

    async fn end(&mut self, environment: &str, cluster: &str, account: &str) {
        self.kafka(
            "DELETE topic",
            cluster,
            "DELETE",
            "/topics/{topic_name}",
            "/topics/t",
            Value::Null,
        )
        .await;
        let path = format!("/cmk/v2/clusters/{cluster}?environment={environment}");
        self.step(
            "DELETE cluster",
            "cmk-v2",
            "DELETE /cmk/v2/clusters/{id}",
            &path,
            Value::Null,
        )
        .await;
        let answer = self
            .server
            .until(&format!("GET {path}"), |answer| answer.status == 403)
            .await;
        self.keep(
            "GET /cmk/v2/clusters/{id} gone",
            "cmk-v2",
            "GET /cmk/v2/clusters/{id}",
            answer,
        );
        for (file, things, id) in [
            ("iam-v2", "/iam/v2/service-accounts", account),
            ("org-v2", "/org/v2/environments", environment),
        ] {
            let path = format!("{things}/{id}");
            let delete = format!("DELETE {things}/{{id}}");
            self.step(&delete, file, &delete, &path, Value::Null).await;
            let get = format!("GET {things}/{{id}}");
            self.step(&format!("{get} gone"), file, &get, &path, Value::Null).await;
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
