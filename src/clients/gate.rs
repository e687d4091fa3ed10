//! The gate before each attempt of a write: open only while the run is surely alone.
//!
//! No cloud takes a fencing token, and another run takes a lease that has not moved for [`Gate::dead_after`]. So a
//! write starts only while the last renewal, counted from when it was sent, is younger than that less the time a
//! call may take: even one that is answered at the very end of its limit ends before anybody else may begin. The
//! age is read on a clock that counts suspend: a process that wakes up finds the gate shut. What was let through before
//! and had not left the process yet (a connection still being made) leaves it then; no check can come later.

use std::time::Duration;

use tokio::sync::watch;

use super::clock::Moment;
use super::error::Class;
use super::error::ProviderError;

/// The longest time that a call counts as, however long it may take (an upload).
const LONGEST_CALL: Duration = Duration::from_secs(40);

/// What the keeper of the lease knows about it.
#[derive(Clone, Debug)]
pub enum Tenure {
    Held {
        /// When the last renewal that was performed was sent.
        renewed: Moment,
    },
    /// Somebody else has it, or nothing can be known any more.
    Lost(ProviderError),
}

/// Whether an attempt may be sent now.
#[derive(Clone, Debug)]
pub enum Standing {
    Open,
    /// Until a renewal is performed.
    Shut,
    Lost(ProviderError),
}

/// The writers' end of a lease that is held; cheap to clone.
#[derive(Clone, Debug)]
pub struct Gate {
    tenure: watch::Receiver<Tenure>,
    dead_after: Duration,
}

impl Gate {
    pub(crate) fn new(tenure: watch::Receiver<Tenure>, dead_after: Duration) -> Self {
        Self { tenure, dead_after }
    }

    /// Whether a write whose call may take this long may be sent now.
    pub fn standing(&self, call: Duration) -> Standing {
        match &*self.tenure.borrow() {
            Tenure::Lost(because) => Standing::Lost(because.clone()),
            Tenure::Held { renewed } if may_start(Moment::now().since(*renewed), self.dead_after, call) => {
                Standing::Open
            }
            Tenure::Held { .. } if self.tenure.has_changed().is_err() => Standing::Lost(given_up()),
            Tenure::Held { .. } => Standing::Shut,
        }
    }

    /// Returns once a write whose call may take this long would not find the gate shut.
    pub async fn not_shut(&self, call: Duration) {
        let mut seen = self.tenure.clone();
        loop {
            seen.mark_unchanged();
            if !matches!(self.standing(call), Standing::Shut) || seen.changed().await.is_err() {
                return;
            }
        }
    }
}

fn given_up() -> ProviderError {
    let none = super::Operation::read(super::Service::Iot, "DescribeThing");
    ProviderError::own(none, Class::LeaseLost, "LeaseLost", "the lease is not kept any more")
}

/// Whether a write may start when the last renewal is this old.
pub fn may_start(age: Duration, dead_after: Duration, call: Duration) -> bool {
    age < dead_after.saturating_sub(call.min(LONGEST_CALL))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn a_write_starts_only_if_it_must_end_before_the_lease_is_dead() {
        let dead_after = seconds(60);
        for call in [1, 20, 40] {
            let limit = 60 - call;
            assert!(may_start(
                seconds(limit) - Duration::from_nanos(1),
                dead_after,
                seconds(call)
            ));
            assert!(!may_start(seconds(limit), dead_after, seconds(call)), "{call}");
        }
    }

    #[test]
    fn a_longer_upload_counts_as_forty_seconds() {
        assert!(may_start(seconds(19), seconds(60), seconds(900)));
        assert!(!may_start(seconds(20), seconds(60), seconds(900)));
    }

    #[test]
    fn a_call_as_long_as_the_lease_never_starts() {
        assert!(!may_start(Duration::ZERO, seconds(10), seconds(10)));
    }

    #[tokio::test]
    async fn a_gate_opens_with_a_renewal_and_stays_shut_once_lost() {
        let old = Moment::default();
        let (keeper, watched) = watch::channel(Tenure::Held { renewed: old });
        let gate = Gate::new(watched, seconds(1));
        assert!(matches!(gate.standing(Duration::ZERO), Standing::Shut));
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.not_shut(Duration::ZERO).await }
        });
        tokio::task::yield_now().await;
        keeper.send_replace(Tenure::Held { renewed: Moment::now() });
        waiting.await.unwrap_or_default();
        assert!(matches!(gate.standing(Duration::ZERO), Standing::Open));
        keeper.send_replace(Tenure::Lost(given_up()));
        assert!(matches!(gate.standing(Duration::ZERO), Standing::Lost(_)));
    }

    #[test]
    fn a_lease_that_nobody_keeps_is_lost_not_awaited() {
        let (keeper, watched) = watch::channel(Tenure::Held {
            renewed: Moment::default(),
        });
        drop(keeper);
        let gate = Gate::new(watched, seconds(1));
        assert!(matches!(gate.standing(Duration::ZERO), Standing::Lost(_)));
    }
}
