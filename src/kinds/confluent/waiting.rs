//! Waiting for what Confluent does after it answered.

use std::time::Duration;

use tokio::time::Instant;

use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;

/// A wait: looks at growing distances, tells what it waits for, and ends with the environment's budget.
pub(super) struct Wait<'w> {
    io: &'w Io,
    what: &'w str,
    began: Instant,
    pause: Duration,
    longest: Duration,
}

impl<'w> Wait<'w> {
    pub(super) fn new(io: &'w Io, what: &'w str, longest: Duration) -> Self {
        Self {
            io,
            what,
            began: Instant::now(),
            pause: Duration::from_millis(100),
            longest,
        }
    }

    /// Pauses before the next look.
    ///
    /// # Errors
    /// The budget is spent: what was waited for is still pending.
    pub(super) async fn next(&mut self, operation: Operation, status: &str) -> Result<(), ProviderError> {
        let limit = self.io.limits.wait;
        if self.began.elapsed() + self.pause > limit {
            let text = format!("{} after {} s: {status}", self.what, limit.as_secs());
            return Err(ProviderError::own(operation, Class::Pending, "StillPending", text));
        }
        self.io.tell_waiting(self.what, status, self.began, limit);
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 3 / 2).min(self.longest);
        Ok(())
    }
}
