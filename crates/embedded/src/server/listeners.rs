//! The ports: one a front, each the one of the folder's earlier life if that is free, so that addresses stay valid.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;

use tokio::net::TcpListener;
use tokio::net::TcpStream;

use crate::published;
use crate::published::read_server_file;

/// What a connection speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    Aws,
    /// `api.confluent.cloud`.
    Confluent,
    /// The Kafka REST host of every Confluent cluster.
    Kafka,
}

#[derive(Debug)]
pub(super) struct Listeners {
    aws: TcpListener,
    confluent: TcpListener,
    kafka: TcpListener,
}

impl Listeners {
    pub(super) async fn bind(state_folder: &Path) -> io::Result<Self> {
        // A file that says nothing readable is no reason not to serve.
        let earlier = read_server_file(state_folder).ok().flatten();
        let earlier = earlier.map(|server| server.ports).unwrap_or_default();
        let port = |name| earlier.get(name).copied();
        Ok(Self {
            aws: bind(port(published::AWS)).await?,
            confluent: bind(port(published::CONFLUENT)).await?,
            kafka: bind(port(published::KAFKA)).await?,
        })
    }

    /// The ports by name, as `server.json` has them.
    pub(super) fn ports(&self) -> io::Result<BTreeMap<String, u16>> {
        let named = [
            (published::AWS, &self.aws),
            (published::CONFLUENT, &self.confluent),
            (published::KAFKA, &self.kafka),
        ];
        named
            .into_iter()
            .map(|(name, listener)| Ok((name.to_owned(), listener.local_addr()?.port())))
            .collect()
    }

    pub(super) async fn accept(&self) -> (Front, io::Result<TcpStream>) {
        let (front, accepted) = tokio::select! {
            accepted = self.aws.accept() => (Front::Aws, accepted),
            accepted = self.confluent.accept() => (Front::Confluent, accepted),
            accepted = self.kafka.accept() => (Front::Kafka, accepted),
        };
        (front, accepted.map(|(stream, _)| stream))
    }
}

async fn bind(earlier: Option<u16>) -> io::Result<TcpListener> {
    if let Some(port) = earlier
        && let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
    {
        return Ok(listener);
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}
