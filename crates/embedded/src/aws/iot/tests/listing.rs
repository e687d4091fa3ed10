//! ListTopicRules.
#![allow(clippy::unwrap_used)]

use super::*;

#[tokio::test]
async fn a_listing_shows_names_filters_and_states_and_no_sql() {
    let cloud = cloud().await;
    create(&cloud, "a").await;
    let ingest = json!({"sql": "SELECT *", "actions": [], "ruleDisabled": true});
    done(&iot(&cloud, "POST /rules/b", ingest).await);
    let arn = |name: &str| format!("arn:aws:iot:us-east-1:123456789012:rule/{name}");
    let seconds = BEGIN / 1000 + 1;
    assert_eq!(
        iot(&cloud, "GET /rules", Value::Null).await.done(),
        json!({"rules": [
            {"ruleArn": arn("a"), "ruleName": "a", "createdAt": seconds, "ruleDisabled": false,
             "topicPattern": "city/+/readings"},
            {"ruleArn": arn("b"), "ruleName": "b", "createdAt": seconds + 1, "ruleDisabled": true},
        ]})
    );
    assert_eq!(listed(&cloud, "ruleDisabled=true").await.0, ["b"]);
    assert_eq!(listed(&cloud, "ruleDisabled=false").await.0, ["a"]);
    assert_eq!(listed(&cloud, "topic=city%2F%2B%2Freadings").await.0, ["a"]);
    // By the letter, not by what the filter matches.
    assert_eq!(listed(&cloud, "topic=city%2Flx%2Freadings").await.0, [""; 0]);
}

#[tokio::test]
async fn a_listing_comes_in_pages_whose_last_has_no_token() {
    let cloud = cloud().await;
    for number in 0..5 {
        create(&cloud, &format!("r{number}")).await;
    }
    let mut pages = Vec::new();
    let mut query = "maxResults=2".to_owned();
    loop {
        let (names, token) = listed(&cloud, &query).await;
        pages.push(names.join(","));
        match token {
            Some(token) => query = format!("maxResults=2&nextToken={token}"),
            None => break,
        }
    }
    assert_eq!(pages, ["r0,r1", "r2,r3", "r4"]);
    assert_eq!(listed(&cloud, "maxResults=5").await.1, None);
    for wrong in [
        "maxResults=0",
        "maxResults=10001",
        "maxResults=x",
        "nextToken=r1",
        "nextToken=2d",
        "ruleDisabled=no",
    ] {
        let answer = iot(&cloud, &format!("GET /rules?{wrong}"), Value::Null).await;
        assert_eq!(error(&answer), INVALID, "{wrong}");
    }
}

#[tokio::test]
async fn without_a_size_a_page_holds_a_hundred() {
    let cloud = cloud().await;
    for number in 0..101 {
        create(&cloud, &format!("r{number:03}")).await;
    }
    let (names, token) = listed(&cloud, "").await;
    assert_eq!(names.len(), 100);
    assert_eq!(
        listed(&cloud, &format!("nextToken={}", token.unwrap())).await,
        (vec!["r100".to_owned()], None)
    );
}
