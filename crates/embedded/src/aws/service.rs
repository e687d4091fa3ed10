//! What a service is: a table of operations, each a function over the stored documents.

use serde_json::Value;

use super::protocol::Protocol;
use super::refusal::Code;
use super::refusal::Refusal;
use super::request::Context;
use super::request::Request;
use crate::store::Batch;
use crate::store::View;

#[derive(Debug)]
pub(crate) struct Service {
    /// As in IAM actions, the credential scope, the call log and fault plans: `sqs`.
    pub(crate) name: &'static str,
    pub(crate) protocol: Protocol,
    /// Whether resources belong to a region, so that requests must be signed for the right one.
    pub(crate) regional: bool,
    /// How it says that there were too many calls, and the HTTP status it says it with.
    pub(crate) throttle: (u16, Code),
    /// How it says that it failed itself, with status 500.
    pub(crate) failure: Code,
    pub(crate) operations: &'static [Operation],
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// Whether it changes resources (reading messages from a queue counts): what tests count and `READONLY` keys may
    /// not do.
    pub(crate) mutating: bool,
    /// REST only: method and path with labels, `GET /rules/{ruleName}`; empty elsewhere.
    pub(crate) route: &'static str,
    /// The HTTP status of an answer that is no refusal.
    pub(crate) status: u16,
    pub(crate) run: Run,
}

/// Changes nothing itself: what is to change is the reply's batch. It may be run again for one request, when it asked to
/// wait.
pub(crate) type Run = fn(View<'_>, &Request, &Context) -> Result<Reply, Refusal>;

impl Operation {
    pub(crate) const fn reads(name: &'static str, run: Run) -> Self {
        Self {
            name,
            mutating: false,
            route: "",
            status: 200,
            run,
        }
    }

    pub(crate) const fn writes(name: &'static str, run: Run) -> Self {
        Self {
            name,
            mutating: true,
            route: "",
            status: 200,
            run,
        }
    }

    /// For REST services: where the operation lies.
    pub(crate) const fn at(self, route: &'static str) -> Self {
        Self { route, ..self }
    }

    /// For REST services: another status than 200.
    pub(crate) const fn answering(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// What an operation answers and changes.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// The output shape's members; `Null` where the shape has none.
    pub(crate) output: Value,
    pub(crate) batch: Batch,
    /// Set by a long poll that found nothing: run it again once anything was stored, and at this time (milliseconds
    /// since 1970) at the latest. Output and batch are ignored.
    pub(crate) wait_until: Option<u64>,
}

impl Reply {
    pub(crate) fn output(output: Value) -> Self {
        Self {
            output,
            ..Self::default()
        }
    }

    pub(crate) fn done(batch: Batch) -> Self {
        Self {
            batch,
            ..Self::default()
        }
    }

    pub(crate) fn with(output: Value, batch: Batch) -> Self {
        Self {
            output,
            batch,
            wait_until: None,
        }
    }

    pub(crate) fn wait(until: u64) -> Self {
        Self {
            wait_until: Some(until),
            ..Self::default()
        }
    }
}
