//! Login, renewal, and what never happens: a storm of logins, or a secret in a text.

mod support;

use std::sync::Arc;
use std::time::Duration;

use beadle_campus::faults::{Action, Gate, Matcher};
use beadle_campus::moodle::{Account as Known, Condition, PASSWORD, breakdown};
use beadle_egress::Redactor;
use beadle_moodle::{Failure, Site, TokenHealth};
use support::{INFO, Memory, campus, egress, login, right, settings, site, token};

const LOGIN: &str = "/login/token.php";

fn text(result: Result<String, Failure>) -> String {
    match result {
        Err(Failure::Unavailable(text)) => text,
        other => panic!("should be unavailable: {other:?}"),
    }
}

#[tokio::test]
async fn logs_in_once_for_many() {
    let campus = campus().await;
    let site = site(&campus, right());
    let calls = (0..20).map(|_| site.call(INFO, "{}"));
    let gate = Gate::new();
    campus.faults().order(LOGIN, Some(1), Action::Hold(gate.clone()));
    let (results, ()) = futures::join!(futures::future::join_all(calls), async {
        campus.faults().wait_for(LOGIN, 1).await;
        gate.open();
    });
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!((campus.faults().count(LOGIN), campus.faults().count(INFO)), (1, 20));
    let seen = &campus.faults().requests_to(LOGIN)[0];
    assert!(seen.query.is_empty() && seen.method == axum::http::Method::POST);
}

#[tokio::test]
async fn renews_once_for_many() {
    let campus = campus().await;
    let site = site(&campus, right());
    site.call(INFO, "{}").await.unwrap();
    campus.moodle().revoke(Known::ManagerMobile.token());
    let given = campus.faults().requests_to(INFO)[0].param("wstoken").unwrap();
    campus.moodle().revoke(&given);
    let results = futures::future::join_all((0..10).map(|_| site.call(INFO, "{}"))).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(campus.faults().count(LOGIN), 2);
    assert_eq!(site.token_health(), TokenHealth::Good);
}

#[tokio::test]
async fn an_expired_token_first_looks_like_a_closed_function() {
    let campus = campus().await;
    let site = site(&campus, right());
    site.call(INFO, "{}").await.unwrap();
    let given = campus.faults().requests_to(INFO)[0].param("wstoken").unwrap();
    campus.moodle().expire(&given);
    assert!(site.call(INFO, "{}").await.is_ok());
    assert_eq!(campus.faults().count(LOGIN), 2);

    // A function that is really closed is asked twice the first time, and once ever after.
    let closed = "core_user_get_users";
    for expected in [2, 3, 4] {
        let result = site.call(closed, r#"{"criteria": [{"key": "id", "value": "2"}]}"#).await;
        assert!(matches!(&result, Err(Failure::Refused { code, .. }) if code == "accessexception"), "{result:?}");
        assert_eq!(campus.faults().count(closed), expected);
    }
    assert_eq!(campus.faults().count(LOGIN), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_not_tried_again_and_again() {
    let campus = campus().await;
    let site = site(&campus, login("wrong-password"));
    let first = text(site.call(INFO, "{}").await);
    assert!(first.contains("invalidlogin") && first.contains("`password`") && first.contains("in 5 min"), "{first}");
    assert!(!first.contains("wrong-password"));
    assert!(matches!(site.token_health(), TokenHealth::Refused(why) if why.contains("invalidlogin")));
    futures::future::join_all((0..50).map(|_| site.call(INFO, "{}"))).await;
    assert_eq!(campus.faults().count(LOGIN), 1);
    for (minutes, logins) in [(4, 1), (2, 2), (9, 2), (2, 3), (19, 3), (2, 4)] {
        tokio::time::advance(Duration::from_secs(minutes * 60)).await;
        text(site.call(INFO, "{}").await);
        assert_eq!(campus.faults().count(LOGIN), logins, "after {minutes} min");
    }
    assert_eq!(campus.faults().count(INFO), 0);
}

#[tokio::test]
async fn a_token_that_is_refused_at_once_ends_the_matter() {
    let campus = campus().await;
    let site = site(&campus, right());
    campus.faults().order(INFO, None, breakdown::invalid_token());
    for _ in 0..20 {
        text(site.call(INFO, "{}").await);
    }
    assert_eq!((campus.faults().count(LOGIN), campus.faults().count(INFO)), (2, 2));
    assert!(matches!(site.token_health(), TokenHealth::Refused(_)));
}

#[tokio::test]
async fn a_token_of_the_operators_cannot_be_renewed() {
    let campus = campus().await;
    let site = site(&campus, token(Known::Monitor));
    campus.moodle().revoke(Known::Monitor.token());
    let why = text(site.call(INFO, "{}").await);
    assert!(why.contains("`token`") && !why.contains(Known::Monitor.token()), "{why}");
    assert_eq!(campus.faults().count(LOGIN), 0);
    assert!(matches!(site.token_health(), TokenHealth::Refused(why) if why.contains("make a new one")));
}

#[tokio::test]
async fn the_site_away_during_a_login_is_no_refusal() {
    let campus = campus().await;
    let site = site(&campus, right());
    for action in [
        breakdown::login_database_down(),
        breakdown::login_error("sitemaintenance", "The site is undergoing maintenance"),
        breakdown::bad_gateway(),
        breakdown::login_page(),
        Action::Reset,
        Action::json(200, r#"{"token": null, "privatetoken": "x"}"#),
        Action::json(200, r#"{"token": "<script>"}"#),
    ] {
        let site = support::site(&campus, right());
        campus.faults().order(LOGIN, Some(1), action.clone());
        text(site.call(INFO, "{}").await);
        assert!(site.call(INFO, "{}").await.is_ok(), "after {action:?}");
    }
    campus.moodle().set(Condition::WebServicesDisabled, true);
    let why = text(site.call(INFO, "{}").await);
    assert!(why.contains("enablewsdescription") || why.contains("switched off"), "{why}");
}

#[tokio::test]
async fn tokens_are_kept_between_starts() {
    let campus = campus().await;
    let keeper = Arc::new(Memory::default());
    let start = || Site::new(settings(&campus, right()), &egress(), keeper.clone(), Redactor::new()).unwrap();
    start().call(INFO, "{}").await.unwrap();
    start().call(INFO, "{}").await.unwrap();
    assert_eq!(campus.faults().count(LOGIN), 1);
    let kept = keeper.token.lock().unwrap().clone().unwrap();
    campus.moodle().revoke(&kept);
    start().call(INFO, "{}").await.unwrap();
    assert_eq!(campus.faults().count(LOGIN), 2);
    assert_eq!(*keeper.events.lock().unwrap(), ["load", "keep", "load", "load", "forget", "keep"]);
    assert_ne!(keeper.token.lock().unwrap().as_deref(), Some(kept.as_str()));
}

/// A peer that repeats what it was sent, in every way it has.
#[tokio::test]
async fn no_secret_comes_back() {
    let campus = campus().await;
    let given = Known::Full.token();
    let echoes = [
        Action::json(200, format!(r#"{{"exception":"x","errorcode":"broken","message":"wstoken={given}"}}"#)),
        Action::json(200, format!(r#"{{"exception":"x","errorcode":"{given}","message":"m"}}"#)),
        Action::json(200, format!(r#"{{"debug":"{given}"}}"#)),
        Action::redirect(format!("http://other.example/{given}?wstoken={given}")),
        Action::html(502, given),
    ];
    for echo in echoes {
        let site = site(&campus, token(Known::Full));
        campus.faults().order(INFO, Some(1), echo);
        let shown = format!("{:?} {:?} {:?}", site.call(INFO, "{}").await, site.token_health(), site);
        assert!(!shown.contains(given), "{shown}");
    }
    for echo in [
        breakdown::login_error("invalidlogin", &format!("wrong: {PASSWORD}")),
        Action::html(200, PASSWORD),
        Action::redirect(format!("http://other.example/{PASSWORD}")),
    ] {
        let site = site(&campus, right());
        campus.faults().order(Matcher::path(LOGIN), Some(1), echo);
        let shown = format!("{:?} {:?}", site.call(INFO, "{}").await, site.token_health());
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
    let info = site(&campus, token(Known::Full)).call(INFO, "{}").await.unwrap();
    assert!(!info.contains("userprivateaccesskey") && info.contains("sitename"), "{info}");
}

#[tokio::test]
async fn only_so_many_at_a_time() {
    let campus = campus().await;
    let mut settings = settings(&campus, token(Known::Full));
    settings.concurrency = 3;
    let site = Site::new(settings, &egress(), Arc::new(beadle_moodle::NoKeeper), Redactor::new()).unwrap();
    let gate = Gate::new();
    campus.faults().order(INFO, Some(3), Action::Hold(gate.clone()));
    let calls = futures::future::join_all((0..12).map(|_| site.call(INFO, "{}")));
    let ((), results) = futures::join!(
        async {
            campus.faults().wait_for(INFO, 3).await;
            // The three hold all places: however often the others are polled, none of them is sent.
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
            assert_eq!(campus.faults().count(INFO), 3);
            gate.open();
        },
        calls
    );
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(campus.faults().count(INFO), 12);
}
