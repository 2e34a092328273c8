//! Conference activities: their names in one call for all courses, and the meeting of each.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::calendar::Warning;
use super::instant;
use crate::conference::{Conference, Kind};
use crate::seen::{Answer, Meeting, Sighting};
use beadle_sdk::html;

/// The activities of all courses.
#[derive(Debug, Deserialize)]
pub(super) struct List {
    bigbluebuttonbns: Vec<Activity>,
    #[serde(default)]
    warnings: Vec<Warning>,
}

#[derive(Debug, Deserialize)]
struct Activity {
    id: u64,
    coursemodule: u64,
    #[serde(default)]
    name: String,
}

/// The activities by their numbers among their kind.
#[derive(Debug, Default)]
pub(super) struct Activities {
    known: BTreeMap<u64, (u64, String)>,
    /// The courses that the answer does not speak of.
    unseen: BTreeSet<u64>,
}

impl List {
    /// Sorts an answer.
    pub(super) fn sorted(&self) -> Activities {
        let known = self.bigbluebuttonbns.iter();
        Activities {
            known: known.map(|one| (one.id, (one.coursemodule, html::plain(&one.name)))).collect(),
            unseen: self.warnings.iter().filter_map(Warning::course).collect(),
        }
    }
}

impl Activities {
    /// Returns an activity's number among all activities and its name. An event's own name is no name: it says "is scheduled for" in
    /// some language behind it.
    pub(super) fn get(&self, instance: u64) -> Option<(u64, &str)> {
        self.known.get(&instance).map(|(cmid, name)| (*cmid, name.as_str()))
    }

    /// Tells whether an activity is there; none where its course was not seen.
    pub(super) fn has(&self, instance: u64, stood: &Conference) -> Option<bool> {
        let there = self.known.contains_key(&instance);
        (there || !stood.courses.keys().any(|course| self.unseen.contains(course))).then_some(there)
    }
}

/// What an activity says of its meeting. The links to join with and the guests' password, which a moderator gets with it, are not read.
#[derive(Debug, Deserialize)]
pub(super) struct Info {
    cmid: u64,
    #[serde(default, deserialize_with = "instant")]
    openingtime: Option<i64>,
    #[serde(default, deserialize_with = "instant")]
    closingtime: Option<i64>,
    #[serde(default)]
    statusrunning: bool,
    #[serde(default)]
    statusclosed: bool,
}

impl From<Info> for Meeting {
    fn from(info: Info) -> Self {
        Self {
            cmid: info.cmid,
            opens: info.openingtime,
            closes: info.closingtime,
            running: info.statusrunning,
            closed: info.statusclosed,
        }
    }
}

/// Adds to a sighting what its meeting tells.
pub(super) fn complete(mut sighting: Sighting, meetings: &BTreeMap<u64, Answer<Meeting>>) -> Sighting {
    let meeting = sighting.kind.instance().and_then(|instance| meetings.get(&instance)).and_then(Answer::given);
    if let (Kind::Bigbluebutton { cmid, .. }, Some(meeting)) = (&mut sighting.kind, meeting) {
        cmid.get_or_insert(meeting.cmid);
        sighting.end = meeting.closes;
        sighting.running = meeting.running;
        sighting.asked = true;
    }
    sighting
}
