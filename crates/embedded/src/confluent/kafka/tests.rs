//! Raw HTTP against a server in this process.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use serde_json::json;

use crate::confluent::switches::ConfluentSettings;
use crate::confluent::switches::DuplicateAcls;
use crate::confluent::switches::StatusCodes;
use crate::confluent::testing::switched;
use crate::settings::Settings;
use crate::settings::write_settings;
use crate::testing::Answer;
use crate::testing::Cloud;

/// The setting's value and source, by one read of the topic's settings.
async fn setting(cloud: &Cloud, cluster: &str, topic: &str, name: &str) -> (String, String) {
    let request = format!("GET /topics/{topic}/configs/{name}");
    let config = cloud.kafka(cluster, &request, Value::Null).await.with(200);
    let text = |name: &str| config[name].as_str().unwrap().to_owned();
    (text("value"), text("source"))
}

async fn alter(cloud: &Cloud, cluster: &str, data: Value) -> Answer {
    cloud
        .kafka(cluster, "POST /topics/t/configs:alter", json!({"data": data}))
        .await
}

fn count(answer: &Answer) -> usize {
    answer.with(200)["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_new_topic_is_answered_with_noughts_and_read_later() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    let made = cloud
        .kafka(&cluster, "POST /topics", json!({"topic_name": "t"}))
        .await
        .with(201);
    assert_eq!(
        (&made["partitions_count"], &made["replication_factor"]),
        (&json!(0), &json!(0))
    );
    cloud
        .kafka(&cluster, "GET /topics/t", Value::Null)
        .await
        .flat(404, 40403);
    assert_eq!(count(&cloud.kafka(&cluster, "GET /topics", Value::Null).await), 0);
    cloud.settle();
    let read = cloud.kafka(&cluster, "GET /topics/t", Value::Null).await.with(200);
    assert_eq!(
        (&read["partitions_count"], &read["replication_factor"]),
        (&json!(6), &json!(3))
    );
    let own = read["metadata"]["self"].as_str().unwrap();
    assert!(
        own.ends_with(&format!(".confluent.cloud/kafka/v3/clusters/{cluster}/topics/t")),
        "{own}"
    );
    let list = cloud.kafka(&cluster, "GET /topics", Value::Null).await.with(200);
    assert_eq!((&list["data"][0], &list["metadata"]["next"]), (&read, &Value::Null));
}

#[tokio::test]
async fn a_topic_that_cannot_be_is_40002() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    cloud.topic(&cluster, "taken").await;
    for (input, expected) in [
        (json!({"topic_name": "taken"}), "Topic 'taken' already exists."),
        (json!({"topic_name": "a b"}), "illegal"),
        (json!({"topic_name": "n".repeat(250)}), "illegal"),
        (json!({}), "illegal"),
        (json!({"topic_name": "t", "partitions_count": 0}), "larger than 0"),
        (
            json!({"topic_name": "t", "replication_factor": 5}),
            "Replication factor: 5 larger than available brokers: 3.",
        ),
        (
            json!({"topic_name": "t", "configs": [{"name": "no.such", "value": "1"}]}),
            "Unknown topic config name: no.such",
        ),
        (
            json!({"topic_name": "t", "configs": [{"name": "retention.ms", "value": "x"}]}),
            "Invalid value x for configuration retention.ms: Not a number of type LONG",
        ),
    ] {
        let refused = cloud.kafka(&cluster, "POST /topics", input.clone()).await;
        assert!(refused.flat(400, 40002).contains(expected), "{input}: {refused:?}");
    }
}

#[tokio::test]
async fn a_deleted_topic_is_read_for_a_while_and_its_name_taken_for_longer() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    cloud.topic(&cluster, "t").await;
    cloud.kafka(&cluster, "DELETE /topics/t", Value::Null).await.with(204);
    cloud.kafka(&cluster, "GET /topics/t", Value::Null).await.with(200);
    cloud.advance(40);
    cloud
        .kafka(&cluster, "GET /topics/t", Value::Null)
        .await
        .flat(404, 40403);
    let again = cloud.kafka(&cluster, "POST /topics", json!({"topic_name": "t"})).await;
    assert_eq!(again.flat(400, 40002), "Topic 't' is marked for deletion.");
    cloud.advance(100);
    cloud
        .kafka(&cluster, "POST /topics", json!({"topic_name": "t"}))
        .await
        .with(201);
}

#[tokio::test]
async fn partitions_only_become_more() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    cloud.topic(&cluster, "t").await;
    let patch = async |partitions: u32| {
        let input = json!({"partitions_count": partitions});
        cloud.kafka(&cluster, "PATCH /topics/t", input).await
    };
    assert_eq!(patch(3).await.flat(400, 40002), "Topic already has 3 partitions.");
    assert!(patch(2).await.flat(400, 40002).contains("higher than the requested 2"));
    patch(5).await.with(204);
    let read = cloud.kafka(&cluster, "GET /topics/t", Value::Null).await.with(200);
    assert_eq!(read["partitions_count"], 5);
    cloud.switch(ConfluentSettings {
        status_codes: StatusCodes::Specified,
        ..ConfluentSettings::default()
    });
    assert_eq!(patch(6).await.with(200)["partitions_count"], 6);
}

#[tokio::test]
async fn a_limit_on_partitions_holds_for_the_whole_cluster() {
    let cloud = Cloud::switched(ConfluentSettings {
        partitions: Some(7),
        ..ConfluentSettings::default()
    })
    .await;
    let (_, cluster) = cloud.cluster().await;
    cloud.topic(&cluster, "t").await;
    let more = cloud
        .kafka(
            &cluster,
            "POST /topics",
            json!({"topic_name": "u", "partitions_count": 5}),
        )
        .await;
    let expected = "Adding the requested number of partitions will exceed 7 total partitions.";
    assert_eq!(more.flat(400, 40002), expected);
    let more = cloud
        .kafka(&cluster, "PATCH /topics/t", json!({"partitions_count": 8}))
        .await;
    assert_eq!(more.flat(400, 40002), expected);
}

#[tokio::test]
async fn the_source_tells_what_was_set_from_what_is_so_anyway() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    let configs = json!([{"name": "retention.ms", "value": "604800000"}, {"name": "compression.type", "value": "lz4"}]);
    cloud
        .kafka(&cluster, "POST /topics", json!({"topic_name": "t", "configs": configs}))
        .await
        .with(201);
    cloud.settle();
    for (name, value, source) in [
        ("retention.ms", "604800000", "DYNAMIC_TOPIC_CONFIG"),
        ("cleanup.policy", "delete", "DEFAULT_CONFIG"),
        ("min.insync.replicas", "2", "STATIC_BROKER_CONFIG"),
        ("compression.type", "producer", "DEFAULT_CONFIG"),
        ("confluent.topic.type", "standard", "DYNAMIC_TOPIC_CONFIG"),
    ] {
        let expected = (value.to_owned(), source.to_owned());
        assert_eq!(setting(&cloud, &cluster, "t", name).await, expected, "{name}");
    }
    let own = cloud
        .kafka(&cluster, "GET /topics/t/configs", Value::Null)
        .await
        .with(200);
    let all = cloud
        .kafka(&cluster, "GET /topics/-/configs", Value::Null)
        .await
        .with(200);
    assert_eq!(own["data"], all["data"]);
    let defaults = cloud
        .kafka(&cluster, "GET /topics/new/default-configs", Value::Null)
        .await;
    assert_eq!(count(&defaults), own["data"].as_array().unwrap().len());
}

#[tokio::test]
async fn settings_are_altered_all_or_none_and_go_back_to_their_default() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    cloud.topic(&cluster, "t").await;
    let set = json!([{"name": "retention.ms", "value": "5"}, {"name": "max.message.bytes", "value": "9"}]);
    alter(&cloud, &cluster, set).await.with(204);
    let half_wrong = json!([{"name": "retention.ms", "value": "6"}, {"name": "max.message.bytes", "value": "x"}]);
    alter(&cloud, &cluster, half_wrong).await.flat(400, 40002);
    let source = "DYNAMIC_TOPIC_CONFIG".to_owned();
    assert_eq!(
        setting(&cloud, &cluster, "t", "retention.ms").await,
        ("5".to_owned(), source)
    );
    let reset =
        json!([{"name": "retention.ms", "operation": "DELETE"}, {"name": "max.message.bytes", "operation": "DELETE"}]);
    alter(&cloud, &cluster, reset).await.with(204);
    let default = ("604800000".to_owned(), "DEFAULT_CONFIG".to_owned());
    assert_eq!(setting(&cloud, &cluster, "t", "retention.ms").await, default);
    let broker = ("2097164".to_owned(), "STATIC_BROKER_CONFIG".to_owned());
    assert_eq!(setting(&cloud, &cluster, "t", "max.message.bytes").await, broker);
    let tried = json!({"data": [{"name": "retention.ms", "value": "7"}], "validate_only": true});
    cloud
        .kafka(&cluster, "POST /topics/t/configs:alter", tried)
        .await
        .with(204);
    assert_eq!(setting(&cloud, &cluster, "t", "retention.ms").await, default);
}

#[tokio::test]
async fn one_setting_is_put_and_deleted() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    cloud.topic(&cluster, "t").await;
    let path = "/topics/t/configs/retention.bytes";
    cloud
        .kafka(&cluster, &format!("PUT {path}"), json!({"value": "10"}))
        .await
        .with(204);
    assert_eq!(setting(&cloud, &cluster, "t", "retention.bytes").await.0, "10");
    cloud
        .kafka(&cluster, &format!("DELETE {path}"), Value::Null)
        .await
        .with(204);
    assert_eq!(setting(&cloud, &cluster, "t", "retention.bytes").await.0, "-1");
}

#[tokio::test]
async fn an_altered_setting_that_cannot_be_is_refused() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    cloud.topic(&cluster, "t").await;
    for (name, value, expected) in [
        ("compression.type", "lz4", "cannot be changed"),
        ("confluent.topic.type", "other", "cannot be changed"),
        ("confluent.value.schema.validation", "true", "Dedicated clusters only"),
        ("cleanup.policy", "shred", "must be one of"),
        ("cleanup.policy", "compact,delete", "set it to compact first"),
        ("segment.ms", "1", "below min limit of 14400000"),
        ("max.message.bytes", "8388609", "exceeded max limit of 8388608."),
        (
            "delete.retention.ms",
            "60566400001",
            "Config property 'delete.retention.ms' with value '60566400001' exceeded max limit of 60566400000.",
        ),
    ] {
        let refused = alter(&cloud, &cluster, json!([{"name": name, "value": value}])).await;
        assert!(refused.flat(400, 40002).contains(expected), "{name}: {refused:?}");
    }
    let unknown = alter(&cloud, &cluster, json!([{"name": "no.such", "value": "1"}])).await;
    assert_eq!(
        unknown.flat(404, 404),
        format!("Config no.such cannot be found for TOPIC t in cluster {cluster}.")
    );
    for policy in ["compact", "compact,delete"] {
        alter(&cloud, &cluster, json!([{"name": "cleanup.policy", "value": policy}]))
            .await
            .with(204);
    }
}

#[tokio::test]
async fn limits_of_settings_are_switches_and_dedicated_clusters_have_their_own() {
    let cloud = Cloud::switched(ConfluentSettings {
        most_message_bytes_dedicated: 20_971_520,
        least_segment_ms: 600_000,
        ..ConfluentSettings::default()
    })
    .await;
    let environment = cloud.environment("e").await;
    let cluster = cloud
        .new_cluster(&environment, json!({"kind": "Dedicated", "cku": 1}))
        .await;
    cloud.settle();
    cloud.topic(&cluster, "t").await;
    for (name, value, status) in [
        ("max.message.bytes", "20971520", 204),
        ("max.message.bytes", "20971521", 400),
        ("segment.ms", "600000", 204),
        ("segment.ms", "599999", 400),
        ("confluent.value.schema.validation", "true", 204),
    ] {
        let answer = alter(&cloud, &cluster, json!([{"name": name, "value": value}])).await;
        assert_eq!(answer.status, status, "{name} {value}");
    }
}

#[tokio::test]
async fn reads_of_a_changed_topic_lag_where_settings_say_so() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    cloud.topic(&cluster, "t").await;
    let lagging = Settings {
        reads_lag: Some(true),
        ..switched(ConfluentSettings::default())
    };
    write_settings(cloud.folder(), &lagging).unwrap();
    alter(&cloud, &cluster, json!([{"name": "retention.ms", "value": "5"}]))
        .await
        .with(204);
    cloud
        .kafka(&cluster, "PATCH /topics/t", json!({"partitions_count": 9}))
        .await
        .with(204);
    let partitions =
        async || cloud.kafka(&cluster, "GET /topics/t", Value::Null).await.with(200)["partitions_count"].clone();
    assert_eq!(setting(&cloud, &cluster, "t", "retention.ms").await.0, "604800000");
    assert_eq!(partitions().await, 3);
    cloud.settle();
    assert_eq!(setting(&cloud, &cluster, "t", "retention.ms").await.0, "5");
    assert_eq!(partitions().await, 9);
}

fn acl(principal: &str, operation: &str) -> Value {
    json!({"resource_type": "TOPIC", "resource_name": "t", "pattern_type": "LITERAL", "principal": principal,
        "host": "*", "operation": operation, "permission": "ALLOW"})
}

#[tokio::test]
async fn acls_name_accounts_by_number_unless_asked_by_id() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    let account = cloud.account("a").await;
    let principal = format!("User:{account}");
    cloud
        .kafka(&cluster, "POST /acls", acl(&principal, "READ"))
        .await
        .with(201);
    let first = async |query: &str| {
        let list = cloud.kafka(&cluster, &format!("GET /acls{query}"), Value::Null).await;
        assert_eq!(count(&list), 1, "{query}");
        list.json()["data"][0]["principal"].as_str().unwrap().to_owned()
    };
    let number = first("").await;
    assert!(number.strip_prefix("User:").unwrap().parse::<u64>().is_ok(), "{number}");
    assert_eq!(first(&format!("?principal={number}")).await, number);
    assert_eq!(first("?principal=UserV2:*").await, principal);
    assert_eq!(first(&format!("?principal=UserV2:{account}")).await, principal);
    let seven = format!(
        "?resource_type=TOPIC&resource_name=t&pattern_type=LITERAL&principal={principal}&host=*&operation=READ&permission=ALLOW"
    );
    assert_eq!(first(&seven).await, principal);
    let none = cloud.kafka(&cluster, "GET /acls?operation=WRITE", Value::Null).await;
    assert_eq!(count(&none), 0);
}

#[tokio::test]
async fn acls_are_made_in_a_batch_all_or_none_and_deleted_by_filter() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    let batch = json!({"data": [acl("User:sa-1", "READ"), acl("User:sa-1", "SING")]});
    cloud.kafka(&cluster, "POST /acls:batch", batch).await.flat(400, 40002);
    assert_eq!(count(&cloud.kafka(&cluster, "GET /acls", Value::Null).await), 0);
    let batch = json!({"data": [acl("User:sa-1", "READ"), acl("User:sa-1", "WRITE"), acl("User:sa-2", "READ")]});
    let made = cloud.kafka(&cluster, "POST /acls:batch", batch).await;
    assert_eq!((made.status, made.body.as_str()), (201, ""));
    let incomplete = cloud
        .kafka(&cluster, "DELETE /acls?principal=User:sa-1", Value::Null)
        .await;
    assert!(incomplete.flat(400, 40002).contains("resource_type is required"));
    let filter = "resource_type=TOPIC&pattern_type=LITERAL&operation=ANY&permission=ANY&principal=User:sa-1";
    let deleted = cloud
        .kafka(&cluster, &format!("DELETE /acls?{filter}"), Value::Null)
        .await;
    assert_eq!(count(&deleted), 2);
    let again = cloud
        .kafka(&cluster, &format!("DELETE /acls?{filter}"), Value::Null)
        .await;
    assert_eq!(count(&again), 0);
    assert_eq!(count(&cloud.kafka(&cluster, "GET /acls", Value::Null).await), 1);
}

#[tokio::test]
async fn a_second_acl_alike_is_refused_or_nothing_as_the_switch_says() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    cloud
        .kafka(&cluster, "POST /acls", acl("User:sa-1", "READ"))
        .await
        .with(201);
    let again = cloud.kafka(&cluster, "POST /acls", acl("User:sa-1", "READ")).await;
    assert_eq!(again.status, 409);
    cloud.switch(ConfluentSettings {
        duplicate_acls: DuplicateAcls::Accepted,
        ..ConfluentSettings::default()
    });
    cloud
        .kafka(&cluster, "POST /acls", acl("User:sa-1", "READ"))
        .await
        .with(201);
    assert_eq!(count(&cloud.kafka(&cluster, "GET /acls", Value::Null).await), 1);
}

#[tokio::test]
async fn an_acl_that_cannot_be_is_40002() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    for (field, value, expected) in [
        ("resource_type", "QUEUE", "Unknown resource type QUEUE"),
        ("operation", "IDEMPOTENT_WRITE", "not one of TOPIC"),
        ("pattern_type", "MATCH", "not LITERAL or PREFIXED"),
        ("permission", "MAYBE", "not ALLOW or DENY"),
        ("principal", "sa-1", "does not begin with User:"),
        ("host", "", "must not be empty"),
    ] {
        let mut input = acl("User:sa-1", "READ");
        input[field] = json!(value);
        let refused = cloud.kafka(&cluster, "POST /acls", input).await;
        assert!(refused.flat(400, 40002).contains(expected), "{field}: {refused:?}");
    }
    let mut input = acl("User:sa-1", "DESCRIBE");
    input["resource_type"] = json!("CLUSTER");
    let refused = cloud.kafka(&cluster, "POST /acls", input).await;
    assert!(refused.flat(400, 40002).contains("kafka-cluster"));
}

#[tokio::test]
async fn an_account_without_rights_sees_empty_lists_and_is_refused_by_name_there_or_not() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    cloud.topic(&cluster, "t").await;
    let account = cloud.account("weak").await;
    let key = cloud.api_key(&account, &cluster).await;
    let call = async |request: &str, body: Value| cloud.kafka_as(key.key(), &cluster, request, body).await;
    assert_eq!(count(&call("GET /topics", Value::Null).await), 0);
    assert_eq!(count(&call("GET /topics/-/configs", Value::Null).await), 0);
    for request in [
        "GET /topics/t",
        "GET /topics/none",
        "GET /topics/t/configs",
        "DELETE /topics/t",
        "GET /acls",
    ] {
        call(request, Value::Null).await.flat(403, 40301);
    }
    call("POST /topics", json!({"topic_name": "u"})).await.flat(403, 40301);
    call("POST /acls", acl("User:sa-1", "READ")).await.flat(403, 40301);
}

#[tokio::test]
async fn acls_allow_what_they_say_and_what_comes_with_it() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    for name in ["city.air", "city.noise", "other"] {
        cloud.topic(&cluster, name).await;
    }
    let account = cloud.account("drift").await;
    let key = cloud.api_key(&account, &cluster).await;
    let call = async |request: &str| cloud.kafka_as(key.key(), &cluster, request, Value::Null).await;
    cloud
        .allow(&cluster, &account, ["TOPIC", "city.", "PREFIXED", "WRITE"])
        .await;
    assert_eq!(count(&call("GET /topics").await), 2);
    call("GET /topics/city.air").await.with(200);
    call("GET /topics/city.air/configs").await.flat(403, 40301);
    cloud
        .allow(&cluster, &account, ["TOPIC", "*", "LITERAL", "DESCRIBE_CONFIGS"])
        .await;
    call("GET /topics/other/configs").await.with(200);
    cloud
        .allow(&cluster, &account, ["CLUSTER", "kafka-cluster", "LITERAL", "DESCRIBE"])
        .await;
    assert_eq!(count(&call("GET /acls").await), 3);
    call("DELETE /topics/city.air").await.flat(403, 40301);
    let mut deny = acl(&format!("User:{account}"), "DESCRIBE");
    deny["resource_name"] = json!("city.air");
    deny["permission"] = json!("DENY");
    cloud.kafka(&cluster, "POST /acls", deny).await.with(201);
    call("GET /topics/city.air").await.flat(403, 40301);
}

#[tokio::test]
async fn roles_on_topics_of_a_standard_cluster_allow_what_they_say() {
    let cloud = Cloud::start().await;
    let environment = cloud.environment("e").await;
    let cluster = cloud.new_cluster(&environment, json!({"kind": "Standard"})).await;
    cloud.settle();
    let account = cloud.account("a").await;
    let key = cloud.api_key(&account, &cluster).await;
    let crn = cloud.cluster_crn(&environment, &cluster).await;
    cloud
        .bind(
            &account,
            "DeveloperManage",
            &format!("{crn}/kafka={cluster}/topic=city.*"),
        )
        .await;
    cloud.settle();
    let create = async |name: &str| {
        let input = json!({"topic_name": name});
        cloud.kafka_as(key.key(), &cluster, "POST /topics", input).await
    };
    create("city.air").await.with(201);
    create("other").await.flat(403, 40301);
}

#[tokio::test]
async fn the_cluster_itself_is_read_with_any_of_its_keys() {
    let cloud = Cloud::start().await;
    let (_, cluster) = cloud.cluster().await;
    let read = cloud.kafka(&cluster, "GET ", Value::Null).await.with(200);
    assert_eq!(
        (&read["cluster_id"], &read["kind"]),
        (&json!(cluster), &json!("KafkaCluster"))
    );
    cloud.kafka("lkc-none", "GET ", Value::Null).await.flat(404, 404);
}
