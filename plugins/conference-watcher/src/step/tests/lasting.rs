//! How long conferences last: ends that are known, assumed and wrong, and clocks that jump.

use beadle_sdk::jiff::civil::date;
use beadle_sdk::time;

use super::*;

#[test]
fn without_an_end_a_conference_lasts_as_long_as_is_assumed_and_is_not_told_again() {
    let endless = Sighting { end: None, ..sighting(7, at(10, 0)) };
    let mut watcher = Watcher::default();
    let step = watcher.run(at(8, 0), std::slice::from_ref(&endless));
    assert_eq!((step.records[&7].end, step.records[&7].end_known), (at(12, 0), false));
    assert_eq!(watcher.run(at(11, 59), std::slice::from_ref(&endless)).records.len(), 1);
    assert_eq!(counts(&watcher.run(at(12, 0), std::slice::from_ref(&endless))), (0, 0, 0, 1));
    assert!(watcher.keys().is_empty());
    let again = watcher.run(at(12, 5), &[endless]);
    assert_eq!((counts(&again), again.puts.len()), ((0, 0, 0, 0), 0), "Moodle lists it still");
}

#[test]
fn while_people_are_in_it_an_assumed_end_waits() {
    let open = |running| Sighting { asked: true, running, ..activity(7, at(10, 0)) };
    let mut watcher = Watcher::default();
    watcher.run(at(9, 0), &[open(false)]);
    let step = watcher.run(at(11, 30), &[open(true)]);
    assert_eq!((step.records[&7].running, step.records[&7].end), (Some(at(11, 30)), at(13, 30)));
    assert_eq!(step.count(Happening::Changed), 0);
    assert_eq!(watcher.run(at(13, 0), &[open(false)]).records.len(), 1);
    assert_eq!(counts(&watcher.run(at(13, 30), &[open(false)])), (0, 0, 0, 1));
}

#[test]
fn a_closing_time_counts_for_the_version_for_which_it_was_asked() {
    let asked = Sighting { end: Some(at(11, 30)), asked: true, ..activity(7, at(10, 0)) };
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[asked]);
    let kept = watcher.run(at(8, 5), &[activity(7, at(10, 0))]);
    assert_eq!((kept.records[&7].end, kept.records[&7].end_known), (at(11, 30), true));
    let moved = Sighting { modified: 2, ..activity(7, at(14, 0)) };
    let step = watcher.run(at(8, 10), &[moved]);
    assert_eq!((step.records[&7].end, step.records[&7].end_known), (at(16, 0), false), "the old end says nothing");
    assert_eq!(step.records[&7].asked, None, "so that it is asked again");
}

#[test]
fn an_end_that_becomes_known_is_no_change_and_another_end_is_one() {
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[activity(7, at(10, 0))]);
    let closing = |end| Sighting { end: Some(end), asked: true, ..activity(7, at(10, 0)) };
    assert_eq!(watcher.run(at(8, 5), &[closing(at(11, 0))]).count(Happening::Changed), 0);
    assert_eq!(watcher.run(at(8, 10), &[closing(at(11, 30))]).count(Happening::Changed), 1);
    let nonsense = watcher.run(at(8, 15), &[closing(at(9, 0))]);
    assert!(!nonsense.records[&7].end_known, "an end before the start is none");
}

#[test]
fn three_days_are_three_days() {
    let fair = Sighting { end: Some(at(10, 0) + 3 * 86_400), ..sighting(7, at(10, 0)) };
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), std::slice::from_ref(&fair));
    for hours in [1, 25, 49, 71] {
        let step = watcher.run(at(10 + hours, 0), std::slice::from_ref(&fair));
        assert_eq!((step.records.len(), step.puts.len()), (1, 1), "{hours} hours in");
    }
    assert_eq!(counts(&watcher.run(at(10 + 72, 0), &[fair])), (0, 0, 0, 1));
}

#[test]
fn the_hour_that_comes_twice_has_two_different_starts() {
    let berlin = time::zone("Europe/Berlin").expect("a known zone");
    let twice = berlin.to_ambiguous_timestamp(date(2026, 10, 25).at(2, 30, 0, 0));
    let first = twice.earlier().expect("it comes").as_second();
    let second = twice.later().expect("and again").as_second();
    assert_eq!(second - first, HOUR);
    let mut watcher = Watcher::default();
    watcher.run(first - HOUR, &[sighting(7, first)]);
    let moved = watcher.run(first - HOUR + 60, &[sighting(7, second)]);
    assert_eq!((counts(&moved), moved.records[&7].was), ((0, 1, 0, 0), Some(first)), "the wall clock says the same");
    assert_eq!(watcher.keys(), ["conference/7".to_owned(), format!("ping/7/300/{second}")]);
}

#[test]
fn a_clock_that_jumps_back_ends_nothing_and_repeats_no_ping_under_another_key() {
    let mut watcher = Watcher::default();
    watcher.run(at(9, 58), &[sighting(7, at(10, 0))]);
    let keys = watcher.keys();
    let back = watcher.run(at(3, 0), &[sighting(7, at(10, 0))]);
    assert_eq!((counts(&back), back.removes.len()), ((0, 0, 0, 0), 0));
    assert_eq!(watcher.keys(), keys);
    watcher.run(at(11, 0), &[sighting(7, at(10, 0))]);
    let again = watcher.run(at(9, 0), &[sighting(7, at(10, 0))]);
    assert_eq!(counts(&again), (1, 0, 0, 0), "an end that has not come yet is no end");
}
