//! Rules that all of Confluent shares: hosts and keys, pages, errors, headers, faults, durability.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use serde_json::json;

use super::SERVICES;
use super::service::Operation;
use super::service::Plane;
use super::switches::ConfluentSettings;
use super::switches::DeadKey;
use super::switches::EmptyLists;
use super::switches::GlobalKeys;
use super::switches::ThrottleHeaders;
use super::testing::CLOUD;
use super::testing::CLUSTER;
use super::testing::Key;
use super::testing::switched;
use crate::settings::Settings;
use crate::settings::write_settings;
use crate::testing::Answer;
use crate::testing::Cloud;

const ENVIRONMENTS: &str = "GET /org/v2/environments";

/// All pages' data and the number of pages, following `next`.
async fn walk(cloud: &Cloud, first: &str) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut request) = (Vec::new(), 0, first.to_owned());
    loop {
        let page = cloud.control(&request, Value::Null).await.with(200);
        pages += 1;
        let data = page["data"].as_array().cloned().unwrap_or_default();
        ids.extend(data.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["metadata"].get("next") else {
            return (ids, pages);
        };
        let next = next
            .as_str()
            .unwrap()
            .strip_prefix("https://api.confluent.cloud")
            .unwrap();
        request = format!("GET {next}");
    }
}

#[tokio::test]
async fn a_list_is_walked_by_next_and_a_full_last_page_is_followed_by_an_empty_one() {
    let cloud = Cloud::start().await;
    let mut made = Vec::new();
    for number in 0..4 {
        made.push(cloud.environment(&format!("e{number}")).await);
    }
    made.sort();
    assert_eq!(
        walk(&cloud, "GET /org/v2/environments?page_size=3").await,
        (made.clone(), 2)
    );
    assert_eq!(
        walk(&cloud, "GET /org/v2/environments?page_size=2").await,
        (made.clone(), 3)
    );
    cloud.switch(ConfluentSettings {
        empty_lists: EmptyLists::List,
        ..ConfluentSettings::default()
    });
    assert_eq!(walk(&cloud, "GET /org/v2/environments?page_size=2").await, (made, 2));
}

#[tokio::test]
async fn an_empty_list_is_null_or_a_list_as_the_switch_says() {
    let cloud = Cloud::start().await;
    let empty = cloud.control(ENVIRONMENTS, Value::Null).await.with(200);
    assert_eq!(
        (&empty["data"], &empty["kind"]),
        (&Value::Null, &json!("EnvironmentList"))
    );
    assert!(empty["metadata"].get("next").is_none(), "{empty}");
    cloud.switch(ConfluentSettings {
        empty_lists: EmptyLists::List,
        ..ConfluentSettings::default()
    });
    assert_eq!(
        cloud.control(ENVIRONMENTS, Value::Null).await.with(200)["data"],
        json!([])
    );
}

#[tokio::test]
async fn the_next_page_keeps_the_filter() {
    let cloud = Cloud::start().await;
    for name in ["one", "two", "three"] {
        cloud.account(name).await;
    }
    let list = "GET /iam/v2/service-accounts?display_name=one&display_name=two&page_size=1";
    assert_eq!(walk(&cloud, list).await.0.len(), 2);
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused_by_parameter() {
    let cloud = Cloud::start().await;
    for (query, parameter) in [
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=x", "page_size"),
        ("page_token=nonsense", "page_token"),
    ] {
        let refused = cloud.control(&format!("{ENVIRONMENTS}?{query}"), Value::Null).await;
        assert_eq!(
            refused.with(400)["errors"][0]["source"]["parameter"],
            parameter,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_key_of_the_wrong_kind_is_401_on_both_hosts() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    let refused = cloud.control_as(CLUSTER, ENVIRONMENTS, Value::Null).await;
    assert_eq!(refused.error(401), (String::new(), "Unauthorized".to_owned()));
    let refused = cloud.kafka_as(CLOUD, &cluster, "GET /topics", Value::Null).await;
    assert_eq!(refused.status, 401);
    assert!(refused.headers["content-type"].starts_with("text/html"), "{refused:?}");
    assert!(
        refused.body.contains("<title>Error 401 Unauthorized</title>"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn no_key_at_all_is_401() {
    let cloud = Cloud::start().await;
    let port = cloud.server().confluent_port().unwrap();
    let head = format!("{ENVIRONMENTS} HTTP/1.1\r\n");
    assert_eq!(cloud.send_to(port, &head, "").await.unwrap().status, 401);
}

#[tokio::test]
async fn a_key_that_does_not_exist_is_403_or_401_as_the_switch_says() {
    let cloud = Cloud::start().await;
    let dead = Key("INVALIDKEY", "x");
    let (code, detail) = cloud.control_as(dead, ENVIRONMENTS, Value::Null).await.error(403);
    assert!(
        code == "forbidden_access" && detail.contains("invalid API key"),
        "{detail}"
    );
    cloud.switch(ConfluentSettings {
        dead_key: DeadKey::Unauthorized,
        ..ConfluentSettings::default()
    });
    cloud.control_as(dead, ENVIRONMENTS, Value::Null).await.error(401);
}

#[tokio::test]
async fn marked_keys_are_denied_all_or_only_what_writes() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    let make = json!({"display_name": "e"});
    for (mark, request, status) in [
        ("DENIED", ENVIRONMENTS, 403),
        ("READONLY", ENVIRONMENTS, 200),
        ("READONLY", "POST /org/v2/environments", 403),
    ] {
        let answer = cloud.control_as(Key(mark, "x"), request, make.clone()).await;
        assert_eq!(answer.status, status, "{mark} {request}: {answer:?}");
    }
    let topic = json!({"topic_name": "t"});
    cloud
        .kafka_as(Key("CLUSTERREADONLY", "x"), &cluster, "GET /topics", Value::Null)
        .await
        .with(200);
    let refused = cloud
        .kafka_as(Key("CLUSTERREADONLY", "x"), &cluster, "POST /topics", topic)
        .await;
    refused.flat(403, 40301);
}

#[tokio::test]
async fn a_key_that_sees_half_is_told_nothing_of_the_other_half() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    for name in ["ta", "tb", "tc", "td"] {
        cloud.topic(&cluster, name).await;
    }
    let half = Key("CLUSTERHALF", "x");
    let list = cloud
        .kafka_as(half, &cluster, "GET /topics", Value::Null)
        .await
        .with(200);
    let names: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|topic| &topic["topic_name"])
        .collect();
    assert_eq!(names, ["tb", "td"]);
    cloud
        .kafka_as(half, &cluster, "GET /topics/ta", Value::Null)
        .await
        .flat(403, 40301);
    let again = cloud
        .kafka_as(half, &cluster, "POST /topics", json!({"topic_name": "ta"}))
        .await;
    assert!(again.flat(400, 40002).contains("already exists"));
}

#[tokio::test]
async fn a_key_that_hides_a_name_hides_it_in_every_list_and_by_id() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    cloud.environment("other").await;
    let account = cloud.account("main").await;
    cloud.account("visible").await;
    let hiding = Key("HIDING-main", "x");
    for (path, left) in [(ENVIRONMENTS, "other"), ("GET /iam/v2/service-accounts", "visible")] {
        let list = cloud.control_as(hiding, path, Value::Null).await.with(200);
        assert_eq!(
            (&list["metadata"]["total_size"], &list["data"][0]["display_name"]),
            (&json!(1), &json!(left))
        );
    }
    for path in [
        format!("/org/v2/environments/{environment}"),
        format!("/cmk/v2/clusters/{cluster}?environment={environment}"),
        format!("/cmk/v2/clusters?environment={environment}"),
        format!("/iam/v2/service-accounts/{account}"),
    ] {
        let hidden = cloud.control_as(hiding, &format!("GET {path}"), Value::Null).await;
        assert_eq!(hidden.error(403).0, "forbidden_access", "{path}");
    }
    cloud.allow(&cluster, &account, ["TOPIC", "t", "LITERAL", "READ"]).await;
    let list = cloud
        .kafka_as(Key("CLUSTERHIDING-READ", "x"), &cluster, "GET /acls", Value::Null)
        .await
        .with(200);
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn a_global_key_reaches_kafka_only_where_the_switch_says() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    let global = Key("GLOBALKEY", "x");
    cloud.control_as(global, ENVIRONMENTS, Value::Null).await.with(200);
    assert_eq!(
        cloud
            .kafka_as(global, &cluster, "GET /topics", Value::Null)
            .await
            .status,
        401
    );
    cloud.switch(ConfluentSettings {
        global_keys: GlobalKeys::Everywhere,
        ..ConfluentSettings::default()
    });
    cloud
        .kafka_as(global, &cluster, "GET /topics", Value::Null)
        .await
        .with(200);
}

#[tokio::test]
async fn what_is_not_implemented_is_named() {
    let cloud = Cloud::start().await;
    let (_, detail) = cloud.control("GET /iam/v2/users", Value::Null).await.error(501);
    assert!(detail.contains("GET /iam/v2/users"), "{detail}");
    let refused = cloud
        .control("GET /connect/v1/environments/e/clusters/c/offsets", Value::Null)
        .await;
    assert_eq!(refused.status, 501);
    let calls = cloud.calls().await;
    assert_eq!(calls["calls"][1]["service"], "confluent.connect");
    let refused = cloud.kafka("lkc-1", "GET /consumer-groups", Value::Null).await;
    assert!(
        refused
            .flat(501, 501)
            .contains("GET /kafka/v3/clusters/lkc-1/consumer-groups")
    );
}

#[tokio::test]
async fn a_throttle_is_told_as_each_host_tells_it() {
    let cloud = Cloud::start().await;
    cloud.plan_faults(&json!([{"service": "*", "operation": "*", "every": 1, "fault": "throttle", "after_ms": 2500}]));
    let control = cloud.control(ENVIRONMENTS, Value::Null).await;
    assert_eq!(control.error(429).0, "rate_limit_exceeded");
    let header = |name: &str| control.headers.get(name).map(String::as_str);
    assert_eq!(
        [
            header("retry-after"),
            header("x-ratelimit-reset"),
            header("x-ratelimit-remaining")
        ],
        [Some("3"), Some("3"), Some("0")]
    );
    let keys = cloud.control("GET /iam/v2/api-keys", Value::Null).await;
    assert_eq!(keys.status, 429);
    assert!(
        keys.headers.contains_key("x-request-id") && !keys.headers.contains_key("retry-after"),
        "{keys:?}"
    );
    let connect = cloud
        .control("GET /connect/v1/environments/e/clusters/c/connectors", Value::Null)
        .await;
    assert_eq!((connect.status, connect.body.as_str()), (429, ""));
    assert_eq!(connect.headers["retry-after"], "3");
    let kafka = cloud.kafka("lkc-1", "GET /topics", Value::Null).await;
    assert!(kafka.status == 429 && kafka.body.starts_with("<html>"), "{kafka:?}");
    assert!(!kafka.headers.contains_key("retry-after") && !kafka.headers.contains_key("x-request-id"));
    cloud.switch(ConfluentSettings {
        kafka_throttle_headers: ThrottleHeaders::Present,
        ..ConfluentSettings::default()
    });
    let kafka = cloud.kafka("lkc-1", "GET /topics", Value::Null).await;
    assert_eq!(
        (
            kafka.headers["retry-after"].as_str(),
            kafka.headers["x-ratelimit-reset"].as_str()
        ),
        ("3", "3")
    );
}

#[tokio::test]
async fn a_planned_failure_takes_any_of_the_shapes() {
    let cloud = Cloud::start().await;
    for (shape, expected) in [
        ("flat", r#"{"error_code":503,"message":"later"}"#),
        ("nested", r#"{"error":{"code":503,"message":"later"}}"#),
        ("code", r#"{"code":503,"message":"later"}"#),
        ("html", "<html>"),
        ("empty", ""),
    ] {
        cloud.plan_faults(
            &json!([{"service": "confluent.control", "operation": "ListEnvironments", "every": 1,
            "fault": "fail", "status": 503, "message": "later", "shape": shape}]),
        );
        let answer = cloud.control(ENVIRONMENTS, Value::Null).await;
        assert_eq!(answer.status, 503, "{shape}");
        assert!(
            answer.body.starts_with(expected) && answer.body.is_empty() == expected.is_empty(),
            "{answer:?}"
        );
    }
    cloud.plan_faults(
        &json!([{"service": "confluent.control", "operation": "ListEnvironments", "every": 1,
        "fault": "fail", "status": 503, "code": "busy"}]),
    );
    assert_eq!(cloud.control(ENVIRONMENTS, Value::Null).await.error(503).0, "busy");
}

#[tokio::test]
async fn a_lost_answer_was_done_and_a_cut_call_was_not() {
    let cloud = Cloud::start().await;
    cloud.plan_faults(&json!([
        {"service": "confluent.control", "operation": "CreateEnvironment", "call": 1, "fault": "lose-answer"},
        {"service": "confluent.control", "operation": "CreateEnvironment", "call": 2, "fault": "cut"}]));
    for name in ["lost", "cut"] {
        let answer = cloud
            .try_control(CLOUD, "POST /org/v2/environments", json!({"display_name": name}))
            .await;
        assert!(answer.is_none(), "{answer:?}");
    }
    let list = cloud.control(ENVIRONMENTS, Value::Null).await.with(200);
    assert_eq!(list["metadata"]["total_size"], 1);
    assert_eq!(list["data"][0]["display_name"], "lost");
}

#[tokio::test]
async fn calls_are_counted_by_service_and_operation() {
    let cloud = Cloud::start().await;
    cloud.environment("e").await;
    cloud.kafka("lkc-1", "GET /topics", Value::Null).await;
    let seen: Vec<_> = cloud.calls().await["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| json!([call["service"], call["operation"], call["mutating"], call["status"]]))
        .collect();
    assert_eq!(
        seen,
        [
            json!(["confluent.control", "CreateEnvironment", true, 201]),
            json!(["kafka", "ListTopics", false, 404]),
        ]
    );
}

#[tokio::test]
async fn what_was_answered_survives_a_kill_and_both_ports_are_kept() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    cloud.topic(&cluster, "kept").await;
    let ports = cloud.server().ports.clone();
    assert_eq!(ports.keys().collect::<Vec<_>>(), ["aws", "confluent", "kafka"]);
    let cloud = cloud.restart().await;
    assert_eq!(cloud.server().ports, ports);
    let read = cloud
        .control(&format!("GET /org/v2/environments/{environment}"), Value::Null)
        .await;
    assert_eq!(read.with(200)["id"], json!(environment));
    cloud.kafka(&cluster, "GET /topics/kept", Value::Null).await.with(200);
}

#[tokio::test]
async fn another_aws_account_finds_confluent_as_it_was_and_another_organization_finds_nothing() {
    let cloud = Cloud::start().await;
    let environment = cloud.environment("e").await;
    let elsewhere = Settings {
        account: "999999999999".to_owned(),
        ..switched(ConfluentSettings::default())
    };
    write_settings(cloud.folder(), &elsewhere).unwrap();
    let request = format!("GET /org/v2/environments/{environment}");
    cloud.control(&request, Value::Null).await.with(200);
    cloud.switch(ConfluentSettings {
        organization: "11111111-1111-4111-8111-111111111111".to_owned(),
        ..ConfluentSettings::default()
    });
    assert_eq!(
        cloud.control(&request, Value::Null).await.error(404).0,
        "resource_not_found"
    );
}

#[tokio::test]
async fn settings_that_are_not_understood_fail_every_call_with_their_line() {
    let cloud = Cloud::start().await;
    let text = "{\n  \"confluent\": {\"empty_lists\": \"maybe\"}\n}";
    std::fs::write(cloud.folder().join("settings.json"), text).unwrap();
    let (_, detail) = cloud.control(ENVIRONMENTS, Value::Null).await.error(500);
    assert!(
        detail.contains("settings.json:2:") && detail.contains("maybe"),
        "{detail}"
    );
    std::fs::write(
        cloud.folder().join("settings.json"),
        "{\"confluent\": {\"organization\": \"o!\"}}",
    )
    .unwrap();
    assert!(
        cloud
            .control(ENVIRONMENTS, Value::Null)
            .await
            .error(500)
            .1
            .contains("expected a UUID")
    );
}

#[tokio::test]
async fn a_body_that_is_not_what_is_asked_for_is_400_in_the_hosts_own_shape() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    let control = cloud
        .control("POST /org/v2/environments", json!({"display_name": 5}))
        .await;
    assert_eq!(control.error(400).0, "invalid_request_body");
    let path = format!("PUT /connect/v1/environments/{environment}/clusters/{cluster}/connectors/c/config");
    let connect = cloud.control(&path, json!({"tasks.max": 1})).await.with(400);
    assert_eq!(connect["code"], 400, "{connect}");
    cloud.kafka(&cluster, "POST /topics", json!([])).await.flat(400, 400);
}

/// Every operation with its host, and its route with something in place of each label but environment and cluster.
fn operations(place: &(String, String), label: &str) -> Vec<(Plane, &'static Operation, String)> {
    let of_plane =
        |service: &'static super::service::Service| service.operations().map(|operation| (service.plane, operation));
    let all = SERVICES.iter().flat_map(|service| of_plane(service));
    all.map(|(plane, operation)| {
        let filled = operation.route.split('/').map(|part| match part {
            "{environment}" => &place.0,
            "{cluster}" => &place.1,
            part if part.starts_with('{') => label,
            part => part,
        });
        (plane, operation, filled.collect::<Vec<_>>().join("/"))
    })
    .collect()
}

#[tokio::test]
async fn every_operation_is_reached_by_its_own_route_and_counted_under_its_name() {
    let cloud = Cloud::start().await;
    let place = cloud.cluster().await;
    for (plane, operation, request) in operations(&place, "x") {
        cloud.admin("POST /_eclusa/calls/reset").await.done();
        send(&cloud, plane, &request, Value::Null).await;
        assert_eq!(
            cloud.calls().await["calls"][0]["operation"],
            operation.name,
            "{request}"
        );
    }
}

#[tokio::test]
async fn no_nonsense_makes_an_operation_fail_itself() {
    let cloud = Cloud::start().await;
    let place = cloud.cluster().await;
    let nonsense = [
        Value::Null,
        json!([]),
        json!({}),
        json!("\u{0}"),
        json!({"spec": 5, "data": {}, "config": [], "principal": {}}),
        json!({"spec": {"owner": {"id": ""}, "config": {}, "resource": {"id": ""}}, "data": [], "name": "", "config": {}}),
    ];
    for label in ["%00", "%F0%9F%90%9F%FF"] {
        for (plane, _, request) in operations(&place, label) {
            for query in [
                "",
                "?environment=%00&crn_pattern=crn://&page_token=%FF&page_size=-1&expand=,",
            ] {
                for body in &nonsense {
                    let answer = send(&cloud, plane, &format!("{request}{query}"), body.clone()).await;
                    assert!(answer.status < 500, "{request}{query} {body}: {answer:?}");
                }
            }
        }
    }
}

async fn send(cloud: &Cloud, plane: Plane, request: &str, body: Value) -> Answer {
    match plane {
        Plane::Control => cloud.control(request, body).await,
        Plane::Kafka => {
            let (method, path) = request.split_once(' ').unwrap();
            let path = path.strip_prefix("/kafka/v3/clusters/").unwrap();
            let (cluster, rest) = path.split_once('/').unwrap_or((path, ""));
            let slash = if rest.is_empty() { "" } else { "/" };
            cloud.kafka(cluster, &format!("{method} {slash}{rest}"), body).await
        }
    }
}
