//! When the server ends: idle for too long, folder gone, asked to.

use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Ended;
use super::Shared;
use crate::settings::Settings;

/// How often folder and idle time are looked at.
const GLANCE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Life {
    /// When the last request began or ended.
    last: Mutex<Instant>,
    running: AtomicUsize,
    asked: watch::Sender<bool>,
    parting: watch::Sender<bool>,
}

/// A request in progress.
#[derive(Debug)]
pub(super) struct Activity<'a>(&'a Life);

impl Life {
    pub(super) fn begin() -> Self {
        Self {
            last: Mutex::new(Instant::now()),
            running: AtomicUsize::new(0),
            asked: watch::Sender::new(false),
            parting: watch::Sender::new(false),
        }
    }

    /// To be held while a request lasts.
    pub(super) fn activity(&self) -> Activity<'_> {
        self.touch();
        self.running.fetch_add(1, Ordering::SeqCst);
        Activity(self)
    }

    /// The server ends after this request.
    pub(super) fn ask(&self) {
        self.asked.send_replace(true);
    }

    /// Waits until the server is to end.
    pub(super) async fn ends(&self, shared: &Shared) -> Ended {
        let mut asked = self.asked.subscribe();
        loop {
            tokio::select! {
                _ = asked.wait_for(|asked| *asked) => return Ended::Asked,
                () = tokio::time::sleep(GLANCE) => {}
            }
            if !shared.lock.stands() {
                return Ended::FolderGone;
            }
            if self.is_idle(&shared.options.folder) {
                return Ended::Idle;
            }
        }
    }

    /// Connections are to end once what they are at is answered.
    pub(super) fn part(&self) {
        self.parting.send_replace(true);
    }

    /// Waits for that.
    pub(super) async fn parted(&self) {
        // An error would mean that the sender is gone, and it is ours.
        let _ = self.parting.subscribe().wait_for(|parting| *parting).await;
    }

    fn is_idle(&self, folder: &Path) -> bool {
        // Settings that cannot be read are told at the next call; until then they end nothing.
        let idle = Settings::read(folder).map_or(0, |settings| settings.idle_ms);
        let quiet = self.last.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        idle > 0 && self.running.load(Ordering::SeqCst) == 0 && quiet >= Duration::from_millis(idle)
    }

    fn touch(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

impl Drop for Activity<'_> {
    fn drop(&mut self) {
        self.0.touch();
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
