//! Times as people write them.

use beadle_plan::Instant;
use chrono::{Locale, NaiveDate};
use jiff::{Zoned, tz::TimeZone};

/// Where and in which language times are read.
#[derive(Debug)]
pub(super) struct Zone {
    zone: TimeZone,
    language: Language,
}

#[derive(Debug, Clone, Copy)]
enum Language {
    English,
    German,
    Spanish,
}

impl Zone {
    /// Takes the IANA name of a time zone, UTC where there is no such zone, and a language (`de`, or `de-AT`), English where it is
    /// not spoken here.
    pub(super) fn new(timezone: &str, language: &str) -> Self {
        let primary = language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let language = match primary.as_str() {
            "de" => Language::German,
            "es" => Language::Spanish,
            _ => Language::English,
        };
        Self { zone: TimeZone::get(timezone).unwrap_or(TimeZone::UTC), language }
    }

    fn read(&self, at: Instant) -> Zoned {
        at.timestamp().to_zoned(self.zone.clone())
    }

    /// Returns a day such as `Friday, 20 November 2026`.
    fn day(&self, at: &Zoned) -> String {
        let (locale, pattern) = match self.language {
            Language::English => (Locale::en_GB, "%A, %-d %B"),
            Language::German => (Locale::de_DE, "%A, %-d. %B"),
            Language::Spanish => (Locale::es_ES, "%A, %-d de %B de"),
        };
        let (month, day) = (at.month().unsigned_abs().into(), at.day().unsigned_abs().into());
        let date = NaiveDate::from_ymd_opt(at.year().into(), month, day).expect("both calendars are the same one");
        format!("{} {}", date.format_localized(pattern, locale), at.year())
    }
}

/// Returns a point in time with its date, or a stretch; one that ends before it begins is shown as its beginning.
pub(super) fn full(zone: &Zone, at: Instant, until: Option<Instant>) -> String {
    let begin = zone.read(at);
    let day = zone.day(&begin);
    match until.filter(|until| *until > at).map(|until| zone.read(until)) {
        Some(end) if end.date() != begin.date() => {
            format!("{day}, {} – {}, {}", hours(&begin, None), zone.day(&end), hours(&end, None))
        }
        end => format!("{day}, {}", hours(&begin, end.as_ref())),
    }
}

/// Returns the time of day of a point in time, or of both ends of a stretch.
pub(super) fn clock(zone: &Zone, at: Instant, until: Option<Instant>) -> String {
    let end = until.filter(|until| *until > at).map(|until| zone.read(until));
    hours(&zone.read(at), end.as_ref())
}

/// Returns `10:00 CET`, or `10:00–11:30 CET`. The zone stands at both ends where clocks are put back or forward between them.
fn hours(begin: &Zoned, end: Option<&Zoned>) -> String {
    let time = |at: &Zoned| format!("{:02}:{:02}", at.hour(), at.minute());
    let Some(end) = end else { return format!("{} {}", time(begin), abbreviation(begin)) };
    let (first, last) = (abbreviation(begin), abbreviation(end));
    if first == last {
        format!("{}–{} {last}", time(begin), time(end))
    } else {
        format!("{} {first}–{} {last}", time(begin), time(end))
    }
}

/// Returns what a zone is called at a time: `CET`, or `UTC+5:30` where people have no letters for it.
fn abbreviation(at: &Zoned) -> String {
    let info = at.time_zone().to_offset_info(at.timestamp());
    let name = info.abbreviation();
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return name.to_owned();
    }
    let minutes = info.offset().seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}
