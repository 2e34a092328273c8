//! Cases that were not recorded.

use super::*;

const LINK: &str = "<a href='https://zoom.us/j/1?a=1&amp;b=2'>x</a>";

fn events_of(seen: &Seen) -> Vec<u64> {
    seen.sightings.iter().map(|sighting| sighting.event).collect()
}

fn stood(event: u64, start: i64) -> BTreeMap<u64, Conference> {
    let kind = Kind::Link;
    BTreeMap::from([(event, Conference { start, end: start + 3600, kind, ..crate::samples::conference() })])
}

#[test]
fn a_conference_is_what_leads_to_a_meeting_and_not_a_deadline_or_somebody_s_own() {
    let mut quiz = event(5, "close", LINK);
    quiz["modulename"] = "quiz".into();
    let mut other = event(6, "lesson", LINK);
    other["modulename"] = "classroom".into();
    let mut unseen = event(7, "course", LINK);
    unseen["visible"] = 0.into();
    let events = [event(3, "course", LINK), event(4, "user", LINK), quiz, other, unseen, event(8, "site", "no link")];
    let mut site = Told::default().events(&events).says(EVENT, placed(8, "Room 1"));
    let seen = site.fetch().expect("it answers");
    assert_eq!(events_of(&seen), [3, 6]);
    assert_eq!(seen.sightings[0].link.as_deref(), Some("https://zoom.us/j/1?a=1&b=2"));
    assert_eq!(seen.sightings[0].end, Some(NOW + 7200 + 3600));
}

#[test]
fn the_place_of_an_event_is_asked_for_once_for_each_change_of_it() {
    let place = "Room 1, or https://meet.jit.si/Room1";
    let told = || Told::default().events(&[event(3, "course", ""), event(4, "course", LINK)]);
    let mut site = told().says(EVENT, placed(3, place));
    let seen = site.fetch().expect("it answers");
    assert_eq!((events_of(&seen), site.calls(EVENT)), (vec![3, 4], 1));
    assert_eq!(seen.sightings[0].link.as_deref(), Some("https://meet.jit.si/Room1"));
    let seen = site.fetch().expect("it answers");
    assert_eq!((events_of(&seen), site.calls(EVENT)), (vec![3, 4], 0));
    let mut edited = event(3, "course", "");
    edited["timemodified"] = 6.into();
    let mut site = Told { looked: site.looked, ..Told::default().events(&[edited]).says(EVENT, placed(3, "Room 1")) };
    let seen = site.fetch().expect("it answers");
    assert_eq!((events_of(&seen), site.calls(EVENT)), (vec![], 1), "the link is gone");
}

#[test]
fn a_place_that_cannot_be_asked_for_keeps_the_link_that_stood() {
    let mut site =
        Told::default().events(&[event(3, "course", "")]).fails(EVENT, Error::Unavailable("slow".to_owned()));
    assert_eq!(events_of(&site.fetch().expect("it answers")), Vec::<u64>::new());
    assert!(site.looked.is_empty(), "so that it is asked for again");
    site.before = stood(3, NOW + 7200);
    assert_eq!(events_of(&site.fetch().expect("it answers")), [3]);
    site.denied = vec![EVENT];
    assert_eq!(events_of(&site.fetch().expect("it answers")), Vec::<u64>::new(), "it will never be known");
}

#[test]
fn the_operator_s_patterns_count() {
    let mut site = Told::default().events(&[event(3, "course", LINK), event(4, "course", "https://live.example/7")]);
    site.patterns = vec!["^https://live\\.example/".to_owned()];
    site.denied = vec![EVENT];
    assert_eq!(events_of(&site.fetch().expect("it answers")), [4]);
}

#[test]
fn without_the_calendar_there_is_no_run() {
    for error in [refused("sitemaintenance"), Error::Unavailable("away".to_owned())] {
        let mut site = Told::default().fails(EVENTS, error.clone());
        assert_eq!(site.fetch(), Err(error));
    }
    let mut site = Told::default().fails(OWN_COURSES, refused("accessexception"));
    assert!(site.fetch().is_err(), "without courses it would see none of their events");
    let mut site = Told::default().says(EVENTS, json!({ "exception": "x", "errorcode": "invalidtoken" }));
    assert!(matches!(site.fetch(), Err(Error::Invalid(_))));
}

#[test]
fn a_meeting_that_fails_leaves_the_others() {
    let near = NOW + 3600;
    let mut site =
        Told::default().events(&[opening(3, 1, near), opening(4, 2, near)]).replies(MEETING, move |arguments| {
            match arguments["bigbluebuttonbnid"].as_u64() {
                Some(1) => Err(refused("general_error_no_answer")),
                _ => Ok(meeting(2, Some(near), Some(near + 60))),
            }
        });
    let seen = site.fetch().expect("it answers");
    let ends: Vec<(Option<i64>, bool)> = seen.sightings.iter().map(|one| (one.end, one.asked)).collect();
    assert_eq!(ends, [(None, false), (Some(near + 60), true)]);
    let link = seen.sightings[1].link.as_deref();
    assert_eq!(link, None, "the list of activities was empty");
}

#[test]
fn meetings_are_asked_while_they_are_near_and_else_once_for_each_change() {
    let far = NOW + 10 * 86_400;
    let events: Vec<Value> = (0..50).map(|number| opening(100 + number, number + 1, far)).collect();
    let mut site = Told::default().events(&events).says(MEETING, meeting(1, Some(far), None));
    site.fetch().expect("it answers");
    assert_eq!(site.calls(MEETING), 20, "a few at a time");
    let asked = |start| Conference {
        start,
        end: start + 60,
        kind: Kind::Bigbluebutton { instance: 1, cmid: None },
        asked: Some(5),
        ..crate::samples::conference()
    };
    // The last one was moved within the second of a change that was seen.
    let (near, begun, over) = (NOW + 86_400, NOW - 30, NOW - 3600);
    for (stood, start, calls) in
        [(far, far, 0), (near, near, 1), (begun, begun, 1), (over, over, 0), (far - 60, far, 1)]
    {
        let mut site = Told::default().events(&[opening(100, 1, start)]).says(MEETING, meeting(1, Some(start), None));
        site.before = BTreeMap::from([(100, asked(stood))]);
        site.fetch().expect("it answers");
        assert_eq!(site.calls(MEETING), calls, "{}", start - NOW);
    }
}

#[test]
fn an_activity_that_opened_and_never_closes_is_asked_once() {
    let mut site =
        Told::default().events(&[opening(3, 1, NOW - 7200)]).says(MEETING, meeting(1, Some(NOW - 7200), None));
    site.fetch().expect("it answers");
    assert_eq!(site.calls(MEETING), 1);
    site.fetch().expect("it answers");
    assert_eq!(site.calls(MEETING), 0);
}

#[test]
fn what_stood_and_is_not_listed_is_asked_for_by_its_number() {
    let later = NOW + 90 * 86_400;
    let mut moved = event(3, "course", LINK);
    moved["timestart"] = later.into();
    let mut site = Told::default().says(EVENT, json!({ "event": moved }));
    site.before = stood(3, NOW + 7200);
    let seen = site.fetch().expect("it answers");
    let Answer::Given(Found::Conference(found)) = &seen.traces[&3].event else { panic!("{:?}", seen.traces) };
    assert_eq!((found.start, found.course), (later, Some(2)));
    assert_eq!(found.title, "Event 3");
    site.before.get_mut(&3).expect("it stood").asked = Some(5);
    let seen = site.fetch().expect("it answers");
    let Answer::Given(Found::Conference(found)) = &seen.traces[&3].event else { panic!("{:?}", seen.traces) };
    assert_eq!(found.title, "Weekly lecture (online)", "it has not changed since, and is known in one language");
    let mut site = Told::default().fails(EVENT, refused("nopermissions"));
    site.before = stood(3, NOW + 7200);
    let seen = site.fetch().expect("it answers");
    assert_eq!(seen.traces[&3].event, Answer::Refused("nopermissions".to_owned()));
}

#[test]
fn an_event_that_is_listed_and_leads_nowhere_needs_no_question() {
    let mut hidden = event(4, "course", LINK);
    hidden["visible"] = 0.into();
    let mut site = Told::default().events(&[event(3, "course", ""), hidden]).says(EVENT, placed(3, "Room 1"));
    site.before = stood(3, NOW + 7200);
    site.before.extend(stood(4, NOW + 7200));
    let seen = site.fetch().expect("it answers");
    assert_eq!(seen.traces[&3].event, Answer::Given(Found::Linkless));
    assert_eq!(seen.traces[&4].event, Answer::Given(Found::Hidden));
    assert_eq!(site.calls(EVENT), 1, "only for the place");
}

#[test]
fn groups_need_the_user_s_events_and_may_be_missing() {
    let groups = json!({ "groups": [{ "id": 1, "courseid": 2 }, { "id": 9, "courseid": 8 }] });
    let mut site = Told::default().says(GROUPS, groups);
    let seen = site.fetch().expect("it answers");
    let arguments = site.arguments(EVENTS);
    assert_eq!(arguments["events"], json!({ "courseids": [2], "groupids": [1] }));
    assert_eq!(arguments["options"]["userevents"], true);
    assert!(!seen.unseen.all_groups);
    for (error, unknown) in [(refused("nopermissions"), false), (Error::Unavailable("slow".to_owned()), true)] {
        let mut site = Told::default().fails(GROUPS, error);
        assert_eq!(site.fetch().expect("it answers").unseen.all_groups, unknown);
        assert_eq!(site.arguments(EVENTS)["events"], json!({ "courseids": [2] }));
    }
}

#[test]
fn the_settings_may_name_the_courses() {
    let list = json!({ "courses": [{ "id": 2, "fullname": "A &amp; B", "visible": 1 }, { "id": 3, "visible": 0 }] });
    let mut site = Told { courses: Some(vec![2, 3]), ..Told::default().says(COURSES, list) };
    let seen = site.fetch().expect("it answers");
    assert_eq!(site.arguments(COURSES)["value"], "2,3");
    assert_eq!(seen.courses, BTreeMap::from([(2, "A & B".to_owned())]), "a hidden course is not open");
    site.denied = vec![COURSES, GROUPS, ACTIVITIES, MEETING, EVENT, OWN_COURSES];
    let seen = site.fetch().expect("it answers");
    assert_eq!(seen.courses.keys().copied().collect::<Vec<_>>(), [2, 3]);
}
