//! When the server ends: idle for too long, folder gone, asked to.

use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
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
    running: watch::Sender<usize>,
    asked: watch::Sender<bool>,
}

/// A request in progress.
#[derive(Debug)]
pub(super) struct Activity<'a>(&'a Life);

impl Life {
    pub(super) fn begin() -> Self {
        Self {
            last: Mutex::new(Instant::now()),
            running: watch::Sender::new(0),
            asked: watch::Sender::new(false),
        }
    }

    /// To be held while a request lasts.
    pub(super) fn activity(&self) -> Activity<'_> {
        self.touch();
        self.running.send_modify(|running| *running += 1);
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

    /// Waits until no request is in progress.
    pub(super) async fn rests(&self) {
        // An error would mean that the sender is gone, and it is ours.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }

    fn is_idle(&self, folder: &Path) -> bool {
        // Settings that cannot be read are told at the next call; until then they end nothing.
        let idle = Settings::read(folder).map_or(0, |settings| settings.idle_ms);
        let quiet = self.last.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        idle > 0 && *self.running.borrow() == 0 && quiet >= Duration::from_millis(idle)
    }

    fn touch(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

impl Drop for Activity<'_> {
    fn drop(&mut self) {
        self.0.touch();
        self.0.running.send_modify(|running| *running -= 1);
    }
}
