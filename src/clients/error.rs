//! Provider errors, sorted by what the caller does next.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::call::Operation;
use super::call::Service;

/// What the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Expired or missing credentials: never retried, ends the run with its own exit code.
    Credentials,
    /// Refused by a policy: tell, with the policy's own words.
    Denied,
    /// It is not there.
    NotFound,
    /// The name is taken.
    AlreadyExists,
    /// The request is wrong, and would be again.
    Invalid,
    /// Try again later; nothing was done.
    Throttled,
    /// Whether the write was done is not known: look, then repeat.
    AnswerLost,
    /// The service did not work; reads may be repeated.
    Unavailable,
    /// What was made bears another mark than ours: refuse.
    NotOurs,
    /// The waiting budget is spent.
    Pending,
    /// Another run holds the environment: this one may write no more.
    LeaseLost,
    /// The run was told to stop.
    Interrupted,
    /// None of the above: a bug of ours, or something new.
    Unexpected,
}

/// One failed call (or wait), in the provider's words.
#[derive(Clone, Debug)]
pub struct ProviderError {
    pub operation: Operation,
    pub class: Class,
    /// The provider's code (`QueueDeletedRecently`), or what happened on the way.
    pub code: String,
    pub message: String,
    pub request_id: Option<String>,
    pub status: Option<u16>,
    /// From `Retry-After` (or `X-RateLimit-Reset` of a 429), in seconds.
    pub retry_after: Option<u32>,
    /// Where the operation's name does not say it. Boxed, since every error carries its room.
    pub request: Option<Box<Sent>>,
    /// Refused with what was made so lately that not every server may know it yet.
    pub spreading: bool,
}

/// What was sent, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub method: &'static str,
    /// Without a query, which may hold anything.
    pub url: String,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

/// Codes of credentials that are expired, missing or cannot be right, in all spellings of all protocols.
const CREDENTIALS: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "TokenRefreshRequired",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
];

const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "UnauthorizedException",
    "AuthorizationError",
];

const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "SlowDown",
];

const NOT_FOUND: &[&str] = &[
    "NoSuchEntity",
    "ResourceNotFoundException",
    "ChangeSetNotFound",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
];

const TAKEN: &[&str] = &[
    "EntityAlreadyExists",
    "AlreadyExistsException",
    "ResourceExistsException",
    "ResourceAlreadyExistsException",
    "QueueNameExists",
    "QueueAlreadyExists",
    "AWS.SimpleQueueService.QueueNameExists",
];

/// Lambda says with one code that a name is taken and that a resource is busy.
const LAMBDA_CONFLICT: &str = "ResourceConflictException";

/// CloudFormation says with one code whatever is wrong, that there is no such stack and that there is one among it.
const CLOUDFORMATION_REFUSAL: &str = "ValidationError";

/// The deny-all policy that a Learner Lab attaches when its session ends: `GetCallerIdentity` still answers.
const SESSION_ENDED: &str = "voc-cancel-cred";

impl ProviderError {
    /// Sorts an SDK error. `write` calls whose answer was lost may have been performed.
    pub fn from_sdk<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let response = error.raw_response();
        let status = response.map(|raw| raw.status().as_u16());
        let header = |name: &str| response.and_then(|raw| raw.headers().get(name).map(str::to_owned));
        let meta = error.as_service_error().map(ProvideErrorMetadata::meta);
        let code = meta.and_then(|meta| meta.code()).map(str::to_owned);
        let message = match meta.and_then(|meta| meta.message()) {
            Some(message) => message.to_owned(),
            None => chain(error),
        };
        let class = class_of(operation, error, code.as_deref(), &message, status);
        Self {
            operation,
            class,
            code: code.unwrap_or_else(|| way(error, class).to_owned()),
            message,
            request_id: header("x-amzn-requestid").or_else(|| header("x-amz-request-id")),
            status,
            retry_after: header("retry-after").and_then(|seconds| seconds.parse().ok()),
            request: None,
            spreading: false,
        }
    }

    /// An error that eclusa itself found about a call.
    pub fn own(operation: Operation, class: Class, code: &str, message: impl Into<String>) -> Self {
        Self {
            operation,
            class,
            code: code.to_owned(),
            message: message.into(),
            request_id: None,
            status: None,
            retry_after: None,
            request: None,
            spreading: false,
        }
    }
}

fn class_of<E>(
    operation: Operation,
    error: &SdkError<E, HttpResponse>,
    code: Option<&str>,
    message: &str,
    status: Option<u16>,
) -> Class
where
    E: Error + 'static,
{
    let lost = if operation.write {
        Class::AnswerLost
    } else {
        Class::Unavailable
    };
    match error {
        SdkError::ConstructionFailure(_) => Class::Unexpected,
        SdkError::DispatchFailure(failure) if failure.is_user() || failure.is_other() => {
            if chain(error).contains("credential") {
                Class::Credentials
            } else {
                lost
            }
        }
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => lost,
        _ => match code {
            _ if message.contains(SESSION_ENDED) => Class::Credentials,
            Some(code) if CREDENTIALS.contains(&code) => Class::Credentials,
            Some(code) if THROTTLED.contains(&code) => Class::Throttled,
            Some(code) if DENIED.contains(&code) => Class::Denied,
            Some(code) if NOT_FOUND.contains(&code) => Class::NotFound,
            Some(code) if TAKEN.contains(&code) => Class::AlreadyExists,
            Some(LAMBDA_CONFLICT) if message.contains("already exist") => Class::AlreadyExists,
            Some(CLOUDFORMATION_REFUSAL) if operation.service == Service::CloudFormation => {
                if message.contains("does not exist") {
                    Class::NotFound
                } else if message.contains("already exists") {
                    Class::AlreadyExists
                } else {
                    Class::Invalid
                }
            }
            _ => match status {
                Some(429) => Class::Throttled,
                Some(500..) => lost,
                Some(400..) => Class::Invalid,
                _ => Class::Unexpected,
            },
        },
    }
}

/// What happened on the way, where no provider's code says it.
fn way<E>(error: &SdkError<E, HttpResponse>, class: Class) -> &'static str {
    match error {
        _ if class == Class::Credentials => "NoCredentials",
        SdkError::ConstructionFailure(_) => "RequestNotBuilt",
        SdkError::TimeoutError(_) => "NoAnswer",
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "NoConnection",
        SdkError::DispatchFailure(_) => "ConnectionLost",
        SdkError::ResponseError(_) => "AnswerNotUnderstood",
        _ => "UnnamedError",
    }
}

/// The causes, outermost first, each once.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = next.source();
    }
    text
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            code,
            message,
            request_id,
            request,
            status,
            ..
        } = self;
        write!(f, "{operation}: {code}")?;
        if !message.is_empty() {
            write!(f, ": {}", without_mail(message))?;
        }
        let answered = match (request, status) {
            (Some(request), Some(status)) => Some(format!("{request} answered {status}")),
            (Some(request), None) => Some(request.to_string()),
            (None, _) => None,
        };
        let request_id = request_id.as_ref().map(|id| format!("request id {id}"));
        let told: Vec<String> = answered.into_iter().chain(request_id).collect();
        match told.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", told.join(", ")),
        }
    }
}

impl Error for ProviderError {}

/// In a Learner Lab the session's name ends in `=<mail address>`: personal data that belongs in no log.
fn without_mail(message: &str) -> String {
    message
        .split(' ')
        .map(|word| match word.split_once('=') {
            Some((before, after)) if before.contains(":assumed-role/") && after.contains('@') => {
                format!("{before}=<redacted>")
            }
            _ => word.to_owned(),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_address_in_a_session_name_is_not_shown() {
        let said = "User: arn:aws:sts::1:assumed-role/voclabs/user1=ann@uni.example is not authorized";
        let shown = without_mail(said);
        assert!(!shown.contains("ann@"), "{shown}");
        assert!(shown.contains("voclabs/user1=<redacted> is not"), "{shown}");
    }
}
