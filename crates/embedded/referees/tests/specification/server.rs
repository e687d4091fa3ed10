//! A server in this process, on the real clock with short waits, and a client that speaks raw HTTP.

use std::time::Duration;

use eclusa_embedded::ConfluentSettings;
use eclusa_embedded::Options;
use eclusa_embedded::ServerFile;
use eclusa_embedded::Settings;
use eclusa_embedded::read_server_file;
use eclusa_embedded::serve;
use eclusa_embedded::switches::EmptyLists;
use eclusa_embedded::switches::StatusCodes;
use eclusa_embedded::write_settings;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// `CLOUDKEY:any` and `CLUSTERKEY:any`.
const CLOUD: &str = "Q0xPVURLRVk6YW55";
const CLUSTER: &str = "Q0xVU1RFUktFWTphbnk=";
const LIMIT: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    _folder: TempDir,
    file: ServerFile,
}

/// Status and body; a body that is not JSON is its text, none is null.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Server {
    /// With the switches that speak as the specification does.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            idle_ms: 0,
            confluent: ConfluentSettings {
                status_codes: StatusCodes::Specified,
                empty_lists: EmptyLists::List,
                ..ConfluentSettings::default()
            },
            ..Settings::default()
        };
        write_settings(folder.path(), &settings).unwrap();
        let options = Options {
            folder: folder.path().to_owned(),
            build_id: "referees".to_owned(),
        };
        tokio::spawn(serve(options));
        let file = loop {
            match read_server_file(folder.path()).unwrap() {
                Some(file) => break file,
                None => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        };
        Self { _folder: folder, file }
    }

    /// A call with a user's key of the host's kind.
    pub(crate) async fn call(&self, request: &str, body: &Value) -> Answer {
        let kafka = request.contains(" /kafka/");
        let (port, key) = if kafka {
            (self.file.kafka_port(), CLUSTER)
        } else {
            (self.file.confluent_port(), CLOUD)
        };
        let mut stream = TcpStream::connect(("127.0.0.1", port.unwrap())).await.unwrap();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let length = body.len();
        let text = format!(
            "{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Basic {key}\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()))
        };
        Answer { status, body }
    }

    /// Calls until the answer is as wanted.
    pub(crate) async fn until(&self, request: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let waiting = async {
            loop {
                let answer = self.call(request, &Value::Null).await;
                if wanted(&answer) {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(LIMIT, waiting).await.expect("the answer in time")
    }
}
