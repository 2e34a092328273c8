//! Durations, sizes and names as they are written in the file.

use std::time::Duration;

use jiff::Span;

/// A day, in seconds; in this file a day is 24 hours, whatever the clocks do.
const DAY: u64 = 86_400;

/// Reads `"30s"`, `"5m"`, `"1h30m"`, `"30d"`, `"500ms"`.
///
/// # Errors
/// Says in a few words what is wrong.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let has_units = text.ends_with(|last: char| last.is_ascii_alphabetic())
        && text.starts_with(|first: char| first.is_ascii_digit());
    let span: Span = text.parse().map_err(|_| match has_units {
        true => "it is too long, or its unit none of d, h, m, s, ms".to_owned(),
        false => "write a number with its unit".to_owned(),
    })?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err("months and years have no fixed length".to_owned());
    }
    if span.is_negative() {
        return Err("it is below zero".to_owned());
    }
    let part = |count: i64, seconds: u64| u64::try_from(count).ok().and_then(|count| count.checked_mul(seconds));
    let whole = [
        part(span.get_weeks().into(), 7 * DAY),
        part(span.get_days().into(), DAY),
        part(span.get_hours().into(), 3_600),
        part(span.get_minutes(), 60),
        part(span.get_seconds(), 1),
    ];
    let mut total = Duration::ZERO;
    for seconds in whole {
        total = seconds.and_then(|seconds| total.checked_add(Duration::from_secs(seconds))).ok_or("it is too long")?;
    }
    let fraction = |count: i64, make: fn(u64) -> Duration| u64::try_from(count).map(make).unwrap_or_default();
    [
        fraction(span.get_milliseconds(), Duration::from_millis),
        fraction(span.get_microseconds(), Duration::from_micros),
        fraction(span.get_nanoseconds(), Duration::from_nanos),
    ]
    .into_iter()
    .try_fold(total, Duration::checked_add)
    .ok_or_else(|| "it is too long".to_owned())
}

/// Writes a duration the way it would stand in the file.
pub fn duration_text(duration: Duration) -> String {
    let mut rest = duration.as_secs();
    let mut text = String::new();
    for (unit, length) in [("d", DAY), ("h", 3_600), ("m", 60), ("s", 1)] {
        if rest >= length {
            text.push_str(&format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    if duration.subsec_millis() > 0 {
        text.push_str(&format!("{}ms", duration.subsec_millis()));
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

const UNITS: [(&str, u64); 8] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("b", 1),
    ("", 1),
];

/// Reads `"64MiB"`, `"10 MB"`, `"512KiB"`, `"1048576"` as bytes.
pub(crate) fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let unit = text[digits..].trim().to_ascii_lowercase();
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    text[..digits].parse::<u64>().ok()?.checked_mul(*factor)
}

/// Writes a number of bytes the way it would stand in the file.
pub(crate) fn size_text(bytes: u64) -> String {
    for (unit, factor) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes >= factor && bytes.is_multiple_of(factor) {
            return format!("{}{unit}", bytes / factor);
        }
    }
    format!("{bytes} B")
}

/// Writes a text as a TOML string.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Writes a key of a TOML header: bare where that is allowed, else quoted.
pub(crate) fn bare_key(text: &str) -> String {
    let bare = !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    if bare { text.to_owned() } else { quoted(text) }
}

/// Whether a text can be the name of a site, a plugin, a schedule and so on: letters, digits, `-`, `_` and `.`, at most 64.
///
/// `@` and `:` would be ambiguous in `online@north` and `presence:append`.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

/// Makes the nearest name out of a text.
pub(crate) fn nearest_name(text: &str) -> String {
    let mut name: String = text
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '-' })
        .take(64)
        .collect();
    name = name.trim_start_matches(['-', '_', '.']).trim_end_matches('-').to_owned();
    if name.is_empty() { "main".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("30s", 30),
            ("5m", 300),
            ("1h30m", 5_400),
            ("1h 30m", 5_400),
            ("2d", 172_800),
            ("1w", 604_800),
            ("90 seconds", 90),
            ("PT5M", 300),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for text in ["", "30", "five minutes", "-5m", "5 minutes ago", "1mo", "1y", "999999999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_written_as_they_are_read() {
        for text in ["30s", "5m", "1h30m", "2d", "500ms", "1m1s1ms", "0s"] {
            assert_eq!(duration_text(duration(text).unwrap()), text);
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [("64MiB", 64 << 20), ("10 MB", 10_000_000), ("512kib", 512 << 10), ("77", 77), ("9b", 9)]
        {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "MiB", "-1", "1.5MiB", "64 parsecs", "99999999999999999999", "18446744073709551615KiB"] {
            assert_eq!(size(text), None, "{text}");
        }
        assert_eq!((size_text(64 << 20), size_text(1_000)), ("64MiB".to_owned(), "1000 B".to_owned()));
    }

    #[test]
    fn names() {
        for (text, good, nearest) in [
            ("online", true, "online"),
            ("Haus-2_b.x", true, "Haus-2_b.x"),
            ("online@main", false, "online-main"),
            ("Müller Haus", false, "M-ller-Haus"),
            ("", false, "main"),
            ("-x", false, "x"),
        ] {
            assert_eq!((is_name(text), nearest_name(text).as_str()), (good, nearest), "{text}");
            assert!(is_name(&nearest_name(text)), "{text}");
        }
    }
}
