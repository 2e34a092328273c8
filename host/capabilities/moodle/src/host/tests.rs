use std::sync::Arc;

use beadle_campus::moodle::Account as Known;
use beadle_campus::{Campus, Options};
use beadle_egress::{Egress, Redactor, Settings};
use beadle_plan::{Instant, LimitHit, Limits};

use super::wit::Host;
use super::*;
use crate::{Account, NoKeeper, SiteSettings};

const INFO: &str = "core_webservice_get_site_info";
const BY_FIELD: &str = "core_user_get_users_by_field";

async fn campus() -> (Campus, Site) {
    let clock: beadle_campus::school::Clock = Arc::new(|| 1_795_428_000_000);
    let campus = Campus::start(Options::default().on(clock)).await.unwrap();
    let account = Account::Token(Known::ManagerMobile.token().into());
    let settings = SiteSettings::new("main", campus.moodle_url.parse().unwrap(), account);
    let egress = Egress::new(Settings::default()).unwrap();
    let site = Site::new(settings, &egress, Arc::new(NoKeeper), Redactor::new()).unwrap();
    (campus, site)
}

fn grants(safe: &[&str], unsafe_: &[&str]) -> Grants {
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Grants { moodle: list(safe), moodle_unsafe: list(unsafe_), ..Grants::default() }
}

fn call(function: &str, arguments: &str) -> wit::Request {
    wit::Request { function: function.to_owned(), arguments: arguments.to_owned() }
}

fn denied(answer: &Result<String, wit::Error>) -> &str {
    match answer {
        Err(wit::Error::Denied(text)) => text,
        other => panic!("should be denied: {other:?}"),
    }
}

#[tokio::test]
async fn answers_stand_in_the_order_of_the_calls() {
    let (campus, site) = campus().await;
    let grants = grants(&[INFO, "core_course_get_contents", "mod_assign_get_assignments"], &[]);
    let mut stage = Stage::new(Limits::default(), true);
    let mut view = MoodleView { plugin: "online", grants: &grants, site: Some(&site), stage: &mut stage };
    let answers = view
        .call_many(vec![
            call(INFO, "{}"),
            call("core_user_get_users_by_field", "{}"),
            call("core_course_get_contents", r#"{"courseid": 2}"#),
            call("core_course_view_course", r#"{"courseid": 2}"#),
            call(INFO, "[]"),
        ])
        .await
        .unwrap();
    assert!(answers[0].as_ref().unwrap().contains("sitename"));
    assert!(denied(&answers[1]).contains(r#"moodle = ["core_user_get_users_by_field"]"#));
    assert!(
        matches!(&answers[2], Err(wit::Error::Refused(refusal)) if refusal.code == "accessexception"),
        "{:?}",
        answers[2]
    );
    assert!(denied(&answers[3]).contains(r#"moodle-unsafe = ["core_course_view_course"]"#));
    assert!(matches!(&answers[4], Err(wit::Error::Invalid(_))));
    assert_eq!(campus.faults().count("core_course_view_course"), 0);
    let (reads, _) = stage.take_report(Instant::from_millis(0));
    assert_eq!(reads.len(), 5);
    assert_eq!((reads[0].from.as_str(), reads[0].error.is_none()), ("moodle:core_webservice_get_site_info", true));
    assert!(reads[0].size > 100 && reads[3].error.is_some());
}

#[tokio::test]
async fn unsafe_functions_are_called_when_named_and_never_in_a_dry_run() {
    let (campus, site) = campus().await;
    let grants = grants(&[], &["mod_assign_get_submission_status"]);
    for (dry, sent) in [(true, false), (false, true)] {
        let mut stage = Stage::new(Limits::default(), dry);
        let mut view = MoodleView { plugin: "online", grants: &grants, site: Some(&site), stage: &mut stage };
        let answer = view.call(call("mod_assign_get_submission_status", r#"{"assignid": 1}"#)).await.unwrap();
        assert_eq!(campus.faults().count("mod_assign_get_submission_status") > 0, sent);
        match answer {
            Err(wit::Error::Denied(text)) => assert!(dry && text.contains("dry run"), "{text}"),
            other => assert!(!dry, "{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_batch_is_decided_call_by_call() {
    let (campus, site) = campus().await;
    let grants = grants(&[BY_FIELD, INFO], &["core_course_view_course"]);
    let mut stage = Stage::new(Limits::default(), true);
    let mut view = MoodleView { plugin: "online", grants: &grants, site: Some(&site), stage: &mut stage };
    let batch = |requests: &str| call(BATCH, &format!(r#"{{"requests": [{requests}]}}"#));
    let good = r#"{"function": "core_webservice_get_site_info", "arguments": "{}"}"#;
    let answer = view.call(batch(good)).await.unwrap().unwrap();
    assert!(
        answer.contains("responses") && answer.contains("sitename") && !answer.contains("userprivateaccesskey"),
        "{answer}"
    );

    let sent = campus.faults().count(BATCH);
    for (bad, part) in [
        (r#"{"function": "core_course_get_contents", "arguments": "{}"}"#, "core_course_get_contents"),
        (r#"{"function": "core_course_view_course", "arguments": "{}"}"#, "dry run"),
        (r#"{"function": "Core_Course_View_Course", "arguments": "{}"}"#, "no name"),
    ] {
        let answer = view.call(batch(&format!("{good}, {bad}"))).await.unwrap();
        assert!(denied(&answer).contains(part), "{answer:?}");
    }
    for bad in [
        r#"{"function": "tool_mobile_call_external_functions", "arguments": "{}"}"#.to_owned(),
        r#"{"function": "core_webservice_get_site_info", "arguments": "{"}"#.to_owned(),
    ] {
        let answer = view.call(batch(&bad)).await.unwrap();
        assert!(matches!(answer, Err(wit::Error::Invalid(_))), "{answer:?}");
    }
    // Two functions under one key: what is decided about is what is sent.
    let twice = r#"{"function": "core_course_get_contents", "function": "core_webservice_get_site_info"}"#;
    assert!(view.call(batch(twice)).await.unwrap().is_ok());
    let body = campus.faults().requests_to(BATCH).last().unwrap().text();
    assert!(!body.contains("core_course_get_contents"), "{body}");
    assert_eq!(campus.faults().count(BATCH), sent + 1);
}

#[tokio::test]
async fn no_grant_no_site_no_call() {
    let (campus, site) = campus().await;
    let none = Grants::default();
    let mut stage = Stage::new(Limits::default(), false);
    let mut view = MoodleView { plugin: "online", grants: &none, site: Some(&site), stage: &mut stage };
    assert!(denied(&view.call(call(INFO, "{}")).await.unwrap()).contains("[plugins.online]"));
    let granted = grants(&[INFO], &[]);
    let mut view = MoodleView { plugin: "online", grants: &granted, site: None, stage: &mut stage };
    assert!(denied(&view.call(call(INFO, "{}")).await.unwrap()).contains("sites"));
    assert_eq!(campus.faults().total(), 0);
}

#[tokio::test]
async fn the_runs_limits_hold() {
    let (_campus, site) = campus().await;
    let grants = grants(&[INFO], &[]);
    let mut stage = Stage::new(Limits { host_calls: 3, responses: 600, ..Limits::default() }, false);
    let mut view = MoodleView { plugin: "online", grants: &grants, site: Some(&site), stage: &mut stage };
    let error = view.call_many(vec![call(INFO, "{}"), call(INFO, "{}")]).await.unwrap_err();
    assert_eq!(error.downcast_ref::<LimitHit>(), Some(&LimitHit::Responses(600)));
    let error = view.call_many(vec![call(INFO, "{}"), call(INFO, "{}")]).await.unwrap_err();
    assert_eq!(error.downcast_ref::<LimitHit>(), Some(&LimitHit::HostCalls(3)));
}

/// One list of calls may name a thousand large answers: they are not all fetched before somebody counts.
#[tokio::test]
async fn what_goes_beyond_the_limit_is_not_asked_for() {
    let (campus, site) = campus().await;
    let grants = grants(&[INFO], &[]);
    let mut stage = Stage::new(Limits { responses: 600, ..Limits::default() }, false);
    let mut view = MoodleView { plugin: "online", grants: &grants, site: Some(&site), stage: &mut stage };
    let error = view.call_many((0..100).map(|_| call(INFO, "{}")).collect()).await.unwrap_err();
    assert_eq!(error.downcast_ref::<LimitHit>(), Some(&LimitHit::Responses(600)));
    let asked = campus.faults().count(beadle_campus::faults::Matcher::function(INFO));
    assert!(asked <= 2 * AT_A_TIME, "some were under way: {asked}");
}

#[tokio::test]
async fn the_calendar_export_is_granted_counted_and_listed() {
    let clock: beadle_campus::school::Clock = Arc::new(|| 1_795_428_000_000);
    let campus = Campus::start(Options::default().on(clock)).await.unwrap();
    let address = campus.moodle().calendar_address(Known::StudentMobile);
    let mut settings = SiteSettings::new("main", campus.moodle_url.parse().unwrap(), Account::Nobody);
    settings.calendar = Some(crate::CalendarAddress { address: address.into(), reread: crate::Reread::default() });
    let egress = Egress::new(Settings::default()).unwrap();
    let site = Site::new(settings, &egress, Arc::new(NoKeeper), Redactor::new()).unwrap();
    let (none, granted) = (grants(&[INFO], &[]), grants(&[CALENDAR_EXPORT], &[]));
    let mut stage = Stage::new(Limits::default(), true);
    let mut view = MoodleView { plugin: "changes", grants: &none, site: Some(&site), stage: &mut stage };
    assert!(denied(&view.calendar_export().await.unwrap()).contains(r#"moodle = ["calendar-export"]"#));
    let mut view = MoodleView { plugin: "changes", grants: &granted, site: None, stage: &mut stage };
    assert!(denied(&view.calendar_export().await.unwrap()).contains("sites"));
    assert_eq!(campus.faults().total(), 0);
    let mut view = MoodleView { plugin: "changes", grants: &granted, site: Some(&site), stage: &mut stage };
    let text = view.calendar_export().await.unwrap().unwrap();
    assert!(text.starts_with("BEGIN:VCALENDAR"), "{text}");
    assert!(denied(&view.call(call(CALENDAR_EXPORT, "{}")).await.unwrap()).contains("no name"));
    campus.moodle().refuse_calendar_addresses();
    assert!(matches!(view.calendar_export().await.unwrap(), Err(wit::Error::Unavailable(_))));
    let (reads, _) = stage.take_report(Instant::from_millis(0));
    let export = reads.iter().filter(|read| read.from == "moodle:calendar-export").collect::<Vec<_>>();
    assert_eq!((export.len(), export[2].size, export[2].error.is_none()), (4, text.len() as u64, true));
    let mut stage = Stage::new(Limits { host_calls: 0, ..Limits::default() }, false);
    let mut view = MoodleView { plugin: "changes", grants: &granted, site: Some(&site), stage: &mut stage };
    let error = view.calendar_export().await.unwrap_err();
    assert_eq!(error.downcast_ref::<LimitHit>(), Some(&LimitHit::HostCalls(0)));
}
