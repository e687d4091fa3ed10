//! A request after its protocol was decoded: what an operation is handed.

use std::collections::BTreeMap;

use hyper::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::refusal::Refusal;
use super::service::Service;
use crate::settings::Delays;
use crate::settings::Settings;

#[derive(Debug, Default)]
pub(crate) struct Request {
    /// An object. JSON and REST: the body as sent. Query: the form as a tree of texts (`Tags.member.1.Key` is a list
    /// `Tags` of objects), without `Action` and `Version`.
    pub(crate) parameters: Value,
    /// REST: what the path's `{labels}` matched, decoded.
    pub(crate) labels: BTreeMap<&'static str, String>,
    /// REST: the query string, decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
}

impl Request {
    /// The parameters as the operation's own type.
    ///
    /// # Errors
    /// A parameter is of the wrong type, as the protocol itself refuses it.
    pub(crate) fn input<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        T::deserialize(&self.parameters).map_err(|error| Refusal::malformed(error.to_string()))
    }

    /// REST: a parameter of the query string, the first of that name.
    pub(crate) fn queried(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// When and where a call is made.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// Milliseconds since 1970; moves on while a long poll waits.
    pub(crate) now: u64,
    /// When the request came in.
    pub(crate) received: u64,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) delays: Delays,
    pub(crate) reads_lag: bool,
}

impl Context {
    pub(crate) fn new(now: u64, settings: &Settings) -> Self {
        Self {
            now,
            received: now,
            account: settings.account.clone(),
            region: settings.region.clone(),
            delays: settings.delays,
            reads_lag: settings.reads_lag(),
        }
    }

    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub(crate) fn partition(&self) -> &'static str {
        match self.region.split_once('-') {
            Some(("cn", _)) => "aws-cn",
            Some(("us", rest)) if rest.starts_with("gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// The domain under which the partition's endpoints lie.
    pub(crate) fn domain(&self) -> &'static str {
        if self.partition() == "aws-cn" {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        }
    }

    /// The ARN of something in this account and region.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{resource}",
            self.partition(),
            self.region,
            self.account
        )
    }

    /// The prefix of the store's keys for things of this account and region, as in `sqs/queue`.
    pub(crate) fn regional_prefix(&self, things: &str) -> String {
        format!("{}/{}/{things}/", self.account, self.region)
    }
}

/// Which operation a request asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) service: &'static Service,
    /// `None`: one that is not implemented, named by `name`.
    pub(crate) operation: Option<&'static super::service::Operation>,
    /// As in `CreateQueue`; for an unknown REST operation its method and path.
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<&'static str, String>,
}
