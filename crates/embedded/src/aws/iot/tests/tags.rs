//! Tags of rules.
#![allow(clippy::unwrap_used)]

use super::*;

#[tokio::test]
async fn tags_of_create_are_a_url_query() {
    let cloud = cloud().await;
    let header = "x-amz-tagging: eclusa%3Aowner=dev%40123456789012%2Fus-east-1&a+b=c%20d\r\n";
    done(&call(&cloud, "POST /rules/r", header, &payload()).await);
    assert_eq!(
        tags(&cloud, "r").await,
        json!([{"Key": "a b", "Value": "c d"}, {"Key": "eclusa:owner", "Value": "dev@123456789012/us-east-1"}])
    );
}

#[tokio::test]
async fn empty_reserved_doubled_and_misspelt_tags_are_invalid() {
    let cloud = cloud().await;
    let many: Vec<_> = (0..51).map(|number| format!("k{number}=v")).collect();
    let long = format!("{}=v", "k".repeat(129));
    for tags in [
        "owner=",
        "owner",
        "=v",
        "aws:x=y",
        "AWS%3Ax=y",
        "a=1&a=2",
        "a=%3B",
        "a%23=1",
        &long,
        &many.join("&"),
    ] {
        let answer = call(
            &cloud,
            "POST /rules/r",
            &format!("x-amz-tagging: {tags}\r\n"),
            &payload(),
        )
        .await;
        assert_eq!(error(&answer), INVALID, "{tags}");
    }
    create(&cloud, "r").await;
    let arn = "arn:aws:iot:us-east-1:123456789012:rule/r";
    for tag in [
        json!({"Key": "owner", "Value": ""}),
        json!({"Key": "owner"}),
        json!({"Value": "v"}),
    ] {
        let answer = iot(&cloud, "POST /tags", json!({"resourceArn": arn, "tags": [tag]})).await;
        assert_eq!(error(&answer), INVALID, "{tag}");
    }
    let many: Vec<_> = (0..51)
        .map(|number| json!({"Key": format!("k{number}"), "Value": "v"}))
        .collect();
    let answer = iot(&cloud, "POST /tags", json!({"resourceArn": arn, "tags": many})).await;
    assert_eq!(error(&answer), (410, "LimitExceededException"));
    assert_eq!(tags(&cloud, "r").await, json!([]));
}

#[tokio::test]
async fn tags_are_added_changed_and_removed_by_arn() {
    let cloud = cloud().await;
    done(&call(&cloud, "POST /rules/r", "x-amz-tagging: a=1&b=2\r\n", &payload()).await);
    let arn = "arn:aws:iot:us-east-1:123456789012:rule/r";
    let sent = json!([{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]);
    // Right after another write: tags do not wait for it to settle.
    let answer = iot(&cloud, "POST /tags", json!({"resourceArn": arn, "tags": sent})).await;
    assert_eq!(answer.done(), json!({}));
    let answer = iot(
        &cloud,
        "POST /untag",
        json!({"resourceArn": arn, "tagKeys": ["a", "none"]}),
    )
    .await;
    assert_eq!(answer.done(), json!({}));
    assert_eq!(tags(&cloud, "r").await, sent);
}

#[tokio::test]
async fn tag_operations_tell_that_a_resource_is_missing() {
    let cloud = cloud().await;
    create(&cloud, "r").await;
    let tag = json!([{"Key": "a", "Value": "1"}]);
    for arn in [
        "arn:aws:iot:us-east-1:123456789012:rule/none",
        "arn:aws:iot:us-east-1:123456789012:thing/r",
        "arn:aws:iot:us-east-1:210987654321:rule/r",
        "arn:aws:iot:eu-central-1:123456789012:rule/r",
    ] {
        let body = json!({"resourceArn": arn, "tags": tag, "tagKeys": ["a"]});
        let listing = format!("GET /tags?resourceArn={arn}");
        for (request, body) in [
            ("POST /tags", body.clone()),
            ("POST /untag", body),
            (&listing, Value::Null),
        ] {
            let answer = iot(&cloud, request, body).await;
            assert_eq!(error(&answer), (404, "ResourceNotFoundException"), "{request} {arn}");
        }
    }
    for request in ["GET /tags", "GET /tags?resourceArn=r"] {
        assert_eq!(error(&iot(&cloud, request, Value::Null).await), INVALID, "{request}");
    }
}
