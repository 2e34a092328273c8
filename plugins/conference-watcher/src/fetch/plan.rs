//! Which single events and meetings are worth asking for. A run that asks for everything asks the site, and the server of its
//! conferences, a hundred times for what has not changed.

use std::collections::{BTreeMap, BTreeSet};

use beadle_sdk::Error;
use serde_json::json;

use super::calendar::Event;
use super::meetings::Info;
use super::sieve::{Sieve, Sifted};
use super::{EVENT, MEETING, Site, Wanted, read};
use crate::absence;
use crate::conference::Conference;
use crate::seen::{Answer, Meeting, Seen, Unseen};

/// How near a start has to be for its meeting to be asked at every run, in seconds.
const NEAR: i64 = 86_400;
/// How many meetings are asked in a run that are not near, for the sake of their ends.
const MEETINGS: usize = 20;
/// How many events of one kind are asked for by number in a run; the others have their turn in the next.
const EVENTS: usize = 40;

/// What to ask for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Events without a link, whose places may have one, each with its last change.
    pub(super) places: Vec<(u64, i64)>,
    /// Events that stood and are not listed: moved beyond the horizon, or gone.
    missing: Vec<u64>,
    /// Activities.
    meetings: BTreeSet<u64>,
}

/// Plans it.
pub(super) fn of(wanted: &Wanted<'_>, events: &[Event], unseen: &Unseen, sieve: &Sieve<'_>) -> Plan {
    let mut plan = Plan::default();
    let mut unasked: Vec<(i64, u64)> = Vec::new();
    for event in events {
        let Sifted::Conference(sighting) = sieve.sift(event) else { continue };
        let Some(instance) = sighting.kind.instance() else { continue };
        let stood = wanted.before.get(&event.id);
        let asked_before = stood.is_none() && sieve.knows(event);
        let near = sighting.start <= wanted.now + NEAR;
        let over = stood.is_some_and(|stood| stood.asked == Some(sighting.modified) && is_over(stood, wanted.now));
        if near && !over && !(asked_before && sighting.start <= wanted.now) {
            plan.meetings.insert(instance);
        } else if !near && !stood.is_some_and(|stood| is_known(stood, sighting.modified, sighting.start)) {
            unasked.push((sighting.start, instance));
        }
    }
    unasked.sort_unstable();
    plan.meetings.extend(unasked.iter().take(MEETINGS).map(|&(_, instance)| instance));

    let seen = Seen { unseen: unseen.clone(), ..Seen::default() };
    let mut missing: Vec<(i64, u64)> = Vec::new();
    for (&event, stood) in wanted.before {
        if events.iter().any(|listed| listed.id == event) || absence::is_unseen(event, stood, &seen) {
            continue;
        }
        missing.push((stood.start, event));
        plan.meetings.extend(stood.kind.instance());
    }
    missing.sort_unstable();
    plan.missing = missing.iter().take(EVENTS).map(|&(_, event)| event).collect();

    let mut places: Vec<&Event> = events.iter().filter(|event| sieve.needs_place(event)).collect();
    places.sort_unstable_by_key(|event| (event.timestart, event.id));
    plan.places = places.iter().take(EVENTS).map(|event| (event.id, event.timemodified)).collect();
    plan
}

/// Tells whether what was asked before holds for this version of the event. Two changes within a second leave the same time of change, so
/// that the start tells as well.
fn is_known(stood: &Conference, modified: i64, start: i64) -> bool {
    stood.asked == Some(modified) && stood.start == start
}

/// Tells whether an end that somebody entered has passed. An assumed one may be wrong: people may be in there still.
fn is_over(stood: &Conference, now: i64) -> bool {
    stood.end_known && stood.end <= now
}

/// Events and meetings by number.
pub(super) type Answers = (BTreeMap<u64, Result<String, Error>>, BTreeMap<u64, Answer<Meeting>>);

impl Plan {
    /// Asks.
    pub(super) fn ask(&self, site: &mut dyn Site, wanted: &Wanted<'_>) -> Answers {
        let mut questions = Vec::new();
        let mut events: Vec<u64> = Vec::new();
        if wanted.may(EVENT) {
            events.extend(self.missing.iter().copied().chain(self.places.iter().map(|&(event, _)| event)));
            questions.extend(events.iter().map(|event| (EVENT, json!({ "eventid": event }))));
        }
        let mut meetings: Vec<u64> = Vec::new();
        if wanted.may(MEETING) {
            meetings.extend(&self.meetings);
            questions.extend(
                meetings.iter().map(|instance| (MEETING, json!({ "bigbluebuttonbnid": instance, "groupid": 0 }))),
            );
        }
        if questions.is_empty() {
            return Answers::default();
        }
        let mut answers = site.ask(questions).into_iter();
        let mut event_answers: BTreeMap<u64, Result<String, Error>> =
            events.iter().copied().zip(answers.by_ref()).collect();
        if wanted.may(EVENT) {
            // Those whose turn did not come cannot be told now; that they were not asked for proves nothing.
            let late = Err(Error::Unavailable("it was not asked for in this run".to_owned()));
            for event in wanted.before.keys().filter(|event| !events.contains(event)) {
                event_answers.insert(*event, late.clone());
            }
        }
        let meetings = meetings
            .iter()
            .copied()
            .zip(answers.map(|answer| Answer::of(read::<Info>(MEETING, answer).map(Meeting::from))));
        (event_answers, meetings.collect())
    }
}
