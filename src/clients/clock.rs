//! A clock that goes on while the machine is suspended, for what others may rely on: how old a renewal is.
//!
//! Linux: `CLOCK_BOOTTIME`. Elsewhere `CLOCK_MONOTONIC`, which counts suspend on Apple's systems.

use std::time::Duration;

/// A time on this clock: since some fixed moment, usually the boot. Never compared between machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Duration);

impl Moment {
    /// The time now.
    pub fn now() -> Self {
        Self(read().try_into().unwrap_or_default())
    }

    /// How long after `earlier` this is; nothing where it is not.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(target_os = "linux")]
fn read() -> rustix::time::Timespec {
    use rustix::time::ClockId;
    use rustix::time::DynamicClockId;
    // Every Linux since 2.6.39 has it.
    rustix::time::clock_gettime_dynamic(DynamicClockId::Boottime)
        .unwrap_or_else(|_| rustix::time::clock_gettime(ClockId::Monotonic))
}

#[cfg(not(target_os = "linux"))]
fn read() -> rustix::time::Timespec {
    rustix::time::clock_gettime(rustix::time::ClockId::Monotonic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_never_goes_back() {
        let first = Moment::now();
        let second = Moment::now();
        assert!(first > Moment::default() && second >= first);
        assert_eq!(Moment::default().since(first), Duration::ZERO);
    }
}
