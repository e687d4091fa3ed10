//! What is sent for each object, and what is read of it.

use std::collections::BTreeMap;
use std::slice;

use secrecy::ExposeSecret;
use secrecy::SecretString;

use crate::clients::Class;
use crate::clients::confluent::acls;
use crate::clients::confluent::acls::Acl;
use crate::clients::confluent::api_keys;
use crate::clients::confluent::api_keys::NewKey;
use crate::clients::confluent::api_keys::Scope;
use crate::clients::confluent::clusters;
use crate::clients::confluent::clusters::NewCluster;
use crate::clients::confluent::clusters::NewConfig;
use crate::clients::confluent::connectors;
use crate::clients::confluent::connectors::ConnectorConfig;
use crate::clients::confluent::connectors::In;
use crate::clients::confluent::connectors::plugin;
use crate::clients::confluent::environments;
use crate::clients::confluent::role_bindings;
use crate::clients::confluent::service_accounts;
use crate::clients::confluent::testing::Canned;
use crate::clients::confluent::testing::answer;
use crate::clients::confluent::testing::host;
use crate::clients::confluent::testing::io;
use crate::clients::confluent::testing::writing;
use crate::clients::confluent::topic_configs;
use crate::clients::confluent::topic_configs::Alteration;
use crate::clients::confluent::topics;

const OF: In<'_> = In {
    environment: "env-1",
    cluster: "lkc-1",
};

fn answers(bodies: &[&str]) -> Vec<Vec<u8>> {
    bodies.iter().map(|body| answer(200, "", body)).collect()
}

/// Line and body of everything that was sent.
fn sent(canned: &Canned) -> Vec<(String, String)> {
    canned.seen().into_iter().map(|seen| (seen.line, seen.body)).collect()
}

fn expected(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(line, body): &(&str, &str)| ((*line).to_owned(), (*body).to_owned());
    pairs.iter().map(owned).collect()
}

#[tokio::test]
async fn environments_accounts_and_bindings_are_sent_as_they_are_specified() {
    let made = [r#"{"id":"x-1"}"#; 3];
    let canned = Canned::serve([answers(&made), answers(&["{}", "{}", r#"{"data":null}"#, ""])].concat()).await;
    let io = writing(&io(&canned.url).await);
    environments::create(&io, "dev", Some("ESSENTIALS")).await.unwrap();
    service_accounts::create(&io, "bridge-1", "writes").await.unwrap();
    role_bindings::create(&io, "User:sa-1", "Operator", "crn://c/x=1")
        .await
        .unwrap();
    let renamed = environments::Change {
        display_name: Some("new"),
        stream_governance: None,
    };
    environments::update(&io, "env-1", renamed).await.unwrap();
    service_accounts::update(&io, "sa-1", "").await.unwrap();
    assert_eq!(service_accounts::find(&io, "a b").await.unwrap(), None);
    role_bindings::delete(&io, "rb-1").await.unwrap();
    let governed = r#"{"display_name":"dev","stream_governance_config":{"package":"ESSENTIALS"}}"#;
    let bound = r#"{"principal":"User:sa-1","role_name":"Operator","crn_pattern":"crn://c/x=1"}"#;
    let all = [
        ("POST /org/v2/environments", governed),
        (
            "POST /iam/v2/service-accounts",
            r#"{"display_name":"bridge-1","description":"writes"}"#,
        ),
        ("POST /iam/v2/role-bindings", bound),
        ("PATCH /org/v2/environments/env-1", r#"{"display_name":"new"}"#),
        ("PATCH /iam/v2/service-accounts/sa-1", r#"{"description":""}"#),
        ("GET /iam/v2/service-accounts?display_name=a%20b&page_size=100", ""),
        ("DELETE /iam/v2/role-bindings/rb-1", ""),
    ];
    assert_eq!(sent(&canned), expected(&all));
    assert!(canned.seen()[0].headers.contains("content-type: application/json"));
}

#[tokio::test]
async fn a_cluster_is_made_whole_and_changed_only_in_what_changes() {
    let canned = Canned::serve(answers(&[
        r#"{"id":"lkc-1","spec":null,"status":{"phase":"NEW"}}"#,
        "{}",
    ]))
    .await;
    let io = writing(&io(&canned.url).await);
    let basic = NewConfig {
        kind: "Basic",
        ..NewConfig::default()
    };
    let new = NewCluster {
        environment: "env-1",
        display_name: "main",
        availability: "SINGLE_ZONE",
        cloud: "AWS",
        region: "eu-west-1",
        config: basic,
        deletion_protection: None,
        network: None,
        byok: None,
    };
    assert_eq!(clusters::create(&io, &new).await.unwrap().status.phase, "NEW");
    let change = clusters::Change {
        config: Some(NewConfig {
            kind: "Standard",
            ..basic
        }),
        ..clusters::Change::default()
    };
    clusters::update(&io, "env-1", "lkc-1", change).await.unwrap();
    let made = concat!(
        r#"{"spec":{"display_name":"main","availability":"SINGLE_ZONE","cloud":"AWS","region":"eu-west-1","#,
        r#""config":{"kind":"Basic"},"environment":{"id":"env-1"}}}"#
    );
    let changed = r#"{"spec":{"environment":{"id":"env-1"},"config":{"kind":"Standard"}}}"#;
    let all = [
        ("POST /cmk/v2/clusters", made),
        ("PATCH /cmk/v2/clusters/lkc-1", changed),
    ];
    assert_eq!(sent(&canned), expected(&all));
}

#[tokio::test]
async fn a_key_s_secret_is_kept_once_and_an_answer_without_it_counts_as_lost() {
    let made = r#"{"id":"KEY","spec":{"secret":"hush"}}"#;
    let canned = Canned::serve(answers(&[
        made,
        made,
        r#"{"id":"KEY","spec":{"secret":""}}"#,
        "{\"hush",
    ]))
    .await;
    let io = writing(&io(&canned.url).await);
    let new = NewKey {
        owner: "sa-1",
        display_name: "bridge",
        description: "[eclusa]",
        scope: Scope::Cloud,
    };
    let key = api_keys::create(&io, &new).await.unwrap();
    assert_eq!((key.id(), key.secret().expose_secret()), ("KEY", "hush"));
    let scope = Scope::Cluster {
        id: "lkc-1",
        environment: "env-1",
    };
    api_keys::create(&io, &NewKey { scope, ..new }).await.unwrap();
    for _ in 0..2 {
        let error = api_keys::create(&io, &new).await.unwrap_err();
        assert_eq!(error.class, Class::AnswerLost);
        assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
    }
    let common = r#""display_name":"bridge","description":"[eclusa]","owner":{"id":"sa-1"}"#;
    let resource = r#"{"id":"lkc-1","kind":"Cluster","api_version":"cmk/v2","environment":"env-1"}"#;
    let seen = canned.seen();
    assert_eq!(seen[0].body, format!(r#"{{"spec":{{{common}}}}}"#));
    assert_eq!(
        seen[1].body,
        format!(r#"{{"spec":{{{common},"resource":{resource}}}}}"#)
    );
}

#[tokio::test]
async fn topics_and_their_settings_are_sent_in_one_call_each() {
    let configs = r#"{"data":[{"topic_name":"air","name":"retention.ms","value":"1","source":"DYNAMIC_TOPIC_CONFIG"},
        {"topic_name":"air","name":"x","value":null,"is_sensitive":true,"source":"STATIC_BROKER_CONFIG"}]}"#;
    let canned = Canned::serve(answers(&["{}", "", "", configs])).await;
    let io = writing(&io(&canned.url).await);
    let host = host(&io);
    let config = BTreeMap::from([("retention.ms".to_owned(), "1".to_owned())]);
    topics::create(&io, &host, "air", Some(6), &config).await.unwrap();
    let changes = [
        Alteration::Set {
            name: "retention.ms",
            value: "2",
        },
        Alteration::Unset { name: "cleanup.policy" },
    ];
    topic_configs::alter(&io, &host, "air", &changes).await.unwrap();
    topics::raise_partitions(&io, &host, "air", 9).await.unwrap();
    let settings = topic_configs::list_all(&io, &host).await.unwrap();
    let read: Vec<_> = settings
        .iter()
        .map(|setting| {
            (
                setting.name.as_str(),
                setting.value.as_deref(),
                setting.is_set_on_topic(),
            )
        })
        .collect();
    assert_eq!(read, [("retention.ms", Some("1"), true), ("x", None, false)]);
    let made = concat!(
        r#"{"topic_name":"air","partitions_count":6,"#,
        r#""configs":[{"name":"retention.ms","value":"1"}]}"#
    );
    let altered = concat!(
        r#"{"data":[{"name":"retention.ms","value":"2"},"#,
        r#"{"name":"cleanup.policy","operation":"DELETE"}]}"#
    );
    let all = [
        ("POST /kafka/v3/clusters/lkc-1/topics", made),
        ("POST /kafka/v3/clusters/lkc-1/topics/air/configs:alter", altered),
        ("PATCH /kafka/v3/clusters/lkc-1/topics/air", r#"{"partitions_count":9}"#),
        ("GET /kafka/v3/clusters/lkc-1/topics/-/configs", ""),
    ];
    assert_eq!(sent(&canned), expected(&all));
}

#[tokio::test]
async fn grants_are_listed_by_account_made_in_a_batch_and_deleted_by_all_their_fields() {
    let acl = Acl {
        resource_type: "TOPIC".to_owned(),
        resource_name: "*".to_owned(),
        pattern_type: "LITERAL".to_owned(),
        principal: "User:sa-1".to_owned(),
        host: "*".to_owned(),
        operation: "READ".to_owned(),
        permission: "ALLOW".to_owned(),
    };
    let text = serde_json::to_string(&acl).unwrap();
    let listed = format!(r#"{{"data":[{text}]}}"#);
    let canned = Canned::serve(answers(&[&listed, "", &listed, "{\"data\":null}"])).await;
    let io = writing(&io(&canned.url).await);
    let host = host(&io);
    assert_eq!(acls::list(&io, &host).await.unwrap(), slice::from_ref(&acl));
    acls::create_batch(&io, &host, &[acl.clone(), acl.clone()])
        .await
        .unwrap();
    assert_eq!(acls::delete(&io, &host, &acl).await.unwrap(), slice::from_ref(&acl));
    assert_eq!(acls::delete(&io, &host, &acl).await.unwrap(), []);
    let filter = concat!(
        "resource_type=TOPIC&resource_name=%2A&pattern_type=LITERAL&principal=User%3Asa-1",
        "&host=%2A&operation=READ&permission=ALLOW"
    );
    let delete = format!("DELETE /kafka/v3/clusters/lkc-1/acls?{filter}");
    let batch = format!(r#"{{"data":[{text},{text}]}}"#);
    let all = [
        ("GET /kafka/v3/clusters/lkc-1/acls?principal=UserV2%3A%2A", ""),
        ("POST /kafka/v3/clusters/lkc-1/acls:batch", batch.as_str()),
        (delete.as_str(), ""),
        (delete.as_str(), ""),
    ];
    assert_eq!(sent(&canned), expected(&all));
}

#[tokio::test]
async fn connectors_are_listed_whole_and_an_empty_list_has_two_forms() {
    let listed = r#"{"sink":{"id":{"id":"lcc-1","id_type":"ID"},
        "info":{"name":"sink","type":"sink","config":{"tasks.max":1,"connection.password":"****************"}},
        "status":{"connector":{"state":"FAILED","trace":"why"},"tasks":[{"id":0,"state":"STOPPED"}]}}}"#;
    let canned = Canned::serve(answers(&[listed, "{}", "[]", "null", r#"["sink"]"#])).await;
    let io = io(&canned.url).await;
    let found = connectors::list(&io, OF).await.unwrap();
    let sink = &found["sink"];
    assert_eq!(
        (sink.id.id.as_str(), sink.status.connector.state.as_str()),
        ("lcc-1", "FAILED")
    );
    assert_eq!(sink.info.config["tasks.max"], "1");
    assert!(connectors::is_masked(&sink.info.config["connection.password"]));
    for is_list in [true, true, false, false] {
        let found = connectors::list(&io, OF).await;
        assert_eq!(found.is_ok_and(|found| found.is_empty()), is_list);
    }
    let line = "GET /connect/v1/environments/env-1/clusters/lkc-1/connectors?expand=info%2Cstatus%2Cid";
    assert_eq!(canned.lines()[0], line);
}

#[tokio::test]
async fn a_connector_is_sent_by_its_encoded_name_and_judged_without_a_write() {
    let judged = r#"{"error_count":1,"configs":[{"definition":{"name":"connection.password","type":"PASSWORD",
        "default_value":null},"value":{"errors":["\"connection.password\" is required"]},"metadata":{}}]}"#;
    let canned = Canned::serve(answers(&["", "", r#"{"error":null}"#, judged])).await;
    let io = io(&canned.url).await;
    let config = ConnectorConfig {
        plain: BTreeMap::from([("tasks.max".to_owned(), "1".to_owned())]),
        secrets: BTreeMap::from([("connection.password".to_owned(), SecretString::from("hush"))]),
    };
    let writing = writing(&io);
    connectors::create(&writing, OF, "a/b", &config).await.unwrap();
    connectors::pause(&writing, OF, "a/b").await.unwrap();
    connectors::delete(&writing, OF, "a/b").await.unwrap();
    let validation = plugin::validate(&io, OF, "MongoDbAtlasSink", &config).await.unwrap();
    assert_eq!(validation.error_count, 1);
    assert!(validation.properties[0].definition.is_secret());
    let map = r#"{"tasks.max":"1","connection.password":"hush"}"#;
    let made = format!(r#"{{"name":"a/b","config":{map}}}"#);
    let base = "/connect/v1/environments/env-1/clusters/lkc-1";
    let lines = [
        format!("POST {base}/connectors"),
        format!("PUT {base}/connectors/a%2Fb/pause"),
        format!("DELETE {base}/connectors/a%2Fb"),
        format!("PUT {base}/connector-plugins/MongoDbAtlasSink/config/validate"),
    ];
    assert_eq!(canned.lines(), lines);
    assert_eq!(
        (canned.seen()[0].body.as_str(), canned.seen()[3].body.as_str()),
        (made.as_str(), map)
    );
}

#[tokio::test]
async fn an_answer_about_nothing_in_particular_proves_nothing() {
    let canned = Canned::serve(answers(&["{}", r#"{"id":null}"#, r#"{"topic_name":""}"#])).await;
    let io = io(&canned.url).await;
    for error in [
        clusters::get(&io, "env-1", "lkc-1").await.unwrap_err(),
        environments::get(&io, "env-1").await.unwrap_err(),
        topics::get(&io, &host(&io), "air").await.unwrap_err(),
    ] {
        assert_eq!(
            (error.class, error.code.as_str()),
            (Class::Unexpected, "AnswerNotUnderstood")
        );
    }
}
