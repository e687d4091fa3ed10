//! Ctrl-C: the first lets what is in flight finish, the second stops at once with 130.

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::failure::Exit;

/// Turns `stop` true at the first interrupt or SIGTERM, and ends the process at the second.
pub fn watch(stop: watch::Sender<bool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        interrupted().await;
        let _ = stop.send(true);
        interrupted().await;
        std::process::exit(i32::from(Exit::Interrupted.code()));
    })
}

async fn interrupted() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(_) => return std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
