//! What the account has done, as far as the action events show it: they list what is still to be done, and drop what is done.
//!
//! That something is not among them says little: a conference that lies ahead, what is hidden, what a teacher does not hand in are not
//! among them either. So it counts as done only where all of this holds: it is an assignment that is due or a quiz that closes; an
//! earlier run found it listed; its date lies ahead, and the calendar itself lists that date in this run, which it does for nothing that
//! the account cannot get to; and the list was read beyond that date. What is listed again is still to be done.

use std::collections::{BTreeMap, BTreeSet};

use beadle_sdk::catalog::Completion;
use beadle_sdk::moodle::Site;
use beadle_sdk::{Error, debug};
use serde::Deserialize;
use serde_json::json;

use super::{ACTIONS, ask};
use crate::lenient;
use crate::memory::Listed;

/// How many events come in one answer, the most that Moodle allows, and how many answers are asked for at most.
const PAGE: usize = 50;
const PAGES: usize = 4;

/// How far ahead a date must lie, in seconds: it may pass between two questions.
const MARGIN: i64 = 300;

/// For how long what was listed is remembered after its date, in seconds: the calendar tells of it for a day.
const REMEMBERED: i64 = 2 * 86_400;

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::list")]
    events: Vec<Event>,
}

/// An action event. Its `instance` is the course module, unlike in the calendar itself; the event's own number is the same in both.
#[derive(Deserialize)]
struct Event {
    #[serde(deserialize_with = "lenient::number")]
    id: u64,
    #[serde(default, deserialize_with = "lenient::instant")]
    timesort: Option<i64>,
}

/// A date that the account has to meet, as the calendar itself lists it.
pub(super) struct Deadline {
    /// The activity's key.
    pub(super) key: String,
    /// The event's number.
    pub(super) event: u64,
    /// When it is, in seconds since 1970-01-01 UTC.
    pub(super) at: i64,
}

/// How far the account is.
pub(super) struct Actions {
    /// By the activity's key, where it is known.
    pub(super) completion: BTreeMap<String, Completion>,
    /// What is to be remembered.
    pub(super) listed: BTreeMap<String, Listed>,
    /// What could not be read, and why.
    pub(super) failure: Option<(String, Error)>,
}

/// What the action events list.
#[derive(Default)]
struct Listing {
    events: BTreeSet<u64>,
    /// Before which instant nothing is left out.
    until: i64,
}

/// Says whether a date of an activity is dropped from the action events only when the account is done with it.
pub(super) fn counts(module: &str, what: &str) -> bool {
    matches!((module, what), ("assign", "due") | ("quiz", "close"))
}

/// Finds out how far the account is with what it has to meet.
pub(super) fn look(
    site: &mut dyn Site,
    deadlines: &[Deadline],
    before: &BTreeMap<String, Listed>,
    now: i64,
) -> Actions {
    let last = deadlines.iter().map(|deadline| deadline.at).filter(|&at| at > now).max();
    let mut failure = None;
    // Without a listing that reaches anywhere, all stays as it was.
    let listing = last.map_or(Ok(Listing::default()), |last| read(site, now, last)).unwrap_or_else(|error| {
        match error {
            Error::Denied(why) => debug!("action events are not looked at: {why}"),
            error => failure = Some(("the action events".to_owned(), error)),
        }
        Listing::default()
    });
    let mut listed: BTreeMap<String, Listed> =
        before.iter().filter(|(_, one)| one.due + REMEMBERED > now).map(|(key, one)| (key.clone(), *one)).collect();
    for deadline in deadlines {
        let known = before.get(&deadline.key);
        let seen = listing.events.contains(&deadline.event);
        let missed = deadline.at > now + MARGIN && deadline.at < listing.until;
        let done = match known {
            _ if seen => false,
            None => continue,
            Some(known) => known.done || missed,
        };
        listed.insert(deadline.key.clone(), Listed { due: deadline.at, done });
    }
    let state = |done: bool| if done { Completion::Completed } else { Completion::Incomplete };
    let completion = listed.iter().map(|(key, one)| (key.clone(), state(one.done))).collect();
    Actions { completion, listed, failure }
}

/// Reads the action events page by page, up to an instant.
fn read(site: &mut dyn Site, now: i64, last: i64) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    let mut after = None;
    for _ in 0..PAGES {
        let mut arguments = json!({ "timesortfrom": now, "timesortto": last, "limitnum": PAGE });
        if let Some(after) = after {
            arguments["aftereventid"] = json!(after);
        }
        let answer: Answer = ask(site, (ACTIONS, arguments))?;
        let before = listing.events.len();
        listing.events.extend(answer.events.iter().map(|event| event.id));
        if answer.events.len() < PAGE {
            listing.until = i64::MAX;
            return Ok(listing);
        }
        // A site that says the same again has come to no end.
        if listing.events.len() == before {
            break;
        }
        after = answer.events.last().map(|event| event.id);
        listing.until = answer.events.last().and_then(|event| event.timesort).unwrap_or(0);
    }
    Ok(listing)
}
