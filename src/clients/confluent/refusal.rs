//! The five shapes in which Confluent says no:
//!
//! | shape | of |
//! | --- | --- |
//! | `{"errors": [{"status", "code", "detail", "source": {"pointer"}}]}`, each member optional | the control plane |
//! | `{"error_code", "message"}` | Kafka REST, most of Connect, reads of role bindings |
//! | `{"error": {"code", "message"}}` | Connect's 401 |
//! | `{"code", "message"}` | Connect's 400 |
//! | a page of HTML, or nothing | the web server before Kafka REST; Connect's 429 |

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

/// An unknown body is shown up to this many characters.
const SHOWN: usize = 300;

/// What an answer says of why it is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// A word or a number.
    pub(super) code: Option<String>,
    pub(super) text: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    errors: Option<Vec<Entry>>,
    error_code: Option<Value>,
    error: Option<Value>,
    code: Option<Value>,
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    code: Option<String>,
    title: Option<String>,
    detail: Option<String>,
    source: Option<Source>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    pointer: Option<String>,
    parameter: Option<String>,
}

/// Reads any of the shapes; what is none of them is told as it is, cut.
pub(super) fn read(body: &[u8]) -> Said {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.starts_with('<') {
        return Said {
            code: None,
            text: page(text),
        };
    }
    let known = serde_json::from_str::<Body>(text).ok().and_then(Body::said);
    known.unwrap_or_else(|| Said {
        code: None,
        text: cut(text),
    })
}

impl Body {
    fn said(self) -> Option<Said> {
        if let Some(entries) = self.errors.filter(|entries| !entries.is_empty()) {
            let texts: Vec<String> = entries
                .iter()
                .map(Entry::told)
                .filter(|text| !text.is_empty())
                .collect();
            return Some(Said {
                code: entries.into_iter().find_map(|entry| entry.code),
                text: texts.join("; "),
            });
        }
        match self.error {
            Some(Value::Object(error)) => {
                return Some(Said {
                    code: error.get("code").and_then(plain),
                    text: error.get("message").and_then(plain).unwrap_or_default(),
                });
            }
            Some(Value::String(error)) => {
                return Some(Said {
                    code: Some(error),
                    text: self.message.unwrap_or_default(),
                });
            }
            _ => {}
        }
        let code = self.error_code.as_ref().or(self.code.as_ref()).and_then(plain);
        (code.is_some() || self.message.is_some()).then(|| Said {
            code,
            text: self.message.unwrap_or_default(),
        })
    }
}

impl Entry {
    fn told(&self) -> String {
        let text = self.detail.as_deref().or(self.title.as_deref()).unwrap_or_default();
        let source = self.source.as_ref();
        let place = source.and_then(|source| source.pointer.as_deref().or(source.parameter.as_deref()));
        match place.filter(|place| !place.is_empty()) {
            Some(place) => format!("{text} (at {place})"),
            None => text.to_owned(),
        }
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A page's title says it all.
fn page(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let between = |tag: &str| {
        let begin = lower.find(&format!("<{tag}>"))? + tag.len() + 2;
        let length = lower.get(begin..)?.find("</")?;
        text.get(begin..begin + length).map(str::trim)
    };
    match ["title", "h2", "h1"]
        .iter()
        .find_map(|tag| between(tag).filter(|text| !text.is_empty()))
    {
        Some(title) => cut(title),
        None => "a page of HTML".to_owned(),
    }
}

fn cut(text: &str) -> String {
    let one_line: Cow<'_, str> = match text.contains(char::is_control) {
        true => text.replace(char::is_control, " ").into(),
        false => text.into(),
    };
    match one_line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", one_line.get(..end).unwrap_or_default()),
        None => one_line.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(body: &str) -> (Option<String>, String) {
        let Said { code, text } = read(body.as_bytes());
        (code, text)
    }

    fn expected(code: &str, text: &str) -> (Option<String>, String) {
        (Some(code.to_owned()).filter(|code| !code.is_empty()), text.to_owned())
    }

    #[test]
    fn each_of_the_five_shapes_gives_code_and_text() {
        for (body, code, text) in [
            (
                r#"{"errors":[{"id":"1","status":"404","code":"resource_not_found","detail":"Not found","source":{}}]}"#,
                "resource_not_found",
                "Not found",
            ),
            (
                r#"{"errors":[{"detail":"too long","source":{"pointer":"/spec/display_name"}},{"title":"bad","code":"x"}]}"#,
                "x",
                "too long (at /spec/display_name); bad",
            ),
            (
                r#"{"error_code":40403,"message":"This server does not host it."}"#,
                "40403",
                "This server does not host it.",
            ),
            (
                r#"{"error":{"code":401,"message":"Unauthorized"}}"#,
                "401",
                "Unauthorized",
            ),
            (r#"{"code":400,"message":"bad config"}"#, "400", "bad config"),
            (
                "<html>\n<head>\n<TITLE>Error 401 Unauthorized</TITLE></head>",
                "",
                "Error 401 Unauthorized",
            ),
            ("", "", ""),
        ] {
            assert_eq!(said(body), expected(code, text), "{body}");
        }
    }

    #[test]
    fn what_is_none_of_the_shapes_is_shown_cut() {
        assert_eq!(said("upstream connect error"), expected("", "upstream connect error"));
        assert_eq!(said("{\"errors\": \"x\"}").1, "{\"errors\": \"x\"}");
        assert_eq!(said("<p>no title").1, "a page of HTML");
        assert_eq!(said("{\"error\":null}").1, "{\"error\":null}");
        assert_eq!(said(&"é\n".repeat(1_000)).1.chars().count(), SHOWN + 3);
    }

    proptest! {
        #[test]
        fn no_body_is_a_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&body);
        }

        #[test]
        fn no_page_is_a_panic(body in "<[<>/titlehéİ12 ]*") {
            let _ = read(body.as_bytes());
        }
    }
}
