//! Every way in which a Moodle says no, and what a plugin is told.

mod support;

use beadle_campus::faults::{Action, Matcher};
use beadle_campus::moodle::{Account as Known, Condition, breakdown};
use beadle_moodle::{Failure, TokenHealth};
use support::{INFO, campus, egress, settings, site, token};

const PEOPLE: &str = "core_user_get_users";
const ALL: &str = r#"{"criteria": [{"key": "lastname", "value": "%"}]}"#;

fn refused(result: &Result<String, Failure>) -> &str {
    match result {
        Err(Failure::Refused { code, .. }) => code,
        other => panic!("should be refused: {other:?}"),
    }
}

fn unavailable(result: Result<String, Failure>) -> String {
    match result {
        Err(Failure::Unavailable(text)) => {
            assert!(text.starts_with("site main: "), "{text}");
            text
        }
        other => panic!("should be unavailable: {other:?}"),
    }
}

#[tokio::test]
async fn answers_and_parameters() {
    let campus = campus().await;
    let site = site(&campus, token(Known::Full));
    assert_eq!(site.token_health(), TokenHealth::Untried);
    let people: serde_json::Value = serde_json::from_str(&site.call(PEOPLE, ALL).await.unwrap()).unwrap();
    assert!(people["users"].as_array().unwrap().len() > 5);
    assert_eq!(site.token_health(), TokenHealth::Good);
    // Warnings stay: what is left out of an answer is named there.
    let dropped = r#"{"criteria": [{"key": "lastaccess", "value": "300"}]}"#;
    assert!(site.call(PEOPLE, dropped).await.unwrap().contains("invalidfieldparameter"));
    let seen = campus.faults().requests();
    assert!(seen.iter().all(|seen| seen.method == axum::http::Method::POST && seen.query.is_empty()));
    assert!(seen.iter().all(|seen| seen.param("moodlewsrestformat").as_deref() == Some("json")));
    assert_eq!(seen[0].param("criteria[0][key]").as_deref(), Some("lastname"));
}

#[tokio::test]
async fn the_sites_own_no() {
    let campus = campus().await;
    let site = site(&campus, token(Known::Full));
    assert_eq!(refused(&site.call("core_no_such_function", "{}").await), "invalidrecordunknown");
    assert_eq!(refused(&site.call("core_course_get_contents", r#"{"courseid": 2}"#).await), "accessexception");
    assert_eq!(refused(&site.call(PEOPLE, "{}").await), "invalidparameter");
    assert_eq!(refused(&site.call(PEOPLE, r#"{"criteria": [], "unknown": 1}"#).await), "invalidparameter");
    campus.moodle().set(Condition::Debugging, true);
    assert_eq!(refused(&site.call("core_no_such_function", "{}").await), "invalidrecord");
    campus.moodle().set(Condition::Debugging, false);
    for (action, code) in [
        (breakdown::course_not_accessible(5), "errorcoursecontextnotvalid"),
        (breakdown::no_permissions("view participants"), "nopermissions"),
        (breakdown::php_error("Call to a member function get_meeting() on null"), ""),
    ] {
        campus.faults().order(INFO, Some(1), action);
        assert_eq!(refused(&site.call(INFO, "{}").await), code);
    }
    // None of these is a reason to leave the site alone.
    assert!(site.call(INFO, "{}").await.is_ok());
}

#[tokio::test]
async fn what_may_work_later() {
    let campus = campus().await;
    let site = site(&campus, token(Known::Full));
    for (condition, part) in [(Condition::Maintenance, "maintenance"), (Condition::DatabaseDown, "database")] {
        campus.moodle().set(condition, true);
        let text = unavailable(site.call(INFO, "{}").await);
        assert!(text.contains(part) && !text.contains('<'), "{text}");
        campus.moodle().set(condition, false);
        assert!(site.call(INFO, "{}").await.is_ok());
    }
    // The way to the site, as proxies and switches have it; a success between two keeps the circuit closed.
    for (action, part) in [
        (breakdown::command_line_maintenance(), "maintenance"),
        (breakdown::web_services_disabled(), "switched off"),
        (breakdown::bad_gateway(), "status 502"),
        (breakdown::login_page(), "a page in place of JSON"),
        (breakdown::php_warning_before("{}"), "display_errors"),
        (breakdown::redirect_to_login("http://login.school.example"), "http://login.school.example/login/index.php"),
        (Action::html(500, ""), "status 500"),
        (Action::json(200, ""), "nothing"),
        (Action::json(200, "{\"users\": ["), "no whole JSON"),
        (Action::Garbage, ""),
        (Action::Reset, ""),
        (Action::CutBody, "the connection ended in the middle of the answer"),
        (Action::ApplyThenDrop, ""),
    ] {
        campus.faults().order(INFO, Some(1), action.clone());
        let text = unavailable(site.call(INFO, "{}").await);
        assert!(text.contains(part), "{action:?}: {text}");
        assert!(site.call(INFO, "{}").await.is_ok(), "after {action:?}");
    }
    campus.moodle().suspend(Known::Full.username(), true);
    assert!(unavailable(site.call(INFO, "{}").await).contains("suspended"));
    assert!(matches!(site.token_health(), TokenHealth::Refused(why) if why.contains("suspended")));
    campus.moodle().suspend(Known::Full.username(), false);
    assert!(site.call(INFO, "{}").await.is_ok());
    assert_eq!(site.token_health(), TokenHealth::Good);
}

#[tokio::test]
async fn another_address_is_not_followed() {
    let campus = campus().await;
    let site = site(&campus, token(Known::Full));
    let elsewhere = support::campus().await;
    campus.moodle().set_url(elsewhere.moodle_url.clone());
    let text = unavailable(site.call(INFO, "{}").await);
    assert!(text.contains(&elsewhere.moodle_url) && text.contains("`url`"), "{text}");
    assert_eq!(elsewhere.faults().total(), 0);
}

#[tokio::test]
async fn answers_over_the_limit() {
    let campus = campus().await;
    let mut settings = settings(&campus, token(Known::Full));
    settings.answer_limit = 2_000;
    let site =
        beadle_moodle::Site::new(settings, &egress(), std::sync::Arc::new(beadle_moodle::NoKeeper), Default::default())
            .unwrap();
    let result = site.call(PEOPLE, ALL).await;
    assert!(
        matches!(&result, Err(Failure::Invalid(text)) if text.contains("2000 bytes") && text.contains("answer-limit")),
        "{result:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_site_costs_one_time_out_and_then_nothing() {
    let campus = campus().await;
    let site = site(&campus, token(Known::Full));
    campus.faults().order(Matcher::any(), None, Action::Hang);
    let started = tokio::time::Instant::now();
    for _ in 0..3 {
        assert!(unavailable(site.call(INFO, "{}").await).contains("30 s"));
    }
    let asked = campus.faults().total();
    for _ in 0..100 {
        assert!(unavailable(site.call(INFO, "{}").await).contains("asked again in"));
    }
    assert_eq!(campus.faults().total(), asked);
    assert!(started.elapsed() < std::time::Duration::from_secs(100), "{:?}", started.elapsed());
    campus.faults().clear();
    tokio::time::advance(std::time::Duration::from_secs(3)).await;
    assert!(site.call(INFO, "{}").await.is_ok());
}

#[tokio::test]
async fn calls_that_are_wrong_are_not_sent() {
    let campus = campus().await;
    let site = site(&campus, token(Known::Full));
    for arguments in ["[]", "{", r#"{"wstoken": "other"}"#, r#"{"ids": [null]}"#] {
        assert!(matches!(site.call(INFO, arguments).await, Err(Failure::Invalid(_))), "{arguments}");
    }
    assert_eq!(campus.faults().total(), 0);
}
