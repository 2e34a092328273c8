//! The living school: the same seed lives the same life, and the life obeys the timetable and Moodle's grain.

use std::collections::{HashMap, HashSet};

use beadle_campus::school::{PROXY, Pace, Plan, Role, RoomKind, School, Snapshot};
use jiff::tz::TimeZone;

/// Some instant, milliseconds.
const NOW: i64 = 1_795_198_790_000;

const SECOND: i64 = 1000;

fn online(snapshot: &Snapshot) -> HashSet<i64> {
    snapshot.online(300).map(|user| user.id).collect()
}

#[test]
fn the_same_seed_lives_the_same_life() {
    let plan = Plan { students: 80, ..Plan::compressed() };
    let (first, second) = (School::new(&plan), School::new(&plan));
    let other = School::new(&Plan { seed: 2, ..plan });
    for step in [7_000, 0, 123_456, 3_600_000] {
        assert_eq!(first.at(NOW + step), second.at(NOW + step), "asked in any order");
    }
    assert_ne!(first.at(NOW).users, other.at(NOW).users);
}

#[test]
fn a_compressed_school_is_lively_within_fifteen_seconds_of_any_start() {
    let school = School::new(&Plan::compressed());
    for start in [NOW, NOW + 3_333_000, NOW + 86_400_000 * 3 + 47_000] {
        let rooms: HashSet<String> = school
            .at(start)
            .online(300)
            .filter_map(|user| school.room_of(&user.lastip))
            .map(|room| room.name.clone())
            .collect();
        assert!(rooms.len() >= 6, "{rooms:?}");
        let (mut arrivals, mut leaves, mut moves) = (0, 0, 0);
        let mut before = school.at(start);
        for second in 1..=120 {
            let now = school.at(start + second * SECOND);
            let (was, is) = (online(&before), online(&now));
            arrivals += is.difference(&was).count();
            leaves += was.difference(&is).count();
            moves += is
                .iter()
                .filter(|id| {
                    was.contains(*id) && before.user(**id).map(|u| &u.lastip) != now.user(**id).map(|u| &u.lastip)
                })
                .count();
            before = now;
        }
        assert!(arrivals >= 8 && leaves >= 8 && moves >= 10, "{arrivals} arrivals, {leaves} leaves, {moves} moves");
    }
}

#[test]
fn who_comes_again_has_been_away_for_longer_than_a_session_gap() {
    let school = School::new(&Plan { students: 60, ..Plan::compressed() });
    let mut last_seen: HashMap<i64, i64> = HashMap::new();
    let mut returns = 0;
    for step in 0..1000 {
        let at = NOW + step * 10 * SECOND;
        for user in school.at(at).online(10).filter(|user| user.role == Role::Student) {
            if let Some(before) = last_seen.insert(user.id, user.lastaccess) {
                let gap = user.lastaccess - before;
                assert!(!(5 * 60..=30 * 60).contains(&gap), "user {} was away for {gap} s", user.id);
                returns += i64::from(gap > 30 * 60);
            }
        }
    }
    assert!(returns > 30, "{returns}");
}

#[test]
fn people_are_in_the_room_that_their_timetable_says() {
    let school = School::new(&Plan::compressed());
    let mut checked = 0;
    for step in 0..40 {
        let snapshot = school.at(NOW + step * 17 * SECOND);
        for user in snapshot.online(60) {
            let Some(seen) = school.room_of(&user.lastip) else { continue };
            if seen.kind == RoomKind::Wireless || user.lastip.starts_with("0:0:0:0:0:ffff:") {
                // A phone is no room, and a mapped address may have lost its network.
                continue;
            }
            let says = school.whereabouts(user.id, user.lastaccess * SECOND).expect("at school when seen");
            assert_eq!(seen.name, says.name, "user {} at {}", user.id, user.lastaccess);
            checked += 1;
        }
    }
    assert!(checked > 400, "{checked}");
}

#[test]
fn classes_fill_classrooms_and_never_share_one() {
    let school = School::new(&Plan { students: 160, ..Plan::compressed() });
    let mut rooms_of_class: HashMap<i64, HashSet<String>> = HashMap::new();
    for step in 0..50 {
        let at = NOW + step * 29 * SECOND;
        let snapshot = school.at(at);
        let mut class_in: HashMap<String, HashSet<i64>> = HashMap::new();
        for course in school.courses() {
            for id in &course.members {
                let Some(room) = school.whereabouts(*id, at).filter(|room| room.kind == RoomKind::Classroom) else {
                    continue;
                };
                if snapshot.user(*id).is_some_and(|user| user.role == Role::Student) {
                    class_in.entry(room.name.clone()).or_default().insert(course.id);
                    rooms_of_class.entry(course.id).or_default().insert(room.name.clone());
                }
            }
        }
        // Around the bell the last of one class and the first of the next meet in the door.
        assert!(class_in.values().all(|classes| classes.len() <= 2), "{class_in:?}");
    }
    assert!(rooms_of_class.values().all(|rooms| rooms.len() >= 3), "everybody moves: {rooms_of_class:?}");
}

#[test]
fn last_access_moves_at_most_once_a_minute_and_never_back() {
    let school = School::new(&Plan { students: 200, ..Plan::compressed() });
    let mut before = school.at(NOW);
    let mut moved = 0;
    for second in 1..400 {
        let now = school.at(NOW + second * SECOND);
        for (was, is) in before.users.iter().zip(&now.users) {
            assert!(is.lastaccess <= NOW / SECOND + second, "in the future");
            if was.lastaccess != is.lastaccess {
                assert!(is.lastaccess - was.lastaccess > 60, "user {}: {} to {}", is.id, was.lastaccess, is.lastaccess);
                moved += 1;
            } else {
                assert_eq!(was.lastip, is.lastip, "the address moves only with last access");
            }
        }
        before = now;
    }
    assert!(moved > 100, "{moved}");
}

#[test]
fn all_forms_of_addresses_occur() {
    let school = School::new(&Plan::compressed());
    let mut seen: HashSet<&str> = HashSet::new();
    for step in 0..20 {
        for user in school.at(NOW + step * 60 * SECOND).users {
            seen.insert(match &*user.lastip {
                "" => "none",
                "0.0.0.0" => "unusable",
                ip if ip == PROXY.to_string() => "proxy",
                ip if ip.starts_with("0:0:0:0:0:ffff:") && school.room_of(ip).is_some() => "mapped",
                ip if ip.starts_with("0:0:0:0:0:ffff:") => "mapped, lost",
                ip if ip.contains(':') => {
                    assert_eq!(ip.split(':').count(), 8, "{ip}");
                    assert!(!ip.contains("::") && ip.split(':').all(|group| group == "0" || !group.starts_with('0')));
                    assert_eq!(ip, ip.to_lowercase());
                    "six"
                }
                ip => {
                    assert!(ip.parse::<std::net::Ipv4Addr>().is_ok(), "{ip}");
                    "four"
                }
            });
            assert!(user.lastip.len() <= 45);
            assert_eq!(user.lastip.is_empty(), user.lastaccess == 0, "who never came has no address");
        }
    }
    assert_eq!(seen, HashSet::from(["none", "unusable", "proxy", "mapped", "mapped, lost", "six", "four"]));
}

#[test]
fn there_is_every_kind_of_account() {
    let school = School::new(&Plan::default());
    let snapshot = school.at(NOW);
    let count = |test: fn(&beadle_campus::school::User) -> bool| snapshot.users.iter().filter(|u| test(u)).count();
    assert_eq!(count(|user| user.role == Role::Guest && user.lastaccess == 0 && user.lastip.is_empty()), 1);
    assert_eq!(count(|user| user.suspended), 2);
    assert_eq!(count(|user| !user.confirmed), 1);
    assert_eq!(count(|user| user.deleted), 2);
    assert!(count(|user| user.role == Role::Student && user.lastaccess == 0) >= 4);
    assert!(count(|user| user.hidden) >= 20);
    assert!(snapshot.users.windows(2).all(|pair| pair[0].id + 1 == pair[1].id), "ids ascend without a gap");
}

#[test]
fn sessions_follow_at_once_and_outlive_who_does_not_log_out() {
    let school = School::new(&Plan { students: 120, ..Plan::compressed() });
    let (mut ahead, mut orphans, mut two) = (0, 0, 0);
    for step in 0..60 {
        let snapshot = school.at(NOW + step * 13 * SECOND);
        let ids: HashSet<i64> = snapshot.sessions.iter().map(|session| session.id).collect();
        let sids: HashSet<&str> = snapshot.sessions.iter().map(|session| session.sid.as_str()).collect();
        assert_eq!((ids.len(), sids.len()), (snapshot.sessions.len(), snapshot.sessions.len()));
        assert!(snapshot.sessions.iter().any(|session| session.userid == 0), "anonymous visitors");
        let mut of: HashMap<i64, usize> = HashMap::new();
        for session in snapshot.sessions.iter().filter(|session| session.userid != 0) {
            let user = snapshot.user(session.userid).expect("owner");
            assert!(session.timecreated <= session.timemodified && session.timemodified <= snapshot.at / SECOND);
            *of.entry(user.id).or_default() += 1;
            ahead += usize::from(session.timemodified > user.lastaccess && session.lastip != user.lastip);
            orphans += usize::from(school.whereabouts(user.id, snapshot.at).is_none());
        }
        two += of.values().filter(|count| **count >= 2).count();
    }
    assert!(ahead > 10 && orphans > 100 && two > 10, "{ahead} ahead, {orphans} orphans, {two} with two");
}

#[test]
fn a_real_week_has_days_nights_and_a_weekend() {
    let zone = TimeZone::get("Europe/Berlin").expect("zone");
    let plan = Plan { students: 60, pace: Pace::Real(zone), ..Plan::default() };
    let school = School::new(&plan);
    let at = |text: &str| text.parse::<jiff::Timestamp>().expect("instant").as_millisecond();
    // 24 November 2026 is a Tuesday; Berlin is one hour ahead of UTC.
    assert!(online(&school.at(at("2026-11-24T09:30:00Z"))).len() > 20);
    assert_eq!(online(&school.at(at("2026-11-24T03:00:00Z"))).len(), 0);
    assert_eq!(online(&school.at(at("2026-11-28T09:30:00Z"))).len(), 0, "a Saturday");
    let (friday, monday) = (school.at(at("2026-11-27T20:00:00Z")), school.at(at("2026-11-30T05:00:00Z")));
    assert_eq!(friday.users, monday.users, "nothing moves over a weekend");
    let mut before = friday;
    for hour in 0..120 {
        let now = school.at(at("2026-11-30T00:00:00Z") + hour * 3_600_000);
        for (was, is) in before.users.iter().zip(&now.users) {
            assert!(is.lastaccess >= was.lastaccess, "user {} at hour {hour}", is.id);
        }
        before = now;
    }
}

#[test]
fn a_crowd_has_exactly_so_many_online_at_any_time() {
    for (accounts, online) in [(1000, 1000), (5000, 1000)] {
        let school = School::new(&Plan::everybody_online(accounts, online));
        let first = school.at(NOW);
        for step in [0, 1, 59, 600] {
            let snapshot = school.at(NOW + step * SECOND);
            assert_eq!(snapshot.online(61).count(), online);
            assert_eq!(snapshot.sessions.len(), online);
            let moved = snapshot.users.iter().zip(&first.users).filter(|(a, b)| a.lastaccess != b.lastaccess).count();
            assert!(step != 1 || (moved > 0 && moved < online / 20), "{moved} in a second");
        }
    }
}
