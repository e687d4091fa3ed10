//! The bodies that Confluent's own Terraform provider is tested with, answered to the client: what it makes of each.
//!
//! `ECLUSA_REFEREES` names the folder that holds them (`recorded/`). Expected values are read from the bodies themselves.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use eclusa::apply::event::Events;
use eclusa::clients::Class;
use eclusa::clients::Io;
use eclusa::clients::ProviderError;
use eclusa::clients::aws;
use eclusa::clients::aws::Aws;
use eclusa::clients::confluent::ApiKey;
use eclusa::clients::confluent::ClusterHost;
use eclusa::clients::confluent::Confluent;
use eclusa::clients::confluent::Endpoint;
use eclusa::clients::confluent::api_keys;
use eclusa::clients::confluent::clusters;
use eclusa::clients::confluent::connectors;
use eclusa::clients::confluent::connectors::ConnectorConfig;
use eclusa::clients::confluent::connectors::plugin;
use eclusa::clients::confluent::environments;
use eclusa::clients::confluent::service_accounts;
use eclusa::clients::confluent::topic_configs;
use eclusa::clients::confluent::topics;
use eclusa::clients::secrets::Secrets;
use eclusa_planner::environment::declared::Limits;
use eclusa_planner::resource::Place;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde_json::Value as Json;

use crate::given;

/// What one request is answered with.
struct Published {
    body: String,
    json: Json,
    runtime: tokio::runtime::Runtime,
    io: Io,
}

/// The text at a place of a body.
fn at<'j>(json: &'j Json, pointer: &str) -> &'j str {
    let found = json
        .pointer(pointer)
        .unwrap_or_else(|| panic!("no {pointer} in {json}"));
    found.as_str().unwrap_or_else(|| panic!("{pointer} is {found}"))
}

impl Published {
    /// A client whose every call is answered with this file.
    fn answered(status: u16, file: &str) -> Self {
        let path = PathBuf::from(given("ECLUSA_REFEREES")).join("recorded").join(file);
        let body = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let kind = if file.ends_with("html") {
            "text/html"
        } else {
            "application/json"
        };
        let url = serve(status, kind, body.clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let io = runtime.block_on(io(&url));
        let json = serde_json::from_str(&body).unwrap_or(Json::Null);
        Self {
            body,
            json,
            runtime,
            io,
        }
    }

    fn ask<T>(&self, call: impl Future<Output = Result<T, ProviderError>>) -> T {
        self.runtime
            .block_on(call)
            .unwrap_or_else(|error| panic!("{error}\n{}", self.body))
    }

    /// The class and the text of the refusal that a body is.
    fn refused<T>(&self, call: impl Future<Output = Result<T, ProviderError>>) -> ProviderError {
        match self.runtime.block_on(call) {
            Err(error) => error,
            Ok(_) => panic!("not refused: {}", self.body),
        }
    }

    fn cluster(&self) -> ClusterHost {
        let key = ApiKey::new("CLUSTERKEY", SecretString::from("dummy"));
        let host = self
            .io
            .confluent
            .cluster("lkc-1", "https://pkc-1.confluent.cloud:443", key);
        host.expect("a host")
    }
}

/// Answers every request alike, until the process ends.
fn serve(status: u16, kind: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            let mut line = String::new();
            while request.read_line(&mut line).is_ok_and(|read| read > 2) {
                let named = line.to_ascii_lowercase();
                if let Some(text) = named.strip_prefix("content-length:") {
                    length = text.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut sent = vec![0; length];
            let _ = request.read_exact(&mut sent);
            let _ = write!(
                stream,
                "HTTP/1.1 {status} Published\r\ncontent-type: {kind}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    url
}

async fn io(url: &str) -> Io {
    let limits = Limits {
        call: Duration::from_secs(20),
        wait: Duration::ZERO,
    };
    let aws = Aws::connect("us-east-1", &aws::Endpoint::Embedded(url.to_owned()), limits.call).await;
    let endpoint = Endpoint::Embedded {
        control: Some(url.to_owned()),
        kafka: Some(url.to_owned()),
    };
    let place = Place {
        environment: "local".to_owned(),
        account: None,
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        organization: None,
    };
    let secrets = Secrets::of(std::path::Path::new("."), "environments/local.yaml");
    let confluent = Confluent::connect(&endpoint, None, limits.call);
    Io::new(aws, confluent, secrets, place, limits, Events::channel().0).unleased()
}

const IN: connectors::In<'static> = connectors::In {
    environment: "env-1j3m9j",
    cluster: "lkc-vnwdjz",
};

#[test]
fn environments_are_read_from_published_bodies() {
    for file in ["environment/read_created_env.json", "environment/read_updated_env.json"] {
        let published = Published::answered(200, file);
        let environment = published.ask(environments::get(&published.io, "env-1jrymj"));
        assert_eq!(environment.id, at(&published.json, "/id"));
        assert_eq!(environment.display_name, at(&published.json, "/display_name"));
        assert_eq!(
            environment.metadata.resource_name,
            at(&published.json, "/metadata/resource_name")
        );
    }
    for file in [
        "environment/read_envs.json",
        "organization/read_environments.json",
        "apikey/read_list_envs_200.json",
    ] {
        let published = Published::answered(200, file);
        let all = published.ask(environments::list(&published.io));
        let listed = published.json["data"].as_array().cloned().unwrap_or_default();
        let ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(
            ids,
            listed.iter().map(|one| at(one, "/id")).collect::<Vec<_>>(),
            "{file}"
        );
    }
    let published = Published::answered(201, "environment/create_env.json");
    let made = published.ask(environments::create(&published.io, "test", Some("ESSENTIALS")));
    assert_eq!(made.id, at(&published.json, "/id"));
    let published = Published::answered(404, "environment/read_deleted_env.json");
    let gone = published.refused(environments::get(&published.io, "env-1jrymj"));
    assert_eq!(gone.class, Class::NotFound, "{gone}");
}

#[test]
fn clusters_are_read_from_published_bodies() {
    for file in [
        "kafka/read_created_kafka.json",
        "kafka/read_updated_kafka.json",
        "enterprise_kafka/read_created_kafka.json",
        "apikey/read_kafka.json",
    ] {
        let published = Published::answered(200, file);
        let cluster = published.ask(clusters::get(&published.io, "env-1jrymj", "lkc-19ynpv"));
        let json = &published.json;
        assert_eq!(cluster.id, at(json, "/id"));
        assert_eq!(cluster.spec.display_name, at(json, "/spec/display_name"));
        assert_eq!(cluster.spec.http_endpoint, at(json, "/spec/http_endpoint"));
        assert_eq!(
            cluster.spec.kafka_bootstrap_endpoint,
            at(json, "/spec/kafka_bootstrap_endpoint")
        );
        assert_eq!(cluster.spec.region, at(json, "/spec/region"));
        assert_eq!(cluster.status.phase, at(json, "/status/phase"));
    }
    let published = Published::answered(200, "kafka/read_kafkas.json");
    let all = published.ask(clusters::list(&published.io, "env-1jrymj"));
    assert_eq!(all.len(), published.json["data"].as_array().unwrap().len());
    for file in ["kafka/read_deleted_kafka.json", "kafka/read_deleted_cluster.json"] {
        let published = Published::answered(403, file);
        let gone = published.refused(clusters::get(&published.io, "env-1jrymj", "lkc-19ynpv"));
        assert_eq!(gone.class, Class::Denied, "{gone}");
    }
}

#[test]
fn accounts_are_read_from_published_bodies() {
    for (status, file) in [
        (200, "service_account/read_created_sa.json"),
        (200, "service_account/read_updated_sa.json"),
    ] {
        let published = Published::answered(status, file);
        let account = published.ask(service_accounts::get(&published.io, "sa-1jjv26"));
        assert_eq!(account.id, at(&published.json, "/id"));
        assert_eq!(account.display_name, at(&published.json, "/display_name"));
        assert_eq!(account.description, at(&published.json, "/description"));
    }
    let published = Published::answered(201, "service_account/create_sa.json");
    let made = published.ask(service_accounts::create(&published.io, "test", "description"));
    assert_eq!(made.id, at(&published.json, "/id"));
    let published = Published::answered(404, "service_account/read_deleted_sa.json");
    let gone = published.refused(service_accounts::get(&published.io, "sa-1jjv26"));
    assert_eq!(gone.class, Class::NotFound, "{gone}");
}

#[test]
fn keys_are_read_from_published_bodies_and_their_secret_once() {
    for (file, is_cloud) in [
        ("apikey/read_created_kafka_api_key.json", false),
        ("apikey/read_updated_kafka_api_key.json", false),
        ("apikey/read_created_cloud_api_key.json", true),
    ] {
        let published = Published::answered(200, file);
        let key = published.ask(api_keys::get(&published.io, "7FJIYKQ4SGQDQ72H"));
        assert_eq!(key.id, at(&published.json, "/id"));
        assert_eq!(key.spec.display_name, at(&published.json, "/spec/display_name"));
        assert_eq!(key.spec.owner.id, at(&published.json, "/spec/owner/id"));
        assert_eq!(key.spec.is_cloud(), is_cloud, "{file}");
    }
    for file in ["apikey/create_kafka_api_key.json", "apikey/create_cloud_api_key.json"] {
        let published = Published::answered(201, file);
        let new = api_keys::NewKey {
            owner: "sa-1",
            display_name: "test",
            description: "",
            scope: api_keys::Scope::Cloud,
        };
        let key = published.ask(api_keys::create(&published.io, &new));
        assert_eq!(key.id(), at(&published.json, "/id"));
        assert_eq!(key.secret().expose_secret(), at(&published.json, "/spec/secret"));
    }
    for file in [
        "apikey/read_deleted_kafka_api_key.json",
        "apikey/read_deleted_cloud_api_key.json",
    ] {
        let published = Published::answered(403, file);
        let gone = published.refused(api_keys::get(&published.io, "7FJIYKQ4SGQDQ72H"));
        assert_eq!(gone.class, Class::Denied, "{gone}");
    }
    let published = Published::answered(401, "apikey/read_list_envs_401.json");
    let refused = published.refused(environments::list(&published.io));
    assert_eq!(refused.class, Class::Credentials, "{refused}");
}

#[test]
fn topics_and_their_settings_are_read_from_published_bodies() {
    for file in [
        "kafka_topic/read_created_kafka_topic.json",
        "kafka_topic/read_updated_kafka_topic.json",
    ] {
        let published = Published::answered(200, file);
        let topic = published.ask(topics::get(&published.io, &published.cluster(), "test"));
        assert_eq!(topic.name, at(&published.json, "/topic_name"));
        let partitions = published.json["partitions_count"].as_u64().unwrap();
        assert_eq!(u64::from(topic.partitions_count), partitions);
    }
    for file in [
        "kafka_topic/read_created_kafka_topic_config.json",
        "kafka_topic/read_updated_kafka_topic_config.json",
    ] {
        let published = Published::answered(200, file);
        let settings = published.ask(topic_configs::list(&published.io, &published.cluster(), "test"));
        let names: Vec<&str> = settings.iter().map(|one| one.name.as_str()).collect();
        let listed = published.json["data"].as_array().unwrap();
        assert_eq!(
            names,
            listed.iter().map(|one| at(one, "/name")).collect::<Vec<_>>(),
            "{file}"
        );
    }
    let published = Published::answered(200, "apikey/read_list_topics_200.json");
    assert_eq!(published.ask(topics::list(&published.io, &published.cluster())), []);
    // A page of a web server, not an answer of an API.
    let published = Published::answered(401, "apikey/read_list_topics_401.html");
    let refused = published.refused(topics::list(&published.io, &published.cluster()));
    assert_eq!(refused.class, Class::Credentials, "{refused}");
    assert!(!refused.to_string().contains('<'), "{refused}");
}

#[test]
fn connectors_are_read_from_published_bodies() {
    let published = Published::answered(200, "connector/managed/read_created_connectors.json");
    let all = published.ask(connectors::list(&published.io, IN));
    let one = &all["test_connector"];
    assert_eq!(one.id.id, at(&published.json, "/test_connector/id/id"));
    assert_eq!(
        one.status.connector.state,
        at(&published.json, "/test_connector/status/connector/state")
    );
    let sent = published.json["test_connector"]["info"]["config"].as_object().unwrap();
    assert_eq!(one.info.config.len(), sent.len());
    let published = Published::answered(200, "connector/managed/read_running_connector.json");
    let status = published.ask(connectors::status(&published.io, IN, "test_connector"));
    assert_eq!(status.connector.state, at(&published.json, "/connector/state"));
    let published = Published::answered(404, "connector/managed/read_deleted_connector.json");
    let gone = published.refused(connectors::status(&published.io, IN, "test_connector"));
    assert_eq!(gone.class, Class::NotFound, "{gone}");
    let published = Published::answered(200, "connector/managed/validate.json");
    let asked = ConnectorConfig::default();
    let judged = published.ask(plugin::validate(&published.io, IN, "DatagenSourceInternal", &asked));
    assert_eq!(
        u64::from(judged.error_count),
        published.json["error_count"].as_u64().unwrap()
    );
    assert_eq!(
        judged.properties.len(),
        published.json["configs"].as_array().unwrap().len()
    );
}
