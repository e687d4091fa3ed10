//! The wire protocols of AWS: how parameters are read, and how outputs and errors are written.

pub(crate) mod json;
pub(crate) mod query;
pub(crate) mod rest;

use serde_json::Value;

use super::refusal::Refusal;
use super::request::Asked;
use super::request::Request;
use crate::http::Answer;
use crate::http::Raw;
use crate::http::set_header;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Protocol {
    /// awsJson: `x-amz-target: <target>.<Operation>`.
    Json {
        target: &'static str,
        /// `1.0` or `1.1`, part of the content type.
        version: &'static str,
        /// What comes before `#` in the `__type` of modeled errors.
        namespace: &'static str,
        /// Whether the service was a query service, so that errors carry their old code in `x-amzn-query-error`.
        query_compatible: bool,
    },
    /// awsQuery: a form with `Action` and `Version`, XML back.
    Query {
        version: &'static str,
        namespace: &'static str,
    },
    /// restJson1: method and path, JSON bodies.
    Rest,
}

impl Protocol {
    /// # Errors
    /// The body is not what the protocol sends.
    pub(crate) fn decode(self, asked: &Asked, raw: Raw) -> Result<Request, Refusal> {
        match self {
            Self::Json { .. } => json::decode(&raw),
            Self::Query { .. } => query::decode(&raw),
            Self::Rest => rest::decode(asked, raw),
        }
    }

    pub(crate) fn output(self, operation: &str, output: &Value, request_id: &str) -> Answer {
        match self {
            Self::Json { version, .. } => json::output(version, output, request_id),
            Self::Query { namespace, .. } => query::output(namespace, operation, output, request_id),
            Self::Rest => rest::output(output, request_id),
        }
    }

    pub(crate) fn refusal(self, refusal: &Refusal, request_id: &str) -> Answer {
        let mut answer = match self {
            Self::Json {
                version,
                namespace,
                query_compatible,
                ..
            } => json::refusal(version, namespace, query_compatible, refusal, request_id),
            Self::Query { namespace, .. } => query::refusal(namespace, refusal, request_id),
            Self::Rest => rest::refusal(refusal, request_id),
        };
        for (name, value) in &refusal.headers {
            set_header(&mut answer, name, value);
        }
        answer
    }
}
