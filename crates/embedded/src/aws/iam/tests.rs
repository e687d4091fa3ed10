//! Raw HTTP against a server in this process; `trust` asks as other services do, without one.
#![allow(clippy::unwrap_used)]

mod documents;
mod policies;
mod roles;
mod trust;

use crate::testing::Answer;
use crate::testing::Cloud;

/// What the fast delays make of role propagation, in milliseconds.
const PROPAGATION: u64 = 50;

const IOT_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"iot.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

const SEND: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:123456789012:q"}}"#;

/// A signed call of the query protocol.
async fn iam(cloud: &Cloud, action: &str, parameters: &[(&str, &str)]) -> Answer {
    let head = "POST / HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                authorization: AWS4-HMAC-SHA256 Credential=AKIATEST/20261122/us-east-1/iam/aws4_request, \
                SignedHeaders=host, Signature=00\r\n";
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", action).append_pair("Version", "2010-05-08");
    let body = form.extend_pairs(parameters).finish();
    cloud.send(head, &body).await.expect("an answer")
}

/// The answer of a call that was done.
async fn done(cloud: &Cloud, action: &str, parameters: &[(&str, &str)]) -> String {
    let answer = iam(cloud, action, parameters).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// Status, code and message of a call that was not.
async fn refused(cloud: &Cloud, action: &str, parameters: &[(&str, &str)]) -> (u16, String, String) {
    let answer = iam(cloud, action, parameters).await;
    assert_ne!(answer.status, 200, "{answer:?}");
    let part = |element| text(&answer.body, element).unwrap_or_default().replace("&quot;", "\"");
    (answer.status, part("Code"), part("Message"))
}

fn refusal(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

/// The text of the first element of that name.
fn text<'a>(xml: &'a str, element: &str) -> Option<&'a str> {
    texts(xml, element).into_iter().next()
}

fn texts<'a>(xml: &'a str, element: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    xml.split(&open)
        .skip(1)
        .filter_map(|rest| rest.split_once(&close))
        .map(|(text, _)| text)
        .collect()
}

async fn create(cloud: &Cloud, name: &str) -> String {
    let parameters = [("RoleName", name), ("AssumeRolePolicyDocument", IOT_TRUST)];
    done(cloud, "CreateRole", &parameters).await
}

/// Walks all pages of a list, and says how many there were.
async fn walk(cloud: &Cloud, action: &str, parameters: &[(&str, &str)], element: &str) -> (Vec<String>, usize) {
    let (mut found, mut pages, mut marker) = (Vec::new(), 0, String::new());
    loop {
        let mut asked = parameters.to_vec();
        if !marker.is_empty() {
            asked.push(("Marker", marker.as_str()));
        }
        let page = done(cloud, action, &asked).await;
        found.extend(texts(&page, element).into_iter().map(str::to_owned));
        pages += 1;
        assert!(pages < 100, "the list never ends: {page}");
        let truncated = text(&page, "IsTruncated") == Some("true");
        assert_eq!(truncated, text(&page, "Marker").is_some(), "{page}");
        match text(&page, "Marker") {
            Some(next) => marker = next.to_owned(),
            None => return (found, pages),
        }
    }
}
