//! restJson1: parameters in path, query string, headers and a JSON body. The error's name is a header.

use serde_json::Value;

use super::json;
use crate::aws::refusal::Refusal;
use crate::aws::request::Asked;
use crate::aws::request::Request;
use crate::http::Answer;
use crate::http::Raw;
use crate::http::answer;
use crate::http::set_header;

pub(super) fn decode(asked: &Asked, raw: Raw) -> Result<Request, Refusal> {
    let parameters = json::object(&raw.body)?;
    let query = form_urlencoded::parse(raw.query.as_bytes()).into_owned().collect();
    Ok(Request {
        parameters,
        labels: asked.labels.clone(),
        query,
        headers: raw.headers,
    })
}

pub(super) fn output(output: &Value, request_id: &str) -> Answer {
    let body = if output.is_null() {
        String::new()
    } else {
        output.to_string()
    };
    let mut answer = answer(200, "application/json", body);
    set_header(&mut answer, "x-amzn-requestid", request_id);
    answer
}

pub(super) fn refusal(refusal: &Refusal, request_id: &str) -> Answer {
    let mut body = refusal.members.clone();
    body.insert("message".to_owned(), refusal.message.clone().into());
    let mut answer = answer(refusal.status, "application/json", Value::Object(body).to_string());
    set_header(&mut answer, "x-amzn-requestid", request_id);
    set_header(&mut answer, "x-amzn-errortype", &refusal.code.shape);
    answer
}
