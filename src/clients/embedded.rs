//! Reaches the embedded cloud of an environment: finds its server, or starts it.
//!
//! The server is this very binary, run as a child in a process group of its own (Ctrl-C is for eclusa) with null
//! stdio. It holds the folder's lock for life and writes its port; a port file of a dead server is never
//! trusted, since the one who answers must name this folder's build. A server of another build is told to stop
//! and replaced.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use eclusa_embedded as server;
use eclusa_planner::environment::declared::Delays;
use eclusa_planner::environment::declared::Settings;
use sha2::Digest;
use sha2::Sha256;
use tokio::time::Instant;

mod health;

/// The account of an embedded cloud whose environment file names none.
pub const ACCOUNT: &str = "123456789012";
/// A child that has not answered by then never will.
const START_LIMIT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);

/// Why the embedded cloud could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error("the embedded cloud's folder {}: {error}", .folder.display())]
    Folder { folder: PathBuf, error: io::Error },
    #[error("starting the embedded cloud: {0}")]
    Start(io::Error),
    #[error("the embedded cloud in {} did not answer within {} s", .folder.display(), START_LIMIT.as_secs())]
    Silent { folder: PathBuf },
    #[error("the embedded cloud ended: {0}")]
    Ended(String),
}

impl EmbeddedError {
    /// The next thing to do.
    pub fn hint(&self) -> String {
        match self {
            Self::Silent { folder } => format!("its log is {}", folder.join("server.log").display()),
            Self::Folder { .. } => "check the folder's owner and the free space".to_owned(),
            Self::Start(_) | Self::Ended(_) => "run the command again".to_owned(),
        }
    }
}

/// The state folder of an environment's embedded cloud.
pub fn state_folder(root: &Path, environment: &str) -> PathBuf {
    root.join(".eclusa").join("embedded").join(environment)
}

/// Where an environment's embedded clouds answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    pub aws: String,
    /// Confluent's control plane, which is `api.confluent.cloud`.
    pub confluent: Option<String>,
    /// Kafka REST of all clusters.
    pub kafka: Option<String>,
}

impl Addresses {
    /// Every address there is, AWS first.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        [Some(&self.aws), self.confluent.as_ref(), self.kafka.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}

/// The addresses of the environment's embedded clouds, started if they do not run yet.
pub async fn reach(root: &Path, settings: &Settings) -> Result<Addresses, EmbeddedError> {
    let folder = state_folder(root, &settings.environment);
    let wrote = server::write_settings(&folder, &wanted(root, &folder, settings));
    wrote.map_err(|error| EmbeddedError::Folder {
        folder: folder.clone(),
        error,
    })?;
    let build = build_id().map_err(EmbeddedError::Start)?;
    let began = Instant::now();
    let mut child = None;
    while began.elapsed() < START_LIMIT {
        match health::find(&folder).await {
            Some(found) if found.build == build => return Ok(found.addresses()),
            Some(other) => health::stop(&other).await,
            None if child.as_mut().is_none_or(has_ended) => child = Some(start(&folder, &build)?),
            None => {}
        }
        tokio::time::sleep(POLL).await;
    }
    Err(EmbeddedError::Silent { folder })
}

/// What the environment says; its switches, which no environment file has words for, stay as somebody wrote them there.
fn wanted(root: &Path, folder: &Path, settings: &Settings) -> server::Settings {
    let written = server::read_settings(folder).unwrap_or_default();
    server::Settings {
        account: settings.aws.account.clone().unwrap_or_else(|| ACCOUNT.to_owned()),
        region: settings.aws.region.clone(),
        delays: match settings.embedded.delays {
            Delays::Fast => server::Delays::Fast,
            Delays::Real => server::Delays::Real,
        },
        idle_ms: u64::try_from(settings.embedded.idle.as_millis()).unwrap_or(u64::MAX),
        faults: settings.embedded.faults.as_ref().map(|path| root.join(path)),
        ..written
    }
}

/// A server that lost the race for the lock ends at once; then the winner answers.
fn has_ended(child: &mut std::process::Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

fn start(folder: &Path, build: &str) -> Result<std::process::Child, EmbeddedError> {
    let program = std::env::current_exe().map_err(EmbeddedError::Start)?;
    Command::new(program)
        .args(["embedded", "--build", build, "--serve"])
        .arg(folder)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(EmbeddedError::Start)
}

/// Tells builds apart without reading the whole binary: version, size and time of the file that runs.
fn build_id() -> io::Result<String> {
    let program = std::env::current_exe()?;
    let about = fs::metadata(&program)?;
    let text = format!("{} {} {:?}", env!("CARGO_PKG_VERSION"), about.len(), about.modified()?);
    let hash = Sha256::digest(text.as_bytes());
    Ok(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}
