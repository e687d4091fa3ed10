//! The Lambda Runtime API: next invocation, response, error.
//!
//! A loop of its own over the HTTP connection that the stored key needs too, instead of `lambda_runtime`: one function
//! of one event type needs neither its tower of services nor its second HTTP client, and both would count in the zip
//! and in the cold start. Any failure to speak with the Runtime API ends the process: Lambda starts it again, and
//! what was not answered stays in the queue.
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use serde_json::json;
use tokio::time::Instant;

use crate::handler::Bridge;
use crate::http::Answer;
use crate::http::Server;
use crate::log;
use crate::log::Level;
use crate::sink::Connector;

/// What an invocation keeps of its time for its answer to travel.
const MARGIN: Duration = Duration::from_millis(500);
/// Init may take 10 s.
const INIT: Duration = Duration::from_secs(8);
const PREFIX: &str = "/2018-06-01/runtime";

/// The Runtime API of this sandbox.
pub struct Runtime {
    server: Server,
}

struct Invocation {
    id: String,
    deadline: Instant,
    event: Bytes,
}

impl Runtime {
    /// `host:port`, as Lambda gives it.
    ///
    /// # Errors
    /// It is no such address.
    pub fn at(address: &str) -> Result<Self, String> {
        Ok(Self {
            server: Server::at(&format!("http://{address}"))?,
        })
    }

    /// Serves invocations until the Runtime API cannot be spoken with.
    pub async fn serve<C: Connector>(&mut self, mut bridge: Bridge<C>) -> String {
        // Not an init error: the queue keeps what fails, and the next invocation tries again.
        if let Err(reason) = bridge.connect(Instant::now() + INIT).await {
            log::line(Level::Error, "no connection during init", &[("reason", json!(reason))]);
        }
        loop {
            if let Err(error) = self.serve_one(&mut bridge).await {
                return error;
            }
        }
    }

    async fn serve_one<C: Connector>(&mut self, bridge: &mut Bridge<C>) -> Result<(), String> {
        let invocation = self.next().await?;
        let path = format!("{PREFIX}/invocation/{}", invocation.id);
        match bridge.handle(&invocation.event, invocation.deadline).await {
            Ok(response) => self.post(&format!("{path}/response"), response).await,
            Err(error) => {
                let reason = error.to_string();
                log::line(Level::Error, "event refused", &[("reason", json!(reason))]);
                self.post(&format!("{path}/error"), error_body("EventError", &reason))
                    .await
            }
        }
    }

    /// Tells Lambda why the function cannot start.
    ///
    /// # Errors
    /// The Runtime API did not take it.
    pub async fn cannot_start(&mut self, reason: &str) -> Result<(), String> {
        self.post(&format!("{PREFIX}/init/error"), error_body("SettingsError", reason))
            .await
    }

    async fn next(&mut self) -> Result<Invocation, String> {
        let answer = self
            .ask(Request::get(format!("{PREFIX}/invocation/next")), Vec::new())
            .await?;
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
        let id = header("lambda-runtime-aws-request-id").ok_or("the Runtime API named no request id")?;
        let deadline = header("lambda-runtime-deadline-ms").and_then(|text| text.parse().ok());
        let deadline = deadline.ok_or("the Runtime API named no deadline")?;
        Ok(Invocation {
            id: id.to_owned(),
            deadline: Instant::now() + remaining(deadline, SystemTime::now()),
            event: answer.body.clone(),
        })
    }

    async fn post(&mut self, path: &str, body: Vec<u8>) -> Result<(), String> {
        self.ask(Request::post(path), body).await.map(|_| ())
    }

    async fn ask(&mut self, request: hyper::http::request::Builder, body: Vec<u8>) -> Result<Answer, String> {
        let request = request
            .header("host", self.server.authority())
            .header("content-type", "application/json")
            .body(Full::from(body))
            .map_err(|error| format!("a request to the Runtime API: {error}"))?;
        let answer = self
            .server
            .send(request)
            .await
            .map_err(|error| format!("the Runtime API: {error}"))?;
        if (200..300).contains(&answer.status) {
            Ok(answer)
        } else {
            Err(format!("the Runtime API answered {}", answer.status))
        }
    }
}

fn error_body(kind: &str, reason: &str) -> Vec<u8> {
    let body = json!({ "errorType": kind, "errorMessage": reason, "stackTrace": [] });
    body.to_string().into_bytes()
}

/// What is left for the work; the API gives its deadline in milliseconds since 1970.
fn remaining(deadline_ms: u64, now: SystemTime) -> Duration {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Duration::from_millis(deadline_ms)
        .saturating_sub(now)
        .saturating_sub(MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_keeps_its_margin_and_the_past_leaves_nothing() {
        let now = UNIX_EPOCH + Duration::from_secs(100);
        assert_eq!(remaining(130_000, now), Duration::from_millis(29_500));
        assert_eq!(remaining(100_200, now), Duration::ZERO);
        assert_eq!(remaining(1, now), Duration::ZERO);
    }
}
