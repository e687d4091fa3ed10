//! As much of AWS as the bridge talks to, on one port: the Runtime API (next, response, error, init/error) and
//! GetSecretValue. An invocation that is not answered before its deadline has timed out, as in Lambda.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use http_body_util::BodyExt;
use http_body_util::Full;
use hyper::Request;
use hyper::Response;
use hyper::body::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;

/// How an invocation, or the init, ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    Response(Value),
    Error(Value),
    InitError(Value),
    TimedOut,
}

struct Invocation {
    event: Vec<u8>,
    deadline: Duration,
}

struct State {
    invocations: tokio::sync::Mutex<UnboundedReceiver<Invocation>>,
    answers: UnboundedSender<Answer>,
    secret: Mutex<Value>,
    /// The `Authorization` headers that asked for the secret.
    asked: Mutex<Vec<String>>,
}

/// The server, and what a test does with it.
pub(crate) struct Lambda {
    pub(crate) address: String,
    invocations: UnboundedSender<Invocation>,
    answers: UnboundedReceiver<Answer>,
    state: Arc<State>,
}

impl Lambda {
    pub(crate) async fn start(secret: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (invocations, waiting) = mpsc::unbounded_channel();
        let (answering, answers) = mpsc::unbounded_channel();
        let state = Arc::new(State {
            invocations: tokio::sync::Mutex::new(waiting),
            answers: answering,
            secret: Mutex::new(secret),
            asked: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let state = Arc::clone(&shared);
                let service = service_fn(move |request| answer(Arc::clone(&state), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self {
            address,
            invocations,
            answers,
            state,
        }
    }

    /// Invokes the function with this much time, and waits for its answer that long.
    pub(crate) async fn invoke_within(&mut self, event: Vec<u8>, time: Duration) -> Answer {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let deadline = now + time;
        self.invocations.send(Invocation { event, deadline }).unwrap();
        let waited = tokio::time::timeout(time, self.answers.recv()).await;
        waited.map_or(Answer::TimedOut, Option::unwrap)
    }

    /// Waits for what the function says unasked.
    pub(crate) async fn said(&mut self) -> Answer {
        self.answers.recv().await.unwrap()
    }

    pub(crate) fn set_secret(&self, secret: Value) {
        *self.state.secret.lock().unwrap() = secret;
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.asked.lock().unwrap().clone()
    }
}

type Reply = Result<Response<Full<Bytes>>, Infallible>;

fn reply(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let response = Response::builder().status(status);
    response.body(Full::from(body.to_string())).unwrap()
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Reply {
    let path = request.uri().path().to_owned();
    let authorization = request.headers().get("authorization").cloned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let json = || serde_json::from_slice(&body).unwrap();
    let last = path.rsplit('/').next().unwrap();
    let said = match last {
        "next" => return Ok(next(&state).await),
        "" => {
            let header = authorization.unwrap().to_str().unwrap().to_owned();
            state.asked.lock().unwrap().push(header);
            let secret = state.secret.lock().unwrap().to_string();
            return Ok(reply(200, &json!({ "Name": "key", "SecretString": secret })));
        }
        "response" => Answer::Response(json()),
        "error" if path.contains("/init/") => Answer::InitError(json()),
        _ => Answer::Error(json()),
    };
    // A test that has gone no longer listens.
    let _ = state.answers.send(said);
    Ok(reply(202, &json!({ "status": "OK" })))
}

async fn next(state: &State) -> Response<Full<Bytes>> {
    match state.invocations.lock().await.recv().await {
        None => reply(500, &json!({})),
        Some(invocation) => Response::builder()
            .header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
            .header(
                "Lambda-Runtime-Deadline-Ms",
                invocation.deadline.as_millis().to_string(),
            )
            .body(Full::from(invocation.event))
            .unwrap(),
    }
}
