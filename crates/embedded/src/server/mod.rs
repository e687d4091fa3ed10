//! The server's life: take the folder's lock, read the state, listen, say where, answer until it is time to go.

mod admin;
mod aws;
mod call;
mod confluent;
mod exchange;
mod life;
mod listeners;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::signal::unix::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::task::JoinSet;

use self::life::Life;
use self::listeners::Front;
use self::listeners::Listeners;
use crate::calls::Calls;
use crate::clock::Clock;
use crate::folder;
use crate::folder::Lock;
use crate::log::Log;
use crate::published::ServerFile;
use crate::published::write_server_file;
use crate::store::Store;
use crate::store::StoreError;

/// How long calls in flight may take once the server is to end; what hangs longer is cut.
const PARTING: Duration = Duration::from_secs(2);

/// What a server is started with. Everything else is in the folder.
#[derive(Debug, Clone)]
pub struct Options {
    /// The state folder of one environment; made if need be.
    pub folder: PathBuf,
    /// Any text that tells builds of the program apart: a client that finds another one replaces the server.
    pub build_id: String,
}

/// Why the server ended, when all was well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// There were no calls for `Settings::idle_ms`.
    Idle,
    /// The state folder was removed or replaced.
    FolderGone,
    /// SIGTERM.
    Signal,
    /// `POST /_eclusa/stop`.
    Asked,
}

#[derive(Debug, Error)]
pub enum ServeError {
    #[error("another server holds the lock of {}; it serves this folder until it ends", .0.display())]
    Locked(PathBuf),
    #[error("{}: {source}", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("listening on 127.0.0.1: {0}")]
    Listen(io::Error),
}

/// What every call shares.
#[derive(Debug)]
struct Shared {
    options: Options,
    clock: Clock,
    log: Log,
    calls: Mutex<Calls>,
    life: Life,
    store: Store,
    /// How often each key of Confluent was tried in this life.
    attempts: Mutex<BTreeMap<String, u64>>,
    /// Held until the last call is over, as calls write to the folder.
    lock: Lock,
}

/// Serves the folder until it is time to end. Needs a Tokio runtime with time and I/O.
///
/// # Errors
/// Another server serves the folder; the folder or its state cannot be used; no port can be had.
pub async fn serve(options: Options) -> Result<Ended, ServeError> {
    Ok(Server::begin(options, Clock::System).await?.run().await)
}

/// A server that listens, and has said where.
pub(crate) struct Server {
    shared: Arc<Shared>,
    listeners: Listeners,
    terminate: Signal,
}

impl Server {
    pub(crate) async fn begin(options: Options, clock: Clock) -> Result<Self, ServeError> {
        let shared = open(options, clock)?;
        let begun = listen(&shared)
            .await
            .inspect_err(|error| shared.log.line(&error.to_string()));
        let (listeners, terminate) = begun?;
        Ok(Self {
            shared: Arc::new(shared),
            listeners,
            terminate,
        })
    }

    /// Answers until it is time to end.
    pub(crate) async fn run(mut self) -> Ended {
        let mut connections = JoinSet::new();
        let mut ends = pin!(self.shared.life.ends(&self.shared));
        let ended = loop {
            tokio::select! {
                (front, accepted) = self.listeners.accept() => match accepted {
                    Ok(stream) => drop(connections.spawn(converse(front, stream, Arc::clone(&self.shared)))),
                    // Out of descriptors, say: the next one may fare better, but not at once.
                    Err(error) => {
                        self.shared.log.line(&format!("accepting a connection: {error}"));
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                Some(_) = connections.join_next() => {}
                ended = &mut ends => break ended,
                _ = self.terminate.recv() => break Ended::Signal,
            }
        };
        drop(self.listeners);
        self.shared.life.part();
        // Whether all of them came to their end changes nothing: what was answered is stored.
        let _ = tokio::time::timeout(PARTING, async { while connections.join_next().await.is_some() {} }).await;
        self.shared.log.line(&format!("ended: {ended:?}"));
        ended
    }
}

fn open(options: Options, clock: Clock) -> Result<Shared, ServeError> {
    let in_folder = |source| ServeError::Folder {
        folder: options.folder.clone(),
        source,
    };
    folder::create(&options.folder).map_err(in_folder)?;
    let lock = Lock::take(&options.folder).map_err(in_folder)?;
    let lock = lock.ok_or_else(|| ServeError::Locked(options.folder.clone()))?;
    let log = Log::open(&options.folder, clock.clone()).map_err(in_folder)?;
    let store = Store::open(&options.folder).inspect_err(|error| log.line(&error.to_string()))?;
    Ok(Shared {
        options,
        clock,
        log,
        calls: Mutex::default(),
        life: Life::begin(),
        store,
        attempts: Mutex::default(),
        lock,
    })
}

async fn listen(shared: &Shared) -> Result<(Listeners, Signal), ServeError> {
    let in_folder = |source| ServeError::Folder {
        folder: shared.options.folder.clone(),
        source,
    };
    let terminate = signal(SignalKind::terminate()).map_err(in_folder)?;
    let listeners = Listeners::bind(&shared.options.folder)
        .await
        .map_err(ServeError::Listen)?;
    let server = ServerFile {
        ports: listeners.ports().map_err(ServeError::Listen)?,
        build_id: shared.options.build_id.clone(),
        pid: std::process::id(),
    };
    write_server_file(&shared.options.folder, &server).map_err(in_folder)?;
    let ports: Vec<_> = server
        .ports
        .iter()
        .map(|(name, port)| format!("{name} {port}"))
        .collect();
    shared.log.line(&format!(
        "serving on 127.0.0.1, ports {}, build {}",
        ports.join(", "),
        server.build_id
    ));
    Ok((listeners, terminate))
}

/// One connection, with as many requests as the client likes.
async fn converse(front: Front, stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let parting = &shared.life;
    let service = service_fn(|request| exchange::exchange(Arc::clone(&shared), front, request));
    let connection = http1::Builder::new()
        // A pool keeps its connections for as long as it likes: one closed here might be closed under a write.
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // Errors end the connection, and that is all that is to be done about them: a client went away, or a fault cut it.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = parting.parted() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
