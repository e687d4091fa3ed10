//! Ctrl-C: the first lets what is in flight finish, the second stops at once with 130.

use tokio::signal::unix::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::failure::Exit;

/// Turns `stop` true at the first interrupt or SIGTERM, and ends the process at the second. Both are listened for
/// from here on, so that none is missed between the two.
pub fn watch(stop: watch::Sender<bool>) -> JoinHandle<()> {
    let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    tokio::spawn(async move {
        let [Ok(mut interrupts), Ok(mut terminations)] = signals else {
            return;
        };
        either(&mut interrupts, &mut terminations).await;
        let _ = stop.send(true);
        either(&mut interrupts, &mut terminations).await;
        std::process::exit(i32::from(Exit::Interrupted.code()));
    })
}

async fn either(interrupts: &mut Signal, terminations: &mut Signal) {
    tokio::select! {
        _ = interrupts.recv() => {}
        _ = terminations.recv() => {}
    }
}
