//! A connector's configuration: one map of texts on the wire, of which some are secrets.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::Deserialize;
use serde::Deserializer;
use serde_json::Map;
use serde_json::Value;

use crate::clients::confluent::request::Request;

/// What is sent, whole: a PUT replaces, and leaves out what the map leaves out. Debug shows the secrets' names alone.
#[derive(Clone, Default)]
pub struct ConnectorConfig {
    pub plain: BTreeMap<String, String>,
    /// From their sources, never from what was read back.
    pub secrets: BTreeMap<String, SecretString>,
}

/// How a secret is read back: asterisks.
pub fn is_masked(value: &str) -> bool {
    value.len() >= 2 && value.chars().all(|c| c == '*')
}

impl ConnectorConfig {
    /// What is sent; never printed.
    pub(super) fn body(&self) -> Value {
        let plain = self
            .plain
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        let secrets = self.secrets.iter();
        let secrets = secrets.map(|(name, value)| (name.clone(), Value::from(value.expose_secret())));
        Value::Object(plain.chain(secrets).collect::<Map<_, _>>())
    }

    /// The request, with its secrets kept out of errors. What was read back masked is not sent: nobody here knows whether
    /// Confluent would keep the secret, or store the asterisks.
    pub(super) fn hide_in(&self, request: Request) -> Request {
        let secrets = self.secrets.iter().map(|(name, value)| (name, value.expose_secret()));
        let values = self
            .plain
            .iter()
            .map(|(name, value)| (name, value.as_str()))
            .chain(secrets);
        let masked: Vec<&str> = values
            .filter(|(_, value)| is_masked(value))
            .map(|(name, _)| name.as_str())
            .collect();
        let mut request = request.hiding(self.secrets.values().cloned());
        if !masked.is_empty() {
            let names = masked.join(", ");
            request.problem = Some(format!("{names} would be sent as asterisks, as secrets are read back"));
        }
        request
    }
}

impl fmt::Debug for ConnectorConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectorConfig")
            .field("plain", &self.plain)
            .field("secrets", &self.secrets.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// A map of texts; what is null is left out, and a number is told as its text.
pub(super) fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let values: Option<BTreeMap<String, Value>> = Option::deserialize(from)?;
    let texts = values
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, value)| match value {
            Value::Null => None,
            Value::String(text) => Some((name, text)),
            other => Some((name, other.to_string())),
        });
    Ok(texts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(plain: &str, secret: &str) -> ConnectorConfig {
        ConnectorConfig {
            plain: BTreeMap::from([("connection.user".to_owned(), plain.to_owned())]),
            secrets: BTreeMap::from([("connection.password".to_owned(), SecretString::from(secret))]),
        }
    }

    #[test]
    fn a_secret_is_sent_and_never_shown() {
        let config = config("sink", "hush");
        let sent = config.body().to_string();
        assert_eq!(sent, r#"{"connection.user":"sink","connection.password":"hush"}"#);
        let shown = format!("{config:?}");
        assert!(
            shown.contains("connection.password") && !shown.contains("hush"),
            "{shown}"
        );
        assert!(config.hide_in(Request::put(&["x"])).problem.is_none());
    }

    #[test]
    fn what_was_read_back_masked_is_not_sent() {
        for config in [config("**", "hush"), config("sink", "****************")] {
            assert!(config.hide_in(Request::put(&["x"])).problem.is_some());
        }
        assert!(!is_masked("*") && !is_masked("**x") && is_masked("****************"));
    }
}
