//! One request: method, path, query, body. What is put into a path is encoded, and never empty: a request for one thing
//! cannot become one for all.

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use secrecy::SecretString;
use serde::Serialize;

/// All but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// In paths also the colon, of which some are part of a method's name (`configs:alter`).
const ENCODED_IN_PATH: &AsciiSet = &ENCODED.remove(b':');

#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    /// Encoded, beginning with `/`.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Option<Vec<u8>>,
    /// Whether doing it twice is doing it once.
    pub(super) is_repeatable: bool,
    /// Texts in the body that no error may show.
    pub(super) secrets: Vec<SecretString>,
    /// Why it must not be sent.
    pub(super) problem: Option<String>,
}

impl Request {
    fn new(method: &'static str, segments: &[&str], is_repeatable: bool) -> Self {
        let path = segments.iter().map(|segment| {
            let encoded = utf8_percent_encode(segment, ENCODED_IN_PATH);
            format!("/{encoded}")
        });
        let problem = segments
            .iter()
            .any(|segment| matches!(*segment, "" | "." | ".."))
            .then(|| "a part of its path is empty or made of dots".to_owned());
        Self {
            method,
            path: path.collect(),
            query: Vec::new(),
            body: None,
            is_repeatable,
            secrets: Vec::new(),
            problem,
        }
    }

    pub(super) fn get(segments: &[&str]) -> Self {
        Self::new("GET", segments, true)
    }

    /// What makes something; not repeatable unless told so.
    pub(super) fn post(segments: &[&str]) -> Self {
        Self::new("POST", segments, false)
    }

    pub(super) fn put(segments: &[&str]) -> Self {
        Self::new("PUT", segments, true)
    }

    /// What sets values; told otherwise where it is refused the second time.
    pub(super) fn patch(segments: &[&str]) -> Self {
        Self::new("PATCH", segments, true)
    }

    pub(super) fn delete(segments: &[&str]) -> Self {
        Self::new("DELETE", segments, true)
    }

    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => self.body = Some(body),
            Err(error) => self.problem = Some(format!("its body is no JSON: {error}")),
        }
        self
    }

    pub(super) fn repeatable(self, is_repeatable: bool) -> Self {
        Self { is_repeatable, ..self }
    }

    pub(super) fn hiding(mut self, secrets: impl IntoIterator<Item = SecretString>) -> Self {
        self.secrets.extend(secrets);
        self
    }

    /// Path and query as they are sent.
    pub(super) fn target(&self) -> String {
        let pairs = self.query.iter().map(|(name, value)| {
            let (name, value) = (utf8_percent_encode(name, ENCODED), utf8_percent_encode(value, ENCODED));
            format!("{name}={value}")
        });
        let pairs: Vec<String> = pairs.collect();
        match pairs.is_empty() {
            true => self.path.clone(),
            false => format!("{}?{}", self.path, pairs.join("&")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_and_methods_of_resources_are_not() {
        let request = Request::get(&["v3", "topics", "a/b c%?", "configs:alter"]).query("principal", "UserV2:* &x");
        assert_eq!(
            request.target(),
            "/v3/topics/a%2Fb%20c%25%3F/configs:alter?principal=UserV2%3A%2A%20%26x"
        );
    }

    #[test]
    fn a_request_for_one_thing_never_becomes_one_for_all_or_for_another() {
        for id in ["", ".", ".."] {
            assert!(Request::delete(&["org", "v2", "environments", id]).problem.is_some());
        }
        assert!(Request::get(&["topics", "-", "configs"]).problem.is_none());
    }
}
