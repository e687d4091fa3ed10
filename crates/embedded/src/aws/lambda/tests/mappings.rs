use serde_json::Value;
use serde_json::json;

use super::*;

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:ingest";
const IN_USE: (u16, &str) = (400, "ResourceInUseException");

/// With a queue that hides messages for 30 s and a function that runs for 30 s.
async fn ends() -> Cloud {
    let cloud = cloud().await;
    cloud.queue("ingest", json!({"VisibilityTimeout": "30"})).await;
    make(&cloud, "bridge", json!({"Timeout": 30})).await;
    cloud
}

async fn create(cloud: &Cloud, changes: Value) -> Answer {
    let input = but(json!({"EventSourceArn": QUEUE, "FunctionName": "bridge"}), changes);
    lambda(cloud, &format!("POST {MAPPINGS}"), input).await
}

/// Makes a mapping and gives its UUID.
async fn mapping(cloud: &Cloud, changes: Value) -> String {
    let answer = create(cloud, changes).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    cloud.advance(A_WHILE);
    answer.json()["UUID"].as_str().unwrap().to_owned()
}

async fn shown(cloud: &Cloud, uuid: &str) -> Value {
    lambda(cloud, &format!("GET {MAPPINGS}/{uuid}"), Value::Null)
        .await
        .done()
}

async fn update(cloud: &Cloud, uuid: &str, input: Value) -> Answer {
    lambda(cloud, &format!("PUT {MAPPINGS}/{uuid}"), input).await
}

async fn delete(cloud: &Cloud, uuid: &str) -> Answer {
    lambda(cloud, &format!("DELETE {MAPPINGS}/{uuid}"), Value::Null).await
}

#[tokio::test]
async fn a_new_mapping_is_creating_and_then_enabled_with_the_defaults() {
    let cloud = ends().await;
    let made = create(&cloud, json!({})).await;
    assert_eq!((made.status, &made.json()["State"]), (202, &json!("Creating")));
    let uuid = made.json()["UUID"].as_str().unwrap().to_owned();
    cloud.advance(A_WHILE);
    let shown = shown(&cloud, &uuid).await;
    assert_eq!(shown["State"], "Enabled");
    assert_eq!(
        shown["FunctionArn"],
        "arn:aws:lambda:us-east-1:123456789012:function:bridge"
    );
    assert_eq!(
        shown["EventSourceMappingArn"],
        format!("arn:aws:lambda:us-east-1:123456789012:event-source-mapping:{uuid}")
    );
    assert_eq!(
        (&shown["BatchSize"], &shown["MaximumBatchingWindowInSeconds"]),
        (&json!(10), &json!(0))
    );
    assert_eq!(shown["FunctionResponseTypes"], json!([]));
    assert_eq!((shown.get("ScalingConfig"), shown.get("FilterCriteria")), (None, None));
}

#[tokio::test]
async fn a_pair_has_one_mapping_whose_uuid_the_refusal_names() {
    let cloud = ends().await;
    let uuid = mapping(&cloud, json!({})).await;
    let refused = create(
        &cloud,
        json!({"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:bridge"}),
    )
    .await;
    assert_eq!(error(&refused), IN_PROGRESS);
    assert!(
        refused.message().contains("already exists") && refused.message().ends_with(&uuid),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_queue_that_hides_for_less_than_the_function_runs_is_refused_then_and_only_then() {
    let cloud = ends().await;
    let uuid = mapping(&cloud, json!({})).await;
    configure(&cloud, "bridge", json!({"Timeout": 60})).await.done();
    cloud.advance(A_WHILE);
    let refused = update(&cloud, &uuid, json!({"BatchSize": 5})).await;
    assert_eq!(error(&refused), INVALID);
    assert_eq!(
        refused.message(),
        "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"
    );
    assert_eq!(shown(&cloud, &uuid).await["State"], "Enabled");
}

#[tokio::test]
async fn both_ends_and_the_role_must_be_there() {
    let cloud = ends().await;
    let no_queue = create(&cloud, json!({"EventSourceArn": format!("{QUEUE}2")})).await;
    assert_eq!(error(&no_queue), INVALID);
    assert!(no_queue.message().contains("NonExistentQueue"));
    let no_function = create(&cloud, json!({"FunctionName": "gone"})).await;
    assert_eq!(error(&no_function), NOT_FOUND);
    iam(&cloud, &[("Action", "DeleteRole"), ("RoleName", "bridge")]).await;
    let no_role = create(&cloud, json!({})).await;
    assert_eq!(error(&no_role), INVALID);
    assert!(no_role.message().contains("cannot be assumed by Lambda"));
}

#[tokio::test]
async fn a_mapping_in_the_middle_of_a_change_is_in_use() {
    let cloud = ends().await;
    let uuid = create(&cloud, json!({})).await.json()["UUID"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(error(&update(&cloud, &uuid, json!({"BatchSize": 5})).await), IN_USE);
    assert_eq!(error(&delete(&cloud, &uuid).await), IN_USE);
    cloud.advance(A_WHILE);
    for (input, state, after) in [
        (json!({"Enabled": false}), "Disabling", "Disabled"),
        (json!({"BatchSize": 5}), "Updating", "Disabled"),
        (json!({"Enabled": true}), "Enabling", "Enabled"),
    ] {
        let taken = update(&cloud, &uuid, input).await;
        assert_eq!((taken.status, &taken.json()["State"]), (202, &json!(state)));
        assert_eq!(error(&delete(&cloud, &uuid).await), IN_USE);
        cloud.advance(A_WHILE);
        assert_eq!(shown(&cloud, &uuid).await["State"], after);
    }
}

#[tokio::test]
async fn a_deleted_mapping_lingers_and_its_pair_is_free_when_it_is_gone() {
    let cloud = ends().await;
    let uuid = mapping(&cloud, json!({})).await;
    let deleted = delete(&cloud, &uuid).await;
    assert_eq!((deleted.status, &deleted.json()["State"]), (202, &json!("Deleting")));
    assert_eq!(shown(&cloud, &uuid).await["State"], "Deleting");
    assert_eq!(error(&create(&cloud, json!({})).await), IN_PROGRESS);
    cloud.advance(A_WHILE);
    let gone = lambda(&cloud, &format!("GET {MAPPINGS}/{uuid}"), Value::Null).await;
    assert_eq!(error(&gone), NOT_FOUND);
    assert_ne!(mapping(&cloud, json!({})).await, uuid);
}

#[tokio::test]
async fn a_mapping_outlives_its_function_and_can_still_be_deleted() {
    let cloud = ends().await;
    let uuid = mapping(&cloud, json!({})).await;
    lambda(&cloud, &format!("DELETE {FUNCTIONS}/bridge"), Value::Null).await;
    assert_eq!(shown(&cloud, &uuid).await["State"], "Enabled");
    assert_eq!(delete(&cloud, &uuid).await.status, 202);
}

#[tokio::test]
async fn what_is_not_sent_stays_and_an_explicit_empty_removes() {
    let cloud = ends().await;
    let pattern = "{\"body\":{\"kind\":[\"air\"]}}";
    let set = json!({
        "ScalingConfig": {"MaximumConcurrency": 2},
        "FilterCriteria": {"Filters": [{"Pattern": pattern}]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    });
    let uuid = mapping(&cloud, set.clone()).await;
    update(&cloud, &uuid, json!({"BatchSize": 5})).await;
    cloud.advance(A_WHILE);
    let kept = shown(&cloud, &uuid).await;
    for (name, value) in set.as_object().unwrap() {
        assert_eq!(kept[name], *value);
    }
    let empty = json!({"ScalingConfig": {}, "FilterCriteria": {}, "FunctionResponseTypes": []});
    update(&cloud, &uuid, empty).await;
    let gone = shown(&cloud, &uuid).await;
    assert_eq!((gone.get("ScalingConfig"), gone.get("FilterCriteria")), (None, None));
    assert_eq!(
        (&gone["FunctionResponseTypes"], &gone["BatchSize"]),
        (&json!([]), &json!(5))
    );
}

#[tokio::test]
async fn wrong_settings_are_refused() {
    let cloud = ends().await;
    for (changes, text) in [
        (json!({"BatchSize": 11}), "Maximum batch window"),
        (
            json!({"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1}),
            "'batchSize'",
        ),
        (
            json!({"MaximumBatchingWindowInSeconds": 301}),
            "'maximumBatchingWindowInSeconds'",
        ),
        (
            json!({"ScalingConfig": {"MaximumConcurrency": 1}}),
            "'scalingConfig.maximumConcurrency'",
        ),
        (json!({"FunctionResponseTypes": ["All"]}), "'functionResponseTypes'"),
        (
            json!({"FilterCriteria": {"Filters": [{"Pattern": "air"}]}}),
            "Invalid filter pattern",
        ),
    ] {
        let refused = create(&cloud, changes).await;
        assert_eq!(refused.status, 400, "{refused:?}");
        assert!(refused.message().contains(text), "{refused:?}");
    }
}

#[tokio::test]
async fn mappings_are_listed_by_queue_and_function_in_pages() {
    let cloud = ends().await;
    cloud.queue("other", json!({})).await;
    make(&cloud, "short", json!({})).await;
    let other = "arn:aws:sqs:us-east-1:123456789012:other";
    mapping(&cloud, json!({})).await;
    mapping(&cloud, json!({"FunctionName": "short"})).await;
    mapping(&cloud, json!({"FunctionName": "short", "EventSourceArn": other})).await;
    let list = async |query: &str| {
        lambda(&cloud, &format!("GET {MAPPINGS}?{query}"), Value::Null)
            .await
            .done()
    };
    let count = |page: &Value| page["EventSourceMappings"].as_array().unwrap().len();
    assert_eq!(count(&list("").await), 3);
    assert_eq!(count(&list("FunctionName=short").await), 2);
    assert_eq!(
        count(&list(&format!("EventSourceArn={other}&FunctionName=short")).await),
        1
    );
    let page = list("MaxItems=2").await;
    assert_eq!(count(&page), 2);
    let rest = list(&format!("MaxItems=2&Marker={}", page["NextMarker"].as_str().unwrap())).await;
    assert_eq!((count(&rest), rest.get("NextMarker")), (1, None));
}

#[tokio::test]
async fn a_mapping_has_tags_by_its_arn() {
    let cloud = ends().await;
    let uuid = mapping(&cloud, json!({"Tags": {"a": "1"}})).await;
    let arn = format!("arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Aevent-source-mapping%3A{uuid}");
    lambda(
        &cloud,
        &format!("POST /2017-03-31/tags/{arn}"),
        json!({"Tags": {"b": "2"}}),
    )
    .await;
    let listed = lambda(&cloud, &format!("GET /2017-03-31/tags/{arn}"), Value::Null)
        .await
        .done();
    assert_eq!(listed, json!({"Tags": {"a": "1", "b": "2"}}));
}
