//! Instants and durations as people type them, and as they read them.

use std::time::Duration;

use beadle_plan::Instant;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::exit::{Code, Exit};

/// Reads an instant: with an offset, or as civil time in a zone.
pub(crate) fn parse(text: &str, zone: &TimeZone) -> Result<Instant, Exit> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp.into());
    }
    let zoned = civil(text).and_then(|civil| civil.to_zoned(zone.clone()).ok());
    zoned.map(|zoned| zoned.timestamp().into()).ok_or_else(|| no_instant(text))
}

/// Reads an instant from which a list shall begin. Civil time that the clocks leave out is the last moment before they jump: what was
/// due in the gap comes at its end, and belongs to the list.
pub(crate) fn parse_start(text: &str, zone: &TimeZone) -> Result<Timestamp, Exit> {
    let at = parse(text, zone)?.timestamp();
    let Some(civil) = civil(text).filter(|_| text.parse::<Timestamp>().is_err()) else { return Ok(at) };
    if !matches!(zone.to_ambiguous_timestamp(civil).offset(), AmbiguousOffset::Gap { .. }) {
        return Ok(at);
    }
    // Read with the offset of before, as it was here, the time lies beyond the gap's end, which is then the nearest change.
    let end = zone.preceding(at.checked_add(SignedDuration::from_secs(1)).unwrap_or(at)).next();
    Ok(end.and_then(|end| end.timestamp().checked_sub(SignedDuration::from_nanos(1)).ok()).unwrap_or(at))
}

fn civil(text: &str) -> Option<jiff::civil::DateTime> {
    text.parse().ok()
}

fn no_instant(text: &str) -> Exit {
    let message = format!("{text:?} is no instant; write it as 2026-11-20T09:00 or 2026-11-20T09:00:00+01:00");
    Exit::new(Code::Usage, message)
}

/// Reads a duration such as `90s`, `1h30m`, `2d`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, Exit> {
    let wrong = || Exit::new(Code::Usage, format!("{text:?} is no duration; write it as 90s, 30m or 8h"));
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
    fn a_start_that_the_clocks_leave_out_lies_before_the_gap() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone of the bundled database");
        let start = |text| parse_start(text, &zone).ok().map(|at| at.to_string());
        assert_eq!(start("2027-03-28T02:30").as_deref(), Some("2027-03-28T00:59:59.999999999Z"));
        assert_eq!(start("2027-03-28T03:00").as_deref(), Some("2027-03-28T01:00:00Z"));
        assert_eq!(start("2027-03-28T01:59").as_deref(), Some("2027-03-28T00:59:00Z"));
        assert_eq!(start("2026-10-25T02:30").as_deref(), Some("2026-10-25T00:30:00Z"), "the first of the two");
        assert_eq!(
            start("2027-03-28T02:30:00+01:00").as_deref(),
            Some("2027-03-28T01:30:00Z"),
            "an offset leaves no gap"
        );
    }

    #[test]
    fn durations_are_read() {
        assert_eq!(parse_duration("1h30m").ok(), Some(Duration::from_secs(5_400)));
        assert_eq!(parse_duration("2d").ok(), Some(Duration::from_secs(172_800)));
        assert!(parse_duration("-5s").is_err());
        assert!(parse_duration("soon").is_err());
    }
}
