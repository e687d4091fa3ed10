//! Rules from create to delete.
#![allow(clippy::unwrap_used)]

use super::*;

#[tokio::test]
async fn a_rule_is_read_back_as_it_was_made() {
    let cloud = cloud().await;
    let whole = json!({
        "sql": SQL,
        "description": "to the queue",
        "actions": [to_queue("rule"), {"lambda": {"functionArn": "arn:aws:lambda:us-east-1:123456789012:function:f"}}],
        "ruleDisabled": true,
        "awsIotSqlVersion": "2016-03-23",
        "errorAction": to_queue("rule"),
    });
    let created = iot(&cloud, "POST /rules/Readings_1", whole.clone()).await;
    done(&created);
    assert!(created.headers.contains_key("x-amzn-requestid"), "{created:?}");
    let mut expected = whole;
    expected["ruleName"] = "Readings_1".into();
    expected["createdAt"] = ((BEGIN + A_WHILE) / 1000).into();
    assert_eq!(
        get(&cloud, "Readings_1").await,
        json!({"ruleArn": "arn:aws:iot:us-east-1:123456789012:rule/Readings_1", "rule": expected})
    );
}

#[tokio::test]
async fn a_missing_rule_is_answered_like_one_that_may_not_be_seen() {
    let cloud = cloud().await;
    for request in [
        "GET /rules/none",
        "DELETE /rules/none",
        "PATCH /rules/none",
        "POST /rules/none/enable",
        "POST /rules/none/disable",
    ] {
        let answer = iot(&cloud, request, payload()).await;
        assert_eq!(error(&answer), (401, "UnauthorizedException"), "{request}");
        assert_eq!(
            answer.json(),
            json!({"message": "Access to topic rule 'none' was denied"})
        );
    }
}

#[tokio::test]
async fn a_name_that_exists_is_refused_with_the_arn_of_its_rule() {
    let cloud = cloud().await;
    create(&cloud, "r").await;
    let other = but(json!({"sql": "SELECT a FROM 'b'"}));
    let answer = iot(&cloud, "POST /rules/r", other).await;
    assert_eq!(error(&answer), (409, "ResourceAlreadyExistsException"));
    assert_eq!(
        answer.json()["resourceArn"],
        "arn:aws:iot:us-east-1:123456789012:rule/r"
    );
    assert_eq!(get(&cloud, "r").await["rule"]["sql"], SQL);
}

#[tokio::test]
async fn replacing_is_whole_and_leaves_tags_and_the_time_of_creation() {
    let cloud = cloud().await;
    let first = but(
        json!({"description": "d", "ruleDisabled": true, "awsIotSqlVersion": "2016-03-23",
                           "errorAction": to_queue("rule")}),
    );
    done(&call(&cloud, "POST /rules/r", "x-amz-tagging: owner=me\r\n", &first).await);
    cloud.advance(60_000);
    done(
        &iot(
            &cloud,
            "PATCH /rules/r",
            json!({"sql": "SELECT * FROM 'other'", "actions": []}),
        )
        .await,
    );
    let rule = get(&cloud, "r").await["rule"].clone();
    assert_eq!(
        rule,
        json!({"sql": "SELECT * FROM 'other'", "actions": [], "ruleDisabled": false, "awsIotSqlVersion": "2015-10-08",
               "ruleName": "r", "createdAt": (BEGIN + A_WHILE) / 1000})
    );
    assert_eq!(tags(&cloud, "r").await, json!([{"Key": "owner", "Value": "me"}]));
    assert_eq!(listed(&cloud, "topic=other").await.0, ["r"]);
}

#[tokio::test]
async fn a_second_update_conflicts_until_the_first_has_settled() {
    let real = Settings {
        delays: Delays::Real,
        ..untiring()
    };
    let cloud = Cloud::start_with(&real).await;
    let empty = json!({"sql": SQL, "actions": []});
    done(&iot(&cloud, "POST /rules/r", empty.clone()).await);
    let updates = [
        "PATCH /rules/r",
        "POST /rules/r/disable",
        "POST /rules/r/enable",
        "DELETE /rules/r",
    ];
    for update in updates {
        for conflicting in updates {
            let answer = iot(&cloud, conflicting, empty.clone()).await;
            assert_eq!(
                error(&answer),
                (409, "ConflictingResourceUpdateException"),
                "{conflicting}"
            );
        }
        cloud.advance(10_000);
        done(&iot(&cloud, update, empty.clone()).await);
    }
    assert_eq!(listed(&cloud, "").await.0, [""; 0]);
}

#[tokio::test]
async fn a_pending_update_outlives_the_server() {
    let real = Settings {
        delays: Delays::Real,
        ..untiring()
    };
    let cloud = Cloud::start_with(&real).await;
    let empty = json!({"sql": SQL, "actions": []});
    done(&iot(&cloud, "POST /rules/r", empty).await);
    let cloud = cloud.restart().await;
    let answer = iot(&cloud, "DELETE /rules/r", Value::Null).await;
    assert_eq!(error(&answer), (409, "ConflictingResourceUpdateException"));
    cloud.advance(10_000);
    done(&iot(&cloud, "DELETE /rules/r", Value::Null).await);
}

#[tokio::test]
async fn enabling_and_disabling_change_nothing_else() {
    let cloud = cloud().await;
    create(&cloud, "r").await;
    let before = get(&cloud, "r").await;
    done(&iot(&cloud, "POST /rules/r/disable", Value::Null).await);
    cloud.advance(A_WHILE);
    assert_eq!(get(&cloud, "r").await["rule"]["ruleDisabled"], true);
    done(&iot(&cloud, "POST /rules/r/enable", Value::Null).await);
    assert_eq!(get(&cloud, "r").await, before);
}

#[tokio::test]
async fn a_deleted_rule_is_gone_with_its_tags() {
    let cloud = cloud().await;
    done(&call(&cloud, "POST /rules/r", "x-amz-tagging: owner=me\r\n", &payload()).await);
    cloud.advance(A_WHILE);
    done(&iot(&cloud, "DELETE /rules/r", Value::Null).await);
    assert_eq!(listed(&cloud, "").await.0, [""; 0]);
    create(&cloud, "r").await;
    assert_eq!(tags(&cloud, "r").await, json!([]));
}

#[tokio::test]
async fn rules_belong_to_a_region_and_survive_a_kill() {
    let cloud = cloud().await;
    create(&cloud, "r").await;
    let before = get(&cloud, "r").await;
    let cloud = cloud.restart().await;
    assert_eq!(get(&cloud, "r").await, before);
    let moved = Settings {
        region: "eu-central-1".to_owned(),
        ..untiring()
    };
    crate::settings::write_settings(cloud.folder(), &moved).unwrap();
    let head = "GET /rules HTTP/1.1\r\nauthorization: AWS4-HMAC-SHA256 \
                Credential=AKIATEST/20261122/eu-central-1/iot/aws4_request, SignedHeaders=host, Signature=00\r\n";
    assert_eq!(cloud.send(head, "").await.unwrap().done(), json!({"rules": []}));
}

#[tokio::test]
async fn throttling_and_failure_are_spelled_as_iot_does() {
    let cloud = cloud().await;
    let fault = |call: u64, kind: &str| json!({"service": "iot", "operation": "*", "call": call, "fault": kind});
    cloud.plan_faults(&json!([fault(1, "throttle"), fault(2, "fail")]));
    let answer = iot(&cloud, "POST /rules/r", payload()).await;
    assert_eq!(error(&answer), (400, "ThrottlingException"));
    let answer = iot(&cloud, "GET /rules", Value::Null).await;
    assert_eq!(error(&answer), (500, "InternalException"));
}

#[tokio::test]
async fn writes_are_counted_as_writes_and_reads_are_not() {
    let cloud = cloud().await;
    cloud.admin("POST /_eclusa/calls/reset").await;
    create(&cloud, "r").await;
    get(&cloud, "r").await;
    listed(&cloud, "").await;
    tags(&cloud, "r").await;
    let calls = cloud.calls().await["calls"].as_array().unwrap().clone();
    let shown: Vec<_> = calls
        .iter()
        .map(|call| (call["operation"].as_str().unwrap(), call["mutating"] == true))
        .collect();
    assert_eq!(
        shown,
        [
            ("CreateTopicRule", true),
            ("GetTopicRule", false),
            ("ListTopicRules", false),
            ("ListTagsForResource", false)
        ]
    );
}
