//! Looks at recorded exports of a real site, and at exports as they should not be.

use std::collections::BTreeMap;

use beadle_sdk::Error;
use beadle_sdk::bindings::imports::beadle::catalog::catalog::Sighting as Item;
use beadle_sdk::catalog::Moment;
use beadle_sdk::fixtures;
use beadle_sdk::jiff::tz::TimeZone;
use proptest::prelude::*;

use super::super::{Course, Looked, Wanted};
use super::*;
use crate::dates::Reader;
use crate::memory::Memory;
use crate::settings::Settings;

/// 2026-11-20 18:07:43 UTC, when the recordings were made.
const NOW: i64 = 1_795_198_063;

/// The courses of the recorded site.
const COURSES: [(u64, &str); 4] = [(2, "PHYS101"), (3, "HIST200"), (4, "BIO300"), (5, "CHEM400")];

fn look_with(text: &str, courses: &[(u64, &str)], settings: serde_json::Value) -> Result<Looked, Error> {
    let mut whole = json!({ "collect": "calendar", "source": "ical" });
    whole.as_object_mut().expect("an object").extend(settings.as_object().cloned().unwrap_or_default());
    let settings: Settings = serde_json::from_value(whole).expect("the settings are read");
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    let mut progress = |_: &str, _: usize, _: usize| {};
    let course = |&(id, short_name): &(u64, &str)| Course {
        id,
        begins: None,
        short_name: short_name.to_owned(),
        home: Some("https://school.example".to_owned()),
    };
    let courses: Vec<Course> = courses.iter().map(course).collect();
    let wanted = Wanted {
        settings: &settings,
        courses: &courses,
        memory: &Memory::default(),
        now: 0,
        take: &mut |_| Ok(()),
        first_since: 0,
        reader: Reader { languages: &settings.languages, zone: &zone },
        language: "en",
        progress: &mut progress,
    };
    tell_all(text, NOW, &wanted)
}

fn look(text: &str) -> Looked {
    look_with(text, &COURSES, json!({})).expect("it is read")
}

/// An export with these events, as Moodle breaks lines.
fn export(events: &[&str]) -> String {
    let events: Vec<String> = events.iter().map(|event| format!("BEGIN:VEVENT\n{event}\nEND:VEVENT\n")).collect();
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{}END:VCALENDAR\n", events.concat()).replace('\n', "\r\n")
}

fn event(id: u64, rest: &str) -> String {
    format!("UID:{id}@moodle.school.example\nSUMMARY:Event {id}\nDTSTAMP:20261120T180743Z\n{rest}")
}

fn items(looked: Looked) -> BTreeMap<String, Item> {
    looked.scopes.into_iter().flat_map(|scope| scope.items).map(|item| (item.key.clone(), item)).collect()
}

fn keys(looked: Looked) -> Vec<String> {
    items(looked).into_keys().collect()
}

fn schedule(item: &Item) -> &str {
    let found = item.aspects.iter().find(|aspect| aspect.name == "schedule");
    found.and_then(|aspect| aspect.value.as_deref()).expect("it has a beginning")
}

#[test]
fn a_recorded_export_is_told_course_by_course() {
    let Some(text) = fixtures::text("calendar_export.all_recentupcoming.ics") else { return };
    let looked = look(&text);
    assert_eq!(looked.failures, []);
    let scopes: Vec<(&str, Option<&str>, usize)> =
        looked.scopes.iter().map(|scope| (scope.scope.as_str(), scope.course.as_deref(), scope.items.len())).collect();
    assert_eq!(
        scopes,
        [
            ("calendar/-", None, 3),
            ("calendar/2", Some("course/2"), 14),
            ("calendar/3", Some("course/3"), 5),
            ("calendar/4", Some("course/4"), 3),
            ("calendar/5", Some("course/5"), 1),
        ]
    );
    assert!(looked.scopes.iter().all(|scope| scope.complete && scope.unsure.is_empty()));
    let items = items(looked);
    let title = |key: &str| items[key].title.as_deref().expect("a title");
    assert_eq!(title("event/17"), "Q&A conference \"cells\" is scheduled for");
    assert_eq!(items["event/23"].body.as_deref(), Some("Room B 12 & stream"));
    assert!(
        items["event/23"].details.contains(r#""minutes":120,"place":"Room B 12""#),
        "{}",
        items["event/23"].details
    );
    assert_eq!(items["event/1"].body.as_deref(), Some("Solve the sheet.\n* v(t)\n* s(t) < 5 m"));
    let folded = items["event/22"].body.as_deref().expect("a body");
    assert!(folded.ends_with("[1] https://bbb.example.test/b/abc-def"), "{folded:?}");
    assert_eq!(schedule(&items["event/3"]), "2026-11-17T17:00:00Z");
    assert_eq!(items["event/3"].url.as_deref(), Some("https://school.example/calendar/view.php?course=2"));
    assert_eq!((items["event/25"].course.as_deref(), items["event/25"].body.as_deref()), (None, None));
    assert!(items.values().all(|item| item.kind == "calendar_event"), "nothing is joined to an activity by its words");
}

#[test]
fn two_exports_of_the_same_events_are_the_same() {
    let Some(text) = fixtures::text("calendar_export.all_recentupcoming.ics") else { return };
    let later = text.replace("DTSTAMP:20261120T180743Z", "DTSTAMP:20261120T190000Z");
    let later = later.replace("LAST-MODIFIED:20261120T1801", "LAST-MODIFIED:20261120T1811");
    assert_ne!(text, later);
    assert_eq!(items(look(&text)), items(look(&later)));
}

#[test]
fn what_both_sources_tell_has_one_identity_and_the_same_aspects() {
    let Some(text) = fixtures::text("calendar_export.all_recentupcoming.ics") else { return };
    let Some(answer) = fixtures::body("core_calendar_get_calendar_events.student_30_days.json") else { return };
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    let items = items(look(&text));
    let plain = |event: &&serde_json::Value| event["modulename"].is_null();
    for event in answer["events"].as_array().expect("a list").iter().filter(plain) {
        let item = &items[&format!("event/{}", event["id"])];
        let at = Timestamp::from_second(event["timestart"].as_i64().expect("a time")).expect("an instant");
        assert_eq!(schedule(item), at.to_string());
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            words(item.title.as_deref().expect("a title")),
            words(&html::plain(event["name"].as_str().expect("a name")))
        );
    }
}

#[test]
fn what_has_passed_or_is_farther_than_anything_seen_is_not_missed() {
    let day = |days: i64| millis(NOW + days * DAY);
    let range =
        |looked: &Looked| looked.scopes.iter().map(|scope| scope.range.expect("a range")).next().expect("a scope");
    let empty = look(&export(&[]));
    assert_eq!((range(&empty).from, range(&empty).until), (day(0), day(60)), "the least that an export looks ahead");
    assert_eq!(empty.scopes.len(), 5, "an empty calendar is one in which everything is gone");
    assert!(empty.scopes.iter().all(|scope| scope.complete && scope.items.is_empty()));
    // 2027-03-01 12:00 UTC.
    let far = look(&export(&[&event(1, "DTSTART:20270301T120000Z")]));
    assert_eq!(range(&far).until, 1_803_902_401_000, "as far as the furthest, itself included");
    let item = &far.scopes[0].items[0];
    assert!(item.at.is_some_and(|at| at < range(&far).until));
}

#[test]
fn a_course_is_found_by_its_short_name_alone() {
    let events = export(&[
        &event(1, "DTSTART:20261201T120000Z\nCATEGORIES:R&amp\\;D 1"),
        &event(2, "DTSTART:20261201T120000Z\nCATEGORIES:Twice"),
        &event(3, "DTSTART:20261201T120000Z\nCATEGORIES:Latin\\, Greek"),
        &event(4, "DTSTART:20261201T120000Z\nCATEGORIES:Latin"),
    ]);
    let courses = [(2, "R&D 1"), (3, "Twice"), (4, "Twice"), (5, "Latin, Greek"), (6, "")];
    let courses_of = |settings: serde_json::Value| {
        let looked = look_with(&events, &courses, settings).expect("it is read");
        let scopes: Vec<String> = looked.scopes.iter().map(|scope| scope.scope.clone()).collect();
        (items(looked).into_iter().map(|(key, item)| (key, item.course)).collect::<Vec<_>>(), scopes)
    };
    let course = |number: u64| Some(format!("course/{number}"));
    let (found, _) = courses_of(json!({}));
    let expected = [("event/1", course(2)), ("event/2", None), ("event/3", course(5)), ("event/4", None)];
    assert_eq!(found, expected.map(|(key, course)| (key.to_owned(), course)));
    let (found, scopes) = courses_of(json!({ "courses": [5] }));
    let expected = [("event/2", None), ("event/3", course(5)), ("event/4", None)];
    assert_eq!(found, expected.map(|(key, course)| (key.to_owned(), course)), "course 2 is not to be looked at");
    assert_eq!(scopes, ["calendar/-", "calendar/5"]);
}

#[test]
fn days_stay_days_and_hours_are_those_of_their_zones() {
    let windows = "DTSTART;TZID=W. Europe Standard Time:20261201T100000";
    let text = export(&[
        &event(1, "DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261203"),
        &event(2, "DTSTART;TZID=America/New_York:20261201T100000\nDTEND;TZID=America/New_York:20261201T113000"),
        &event(3, "DTSTART:20261201T100000"),
        &event(4, &format!("{windows}\nDURATION:PT45M")),
        // The hour that the clocks show twice, and the one that they leave out.
        &event(5, "DTSTART;TZID=Europe/Berlin:20261025T023000"),
        &event(6, "DTSTART;TZID=Europe/Berlin:20270328T023000"),
    ]);
    let looked = look(&text);
    assert_eq!(looked.failures, []);
    let items = items(looked);
    let told = |id: u64| schedule(&items[&format!("event/{id}")]).to_owned();
    assert_eq!(items["event/1"].starts, Some(Moment::Day("2026-12-01".to_owned())));
    assert_eq!([told(1), told(2), told(3)], ["2026-12-01", "2026-12-01T15:00:00Z", "2026-12-01T09:00:00Z"]);
    assert_eq!([told(4), told(5), told(6)], ["2026-12-01T09:00:00Z", "2026-10-25T00:30:00Z", "2027-03-28T01:30:00Z"]);
    let minutes = |id: u64| items[&format!("event/{id}")].details.clone();
    assert_eq!([minutes(1), minutes(2), minutes(4)], [r#"{"minutes":null}"#, r#"{"minutes":90}"#, r#"{"minutes":45}"#]);
}

#[test]
fn what_repeats_is_told_one_by_one_and_not_for_ever() {
    let weekly = "DTSTART;TZID=Europe/Berlin:20261117T100000\nRRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Berlin:20261124T100000";
    let moved = "RECURRENCE-ID;TZID=Europe/Berlin:20261201T100000\nDTSTART;TZID=Europe/Berlin:20261202T150000";
    let looked = look(&export(&[
        &event(7, weekly),
        &event(7, moved),
        &event(8, "DTSTART;VALUE=DATE:20200101\nRRULE:FREQ=YEARLY"),
    ]));
    assert_eq!(looked.failures, []);
    let items = items(looked);
    let told: Vec<(&str, &str)> = items.iter().map(|(key, item)| (key.as_str(), schedule(item))).collect();
    assert_eq!(
        told,
        [
            ("event/7@20261117T090000Z", "2026-11-17T09:00:00Z"),
            ("event/7@20261201T090000Z", "2026-12-02T14:00:00Z"),
            ("event/7@20261208T090000Z", "2026-12-08T09:00:00Z"),
            ("event/8@2027-01-01", "2027-01-01"),
        ]
    );
    for rule in ["FREQ=SECONDLY", "FREQ=HOURLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;X=1", "FREQ=NEVER"] {
        let looked = look(&export(&[
            &event(9, &format!("DTSTART:20261201T100000Z\nRRULE:{rule}")),
            &event(1, "DTSTART:20261201T100000Z"),
        ]));
        let others = items_but(looked, "event/9");
        assert_eq!(others, ["event/1"], "{rule}");
    }
}

/// Returns the keys of what is no part of a series.
fn items_but(looked: Looked, series: &str) -> Vec<String> {
    keys(looked).into_iter().filter(|key| !key.starts_with(series)).collect()
}

#[test]
fn what_is_broken_leaves_the_others_standing_and_is_not_missed() {
    let good = "DTSTART:20261201T100000Z";
    let text = export(&[
        &event(1, good),
        &event(2, "DTSTART:tomorrow"),
        &event(3, "DTSTART:20261345T100000Z"),
        &event(4, "DTSTART;TZID=Mars/Olympus:20261201T100000"),
        &event(5, "SUMMARY:no beginning"),
        &event(1, "DTSTART:20261224T100000Z"),
        &event(6, &format!("{good}\nSTATUS:CANCELLED")),
        &event(7, good),
    ]);
    let looked = look(&text);
    let failed: Vec<&str> =
        looked.failures.iter().map(|(what, _)| what.split(" of ").next().expect("a name")).collect();
    assert_eq!(failed, ["event/2", "event/3", "event/4", "event/5", "a second event/1"]);
    for scope in &looked.scopes {
        assert!(scope.complete && scope.unsure == ["event/2", "event/3", "event/4", "event/5"], "{scope:?}");
    }
    let found = items(looked);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["event/1", "event/7"]);
    assert_eq!(schedule(&found["event/1"]), "2026-12-01T10:00:00Z", "the first stands");
}

#[test]
fn without_an_end_or_a_number_nothing_at_all_is_missed() {
    let whole = export(&[&event(1, "DTSTART:20261201T100000Z"), &event(2, "DTSTART:20261202T100000Z")]);
    let nameless = export(&["SUMMARY:Whose?\nDTSTART:20261201T100000Z", &event(1, "DTSTART:20261201T100000Z")]);
    let endless = whole.replacen("END:VEVENT\r\n", "", 1);
    let cut = &whole[..whole.rfind("END:VEVENT").expect("it is there")];
    for (text, expected, complete) in [
        (nameless.as_str(), &["event/1"][..], false),
        (cut, &["event/1"], false),
        (endless.as_str(), &["event/2"], true),
    ] {
        let looked = look(text);
        assert!(looked.scopes.iter().all(|scope| scope.complete == complete), "{text}");
        assert!(!looked.failures.is_empty());
        assert_eq!(keys(looked), expected);
    }
    for text in ["", "Invalid authentication", "<html>", "BEGIN:VCARD\r\nEND:VCARD\r\n", "Überraschung!!!"] {
        assert!(matches!(look_with(text, &COURSES, json!({})), Err(Error::Invalid(_))), "{text:?}");
    }
}

/// Ten thousand events, one of whose descriptions is two megabytes, and a thousand that are broken.
#[test]
fn a_large_export_is_read_in_linear_time() {
    let long = "words\\n".repeat(300_000);
    let mut text = String::from("BEGIN:VCALENDAR\r\n");
    for id in 0..11_000_u64 {
        let start = if id < 1_000 { "DTSTART:never" } else { "DTSTART:20261201T100000Z" };
        let body = if id == 5_000 {
            long.as_str()
        } else {
            "A lecture about whatever it is, in the usual room of the usual house, for everybody who came."
        };
        text.push_str(&format!(
            "BEGIN:VEVENT\r\n{}\r\nDESCRIPTION:{body}\r\nEND:VEVENT\r\n",
            event(id, start).replace('\n', "\r\n")
        ));
    }
    text.push_str("END:VCALENDAR\r\n");
    let looked = look(&text);
    assert_eq!(looked.failures.len(), TOLD + 1);
    assert_eq!(looked.failures[TOLD].0, "980 more events of the calendar export");
    assert_eq!(looked.scopes[0].items.len(), 10_000);
}

proptest! {
    /// Whatever stands between the first line and the last: it is read, or left out, and never told twice.
    #[test]
    fn any_lines_are_read_or_left_out(lines in proptest::collection::vec(line(), 0..40)) {
        let text = format!("BEGIN:VCALENDAR\r\n{}\r\nEND:VCALENDAR\r\n", lines.join("\r\n"));
        let looked = look(&text);
        let mut told: Vec<String> = looked.scopes.into_iter().flat_map(|scope| scope.items).map(|item| item.key).collect();
        let all = told.len();
        told.sort();
        told.dedup();
        prop_assert_eq!(told.len(), all);
    }
}

fn line() -> impl Strategy<Value = String> {
    const PIECES: [&str; 16] = [
        "BEGIN:VEVENT",
        "END:VEVENT",
        "UID:1@x",
        "UID:two",
        "SUMMARY:Q&amp\\;A",
        "DTSTART:20261201T100000Z",
        "DTSTART;VALUE=DATE:20261201",
        "DTSTART;TZID=Europe/Berlin:20261025T023000",
        "DTEND:20261201T090000Z",
        "RRULE:FREQ=DAILY;COUNT=3",
        "RECURRENCE-ID:20261202T100000Z",
        "DURATION:-PT5M",
        "BEGIN:VTIMEZONE",
        "END:VTIMEZONE",
        "\tfolded",
        "BEGIN:VALARM",
    ];
    prop_oneof![4 => proptest::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => "\\PC{0,20}"]
}
