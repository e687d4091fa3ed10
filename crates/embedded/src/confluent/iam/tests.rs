//! Raw HTTP against a server in this process.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use serde_json::json;

use crate::confluent::switches::ConfluentSettings;
use crate::confluent::switches::Duplicates;
use crate::confluent::switches::FreshKey;
use crate::confluent::switches::RoleBindingSearch;
use crate::confluent::switches::StatusCodes;
use crate::confluent::testing::CLOUD;
use crate::confluent::testing::Key;
use crate::testing::Cloud;

const ACCOUNTS: &str = "/iam/v2/service-accounts";
const KEYS: &str = "/iam/v2/api-keys";

/// The `data` of a list, by one member.
fn members(list: &Value, name: &str) -> Vec<String> {
    let data = list["data"].as_array().cloned().unwrap_or_default();
    data.iter()
        .map(|item| item[name].as_str().unwrap().to_owned())
        .collect()
}

async fn listed(cloud: &Cloud, key: Key<'_>, path: &str, name: &str) -> Vec<String> {
    let list = cloud
        .control_as(key, &format!("GET {path}"), Value::Null)
        .await
        .with(200);
    members(&list, name)
}

#[tokio::test]
async fn names_of_accounts_are_unique() {
    let cloud = Cloud::start().await;
    cloud.account("bridge").await;
    let second = cloud
        .control(&format!("POST {ACCOUNTS}"), json!({"display_name": "bridge"}))
        .await;
    assert_eq!(second.error(409).1, "Service name is already in use.");
}

#[tokio::test]
async fn accounts_are_filtered_by_their_exact_name() {
    let cloud = Cloud::start().await;
    cloud.account("bridge").await;
    cloud.account("bridge-2").await;
    let found = listed(
        &cloud,
        CLOUD,
        &format!("{ACCOUNTS}?display_name=bridge"),
        "display_name",
    )
    .await;
    assert_eq!(found, ["bridge"]);
}

#[tokio::test]
async fn a_new_name_for_an_account_is_passed_over_and_a_description_taken() {
    let cloud = Cloud::start().await;
    let id = cloud.account("bridge").await;
    let change = json!({"display_name": "other", "description": "d"});
    let changed = cloud.control(&format!("PATCH {ACCOUNTS}/{id}"), change).await.with(200);
    assert_eq!(
        (&changed["display_name"], &changed["description"]),
        (&json!("bridge"), &json!("d"))
    );
    let long = json!({"description": "d".repeat(129)});
    let refused = cloud.control(&format!("PATCH {ACCOUNTS}/{id}"), long).await;
    assert_eq!(refused.with(422)["errors"][0]["source"]["pointer"], "/description");
}

#[tokio::test]
async fn a_deleted_account_takes_its_keys_and_bindings_along() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    let account = cloud.account("admin").await;
    let key = cloud.api_key(&account, "cloud").await;
    let crn = cloud.cluster_crn(&environment, &cluster).await;
    cloud.bind(&account, "CloudClusterAdmin", &crn).await;
    cloud
        .control(&format!("DELETE {ACCOUNTS}/{account}"), Value::Null)
        .await
        .with(204);
    let gone = cloud.control(&format!("GET {ACCOUNTS}/{account}"), Value::Null).await;
    assert_eq!(gone.error(404).0, "service_account_not_found");
    assert!(listed(&cloud, CLOUD, KEYS, "id").await.is_empty());
    let bindings = format!("/iam/v2/role-bindings?crn_pattern={crn}");
    assert!(listed(&cloud, CLOUD, &bindings, "id").await.is_empty());
    let refused = cloud
        .control_as(key.key(), "GET /org/v2/environments", Value::Null)
        .await;
    assert!(refused.error(403).1.contains("invalid API key"));
}

#[tokio::test]
async fn a_secret_is_shown_once() {
    let cloud = Cloud::start().await;
    let account = cloud.account("a").await;
    let key = cloud.fresh_key(&account, "cloud").await;
    assert!(key.secret.len() == 64 && key.secret.starts_with("cflt"), "{key:?}");
    assert!(key.id.len() == 16 && key.id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()));
    let read = cloud
        .control(&format!("GET {KEYS}/{}", key.id), Value::Null)
        .await
        .with(200);
    assert_eq!(read["spec"]["secret"], "");
    assert_eq!(read["spec"]["resource"]["kind"], "Cloud");
    let list = cloud.control(&format!("GET {KEYS}"), Value::Null).await.with(200);
    assert_eq!(list["data"][0]["spec"]["secret"], "");
}

#[tokio::test]
async fn keys_are_filtered_by_owner_and_resource() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    let (one, two) = (cloud.account("one").await, cloud.account("two").await);
    let of_cluster = cloud.fresh_key(&one, &cluster).await;
    let of_cloud = cloud.fresh_key(&one, "cloud").await;
    cloud.fresh_key(&two, &cluster).await;
    let query = format!("{KEYS}?spec.owner={one}&spec.resource={cluster}");
    assert_eq!(listed(&cloud, CLOUD, &query, "id").await, [of_cluster.id]);
    let query = format!("{KEYS}?spec.resource=cloud");
    assert_eq!(listed(&cloud, CLOUD, &query, "id").await, [of_cloud.id]);
}

#[tokio::test]
async fn a_key_that_is_gone_is_403_and_lets_nobody_in() {
    let cloud = Cloud::start().await;
    let account = cloud.account("a").await;
    let key = cloud.api_key(&account, "cloud").await;
    cloud
        .control(&format!("DELETE {KEYS}/{}", key.id), Value::Null)
        .await
        .with(204);
    let read = cloud.control(&format!("GET {KEYS}/{}", key.id), Value::Null).await;
    assert_eq!(read.error(403).0, "forbidden_access");
    let cloud = cloud.restart().await;
    let refused = cloud
        .control_as(key.key(), "GET /org/v2/environments", Value::Null)
        .await;
    assert!(refused.error(403).1.contains("invalid API key"));
}

#[tokio::test]
async fn a_wrong_secret_lets_nobody_in() {
    let cloud = Cloud::start().await;
    let account = cloud.account("a").await;
    let key = cloud.api_key(&account, "cloud").await;
    let refused = cloud
        .control_as(Key(&key.id, "wrong"), "GET /org/v2/environments", Value::Null)
        .await;
    assert!(refused.error(403).1.contains("invalid API key"));
}

#[tokio::test]
async fn a_new_cluster_key_is_refused_then_flaps_then_works() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    let account = cloud.account("admin").await;
    let crn = cloud.cluster_crn(&environment, &cluster).await;
    cloud.bind(&account, "CloudClusterAdmin", &crn).await;
    let key = cloud.fresh_key(&account, &cluster).await;
    let probe = async || cloud.kafka_as(key.key(), &cluster, "GET /topics", Value::Null).await;
    let first = probe().await;
    assert!(first.status == 401 && first.body.starts_with("<html>"), "{first:?}");
    cloud.advance(70);
    let mut flapping = Vec::new();
    for _ in 0..6 {
        flapping.push(probe().await.status);
    }
    assert!(flapping.contains(&200) && flapping.contains(&401), "{flapping:?}");
    assert!(!flapping.windows(2).any(|pair| pair == [200, 200]), "{flapping:?}");
    cloud.settle();
    assert_eq!([probe().await.status, probe().await.status], [200, 200]);
}

#[tokio::test]
async fn a_fresh_key_is_403_where_the_switch_says() {
    let cloud = Cloud::switched(ConfluentSettings {
        fresh_key: FreshKey::Forbidden,
        ..ConfluentSettings::default()
    })
    .await;
    let (_, cluster) = cloud.cluster().await;
    let account = cloud.account("admin").await;
    let key = cloud.fresh_key(&account, &cluster).await;
    let refused = cloud.kafka_as(key.key(), &cluster, "GET /topics", Value::Null).await;
    assert!(
        refused.status == 403 && refused.body.starts_with("<html>"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_cluster_key_opens_its_cluster_and_no_other() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    let other = cloud.new_cluster(&environment, json!({"kind": "Basic"})).await;
    let account = cloud.account("a").await;
    let key = cloud.api_key(&account, &cluster).await;
    cloud.kafka_as(key.key(), &cluster, "GET ", Value::Null).await.with(200);
    assert_eq!(cloud.kafka_as(key.key(), &other, "GET ", Value::Null).await.status, 401);
    cloud
        .control_as(key.key(), "GET /org/v2/environments", Value::Null)
        .await
        .error(401);
}

#[tokio::test]
async fn a_key_for_nobody_or_nothing_is_refused() {
    let cloud = Cloud::start().await;
    let account = cloud.account("a").await;
    let create = async |spec: Value| cloud.control(&format!("POST {KEYS}"), json!({"spec": spec})).await;
    assert_eq!(create(json!({})).await.status, 400);
    let refused = create(json!({"owner": {"id": "sa-nobody"}})).await;
    assert_eq!(refused.with(400)["errors"][0]["source"]["pointer"], "/spec/owner/id");
    let refused = create(json!({"owner": {"id": account}, "resource": {"id": "lkc-nothing"}})).await;
    assert_eq!(refused.error(403).0, "forbidden_access");
    assert_eq!(
        create(json!({"owner": {"id": account}, "resource": {"id": "lsrc-1"}}))
            .await
            .status,
        501
    );
}

#[tokio::test]
async fn an_account_sees_its_own_and_what_its_role_covers_and_is_told_nothing_of_the_rest() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    cloud.environment("hidden").await;
    let (drift, other) = (cloud.account("drift").await, cloud.account("other").await);
    let key = cloud.api_key(&drift, "cloud").await;
    cloud.fresh_key(&other, "cloud").await;
    let mine = key.key();
    assert!(listed(&cloud, mine, "/org/v2/environments", "id").await.is_empty());
    let crn = cloud.cluster_crn(&environment, &cluster).await;
    let (scope, _) = crn.rsplit_once('/').unwrap();
    cloud.bind(&drift, "Operator", scope).await;
    assert_eq!(
        listed(&cloud, mine, "/org/v2/environments", "id").await,
        [environment.as_str()]
    );
    let clusters = format!("/cmk/v2/clusters?environment={environment}");
    assert_eq!(listed(&cloud, mine, &clusters, "id").await, [cluster]);
    assert_eq!(listed(&cloud, mine, ACCOUNTS, "id").await, [drift]);
    assert_eq!(listed(&cloud, mine, KEYS, "id").await, [key.id.as_str()]);
    let hidden = cloud
        .control_as(mine, &format!("GET {ACCOUNTS}/{other}"), Value::Null)
        .await;
    assert_eq!(hidden.error(403).0, "forbidden_access");
    let write = cloud
        .control_as(mine, "POST /org/v2/environments", json!({"display_name": "e"}))
        .await;
    assert_eq!(write.error(403).0, "forbidden_access");
}

#[tokio::test]
async fn a_search_finds_the_asked_scope_or_those_within_as_the_switch_says() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    let account = cloud.account("a").await;
    let crn = cloud.cluster_crn(&environment, &cluster).await;
    let made = cloud.bind(&account, "CloudClusterAdmin", &crn).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let (scope, _) = crn.rsplit_once('/').unwrap();
    let search = |scope: &str| format!("/iam/v2/role-bindings?crn_pattern={scope}&principal=User:{account}");
    assert_eq!(listed(&cloud, CLOUD, &search(&crn), "id").await, [made.as_str()]);
    assert!(listed(&cloud, CLOUD, &search(scope), "id").await.is_empty());
    cloud.switch(ConfluentSettings {
        role_binding_search: RoleBindingSearch::Prefix,
        ..ConfluentSettings::default()
    });
    assert_eq!(listed(&cloud, CLOUD, &search(scope), "id").await, [made]);
    let missing = cloud.control("GET /iam/v2/role-bindings", Value::Null).await;
    assert_eq!(missing.with(400)["errors"][0]["source"]["parameter"], "crn_pattern");
}

#[tokio::test]
async fn an_unknown_role_binding_is_a_flat_403() {
    let cloud = Cloud::start().await;
    let read = cloud.control("GET /iam/v2/role-bindings/rb-NONE", Value::Null).await;
    assert!(read.flat(403, 40301).contains("role binding does not exist"));
}

#[tokio::test]
async fn a_second_role_binding_alike_is_made_or_refused_as_the_switch_says() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    let account = cloud.account("a").await;
    let crn = cloud.cluster_crn(&environment, &cluster).await;
    let first = cloud.bind(&account, "CloudClusterAdmin", &crn).await;
    assert_ne!(cloud.bind(&account, "CloudClusterAdmin", &crn).await["id"], first["id"]);
    cloud.switch(ConfluentSettings {
        duplicate_role_bindings: Duplicates::Refused,
        ..ConfluentSettings::default()
    });
    let input = json!({"principal": format!("User:{account}"), "role_name": "CloudClusterAdmin", "crn_pattern": crn});
    cloud.control("POST /iam/v2/role-bindings", input).await.error(409);
}

#[tokio::test]
async fn a_role_binding_that_cannot_be_is_refused() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    let account = cloud.account("a").await;
    let crn = cloud.cluster_crn(&environment, &cluster).await;
    let principal = format!("User:{account}");
    let topic = format!("{crn}/kafka={cluster}/topic=t");
    for (principal, role, crn, pointer) in [
        ("User:sa-nobody", "CloudClusterAdmin", crn.as_str(), "/principal"),
        (&principal, "Emperor", &crn, "/role_name"),
        (&principal, "DeveloperRead", &topic, "/role_name"),
        (
            &principal,
            "CloudClusterAdmin",
            "crn://confluent.cloud/organization=other",
            "/crn_pattern",
        ),
    ] {
        let input = json!({"principal": principal, "role_name": role, "crn_pattern": crn});
        let refused = cloud.control("POST /iam/v2/role-bindings", input).await;
        assert_eq!(refused.with(400)["errors"][0]["source"]["pointer"], pointer, "{role}");
    }
}

#[tokio::test]
async fn a_role_reaches_the_cluster_later_than_the_control_plane() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    let account = cloud.account("a").await;
    let key = cloud.api_key(&account, &cluster).await;
    let crn = cloud.cluster_crn(&environment, &cluster).await;
    cloud.bind(&account, "CloudClusterAdmin", &crn).await;
    let topic = json!({"topic_name": "t"});
    cloud
        .kafka_as(key.key(), &cluster, "POST /topics", topic.clone())
        .await
        .flat(403, 40301);
    cloud.settle();
    cloud
        .kafka_as(key.key(), &cluster, "POST /topics", topic)
        .await
        .with(201);
}

#[tokio::test]
async fn status_codes_are_those_of_the_published_tests_or_of_the_specification() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    let account = cloud.account("a").await;
    let crn = cloud.cluster_crn(&environment, &cluster).await;
    let one = cloud.bind(&account, "CloudClusterAdmin", &crn).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let two = cloud.bind(&account, "MetricsViewer", &crn).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    cloud
        .control(&format!("DELETE /iam/v2/role-bindings/{one}"), Value::Null)
        .await
        .with(204);
    cloud.switch(ConfluentSettings {
        status_codes: StatusCodes::Specified,
        ..ConfluentSettings::default()
    });
    let deleted = cloud
        .control(&format!("DELETE /iam/v2/role-bindings/{two}"), Value::Null)
        .await
        .with(200);
    assert_eq!(deleted["id"], json!(two));
    let spec = json!({"spec": {"owner": {"id": account}}});
    cloud.control(&format!("POST {KEYS}"), spec).await.with(202);
}
