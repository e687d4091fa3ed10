//! Requests and answers of HTTP, whole: nothing is streamed.

use http_body_util::Full;
use hyper::HeaderMap;
use hyper::Method;
use hyper::Response;
use hyper::StatusCode;
use hyper::body::Bytes;

/// A request as it came, before anything of it was decoded.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    /// A header's text; empty where there is none or it is not text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// A whole answer: nothing is streamed.
pub(crate) type Answer = Response<Full<Bytes>>;

/// An answer with a status and a body of one type. An unlawful status, which only a fault plan can ask for, becomes 500.
pub(crate) fn answer(status: u16, content_type: &str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    set_header(&mut answer, "content-type", content_type);
    answer
}

/// Another status for an answer.
pub(crate) fn set_status(answer: &mut Answer, status: u16) {
    if let Ok(status) = StatusCode::from_u16(status) {
        *answer.status_mut() = status;
    }
}

/// Leaves out a value that no header may hold.
pub(crate) fn set_header(answer: &mut Answer, name: &'static str, value: &str) {
    if let Ok(value) = value.parse() {
        answer.headers_mut().insert(name, value);
    }
}
