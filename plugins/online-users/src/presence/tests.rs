//! Sessions, poll by poll. A day is told as a list of polls, each with who is active then.

use proptest::prelude::*;

use super::*;

const WINDOW: i64 = 300;
const GAP: i64 = 1800;

/// A school whose polls are told one by one.
#[derive(Default)]
struct School {
    sessions: Vec<(String, Session)>,
    polled: Option<i64>,
}

impl School {
    /// Polls at a minute of the day. Each person comes with a room; the last activity is the poll's own instant.
    fn poll(&mut self, minute: i64, people: &[(&str, Option<&str>)]) -> Step {
        let people: Vec<(&str, Option<&str>, i64)> =
            people.iter().map(|&(key, room)| (key, room, minute * 60)).collect();
        self.poll_at(minute * 60, &people)
    }

    fn poll_at(&mut self, now: i64, people: &[(&str, Option<&str>, i64)]) -> Step {
        let seen: Vec<Seen<'_>> =
            people.iter().map(|&(key, room, last_access)| Seen { key, room, last_access }).collect();
        // What the ledger keeps is JSON: what does not survive it would be lost between two polls.
        let before = serde_json::to_string(&self.sessions).expect("sessions are JSON");
        let before = serde_json::from_str(&before).expect("and come back");
        let polled = self.sessions.iter().any(|(_, session)| !session.here).then_some(self.polled).flatten();
        let step = step(before, polled, &seen, &HashSet::new(), Clock { now, window: WINDOW, gap: GAP });
        self.sessions.clone_from(&step.sessions);
        self.polled = step.polled.or(self.polled);
        step
    }

    fn session(&self, key: &str) -> Option<&Session> {
        self.sessions.iter().find(|(found, _)| found == key).map(|(_, session)| session)
    }

    fn room(&self, key: &str) -> Option<&str> {
        self.session(key)?.room.as_deref()
    }
}

const LAB: Option<&str> = Some("Lab 1");
const HALL: Option<&str> = Some("Hall");

#[test]
fn the_first_poll_sees_arrivals_and_the_second_nothing_new() {
    let mut school = School::default();
    let first = school.poll(600, &[("ada", LAB), ("bo", None)]);
    assert_eq!((first.arrived, first.moved, first.left), (vec![0, 1], 0, 0));
    let sessions = school.sessions.clone();
    let second = school.poll(601, &[("bo", None), ("ada", LAB)]);
    assert_eq!((second.arrived, second.moved, second.left, second.polled), (vec![], 0, 0, None));
    assert_eq!(school.sessions, sessions, "a poll without events changes no record");
}

#[test]
fn a_departure_is_written_once_and_a_return_within_the_gap_is_no_arrival() {
    let mut school = School::default();
    school.poll(600, &[("ada", LAB)]);
    let away = school.poll(606, &[]);
    assert_eq!((away.left, away.polled), (1, Some(606 * 60)));
    assert_eq!(school.session("ada").expect("she may come back").away_since, Some(601 * 60));
    let sessions = school.sessions.clone();
    assert_eq!(school.poll(607, &[]).left, 0);
    assert_eq!(school.sessions, sessions, "and stays as it is");
    for minute in (611..631).step_by(5) {
        school.poll(minute, &[]);
    }
    let back = school.poll(631, &[("ada", LAB)]);
    assert_eq!((back.arrived.len(), school.session("ada").expect("here").since), (0, 600 * 60));
    assert_eq!(school.session("ada").expect("here").away_since, None);
}

#[test]
fn a_longer_absence_ends_the_session_whether_or_not_she_comes_back() {
    // Away since 601 at the latest; 31 minutes of silence are over at the poll of 637, five minutes of window later.
    for (minute, ends) in [(636, false), (637, true)] {
        let mut school = School::default();
        school.poll(600, &[("ada", LAB)]);
        for minute in 606..=minute {
            school.poll(minute, &[]);
        }
        assert_eq!(school.session("ada").is_none(), ends, "{minute}");
    }
    for (minute, arrives) in [(631, false), (632, true)] {
        let mut school = School::default();
        school.poll(600, &[("ada", LAB)]);
        for minute in 606..minute {
            school.poll(minute, &[]);
        }
        let back = school.poll(minute, &[("ada", LAB)]);
        assert_eq!(back.arrived.len() == 1, arrives, "{minute}");
    }
}

#[test]
fn skipped_polls_end_nothing_for_those_who_were_here() {
    let mut school = School::default();
    school.poll(600, &[("ada", LAB), ("bo", LAB)]);
    // Eight hours without an answer; then Ada is there and Bo is not.
    let after = school.poll(1080, &[("ada", LAB)]);
    assert_eq!((after.arrived.len(), after.left), (0, 1));
    assert_eq!(school.session("bo").expect("he has only just left").away_since, Some(1075 * 60));
}

#[test]
fn skipped_polls_end_nothing_for_those_who_were_away() {
    let mut school = School::default();
    school.poll(600, &[("ada", LAB), ("bo", LAB)]);
    school.poll(606, &[]);
    // Away for five minutes, then three hours without an answer. Ten minutes of them count.
    let after = school.poll(786, &[("ada", LAB)]);
    assert_eq!(after.arrived.len(), 0, "nobody saw Ada being away for longer than the gap");
    let bo = school.session("bo").expect("nor Bo").away_since.expect("he is away");
    assert_eq!(bo, (601 + 170) * 60);
    // From here on every minute is watched again: his session ends when 30 minutes of silence have been.
    let end = (787..).find(|&minute| {
        school.poll(minute, &[("ada", LAB)]);
        school.session("bo").is_none()
    });
    assert_eq!(end, Some(601 + 170 + 30 + 5 + 1));
}

#[test]
fn polls_that_are_far_apart_still_end_sessions() {
    let mut school = School::default();
    school.poll(600, &[("ada", LAB)]);
    let end = (1..20).find(|poll| {
        school.poll(600 + poll * 60, &[]);
        school.session("ada").is_none()
    });
    assert_eq!(end, Some(5), "each hour counts as ten minutes");
}

#[test]
fn a_counted_poll_is_kept_seldom_and_only_while_somebody_is_away() {
    let mut school = School::default();
    let mut kept = 0;
    for minute in 600..660 {
        kept += i32::from(school.poll(minute, &[("ada", LAB)]).polled.is_some());
    }
    assert_eq!(kept, 0);
    for minute in 660..690 {
        kept += i32::from(school.poll(minute, &[]).polled.is_some());
    }
    assert_eq!(kept, 6, "once in five minutes");
}

#[test]
fn a_move_counts_after_two_equal_polls() {
    let mut school = School::default();
    school.poll(600, &[("ada", LAB)]);
    assert_eq!(school.poll(601, &[("ada", HALL)]).moved, 0);
    assert_eq!(school.room("ada"), LAB);
    assert_eq!(school.poll(602, &[("ada", HALL)]).moved, 1);
    assert_eq!(school.room("ada"), HALL);
    assert_eq!(school.poll(603, &[("ada", HALL)]).moved, 0);
}

#[test]
fn a_room_seen_once_is_no_move() {
    let mut school = School::default();
    school.poll(600, &[("ada", LAB)]);
    school.poll(601, &[("ada", HALL)]);
    assert_eq!(school.poll(602, &[("ada", LAB)]).moved, 0);
    assert_eq!(school.poll(603, &[("ada", HALL)]).moved, 0, "the candidate was given up");
    assert_eq!(school.poll(604, &[("ada", Some("Gym"))]).moved, 0, "and another one begins anew");
    assert_eq!(school.room("ada"), LAB);
}

#[test]
fn becoming_unknown_and_known_again_is_recorded_but_no_move() {
    let mut school = School::default();
    school.poll(600, &[("ada", LAB)]);
    assert_eq!(school.poll(601, &[("ada", None)]).moved, 0);
    assert_eq!(school.room("ada"), LAB, "one poll says little");
    assert_eq!(school.poll(602, &[("ada", None)]).moved, 0);
    assert_eq!(school.room("ada"), None);
    school.poll(603, &[("ada", HALL)]);
    assert_eq!(school.poll(604, &[("ada", HALL)]).moved, 0);
    assert_eq!(school.room("ada"), HALL);
}

#[test]
fn who_chooses_not_to_be_shown_leaves_no_trace_and_has_not_left() {
    let mut school = School::default();
    school.poll(600, &[("ada", LAB), ("bo", LAB)]);
    let seen = [Seen { key: "bo", room: LAB, last_access: 601 * 60 }];
    let clock = Clock { now: 601 * 60, window: WINDOW, gap: GAP };
    let after = step(school.sessions, None, &seen, &HashSet::from(["ada"]), clock);
    assert_eq!((after.left, after.arrived.len()), (0, 0));
    assert_eq!(after.sessions.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["bo"]);
}

#[test]
fn the_record_says_what_matters_about_it() {
    let session = Session::begin(&Seen { key: "ada", room: LAB, last_access: 60 });
    let record = record(("ada".to_owned(), session));
    assert_eq!(serde_json::to_string(&record.value).expect("JSON"), r#"{"room":"Lab 1","since":60,"here":true}"#);
    assert_eq!(record.aspects, [beadle_sdk::ledger::aspect("room", 1, "Lab 1")]);
    let unknown = Session::begin(&Seen { key: "bo", room: None, last_access: 60 });
    assert_eq!(super::record(("bo".to_owned(), unknown)).aspects, []);
}

proptest! {
    /// Whatever happens, everybody who is active is here once, nobody else is here, and a person arrives only without a session.
    #[test]
    fn the_books_always_balance(polls in proptest::collection::vec((1i64..90, proptest::collection::btree_map(0usize..5, 0usize..3, 0..5)), 1..40)) {
        let names = ["ada", "bo", "cy", "di", "ed"];
        let rooms = [LAB, HALL, None];
        let mut school = School::default();
        let mut minute = 0;
        for (pause, people) in polls {
            minute += pause;
            let known: HashSet<String> = school.sessions.iter().map(|(key, _)| key.clone()).collect();
            let here_before = school.sessions.iter().filter(|(_, session)| session.here).count();
            let people: Vec<(&str, Option<&str>)> = people.into_iter().map(|(who, room)| (names[who], rooms[room])).collect();
            let step = school.poll(minute, &people);
            let here: Vec<&str> = step.sessions.iter().filter(|(_, session)| session.here).map(|(key, _)| key.as_str()).collect();
            let expected: Vec<&str> = people.iter().map(|(key, _)| *key).collect();
            prop_assert_eq!(&here, &expected, "both are in the order of the names");
            for &index in &step.arrived {
                let key = people[index].0;
                prop_assert!(!known.contains(key) || school.session(key).expect("here").since == minute * 60);
            }
            prop_assert!(step.left <= here_before);
            prop_assert!(step.sessions.iter().all(|(_, session)| session.here == session.away_since.is_none()));
        }
    }
}
