//! A fixed rhythm, counted from the Unix epoch, so that a restart or a second host never shifts it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::{SpanRelativeTo, Timestamp};

/// A rhythm of whole seconds: `"30s"`, `"5m"`, `"1h30m"`, `"1d"` (24 hours). It is due at every multiple of it since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Every {
    seconds: i64,
}

/// Why a rhythm was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EveryError {
    /// The text is no duration.
    #[error("{text:?} is no duration ({problem}); write \"30s\", \"5m\", \"1h30m\" or \"1d\"")]
    Unreadable {
        /// The text.
        text: String,
        /// What the parser says.
        problem: String,
    },
    /// Months and years have no fixed length.
    #[error("{text:?} has no fixed length; write it as cron, such as \"0 6 1 * *\" for the first of every month")]
    Calendar {
        /// The text.
        text: String,
    },
    /// The rhythm is not between a second and a hundred years, or has fractions of a second.
    #[error("{text:?} is not between 1s and 36500d in whole seconds; write \"30s\" or \"5m\"")]
    OutOfRange {
        /// The text.
        text: String,
    },
}

/// A rhythm longer than this never comes round in the life of a host.
const LONGEST: i64 = 36_500 * 86_400;

impl Every {
    /// Reads a duration in jiff's friendly form.
    ///
    /// # Errors
    /// Refuses what is no duration, months and years, less than a second and fractions of one.
    pub fn parse(text: &str) -> Result<Self, EveryError> {
        let span: jiff::Span = text.trim().parse().map_err(|error: jiff::Error| EveryError::Unreadable {
            text: text.to_owned(),
            problem: error.to_string(),
        })?;
        if span.get_years() != 0 || span.get_months() != 0 {
            return Err(EveryError::Calendar { text: text.to_owned() });
        }
        let refused = || EveryError::OutOfRange { text: text.to_owned() };
        let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| refused())?;
        if length.subsec_nanos() != 0 || !(1..=LONGEST).contains(&length.as_secs()) {
            return Err(refused());
        }
        Ok(Self { seconds: length.as_secs() })
    }

    /// Returns the time from one firing to the next.
    pub fn period(self) -> Duration {
        Duration::from_secs(self.seconds.unsigned_abs())
    }

    /// Returns the first multiple after an instant.
    pub(crate) fn next_after(self, after: Timestamp) -> Option<Timestamp> {
        let turns = after.as_second().div_euclid(self.seconds);
        // `as_second` rounds towards zero; before the epoch an instant with a fraction lies one second earlier.
        let turns = if after.as_second() < 0 && after.subsec_nanosecond() != 0 {
            (after.as_second() - 1).div_euclid(self.seconds)
        } else {
            turns
        };
        Timestamp::from_second((turns + 1).checked_mul(self.seconds)?).ok()
    }

    /// Counts the multiples after `after` up to and including `until`, without walking through them.
    pub(crate) fn count(self, after: Timestamp, until: Timestamp) -> u64 {
        let turn = |at: Timestamp| (at.as_nanosecond()).div_euclid(i128::from(self.seconds) * 1_000_000_000);
        u64::try_from(turn(until) - turn(after)).unwrap_or(0)
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.seconds;
        for (unit, length) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
            if rest >= length {
                write!(f, "{}{unit}", rest / length)?;
                rest %= length;
            }
        }
        Ok(())
    }
}

impl FromStr for Every {
    type Err = EveryError;

    fn from_str(text: &str) -> Result<Self, EveryError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn reads_what_people_write() {
        for (text, seconds, shown) in [
            ("30s", 30, "30s"),
            ("5m", 300, "5m"),
            ("90m", 5_400, "1h30m"),
            ("1h30m", 5_400, "1h30m"),
            ("1 hour 30 minutes", 5_400, "1h30m"),
            ("1d", 86_400, "1d"),
            ("1w", 604_800, "7d"),
            ("PT30S", 30, "30s"),
        ] {
            let every = Every::parse(text).unwrap();
            assert_eq!(every.period(), Duration::from_secs(seconds), "{text}");
            assert_eq!(every.to_string(), shown);
        }
    }

    #[test]
    fn refuses_what_has_no_rhythm() {
        assert!(matches!(Every::parse("30"), Err(EveryError::Unreadable { .. })));
        assert!(matches!(Every::parse("soon"), Err(EveryError::Unreadable { .. })));
        assert!(matches!(Every::parse("1mo"), Err(EveryError::Calendar { .. })));
        for text in ["0s", "-5m", "500ms", "1500ms", "100000d"] {
            assert!(matches!(Every::parse(text), Err(EveryError::OutOfRange { .. })), "{text}");
        }
    }

    #[test]
    fn counts_from_the_epoch_whatever_the_start() {
        let every = Every::parse("7m").unwrap();
        let next = every.next_after(at("2026-11-20T20:00:01.5Z")).unwrap();
        assert_eq!(next.as_second() % 420, 0);
        assert_eq!(every.next_after(next), Timestamp::from_second(next.as_second() + 420).ok());
    }

    proptest! {
        #[test]
        fn next_is_the_nearest_multiple(seconds in 1_i64..1_000_000, nanos in -4_000_000_000_000_000_000_i64..4_000_000_000_000_000_000) {
            let every = Every { seconds };
            let after = Timestamp::from_nanosecond(nanos.into()).unwrap();
            let next = every.next_after(after).unwrap();
            prop_assert!(next > after);
            prop_assert_eq!(next.as_nanosecond().rem_euclid(i128::from(seconds) * 1_000_000_000), 0);
            prop_assert!(next.as_nanosecond() - i128::from(nanos) <= i128::from(seconds) * 1_000_000_000);
            prop_assert_eq!(every.count(after, next), 1);
        }
    }
}
