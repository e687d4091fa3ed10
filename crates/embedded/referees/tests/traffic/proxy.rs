//! Passes requests on and keeps them with their answers.

use std::sync::Arc;
use std::sync::Mutex;

use serde_json::Value;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

/// One request and its answer; a body that is not JSON is its text, none is null.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) sent: Value,
    pub(crate) status: u16,
    pub(crate) answered: Value,
}

pub(crate) type Kept = Arc<Mutex<Vec<Exchange>>>;

/// Listens on a port of its own; its address.
pub(crate) async fn start(upstream: u16, kept: Kept) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(pass(stream, upstream, Arc::clone(&kept)));
        }
    });
    format!("http://{address}")
}

/// One request a connection: the answer says that it is closed.
async fn pass(stream: TcpStream, upstream: u16, kept: Kept) {
    let mut client = BufReader::new(stream);
    let mut line = String::new();
    let mut head = String::new();
    let mut length = 0;
    while client.read_line(&mut line).await.is_ok_and(|read| read > 0) && line != "\r\n" {
        let lower = line.to_ascii_lowercase();
        if let Some(text) = lower.strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
        assert!(!lower.starts_with("transfer-encoding:"), "{line}");
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
        line.clear();
    }
    if head.is_empty() {
        return;
    }
    let mut sent = vec![0; length];
    client.read_exact(&mut sent).await.unwrap();
    let mut server = TcpStream::connect(("127.0.0.1", upstream)).await.unwrap();
    server
        .write_all(format!("{head}connection: close\r\n\r\n").as_bytes())
        .await
        .unwrap();
    server.write_all(&sent).await.unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await.unwrap();
    let _ = client.get_mut().write_all(&answer).await;
    let _ = client.get_mut().shutdown().await;
    kept.lock().unwrap().push(exchange(&head, &sent, &answer));
}

fn exchange(head: &str, sent: &[u8], answer: &[u8]) -> Exchange {
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    });
    let answer = String::from_utf8_lossy(answer);
    let (answer_head, answered) = answer.split_once("\r\n\r\n").unwrap();
    Exchange {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.collect(),
        sent: body(&String::from_utf8_lossy(sent)),
        status: answer_head.split(' ').nth(1).unwrap().parse().unwrap(),
        answered: body(answered),
    }
}

fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).unwrap());
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).unwrap()
}

fn body(text: &str) -> Value {
    match text.is_empty() {
        true => Value::Null,
        false => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
    }
}
