//! Events that are one meeting: the same link at the same time in several courses or groups, or one activity.

use std::collections::BTreeMap;

use crate::conference::{Conference, Kind};
use crate::seen::{Seen, Sighting};

/// What makes two events one meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Identity<'a> {
    Activity(u64),
    Link(&'a str, i64),
    /// Nothing: it is a meeting of its own.
    Event(u64),
}

fn identity<'a>(event: u64, kind: Kind, link: Option<&'a str>, start: i64) -> Identity<'a> {
    match (kind, link) {
        (Kind::Bigbluebutton { instance, .. }, _) => Identity::Activity(instance),
        (Kind::Link, Some(link)) => Identity::Link(link, start),
        (Kind::Link, None) => Identity::Event(event),
    }
}

fn of_sighting(sighting: &Sighting) -> Identity<'_> {
    identity(sighting.event, sighting.kind, sighting.link.as_deref(), sighting.start)
}

/// Puts together what is one meeting, in the order of the smallest number of each.
pub(super) fn of<'a>(sightings: &[&'a Sighting]) -> Vec<Vec<&'a Sighting>> {
    let mut groups: BTreeMap<Identity<'_>, Vec<&Sighting>> = BTreeMap::new();
    for sighting in sightings {
        groups.entry(of_sighting(sighting)).or_default().push(sighting);
    }
    let mut groups: Vec<Vec<&Sighting>> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_unstable_by_key(|sighting| sighting.event);
        group.dedup_by_key(|sighting| sighting.event);
    }
    groups.sort_unstable_by_key(|group| group[0].event);
    groups
}

/// Returns the event whose number stands for the meeting: one that stands already, else the smallest.
pub(super) fn choose<'a>(group: &[&'a Sighting], before: &BTreeMap<u64, Conference>) -> &'a Sighting {
    group.iter().find(|sighting| before.contains_key(&sighting.event)).unwrap_or(&group[0])
}

/// Tells whether a meeting is told already by an event that was not seen now and stays: what is seen of it in another course is no
/// other meeting.
pub(super) fn is_told_by(
    group: &[&Sighting],
    before: &BTreeMap<u64, Conference>,
    staying: &BTreeMap<u64, &Conference>,
) -> bool {
    let same = of_sighting(group[0]);
    !group.iter().any(|sighting| before.contains_key(&sighting.event))
        && staying.iter().any(|(&event, stood)| identity(event, stood.kind, stood.link.as_deref(), stood.start) == same)
}

/// Returns the names of a meeting's courses: those where it is seen, and those where it stood that were not seen now.
pub(super) fn courses(stood: Option<&Conference>, group: &[&Sighting], seen: &Seen) -> BTreeMap<u64, String> {
    let old = |course: u64| stood.and_then(|stood| stood.courses.get(&course)).cloned();
    let unseen = stood.into_iter().flat_map(|stood| stood.courses.keys().copied());
    group
        .iter()
        .filter_map(|sighting| sighting.course)
        .chain(unseen.filter(|course| seen.unseen.courses.contains(course)))
        .map(|course| {
            let name = seen.courses.get(&course).filter(|name| !name.is_empty()).cloned();
            (course, name.or_else(|| old(course)).unwrap_or_default())
        })
        .collect()
}
