#![allow(clippy::unwrap_used)]

use serde_json::Value;
use serde_json::json;

use crate::settings::Delays;
use crate::settings::Settings;
use crate::testing::Answer;
use crate::testing::BEGIN;
use crate::testing::Cloud;
use crate::testing::untiring;

const SQL: &str = "SELECT *, topic() AS mqtt_topic FROM 'city/+/readings'";
/// Longer than any wait while delays are fast.
const A_WHILE: u64 = 1_000;

async fn call(cloud: &Cloud, request: &str, headers: &str, input: &Value) -> Answer {
    let body = if input.is_null() {
        String::new()
    } else {
        input.to_string()
    };
    let head = format!(
        "{request} HTTP/1.1\r\ncontent-type: application/json\r\n{headers}authorization: AWS4-HMAC-SHA256 \
         Credential=AKIATEST/20261122/us-east-1/iot/aws4_request, SignedHeaders=host, Signature=00\r\n"
    );
    cloud.send(&head, &body).await.expect("an answer")
}

async fn iot(cloud: &Cloud, request: &str, input: Value) -> Answer {
    call(cloud, request, "", &input).await
}

async fn iam(cloud: &Cloud, parameters: &[(&str, &str)]) {
    let form: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .append_pair("Version", "2010-05-08")
        .finish();
    let head = "POST / HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\nauthorization: AWS4-HMAC-SHA256 \
                Credential=AKIATEST/20261122/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=00\r\n";
    let answer = cloud.send(head, &form).await.expect("an answer");
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

/// Makes a role that the service may assume, at once known nowhere but to IAM.
async fn role(cloud: &Cloud, name: &str, service: &str) {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]});
    let parameters = [
        ("Action", "CreateRole"),
        ("RoleName", name),
        ("AssumeRolePolicyDocument", &trust.to_string()),
    ];
    iam(cloud, &parameters).await;
}

/// With a role `rule` that can be assumed.
async fn cloud() -> Cloud {
    let cloud = Cloud::start().await;
    role(&cloud, "rule", "iot.amazonaws.com").await;
    cloud.advance(A_WHILE);
    cloud
}

fn to_queue(role: &str) -> Value {
    json!({"sqs": {"queueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/gone", "roleArn": role_arn(role)}})
}

fn payload() -> Value {
    json!({"sql": SQL, "actions": [to_queue("rule")]})
}

/// The payload with some members changed.
fn but(changes: Value) -> Value {
    let mut payload = payload();
    let changed = payload.as_object_mut().unwrap();
    changed.extend(changes.as_object().unwrap().clone());
    payload
}

async fn create(cloud: &Cloud, name: &str) {
    done(&iot(cloud, &format!("POST /rules/{name}"), payload()).await);
    cloud.advance(A_WHILE);
}

/// An operation without an output.
fn done(answer: &Answer) {
    assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{answer:?}");
}

fn error(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.headers["x-amzn-errortype"].as_str())
}

const INVALID: (u16, &str) = (400, "InvalidRequestException");

async fn get(cloud: &Cloud, name: &str) -> Value {
    iot(cloud, &format!("GET /rules/{name}"), Value::Null).await.done()
}

async fn tags(cloud: &Cloud, name: &str) -> Value {
    let arn = format!("arn:aws:iot:us-east-1:123456789012:rule/{name}");
    let answer = iot(cloud, &format!("GET /tags?resourceArn={arn}"), Value::Null).await;
    answer.done()["tags"].clone()
}

/// Names and the next token.
async fn listed(cloud: &Cloud, query: &str) -> (Vec<String>, Option<String>) {
    let page = iot(cloud, &format!("GET /rules?{query}"), Value::Null).await.done();
    let names = page["rules"].as_array().unwrap().iter();
    let names = names
        .map(|rule| rule["ruleName"].as_str().unwrap().to_owned())
        .collect();
    (names, page["nextToken"].as_str().map(str::to_owned))
}

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
