//! Instants and durations as people type them, and as they read them.

use std::time::Duration;

use beadle_plan::Instant;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::exit::{Code, Exit};

/// Reads an instant: with an offset, or as civil time in a zone.
pub(crate) fn parse(text: &str, zone: &TimeZone) -> Result<Instant, Exit> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp.into());
    }
    text.parse::<jiff::civil::DateTime>()
        .ok()
        .and_then(|civil| civil.to_zoned(zone.clone()).ok())
        .map(|zoned| zoned.timestamp().into())
        .ok_or_else(|| {
            Exit::new(
                Code::Failed,
                format!("{text:?} is no instant; write it as 2026-11-20T09:00 or 2026-11-20T09:00:00+01:00"),
            )
        })
}

/// Reads a duration such as `90s`, `1h30m`, `2d`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, Exit> {
    let wrong = || Exit::new(Code::Failed, format!("{text:?} is no duration; write it as 90s, 30m or 8h"));
    let span: jiff::Span = text.parse().map_err(|_| wrong())?;
    let duration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    Duration::try_from(duration).map_err(|_| wrong())
}

/// Writes an instant in a zone, to the second.
pub(crate) fn show(at: Instant, zone: &TimeZone) -> String {
    at.timestamp().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Writes how long something took.
pub(crate) fn took(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        return format!("{:.1} ms", duration.as_secs_f64() * 1_000.0);
    }
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    format!("{:#}", SignedDuration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_and_without_an_offset() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone of the bundled database");
        let at = parse("2026-11-20T09:00:00+01:00", &zone).ok();
        assert!(at.is_some());
        assert_eq!(parse("2026-11-20T09:00", &zone).ok(), at);
        assert_eq!(parse("2026-11-20 09:00", &zone).ok(), at);
        assert!(parse("tomorrow", &zone).is_err());
    }

    #[test]
    fn durations_are_read() {
        assert_eq!(parse_duration("1h30m").ok(), Some(Duration::from_secs(5_400)));
        assert_eq!(parse_duration("2d").ok(), Some(Duration::from_secs(172_800)));
        assert!(parse_duration("-5s").is_err());
        assert!(parse_duration("soon").is_err());
    }
}
