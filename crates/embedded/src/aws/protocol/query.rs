//! awsQuery: parameters are a form whose dotted names make a tree (`Tags.member.1.Key=a`), answers are XML. Outputs are
//! written from JSON: a list becomes `<member>` elements, an object its members, anything else its text.

use std::borrow::Cow;

use serde_json::Map;
use serde_json::Value;

use crate::aws::refusal::Refusal;
use crate::aws::request::Request;
use crate::http::Answer;
use crate::http::Raw;
use crate::http::answer;
use crate::http::set_header;

/// Deeper names than any AWS shape has are refused, so that a long name cannot exhaust the stack.
const MAX_DEPTH: usize = 32;

/// Names and values, of the body or, without one, of the query string.
pub(crate) fn form(raw: &Raw) -> Vec<(String, String)> {
    let text = if raw.body.is_empty() {
        raw.query.as_bytes()
    } else {
        raw.body.as_slice()
    };
    form_urlencoded::parse(text).into_owned().collect()
}

pub(super) fn decode(raw: &Raw) -> Result<Request, Refusal> {
    let mut tree = Map::new();
    for (name, value) in form(raw) {
        if name == "Action" || name == "Version" {
            continue;
        }
        if name.split('.').count() > MAX_DEPTH {
            return Err(Refusal::malformed(format!("parameter {name} is nested too deep")));
        }
        insert(&mut tree, &name, value);
    }
    Ok(Request {
        parameters: Value::Object(tree.into_iter().map(|(name, value)| (name, lists(value))).collect()),
        ..Request::default()
    })
}

fn insert(tree: &mut Map<String, Value>, name: &str, value: String) {
    let Some((first, rest)) = name.split_once('.') else {
        tree.insert(name.to_owned(), Value::String(value));
        return;
    };
    let entry = tree.entry(first).or_insert_with(|| Value::Object(Map::new()));
    if !entry.is_object() {
        *entry = Value::Object(Map::new());
    }
    if let Value::Object(inner) = entry {
        insert(inner, rest, value);
    }
}

/// Turns `{member: {1: x, 2: y}}` into `[x, y]`, everywhere.
fn lists(value: Value) -> Value {
    let Value::Object(mut object) = value else { return value };
    if object.len() == 1
        && let Some(Value::Object(members)) = object.get_mut("member")
        && let Some(mut numbered) = members
            .iter()
            .map(|(key, _)| key.parse::<u32>().ok())
            .collect::<Option<Vec<_>>>()
    {
        numbered.sort_unstable();
        let items = numbered.iter().filter_map(|number| members.remove(&number.to_string()));
        return Value::Array(items.map(lists).collect());
    }
    Value::Object(object.into_iter().map(|(name, value)| (name, lists(value))).collect())
}

pub(super) fn output(namespace: &str, operation: &str, output: &Value, request_id: &str) -> Answer {
    let mut xml = format!("<{operation}Response xmlns=\"{namespace}\">");
    if !output.is_null() {
        element(&mut xml, &format!("{operation}Result"), output);
    }
    xml += &format!("<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>");
    xml_answer(200, xml, request_id)
}

pub(super) fn refusal(namespace: &str, refusal: &Refusal, request_id: &str) -> Answer {
    let fault = if refusal.status < 500 { "Sender" } else { "Receiver" };
    let xml = format!(
        "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{fault}</Type><Code>{}</Code><Message>{}</Message></Error>\
         <RequestId>{request_id}</RequestId></ErrorResponse>",
        escaped(&refusal.code.query),
        escaped(&refusal.message),
    );
    xml_answer(refusal.status, xml, request_id)
}

fn xml_answer(status: u16, xml: String, request_id: &str) -> Answer {
    let mut answer = answer(status, "text/xml", xml);
    set_header(&mut answer, "x-amzn-requestid", request_id);
    answer
}

fn element(xml: &mut String, name: &str, value: &Value) {
    *xml += &format!("<{name}>");
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| element(xml, name, value)),
        Value::Array(items) => items.iter().for_each(|item| element(xml, "member", item)),
        Value::String(text) => *xml += &escaped(text),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => *xml += &value.to_string(),
    }
    *xml += &format!("</{name}>");
}

/// Text as XML 1.0 can hold it: characters it cannot hold are replaced, a carriage return is kept by its number.
fn escaped(text: &str) -> Cow<'_, str> {
    let plain = |c: char| {
        !matches!(c, '&' | '<' | '>' | '"' | '\r' | '\u{FFFE}' | '\u{FFFF}') && (c >= ' ' || c == '\n' || c == '\t')
    };
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            c if plain(c) => escaped.push(c),
            _ => escaped.push(char::REPLACEMENT_CHARACTER),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;
    use hyper::Method;
    use serde_json::json;

    use super::*;

    fn decoded(body: &str) -> Result<Value, Refusal> {
        let raw = Raw {
            method: Method::POST,
            path: "/".to_owned(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
        };
        decode(&raw).map(|request| request.parameters)
    }

    #[test]
    fn dotted_names_make_lists_in_the_order_of_their_numbers() {
        let form =
            "Action=TagRole&Version=1&RoleName=r&Tags.member.10.Key=j&Tags.member.2.Key=b&Tags.member.2.Value=%26";
        let tree = decoded(form).expect("decoded");
        assert_eq!(
            tree,
            json!({"RoleName": "r", "Tags": [{"Key": "b", "Value": "&"}, {"Key": "j"}]})
        );
    }

    #[test]
    fn contradicting_and_endless_names_do_no_harm() {
        assert_eq!(decoded("A=1&A.b=2").expect("decoded"), json!({"A": {"b": "2"}}));
        assert!(decoded(&"a.".repeat(100_000)).is_err());
    }

    #[test]
    fn outputs_are_escaped_and_lists_are_members() {
        let mut xml = String::new();
        element(&mut xml, "R", &json!({"A": ["<&>", 1], "B": true, "C": "\u{1}"}));
        assert_eq!(
            xml,
            "<R><A><member>&lt;&amp;&gt;</member><member>1</member></A><B>true</B><C>\u{FFFD}</C></R>"
        );
    }
}
