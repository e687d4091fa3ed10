//! How a request becomes an answer or a sorted error, through the machinery of all calls.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::base::Base;
use super::body::Answer;
use super::body::unpacked;
use super::host::ClusterHost;
use super::key::ApiKey;
use super::key::Wants;
use super::redact::redact;
use super::refusal;
use super::request::Request;
use super::transport::Lost;
use super::transport::Raw;
use crate::clients::call::Answered;
use crate::clients::call::Io;
use crate::clients::call::Operation;
use crate::clients::error::Class;
use crate::clients::error::ProviderError;
use crate::clients::error::Sent;

/// A window is never waited for longer; a call before its end answers 429 and is tried again.
const LONGEST_WINDOW: u32 = 60;

/// Says of a key that is none, by Confluent's control plane, in a 403.
const NO_KEY: &str = "invalid API key";

/// One request as it goes to one host.
struct Sending<'a> {
    operation: Operation,
    request: &'a Request,
    base: &'a Base,
    key: &'a ApiKey,
    wants: Wants<'a>,
    is_spreading: bool,
}

/// An exchange, boxed: the layers below it are too many to be part of everybody's future.
pub(super) type Asking<'a> = Pin<Box<dyn Future<Output = Result<Answer, ProviderError>> + Send + 'a>>;

/// Asks the control plane.
pub(super) fn control(io: &Io, operation: Operation, request: Request) -> Asking<'_> {
    Box::pin(ask_control(io, operation, request))
}

/// Asks a cluster.
pub(super) fn kafka<'a>(io: &'a Io, host: &'a ClusterHost, operation: Operation, request: Request) -> Asking<'a> {
    Box::pin(ask_kafka(io, host, operation, request))
}

async fn ask_control(io: &Io, operation: Operation, request: Request) -> Result<Answer, ProviderError> {
    let base = io.confluent.control(operation)?;
    let key = io.confluent.cloud_key(io, operation).await?;
    let sending = || Sending {
        operation,
        request: &request,
        base,
        key,
        wants: Wants::Cloud,
        is_spreading: false,
    };
    io.attempts(operation, base.host(), || once(io, base.host(), sending()))
        .await
}

async fn ask_kafka(
    io: &Io,
    host: &ClusterHost,
    operation: Operation,
    request: Request,
) -> Result<Answer, ProviderError> {
    let sending = || Sending {
        operation,
        request: &request,
        base: &host.base,
        key: &host.key,
        wants: Wants::Cluster(host.id()),
        is_spreading: host.is_spreading(),
    };
    io.attempts(operation, &host.limiter, || once(io, &host.limiter, sending()))
        .await
}

async fn once(io: &Io, limiter: &str, sending: Sending<'_>) -> Result<Answered<Answer>, ProviderError> {
    let transport = &io.confluent.0.transport;
    let raw = transport.send(sending.base, sending.request, sending.key).await;
    let mut raw = raw.map_err(|lost| sending.lost(&lost))?;
    raw.body = unpacked(raw.body);
    if !(200..300).contains(&raw.status) {
        return Err(sending.refused(&raw));
    }
    if let Some(window) = used_up(&raw) {
        io.hold_used_up(sending.operation, limiter, window);
    }
    Ok(Answered {
        request_id: raw.request_id.clone(),
        answer: Answer {
            operation: sending.operation,
            request: sending.told(),
            status: raw.status,
            request_id: raw.request_id,
            body: raw.body,
        },
    })
}

/// How long nothing is left, with some jitter so that not everybody comes back at once.
fn used_up(raw: &Raw) -> Option<Duration> {
    let reset = raw
        .reset
        .filter(|_| raw.remaining == Some(0))
        .filter(|reset| *reset > 0)?;
    let jitter = Duration::from_millis(500).mul_f64(fastrand::f64());
    Some(Duration::from_secs(reset.min(LONGEST_WINDOW).into()) + jitter)
}

impl Sending<'_> {
    fn told(&self) -> Sent {
        Sent {
            method: self.request.method,
            url: format!("{}{}", self.base, self.request.path),
        }
    }

    /// What an answer that never came means: a write that may have been done is not repeated unless that does no harm.
    fn unanswered(&self) -> Class {
        match self.operation.write && !self.request.is_repeatable {
            true => Class::AnswerLost,
            false => Class::Unavailable,
        }
    }

    fn lost(&self, lost: &Lost) -> ProviderError {
        let (class, code, text) = match lost {
            Lost::NotBuilt(text) => (Class::Unexpected, "RequestNotBuilt", text),
            Lost::NotSent(text) => (Class::Unavailable, "NoConnection", text),
            Lost::NoAnswer(text) => (self.unanswered(), "NoAnswer", text),
        };
        ProviderError {
            request: Some(Box::new(self.told())),
            ..ProviderError::own(self.operation, class, code, self.shown(text))
        }
    }

    fn refused(&self, raw: &Raw) -> ProviderError {
        let said = refusal::read(&raw.body);
        let code = said.code.unwrap_or_else(|| format!("HTTP {}", raw.status));
        let class = self.class(raw.status, &code, &said.text);
        let mut text = self.shown(&said.text);
        if class == Class::Credentials {
            let wants = self.wants.told(self.base.host());
            let refused = format!("{wants}, and refused {}", self.key.id());
            text = if text.is_empty() {
                refused
            } else {
                format!("{text}; {refused}")
            };
        }
        let throttled = (class == Class::Throttled).then_some(raw.reset).flatten();
        ProviderError {
            request: Some(Box::new(self.told())),
            status: Some(raw.status),
            request_id: raw.request_id.clone(),
            retry_after: raw.retry_after.or(throttled),
            spreading: self.is_spreading && matches!(raw.status, 401 | 403),
            ..ProviderError::own(self.operation, class, &self.shown(&code), text)
        }
    }

    fn class(&self, status: u16, code: &str, text: &str) -> Class {
        let exists = text.contains("already exist") || text.contains("already in use");
        match status {
            401 => Class::Credentials,
            403 if text.contains(NO_KEY) => Class::Credentials,
            403 => Class::Denied,
            404 => Class::NotFound,
            409 if self.request.method == "DELETE" || code == "deletion_protection_enabled" => Class::Invalid,
            409 => Class::AlreadyExists,
            400 | 422 if exists => Class::AlreadyExists,
            429 => Class::Throttled,
            408 | 500 | 502.. if status != 501 => self.unanswered(),
            400.. if status != 501 => Class::Invalid,
            _ => Class::Unexpected,
        }
    }

    /// Without what was sent.
    fn shown(&self, text: &str) -> String {
        let secrets = self.request.secrets.iter().chain([self.key.secret()]);
        redact(text, secrets)
    }
}
