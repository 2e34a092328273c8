//! Asking a site that answers as a real one was recorded, and as it should not.

mod recorded;
mod told;

use std::cell::RefCell;
use std::collections::BTreeMap;

use beadle_sdk::moodle::Question;
use serde_json::{Value, json};

use super::*;
use crate::conference::{Conference, Kind};
use crate::patterns;

/// About when the answers were recorded, in seconds since 1970-01-01 UTC.
const NOW: i64 = 1_795_197_900;

/// What a function answers to parameters.
type Reply = Box<dyn Fn(&Value) -> Result<Value, Error>>;

/// A site whose answers are told, function by function.
pub(super) struct Told {
    replies: BTreeMap<&'static str, Reply>,
    /// All questions, in order.
    pub(super) asked: RefCell<Vec<Question>>,
    pub(super) looked: BTreeMap<u64, Looked>,
    pub(super) before: BTreeMap<u64, Conference>,
    pub(super) courses: Option<Vec<u64>>,
    /// Functions that are not granted.
    pub(super) denied: Vec<&'static str>,
    pub(super) patterns: Vec<String>,
    pub(super) now: i64,
}

const ALL: [&str; 8] = [EVENTS, EVENT, SITE, OWN_COURSES, COURSES, GROUPS, ACTIVITIES, MEETING];

pub(super) fn refused(code: &str) -> Error {
    Error::Refused { code: code.to_owned(), message: "no".to_owned() }
}

impl Default for Told {
    /// A site with one course, no groups, and nothing in its calendar.
    fn default() -> Self {
        let told = Self {
            replies: BTreeMap::new(),
            asked: RefCell::default(),
            looked: BTreeMap::new(),
            before: BTreeMap::new(),
            courses: None,
            denied: Vec::new(),
            patterns: patterns::usual(),
            now: NOW,
        };
        told.says(SITE, json!({ "userid": 3, "siteurl": "http://moodle.example.test", "userprivateaccesskey": "k" }))
            .says(OWN_COURSES, json!([{ "id": 2, "fullname": "Physics", "visible": 1 }]))
            .says(GROUPS, json!({ "groups": [], "warnings": [] }))
            .says(EVENTS, json!({ "events": [], "warnings": [] }))
            .says(ACTIVITIES, json!({ "bigbluebuttonbns": [], "warnings": [] }))
    }
}

impl Told {
    /// Says what a function answers.
    pub(super) fn says(self, function: &'static str, answer: Value) -> Self {
        self.replies(function, move |_| Ok(answer.clone()))
    }

    pub(super) fn fails(self, function: &'static str, error: Error) -> Self {
        self.replies(function, move |_| Err(error.clone()))
    }

    pub(super) fn replies(
        mut self,
        function: &'static str,
        reply: impl Fn(&Value) -> Result<Value, Error> + 'static,
    ) -> Self {
        self.replies.insert(function, Box::new(reply));
        self
    }

    /// Says which events there are, each as far as it matters.
    pub(super) fn events(self, events: &[Value]) -> Self {
        self.says(EVENTS, json!({ "events": events, "warnings": [] }))
    }

    pub(super) fn fetch(&mut self) -> Result<Seen, Error> {
        self.asked.borrow_mut().clear();
        let granted: Vec<String> =
            ALL.iter().filter(|name| !self.denied.contains(name)).map(|name| format!("moodle:{name}")).collect();
        let patterns = Patterns::of(&self.patterns)?;
        let (before, courses, mut looked) = (self.before.clone(), self.courses.clone(), self.looked.clone());
        let wanted = Wanted {
            now: self.now,
            horizon: 30 * 86_400,
            assume: 7200,
            courses: courses.as_deref(),
            patterns: &patterns,
            language: "en",
            granted: &granted,
            before: &before,
        };
        let seen = fetch(self, &wanted, &mut looked);
        self.looked = looked;
        seen
    }

    /// How often a function was called by the last fetch.
    pub(super) fn calls(&self, function: &str) -> usize {
        self.asked.borrow().iter().filter(|(name, _)| *name == function).count()
    }

    /// The parameters of a function's first call.
    pub(super) fn arguments(&self, function: &str) -> Value {
        let asked = self.asked.borrow();
        asked.iter().find(|(name, _)| *name == function).map(|(_, arguments)| arguments.clone()).unwrap_or_default()
    }
}

impl Site for Told {
    fn ask(&mut self, questions: Vec<Question>) -> Vec<Result<String, Error>> {
        let answer = |(function, arguments): &Question| {
            assert!(!self.denied.contains(function), "{function} is not granted");
            let reply = self.replies.get(function).unwrap_or_else(|| panic!("nothing is told of {function}"));
            reply(arguments).map(|answer| answer.to_string())
        };
        let answers = questions.iter().map(answer).collect();
        self.asked.borrow_mut().extend(questions);
        answers
    }

    fn ahead(&self) -> i64 {
        0
    }
}

/// An event of the list with a description.
pub(super) fn event(id: u64, kind: &str, description: &str) -> Value {
    json!({
        "id": id, "name": format!("Event {id}"), "description": description, "courseid": 2, "groupid": null,
        "modulename": null, "instance": null, "eventtype": kind, "timestart": NOW + 7200, "timeduration": 3600,
        "timemodified": 5, "visible": 1
    })
}

/// An activity's event.
pub(super) fn opening(id: u64, instance: u64, start: i64) -> Value {
    let mut event = event(id, "meeting_start", "");
    event["modulename"] = "bigbluebuttonbn".into();
    event["instance"] = instance.into();
    event["timestart"] = start.into();
    event["timeduration"] = 0.into();
    event
}

/// The answer of one event by its number.
pub(super) fn placed(id: u64, place: &str) -> Value {
    let mut event = event(id, "course", "");
    event["location"] = place.into();
    json!({ "event": event, "warnings": [] })
}

pub(super) fn meeting(instance: u64, opens: Option<i64>, closes: Option<i64>) -> Value {
    json!({
        "cmid": instance + 16, "bigbluebuttonbnid": instance, "openingtime": opens, "closingtime": closes,
        "statusrunning": false, "statusclosed": false
    })
}
