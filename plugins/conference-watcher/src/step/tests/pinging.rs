//! Pings: in time, at once where it is late, for the new time where it moved, and never for what is not.

use super::*;

fn pings(step: &Step) -> Vec<(String, Option<i64>, Option<i64>)> {
    let pings = step.puts.iter().filter(|put| matches!(put.key, Key::Ping { .. }));
    pings.map(|put| (put.key.to_string(), put.at, put.until)).collect()
}

fn ping(event: u64, lead: i64, start: i64) -> (String, Option<i64>, Option<i64>) {
    (format!("ping/{event}/{lead}/{start}"), Some(start - lead), Some(start))
}

#[test]
fn a_ping_is_staged_from_the_beginning_until_the_start() {
    let mut watcher = Watcher::default();
    for now in [at(8, 0), at(9, 54), at(9, 55), at(9, 59)] {
        let step = watcher.run(now, &[sighting(7, at(10, 0))]);
        assert_eq!(pings(&step), [ping(7, 300, at(10, 0))]);
    }
    let begun = watcher.run(at(10, 0), &[sighting(7, at(10, 0))]);
    assert_eq!((pings(&begun), begun.removes.len()), (vec![], 0), "what was sent is left while it goes on");
    watcher.run(at(11, 0), &[sighting(7, at(10, 0))]);
    assert!(watcher.keys().is_empty(), "and goes with the conference");
}

#[test]
fn a_conference_that_moves_is_pinged_for_its_new_time() {
    let mut watcher = Watcher::default();
    watcher.run(at(9, 56), &[sighting(7, at(10, 0))]);
    let later = watcher.run(at(9, 57), &[sighting(7, at(11, 0))]);
    assert_eq!(pings(&later), [ping(7, 300, at(11, 0))]);
    let removed: Vec<String> = later.removes.iter().map(|remove| remove.key.to_string()).collect();
    assert_eq!(removed, [format!("ping/7/300/{}", at(10, 0))], "the ping for the old time is taken back");
    let earlier = watcher.run(at(9, 58), &[sighting(7, at(10, 1))]);
    assert_eq!(pings(&earlier), [ping(7, 300, at(10, 1))], "its instant has passed: it goes out at once");
}

#[test]
fn a_conference_that_is_entered_late_is_pinged_at_once_and_once() {
    let mut watcher = Watcher { leads: vec![300, 3600, 86_400], ..Watcher::default() };
    let step = watcher.run(at(9, 57), &[sighting(7, at(10, 0))]);
    assert_eq!(pings(&step), [ping(7, 300, at(10, 0))]);
}

#[test]
fn several_leads_are_several_pings() {
    let mut watcher = Watcher { leads: vec![300, 3600], ..Watcher::default() };
    let step = watcher.run(at(8, 0), &[sighting(7, at(10, 0))]);
    assert_eq!(pings(&step), [ping(7, 300, at(10, 0)), ping(7, 3600, at(10, 0))]);
    let step = watcher.run(at(9, 57), &[sighting(7, at(10, 0))]);
    assert_eq!((pings(&step), step.removes.len()), (vec![ping(7, 300, at(10, 0))], 0), "an earlier one stands");
    watcher.run(at(9, 58), &[sighting(7, at(10, 30))]);
    assert!(!watcher.keys().iter().any(|key| key.ends_with(&at(10, 0).to_string())), "{:?}", watcher.keys());
}

#[test]
fn other_leads_in_the_settings_replace_the_pings() {
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[sighting(7, at(10, 0))]);
    watcher.leads = vec![600];
    watcher.run(at(8, 5), &[sighting(7, at(10, 0))]);
    assert_eq!(watcher.keys(), ["conference/7".to_owned(), format!("ping/7/600/{}", at(10, 0))]);
    watcher.leads = vec![];
    watcher.run(at(8, 10), &[sighting(7, at(10, 0))]);
    assert_eq!(watcher.keys(), ["conference/7"]);
}

#[test]
fn a_cancelled_conference_is_not_pinged() {
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[sighting(7, at(10, 0))]);
    watcher.deleted(7);
    let step = watcher.run(at(9, 54), &[]);
    assert_eq!((step.removes.len(), step.puts.len()), (2, 0));
    assert!(watcher.keys().is_empty());
}

#[test]
fn runs_ask_to_be_woken_before_what_may_be_called_off() {
    let mut watcher = Watcher::default();
    let step = watcher.run(at(9, 0), &[sighting(7, at(10, 0)), sighting(8, at(8, 30))]);
    assert_eq!(step.wakes, [at(9, 30) + 5, at(9, 55) - 45, at(10, 0) - 45]);
}
