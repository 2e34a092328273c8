//! A real site, as it was recorded.

use beadle_sdk::fixtures::body;

use super::*;
use crate::seen::Sighting;

fn json_of(name: &str) -> Option<Value> {
    body(&format!("{name}.json")).map(|text| serde_json::from_str(&text).expect("a recording is JSON"))
}

/// What a recorded answer is to a plugin: an envelope of an error is a refusal.
fn outcome(answer: &Value) -> Result<Value, Error> {
    match answer.get("exception") {
        Some(_) => Err(Error::Refused {
            code: answer["errorcode"].as_str().unwrap_or_default().to_owned(),
            message: String::new(),
        }),
        None => Ok(answer.clone()),
    }
}

/// The recorded site with another answer of its calendar, seen by a student.
fn site(calendar: &str) -> Option<Told> {
    let meetings = [(1, "student_lecture"), (2, "student_office"), (6, "student_hist"), (7, "student_bio")]
        .map(|(instance, name)| Some((instance, json_of(&format!("{MEETING}.{name}"))?)));
    let meetings: BTreeMap<u64, Value> = meetings.into_iter().collect::<Option<_>>()?;
    let told = Told::default()
        .says(SITE, json_of(&format!("{SITE}.student"))?)
        .says(OWN_COURSES, json_of(&format!("{OWN_COURSES}.student"))?)
        .says(GROUPS, json_of(&format!("{GROUPS}.student_all_courses"))?)
        .says(ACTIVITIES, json_of(&format!("{ACTIVITIES}.student_all_courses"))?)
        .says(EVENTS, json_of(&format!("{EVENTS}.{calendar}"))?)
        .replies(EVENT, |arguments| Ok(placed(arguments["eventid"].as_u64().unwrap_or_default(), "")))
        .replies(MEETING, move |arguments| {
            outcome(&meetings[&arguments["bigbluebuttonbnid"].as_u64().expect("a number")])
        });
    Some(told)
}

fn find(seen: &Seen, event: u64) -> &Sighting {
    seen.sightings.iter().find(|sighting| sighting.event == event).expect("it is listed")
}

#[test]
fn its_conferences_are_found_with_names_links_and_ends() {
    let Some(mut site) = site("student_30_days_with_group") else { return };
    let seen = site.fetch().expect("it answers");
    let found: Vec<(u64, &str, Option<i64>)> =
        seen.sightings.iter().map(|one| (one.event, one.title.as_str(), one.end)).collect();
    assert_eq!(
        found,
        [
            (13, "Office hours", Some(1_795_629_686)),
            (12, "Weekly lecture (online)", Some(1_795_343_400)),
            (22, "Conference", Some(1_795_698_000 + 5400)),
            (16, "Conference: 1848Konferenz: 1848", Some(1_795_960_800)),
            (17, "Q&A conference \"cells\"", None),
        ]
    );
    let lecture = find(&seen, 12);
    assert_eq!(lecture.link.as_deref(), Some("http://moodle.example.test/mod/bigbluebuttonbn/view.php?id=17"));
    assert_eq!(lecture.kind, Kind::Bigbluebutton { instance: 1, cmid: Some(17) });
    let plain = find(&seen, 22);
    assert_eq!((plain.link.as_deref(), plain.course), (Some("https://bbb.example.test/b/abc-def"), None));
    assert_eq!(seen.courses[&4], "Biology & \"Life\"");
    assert_eq!(site.arguments(EVENTS)["events"], json!({ "courseids": [2, 3, 4, 5], "groupids": [1] }));
    assert_eq!(site.calls(EVENT), 6, "the tutorial, the guest lecture, the open days and three seminars");
    site.fetch().expect("it answers");
    assert_eq!(site.calls(EVENT), 0);
}

#[test]
fn moved_and_renamed_conferences_keep_their_numbers() {
    let Some(mut moved) = site("edge_bbbtime_after") else { return };
    let moved = moved.fetch().expect("it answers");
    assert_eq!(find(&moved, 12).start, 1_795_428_000);
    let Some(site) = site("edge_conference_moved") else { return };
    let Some(renamed) = json_of(&format!("{ACTIVITIES}.edge_bbbname_after")) else { return };
    let renamed = site.says(ACTIVITIES, renamed).fetch().expect("it answers");
    assert_eq!(find(&renamed, 12).title, "Weekly lecture (online) - new room");
    assert_eq!((find(&renamed, 22).start, find(&renamed, 22).end), (1_795_705_200, Some(1_795_708_800)));
}

#[test]
fn what_was_deleted_leaves_traces_that_tell_so() {
    let Some(site) = site("edge_conference_deleted") else { return };
    let Some(gone) = json_of(&format!("{EVENT}.edge_conference_deleted")) else { return };
    let Some(deleting) = json_of(&format!("{MEETING}.edge_bbb_deletion_marked")) else { return };
    let mut site = site.replies(EVENT, move |_| outcome(&gone));
    site.before = BTreeMap::from([(22, Conference { kind: Kind::Link, ..crate::samples::conference() })]);
    let seen = site.fetch().expect("it answers");
    assert_eq!(seen.traces[&22].event, Answer::Refused("nopermissions".to_owned()));

    let calendar = json_of(&format!("{EVENTS}.edge_bbb_deletion_marked")).expect("it is with the others");
    let list = json_of(&format!("{ACTIVITIES}.edge_bbb_deletion_marked")).expect("it is with the others");
    let mut site = site.says(EVENTS, calendar).says(ACTIVITIES, list).replies(MEETING, move |_| outcome(&deleting));
    let kind = Kind::Bigbluebutton { instance: 7, cmid: Some(23) };
    site.before = BTreeMap::from([(17, Conference { kind, ..crate::samples::conference() })]);
    let traces = &site.fetch().expect("it answers").traces[&17];
    assert_eq!(traces.meeting, Answer::Refused("activityisscheduledfordeletion".to_owned()));
    assert_eq!(traces.activity, Some(false));
}

#[test]
fn an_activity_asked_for_alone_is_the_same_conference() {
    let Some(mut site) = site("edge_bbb_deletion_marked") else { return };
    let Some(alone) = json_of(&format!("{EVENT}.bigbluebutton_last")) else { return };
    site = site.says(EVENT, alone);
    let kind = Kind::Bigbluebutton { instance: 7, cmid: Some(23) };
    site.before = BTreeMap::from([(17, Conference { kind, ..crate::samples::conference() })]);
    let seen = site.fetch().expect("it answers");
    let Answer::Given(Found::Conference(found)) = &seen.traces[&17].event else { panic!("{:?}", seen.traces) };
    assert_eq!((found.title.as_str(), found.start, found.course), ("Q&A conference \"cells\"", 1_796_196_600, Some(4)));
    assert_eq!(found.kind, kind, "its number there is another");
}

#[test]
fn a_hidden_course_is_not_open_any_more() {
    let Some(site) = site("edge_course_hidden_after") else { return };
    let Some(courses) = json_of(&format!("{OWN_COURSES}.edge_course_hidden_after")) else { return };
    let seen = site.says(OWN_COURSES, courses).fetch().expect("it answers");
    assert_eq!(seen.courses.keys().copied().collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn warnings_name_what_was_not_seen_and_their_traces_are_not_kept() {
    let Some(mut course) = site("not_enrolled") else { return };
    let seen = course.fetch().expect("it answers");
    assert_eq!(seen.unseen.courses, [5].into());
    assert!(!format!("{seen:?}").contains("externallib"));
    let Some(mut event) = site("service_account") else { return };
    assert_eq!(event.fetch().expect("it answers").unseen.events, [23].into());
}

#[test]
fn guests_passwords_and_links_to_join_with_are_not_read() {
    let Some(secret) = json_of(&format!("{MEETING}.teacher_guest_access")) else { return };
    let Some(site) = site("student_30_days_with_group") else { return };
    let seen = site.says(MEETING, secret).fetch().expect("it answers");
    let all = format!("{seen:?}");
    assert!(!["fakegues", "guest.php", "bbb_view.php", "faketoken"].iter().any(|word| all.contains(word)), "{all}");
}
