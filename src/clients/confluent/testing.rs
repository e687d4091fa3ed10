//! An `Io` whose hosts are all one address, for tests of what is sent and understood.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use eclusa_planner::environment::declared::Limits;
use eclusa_planner::resource::Place;
use secrecy::SecretString;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::ApiKey;
use super::ClusterHost;
use super::Confluent;
use super::Endpoint;
use crate::apply::event::Events;
use crate::clients::aws;
use crate::clients::aws::Aws;
use crate::clients::call::Io;
use crate::clients::clock::Moment;
use crate::clients::gate::Gate;
use crate::clients::gate::Tenure;
use crate::clients::secrets::Secrets;

const LIMITS: Limits = Limits {
    call: Duration::from_secs(5),
    wait: Duration::from_secs(600),
};

/// Reads may be sent; the Cloud key is the embedded cloud's.
pub(crate) async fn io(url: &str) -> Io {
    limited(url, LIMITS).await
}

/// The same that waits for nothing: what the retry table would try again is `Pending` at once.
pub(crate) async fn impatient(url: &str) -> Io {
    let limits = Limits {
        wait: Duration::ZERO,
        ..LIMITS
    };
    limited(url, limits).await
}

async fn limited(url: &str, limits: Limits) -> Io {
    let aws = Aws::connect("eu-west-1", &aws::Endpoint::Embedded(url.to_owned()), LIMITS.call).await;
    let endpoint = Endpoint::Embedded {
        control: Some(url.to_owned()),
        kafka: Some(url.to_owned()),
    };
    let place = Place {
        environment: "dev".to_owned(),
        account: None,
        region: "eu-west-1".to_owned(),
        partition: "aws".to_owned(),
        organization: None,
    };
    let secrets = Secrets::of(std::path::Path::new("."), "environments/dev.yaml");
    let confluent = Confluent::connect(&endpoint, None, LIMITS.call);
    Io::new(aws, confluent, secrets, place, limits, Events::channel().0)
}

/// The same under an open gate.
pub(crate) fn writing(io: &Io) -> Io {
    // Open for as long as a test may run, though nobody renews it.
    let (_, watched) = watch::channel(Tenure::Held { renewed: Moment::now() });
    io.under(Gate::new(watched, Duration::from_secs(3_600)))
}

/// A cluster of that address, asked with a cluster key.
pub(crate) fn host(io: &Io) -> ClusterHost {
    let key = ApiKey::new("CLUSTERKEY", SecretString::from("hush-cluster"));
    io.confluent
        .cluster("lkc-1", "https://pkc-1.confluent.cloud:443", key)
        .expect("a host")
}

/// A host that gives canned answers, one a connection, and remembers what it was asked.
pub(crate) struct Canned {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// One request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Method and target.
    pub(crate) line: String,
    /// In lower case, without the request line.
    pub(crate) headers: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
}

/// An answer with these headers (each ending in a newline) and body.
pub(crate) fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {status} Canned\r\n{}content-length: {}\r\nconnection: close\r\n\r\n",
        headers.replace('\n', "\r\n"),
        body.len()
    );
    [head.as_bytes(), body].concat()
}

impl Canned {
    /// Gives these answers in turn; an empty one hangs up, and so does it when there are no more.
    pub(crate) async fn serve(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            let mut answers = answers.into_iter();
            while let Ok((mut stream, _)) = listener.accept().await {
                if let Some(request) = read(&mut stream).await {
                    all.lock().expect("unpoisoned").push(request);
                    let _ = stream.write_all(&answers.next().unwrap_or_default()).await;
                }
            }
        });
        Self { url, seen }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("unpoisoned").clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut seen = Seen::default();
    let mut length = None;
    loop {
        let mut some = [0; 4_096];
        let count = stream.read(&mut some).await.ok().filter(|count| *count > 0)?;
        bytes.extend(some.get(..count)?);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        if length.is_none() {
            let (line, headers) = head.split_once("\r\n")?;
            seen.line = line.trim_end_matches(" HTTP/1.1").to_owned();
            seen.headers = headers.to_ascii_lowercase();
            let value = |name: &str| {
                let mut lines = headers.lines();
                lines.find_map(|line| {
                    line.split_once(": ")
                        .filter(|(found, _)| found.eq_ignore_ascii_case(name))
                })
            };
            seen.authorization = value("authorization")
                .map(|(_, value)| value.to_owned())
                .unwrap_or_default();
            length = value("content-length")
                .and_then(|(_, value)| value.parse().ok())
                .or(Some(0));
        }
        if Some(body.len()) >= length {
            seen.body = body.to_owned();
            return Some(seen);
        }
    }
}
