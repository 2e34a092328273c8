//! Asking the site. Only functions that change nothing are called: no links to join with, no guests' passwords, no month views.
//!
//! The calendar is the one answer without which a run is none: where it fails, the run fails, and what stood stays. Everything else
//! may be missing, and what then cannot be told is said to be so ([`Answer`], [`Unseen`](crate::seen::Unseen)).

mod calendar;
mod meetings;
mod plan;
mod sieve;
mod site;

use std::collections::BTreeMap;

use beadle_sdk::Error;
use beadle_sdk::moodle::{self, Site, nothing, one};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::conference::Conference;
use crate::patterns::Patterns;
use crate::seen::{Answer, Found, Seen, Traces};
use sieve::{Sieve, Sifted};

pub(crate) use sieve::Looked;

/// The calendar between two instants.
pub(crate) const EVENTS: &str = "core_calendar_get_calendar_events";
/// One event by its number, with its place.
pub(crate) const EVENT: &str = "core_calendar_get_calendar_event_by_id";
/// Who the account is, and where the site lives.
pub(crate) const SITE: &str = "core_webservice_get_site_info";
/// The account's own courses.
pub(crate) const OWN_COURSES: &str = "core_enrol_get_users_courses";
/// Courses by number.
pub(crate) const COURSES: &str = "core_course_get_courses_by_field";
/// The account's own groups.
pub(crate) const GROUPS: &str = "core_group_get_course_user_groups";
/// The conference activities of courses.
pub(crate) const ACTIVITIES: &str = "mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses";
/// When an activity opens and closes, and whether people are in it.
pub(crate) const MEETING: &str = "mod_bigbluebuttonbn_meeting_info";

/// How far back the calendar is asked, in seconds: an activity without a closing time may go on for long, and its event has no end.
const BACK: i64 = 7 * 86_400;

/// What to ask for.
pub(crate) struct Wanted<'a> {
    /// The host's clock, in seconds since 1970-01-01 UTC.
    pub(crate) now: i64,
    /// How far ahead, in seconds.
    pub(crate) horizon: i64,
    /// For how many seconds a conference goes on whose end is not known.
    pub(crate) assume: i64,
    /// The courses, where they are not the account's own.
    pub(crate) courses: Option<&'a [u64]>,
    pub(crate) patterns: &'a Patterns,
    /// The language of names that are kept in several.
    pub(crate) language: &'a str,
    /// Lines of what is granted.
    pub(crate) granted: &'a [String],
    /// What stood.
    pub(crate) before: &'a BTreeMap<u64, Conference>,
}

impl Wanted<'_> {
    /// Tells whether a function may be called.
    fn may(&self, function: &str) -> bool {
        self.granted.iter().any(|line| line.strip_prefix("moodle:") == Some(function))
    }

    /// Adds what makes Moodle write names that are kept in several languages in one.
    fn in_one_language(&self, arguments: Value) -> Value {
        moodle::in_one_language(arguments, self.language)
    }
}

/// Asks for everything a run needs. `looked` is what the places of events led to; it is brought up to date.
///
/// # Errors
/// Whatever the calendar, the site's own description, or the list of courses answers.
pub(crate) fn fetch(
    site: &mut dyn Site,
    wanted: &Wanted<'_>,
    looked: &mut BTreeMap<u64, Looked>,
) -> Result<Seen, Error> {
    let home = read::<site::Home>(SITE, one(site, (SITE, json!({}))))?;
    let (courses, groups) = site::courses_and_groups(site, wanted, &home)?;
    let start = wanted.now + site.ahead();
    let mut questions = vec![(
        EVENTS,
        wanted.in_one_language(calendar::arguments(&courses, &groups, start - BACK, start + wanted.horizon)),
    )];
    if wanted.may(ACTIVITIES) && !courses.is_empty() {
        let ids: Vec<u64> = courses.keys().copied().collect();
        questions.push((ACTIVITIES, wanted.in_one_language(json!({ "courseids": ids }))));
    }
    let mut answers = site.ask(questions).into_iter();
    let first = answers.next().unwrap_or_else(nothing);
    let calendar::Calendar { events, mut unseen } = read::<calendar::Answer>(EVENTS, first)?.sorted();
    let activities = answers.next().map(|answer| Answer::of(read::<meetings::List>(ACTIVITIES, answer)));
    let activities = activities.as_ref().and_then(Answer::given).map(meetings::List::sorted);
    groups.note(&mut unseen);

    let mut sieve = Sieve { wanted, home: &home, activities: activities.as_ref(), looked };
    let plan = plan::of(wanted, &events, &unseen, &sieve);
    let (event_answers, meetings) = plan.ask(site, wanted);
    sieve.learn(&plan, &event_answers);
    sieve.learn_endless(&events, &meetings);
    looked.retain(|id, _| events.iter().any(|event| event.id == *id));

    let sieve = Sieve { wanted, home: &home, activities: activities.as_ref(), looked };
    let mut seen = Seen { courses, unseen, ..Seen::default() };
    let mut listed: BTreeMap<u64, Found> = BTreeMap::new();
    for event in &events {
        match sieve.sift(event) {
            Sifted::Conference(sighting) => seen.sightings.push(meetings::complete(sighting, &meetings)),
            Sifted::Hidden => drop(listed.insert(event.id, Found::Hidden)),
            Sifted::Other => drop(listed.insert(event.id, Found::Linkless)),
        }
    }
    for (&event, stood) in wanted.before {
        if seen.sightings.iter().any(|sighting| sighting.event == event) {
            continue;
        }
        let event_answer = match listed.remove(&event) {
            Some(found) => Answer::Given(found),
            None => event_answers.get(&event).map_or(Answer::NotAsked, |answer| sieve.found(answer, stood, &meetings)),
        };
        let instance = stood.kind.instance();
        seen.traces.insert(
            event,
            Traces {
                event: event_answer,
                meeting: instance.and_then(|instance| meetings.get(&instance).cloned()).unwrap_or(Answer::NotAsked),
                activity: instance.zip(activities.as_ref()).and_then(|(instance, list)| list.has(instance, stood)),
            },
        );
    }
    Ok(seen)
}

/// Reads an answer.
fn read<T: DeserializeOwned>(function: &str, answer: Result<String, Error>) -> Result<T, Error> {
    moodle::read(function, &answer?)
}

/// Moodle says 0 where there is nothing, or leaves it out.
fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(Option::<i64>::deserialize(deserializer)?
        .and_then(|number| u64::try_from(number).ok())
        .filter(|&number| number > 0))
}

/// The same for instants.
fn instant<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(Option::<i64>::deserialize(deserializer)?.filter(|&instant| instant > 0))
}

#[cfg(test)]
mod tests;
