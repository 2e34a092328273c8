//! Conferences by chance: there is always one soon, things happen to them, and they answer to the hands as well.

mod common;

use std::collections::{BTreeMap, HashSet};

use beadle_campus::moodle::ConferenceId;
use beadle_campus::school::{Plan, School};
use common::{Hand, RECORDED, call, campus};

/// Now, in milliseconds.
const NOW: i64 = RECORDED * 1000;

const EVENTS: &str = "core_calendar_get_calendar_events";

#[test]
fn by_chance_something_is_always_about_to_begin() {
    let school = School::new(&Plan::compressed());
    for start in [NOW, NOW + 3_333_000, NOW + 86_400_000 * 3 + 47_000] {
        let (mut begun, mut moved, mut renamed, mut cancelled, mut running) = (0, 0, 0, 0, 0);
        let mut before: BTreeMap<i64, (i64, String)> = BTreeMap::new();
        for second in (0..3600).step_by(20) {
            let at = start / 1000 + second;
            let calendar = school.calendar(at * 1000);
            assert_eq!(calendar, school.calendar(at * 1000));
            running += calendar.activities.iter().filter(|activity| activity.running.is_some()).count();
            let activities = calendar.activities.iter().filter(|a| !a.deleting && !a.hidden);
            let now: BTreeMap<i64, (i64, String)> = activities
                .filter_map(|a| Some((a.event, (a.opening?, a.name.clone()))))
                .chain(calendar.events.iter().filter(|e| !e.hidden).map(|e| (e.id, (e.begins, e.name.clone()))))
                .collect();
            let planned = |within: i64| now.values().filter(|(begins, _)| (at..at + within).contains(begins)).count();
            assert!(planned(20 * 60) >= 2 && planned(24 * 3600) >= 8, "{} soon", planned(20 * 60));
            for (id, (begins, name)) in &before {
                match now.get(id) {
                    Some((later, new)) => {
                        moved += usize::from(later != begins);
                        renamed += usize::from(new != name);
                    }
                    None => cancelled += usize::from(*begins > at),
                }
            }
            begun += now.values().filter(|(begins, _)| (at - 20..at).contains(begins)).count();
            before = now;
        }
        assert!(begun >= 12 && running > 0, "{begun} began, {running} ran");
        assert!(
            moved >= 2 && renamed >= 2 && cancelled >= 1,
            "{moved} moved, {renamed} renamed, {cancelled} cancelled"
        );
    }
}

#[test]
fn by_chance_there_are_links_of_every_kind_in_every_place() {
    let school = School::new(&Plan::compressed());
    let (mut found, mut scopes, mut ids) = (HashSet::new(), HashSet::new(), BTreeMap::new());
    for hour in 0..72 {
        let calendar = school.calendar(NOW + hour * 3_600_000);
        for event in &calendar.events {
            for host in ["zoom.us", "teams.microsoft.com", "meet.jit.si"] {
                found.extend(event.description.contains(host).then_some((host, "description")));
                found.extend(event.location.contains(host).then_some((host, "location")));
            }
            scopes.insert(std::mem::discriminant(&event.scope));
        }
        let all = calendar.activities.iter().map(|a| (a.event, a.created));
        for (id, created) in all {
            assert_eq!(*ids.entry(id).or_insert(created), created, "an id is never used again");
        }
        let mut at_once: Vec<i64> =
            calendar.activities.iter().map(|a| a.event).chain(calendar.events.iter().map(|e| e.id)).collect();
        at_once.sort_unstable();
        assert!(at_once.windows(2).all(|pair| pair[0] < pair[1]), "two rows with one id");
    }
    assert_eq!(found.len(), 5, "{found:?}");
    assert_eq!(scopes.len(), 4, "site, course, group and category");
    assert_ne!(
        school.calendar(NOW),
        School::new(&Plan { seed: 2, ..Plan::compressed() }).calendar(NOW),
        "another seed, another calendar"
    );
}

#[tokio::test]
async fn conferences_by_chance_are_served_and_can_be_moved_by_hand() {
    let hand = Hand::at(NOW);
    let campus = campus(School::new(&Plan::compressed()), &hand).await;
    let calendar = campus.moodle().conferences().calendar();
    let next =
        calendar.activities.iter().find(|a| a.opening > Some(RECORDED) && !a.hidden && !a.deleting).expect("one");
    let asked = [("events[courseids][0]", next.course.to_string())];
    let asked: Vec<(&str, &str)> = asked.iter().map(|(name, id)| (*name, id.as_str())).collect();
    let begins = async || {
        let answer = call(&campus.moodle_url, &campus.token, EVENTS, &asked).await;
        let events = answer["events"].as_array().expect("list").clone();
        events.iter().find(|event| event["id"] == next.event).map(|event| event["timestart"].as_i64())
    };
    assert_eq!(begins().await, Some(next.opening));
    campus.moodle().conferences().move_to(ConferenceId::Activity(next.id), RECORDED + 30);
    assert_eq!(begins().await, Some(Some(RECORDED + 30)));
}
