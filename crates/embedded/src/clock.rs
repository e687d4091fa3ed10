//! The wall clock, in milliseconds since 1970. Deadlines are stored as such numbers, so they outlive the server; tests
//! move a clock of their own instead of waiting.

#[cfg(test)]
use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::AtomicU64;
#[cfg(test)]
use std::sync::atomic::Ordering;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Debug, Clone)]
pub(crate) enum Clock {
    System,
    #[cfg(test)]
    Manual(Arc<AtomicU64>),
}

impl Clock {
    pub(crate) fn now(&self) -> u64 {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            }
            #[cfg(test)]
            Self::Manual(milliseconds) => milliseconds.load(Ordering::SeqCst),
        }
    }
}

/// A time as the clouds print it, `2026-11-22T17:42:20.123Z`; a time beyond year 9999 is printed as its number.
pub(crate) fn rfc3339(milliseconds: u64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| milliseconds.to_string())
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn times_are_printed_in_utc_and_absurd_ones_do_not_panic() {
        assert_eq!(rfc3339(1_795_369_340_123), "2026-11-22T17:42:20.123Z");
        assert_eq!(rfc3339(u64::MAX), u64::MAX.to_string());
    }
}
