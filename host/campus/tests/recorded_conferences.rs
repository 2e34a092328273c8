//! Conferences, calendar and courses against the recordings of a real Moodle.

mod common;

use std::collections::BTreeMap;

use beadle_campus::moodle::ConferenceId;
use common::lab::lab_calendar;
use common::replay::{Replay, keys, types};
use common::{Hand, RECORDED, fixtures};
use serde_json::{Value, json};

/// Replaces what is drawn at random for a meeting, and how many people are in it.
fn blur_meeting(mut value: Value) -> Value {
    if let Value::Array(list) = value {
        return list.into_iter().map(blur_meeting).collect();
    }
    for (name, inner) in value.as_object_mut().into_iter().flatten() {
        match name.as_str() {
            "bigbluebuttonbns" => *inner = blur_meeting(inner.take()),
            "meetingid" => {
                let id = inner.as_str().expect("text");
                assert!(id.is_char_boundary(40) && id[..40].bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
                *inner = json!(id[40..]);
            }
            "guestjoinurl" => *inner = json!(inner.as_str().expect("text").split("uid=").next()),
            "guestpassword" | "moderatorcount" | "participantcount" | "moderatorplural" | "participantplural" => {
                *inner = types(inner);
            }
            _ => {}
        }
    }
    value
}

fn assert_same(name: &str, got: &Value, wanted: &Value) {
    assert_eq!(got, wanted, "{name}");
    assert_eq!(keys(got), keys(wanted), "{name}: order of keys");
}

#[tokio::test]
async fn calendar_and_lists_are_answered_event_by_event_through_all_changes() {
    let Some(folder) = fixtures("moodle") else { return };
    let hand = Hand::at(RECORDED * 1000);
    let replay = Replay::with(&folder, lab_calendar(&folder), &hand).await;
    let hands = replay.campus.moodle().conferences();
    let nothing: &dyn Fn() = &|| ();
    let (lecture, conference) = (ConferenceId::Activity(1), ConferenceId::Event(22));
    let edge_time = || {
        hand.set(1_795_198_376_000);
        hands.move_to(lecture, 1_795_428_000);
        hands.set_closing(lecture, Some(1_795_433_400));
    };
    let edge_name = || {
        hand.set(1_795_198_377_000);
        hands.rename(lecture, "Weekly lecture (online) - new room");
    };
    let edge_conference = || {
        hand.set(1_795_198_385_000);
        hands.move_to(conference, 1_795_705_200);
        hands.set_closing(conference, Some(1_795_705_200 + 3600));
    };
    let steps: [(&str, &dyn Fn()); 22] = [
        ("core_calendar_get_calendar_events.student_default", nothing),
        ("core_calendar_get_calendar_events.student_30_days", nothing),
        ("core_calendar_get_calendar_events.student_30_days_with_group", nothing),
        ("core_calendar_get_calendar_events.student_course_group_category", nothing),
        ("core_calendar_get_calendar_events.by_eventids", nothing),
        ("core_calendar_get_calendar_events.not_enrolled", nothing),
        ("core_calendar_get_calendar_events.service_account", nothing),
        ("mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses.student", nothing),
        ("mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses.teacher", nothing),
        ("mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses.not_enrolled", nothing),
        ("mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses.service_account", nothing),
        ("core_calendar_get_calendar_events.edge_bbbtime_before", nothing),
        ("core_calendar_get_calendar_events.edge_bbbtime_after", &edge_time),
        ("mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses.edge_bbbtime_after", nothing),
        ("core_calendar_get_calendar_events.edge_bbbname_after", &edge_name),
        ("mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses.edge_bbbname_after", nothing),
        ("core_calendar_get_calendar_events.edge_conference_moved", &edge_conference),
        ("core_calendar_get_calendar_events.edge_conference_deleted", &|| hands.cancel(conference)),
        ("core_calendar_get_calendar_event_by_id.edge_conference_deleted", nothing),
        ("core_calendar_get_calendar_events.edge_bbb_deletion_marked", &|| {
            hands.mark_deleted(ConferenceId::Activity(7))
        }),
        ("mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses.edge_bbb_deletion_marked", nothing),
        ("core_calendar_get_calendar_events.edge_course_hidden_after", &|| hands.hide_course(5)),
    ];
    for (name, change) in steps {
        change();
        let (got, mut wanted) = replay.ask(&folder, name).await;
        // This school has no assignments, quizzes and pages.
        if let Some(events) = wanted.get_mut("events").and_then(Value::as_array_mut) {
            events.retain(|event| ["bigbluebuttonbn", ""].contains(&event["modulename"].as_str().unwrap_or_default()));
        }
        assert_same(name, &blur_meeting(got), &blur_meeting(wanted));
    }
}

#[tokio::test]
async fn meetings_are_described_as_recorded() {
    let Some(folder) = fixtures("moodle") else { return };
    let office = ConferenceId::Activity(2);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("folder") {
        let file = entry.expect("entry").file_name().into_string().expect("name");
        let Some(case) = file.strip_prefix("mod_bigbluebuttonbn_meeting_info.").and_then(|f| f.strip_suffix(".json"))
        else {
            continue;
        };
        let mut calendar = lab_calendar(&folder);
        for activity in calendar.activities.iter_mut().filter(|activity| activity.id == 6) {
            activity.guests = case.ends_with("guest_access");
        }
        let hand = Hand::at(RECORDED * 1000);
        let replay = Replay::with(&folder, calendar, &hand).await;
        let hands = replay.campus.moodle().conferences();
        match case {
            "bbb_server_down" => hands.server_down(true),
            "edge_bbb_deletion_marked" => hands.mark_deleted(ConferenceId::Activity(7)),
            "edge_bbbtime_after" => {
                hands.move_to(ConferenceId::Activity(1), 1_795_428_000);
                hands.set_closing(ConferenceId::Activity(1), Some(1_795_433_400));
            }
            case if case.contains("running") => {
                hand.set(1_795_198_182_000);
                hands.begin_meeting(office);
            }
            _ => {}
        }
        let (got, wanted) = replay.ask(&folder, &format!("mod_bigbluebuttonbn_meeting_info.{case}")).await;
        assert_same(case, &blur_meeting(got), &blur_meeting(wanted));
        count += 1;
    }
    assert!(count >= 20, "only {count} recordings found");
}

#[tokio::test]
async fn one_event_is_shown_as_recorded() {
    let Some(folder) = fixtures("moodle") else { return };
    let replay = Replay::with(&folder, lab_calendar(&folder), &Hand::at(RECORDED * 1000)).await;
    for case in ["bigbluebutton", "bigbluebutton_last", "conference", "no_such"] {
        let (got, wanted) = replay.ask(&folder, &format!("core_calendar_get_calendar_event_by_id.{case}")).await;
        assert_same(case, &types(&got), &types(&wanted));
        for (key, value) in wanted["event"].as_object().into_iter().flatten() {
            // The site's zone, its language's words for a day, a key of a session, the course's picture and dates.
            if !["timeusermidnight", "formattedtime", "editurl", "course"].contains(&key.as_str()) {
                assert_eq!(&got["event"][key], value, "{case}: {key}");
            }
        }
        assert_eq!(got["event"]["course"]["fullname"], wanted["event"]["course"]["fullname"], "{case}");
    }
}

#[tokio::test]
async fn courses_and_groups_have_the_recorded_shape() {
    let Some(folder) = fixtures("moodle") else { return };
    let replay = Replay::with(&folder, lab_calendar(&folder), &Hand::at(RECORDED * 1000)).await;
    let names = |course: &Value| ["shortname", "fullname", "displayname"].map(|key| course[key].clone());
    let by_id = |answer: &Value| {
        let list = answer.as_array().or_else(|| answer["courses"].as_array()).expect("list");
        list.iter().map(|course| (course["id"].as_i64().expect("id"), course.clone())).collect::<BTreeMap<_, _>>()
    };
    let lists = ["student", "other_user", "teacher", "of_student_by_admin", "student_without_usercount"]
        .map(|case| format!("core_enrol_get_users_courses.{case}"));
    let fields = ["id", "ids"].map(|case| format!("core_course_get_courses_by_field.{case}"));
    for name in lists.iter().chain(&fields) {
        let (got, wanted) = replay.ask(&folder, name).await;
        let (got, wanted) = (by_id(&got), by_id(&wanted));
        assert_eq!(got.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "{name}");
        for (got, mut wanted) in got.into_values().zip(wanted.into_values()) {
            assert_eq!(names(&got), names(&wanted), "{name}");
            assert_eq!(keys(&got), keys(&wanted), "{name}: order of keys");
            // These are null or not as somebody goes on in a course.
            for key in ["progress", "completed", "lastaccess"] {
                if wanted.get(key).is_some() {
                    wanted[key] = got[key].clone();
                }
            }
            assert_eq!(types(&got), types(&wanted), "{name}");
        }
    }
    let (got, wanted) = replay.ask(&folder, "core_group_get_course_user_groups.student_all_courses").await;
    assert_same("groups", &types(&got), &types(&wanted));
    assert_eq!(got["groups"][0]["name"], wanted["groups"][0]["name"]);
    replay.campus.moodle().conferences().hide_course(5);
    let (got, wanted) = replay.ask(&folder, "core_course_get_courses_by_field.edge_course_hidden_after").await;
    assert_same("hidden", &got, &wanted);
    let (got, wanted) = replay.ask(&folder, "core_enrol_get_users_courses.edge_course_hidden_after").await;
    assert_eq!(by_id(&got).keys().collect::<Vec<_>>(), by_id(&wanted).keys().collect::<Vec<_>>());
}
