//! Time of day, in the zone of the schedule. Guests have a clock and no zones; the zones come with this crate.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::error::Error;

/// Returns the present instant, as the host's clock says.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Returns a zone by its IANA name.
///
/// # Errors
/// [`Error::Invalid`] where there is no such zone.
pub fn zone(name: &str) -> Result<TimeZone, Error> {
    TimeZone::get(name)
        .map_err(|_| Error::Invalid(format!("there is no time zone {name:?}; write it as Europe/Berlin")))
}

/// Returns the civil time in a zone at an instant, given in seconds since 1970-01-01 UTC. Instants beyond all calendars stand at
/// their ends.
pub fn civil(seconds: i64, zone: &TimeZone) -> DateTime {
    let instant = Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX });
    zone.to_datetime(instant)
}

/// Writes a time of day as `HH:MM:SS`.
pub fn clock(time: DateTime) -> String {
    let mut text = String::with_capacity(8);
    let _ = write!(text, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    text
}

/// Writes a date and time as `YYYY-MM-DD HH:MM:SS`.
pub fn stamp(time: DateTime) -> String {
    let mut text = String::with_capacity(19);
    let _ = write!(text, "{:04}-{:02}-{:02} {}", time.year(), time.month(), time.day(), clock(time));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_time_follows_the_zone_and_its_summer() {
        let berlin = zone("Europe/Berlin").expect("a known zone");
        assert_eq!(stamp(civil(1_795_198_790, &berlin)), "2026-11-20 19:19:50");
        assert_eq!(clock(civil(1_782_900_000, &berlin)), "12:00:00", "two hours ahead in July");
        let kathmandu = zone("Asia/Kathmandu").expect("a known zone");
        assert_eq!(clock(civil(0, &kathmandu)), "05:30:00");
    }

    #[test]
    fn an_unknown_zone_is_an_error_and_an_absurd_instant_is_not() {
        assert!(matches!(zone("Mars/Olympus"), Err(Error::Invalid(_))));
        assert_eq!(civil(i64::MAX, &TimeZone::UTC).year(), 9999);
    }
}
