//! A point in time: milliseconds since 1970-01-01 UTC, as it stands in the store.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A point in time, in milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(i64);

impl Instant {
    /// The first instant that a calendar can show (year -9999).
    const EARLIEST: i64 = -377_705_023_201_000;
    /// The last instant that a calendar can show (year 9999).
    const LATEST: i64 = 253_402_207_200_000;

    /// Takes milliseconds since 1970-01-01 UTC; what no calendar can show is brought to the nearest it can.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(Self::EARLIEST, Self::LATEST))
    }

    /// Returns milliseconds since 1970-01-01 UTC.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Returns the calendar's view of it.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Returns the time from `earlier` to this instant, zero where it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        Self::from_millis(timestamp.as_millisecond())
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_stay_within_the_calendar() {
        for millis in [i64::MIN, i64::MAX, 0, Instant::EARLIEST, Instant::LATEST] {
            let instant = Instant::from_millis(millis);
            assert_eq!(Instant::from(instant.timestamp()), instant, "{millis}");
        }
    }
}
