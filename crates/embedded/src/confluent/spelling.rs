//! How replies and refusals become answers: bodies, content types and headers.

use http_body_util::Full;
use hyper::Response;
use hyper::StatusCode;
use hyper::body::Bytes;

use super::refusal::Refusal;
use super::service::Dialect;
use super::service::Headers;
use super::service::Reply;
use crate::http::Answer;
use crate::http::set_header;
use crate::identifier::uuid;

/// Made up: Confluent publishes no numbers.
const LIMIT: u64 = 1_000;
/// Seconds until the limit begins anew, where no fault plan says otherwise.
const WINDOW: u64 = 60;

/// What an answer needs to know of its operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spelling<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) headers: Headers,
    pub(crate) path: &'a str,
    /// Seconds until a throttled caller may try again.
    pub(crate) reset: u64,
}

impl Spelling<'_> {
    pub(crate) fn reply(self, reply: Reply) -> Answer {
        let content_type = reply.body.as_ref().map(|_| "application/json");
        self.answer(reply.status, content_type, reply.body.unwrap_or_default())
    }

    pub(crate) fn refusal(self, refusal: &Refusal) -> Answer {
        let (content_type, body) = refusal.body(self.dialect, self.path);
        self.answer(refusal.status(), content_type, body)
    }

    fn answer(self, status: u16, content_type: Option<&str>, body: String) -> Answer {
        let mut answer = Response::new(Full::new(Bytes::from(body)));
        // An unlawful status, which only a fault plan can ask for, becomes 500.
        *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(content_type) = content_type {
            set_header(&mut answer, "content-type", content_type);
        }
        if self.headers == Headers::Bare {
            return answer;
        }
        set_header(&mut answer, "x-request-id", &uuid().replace('-', ""));
        let throttled = status == 429;
        if self.headers == Headers::Limits && (throttled || status < 300) {
            let remaining = if throttled { 0 } else { LIMIT - 1 };
            let reset = if throttled { self.reset } else { WINDOW };
            set_header(&mut answer, "x-ratelimit-limit", &LIMIT.to_string());
            set_header(&mut answer, "x-ratelimit-remaining", &remaining.to_string());
            set_header(&mut answer, "x-ratelimit-reset", &reset.to_string());
        }
        if throttled && self.headers != Headers::RequestId {
            set_header(&mut answer, "retry-after", &self.reset.to_string());
        }
        answer
    }
}
