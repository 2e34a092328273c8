//! Times in which a schedule rests: nights, holidays, examination weeks.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// The times in which a schedule rests, read on the wall clock of its time zone.
///
/// Windows are written `"22:00-06:00"`, `"Sat,Sun"`, `"Mon-Fri 22:00-06:00"` (the night belongs to the day on which it begins),
/// `"2026-12-24..2027-01-06"` (both days included) or `"2026-12-24T18:00..2027-01-06T06:00"` (the end is not).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blackout {
    zone: TimeZone,
    windows: Vec<(String, Window)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Window {
    /// Days of the week as bits from Monday, and the part of the day in seconds; an end at or before the start is on the next day.
    Weekly { days: u8, start: i32, end: i32 },
    /// From the first to before the last.
    Once { start: DateTime, end: DateTime },
}

/// Why a window was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("blackout {text:?}: {problem}; write \"Mon-Fri 22:00-06:00\", \"Sat,Sun\" or \"2026-12-24..2027-01-06\"")]
pub struct BlackoutError {
    /// The window's text.
    pub text: String,
    /// What is wrong with it.
    pub problem: String,
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const WHOLE_DAY: i32 = 86_400;

impl Blackout {
    /// Reads windows for a time zone.
    ///
    /// # Errors
    /// Returns the first window that cannot be read.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>, zone: TimeZone) -> Result<Self, BlackoutError> {
        let read = |text: &str| {
            let text = text.trim();
            let window = Window::parse(text).map_err(|problem| BlackoutError { text: text.to_owned(), problem })?;
            Ok((text.to_owned(), window))
        };
        Ok(Self { zone, windows: texts.into_iter().map(read).collect::<Result<_, _>>()? })
    }

    /// Whether a schedule rests at an instant.
    pub fn covers(&self, at: Timestamp) -> bool {
        self.covering(at).is_some()
    }

    /// Returns the text of the first window that covers an instant, for the reason that is recorded.
    pub fn covering(&self, at: Timestamp) -> Option<&str> {
        let civil = self.zone.to_datetime(at);
        self.windows.iter().find(|(_, window)| window.covers(civil)).map(|(text, _)| text.as_str())
    }

    /// Whether there is no window at all.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }
}

impl fmt::Display for Blackout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.windows.iter().map(|(text, _)| text.as_str()).collect();
        f.write_str(&texts.join("; "))
    }
}

impl Window {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some((from, to)) = text.split_once("..") {
            return once(from.trim(), to.trim());
        }
        if let Ok(day) = text.parse::<Date>() {
            return once_from(day.at(0, 0, 0, 0), day.tomorrow().map_err(|error| error.to_string())?.at(0, 0, 0, 0));
        }
        let mut words = text.split_whitespace();
        let (days, hours) = match (words.next(), words.next(), words.next()) {
            (Some(hours), None, _) if hours.contains(':') => (0b111_1111, Some(hours)),
            (Some(days), hours, None) => (weekdays(days)?, hours),
            (None, ..) => return Err("it is empty".to_owned()),
            _ => return Err("it has more than days and hours".to_owned()),
        };
        let (start, end) = match hours {
            None => (0, WHOLE_DAY),
            Some(hours) => {
                let (from, to) = hours.split_once('-').ok_or_else(|| format!("{hours:?} has no end"))?;
                (clock(from)?, clock(to)?)
            }
        };
        if start == end || start == WHOLE_DAY {
            return Err("its hours are empty; leave them out for the whole day".to_owned());
        }
        Ok(Self::Weekly { days, start, end })
    }

    fn covers(self, civil: DateTime) -> bool {
        match self {
            Self::Once { start, end } => start <= civil && civil < end,
            Self::Weekly { days, start, end } => {
                let today = civil.weekday().to_monday_zero_offset();
                let named = |day: i8| days & (1 << day.rem_euclid(7)) != 0;
                let time = civil.time();
                let second = i32::from(time.hour()) * 3_600 + i32::from(time.minute()) * 60 + i32::from(time.second());
                if start < end {
                    named(today) && (start..end).contains(&second)
                } else {
                    (named(today) && second >= start) || (named(today - 1) && second < end)
                }
            }
        }
    }
}

fn once(from: &str, to: &str) -> Result<Window, String> {
    let no_date = |text: &str| format!("{text:?} is neither a date nor a date with a time");
    let start = match from.parse::<Date>() {
        Ok(day) if !from.contains(['T', ' ']) => day.at(0, 0, 0, 0),
        _ => from.parse::<DateTime>().map_err(|_| no_date(from))?,
    };
    let end = match to.parse::<Date>() {
        Ok(day) if !to.contains(['T', ' ']) => day.tomorrow().map_err(|error| error.to_string())?.at(0, 0, 0, 0),
        _ => to.parse::<DateTime>().map_err(|_| no_date(to))?,
    };
    once_from(start, end)
}

fn once_from(start: DateTime, end: DateTime) -> Result<Window, String> {
    if start >= end { Err("it ends before it begins".to_owned()) } else { Ok(Window::Once { start, end }) }
}

fn clock(text: &str) -> Result<i32, String> {
    if text == "24:00" {
        return Ok(WHOLE_DAY);
    }
    let well = text.len() == 5 || text.len() == 8;
    let time = text.parse::<Time>().ok().filter(|_| well).ok_or_else(|| format!("{text:?} is no time of day"))?;
    Ok(i32::from(time.hour()) * 3_600 + i32::from(time.minute()) * 60 + i32::from(time.second()))
}

fn weekdays(text: &str) -> Result<u8, String> {
    let day = |name: &str| {
        let lower = name.to_ascii_lowercase();
        let known = |day: &&str| lower.len() >= 3 && day.starts_with(&lower);
        DAYS.iter().position(known).ok_or_else(|| format!("{name:?} is no day of the week"))
    };
    let mut bits = 0;
    for piece in text.split(',') {
        let (from, to) = match piece.split_once('-') {
            Some((from, to)) => (day(from)?, day(to)?),
            None => (day(piece)?, day(piece)?),
        };
        let mut at = from;
        bits |= 1 << at;
        while at != to {
            at = (at + 1) % 7;
            bits |= 1 << at;
        }
    }
    Ok(bits)
}

#[cfg(test)]
mod tests;
