//! One event of an export.

use std::ops::Range;
use std::str::FromStr as _;

use beadle_sdk::jiff::Timestamp;
use beadle_sdk::jiff::civil::{Date, Time};
use beadle_sdk::jiff::tz::{Offset, TimeZone};
use calcard::common::timezone::Tz;
use calcard::icalendar::timezone::TzResolver;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarProperty, ICalendarStatus,
    ICalendarValue,
};
use calcard::{Entry, Parser};
use sha2::{Digest as _, Sha256};

use super::{Event, When};

/// How many dates of a rule are gone through: every day of 27 years.
const DATES: usize = 10_000;

/// How many of them may lie in the window; one an hour would be no event that people look at.
const MOST: usize = 500;

/// How events are read.
pub(super) struct Reader<'a> {
    /// The time zones that the export describes.
    pub(super) zones: TzResolver<String>,
    /// Where hours without a zone are meant.
    pub(super) zone: &'a TimeZone,
    /// Where events that repeat are told one by one, in seconds since 1970-01-01 UTC.
    pub(super) window: Range<i64>,
}

/// Returns the key of the event with an identity: Moodle writes `27@moodle.school.example`.
pub(super) fn group(uid: &str) -> String {
    let number = uid.split('@').next().unwrap_or_default();
    if (1..=18).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("event/{number}");
    }
    let digest = Sha256::digest(uid);
    format!("event/uid-{}", digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>())
}

impl Reader<'_> {
    /// Reads the lines of an event: none where it was called off, several where it repeats.
    pub(super) fn read(&self, block: &str) -> Result<Vec<Event>, String> {
        let component = match Parser::new(block).entry() {
            Entry::ICalendar(calendar) => calendar.components.into_iter().next(),
            _ => None,
        };
        let component = component.filter(|one| one.component_type == ICalendarComponentType::VEvent);
        let component = component.ok_or("it is no event")?;
        let uid = component.uid().map(str::trim).filter(|uid| !uid.is_empty()).ok_or("it has no UID")?;
        let start = component.property(&ICalendarProperty::Dtstart).ok_or("it has no beginning")?;
        let starts = self.when(start).map_err(|why| format!("its beginning {why}"))?;
        if component.status() == Some(&ICalendarStatus::Cancelled) {
            return Ok(Vec::new());
        }
        let group = group(uid);
        let place = component.property(&ICalendarProperty::RecurrenceId).map(|entry| self.when(entry)).transpose();
        let place = place.map_err(|why| format!("its place in what repeats {why}"))?;
        let event = Event {
            key: place.map_or_else(|| group.clone(), |place| occurrence(&group, place)),
            group,
            replaces: place.is_some(),
            title: text(&component, &ICalendarProperty::Summary),
            body: lines(&text(&component, &ICalendarProperty::Description)),
            place: text(&component, &ICalendarProperty::Location).trim().to_owned(),
            category: words(&text(&component, &ICalendarProperty::Categories)),
            starts,
            minutes: self.minutes(&component, starts),
        };
        let repeats = component
            .entries
            .iter()
            .any(|entry| matches!(entry.name, ICalendarProperty::Rrule | ICalendarProperty::Rdate));
        if !repeats || event.replaces { Ok(vec![event]) } else { self.repeated(component, &event) }
    }

    /// Reads when something is.
    fn when(&self, entry: &ICalendarEntry) -> Result<When, String> {
        let written = entry.values.first().and_then(ICalendarValue::as_partial_date_time);
        let written = written.ok_or("cannot be read")?;
        let (Some(year), Some(month), Some(day)) = (written.year, written.month, written.day) else {
            return Err("has no date".to_owned());
        };
        let small = |number: u8| i8::try_from(number).unwrap_or(-1);
        let date = Date::new(i16::try_from(year).unwrap_or(-1), small(month), small(day));
        let date = date.map_err(|_| "is on a day that there is not".to_owned())?;
        let Some(hour) = written.hour else { return Ok(When::Day(date)) };
        // A minute may have 61 seconds.
        let second = small(written.second.unwrap_or(0)).min(59);
        let time = Time::new(small(hour), small(written.minute.unwrap_or(0)), second, 0);
        let time = time.map_err(|_| "is at an hour that there is not".to_owned())?;
        let zone = match (written.tz_hour, entry.tz_id()) {
            (Some(hours), _) => {
                let seconds = i32::from(hours) * 3600 + i32::from(written.tz_minute.unwrap_or(0)) * 60;
                let offset = Offset::from_seconds(if written.tz_minus { -seconds } else { seconds });
                TimeZone::fixed(offset.map_err(|_| "has a zone that there is not".to_owned())?)
            }
            (None, Some(name)) => self.named(name)?.1,
            (None, None) => self.zone.clone(),
        };
        // Of an hour that the clocks show twice the first is meant, and one that they leave out is the one behind it.
        let at = date.to_datetime(time).to_zoned(zone).map_err(|_| "is beyond all calendars".to_owned())?;
        Ok(When::At(at.timestamp().as_second()))
    }

    /// Finds a zone by the name that an export has for it, which may be one of Windows.
    fn named(&self, name: &str) -> Result<(Tz, TimeZone), String> {
        let found = self.zones.resolve(name).and_then(|zone| Some((zone, TimeZone::get(&zone.name()?).ok()?)));
        found.ok_or_else(|| {
            format!("is in a time zone that nobody knows: {:?}", name.chars().take(60).collect::<String>())
        })
    }

    /// Returns how long an event is, in minutes.
    fn minutes(&self, component: &ICalendarComponent, starts: When) -> Option<i64> {
        let When::At(starts) = starts else { return None };
        if let Some(end) = component.property(&ICalendarProperty::Dtend) {
            let When::At(ends) = self.when(end).ok()? else { return None };
            return Some((ends - starts).max(0) / 60);
        }
        let length = component.property(&ICalendarProperty::Duration).and_then(|entry| entry.values.first());
        match length {
            Some(ICalendarValue::Duration(length)) => Some(length.as_seconds().max(0) / 60),
            _ => Some(0),
        }
    }

    /// Tells an event that repeats one by one, as far as it does so in the window.
    fn repeated(&self, component: ICalendarComponent, event: &Event) -> Result<Vec<Event>, String> {
        let rule = component.property(&ICalendarProperty::Rrule);
        if rule.is_some_and(|rule| !matches!(rule.values.first(), Some(ICalendarValue::RecurrenceRule(_)))) {
            return Err("its rule cannot be read".to_owned());
        }
        let start = component.property(&ICalendarProperty::Dtstart).and_then(ICalendarEntry::tz_id);
        let zone = match (event.starts, start) {
            // Days are counted where no clock is ever moved.
            (When::Day(_), _) => Tz::UTC,
            (When::At(_), Some(name)) => self.named(name)?.0,
            (When::At(_), None) => self.zone.iana_name().and_then(|name| Tz::from_str(name).ok()).unwrap_or(Tz::UTC),
        };
        let expanded = ICalendar { components: vec![component] }.expand_dates(zone, DATES);
        if !expanded.errors.is_empty() {
            return Err("its rule cannot be followed".to_owned());
        }
        let dates: Vec<i64> = expanded.events.iter().map(|one| one.start.timestamp()).collect();
        let cut_off = dates.len() >= DATES && dates.last().is_some_and(|last| *last < self.window.end);
        let mut inside: Vec<i64> = dates.into_iter().filter(|at| self.window.contains(at)).collect();
        inside.sort_unstable();
        inside.dedup();
        if cut_off || inside.len() > MOST {
            return Err("it repeats too often".to_owned());
        }
        Ok(inside.into_iter().filter_map(|at| of_series(event, at)).collect())
    }
}

/// Returns one of a series, which begins at an instant.
fn of_series(event: &Event, at: i64) -> Option<Event> {
    let starts = match event.starts {
        When::At(_) => When::At(at),
        When::Day(_) => When::Day(Timestamp::from_second(at).ok()?.to_zoned(TimeZone::UTC).date()),
    };
    Some(Event { key: occurrence(&event.group, starts), starts, ..event.clone() })
}

/// Returns the key of one of a series, by when it is by its rule.
fn occurrence(group: &str, place: When) -> String {
    match place {
        When::Day(day) => format!("{group}@{day}"),
        When::At(seconds) => {
            let at = Timestamp::from_second(seconds).unwrap_or_default();
            format!("{group}@{}", at.strftime("%Y%m%dT%H%M%SZ"))
        }
    }
}

/// Returns the text of a property. One with a comma in it that nobody marked arrives in parts.
fn text(component: &ICalendarComponent, name: &ICalendarProperty) -> String {
    let values = component.property(name).map_or(&[][..], |entry| &entry.values);
    values.iter().filter_map(ICalendarValue::as_text).collect::<Vec<_>>().join(",")
}

/// Returns a name without entities and double spaces, as the catalog has it.
fn words(name: &str) -> String {
    beadle_sdk::html::plain(name)
}

/// Returns plain text line by line, without empty ones. It is no HTML: `s < 5 m` stays.
fn lines(text: &str) -> String {
    let line = |line: &str| {
        line.split(|sign: char| sign.is_whitespace() || sign.is_control())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    text.lines().map(line).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
