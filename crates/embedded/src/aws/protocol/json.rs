//! awsJson 1.0 and 1.1. An error's `__type` is `<namespace>#<Shape>`, for errors common to all services
//! `com.amazon.coral.service#<Shape>`; services that once spoke the query protocol add their old code as a header.

use serde_json::Value;
use serde_json::json;

use crate::aws::refusal::Refusal;
use crate::aws::request::Request;
use crate::http::Answer;
use crate::http::Raw;
use crate::http::answer;
use crate::http::set_header;

const COMMON_NAMESPACE: &str = "com.amazon.coral.service";

pub(super) fn decode(raw: &Raw) -> Result<Request, Refusal> {
    Ok(Request {
        parameters: object(&raw.body)?,
        ..Request::default()
    })
}

/// The body as an object; an empty one is an object without members.
pub(super) fn object(body: &[u8]) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(Value::Object(object)),
        Ok(_) => Err(Refusal::malformed("the body is not a JSON object")),
        Err(error) => Err(Refusal::malformed(format!("the body is not JSON: {error}"))),
    }
}

pub(super) fn output(version: &str, output: &Value, request_id: &str) -> Answer {
    let body = if output.is_null() {
        "{}".to_owned()
    } else {
        output.to_string()
    };
    let mut answer = answer(200, &content_type(version), body);
    set_header(&mut answer, "x-amzn-requestid", request_id);
    answer
}

pub(super) fn refusal(
    version: &str,
    namespace: &str,
    query_compatible: bool,
    refusal: &Refusal,
    request_id: &str,
) -> Answer {
    let namespace = if refusal.code.modeled {
        namespace
    } else {
        COMMON_NAMESPACE
    };
    let mut body = refusal.members.clone();
    body.insert(
        "__type".to_owned(),
        format!("{namespace}#{}", refusal.code.shape).into(),
    );
    body.insert("message".to_owned(), refusal.message.clone().into());
    let mut answer = answer(refusal.status, &content_type(version), Value::Object(body).to_string());
    set_header(&mut answer, "x-amzn-requestid", request_id);
    if query_compatible {
        let fault = if refusal.status < 500 { "Sender" } else { "Receiver" };
        set_header(
            &mut answer,
            "x-amzn-query-error",
            &format!("{};{fault}", refusal.code.query),
        );
    }
    answer
}

fn content_type(version: &str) -> String {
    format!("application/x-amz-json-{version}")
}
