#![allow(clippy::unwrap_used)]

mod functions;
mod mappings;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;

use crate::testing::Answer;
use crate::testing::Cloud;

/// Longer than any wait while delays are fast.
const A_WHILE: u64 = 1_000;
const FUNCTIONS: &str = "/2015-03-31/functions";
const MAPPINGS: &str = "/2015-03-31/event-source-mappings";
const IN_PROGRESS: (u16, &str) = (409, "ResourceConflictException");
const INVALID: (u16, &str) = (400, "InvalidParameterValueException");
const NOT_FOUND: (u16, &str) = (404, "ResourceNotFoundException");

async fn lambda(cloud: &Cloud, request: &str, input: Value) -> Answer {
    let body = if input.is_null() {
        String::new()
    } else {
        input.to_string()
    };
    let head = format!(
        "{request} HTTP/1.1\r\ncontent-type: application/json\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=AKIATEST/20261122/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00\r\n"
    );
    cloud.send(&head, &body).await.expect("an answer")
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

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

/// With a role `bridge` that can be assumed.
async fn cloud() -> Cloud {
    let cloud = Cloud::start().await;
    role(&cloud, "bridge", "lambda.amazonaws.com").await;
    cloud.advance(A_WHILE);
    cloud
}

/// An archive as far as its beginning tells, in base64.
fn zip(content: &str) -> String {
    STANDARD.encode([b"PK\x03\x04", content.as_bytes()].concat())
}

fn but(mut of: Value, changes: Value) -> Value {
    let changed = of.as_object_mut().unwrap();
    changed.extend(changes.as_object().unwrap().clone());
    of
}

fn function(name: &str) -> Value {
    json!({
        "FunctionName": name,
        "Role": role_arn("bridge"),
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Code": {"ZipFile": zip("one")},
    })
}

async fn make(cloud: &Cloud, name: &str, changes: Value) -> Value {
    let answer = lambda(cloud, &format!("POST {FUNCTIONS}"), but(function(name), changes)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    cloud.advance(A_WHILE);
    answer.json()
}

async fn get(cloud: &Cloud, name: &str) -> Value {
    lambda(cloud, &format!("GET {FUNCTIONS}/{name}"), Value::Null)
        .await
        .done()
}

async fn configuration(cloud: &Cloud, name: &str) -> Value {
    lambda(cloud, &format!("GET {FUNCTIONS}/{name}/configuration"), Value::Null)
        .await
        .done()
}

async fn configure(cloud: &Cloud, name: &str, input: Value) -> Answer {
    lambda(cloud, &format!("PUT {FUNCTIONS}/{name}/configuration"), input).await
}

fn error(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.headers["x-amzn-errortype"].as_str())
}
