//! The calendar by its export, for sites whose web services are off.
//!
//! The export does not say to which activity an event belongs, nor of what kind it is: "Essay is due" is an event of its own, whatever
//! the language. What it has is what is ahead for a stretch of time that moves on with the clock, so that an event which is ahead and
//! missing is gone, and one that has passed has merely left.

mod read;

use std::collections::{BTreeMap, BTreeSet};

use beadle_sdk::catalog::{self, Range, Sighting, Source};
use beadle_sdk::jiff::Timestamp;
use beadle_sdk::moodle::Site;
use beadle_sdk::{Error, html, time};
use serde_json::json;

use super::{Answer, EXPORT, Looked, Wanted, course_key};
use crate::item::{SHAPE, Told, tell};
use read::{Calendar, Event, When};

const DAY: i64 = 86_400;

/// How far ahead every export looks, in seconds: 60 days. One over a custom range may look farther, which only what is in it can tell.
const AHEAD: i64 = 60 * DAY;

/// The stretch in which events that repeat are told one by one, in seconds before and after now: as far as an export looks.
const REPEATS: (i64, i64) = (5 * DAY, 365 * DAY);

/// How many failures are told one by one.
const TOLD: usize = 20;

pub(super) fn look(site: &mut dyn Site, wanted: &Wanted<'_>) -> Result<Looked, Error> {
    let text = site.calendar_export()?;
    let now = time::now().as_second() + site.ahead();
    let mut looked = tell_all(&text, now, wanted)?;
    let scopes = looked.scopes.iter().map(|scope| scope.scope.clone()).collect();
    looked.answers.push(Answer { name: EXPORT.to_owned(), media_type: "text/calendar", text, scopes });
    Ok(looked)
}

/// Tells what an export says at an instant of the site's clock.
pub(super) fn tell_all(text: &str, now: i64, wanted: &Wanted<'_>) -> Result<Looked, Error> {
    let zone = wanted.reader.zone;
    let Calendar { events, failures, unsure, complete } = read::read(text, zone, now - REPEATS.0..now + REPEATS.1)?;
    let starts = |event: &Event| event.starts.seconds(zone);
    let furthest = events.iter().filter_map(starts).max().map_or(0, |at| at + 1);
    // What has passed leaves the export, and of what is behind the furthest that it has nobody knows whether it still reaches there.
    let range = Range { from: millis(now), until: millis(furthest.max(now + AHEAD)) };
    let mut sorted: BTreeMap<u64, Vec<Sighting>> = BTreeMap::from([(0, Vec::new())]);
    sorted
        .extend(wanted.courses.iter().filter(|course| chosen(course.id, wanted)).map(|course| (course.id, Vec::new())));
    let names = by_name(wanted);
    for event in &events {
        let course = names.get(event.category.as_str()).copied().flatten().unwrap_or(0);
        // That of a course which is not to be looked at is none of the whole site's.
        if let Some(items) = sorted.get_mut(&course) {
            items.push(told(event, course, wanted)?);
        }
    }
    let mut looked = Looked { failures: failures_of(failures), ..Looked::default() };
    for (course, items) in sorted {
        let name = if course == 0 { "-".to_owned() } else { course.to_string() };
        let mut scope = catalog::sightings(format!("calendar/{name}"), Source::Calendar, items);
        scope.course = (course != 0).then(|| course_key(course));
        scope.range = Some(range);
        scope.unsure.clone_from(&unsure);
        scope.complete = complete;
        looked.scopes.push(scope);
    }
    Ok(looked)
}

fn chosen(course: u64, wanted: &Wanted<'_>) -> bool {
    wanted.settings.courses.as_ref().is_none_or(|chosen| chosen.contains(&course))
}

/// Returns the courses by their short names; none where several have the same.
fn by_name<'a>(wanted: &'a Wanted<'_>) -> BTreeMap<&'a str, Option<u64>> {
    let mut names: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for course in wanted.courses.iter().filter(|course| !course.short_name.is_empty()) {
        names.entry(&course.short_name).or_default().insert(course.id);
    }
    let only = |ids: BTreeSet<u64>| ids.first().copied().filter(|_| ids.len() == 1);
    names.into_iter().map(|(name, ids)| (name, only(ids))).collect()
}

fn told(event: &Event, course: u64, wanted: &Wanted<'_>) -> Result<Sighting, Error> {
    let title = html::plain(&event.title);
    let seconds = event.starts.seconds(wanted.reader.zone);
    let facts = wanted.facts(&title, &event.body, seconds);
    // The same address as the web service's events have: whoever changes the source is told of no other content.
    let page = if course == 0 { "calendar/view.php".to_owned() } else { format!("calendar/view.php?course={course}") };
    let told = Told {
        title,
        body: Some(event.body.clone()),
        url: wanted.address(course, &page).map(Some),
        starts: matches!(event.starts, When::At(_)).then_some(seconds),
        facts,
        ..Told::default()
    };
    let mut one = tell(Sighting::new(&event.key, "calendar_event").group(&event.group), told);
    if let When::Day(day) = event.starts {
        one = one.starts(Some(catalog::day(day))).aspect("schedule", SHAPE, Some(day.to_string()));
    }
    if course != 0 {
        one = one.course(course_key(course));
    }
    if let Some(at) = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()) {
        one = one.happens(at);
    }
    let mut details = json!({ "minutes": event.minutes });
    for (name, value) in [("place", &event.place), ("category", &event.category)] {
        if !value.is_empty() {
            details[name] = value.as_str().into();
        }
    }
    one.details(&details)
}

/// Words what could not be read, and of a great many only how many they are.
fn failures_of(mut failures: Vec<(String, String)>) -> Vec<(String, Error)> {
    let more = failures.len().saturating_sub(TOLD);
    failures.truncate(TOLD);
    let mut told: Vec<(String, Error)> = failures
        .into_iter()
        .map(|(what, why)| (format!("{what} of the calendar export"), Error::Invalid(why)))
        .collect();
    if more > 0 {
        told.push((format!("{more} more events of the calendar export"), Error::Invalid("as those before".to_owned())));
    }
    told
}

fn millis(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or(0) * 1_000
}

#[cfg(test)]
mod tests;
