//! A conference as it is kept from run to run, and the keys of its messages.

use std::collections::BTreeMap;

use beadle_sdk::ledger::Record;
use serde::{Deserialize, Serialize};

/// A conference. Instants and lengths are seconds since 1970-01-01 UTC, and seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Conference {
    /// Its name, as plain words.
    pub(crate) title: String,
    /// The names of its courses by their numbers; none where it is the whole site's.
    pub(crate) courses: BTreeMap<u64, String>,
    /// The group it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<u64>,
    pub(crate) start: i64,
    /// When it is over.
    pub(crate) end: i64,
    /// Whether somebody entered the end; otherwise it is assumed.
    pub(crate) end_known: bool,
    /// Where to join it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
    pub(crate) kind: Kind,
    /// When it was to begin at first, while that is another time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) was: Option<i64>,
    /// The channel in which its messages stand.
    pub(crate) channel: String,
    /// How long before the start there are pings.
    pub(crate) leads: Vec<i64>,
    /// When it was last seen running, while its end is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) running: Option<i64>,
    /// Whether it is announced, or only pinged.
    pub(crate) announced: bool,
    /// For which version of the event, by the time of its last change, the end was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked: Option<i64>,
}

/// What a conference is held with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// An activity of Moodle's.
    Bigbluebutton {
        /// The activity's number among its kind.
        instance: u64,
        /// Its number among all activities, which is in its address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cmid: Option<u64>,
    },
    /// An event with a link to a meeting anywhere.
    Link,
}

impl Kind {
    /// Returns the activity's number, where it is one.
    pub(crate) fn instance(self) -> Option<u64> {
        match self {
            Self::Bigbluebutton { instance, .. } => Some(instance),
            Self::Link => None,
        }
    }
}

/// A key under which a message stands: of the announcement, or of a ping.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Announcement {
        /// The event's number.
        event: u64,
    },
    /// Another start makes another ping: one that was sent for the old time does not count for the new one.
    Ping { event: u64, lead: i64, start: i64 },
}

impl std::fmt::Display for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Announcement { event } => write!(out, "conference/{event}"),
            Self::Ping { event, lead, start } => write!(out, "ping/{event}/{lead}/{start}"),
        }
    }
}

impl Conference {
    /// Returns all keys under which a message of it may stand.
    pub(crate) fn keys(&self, event: u64) -> impl Iterator<Item = Key> {
        let pings = self.leads.iter().map(move |&lead| Key::Ping { event, lead, start: self.start });
        self.announced.then_some(Key::Announcement { event }).into_iter().chain(pings)
    }

    /// Tells whether it goes on at an instant.
    pub(crate) fn goes_on(&self, now: i64) -> bool {
        (self.start..self.end).contains(&now)
    }
}

/// Makes a conference's record. What matters most about it is when it begins.
pub(crate) fn record(event: u64, conference: Conference) -> Record<Conference> {
    let courses = conference.courses.keys().map(u64::to_string).collect::<Vec<_>>().join(",");
    let at = u64::try_from(conference.start).unwrap_or(0).saturating_mul(1000);
    let mut record =
        Record::new(event.to_string(), conference.clone()).aspect("start", 1, conference.start.to_string());
    if conference.end_known {
        record = record.aspect("end", 1, conference.end.to_string());
    }
    record = record.aspect("title", 1, conference.title);
    if let Some(link) = conference.link {
        record = record.aspect("link", 1, link);
    }
    Record { at: Some(at), ..record.aspect("course", 1, courses) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn what_matters_is_told_by_weight_and_an_assumed_end_is_not_told() {
        let mut lecture = samples::conference();
        let record = record(7, lecture.clone());
        assert_eq!((record.key.as_str(), record.at), ("7", Some(1_795_338_000_000)));
        let names: Vec<&str> = record.aspects.iter().map(|aspect| aspect.name.as_str()).collect();
        assert_eq!(names, ["start", "end", "title", "link", "course"]);
        lecture.end_known = false;
        lecture.link = None;
        let names: Vec<String> = super::record(7, lecture).aspects.into_iter().map(|aspect| aspect.name).collect();
        assert_eq!(names, ["start", "title", "course"]);
    }

    #[test]
    fn records_survive_their_json_and_others_can_read_it() {
        let lecture = samples::conference();
        let json = serde_json::to_value(&lecture).expect("it is JSON");
        assert_eq!(json["kind"]["bigbluebutton"]["instance"], 1);
        assert_eq!((&json["end-known"], &json["courses"]["2"]), (&true.into(), &"Fundamentals of Physics".into()));
        assert_eq!(serde_json::from_value::<Conference>(json).expect("and back"), lecture);
    }

    #[test]
    fn keys_are_the_event_s_and_a_ping_s_also_its_time_s() {
        let mut lecture = samples::conference();
        lecture.leads = vec![300, 3600];
        let keys = |lecture: &Conference| lecture.keys(7).map(|key| key.to_string()).collect::<Vec<_>>();
        assert_eq!(keys(&lecture), ["conference/7", "ping/7/300/1795338000", "ping/7/3600/1795338000"]);
        lecture.announced = false;
        lecture.leads.clear();
        assert!(keys(&lecture).is_empty());
    }
}
