//! The calendar: one call for all courses and groups between two instants, and one event by its number.

use std::collections::BTreeMap;

use beadle_sdk::info;
use serde::Deserialize;
use serde_json::{Value, json};

use super::site::Groups;
use super::some;
use crate::seen::Unseen;

/// Makes the parameters. Moodle returns the events of groups only where those of the user are wanted too.
pub(super) fn arguments(courses: &BTreeMap<u64, String>, groups: &Groups, start: i64, end: i64) -> Value {
    let mut events = json!({});
    if !courses.is_empty() {
        events["courseids"] = courses.keys().copied().collect();
    }
    if !groups.ids.is_empty() {
        events["groupids"] = groups.ids.iter().copied().collect();
    }
    let mut arguments =
        json!({ "options": { "userevents": true, "siteevents": true, "timestart": start, "timeend": end } });
    if events.as_object().is_some_and(|events| !events.is_empty()) {
        arguments["events"] = events;
    }
    arguments
}

/// An event of the calendar.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Event {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) description: Option<String>,
    /// Only where one event was asked for.
    #[serde(default)]
    pub(super) location: Option<String>,
    #[serde(default, deserialize_with = "some")]
    pub(super) courseid: Option<u64>,
    #[serde(default, deserialize_with = "some")]
    pub(super) groupid: Option<u64>,
    /// What kind of activity it belongs to; empty or absent for plain events.
    #[serde(default)]
    pub(super) modulename: Option<String>,
    /// The activity's own name, only where one event was asked for.
    #[serde(default)]
    pub(super) activityname: Option<String>,
    /// The activity's number: among its kind in the list, among all activities where one event was asked for.
    #[serde(default, deserialize_with = "some")]
    pub(super) instance: Option<u64>,
    pub(super) eventtype: String,
    pub(super) timestart: i64,
    #[serde(default)]
    pub(super) timeduration: i64,
    #[serde(default)]
    pub(super) timemodified: i64,
    /// 0 where those who take part do not see it.
    #[serde(default)]
    pub(super) visible: Option<i64>,
    /// Only where one event was asked for.
    #[serde(default)]
    pub(super) course: Option<Course>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Course {
    id: u64,
}

/// The number of the course that stands for the whole site.
const SITE_COURSE: u64 = 1;

impl Event {
    /// Returns its course; none where it is the whole site's.
    pub(super) fn course(&self) -> Option<u64> {
        let named = self.course.as_ref().map(|course| course.id);
        named.or(self.courseid).filter(|&course| course != SITE_COURSE)
    }
}

/// What the calendar answers.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    events: Vec<Event>,
    #[serde(default)]
    warnings: Vec<Warning>,
}

/// What is left out of an answer. Its message holds a trace of the site's own code and is not read.
#[derive(Debug, Deserialize)]
pub(super) struct Warning {
    #[serde(default)]
    item: Value,
    #[serde(default, deserialize_with = "some")]
    itemid: Option<u64>,
}

impl Warning {
    /// Returns the course it is about.
    pub(super) fn course(&self) -> Option<u64> {
        self.itemid.filter(|_| self.item == "course")
    }
}

/// One event.
#[derive(Debug, Deserialize)]
pub(super) struct One {
    pub(super) event: Event,
}

/// What the calendar lists, and what it does not speak of.
pub(super) struct Calendar {
    pub(super) events: Vec<Event>,
    pub(super) unseen: Unseen,
}

impl Answer {
    /// Sorts an answer.
    pub(super) fn sorted(self) -> Calendar {
        let mut unseen = Unseen::default();
        for warning in &self.warnings {
            match (warning.item.as_str(), warning.itemid) {
                (Some("course"), Some(course)) => drop(unseen.courses.insert(course)),
                (Some("group"), Some(group)) => drop(unseen.groups.insert(group)),
                (Some("event"), Some(event)) => drop(unseen.events.insert(event)),
                // An event that the account may not see is named by its number alone.
                (Some(item), _) if item.parse::<u64>().is_ok() => unseen.events.extend(item.parse::<u64>()),
                _ => info!("the calendar warns of something that is neither a course nor a group nor an event"),
            }
        }
        for (what, ids) in [("course", &unseen.courses), ("group", &unseen.groups), ("event", &unseen.events)] {
            if !ids.is_empty() {
                info!("the calendar does not speak of {what} {ids:?}");
            }
        }
        Calendar { events: self.events, unseen }
    }
}
