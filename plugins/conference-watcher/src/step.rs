//! One run further: from what stood and what was seen to what shall stand. No calls are made here, so that all of it is tested with
//! plain data.
//!
//! **Everything is said at every run**: the messages of all conferences, not only of those that changed. The host compares, and what
//! is unchanged costs nothing; what could not be sent is still asked for by the next run. What is taken back is what stood before and
//! is not among what shall stand.
//!
//! **Identity is the event's number.** A conference that is moved or renamed keeps its message, which is edited. Its pings carry the
//! time in their keys, so that a ping sent for the old time is taken back and another is sent for the new one.

mod groups;
mod outcome;
mod pings;
mod wakes;

use std::collections::BTreeMap;

use crate::absence::{self, Clock, Fate, Gone};
use crate::conference::{Conference, Key};
use crate::message;
use crate::seen::{Seen, Sighting};
use crate::texts::Texts;

pub(crate) use outcome::{Happening, Put, Remove, Step};

/// What a run goes by.
#[derive(Debug, Clone)]
pub(crate) struct Terms<'a> {
    pub(crate) clock: Clock,
    /// The channel of the settings.
    pub(crate) channel: &'a str,
    /// How long before a start there are pings, in seconds, the shortest first.
    pub(crate) leads: &'a [i64],
    /// For how many seconds a conference goes on whose end is not known.
    pub(crate) assume: i64,
    /// The channels that are granted.
    pub(crate) channels: &'a [String],
    /// Whether those that are new now are not announced until they change.
    pub(crate) quiet: bool,
    pub(crate) texts: &'a Texts,
}

/// Carries all conferences one run further.
pub(crate) fn step(before: &BTreeMap<u64, Conference>, seen: &Seen, terms: &Terms<'_>) -> Step {
    let mut step = Step::default();
    let mut sightings: Vec<&Sighting> = seen.sightings.iter().collect();
    let mut found: Vec<Sighting> = Vec::new();
    let mut staying: BTreeMap<u64, &Conference> = BTreeMap::new();
    for (&event, stood) in before {
        if sightings.iter().any(|sighting| sighting.event == event) {
            continue;
        }
        match absence::fate(event, stood, seen, terms.clock) {
            Fate::Stays => drop(staying.insert(event, stood)),
            Fate::Found(sighting) => found.push(sighting),
            Fate::Gone(why) => step.lose(event, why),
        }
    }
    sightings.extend(&found);
    for group in groups::of(&sightings) {
        if groups::is_told_by(&group, before, &staying) {
            continue;
        }
        let chosen = groups::choose(&group, before);
        let stood = before.get(&chosen.event);
        let conference = carry(stood, chosen, &group, seen, terms);
        for other in group.iter().filter(|other| other.event != chosen.event && before.contains_key(&other.event)) {
            step.lose(other.event, Gone::Merged);
        }
        match stood {
            // One that Moodle still lists when its time has passed: it is not told again.
            None if conference.end <= terms.clock.now => {}
            Some(_) if conference.end <= terms.clock.now => step.lose(chosen.event, Gone::Ended),
            _ => step.keep(chosen.event, stood, conference),
        }
    }
    for (event, stood) in staying {
        let moved_house =
            Conference { channel: terms.channel.to_owned(), leads: terms.leads.to_vec(), ..stood.clone() };
        step.keep(event, Some(stood), moved_house);
    }
    step.puts = step.records.iter().flat_map(|(&event, conference)| puts(event, conference, terms)).collect();
    take_back(&mut step, before, terms);
    step.wakes = wakes::of(step.records.values(), terms.clock.now);
    step
}

/// Makes the record of a conference from what stood and what is seen now.
fn carry(
    stood: Option<&Conference>,
    chosen: &Sighting,
    group: &[&Sighting],
    seen: &Seen,
    terms: &Terms<'_>,
) -> Conference {
    // A change of the event may be one of its end, so an old end counts only for the version for which it was asked.
    let still = stood.filter(|stood| stood.asked == Some(chosen.modified) && stood.start == chosen.start);
    let known = match chosen.end {
        None if !chosen.asked => still.filter(|stood| stood.end_known).map(|stood| stood.end),
        end => end.filter(|&end| end > chosen.start),
    };
    let running = match known {
        Some(_) => None,
        None if chosen.running => Some(terms.clock.now),
        None => stood.and_then(|stood| stood.running),
    };
    let assumed = chosen.start.max(running.unwrap_or(chosen.start)).saturating_add(terms.assume);
    let was = stood.map(|stood| stood.was.unwrap_or(stood.start)).filter(|&was| was != chosen.start);
    let mut conference = Conference {
        title: chosen.title.clone(),
        courses: groups::courses(stood, group, seen),
        group: chosen.group,
        start: chosen.start,
        end: known.unwrap_or(assumed),
        end_known: known.is_some(),
        link: chosen.link.clone(),
        kind: chosen.kind,
        was,
        channel: terms.channel.to_owned(),
        leads: terms.leads.to_vec(),
        running,
        announced: !terms.quiet,
        asked: if chosen.asked { Some(chosen.modified) } else { still.and_then(|stood| stood.asked) },
    };
    if let Some(stood) = stood {
        conference.announced = stood.announced || Happening::between(Some(stood), &conference) != Happening::Nothing;
    }
    conference
}

/// Says which messages of a conference shall stand.
fn puts(event: u64, conference: &Conference, terms: &Terms<'_>) -> Vec<Put> {
    let announcement = conference.announced.then(|| Put {
        key: Key::Announcement { event },
        message: message::announcement(conference, terms.texts),
        at: None,
        until: None,
    });
    let pings = pings::due(conference, terms.clock.now).map(|lead| Put {
        key: Key::Ping { event, lead, start: conference.start },
        message: message::ping(conference, lead, terms.texts),
        at: Some(conference.start - lead),
        until: Some(conference.start),
    });
    announcement.into_iter().chain(pings).collect()
}

/// Takes back what stood and shall not stand any more. A channel that is not granted any more is left as it is.
fn take_back(step: &mut Step, before: &BTreeMap<u64, Conference>, terms: &Terms<'_>) {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for (&event, stood) in before {
        let now = step.records.get(&event);
        let kept: Vec<Key> = match now {
            Some(now) if now.channel == stood.channel => now.keys(event).collect(),
            _ => Vec::new(),
        };
        let gone: Vec<Key> = stood.keys(event).filter(|key| !kept.contains(key)).collect();
        if gone.is_empty() {
            continue;
        }
        if stood.channel != terms.channel && !terms.channels.contains(&stood.channel) {
            *left.entry(&stood.channel).or_default() += gone.len();
            continue;
        }
        let why = step.gone.get(&event).copied();
        step.removes.extend(gone.into_iter().map(|key| Remove { channel: stood.channel.clone(), key, event, why }));
    }
    step.warnings.extend(left.into_iter().map(|(channel, count)| {
        format!("{count} messages are left in {channel:?}, which is not granted any more; grant it for one run to remove them")
    }));
}

#[cfg(test)]
mod tests;
