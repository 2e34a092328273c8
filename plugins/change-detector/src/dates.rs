//! Dates that people wrote into texts: when something is due, when an exam or a class is. What merely looks like a date is none.

#[cfg(test)]
mod tests;
mod words;

use std::sync::LazyLock;

use beadle_sdk::catalog::{self, Fact};
use beadle_sdk::jiff::civil::{Date, Time};
use beadle_sdk::jiff::tz::TimeZone;
use regex_lite::{Captures, Regex};

pub(crate) use words::Language;
use words::Words;

/// Who finds them.
const EXTRACTOR: &str = "deterministic_text_dates";

/// How sure that is.
const CONFIDENCE: f32 = 0.7;

/// How far from a date the word may stand that says what it is about, in characters.
const NEAR: usize = 40;

/// A date without a year lies within the year that begins so many days before the text's own time.
const BEFORE: i64 = 30;

/// How many facts are taken from one text; a timetable of a year has some hundred dates.
const MOST: usize = 200;

/// How texts are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    /// The languages that they are written in.
    pub(crate) languages: &'a [Language],
    /// Where the hours are meant.
    pub(crate) zone: &'a TimeZone,
}

/// A regular expression that is known to be one.
macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($text).expect("it is a regular expression"));
    };
}

pattern!(ISO, r"(\d{4})-(\d{2})-(\d{2})");
pattern!(NUMBERS, r"(\d{1,2})([/.-])(\d{1,2})(?:([/.-])(\d{4}|\d{2}))?");
pattern!(
    DAY_FIRST,
    r"(?i)(\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:of\s+|de\s+)?([^\s\d.,;:()/-]{3,10})\.?(?:,?\s+(?:de\s+|del\s+)?(\d{4}))?"
);
pattern!(MONTH_FIRST, r"(?i)([^\s\d.,;:()/-]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(\d{4}))?");
pattern!(CLOCK, r"(?i)^[\s,]*(?:-|–|at|a\s+las?|um|,)?\s*(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm|uhr|hs?\b)?");

/// A date as it is written, with what is said of its year.
struct Written {
    from: usize,
    until: usize,
    day: i8,
    month: i8,
    year: Option<i16>,
}

/// Returns what a text says of dates. `about` is when it was written, or when its course begins: a date without a year lies within the
/// year from shortly before it; where that is not known there is none.
pub(crate) fn facts(text: &str, about: Option<Date>, reader: &Reader<'_>) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    // Most lines have no digit, and none of those a date.
    for line in text.lines().filter(|line| line.bytes().any(|byte| byte.is_ascii_digit())) {
        for written in written(line, reader) {
            let Some(fact) = fact(line, &written, about, reader) else { continue };
            if facts.len() < MOST && !facts.iter().any(|known| known.kind == fact.kind && known.when == fact.when) {
                facts.push(fact);
            }
        }
    }
    facts
}

/// Returns the dates in a line, each once, in its order.
fn written(line: &str, reader: &Reader<'_>) -> Vec<Written> {
    let mut found: Vec<Written> = Vec::new();
    let mut take = |written: Option<Written>| {
        let Some(written) = written else { return };
        let apart = |known: &Written| written.until <= known.from || known.until <= written.from;
        if found.iter().all(apart) {
            found.push(written);
        }
    };
    // The expressions are slow, and few lines have what each of them needs.
    if line.as_bytes().windows(2).any(|two| two[0].is_ascii_digit() && matches!(two[1], b'/' | b'.' | b'-')) {
        for captures in ISO.captures_iter(line) {
            take(numbers(line, &captures, [3, 2, 1]));
        }
        for captures in NUMBERS.captures_iter(line) {
            take(slashed(line, &captures));
        }
    }
    if line.split(|sign: char| !sign.is_alphabetic()).any(|word| is_month(word, reader)) {
        for (pattern, places) in [(&*DAY_FIRST, [1, 2]), (&*MONTH_FIRST, [2, 1])] {
            for captures in pattern.captures_iter(line) {
                take(named(line, &captures, places, reader));
            }
        }
    }
    found.sort_by_key(|written| written.from);
    found
}

/// Whether what stands before and behind belongs to another number or word: part of a version, of a page range, of an address.
fn stands_alone(line: &str, from: usize, until: usize) -> bool {
    let joins = |sign: char| sign.is_alphanumeric() || matches!(sign, '/' | '-' | '_' | '=' | '#');
    let before = line[..from].chars().next_back();
    let mut after = line[until..].chars();
    let behind = after.next();
    let continued = matches!(behind, Some('.' | ',' | ':')) && after.next().is_some_and(|next| next.is_ascii_digit());
    !before.is_some_and(|sign| joins(sign) || sign == '.') && !behind.is_some_and(joins) && !continued
}

fn part<T: std::str::FromStr>(captures: &Captures<'_>, place: usize) -> Option<T> {
    captures.get(place)?.as_str().parse().ok()
}

fn numbers(line: &str, captures: &Captures<'_>, [day, month, year]: [usize; 3]) -> Option<Written> {
    let whole = captures.get(0)?;
    stands_alone(line, whole.start(), whole.end()).then_some(())?;
    Some(Written {
        from: whole.start(),
        until: whole.end(),
        day: part(captures, day)?,
        month: part(captures, month)?,
        year: Some(part(captures, year)?),
    })
}

/// Reads `1/12`, `1/12/26`, `1.12.`, `1.12.2026` and `1-12-2026`. `1-12` is a range of pages, and `1.12` a number of a chapter.
fn slashed(line: &str, captures: &Captures<'_>) -> Option<Written> {
    let whole = captures.get(0)?;
    let (sign, other) = (captures.get(2)?.as_str(), captures.get(4).map(|sign| sign.as_str()));
    let mut until = whole.end();
    let year = match (sign, other) {
        (_, Some(other)) if other != sign => return None,
        (_, Some(_)) => {
            let year: i16 = part(captures, 5)?;
            Some(if year < 100 { 2000 + year } else { year })
        }
        ("/", None) => None,
        (".", None) if line[until..].starts_with('.') => {
            until += 1;
            None
        }
        _ => return None,
    };
    stands_alone(line, whole.start(), until).then_some(())?;
    Some(Written { from: whole.start(), until, day: part(captures, 1)?, month: part(captures, 3)?, year })
}

fn named(line: &str, captures: &Captures<'_>, [day, name]: [usize; 2], reader: &Reader<'_>) -> Option<Written> {
    let month = month_of(captures.get(name)?.as_str(), reader)?;
    let (from, until) = (captures.get(1)?.start(), captures.get(0)?.end());
    stands_alone(line, from, until).then_some(())?;
    Some(Written { from, until, day: part(captures, day)?, month, year: part(captures, 3) })
}

/// Returns the number of the month that a word is in one of the reader's languages.
fn month_of(word: &str, reader: &Reader<'_>) -> Option<i8> {
    let word = word.to_lowercase();
    reader.languages.iter().find_map(|language| month(&word, language.words()))
}

fn is_month(word: &str, reader: &Reader<'_>) -> bool {
    (3..=12).contains(&word.len()) && month_of(word, reader).is_some()
}

/// Returns the number of a month; three letters and more are enough of its name.
fn month(word: &str, words: &Words) -> Option<i8> {
    let at = words.months.iter().position(|month| word.chars().count() >= 3 && month.starts_with(word))?;
    i8::try_from(at + 1).ok()
}

fn fact(line: &str, written: &Written, about: Option<Date>, reader: &Reader<'_>) -> Option<Fact> {
    let kind = kind(line, written, reader);
    // A date without a year and without a word that says what it is about may be a fraction or a score.
    let date = match written.year {
        Some(year) => {
            Date::new(year, written.month, written.day).ok().filter(|date| (1970..=2200).contains(&date.year()))?
        }
        None => near(written, about.filter(|_| kind.is_some())?)?,
    };
    let rest = &line[written.until..];
    let (time, length) = clock(rest).map_or((None, 0), |(time, length)| (Some(time), length));
    let when = match time.and_then(|time| date.to_datetime(time).to_zoned(reader.zone.clone()).ok()) {
        Some(zoned) => catalog::at(zoned.timestamp()),
        None => catalog::day(date),
    };
    Some(Fact {
        kind: kind.unwrap_or("date_mention").to_owned(),
        when: Some(when),
        value: None,
        confidence: CONFIDENCE,
        extractor: EXTRACTOR.to_owned(),
        span: Some(span(line, written.from, written.until + length)),
    })
}

/// Returns the date in the year that begins shortly before the text's own time.
fn near(written: &Written, about: Date) -> Option<Date> {
    let first = about.checked_sub(beadle_sdk::jiff::Span::new().days(BEFORE)).ok()?;
    let in_year = |year: i16| Date::new(year, written.month, written.day).ok().filter(|date| *date >= first);
    in_year(first.year()).or_else(|| in_year(first.year() + 1))
}

/// Reads the time of day that follows a date.
fn clock(rest: &str) -> Option<(Time, usize)> {
    let captures = CLOCK.captures(rest)?;
    let (mut hour, minute): (i8, Option<i8>) = (part(&captures, 1)?, part(&captures, 2));
    let mark = captures.get(3).map(|mark| mark.as_str().to_lowercase());
    if minute.is_none() && mark.is_none() {
        return None;
    }
    match mark.as_deref() {
        Some("pm") if hour < 12 => hour += 12,
        Some("am") if hour == 12 => hour = 0,
        _ => {}
    }
    Some((Time::new(hour, minute.unwrap_or(0), 0, 0).ok()?, captures.get(0)?.end()))
}

/// Returns what a date is about: by the nearest word of its line that says so.
fn kind(line: &str, written: &Written, reader: &Reader<'_>) -> Option<&'static str> {
    let before = tail(&line[..written.from], NEAR).to_lowercase();
    let behind = head(&line[written.until..], NEAR).to_lowercase();
    let distance = |word: &str| {
        let left = before.match_indices(word).filter(|(at, _)| begins_word(&before, *at)).last();
        let left = left.map(|(at, _)| before.len() - at - word.len());
        // A word before a date counts for more than one behind it: that one may belong to the next date.
        let right = behind.match_indices(word).find(|(at, _)| begins_word(&behind, *at)).map(|(at, _)| 2 * at + 1);
        [left, right].into_iter().flatten().min()
    };
    let words = reader.languages.iter().map(|language| language.words()).flat_map(|words| {
        let of = |kind: &'static str, list: &'static [&'static str]| list.iter().map(move |word| (kind, *word));
        of("due_at", words.due).chain(of("exam_at", words.exam)).chain(of("class_session_at", words.class))
    });
    words
        .filter_map(|(kind, word)| Some((distance(word)?, kind)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, kind)| kind)
}

fn begins_word(text: &str, at: usize) -> bool {
    !text[..at].chars().next_back().is_some_and(char::is_alphanumeric)
}

/// Returns the last characters of a text.
fn tail(text: &str, count: usize) -> &str {
    text.char_indices().rev().nth(count.saturating_sub(1)).map_or(text, |(at, _)| &text[at..])
}

/// Returns the first characters of a text.
fn head(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or(text, |(at, _)| &text[..at])
}

/// Returns the words around a date.
fn span(line: &str, from: usize, until: usize) -> String {
    let until = until.min(line.len());
    let span = format!("{}{}{}", tail(&line[..from], NEAR), &line[from..until], head(&line[until..], NEAR));
    span.split_whitespace().collect::<Vec<_>>().join(" ")
}
