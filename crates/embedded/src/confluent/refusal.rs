//! Why an operation was not done, and the five shapes in which Confluent says so.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::service::Dialect;
use crate::identifier::uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shape {
    /// `{"errors": [{id, status, code, detail, source}]}`: the control plane.
    Errors,
    /// `{"error_code", "message"}`: Kafka REST, most of Connect, reads of role bindings.
    Flat,
    /// `{"error": {"code", "message"}}`: Connect.
    Nested,
    /// `{"code", "message"}`: Connect's 400.
    Code,
    /// A page of the web server that stands before Kafka REST.
    Html,
    /// No body.
    Empty,
}

impl Dialect {
    pub(crate) fn shape(self, status: u16) -> Shape {
        match (self, status) {
            (Self::Control, _) => Shape::Errors,
            (Self::Connect, 401) => Shape::Nested,
            (Self::Connect, 400) => Shape::Code,
            (Self::Connect, 429) => Shape::Empty,
            (Self::Kafka, 401 | 429) => Shape::Html,
            (Self::Connect | Self::Kafka, _) => Shape::Flat,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Pointer(Cow<'static, str>),
    Parameter(&'static str),
}

/// Boxed, because it is the rare half of every operation's result.
#[derive(Debug, Clone)]
pub(crate) struct Refusal(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    status: u16,
    /// Left out: as the operation's group has it.
    shape: Option<Shape>,
    /// As in `resource_not_found`; some errors have none.
    code: Cow<'static, str>,
    /// Of the flat shape; left out: the status.
    error_code: Option<u32>,
    message: String,
    source: Option<Source>,
}

impl Refusal {
    /// An error in the shape that the operation's group uses for this status.
    pub(crate) fn general(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            status,
            shape: None,
            code: code.into(),
            error_code: None,
            message: message.into(),
            source: None,
        }))
    }

    /// An error of the flat shape.
    pub(crate) fn flat(status: u16, error_code: u32, message: impl Into<String>) -> Self {
        Self::general(status, "", message)
            .with_error_code(error_code)
            .shaped(Shape::Flat)
    }

    pub(crate) fn shaped(mut self, shape: Shape) -> Self {
        self.0.shape = Some(shape);
        self
    }

    fn with_error_code(mut self, error_code: u32) -> Self {
        self.0.error_code = Some(error_code);
        self
    }

    /// Names the member of the body that is wrong, as in `/spec/display_name`.
    pub(crate) fn at_pointer(mut self, pointer: impl Into<Cow<'static, str>>) -> Self {
        self.0.source = Some(Source::Pointer(pointer.into()));
        self
    }

    pub(crate) fn at_parameter(mut self, name: &'static str) -> Self {
        self.0.source = Some(Source::Parameter(name));
        self
    }

    /// A fault of this program or of its files, told as the cloud tells its own.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::general(500, "internal_server_error", message)
    }

    pub(crate) fn not_implemented(what: &str) -> Self {
        let message = format!("eclusa's embedded cloud does not implement {what}");
        Self::general(501, "not_implemented", message)
    }

    pub(crate) fn not_found(code: &'static str, detail: &'static str) -> Self {
        Self::general(404, code, detail)
    }

    /// What the control plane says of what is gone, hidden or not allowed.
    pub(crate) fn forbidden() -> Self {
        Self::general(403, "forbidden_access", "Forbidden Access")
    }

    /// The body is understood and cannot be.
    pub(crate) fn invalid(pointer: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::general(422, "invalid_configuration", detail).at_pointer(pointer)
    }

    /// A member of the body is missing.
    pub(crate) fn missing(pointer: &'static str) -> Self {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        Self::general(400, "invalid_request_body", format!("{name} is required")).at_pointer(pointer)
    }

    pub(crate) fn status(&self) -> u16 {
        self.0.status
    }

    /// For the log.
    pub(crate) fn line(&self) -> String {
        format!("{} {}: {}", self.0.status, self.0.code, self.0.message)
    }

    /// Content type and body; no content type without a body.
    pub(crate) fn body(&self, dialect: Dialect, path: &str) -> (Option<&'static str>, String) {
        let details = &*self.0;
        let shape = details.shape.unwrap_or_else(|| dialect.shape(details.status));
        let (status, message) = (details.status, &details.message);
        let json = |body: Value| (Some("application/json"), body.to_string());
        match shape {
            Shape::Errors => json(json!({"errors": [details.entry()]})),
            Shape::Flat => {
                let code = details.error_code.unwrap_or_else(|| u32::from(status));
                json(json!({"error_code": code, "message": message}))
            }
            Shape::Nested => json(json!({"error": {"code": status, "message": message}})),
            Shape::Code => json(json!({"code": status, "message": message})),
            Shape::Html => (Some("text/html;charset=iso-8859-1"), page(status, path)),
            Shape::Empty => (None, String::new()),
        }
    }
}

impl Details {
    fn entry(&self) -> Value {
        let id = uuid().replace('-', "");
        let mut entry = json!({"id": id, "status": self.status.to_string()});
        if !self.code.is_empty() {
            entry["code"] = json!(self.code);
        }
        entry["detail"] = json!(self.message);
        entry["source"] = match &self.source {
            Some(Source::Pointer(pointer)) => json!({"pointer": pointer}),
            Some(Source::Parameter(parameter)) => json!({"parameter": parameter}),
            None => json!({}),
        };
        entry
    }
}

/// What the web server itself answers: it knows the path and the status, nothing of the cause.
fn page(status: u16, path: &str) -> String {
    let reason = hyper::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Unknown");
    let path = path.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=utf-8\"/>\n\
         <title>Error {status} {reason}</title>\n</head>\n<body><h2>HTTP ERROR {status} {reason}</h2>\n<table>\n\
         <tr><th>URI:</th><td>{path}</td></tr>\n<tr><th>STATUS:</th><td>{status}</td></tr>\n\
         <tr><th>MESSAGE:</th><td>{reason}</td></tr>\n<tr><th>SERVLET:</th><td>default</td></tr>\n\
         </table>\n\n</body>\n</html>\n"
    )
}

/// A stored document that does not fit its type.
impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(format!("a stored document is not what this build writes: {error}"))
    }
}
