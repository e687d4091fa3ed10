//! Why an operation was not done, before any protocol has spelled it.

use std::borrow::Cow;
use std::ops::Deref;

use serde_json::Map;
use serde_json::Value;

/// One error name in the spellings that protocols use.
///
/// SQS speaks JSON but was a query service: its shape names and its old codes differ, and clients see both
/// (`__type` and the header `x-amzn-query-error`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    /// The shape's name, as in `QueueDoesNotExist`: JSON and REST protocols.
    pub(crate) shape: Cow<'static, str>,
    /// The code of the query protocol, as in `AWS.SimpleQueueService.NonExistentQueue`.
    pub(crate) query: Cow<'static, str>,
    /// Whether the service's own model names it; else it is one that every AWS service may answer.
    pub(crate) modeled: bool,
}

impl Code {
    pub(crate) const fn modeled(shape: &'static str, query: &'static str) -> Self {
        Self {
            shape: Cow::Borrowed(shape),
            query: Cow::Borrowed(query),
            modeled: true,
        }
    }

    pub(crate) const fn general(shape: &'static str, query: &'static str) -> Self {
        Self {
            shape: Cow::Borrowed(shape),
            query: Cow::Borrowed(query),
            modeled: false,
        }
    }

    /// A code named in a fault plan: spelled alike everywhere.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            shape: Cow::Owned(name.to_owned()),
            query: Cow::Owned(name.to_owned()),
            modeled: true,
        }
    }
}

/// Boxed, because it is the rare half of every operation's result.
#[derive(Debug, Clone)]
pub(crate) struct Refusal(Box<Details>);

#[derive(Debug, Clone)]
pub(crate) struct Details {
    /// HTTP status; 5xx says that the fault is the service's.
    pub(crate) status: u16,
    pub(crate) code: Code,
    pub(crate) message: String,
    /// Further members of the error's shape (IoT's `resourceId`); JSON and REST only.
    pub(crate) members: Map<String, Value>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: Code, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            status,
            code,
            message: message.into(),
            members: Map::new(),
            headers: Vec::new(),
        }))
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// Adds a member of the error's shape.
    pub(crate) fn with_member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// A fault of this program or of its files, told as the cloud tells its own.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, Code::general("InternalFailure", "InternalFailure"), message)
    }

    /// The request's body or parameters cannot be read.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(400, Code::general("SerializationException", "MalformedInput"), message)
    }

    pub(crate) fn unknown_operation(service: &str, operation: &str) -> Self {
        let message = format!("eclusa's embedded cloud does not implement {service} {operation}");
        Self::new(
            400,
            Code::general("UnknownOperationException", "InvalidAction"),
            message,
        )
    }
}

impl Deref for Refusal {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

/// A stored document that does not fit its type.
impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(format!("a stored document is not what this build writes: {error}"))
    }
}
