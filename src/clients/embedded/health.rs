//! Asks the server that a folder's port file names whether it is alive, of which build, and whose folder it serves.

use std::io;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use eclusa_embedded as server;
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::Addresses;

/// A server on loopback that takes longer than this to say who it is does not live.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// A server that answered for this folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    address: SocketAddr,
    pub(super) build: String,
    confluent: Option<String>,
    kafka: Option<String>,
}

impl Found {
    pub(super) fn addresses(self) -> Addresses {
        Addresses {
            aws: format!("http://{}", self.address),
            confluent: self.confluent,
            kafka: self.kafka,
        }
    }
}

#[derive(Deserialize)]
struct Health {
    build_id: String,
    folder: String,
}

/// The folder's server, if it lives.
pub(super) async fn find(folder: &Path) -> Option<Found> {
    let server = server::read_server_file(folder).ok()??;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.aws_port()?));
    let body = ask(address, "GET", "health").await.ok()?;
    let health: Health = serde_json::from_str(&body).ok()?;
    let is_ours = std::path::absolute(folder).is_ok_and(|folder| folder == Path::new(&health.folder));
    is_ours.then_some(Found {
        address,
        build: health.build_id,
        confluent: server.confluent_endpoint(),
        kafka: server.kafka_endpoint(),
    })
}

/// Asks a server to end; it answers what is in progress first.
pub(super) async fn stop(found: &Found) {
    // One that has ended meanwhile needs no telling.
    let _ = ask(found.address, "POST", "stop").await;
}

async fn ask(address: SocketAddr, method: &str, path: &str) -> io::Result<String> {
    tokio::time::timeout(ANSWER_LIMIT, exchange(address, method, path)).await?
}

/// HTTP/1.0, so that the answer ends with the connection.
async fn exchange(address: SocketAddr, method: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("{method} /_eclusa/{path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    body.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}
