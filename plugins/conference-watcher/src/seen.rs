//! What a run saw of the site: the conferences in it, and what is known of those that are not in it any more.

use std::collections::{BTreeMap, BTreeSet};

use beadle_sdk::Error;

use crate::conference::Kind;

/// One event of the calendar that is a conference. Instants are seconds since 1970-01-01 UTC, as people entered them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// The event's number, which stays when it is moved or renamed.
    pub(crate) event: u64,
    pub(crate) title: String,
    /// Its course; none where it is the whole site's.
    pub(crate) course: Option<u64>,
    pub(crate) group: Option<u64>,
    pub(crate) start: i64,
    /// Its end, where somebody entered one and this run saw it.
    pub(crate) end: Option<i64>,
    pub(crate) link: Option<String>,
    pub(crate) kind: Kind,
    /// Whether people are in it.
    pub(crate) running: bool,
    /// When the event was last changed.
    pub(crate) modified: i64,
    /// Whether `end` and `running` were asked, so that no end is none.
    pub(crate) asked: bool,
}

/// What became of a question about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer<T> {
    /// It was not asked, or may not be.
    NotAsked,
    /// It could not be told now.
    Failed,
    /// The site said no, with its code.
    Refused(String),
    Given(T),
}

impl<T> Answer<T> {
    /// Sorts a call's outcome.
    pub(crate) fn of(outcome: Result<T, Error>) -> Self {
        match outcome {
            Ok(given) => Self::Given(given),
            Err(Error::Refused { code, .. }) => Self::Refused(code),
            Err(Error::Denied(_)) => Self::NotAsked,
            Err(_) => Self::Failed,
        }
    }

    /// Returns what was given.
    pub(crate) fn given(&self) -> Option<&T> {
        match self {
            Self::Given(given) => Some(given),
            _ => None,
        }
    }
}

/// What an activity says of its meeting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Meeting {
    pub(crate) cmid: u64,
    /// When it opens; none where anybody may come at any time.
    pub(crate) opens: Option<i64>,
    pub(crate) closes: Option<i64>,
    /// Whether people are in it.
    pub(crate) running: bool,
    /// Whether its closing time has passed, by the site's clock.
    pub(crate) closed: bool,
}

/// An event that was asked for by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Conference(Sighting),
    /// It is there, and not visible to those who only take part.
    Hidden,
    /// It is there, and leads to no meeting any more.
    Linkless,
}

/// What is known of a conference that stood and is not among the sightings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Traces {
    /// The event, asked for by its number or found in the list.
    pub(crate) event: Answer<Found>,
    /// The activity's meeting, where it is one.
    pub(crate) meeting: Answer<Meeting>,
    /// Whether the activity is in its course's list; none where that is not known, or it is none.
    pub(crate) activity: Option<bool>,
}

impl Traces {
    /// Nothing is known.
    pub(crate) const NONE: Self = Self { event: Answer::NotAsked, meeting: Answer::NotAsked, activity: None };
}

/// What a run saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// All conferences that the calendar lists.
    pub(crate) sightings: Vec<Sighting>,
    /// What is known of those that are not.
    pub(crate) traces: BTreeMap<u64, Traces>,
    /// The names of the courses that are open to those who take part, by number.
    pub(crate) courses: BTreeMap<u64, String>,
    /// What the site did not answer for.
    pub(crate) unseen: Unseen,
}

/// What an answer does not speak of. Nothing in it is gone because it is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Unseen {
    pub(crate) courses: BTreeSet<u64>,
    pub(crate) groups: BTreeSet<u64>,
    /// Whether it is not known in which groups the account is.
    pub(crate) all_groups: bool,
    pub(crate) events: BTreeSet<u64>,
}
