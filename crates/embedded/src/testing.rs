//! A server in the test's own process and a client that speaks raw HTTP to it.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::folder;
use crate::published::ServerFile;
use crate::published::read_server_file;
use crate::server::Ended;
use crate::server::Options;
use crate::server::ServeError;
use crate::server::Server;
use crate::settings::Settings;
use crate::settings::write_settings;

/// Where every test's clock begins: 2026-11-22T17:42:20Z.
pub(crate) const BEGIN: u64 = 1_795_369_340_000;

pub(crate) struct Cloud {
    folder: TempDir,
    clock: Arc<AtomicU64>,
    server: ServerFile,
    task: JoinHandle<Ended>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The body of a call that was done.
    pub(crate) fn done(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()
    }

    /// Shape and query code of a refused JSON call.
    pub(crate) fn refused(&self) -> (String, String) {
        assert!(self.status >= 400, "{self:?}");
        let shape = self.json()["__type"].as_str().unwrap().to_owned();
        (
            shape,
            self.headers.get("x-amzn-query-error").cloned().unwrap_or_default(),
        )
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn options(folder: &Path) -> Options {
    Options {
        folder: folder.to_owned(),
        build_id: "test".to_owned(),
    }
}

/// Settings under which no server ends of its own accord.
pub(crate) fn untiring() -> Settings {
    Settings {
        idle_ms: 0,
        ..Settings::default()
    }
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        Self::start_with(&untiring()).await
    }

    pub(crate) async fn start_with(settings: &Settings) -> Self {
        let folder = TempDir::new().unwrap();
        write_settings(folder.path(), settings).unwrap();
        Self::start_in(folder, Arc::new(AtomicU64::new(BEGIN))).await
    }

    /// Waits for the lock of a server that was just killed.
    pub(crate) async fn start_in(folder: TempDir, clock: Arc<AtomicU64>) -> Self {
        let begun = loop {
            match Server::begin(options(folder.path()), Clock::Manual(Arc::clone(&clock))).await {
                Err(ServeError::Locked(_)) => tokio::task::yield_now().await,
                begun => break begun.map_err(|error| error.to_string()).unwrap(),
            }
        };
        let server = read_server_file(folder.path()).unwrap().unwrap();
        Self {
            folder,
            clock,
            server,
            task: tokio::spawn(begun.run()),
        }
    }

    /// Ends the server without a farewell.
    pub(crate) async fn kill(self) -> (TempDir, Arc<AtomicU64>) {
        self.task.abort();
        let _ = self.task.await;
        (self.folder, self.clock)
    }

    pub(crate) async fn restart(self) -> Self {
        let (folder, clock) = self.kill().await;
        Self::start_in(folder, clock).await
    }

    /// Waits for the server to end of its own accord.
    pub(crate) async fn ended(self) -> Ended {
        self.task.await.unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.aws_port().unwrap()
    }

    pub(crate) fn server(&self) -> &ServerFile {
        &self.server
    }

    pub(crate) fn advance(&self, milliseconds: u64) {
        self.clock.fetch_add(milliseconds, Ordering::SeqCst);
    }

    pub(crate) fn plan_faults(&self, plan: &Value) {
        folder::replace(&self.folder().join(folder::FAULTS), plan.to_string().as_bytes()).unwrap();
    }

    /// Sends a request to AWS as it stands; `None` where the connection closed without an answer.
    pub(crate) async fn send(&self, head: &str, body: &str) -> Option<Answer> {
        self.send_to(self.port(), head, body).await
    }

    pub(crate) async fn send_to(&self, port: u16, head: &str, body: &str) -> Option<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!(
            "{head}host: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        // A cut connection may end in a reset.
        let _ = stream.read_to_end(&mut bytes).await;
        (!bytes.is_empty()).then(|| parse(&String::from_utf8(bytes).unwrap()))
    }

    pub(crate) async fn admin(&self, request: &str) -> Answer {
        self.send(&format!("{request} HTTP/1.1\r\n"), "").await.unwrap()
    }

    /// A signed SQS call by some access key, to some region.
    pub(crate) async fn sqs_as(&self, key: &str, region: &str, operation: &str, input: &Value) -> Option<Answer> {
        let scope = format!("{key}/20261122/{region}/sqs/aws4_request");
        let head = format!(
            "POST / HTTP/1.1\r\nx-amz-target: AmazonSQS.{operation}\r\ncontent-type: application/x-amz-json-1.0\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00\r\n"
        );
        self.send(&head, &input.to_string()).await
    }

    pub(crate) async fn try_sqs(&self, operation: &str, input: &Value) -> Option<Answer> {
        self.sqs_as("AKIATEST", "us-east-1", operation, input).await
    }

    pub(crate) async fn sqs(&self, operation: &str, input: Value) -> Answer {
        self.try_sqs(operation, &input).await.expect("an answer")
    }

    pub(crate) async fn sts(&self, key: &str) -> Answer {
        let scope = format!("{key}/20261122/us-east-1/sts/aws4_request");
        let head = format!(
            "POST / HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00\r\n"
        );
        self.send(&head, "Action=GetCallerIdentity&Version=2011-06-15")
            .await
            .expect("an answer")
    }

    /// Makes a queue and gives its URL.
    pub(crate) async fn queue(&self, name: &str, attributes: Value) -> String {
        let answer = self
            .sqs("CreateQueue", json!({"QueueName": name, "Attributes": attributes}))
            .await;
        answer.done()["QueueUrl"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn attributes(&self, url: &str) -> Value {
        let input = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        self.sqs("GetQueueAttributes", input).await.done()["Attributes"].clone()
    }

    pub(crate) async fn calls(&self) -> Value {
        self.admin("GET /_eclusa/calls").await.done()
    }
}

fn parse(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| {
        line.split_once(": ")
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
    };
    Answer {
        status,
        headers: lines.filter_map(header).collect(),
        body: body.to_owned(),
    }
}
