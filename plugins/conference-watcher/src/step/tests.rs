//! Conferences, run by run. A story is told as a list of runs, each with what the calendar shows then.

mod history;
mod lasting;
mod pinging;
mod vanishing;

use std::collections::BTreeMap;

use super::*;
use crate::conference::Kind;
use crate::seen::{Answer, Found, Traces, Unseen};
use crate::texts;

/// The start of a day, 2026-11-23 00:00 UTC.
pub(super) const DAY: i64 = 1_795_392_000;
pub(super) const HOUR: i64 = 3600;
pub(super) const MINUTE: i64 = 60;

/// Returns an instant of the day.
pub(super) fn at(hour: i64, minute: i64) -> i64 {
    DAY + hour * HOUR + minute * MINUTE
}

/// Returns a conference of an hour with a link of its own.
pub(super) fn sighting(event: u64, start: i64) -> Sighting {
    Sighting {
        event,
        title: format!("Meeting {event}"),
        course: Some(2),
        group: None,
        start,
        end: Some(start + HOUR),
        link: Some(format!("https://zoom.us/j/{event}")),
        kind: Kind::Link,
        running: false,
        modified: 1,
        asked: true,
    }
}

/// Returns an activity's conference whose closing time was not asked.
pub(super) fn activity(event: u64, start: i64) -> Sighting {
    let kind = Kind::Bigbluebutton { instance: event, cmid: Some(event + 16) };
    Sighting { end: None, kind, asked: false, ..sighting(event, start) }
}

/// A watcher whose runs are told one by one, and the channels it talks to.
pub(super) struct Watcher {
    pub(super) records: BTreeMap<u64, Conference>,
    /// All messages that stand or wait, by channel and key.
    pub(super) messages: BTreeMap<(String, Key), Put>,
    pub(super) courses: BTreeMap<u64, String>,
    pub(super) unseen: Unseen,
    pub(super) traces: BTreeMap<u64, Traces>,
    pub(super) channel: &'static str,
    pub(super) channels: Vec<String>,
    pub(super) leads: Vec<i64>,
    pub(super) quiet: bool,
    pub(super) ahead: i64,
}

impl Default for Watcher {
    fn default() -> Self {
        Self {
            records: BTreeMap::new(),
            messages: BTreeMap::new(),
            courses: BTreeMap::from([(2, "Physics".to_owned()), (3, "History".to_owned())]),
            unseen: Unseen::default(),
            traces: BTreeMap::new(),
            channel: "class",
            channels: vec!["class".to_owned(), "other".to_owned()],
            leads: vec![300],
            quiet: false,
            ahead: 0,
        }
    }
}

impl Watcher {
    /// Runs once. What the ledger keeps is JSON: what does not survive it would be lost between two runs.
    pub(super) fn run(&mut self, now: i64, sightings: &[Sighting]) -> Step {
        let before = serde_json::to_string(&self.records).expect("records are JSON");
        let before = serde_json::from_str(&before).expect("and come back");
        let seen = Seen {
            sightings: sightings.to_vec(),
            traces: self.traces.clone(),
            courses: self.courses.clone(),
            unseen: self.unseen.clone(),
        };
        let terms = Terms {
            clock: Clock { now, site: now + self.ahead, horizon: now + 30 * 86_400 },
            channel: self.channel,
            leads: &self.leads,
            assume: 2 * HOUR,
            channels: &self.channels,
            quiet: self.quiet,
            texts: texts::of("en"),
        };
        let step = step(&before, &seen, &terms);
        for remove in &step.removes {
            self.messages.remove(&(remove.channel.clone(), remove.key.clone()));
        }
        for put in &step.puts {
            self.messages.insert((self.channel.to_owned(), put.key.clone()), put.clone());
        }
        for remove in &step.removes {
            let put = step.puts.iter().any(|put| put.key == remove.key && remove.channel == self.channel);
            assert!(!put, "{} is both put and removed", remove.key);
        }
        self.records.clone_from(&step.records);
        step
    }

    /// Says what is known of an event that is not listed.
    pub(super) fn trace(&mut self, event: u64, found: Answer<Found>) {
        self.traces.insert(event, Traces { event: found, ..Traces::NONE });
    }

    /// Says that the site knows no such event.
    pub(super) fn deleted(&mut self, event: u64) {
        self.trace(event, Answer::Refused("nopermissions".to_owned()));
    }

    /// Returns the keys of all messages that stand or wait in the channel.
    pub(super) fn keys(&self) -> Vec<String> {
        let here = self.messages.keys().filter(|(channel, _)| channel == self.channel);
        here.map(|(_, key)| key.to_string()).collect()
    }
}

pub(super) fn counts(step: &Step) -> (usize, usize, usize, usize) {
    (
        step.count(Happening::New),
        step.count(Happening::Moved),
        step.count_gone(Gone::Cancelled),
        step.count_gone(Gone::Ended),
    )
}

#[test]
fn a_new_conference_is_announced_and_a_restart_says_the_same() {
    let mut watcher = Watcher::default();
    let first = watcher.run(at(8, 0), &[sighting(7, at(10, 0))]);
    assert_eq!(counts(&first), (1, 0, 0, 0));
    assert_eq!(watcher.keys(), ["conference/7".to_owned(), format!("ping/7/300/{}", at(10, 0))]);
    let again = watcher.run(at(8, 5), &[sighting(7, at(10, 0))]);
    assert_eq!((counts(&again), &again.puts, again.removes.len()), ((0, 0, 0, 0), &first.puts, 0));
    assert_eq!(again.lines, Vec::<String>::new());
}

#[test]
fn a_moved_conference_is_edited_and_remembers_when_it_was_until_it_moves_back() {
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[sighting(7, at(10, 0))]);
    let moved = watcher.run(at(8, 5), &[sighting(7, at(11, 0))]);
    assert_eq!((counts(&moved), moved.records[&7].was), ((0, 1, 0, 0), Some(at(10, 0))));
    assert_eq!(watcher.keys(), ["conference/7".to_owned(), format!("ping/7/300/{}", at(11, 0))]);
    assert_eq!(moved.lines, ["conference 7 is moved by 3600 s"]);
    let further = watcher.run(at(8, 10), &[sighting(7, at(12, 0))]);
    assert_eq!(further.records[&7].was, Some(at(10, 0)), "what people knew first");
    let back = watcher.run(at(8, 15), &[sighting(7, at(10, 0))]);
    assert_eq!(back.records[&7].was, None);
    assert_eq!(watcher.keys(), ["conference/7".to_owned(), format!("ping/7/300/{}", at(10, 0))]);
}

#[test]
fn a_renamed_conference_keeps_its_message() {
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[sighting(7, at(10, 0))]);
    let renamed = Sighting { title: "Another room".to_owned(), ..sighting(7, at(10, 0)) };
    let step = watcher.run(at(8, 5), &[renamed]);
    assert_eq!((step.count(Happening::Changed), step.removes.len()), (1, 0));
    assert!(step.puts.iter().all(|put| put.message.title == "Another room"));
}

#[test]
fn one_meeting_in_two_courses_is_one_conference_with_both() {
    let here = sighting(7, at(10, 0));
    let there = Sighting { event: 5, course: Some(3), ..here.clone() };
    let mut watcher = Watcher::default();
    let step = watcher.run(at(8, 0), &[here.clone(), there.clone()]);
    assert_eq!(step.records.keys().copied().collect::<Vec<_>>(), [5], "the smallest number");
    assert_eq!(step.records[&5].courses.values().collect::<Vec<_>>(), ["Physics", "History"]);

    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), std::slice::from_ref(&here));
    let step = watcher.run(at(8, 5), &[here.clone(), there.clone()]);
    assert_eq!(step.records.keys().copied().collect::<Vec<_>>(), [7], "the one that stands already");
    assert_eq!(step.records[&7].courses.len(), 2);

    let apart = watcher.run(at(8, 10), &[here.clone(), Sighting { start: at(12, 0), ..there.clone() }]);
    assert_eq!(apart.records.keys().copied().collect::<Vec<_>>(), [5, 7]);
    let together = watcher.run(at(8, 15), &[here, there]);
    assert_eq!(together.gone, BTreeMap::from([(7, Gone::Merged)]));
    assert_eq!(watcher.keys().iter().filter(|key| key.starts_with("conference/")).count(), 1);
}

#[test]
fn the_same_event_twice_in_an_answer_is_one_conference() {
    let mut watcher = Watcher::default();
    let step = watcher.run(at(8, 0), &[sighting(7, at(10, 0)), sighting(7, at(10, 0))]);
    assert_eq!((counts(&step), step.puts.len()), ((1, 0, 0, 0), 2));
}

#[test]
fn a_first_look_that_is_not_announced_is_pinged_and_announced_when_something_changes() {
    let mut watcher = Watcher { quiet: true, ..Watcher::default() };
    watcher.run(at(8, 0), &[sighting(7, at(10, 0))]);
    assert_eq!(watcher.keys(), [format!("ping/7/300/{}", at(10, 0))]);
    watcher.quiet = false;
    watcher.run(at(8, 5), &[sighting(7, at(10, 0)), sighting(8, at(12, 0))]);
    assert!(watcher.keys().contains(&"conference/8".to_owned()), "it came later");
    assert!(!watcher.keys().contains(&"conference/7".to_owned()));
    watcher.run(at(8, 10), &[sighting(7, at(11, 0)), sighting(8, at(12, 0))]);
    assert!(watcher.keys().contains(&"conference/7".to_owned()));
}

#[test]
fn another_channel_takes_over_and_the_old_one_is_cleared_where_it_is_granted() {
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[sighting(7, at(10, 0))]);
    watcher.channel = "other";
    let step = watcher.run(at(8, 5), &[sighting(7, at(10, 0))]);
    assert!(step.removes.iter().all(|remove| remove.channel == "class"));
    assert!(watcher.messages.keys().all(|(channel, _)| channel == "other"), "{:?}", watcher.messages.keys());
    assert_eq!(watcher.messages.len(), 2);

    watcher.channel = "class";
    watcher.channels = vec!["class".to_owned()];
    let step = watcher.run(at(8, 10), &[sighting(7, at(10, 0))]);
    assert_eq!((step.removes.len(), step.warnings.len()), (0, 1), "{:?}", step.warnings);
    assert!(step.warnings[0].starts_with("2 messages are left in \"other\""));
}
