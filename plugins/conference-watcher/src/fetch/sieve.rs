//! Which events are conferences: activities with an opening time, and whatever carries the link to a meeting.

use std::collections::BTreeMap;

use beadle_sdk::Error;
use serde::{Deserialize, Serialize};

use super::calendar::{Event, One};
use super::meetings::{Activities, complete};
use super::plan::Plan;
use super::site::Home;
use super::{EVENT, Wanted, read};
use crate::conference::{Conference, Kind};
use crate::seen::{Answer, Found, Meeting, Sighting};
use beadle_sdk::html;

/// Events of activities that say when something has to be done, or may be from when on. A link in the description of homework makes no
/// conference of its deadline.
const DEADLINES: [&str; 6] = ["due", "open", "close", "gradingdue", "expectcompletionon", "extension"];
/// Longer names are cut, in characters.
const LONGEST_TITLE: usize = 250;

/// What an event's place leads to. The list of events has no places, so each is asked for once for every change of the event.
///
/// Of an activity that opened and has no closing time it is kept in the same way that it was asked for: Moodle lists it for ever, and it
/// would be asked at every run whether people are in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Looked {
    /// The change of the event for which it was asked, in seconds since 1970-01-01 UTC.
    pub(crate) modified: i64,
    /// The addresses in its place.
    pub(crate) addresses: Vec<String>,
}

/// What an event is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sifted {
    Conference(Sighting),
    /// Those who take part do not see it.
    Hidden,
    /// It leads to no meeting, as far as is known.
    Other,
}

/// What is needed to tell.
pub(super) struct Sieve<'a> {
    pub(super) wanted: &'a Wanted<'a>,
    pub(super) home: &'a Home,
    pub(super) activities: Option<&'a Activities>,
    pub(super) looked: &'a mut BTreeMap<u64, Looked>,
}

impl Sieve<'_> {
    /// Tells what an event is.
    pub(super) fn sift(&self, event: &Event) -> Sifted {
        let kind = event.modulename.as_deref().filter(|name| !name.is_empty());
        match kind {
            // What the account keeps for itself is nobody else's business, with a link or without.
            _ if event.eventtype == "user" => Sifted::Other,
            Some("bigbluebuttonbn") if event.eventtype != "meeting_start" => Sifted::Other,
            Some(_) if DEADLINES.contains(&event.eventtype.as_str()) => Sifted::Other,
            _ if event.visible == Some(0) => Sifted::Hidden,
            Some("bigbluebuttonbn") => match event.instance {
                Some(instance) => Sifted::Conference(self.activity(event, instance)),
                None => Sifted::Other,
            },
            _ => match self.link(event, kind.is_some()) {
                Some(link) => Sifted::Conference(Sighting { link: Some(link), ..plain(event) }),
                None => Sifted::Other,
            },
        }
    }

    /// Returns the link to an event's meeting: in its description, or else in its place.
    fn link(&self, event: &Event, is_activity: bool) -> Option<String> {
        let first = |addresses: &[String]| self.wanted.patterns.first(addresses).map(str::to_owned);
        let described = first(&html::addresses(event.description.as_deref().unwrap_or_default()));
        if described.is_some() || is_activity {
            return described;
        }
        if let Some(place) = &event.location {
            return first(&html::addresses(place));
        }
        match self.looked.get(&event.id).filter(|looked| looked.modified == event.timemodified) {
            Some(looked) => first(&looked.addresses),
            // The place could not be asked for yet: while that lasts, the link that stood counts.
            None if self.wanted.may(EVENT) => self.wanted.before.get(&event.id)?.link.clone(),
            None => None,
        }
    }

    /// Tells whether an event was asked for in its present version.
    pub(super) fn knows(&self, event: &Event) -> bool {
        self.looked.get(&event.id).is_some_and(|looked| looked.modified == event.timemodified)
    }

    /// Tells whether an event's place has to be asked for.
    pub(super) fn needs_place(&self, event: &Event) -> bool {
        let is_activity = event.modulename.as_deref().is_some_and(|name| !name.is_empty());
        let length = if event.timeduration > 0 { event.timeduration } else { self.wanted.assume };
        let described = || html::addresses(event.description.as_deref().unwrap_or_default());
        !is_activity
            && !self.knows(event)
            && event.timestart.saturating_add(length) > self.wanted.now
            && event.eventtype != "user"
            && event.visible != Some(0)
            && self.wanted.patterns.first(&described()).is_none()
    }

    /// Keeps what the places led to that were asked for.
    pub(super) fn learn(&mut self, plan: &Plan, answers: &BTreeMap<u64, Result<String, Error>>) {
        for &(event, modified) in &plan.places {
            let addresses = match answers.get(&event) {
                Some(Ok(answer)) => match read::<One>(EVENT, Ok(answer.clone())) {
                    Ok(one) => html::addresses(one.event.location.as_deref().unwrap_or_default()),
                    Err(_) => continue,
                },
                // It will not say more the next time.
                Some(Err(Error::Refused { .. })) => Vec::new(),
                _ => continue,
            };
            self.looked.insert(event, Looked { modified, addresses });
        }
    }

    /// Keeps which activities opened and have no closing time.
    pub(super) fn learn_endless(&mut self, events: &[Event], meetings: &BTreeMap<u64, Answer<Meeting>>) {
        for event in events.iter().filter(|event| event.timestart <= self.wanted.now) {
            let Sifted::Conference(sighting) = self.sift(event) else { continue };
            let meeting = sighting.kind.instance().and_then(|instance| meetings.get(&instance)).and_then(Answer::given);
            if meeting.is_some_and(|meeting| meeting.closes.is_none()) {
                self.looked.insert(event.id, Looked { modified: event.timemodified, addresses: Vec::new() });
            }
        }
    }

    /// Tells what became of an event that stood and was asked for by its number.
    pub(super) fn found(
        &self,
        answer: &Result<String, Error>,
        stood: &Conference,
        meetings: &BTreeMap<u64, Answer<Meeting>>,
    ) -> Answer<Found> {
        let one = match Answer::of(answer.clone().and_then(|text| read::<One>(EVENT, Ok(text)))) {
            Answer::Given(One { event }) => event,
            Answer::NotAsked => return Answer::NotAsked,
            Answer::Failed => return Answer::Failed,
            Answer::Refused(code) => return Answer::Refused(code),
        };
        // Asked for alone, an event tells another number of its activity than in the list.
        let event = Event { instance: stood.kind.instance(), ..one };
        Answer::Given(match self.sift(&event) {
            Sifted::Conference(mut sighting) => {
                // Alone, names come in all their languages at once; one that has not changed is known better.
                if stood.asked == Some(sighting.modified) {
                    sighting.title.clone_from(&stood.title);
                }
                Found::Conference(complete(sighting, meetings))
            }
            Sifted::Hidden => Found::Hidden,
            Sifted::Other => Found::Linkless,
        })
    }

    fn activity(&self, event: &Event, instance: u64) -> Sighting {
        let stood = self.wanted.before.get(&event.id);
        let known = self.activities.and_then(|activities| activities.get(instance));
        let stood_cmid = stood.and_then(|stood| match stood.kind {
            Kind::Bigbluebutton { cmid, .. } => cmid,
            Kind::Link => None,
        });
        let cmid = known.map(|(cmid, _)| cmid).or(stood_cmid);
        let title = match (known, event.activityname.as_deref(), stood) {
            (Some((_, name)), _, _) => name.to_owned(),
            (None, Some(name), _) if !name.is_empty() => html::plain(name),
            (None, _, Some(stood)) => stood.title.clone(),
            (None, _, None) => html::plain(event.name.as_deref().unwrap_or_default()),
        };
        Sighting {
            title: shortened(title),
            end: None,
            link: cmid.and_then(|cmid| self.home.activity(cmid)),
            kind: Kind::Bigbluebutton { instance, cmid },
            asked: false,
            ..plain(event)
        }
    }
}

/// Makes a sighting of an event as it is; the length of a plain one stands in the calendar.
fn plain(event: &Event) -> Sighting {
    Sighting {
        event: event.id,
        title: shortened(html::plain(event.name.as_deref().unwrap_or_default())),
        course: event.course(),
        group: event.groupid,
        start: event.timestart,
        end: (event.timeduration > 0).then(|| event.timestart.saturating_add(event.timeduration)),
        link: None,
        kind: Kind::Link,
        running: false,
        modified: event.timemodified,
        asked: true,
    }
}

fn shortened(title: String) -> String {
    match title.char_indices().nth(LONGEST_TITLE) {
        Some((end, _)) => format!("{}…", &title[..end]),
        None => title,
    }
}
