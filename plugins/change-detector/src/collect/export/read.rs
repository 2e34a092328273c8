//! Reads an export event by event, so that one that is broken leaves the others standing and a large one is never held twice.

mod event;

use std::collections::BTreeSet;
use std::ops::Range;

use beadle_sdk::Error;
use beadle_sdk::jiff::civil::Date;
use beadle_sdk::jiff::tz::TimeZone;
use calcard::icalendar::ICalendar;
use calcard::{Entry, Parser};

/// The most text that describes time zones, in bytes; Moodle's export has none.
const ZONES: usize = 64 << 10;

/// When an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// At an instant, in seconds since 1970-01-01 UTC.
    At(i64),
    /// On a day whose hour nobody told.
    Day(Date),
}

impl When {
    /// Returns the instant, for a day its first in a zone.
    pub(super) fn seconds(self, zone: &TimeZone) -> Option<i64> {
        match self {
            Self::At(seconds) => Some(seconds),
            Self::Day(day) => Some(day.to_zoned(zone.clone()).ok()?.timestamp().as_second()),
        }
    }
}

/// An event. When it was exported and edited moves all the time and is not read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    /// `event/27`, by Moodle's number; of one that repeats with when it would be by its rule.
    pub(super) key: String,
    /// The key without that.
    pub(super) group: String,
    /// Whether it stands in the place of one that a rule makes.
    replaces: bool,
    /// A name as Moodle has it, with entities.
    pub(super) title: String,
    /// Plain lines.
    pub(super) body: String,
    pub(super) place: String,
    /// The short name of its course, or what Moodle calls the events of the site.
    pub(super) category: String,
    pub(super) starts: When,
    /// How long it is, where it has hours.
    pub(super) minutes: Option<i64>,
}

/// What an export holds.
#[derive(Debug)]
pub(super) struct Calendar {
    pub(super) events: Vec<Event>,
    /// What could not be read: which, and why.
    pub(super) failures: Vec<(String, String)>,
    /// The groups of what could not be read.
    pub(super) unsure: Vec<String>,
    /// Whether all of it is there, and every event that could not be read is known by its number.
    pub(super) complete: bool,
}

/// Reads an export. Hours without a zone are meant in `zone`, and what repeats is told in `window`.
///
/// # Errors
/// [`Error::Invalid`] where it is no calendar.
pub(super) fn read(text: &str, zone: &TimeZone, window: Range<i64>) -> Result<Calendar, Error> {
    let text = text.trim_start_matches('\u{feff}');
    if !text.trim_start().get(..15).is_some_and(|start| start.eq_ignore_ascii_case("BEGIN:VCALENDAR")) {
        return Err(Error::Invalid("the calendar export is no calendar".to_owned()));
    }
    let cut = cut(text);
    let zones = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", cut.zones);
    let zones = match Parser::new(&zones).entry() {
        Entry::ICalendar(calendar) => calendar,
        _ => ICalendar::default(),
    };
    let reader = event::Reader { zones: zones.build_owned_tz_resolver(), zone, window };
    let mut calendar = Calendar { events: Vec::new(), failures: Vec::new(), unsure: Vec::new(), complete: cut.ended };
    if !cut.ended {
        calendar.fail(None, "the end", "it is cut off");
    }
    let mut known: BTreeSet<String> = BTreeSet::new();
    for block in cut.blocks {
        let read = if block.ended { reader.read(block.text) } else { Err("it has no end".to_owned()) };
        match read {
            Ok(events) => {
                for event in events {
                    if known.insert(format!("{} {}", event.key, event.replaces)) {
                        calendar.events.push(event);
                    } else {
                        calendar.failures.push((format!("a second {}", event.key), "the first is taken".to_owned()));
                    }
                }
            }
            Err(why) => {
                let group = uid(block.text).map(|uid| event::group(&uid));
                let name = group.clone().unwrap_or_else(|| "an event without a number".to_owned());
                calendar.fail(group, &name, &why);
            }
        }
    }
    let replaced: BTreeSet<String> =
        calendar.events.iter().filter(|event| event.replaces).map(|event| event.key.clone()).collect();
    calendar.events.retain(|event| event.replaces || !replaced.contains(&event.key));
    Ok(calendar)
}

impl Calendar {
    fn fail(&mut self, group: Option<String>, what: &str, why: &str) {
        self.failures.push((what.to_owned(), why.to_owned()));
        match group {
            Some(group) => self.unsure.push(group),
            None => self.complete = false,
        }
    }
}

/// An event's lines.
struct Block<'a> {
    text: &'a str,
    ended: bool,
}

/// An export in pieces.
struct Cut<'a> {
    blocks: Vec<Block<'a>>,
    /// The lines that describe time zones.
    zones: String,
    /// Whether the calendar's last line is there.
    ended: bool,
}

fn cut(text: &str) -> Cut<'_> {
    let mut cut = Cut { blocks: Vec::new(), zones: String::new(), ended: false };
    let (mut begun, mut in_zone, mut at) = (None, false, 0);
    for line in text.split_inclusive('\n') {
        let (from, until) = (at, at + line.len());
        at = until;
        let bare = line.trim_end();
        let is = |mark: &str| bare.eq_ignore_ascii_case(mark);
        if is("BEGIN:VEVENT") || is("END:VCALENDAR") {
            if let Some(before) = begun.take() {
                cut.blocks.push(Block { text: &text[before..from], ended: false });
            }
            cut.ended |= is("END:VCALENDAR");
            begun = is("BEGIN:VEVENT").then_some(from);
        } else if is("END:VEVENT") {
            if let Some(before) = begun.take() {
                cut.blocks.push(Block { text: &text[before..until], ended: true });
            }
        } else if begun.is_none() {
            in_zone |= is("BEGIN:VTIMEZONE");
            if in_zone && cut.zones.len() + line.len() <= ZONES {
                cut.zones.push_str(line);
            }
            in_zone &= !is("END:VTIMEZONE");
        }
    }
    if let Some(before) = begun {
        cut.blocks.push(Block { text: &text[before..], ended: false });
    }
    cut
}

/// Returns the identity of an event that could not be read otherwise.
fn uid(block: &str) -> Option<String> {
    let line = block.lines().find(|line| line.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("UID:")))?;
    let uid = line[4..].trim();
    (!uid.is_empty()).then(|| uid.to_owned())
}
