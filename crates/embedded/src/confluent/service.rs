//! What a service is: groups of operations, each a function over the stored documents.

use serde_json::Value;

use super::key::Caller;
use super::refusal::Refusal;
use super::request::Context;
use super::request::Request;
use crate::store::Batch;
use crate::store::View;

/// Which host a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plane {
    /// `api.confluent.cloud`, for Cloud keys.
    Control,
    /// A cluster's Kafka REST host, for keys of that cluster.
    Kafka,
}

#[derive(Debug)]
pub(crate) struct Service {
    /// As in fault plans and the call log.
    pub(crate) name: &'static str,
    pub(crate) plane: Plane,
    pub(crate) groups: &'static [&'static Group],
}

impl Service {
    pub(crate) fn operations(&self) -> impl Iterator<Item = &'static Operation> {
        self.groups.iter().flat_map(|group| group.operations)
    }
}

/// Operations that spell errors and headers alike.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) dialect: Dialect,
    pub(crate) headers: Headers,
    pub(crate) operations: &'static [Operation],
}

/// How errors look that name no shape of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `{"errors": [...]}`.
    Control,
    /// 401 nested, 400 `{code, message}`, 429 without a body, else flat.
    Connect,
    /// 401 and 429 are HTML pages, else flat.
    Kafka,
}

/// Which headers tell about limits and requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headers {
    /// `X-RateLimit-*` on answers that are no errors but 429, `Retry-After` on 429, `X-Request-Id` on all.
    Limits,
    /// `X-Request-Id` on all.
    RequestId,
    /// `Retry-After` on 429, `X-Request-Id` on all.
    RetryAfter,
    /// None; a switch adds them to 429.
    Bare,
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// Method and path with labels, `GET /org/v2/environments/{id}`.
    pub(crate) route: &'static str,
    /// Whether it changes resources: what tests count and `READONLY` keys may not do.
    pub(crate) mutating: bool,
    pub(crate) run: Run,
}

/// Changes nothing itself: what is to change is the reply's batch.
pub(crate) type Run = fn(&Call<'_>) -> Result<Reply, Refusal>;

impl Operation {
    pub(crate) const fn reads(name: &'static str, route: &'static str, run: Run) -> Self {
        Self {
            name,
            route,
            mutating: false,
            run,
        }
    }

    pub(crate) const fn writes(name: &'static str, route: &'static str, run: Run) -> Self {
        Self {
            name,
            route,
            mutating: true,
            run,
        }
    }
}

/// What an operation is given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) view: View<'a>,
    pub(crate) request: &'a Request,
    pub(crate) context: &'a Context,
    pub(crate) caller: &'a Caller,
}

/// What an operation answers and changes.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// JSON text; `None`: no body at all.
    pub(crate) body: Option<String>,
    pub(crate) batch: Batch,
}

impl Reply {
    pub(crate) fn ok(body: Value) -> Self {
        Self::of(200, body)
    }

    pub(crate) fn of(status: u16, body: Value) -> Self {
        Self::text(status, body.to_string())
    }

    /// An answer whose JSON is written already: lists are long, and trees of them slow.
    pub(crate) fn text(status: u16, body: String) -> Self {
        Self {
            status,
            body: Some(body),
            batch: Batch::default(),
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            body: None,
            batch: Batch::default(),
        }
    }

    pub(crate) fn storing(self, batch: Batch) -> Self {
        Self { batch, ..self }
    }
}
