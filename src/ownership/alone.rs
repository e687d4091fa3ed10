//! The rules of being alone, pure: when a lease may be taken, and how long its times are.
//!
//! No clocks are compared. A lease is dead when its version has not moved for [`Timing::dead_after`] on the waiter's
//! own clock (counted from the answer that first showed the version to the sending of the last read that still did),
//! or when its holder is a process that ran on this host and does no longer.

use std::time::Duration;

use eclusa_planner::environment::declared::Cloud;

use super::holder::Existence;

/// How long the lease's times are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    pub dead_after: Duration,
    pub renew_every: Duration,
    /// Between two looks at a lease that somebody else holds.
    pub look_every: Duration,
}

const DEAD_AFTER: Duration = Duration::from_secs(60);
/// Milliseconds; for tests, and for the embedded cloud alone: on a real one everybody must agree.
const SHORTENED: &str = "ECLUSA_LEASE_DEAD_AFTER_MS";

impl Timing {
    /// The times for a cloud.
    pub fn of(cloud: Cloud) -> Self {
        let shortened = || std::env::var(SHORTENED).ok()?.parse().ok().map(Duration::from_millis);
        let dead_after = match cloud {
            Cloud::Live => None,
            Cloud::Embedded => shortened(),
        };
        Self::dead_after(dead_after.unwrap_or(DEAD_AFTER))
    }

    fn dead_after(dead_after: Duration) -> Self {
        Self {
            dead_after,
            renew_every: dead_after / 4,
            look_every: dead_after / 60,
        }
    }
}

/// Whether a lease may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nobody holds it.
    Free,
    /// Its holder's process is gone.
    Gone,
    /// It has not moved for too long.
    Silent,
    Held,
}

/// Judges a lease. `holder`: whether its holder exists, `None` where nobody holds it. `unmoved`: how long its version
/// has surely not moved.
pub(super) fn judge(holder: Option<Existence>, unmoved: Duration, timing: Timing) -> Verdict {
    match holder {
        None => Verdict::Free,
        Some(Existence::Gone) => Verdict::Gone,
        Some(_) if unmoved >= timing.dead_after => Verdict::Silent,
        Some(_) => Verdict::Held,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::gate::may_start;

    const TIMING: Timing = Timing {
        dead_after: DEAD_AFTER,
        renew_every: Duration::from_secs(15),
        look_every: Duration::from_secs(1),
    };

    #[test]
    fn the_times_are_those_of_the_rules() {
        assert_eq!(Timing::of(Cloud::Live), TIMING);
    }

    #[test]
    fn a_lease_is_free_without_holder_and_dead_without_process_or_movement() {
        let just_short = DEAD_AFTER - Duration::from_nanos(1);
        assert_eq!(judge(None, Duration::ZERO, TIMING), Verdict::Free);
        assert_eq!(judge(Some(Existence::Gone), Duration::ZERO, TIMING), Verdict::Gone);
        for alive in [Existence::Exists, Existence::Unknown] {
            assert_eq!(judge(Some(alive), just_short, TIMING), Verdict::Held);
            assert_eq!(judge(Some(alive), DEAD_AFTER, TIMING), Verdict::Silent);
        }
    }

    /// The holder renews at 0 and is never heard of again; a waiter reads that version at `seen` and takes the lease as
    /// soon as it may. Whatever the call's limit, the holder's last write has ended by then.
    #[test]
    fn no_write_of_a_holder_lasts_until_somebody_else_may_take_its_lease() {
        for seen in [0, 1, 14, 59] {
            for call in [1, 5, 39, 40, 41, 900] {
                let taken = Duration::from_secs(seen) + TIMING.dead_after;
                let call = Duration::from_secs(call);
                let starts = (0..120).map(Duration::from_secs);
                let last = starts.filter(|age| may_start(*age, TIMING.dead_after, call)).max();
                let counted = call.min(Duration::from_secs(40));
                assert!(last.is_none_or(|start| start + counted <= taken), "{seen} {call:?}");
            }
        }
    }

    #[test]
    fn a_holder_that_renews_in_time_may_always_write() {
        let latest = TIMING.renew_every + Duration::from_secs(4);
        assert!(may_start(latest, TIMING.dead_after, Duration::from_secs(40)));
    }
}
