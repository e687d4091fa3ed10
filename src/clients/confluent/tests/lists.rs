//! Pages.

use crate::clients::Class;
use crate::clients::confluent::api_keys;
use crate::clients::confluent::clusters;
use crate::clients::confluent::environments;
use crate::clients::confluent::testing::Canned;
use crate::clients::confluent::testing::answer;
use crate::clients::confluent::testing::host;
use crate::clients::confluent::testing::io;
use crate::clients::confluent::topics;

fn page(next: Option<&str>, ids: &[&str]) -> Vec<u8> {
    let data: Vec<_> = ids.iter().map(|id| serde_json::json!({"id": id, "new": {}})).collect();
    let data = if data.is_empty() {
        serde_json::Value::Null
    } else {
        data.into()
    };
    let body = serde_json::json!({"kind": "XList", "metadata": {"next": next}, "data": data});
    answer(200, "", body.to_string())
}

#[tokio::test]
async fn every_page_is_asked_for_with_the_filters_of_the_first_and_at_the_same_host() {
    let next = |token| format!("https://elsewhere.example/cmk/v2/clusters?environment=env-9&page_token={token}");
    let pages = vec![
        page(Some(&next("a%2F1")), &["lkc-1", "lkc-2"]),
        page(Some(&next("b")), &["lkc-3"]),
        page(None, &[]),
    ];
    let canned = Canned::serve(pages).await;
    let found = clusters::list(&io(&canned.url).await, "env-1").await.unwrap();
    let ids: Vec<&str> = found.iter().map(|cluster| cluster.id.as_str()).collect();
    assert_eq!(ids, ["lkc-1", "lkc-2", "lkc-3"]);
    let first = "GET /cmk/v2/clusters?environment=env-1&page_size=100";
    let expected = [
        first.to_owned(),
        format!("{first}&page_token=a%2F1"),
        format!("{first}&page_token=b"),
    ];
    assert_eq!(canned.lines(), expected);
}

#[tokio::test]
async fn a_list_ends_with_null_with_nothing_and_with_an_empty_address() {
    for body in [
        r#"{"data":null,"metadata":{}}"#,
        r#"{"metadata":{"next":""},"data":null}"#,
        r#"{"data":[],"metadata":null}"#,
        r#"{"data":[]}"#,
    ] {
        let canned = Canned::serve(vec![answer(200, "", body)]).await;
        assert_eq!(environments::list(&io(&canned.url).await).await.unwrap(), [], "{body}");
        assert_eq!(canned.seen().len(), 1, "{body}");
    }
}

#[tokio::test]
async fn a_list_that_may_be_cut_is_an_error() {
    let next = "/org/v2/environments?page_token=a";
    for (why, pages) in [
        (
            "no end",
            vec![page(Some(next), &["env-1"]), page(Some(next), &["env-1"])],
        ),
        (
            "another list",
            vec![page(Some("/iam/v2/api-keys?page_token=a"), &["env-1"])],
        ),
        ("no token", vec![page(Some("/org/v2/environments?page=2"), &["env-1"])]),
        ("another shape", vec![answer(200, "", r#"{"data":{}}"#)]),
        ("another shape", vec![answer(200, "", r#"{"metadata":{}}"#)]),
        ("does not say of what", vec![page(None, &["env-1", ""])]),
        ("no JSON", vec![answer(200, "", "<html>")]),
    ] {
        let canned = Canned::serve(pages).await;
        let error = environments::list(&io(&canned.url).await).await.unwrap_err();
        assert_eq!(error.class, Class::Unexpected, "{error}");
        assert!(error.message.contains(why), "{error}");
    }
}

#[tokio::test]
async fn a_page_that_fails_fails_the_list() {
    let pages = vec![
        page(Some("/org/v2/environments?page_token=a"), &["env-1"]),
        answer(403, "", ""),
    ];
    let canned = Canned::serve(pages).await;
    let error = environments::list(&io(&canned.url).await).await.unwrap_err();
    assert_eq!(error.class, Class::Denied);
}

#[tokio::test]
async fn topics_come_in_one_call_and_keys_with_exact_filters() {
    let listed = r#"{"kind":"KafkaTopicList","metadata":{"self":"x","next":null},
        "data":[{"topic_name":"air","is_internal":false,"replication_factor":3,"partitions_count":6}]}"#;
    let canned = Canned::serve(vec![answer(200, "", listed), page(None, &[])]).await;
    let io = io(&canned.url).await;
    let found = topics::list(&io, &host(&io)).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].name.as_str(), found[0].partitions_count), ("air", 6));
    let filter = api_keys::Filter {
        owner: Some("sa-1"),
        resource: Some("lkc-1"),
    };
    assert_eq!(api_keys::list(&io, filter).await.unwrap(), []);
    let expected = [
        "GET /kafka/v3/clusters/lkc-1/topics",
        "GET /iam/v2/api-keys?spec.owner=sa-1&spec.resource=lkc-1&page_size=100",
    ];
    assert_eq!(canned.lines(), expected);
}
