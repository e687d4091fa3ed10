//! What a rule may not say.
#![allow(clippy::unwrap_used)]

use super::*;

#[tokio::test]
async fn what_a_payload_leaves_out_has_its_default() {
    let cloud = cloud().await;
    done(
        &iot(
            &cloud,
            "POST /rules/r",
            json!({"sql": SQL, "actions": [], "description": null}),
        )
        .await,
    );
    let rule = get(&cloud, "r").await["rule"].clone();
    assert_eq!(
        rule,
        json!({"sql": SQL, "actions": [], "ruleDisabled": false, "awsIotSqlVersion": "2015-10-08", "ruleName": "r",
               "createdAt": (BEGIN + A_WHILE) / 1000})
    );
}

#[tokio::test]
async fn names_have_no_hyphens_and_at_most_128_characters() {
    let cloud = cloud().await;
    let longest = "n".repeat(128);
    for name in ["a-b", "a.b", "%C3%A9", "a%20b", &format!("{longest}n")] {
        for request in [format!("POST /rules/{name}"), format!("GET /rules/{name}")] {
            assert_eq!(error(&iot(&cloud, &request, payload()).await), INVALID, "{request}");
        }
    }
    create(&cloud, &longest).await;
}

#[tokio::test]
async fn sql_that_does_not_parse_is_refused_in_create_and_replace() {
    let cloud = cloud().await;
    create(&cloud, "r").await;
    for request in ["POST /rules/new", "PATCH /rules/r"] {
        let answer = iot(&cloud, request, but(json!({"sql": "SELECT * FORM 'a'"}))).await;
        assert_eq!(error(&answer), (400, "SqlParseException"));
        assert!(answer.message().contains("line 1, column 10"), "{answer:?}");
    }
    let nested = json!({"sql": "SELECT [a] AS b FROM 'c'", "actions": [], "awsIotSqlVersion": "2015-10-08"});
    assert_eq!(
        error(&iot(&cloud, "POST /rules/new", nested).await).1,
        "SqlParseException"
    );
}

#[tokio::test]
async fn a_payload_without_its_required_members_is_invalid() {
    let cloud = cloud().await;
    let eleven = vec![to_queue("rule"); 11];
    let large = format!("SELECT '{}' AS a FROM 'b'", "x".repeat(256 * 1024));
    for changes in [
        json!({"sql": null}),
        json!({"actions": null}),
        json!({"actions": eleven}),
        json!({"actions": [{}]}),
        json!({"actions": [{"sqs": to_queue("rule")["sqs"], "lambda": {"functionArn": "arn"}}]}),
        json!({"actions": [{"fax": {"roleArn": role_arn("rule")}}]}),
        json!({"actions": [{"sqs": {"roleArn": role_arn("rule")}}]}),
        json!({"errorAction": {"sqs": {"queueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q"}}}),
        json!({"awsIotSqlVersion": "2030-01-01"}),
        json!({"sql": large}),
    ] {
        let answer = iot(&cloud, "POST /rules/r", but(changes.clone())).await;
        assert_eq!(error(&answer), INVALID, "{changes}");
    }
    let ten = but(json!({"actions": eleven[..10]}));
    done(&iot(&cloud, "POST /rules/r", ten).await);
}

#[tokio::test]
async fn a_queue_need_not_exist_but_may_not_be_fifo() {
    let cloud = cloud().await;
    create(&cloud, "to_nowhere").await;
    let url = "https://sqs.us-east-1.amazonaws.com/123456789012/q.fifo";
    let action = json!({"sqs": {"queueUrl": url, "roleArn": role_arn("rule")}});
    for changes in [json!({"actions": [action]}), json!({"errorAction": action})] {
        assert_eq!(error(&iot(&cloud, "POST /rules/r", but(changes)).await), INVALID);
    }
}

#[tokio::test]
async fn a_fresh_role_cannot_be_assumed_and_the_text_says_so() {
    let cloud = cloud().await;
    role(&cloud, "fresh", "iot.amazonaws.com").await;
    let fresh = but(json!({"actions": [to_queue("fresh")]}));
    let answer = iot(&cloud, "POST /rules/r", fresh.clone()).await;
    assert_eq!(error(&answer), INVALID);
    assert_eq!(
        answer.message(),
        "AWS IoT (iot.amazonaws.com) is unable to assume role (sts:AssumeRole) on resource: \
         arn:aws:iam::123456789012:role/fresh. If the role was just created or updated, please try again in a few \
         seconds."
    );
    cloud.advance(A_WHILE);
    done(&iot(&cloud, "POST /rules/r", fresh).await);
}

#[tokio::test]
async fn roles_are_tried_wherever_a_rule_names_them_and_when_disabled_too() {
    let cloud = cloud().await;
    role(&cloud, "for_lambda", "lambda.amazonaws.com").await;
    cloud.advance(A_WHILE);
    create(&cloud, "r").await;
    let sql = |name: &str| format!("SELECT get_thing_shadow('t', '{}') AS s FROM 'a'", role_arn(name));
    let http = |name: &str| {
        let sigv4 = json!({"signingRegion": "us-east-1", "serviceName": "x", "roleArn": role_arn(name)});
        json!({"http": {"url": "https://example.org", "auth": {"sigv4": sigv4}}})
    };
    for wrong in ["missing", "for_lambda"] {
        for changes in [
            json!({"actions": [to_queue("rule"), to_queue(wrong)]}),
            json!({"errorAction": to_queue(wrong)}),
            json!({"actions": [to_queue(wrong)], "ruleDisabled": true}),
            json!({"actions": [http(wrong)]}),
            json!({"sql": sql(wrong)}),
        ] {
            for request in ["POST /rules/new", "PATCH /rules/r"] {
                let answer = iot(&cloud, request, but(changes.clone())).await;
                assert_eq!(error(&answer), INVALID, "{request} {changes}");
                assert!(answer.message().contains(&role_arn(wrong)), "{answer:?}");
            }
        }
    }
    let right = but(json!({"actions": [http("rule")], "sql": sql("rule")}));
    done(&iot(&cloud, "PATCH /rules/r", right).await);
}
