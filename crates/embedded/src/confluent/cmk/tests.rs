//! Clusters, and environments around them.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use serde_json::json;

use crate::confluent::switches::Availability;
use crate::confluent::switches::ConfluentSettings;
use crate::confluent::switches::Duplicates;
use crate::confluent::switches::OrphanedKeys;
use crate::testing::Answer;
use crate::testing::Cloud;

async fn read(cloud: &Cloud, environment: &str, cluster: &str) -> Answer {
    let request = format!("GET /cmk/v2/clusters/{cluster}?environment={environment}");
    cloud.control(&request, Value::Null).await
}

async fn patch(cloud: &Cloud, environment: &str, cluster: &str, mut spec: Value) -> Answer {
    spec["environment"] = json!({"id": environment});
    cloud
        .control(&format!("PATCH /cmk/v2/clusters/{cluster}"), json!({"spec": spec}))
        .await
}

async fn delete(cloud: &Cloud, environment: &str, cluster: &str) -> Answer {
    let request = format!("DELETE /cmk/v2/clusters/{cluster}?environment={environment}");
    cloud.control(&request, Value::Null).await
}

fn pointer(answer: &Answer) -> Value {
    answer.with(422)["errors"][0]["source"]["pointer"].clone()
}

#[tokio::test]
async fn a_cluster_is_provisioning_until_its_time_even_over_a_restart() {
    let cloud = Cloud::start().await;
    let environment = cloud.environment("e").await;
    let cluster = cloud.new_cluster(&environment, json!({"kind": "Basic"})).await;
    let new = read(&cloud, &environment, &cluster).await.with(200);
    assert_eq!(new["status"]["phase"], "PROVISIONING");
    assert_eq!(new["spec"]["availability"], "LOW");
    let host = new["spec"]["http_endpoint"].as_str().unwrap();
    assert!(
        host.starts_with("https://pkc-") && host.ends_with(".us-east-1.aws.confluent.cloud:443"),
        "{host}"
    );
    let bootstrap = new["spec"]["kafka_bootstrap_endpoint"].as_str().unwrap();
    assert!(
        bootstrap.starts_with("SASL_SSL://pkc-") && bootstrap.ends_with(":9092"),
        "{bootstrap}"
    );
    let name = new["metadata"]["resource_name"].as_str().unwrap();
    assert!(
        name.ends_with(&format!(
            "/environment={environment}/cloud-cluster={cluster}/kafka={cluster}"
        )),
        "{name}"
    );
    assert_eq!(cloud.kafka(&cluster, "GET /topics", Value::Null).await.status, 401);
    let cloud = cloud.restart().await;
    cloud.settle();
    assert_eq!(
        read(&cloud, &environment, &cluster).await.with(200)["status"]["phase"],
        "PROVISIONED"
    );
    cloud.kafka(&cluster, "GET /topics", Value::Null).await.with(200);
}

#[tokio::test]
async fn a_cluster_that_fails_never_serves_and_can_be_deleted() {
    let cloud = Cloud::start().await;
    let environment = cloud.environment("e").await;
    let spec = json!({"display_name": "c", "availability": "LOW", "cloud": "AWS", "region": "us-east-0",
        "config": {"kind": "Basic"}, "environment": {"id": environment}});
    let made = cloud
        .control("POST /cmk/v2/clusters", json!({"spec": spec}))
        .await
        .with(202);
    let cluster = made["id"].as_str().unwrap();
    cloud.settle();
    assert_eq!(
        read(&cloud, &environment, cluster).await.with(200)["status"]["phase"],
        "FAILED"
    );
    assert_eq!(cloud.kafka(cluster, "GET /topics", Value::Null).await.status, 401);
    delete(&cloud, &environment, cluster).await.with(204);
}

#[tokio::test]
async fn a_dedicated_cluster_has_no_endpoints_before_it_is_done_and_resizes_later() {
    let cloud = Cloud::start().await;
    let environment = cloud.environment("e").await;
    let cluster = cloud
        .new_cluster(&environment, json!({"kind": "Dedicated", "cku": 1}))
        .await;
    assert_eq!(
        read(&cloud, &environment, &cluster).await.with(200)["spec"]["http_endpoint"],
        ""
    );
    cloud.settle();
    let done = read(&cloud, &environment, &cluster).await.with(200);
    assert_ne!(done["spec"]["http_endpoint"], "");
    let resized = patch(
        &cloud,
        &environment,
        &cluster,
        json!({"config": {"kind": "Dedicated", "cku": 2}}),
    )
    .await;
    let resized = resized.with(200);
    assert_eq!(
        (&resized["spec"]["config"]["cku"], &resized["status"]["cku"]),
        (&json!(2), &json!(1))
    );
    cloud.settle();
    assert_eq!(read(&cloud, &environment, &cluster).await.with(200)["status"]["cku"], 2);
}

#[tokio::test]
async fn a_cluster_that_is_not_there_or_elsewhere_is_403() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    let other = cloud.environment("other").await;
    for (environment, cluster) in [
        (other.as_str(), cluster.as_str()),
        ("env-none", &cluster),
        (&other, "lkc-none"),
    ] {
        let refused = read(&cloud, environment, cluster).await;
        assert_eq!(refused.error(403).0, "forbidden_access", "{environment} {cluster}");
    }
    let missing = cloud
        .control(&format!("GET /cmk/v2/clusters/{cluster}"), Value::Null)
        .await;
    assert_eq!(missing.with(400)["errors"][0]["source"]["parameter"], "environment");
}

#[tokio::test]
async fn deleting_a_cluster_goes_on_after_its_answer() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    cloud.topic(&cluster, "t").await;
    delete(&cloud, &environment, &cluster).await.with(204);
    read(&cloud, &environment, &cluster).await.with(200);
    assert_eq!(cloud.kafka(&cluster, "GET /topics", Value::Null).await.status, 401);
    cloud.settle();
    read(&cloud, &environment, &cluster).await.error(403);
    let list = cloud
        .control(&format!("GET /cmk/v2/clusters?environment={environment}"), Value::Null)
        .await;
    assert_eq!(list.with(200)["metadata"]["total_size"], 0);
    cloud.kafka(&cluster, "GET /topics", Value::Null).await.flat(404, 404);
}

#[tokio::test]
async fn keys_of_a_deleted_cluster_stay_or_go_as_the_switch_says() {
    for (orphaned_keys, left) in [(OrphanedKeys::Kept, 1), (OrphanedKeys::Deleted, 0)] {
        let cloud = Cloud::switched(ConfluentSettings {
            orphaned_keys,
            ..ConfluentSettings::default()
        })
        .await;
        let (environment, cluster) = cloud.cluster().await;
        let account = cloud.account("a").await;
        cloud.fresh_key(&account, &cluster).await;
        delete(&cloud, &environment, &cluster).await.with(204);
        let keys = cloud.control("GET /iam/v2/api-keys", Value::Null).await.with(200);
        assert_eq!(keys["metadata"]["total_size"], left, "{orphaned_keys:?}");
    }
}

#[tokio::test]
async fn a_protected_cluster_is_not_deleted_and_shared_ones_cannot_be_protected() {
    let cloud = Cloud::start().await;
    let environment = cloud.environment("e").await;
    let dedicated = cloud
        .new_cluster(&environment, json!({"kind": "Dedicated", "cku": 1}))
        .await;
    patch(&cloud, &environment, &dedicated, json!({"deletion_protection": true}))
        .await
        .with(200);
    let refused = delete(&cloud, &environment, &dedicated).await;
    assert_eq!(refused.error(409).0, "deletion_protection_enabled");
    let basic = cloud.new_cluster(&environment, json!({"kind": "Basic"})).await;
    let refused = patch(&cloud, &environment, &basic, json!({"deletion_protection": true})).await;
    assert_eq!(pointer(&refused), "/spec/deletion_protection");
}

#[tokio::test]
async fn only_basic_to_standard_changes_the_kind() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    let kind = async |kind: Value| patch(&cloud, &environment, &cluster, json!({"config": kind})).await;
    let upgraded = kind(json!({"kind": "Standard"})).await.with(200);
    assert_eq!(upgraded["spec"]["config"]["kind"], "Standard");
    for other in [json!({"kind": "Basic"}), json!({"kind": "Dedicated", "cku": 1})] {
        assert_eq!(pointer(&kind(other).await), "/spec/config/kind");
    }
    assert_eq!(pointer(&kind(json!({"kind": "Tiny"})).await), "/spec/config/kind");
}

#[tokio::test]
async fn a_patch_that_echoes_what_cannot_change_is_refused() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    let refused = patch(&cloud, &environment, &cluster, json!({"region": "eu-west-1"})).await;
    assert_eq!(pointer(&refused), "/spec/region");
    let dedicated = cloud
        .new_cluster(&environment, json!({"kind": "Dedicated", "cku": 1}))
        .await;
    let refused = patch(&cloud, &environment, &dedicated, json!({"availability": "SINGLE_ZONE"})).await;
    assert_eq!(
        refused.error(422).1,
        "Availability update is only supported on BASIC and STANDARD clusters"
    );
    let request = format!("PATCH /cmk/v2/clusters/{cluster}");
    let missing = cloud.control(&request, json!({"spec": {"display_name": "n"}})).await;
    assert_eq!(missing.with(400)["errors"][0]["source"]["pointer"], "/spec/environment");
}

#[tokio::test]
async fn a_cluster_that_cannot_be_is_refused_by_pointer() {
    let cloud = Cloud::start().await;
    let environment = cloud.environment("e").await;
    let whole = json!({"display_name": "c", "availability": "LOW", "cloud": "AWS", "region": "us-east-1",
        "config": {"kind": "Basic"}, "environment": {"id": environment}});
    for (name, value, status) in [
        ("display_name", Value::Null, 400),
        ("availability", json!("SOMETIMES"), 422),
        ("cloud", json!("aws"), 422),
        ("region", json!("US East"), 422),
        ("config", Value::Null, 400),
        ("environment", Value::Null, 400),
        ("deletion_protection", json!(true), 422),
    ] {
        let mut spec = whole.clone();
        spec[name] = value;
        let refused = cloud.control("POST /cmk/v2/clusters", json!({"spec": spec})).await;
        assert_eq!(
            refused.with(status)["errors"][0]["source"]["pointer"],
            format!("/spec/{name}"),
            "{name}"
        );
    }
    let mut spec = whole;
    spec["availability"] = json!("HIGH");
    spec["config"] = json!({"kind": "Standard", "max_ecku": 1});
    let refused = cloud.control("POST /cmk/v2/clusters", json!({"spec": spec})).await;
    assert_eq!(pointer(&refused), "/spec/config/max_ecku");
}

#[tokio::test]
async fn a_second_cluster_or_environment_of_one_name_is_made_or_refused_as_the_switch_says() {
    let cloud = Cloud::start().await;
    let environment = cloud.environment("e").await;
    assert_ne!(cloud.environment("e").await, environment);
    cloud.new_cluster(&environment, json!({"kind": "Basic"})).await;
    cloud.new_cluster(&environment, json!({"kind": "Basic"})).await;
    cloud.switch(ConfluentSettings {
        duplicate_environments: Duplicates::Refused,
        duplicate_clusters: Duplicates::Refused,
        ..ConfluentSettings::default()
    });
    cloud
        .control("POST /org/v2/environments", json!({"display_name": "e"}))
        .await
        .error(409);
    let spec = json!({"display_name": "main", "availability": "LOW", "cloud": "AWS", "region": "us-east-1",
        "config": {"kind": "Basic"}, "environment": {"id": environment}});
    cloud
        .control("POST /cmk/v2/clusters", json!({"spec": spec}))
        .await
        .error(409);
}

#[tokio::test]
async fn availability_comes_back_renamed_or_as_sent() {
    let cloud = Cloud::switched(ConfluentSettings {
        availability: Availability::AsSent,
        ..ConfluentSettings::default()
    })
    .await;
    let (environment, cluster) = cloud.cluster().await;
    assert_eq!(
        read(&cloud, &environment, &cluster).await.with(200)["spec"]["availability"],
        "SINGLE_ZONE"
    );
}

#[tokio::test]
async fn deleting_an_environment_deletes_all_in_it() {
    let cloud = Cloud::start().await;
    let (environment, cluster) = cloud.cluster().await;
    let account = cloud.account("a").await;
    let crn = cloud.cluster_crn(&environment, &cluster).await;
    let binding = cloud.bind(&account, "CloudClusterAdmin", &crn).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    cloud.topic(&cluster, "t").await;
    cloud
        .control(&format!("DELETE /org/v2/environments/{environment}"), Value::Null)
        .await
        .with(204);
    let gone = cloud
        .control(&format!("GET /org/v2/environments/{environment}"), Value::Null)
        .await;
    assert_eq!(gone.error(404).0, "resource_not_found");
    read(&cloud, &environment, &cluster).await.error(403);
    let read = cloud
        .control(&format!("GET /iam/v2/role-bindings/{binding}"), Value::Null)
        .await;
    read.flat(403, 40301);
    cloud.kafka(&cluster, "GET /topics/t", Value::Null).await.flat(404, 404);
}

#[tokio::test]
async fn an_environment_is_renamed_and_its_package_only_grows() {
    let cloud = Cloud::start().await;
    let request = format!("PATCH /org/v2/environments/{}", cloud.environment("e").await);
    let package = |package: &str| json!({"stream_governance_config": {"package": package}});
    let changed = cloud.control(&request, json!({"display_name": "f"})).await.with(200);
    assert_eq!(changed["display_name"], "f");
    assert_eq!(changed["stream_governance_config"]["package"], "ESSENTIALS");
    cloud.control(&request, package("ADVANCED")).await.with(200);
    assert!(
        cloud
            .control(&request, package("ESSENTIALS"))
            .await
            .error(403)
            .1
            .contains("downgraded")
    );
    assert_eq!(
        pointer(&cloud.control(&request, package("HUGE")).await),
        "/stream_governance_config/package"
    );
}

#[tokio::test]
async fn quotas_are_listed_with_their_use() {
    let cloud = Cloud::start().await;
    let (environment, _) = cloud.cluster().await;
    cloud.environment("e").await;
    let query = format!("scope=environment&environment={environment}");
    for (query, limit, usage) in [("scope=ORGANIZATION", 25, 2), (query.as_str(), 20, 1)] {
        let request = format!("GET /service-quota/v1/applied-quotas?{query}");
        let quota = cloud.control(&request, Value::Null).await.with(200)["data"][0].clone();
        assert_eq!(
            (&quota["applied_limit"], &quota["usage"]),
            (&json!(limit), &json!(usage)),
            "{query}"
        );
    }
    let missing = cloud.control("GET /service-quota/v1/applied-quotas", Value::Null).await;
    assert_eq!(missing.with(400)["errors"][0]["source"]["parameter"], "scope");
}

#[tokio::test]
async fn quotas_are_402() {
    let cloud = Cloud::start().await;
    let environment = cloud.environment("e").await;
    for _ in 0..24 {
        cloud.environment("e").await;
    }
    let more = cloud
        .control("POST /org/v2/environments", json!({"display_name": "e"}))
        .await;
    assert_eq!(more.error(402).0, "quota_exceeded");
    for _ in 0..20 {
        cloud.new_cluster(&environment, json!({"kind": "Basic"})).await;
    }
    let spec = json!({"display_name": "c", "availability": "LOW", "cloud": "AWS", "region": "us-east-1",
        "config": {"kind": "Basic"}, "environment": {"id": environment}});
    let more = cloud.control("POST /cmk/v2/clusters", json!({"spec": spec})).await;
    assert_eq!(more.error(402).0, "quota_exceeded");
}

#[tokio::test]
async fn a_schema_registry_appears_after_the_first_cluster() {
    let cloud = Cloud::start().await;
    let environment = cloud.environment("e").await;
    let list = async || {
        let request = format!("GET /srcm/v3/clusters?environment={environment}");
        cloud.control(&request, Value::Null).await.with(200)
    };
    assert_eq!(list().await["metadata"]["total_size"], 0);
    cloud.new_cluster(&environment, json!({"kind": "Basic"})).await;
    assert_eq!(list().await["metadata"]["total_size"], 0);
    cloud.advance(60);
    assert_eq!(list().await["data"][0]["status"]["phase"], "PROVISIONING");
    cloud.settle();
    let registry = list().await["data"][0].clone();
    assert_eq!(registry["status"]["phase"], "PROVISIONED");
    let id = registry["id"].as_str().unwrap();
    let request = format!("GET /srcm/v3/clusters/{id}?environment={environment}");
    assert_eq!(cloud.control(&request, Value::Null).await.with(200), registry);
}

#[tokio::test]
async fn the_organization_is_the_one_of_the_settings() {
    let cloud = Cloud::start().await;
    let id = ConfluentSettings::default().organization;
    let list = cloud.control("GET /org/v2/organizations", Value::Null).await.with(200);
    assert_eq!(list["data"][0]["id"], json!(id));
    let read = cloud
        .control(&format!("GET /org/v2/organizations/{id}"), Value::Null)
        .await
        .with(200);
    assert_eq!(
        read["metadata"]["resource_name"],
        format!("crn://confluent.cloud/organization={id}")
    );
    cloud
        .control("GET /org/v2/organizations/other", Value::Null)
        .await
        .error(403);
}
