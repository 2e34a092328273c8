//! The calendar export, against the recordings of a real Moodle, and as somebody meets it.

mod common;

use std::path::Path;

use beadle_campus::moodle::{Account, Condition};
use common::lab::{lab_calendar, lab_with_courses};
use common::replay::{Answer, Replay, SITE};
use common::{Hand, fixtures, recording};
use serde_json::{Value, json};

/// When the exports were recorded: 2026-11-20 18:07:43 UTC.
const EXPORTED: i64 = 1_795_198_063;

const STUDENT: &str = "userid=3&authtoken=";

async fn lab(folder: &Path) -> Replay {
    Replay::on(lab_with_courses(folder, lab_calendar(folder)), &Hand::at(EXPORTED * 1000)).await
}

/// Sends what a recording sent, with the token that the student has here in place of its own.
async fn replay(replay: &Replay, folder: &Path, name: &str) -> (Value, Answer) {
    let mut recording = recording(folder, name);
    let token = recording["request"]["params"].get_mut("authtoken");
    if let Some(token) = token.filter(|token| token.as_str().is_some_and(|token| token.starts_with("faketoken"))) {
        *token = json!(own_token(replay));
    }
    let answer = replay.send(&recording, None).await;
    (recording, answer)
}

fn own_token(replay: &Replay) -> String {
    let address = replay.campus.moodle().calendar_address(Account::StudentMobile);
    let token = address.split_once(STUDENT).and_then(|(_, rest)| rest.split_once('&')).expect("a token").0;
    assert!(token.len() == 40 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{address}");
    token.to_owned()
}

/// Returns the events of an export, those of conferences and plain ones, which are all that this site has.
fn events<'a>(text: &'a str, simulated: &[&str]) -> Vec<&'a str> {
    let events =
        text.split("BEGIN:VEVENT\r\n").skip(1).map(|event| event.split("END:VEVENT\r\n").next().unwrap_or_default());
    events.filter(|event| simulated.iter().any(|id| event.starts_with(&format!("UID:{id}@")))).collect()
}

#[tokio::test]
async fn exports_read_as_recorded() {
    let Some(folder) = fixtures("moodle") else { return };
    let lab = lab(&folder).await;
    let host = |text: &str| text.replace("@127.0.0.1\r\n", "@moodle.example.test\r\n");
    for name in [
        "all_custom",
        "all_recentupcoming",
        "all_monthnext",
        "categories_monthnow",
        "courses_monthnow",
        "groups_monthnow",
        "user_weeknow",
    ] {
        let (recording, answer) = replay(&lab, &folder, &format!("calendar_export.{name}.meta")).await;
        lab.assert_envelope(name, &recording, &answer);
        let wanted = std::fs::read_to_string(folder.join(format!("calendar_export.{name}.ics"))).expect("a recording");
        let got = host(&answer.text);
        // What modules put into it is not part of this site.
        let simulated = ["13", "25", "24", "12", "23", "26", "27", "22", "16", "17", "28", "29", "15"];
        let (got_events, wanted_events) = (events(&got, &simulated), events(&wanted, &simulated));
        for (got, wanted) in got_events.iter().zip(&wanted_events) {
            assert_eq!(got, wanted, "{name}");
        }
        assert_eq!(got_events.len(), wanted_events.len(), "{name}");
        let frame =
            |text: &str| (text.split("BEGIN:VEVENT").next().map(str::to_owned), text.ends_with("END:VCALENDAR\r\n"));
        assert_eq!(frame(&got), frame(&wanted), "{name}");
    }
}

#[tokio::test]
async fn what_is_no_address_is_answered_as_recorded() {
    let Some(folder) = fixtures("moodle") else { return };
    let lab = lab(&folder).await;
    for name in ["bad_token", "bad_preset", "no_token"] {
        let (recording, answer) = replay(&lab, &folder, &format!("calendar_export.{name}")).await;
        lab.assert_envelope(name, &recording, &answer);
        let location = recording["headers"]["Location"].as_str().map(|to| to.replace(SITE, &lab.campus.moodle_url));
        assert_eq!(answer.location, location, "{name}");
        if name == "bad_token" {
            assert_eq!(answer.text, recording["body_text"]);
        }
    }
}

#[tokio::test]
async fn an_export_needs_no_web_service_and_its_address_ends_with_the_password() {
    let clock: beadle_campus::school::Clock = std::sync::Arc::new(|| 1_795_428_000_000);
    let campus = beadle_campus::Campus::start(beadle_campus::Options::default().on(clock)).await.expect("campus");
    let get = async |address: String| {
        let answer = common::client().get(address).send().await.expect("answer");
        assert_eq!(answer.status(), 200);
        answer.text().await.expect("text")
    };
    let moodle = campus.moodle();
    moodle.set(Condition::WebServicesDisabled, true);
    let address = moodle.calendar_address(Account::StudentMobile);
    let text = get(address.clone()).await;
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.contains("DTSTAMP:20261123T100000Z\r\n"), "{text}");
    moodle.refuse_calendar_addresses();
    assert_eq!(get(address).await, "Invalid authentication");
    let renewed = get(moodle.calendar_address(Account::StudentMobile)).await;
    assert_eq!(renewed, text);
}
