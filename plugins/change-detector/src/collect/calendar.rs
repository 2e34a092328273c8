//! The calendar: events of courses, groups and the account itself, and the mirrors of activities' dates.

use std::collections::BTreeMap;

use beadle_sdk::catalog::{self, Moment, Range, Sighting, Source};
use beadle_sdk::jiff::Timestamp;
use beadle_sdk::moodle::Site;
use beadle_sdk::{Error, html, time};
use serde::Deserialize;
use serde_json::json;

use super::actions::{self, Deadline};
use super::{EVENTS, GROUPS, Looked, Wanted, activity, ask, course_key, hear_all, home, kind};
use crate::item::{SHAPE, Told, tell};
use crate::lenient;

/// How far back and ahead the calendar is asked, in seconds.
const BACK: i64 = 86_400;
const AHEAD: i64 = 366 * 86_400;

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::list")]
    events: Vec<Event>,
    #[serde(default, deserialize_with = "lenient::list")]
    warnings: Vec<serde::de::IgnoredAny>,
}

/// An event. Whose it is moves when an activity is edited, and is not read.
#[derive(Deserialize)]
struct Event {
    #[serde(deserialize_with = "lenient::number")]
    id: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    name: String,
    #[serde(default, deserialize_with = "lenient::text")]
    description: String,
    #[serde(default, deserialize_with = "lenient::number_or_none")]
    courseid: Option<u64>,
    #[serde(default, deserialize_with = "lenient::text")]
    modulename: String,
    #[serde(default, deserialize_with = "lenient::number_or_none")]
    instance: Option<u64>,
    #[serde(default, deserialize_with = "lenient::text")]
    eventtype: String,
    #[serde(default, deserialize_with = "lenient::instant")]
    timestart: Option<i64>,
    #[serde(default, deserialize_with = "lenient::state")]
    timeduration: i64,
}

#[derive(Deserialize)]
struct GroupList {
    #[serde(default, deserialize_with = "lenient::list")]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(deserialize_with = "lenient::number")]
    id: u64,
}

/// What the calendar tells of one activity.
#[derive(Default)]
struct Mirror {
    course: u64,
    name: String,
    starts: Option<i64>,
    due: Option<i64>,
}

pub(super) fn look(site: &mut dyn Site, wanted: &Wanted<'_>) -> Result<Looked, Error> {
    let home = home(site)?;
    let groups = match ask::<GroupList>(site, (GROUPS, json!({ "courseid": 0, "userid": home.userid }))) {
        Ok(list) => list.groups.iter().map(|group| group.id).collect(),
        Err(Error::Refused { .. } | Error::Denied(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    let now = time::now().as_second() + site.ahead();
    let question = |courses: &[u64]| (EVENTS, wanted.in_one_language(arguments(courses, &groups, now)));
    let (answers, texts) = hear_all::<Answer>(site, wanted, question)?;
    let complete = answers.iter().all(|answer| answer.warnings.is_empty());
    // What belongs to no course is in every answer.
    let events: BTreeMap<u64, Event> =
        answers.into_iter().flat_map(|answer| answer.events).map(|event| (event.id, event)).collect();
    let events: Vec<Event> = events.into_values().collect();
    let range = Range { from: millis(now), until: millis(now + AHEAD) };
    let actions = actions::look(site, &deadlines(&events), &wanted.memory.listed, now);
    let mut looked = Looked { listed: Some(actions.listed), ..Looked::default() };
    looked.failures.extend(actions.failure);
    for (course, items) in sorted(&events, wanted)? {
        let name = if course == 0 { "-".to_owned() } else { course.to_string() };
        let mut scope = catalog::sightings(format!("calendar/{name}"), Source::Calendar, items);
        scope.course = (course != 0).then(|| course_key(course));
        for item in &mut scope.items {
            item.completion = actions.completion.get(&item.key).copied();
        }
        // What has passed leaves the calendar; that is no news.
        scope.range = Some(range);
        // A warning names what could not be seen, and not where.
        scope.complete = complete;
        looked.scopes.push(scope);
    }
    looked.answered_all(EVENTS, texts);
    Ok(looked)
}

fn millis(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or(0) * 1_000
}

/// Returns the parameters of the calendar. Events of groups come only beside the account's own.
fn arguments(courses: &[u64], groups: &[u64], now: i64) -> serde_json::Value {
    let mut events = json!({ "courseids": courses });
    if !groups.is_empty() {
        events["groupids"] = json!(groups);
    }
    json!({
        "events": events,
        "options": { "userevents": true, "siteevents": true, "timestart": now - BACK, "timeend": now + AHEAD },
    })
}

/// Returns the dates that the account has to meet.
fn deadlines(events: &[Event]) -> Vec<Deadline> {
    let counting = events.iter().filter(|event| actions::counts(&event.modulename, &event.eventtype));
    let deadline = |event: &Event| {
        Some(Deadline { key: activity(&event.modulename, event.instance?), event: event.id, at: event.timestart? })
    };
    counting.filter_map(deadline).collect()
}

/// Returns what the calendar tells, by course; 0 is what belongs to none. Every course that was asked for has its list.
fn sorted(events: &[Event], wanted: &Wanted<'_>) -> Result<BTreeMap<u64, Vec<Sighting>>, Error> {
    let mut sorted: BTreeMap<u64, Vec<Sighting>> =
        wanted.ids().into_iter().map(|course| (course, Vec::new())).collect();
    sorted.insert(0, Vec::new());
    let mut mirrors: BTreeMap<String, Mirror> = BTreeMap::new();
    for event in events {
        let course = event.courseid.filter(|course| sorted.contains_key(course)).unwrap_or(0);
        match event.instance.filter(|_| !event.modulename.is_empty()) {
            Some(instance) => {
                let mirror = mirrors.entry(activity(&event.modulename, instance)).or_default();
                mirror.course = course;
                mirror.name.clone_from(&event.name);
                match event.eventtype.as_str() {
                    "open" | "meeting_start" => mirror.starts = event.timestart,
                    "due" | "close" => mirror.due = event.timestart,
                    // When something is to be graded or expected to be done is no date of the activity.
                    _ => {}
                }
            }
            None => sorted.entry(course).or_default().push(plain(event, course, wanted)?),
        }
    }
    for (key, mirror) in mirrors {
        let Some(last) = mirror.due.or(mirror.starts).and_then(|seconds| Timestamp::from_second(seconds).ok()) else {
            continue;
        };
        let one = told(&key, &mirror).happens(last);
        sorted.entry(mirror.course).or_default().push(one);
    }
    Ok(sorted)
}

fn moment(seconds: Option<i64>) -> Option<Moment> {
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).map(catalog::at)
}

/// Tells the dates of an activity, and no more: all else is its own source's to tell.
fn told(key: &str, mirror: &Mirror) -> Sighting {
    let word = |seconds: Option<i64>| Some(Timestamp::from_second(seconds?).ok()?.to_string());
    let module = key.split_once('/').map_or(key, |(module, _)| module);
    let mut one = Sighting::new(key, kind(module)).title(html::plain(&mirror.name));
    if mirror.course != 0 {
        one = one.course(course_key(mirror.course));
    }
    if mirror.starts.is_some() {
        one = one.starts(moment(mirror.starts)).aspect("schedule", SHAPE, word(mirror.starts));
    }
    if mirror.due.is_some() {
        one = one.due(moment(mirror.due)).aspect("deadline", SHAPE, word(mirror.due));
    }
    one
}

/// Tells an event that stands for itself.
fn plain(event: &Event, course: u64, wanted: &Wanted<'_>) -> Result<Sighting, Error> {
    let (title, body) = (html::plain(&event.name), html::lines(&event.description));
    let facts = wanted.facts(&title, &body, event.timestart);
    // Without its day: an event that is moved has the same words.
    let page = if course == 0 { "calendar/view.php".to_owned() } else { format!("calendar/view.php?course={course}") };
    let url = wanted.address(course, &page);
    let told =
        Told { title, body: Some(body), url: Some(url), starts: Some(event.timestart), facts, ..Told::default() };
    let mut one = Sighting::new(format!("event/{}", event.id), "calendar_event");
    if course != 0 {
        one = one.course(course_key(course));
    }
    if let Some(at) = event.timestart.and_then(|seconds| Timestamp::from_second(seconds).ok()) {
        one = one.happens(at);
    }
    tell(one, told).details(&json!({ "type": event.eventtype, "minutes": event.timeduration / 60 }))
}
