//! `server.json`: where the folder's server listens, as it said after it began to. It outlives its server, so that the
//! next one can take the same ports; a reader must therefore ask the server itself (`GET /_eclusa/health`) whether it is
//! alive, of which build and whose folder it serves, before trusting the file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde::Serialize;

use crate::folder;

/// All of AWS.
pub(crate) const AWS: &str = "aws";
/// Confluent's control plane and Connect, which is `api.confluent.cloud`.
pub(crate) const CONFLUENT: &str = "confluent";
/// Kafka REST of all Confluent clusters, told apart by their paths.
pub(crate) const KAFKA: &str = "kafka";

/// What `server.json` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFile {
    /// Port on 127.0.0.1 by front: `aws`, `confluent` (its control plane), `kafka` (Kafka REST of its clusters).
    pub ports: BTreeMap<String, u16>,
    /// `Options::build_id` of the server that wrote it.
    pub build_id: String,
    pub pid: u32,
}

impl ServerFile {
    /// The address for every AWS client, `http://127.0.0.1:PORT`.
    pub fn aws_endpoint(&self) -> Option<String> {
        self.aws_port().map(|port| format!("http://127.0.0.1:{port}"))
    }

    pub fn aws_port(&self) -> Option<u16> {
        self.ports.get(AWS).copied()
    }

    /// What stands for `https://api.confluent.cloud`, `http://127.0.0.1:PORT`.
    pub fn confluent_endpoint(&self) -> Option<String> {
        self.confluent_port().map(|port| format!("http://127.0.0.1:{port}"))
    }

    pub fn confluent_port(&self) -> Option<u16> {
        self.ports.get(CONFLUENT).copied()
    }

    /// What stands for every cluster's `https://pkc-….confluent.cloud:443`, `http://127.0.0.1:PORT`; the path
    /// `/kafka/v3/clusters/{id}` tells them apart.
    pub fn kafka_endpoint(&self) -> Option<String> {
        self.kafka_port().map(|port| format!("http://127.0.0.1:{port}"))
    }

    pub fn kafka_port(&self) -> Option<u16> {
        self.ports.get(KAFKA).copied()
    }
}

/// Reads the folder's `server.json`; `None` where no server ever listened.
///
/// # Errors
/// The file cannot be read or is not what a server writes (`InvalidData`).
pub fn read_server_file(state_folder: &Path) -> io::Result<Option<ServerFile>> {
    match fs::read(state_folder.join(folder::SERVER)) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn write_server_file(state_folder: &Path, server: &ServerFile) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(server)?;
    text.push(b'\n');
    folder::replace(&state_folder.join(folder::SERVER), &text)
}
