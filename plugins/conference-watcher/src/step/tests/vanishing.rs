//! Conferences that are not listed any more, for one reason or another.

use super::*;
use crate::seen::Meeting;

#[test]
fn what_is_deleted_is_cancelled_and_what_is_over_has_ended() {
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[sighting(7, at(10, 0)), sighting(8, at(9, 0))]);
    watcher.deleted(7);
    let cancelled = watcher.run(at(9, 30), &[sighting(8, at(9, 0))]);
    assert_eq!((counts(&cancelled), cancelled.lines), ((0, 0, 1, 0), vec!["conference 7 is cancelled".to_owned()]));
    assert_eq!(watcher.keys(), ["conference/8".to_owned(), format!("ping/8/300/{}", at(9, 0))]);
    watcher.deleted(8);
    let ended = watcher.run(at(10, 0), &[]);
    assert_eq!((counts(&ended), ended.lines), ((0, 0, 0, 1), vec!["conference 8 has ended".to_owned()]));
    assert!(watcher.keys().is_empty());
}

#[test]
fn a_conference_that_closes_by_the_site_s_clock_has_ended_and_is_not_cancelled() {
    let mut watcher = Watcher { ahead: 600, ..Watcher::default() };
    watcher.run(at(9, 30), &[sighting(8, at(9, 0))]);
    watcher.deleted(8);
    assert_eq!(counts(&watcher.run(at(9, 52), &[])), (0, 0, 0, 1));
}

#[test]
fn a_hidden_course_hides_its_conferences_and_brings_them_back() {
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[sighting(7, at(10, 0))]);
    let physics = watcher.courses.remove(&2).expect("it was there");
    watcher.deleted(7);
    let step = watcher.run(at(8, 5), &[]);
    assert_eq!((step.count_gone(Gone::Hidden), counts(&step)), (1, (0, 0, 0, 0)));
    assert!(watcher.keys().is_empty());
    watcher.courses.insert(2, physics);
    watcher.traces.clear();
    assert_eq!(counts(&watcher.run(at(8, 10), &[sighting(7, at(10, 0))])), (1, 0, 0, 0));
}

#[test]
fn an_answer_that_does_not_speak_of_a_course_removes_nothing_of_it() {
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[sighting(7, at(10, 0)), Sighting { course: Some(3), ..sighting(8, at(10, 0)) }]);
    let keys = watcher.keys();
    watcher.unseen.courses.insert(2);
    watcher.unseen.events.insert(8);
    let step = watcher.run(at(8, 5), &[]);
    assert_eq!((counts(&step), step.removes.len(), step.puts.len()), ((0, 0, 0, 0), 0, 4));
    assert_eq!(watcher.keys(), keys);
    assert_eq!(watcher.records[&7].courses[&2], "Physics");
}

#[test]
fn a_meeting_in_a_course_that_was_not_seen_is_not_told_again_by_its_twin() {
    let here = sighting(5, at(10, 0));
    let twin = Sighting { event: 7, course: Some(3), ..here.clone() };
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[here, twin.clone()]);
    watcher.unseen.courses.insert(2);
    let step = watcher.run(at(8, 5), &[twin]);
    assert_eq!((counts(&step), step.records[&5].courses.len()), ((0, 0, 0, 0), 2));
    assert_eq!(step.records.len(), 1);
}

#[test]
fn a_course_that_was_not_seen_keeps_its_name_in_a_meeting_of_two() {
    let here = sighting(5, at(10, 0));
    let twin = Sighting { event: 7, course: Some(3), ..here.clone() };
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[here.clone(), twin]);
    watcher.unseen.courses.insert(3);
    let step = watcher.run(at(8, 5), &[here]);
    assert_eq!(step.records[&5].courses.values().collect::<Vec<_>>(), ["Physics", "History"]);
    assert_eq!(step.count(Happening::Changed), 0);
}

#[test]
fn what_is_postponed_beyond_the_horizon_is_moved_and_never_silent() {
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[sighting(7, at(10, 0))]);
    let far = at(10, 0) + 60 * 86_400;
    watcher.trace(7, Answer::Given(Found::Conference(sighting(7, far))));
    let step = watcher.run(at(8, 5), &[]);
    assert_eq!((counts(&step), step.records[&7].was), ((0, 1, 0, 0), Some(at(10, 0))));
    assert_eq!(watcher.keys(), ["conference/7".to_owned(), format!("ping/7/300/{far}")]);
    assert_eq!(counts(&watcher.run(at(8, 10), &[])), (0, 0, 0, 0), "it stays");
    watcher.traces.clear();
    let near = watcher.run(far - 10 * 86_400, &[sighting(7, far)]);
    assert_eq!((counts(&near), near.removes.len()), ((0, 0, 0, 0), 0), "it comes nearer, and nothing happens");
}

#[test]
fn what_cannot_be_told_now_stays_and_what_is_never_told_is_unknown() {
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[sighting(7, at(10, 0))]);
    watcher.trace(7, Answer::Failed);
    assert_eq!(watcher.run(at(8, 5), &[]).removes.len(), 0);
    watcher.traces.clear();
    let step = watcher.run(at(8, 10), &[]);
    assert_eq!((step.count_gone(Gone::Unknown), step.removes.len()), (1, 2));
}

#[test]
fn an_activity_that_is_being_deleted_is_cancelled_and_one_that_closed_has_ended() {
    let refused = |code: &str| Answer::Refused(code.to_owned());
    let closed = Meeting { closed: true, opens: Some(at(9, 0)), ..Meeting::default() };
    for (meeting, expected) in [
        (refused("activityisscheduledfordeletion"), Gone::Cancelled),
        (refused("requireloginerror"), Gone::Hidden),
        (Answer::Given(closed), Gone::Ended),
    ] {
        let mut watcher = Watcher::default();
        watcher.run(at(8, 0), &[activity(7, at(9, 0))]);
        let event = Answer::Refused("nopermissions".to_owned());
        watcher.traces.insert(7, Traces { event, meeting, activity: Some(true) });
        assert_eq!(watcher.run(at(9, 30), &[]).gone, BTreeMap::from([(7, expected)]));
    }
}

#[test]
fn losses_that_the_host_holds_back_leave_their_messages() {
    let mut watcher = Watcher::default();
    watcher.run(at(8, 0), &[sighting(7, at(10, 0)), sighting(8, at(8, 30))]);
    watcher.deleted(7);
    let mut step = watcher.run(at(9, 30), &[]);
    assert_eq!((step.removes.len(), step.gone.len()), (4, 2));
    step.hold();
    assert_eq!((step.count_gone(Gone::Cancelled), step.count_gone(Gone::Ended)), (0, 1));
    assert!(step.removes.iter().all(|remove| remove.event == 8), "what has ended goes all the same");
    assert_eq!(step.warnings.len(), 1);
    assert_eq!(step.lines, ["conference 8 has ended"]);
}
