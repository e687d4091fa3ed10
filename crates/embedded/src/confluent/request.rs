//! What is known of a call before it is performed.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::delays::Wait;
use super::refusal::Refusal;
use super::switches::ConfluentSettings;
use crate::settings::Delays;
use crate::settings::Settings;

#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// What the path's `{labels}` matched, decoded.
    pub(crate) labels: BTreeMap<&'static str, String>,
    /// The query string, decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The header as it came; empty where there is none.
    pub(crate) authorization: String,
}

impl Request {
    /// The JSON body as the operation's own type.
    ///
    /// # Errors
    /// There is no JSON, or not of that type.
    pub(crate) fn input<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = if self.body.is_empty() {
                "a JSON body is missing".to_owned()
            } else {
                error.to_string()
            };
            Refusal::general(400, "invalid_request_body", format!("Bad Request: {what}"))
        })
    }

    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// The first parameter of that name in the query string, unless it is empty.
    pub(crate) fn queried(&self, name: &str) -> Option<&str> {
        self.all_queried(name).find(|value| !value.is_empty())
    }

    pub(crate) fn all_queried<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that the operation cannot do without.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.queried(name).ok_or_else(|| {
            Refusal::general(400, "invalid_filter", format!("query parameter \"{name}\" is required"))
                .at_parameter(name)
        })
    }
}

/// When a call is made, and by what rules.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// Milliseconds since 1970.
    pub(crate) now: u64,
    delays: Delays,
    /// Whether reads lag behind writes.
    pub(crate) reads_lag: bool,
    /// How often the caller's key was tried before in this life of the server.
    pub(crate) attempt: u64,
    pub(crate) switches: ConfluentSettings,
}

impl Context {
    pub(crate) fn new(now: u64, settings: &Settings, attempt: u64) -> Self {
        Self {
            now,
            delays: settings.delays,
            reads_lag: settings.reads_lag(),
            attempt,
            switches: settings.confluent.clone(),
        }
    }

    /// When a wait that begins now is over.
    pub(crate) fn after(&self, wait: Wait) -> u64 {
        self.now + self.length(wait)
    }

    /// In milliseconds.
    pub(crate) fn length(&self, wait: Wait) -> u64 {
        wait.length(self.delays)
    }

    /// The prefix of the store's keys for things as `environment`.
    pub(crate) fn prefix(&self, things: &str) -> String {
        format!("confluent/{}/{things}/", self.switches.organization)
    }

    pub(crate) fn organization_crn(&self) -> String {
        format!("crn://confluent.cloud/organization={}", self.switches.organization)
    }
}
