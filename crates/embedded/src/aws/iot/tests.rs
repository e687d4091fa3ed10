#![allow(clippy::unwrap_used)]

mod checks;
mod listing;
mod rules;
mod tags;
mod things;

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
