//! The calendar export: an address that is a secret, and everything that may come in place of a calendar.

mod support;

use std::sync::{Arc, Mutex};

use beadle_campus::Campus;
use beadle_campus::faults::{Action, Matcher};
use beadle_campus::moodle::{Account as Known, Condition, breakdown};
use beadle_egress::{Redactor, Secret};
use beadle_moodle::{Account, CalendarAddress, Failure, NoKeeper, Reread, Site, SiteError};
use support::{campus, egress, settings, token};

const PAGE: &str = "export_execute";

fn site_of(campus: &Campus, account: Account, address: &str, reread: Reread) -> Result<Site, SiteError> {
    let mut settings = settings(campus, account);
    settings.calendar = Some(CalendarAddress { address: address.into(), reread });
    Site::new(settings, &egress(), Arc::new(NoKeeper), Redactor::new())
}

/// A site without an account, and the address of its calendar.
async fn lonely() -> (Campus, Site, String) {
    let campus = campus().await;
    let address = campus.moodle().calendar_address(Known::StudentMobile);
    let site = site_of(&campus, Account::Nobody, &address, Reread::default()).unwrap();
    (campus, site, address)
}

fn unavailable(result: Result<String, Failure>, secret: &str) -> String {
    match result {
        Err(Failure::Unavailable(text)) => {
            assert!(text.starts_with("site main: ") && !text.contains(secret), "{text}");
            text
        }
        other => panic!("should be unavailable: {other:?}"),
    }
}

/// Returns the token in an address.
fn secret(address: &str) -> String {
    address.split_once("authtoken=").unwrap().1.split('&').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_export_needs_neither_an_account_nor_web_services() {
    let (campus, site, _) = lonely().await;
    campus.moodle().set(Condition::WebServicesDisabled, true);
    let text = site.calendar_export().await.unwrap();
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"), "{text}");
    assert!(site.clock_ahead().is_some(), "its clock was heard");
    let Err(Failure::Denied(text)) = site.call(support::INFO, "{}").await else { panic!("there is no account") };
    assert!(text.contains("under [sites.main] write: token ="), "{text}");
    let plain = support::site(&campus, token(Known::Full));
    let Err(Failure::Denied(text)) = plain.calendar_export().await else { panic!("there is no address") };
    assert!(text.contains("under [sites.main] write: calendar ="), "{text}");
    assert_eq!(campus.faults().total(), 1);
}

#[tokio::test]
async fn what_is_no_calendar_says_what_to_do() {
    let (campus, site, address) = lonely().await;
    let secret = secret(&address);
    campus.moodle().refuse_calendar_addresses();
    let text = unavailable(site.calendar_export().await, &secret);
    assert!(text.contains("a page in place of the calendar") && text.contains("Import or export calendars"), "{text}");
    for (action, part) in [
        (breakdown::redirect_to_login("http://login.school.example"), "sends the request for the calendar away"),
        (Action::html(404, "<html>"), "(status 404)"),
        (Action::html(403, ""), "(status 403)"),
        (breakdown::login_page(), "a page in place of the calendar"),
        (Action::json(200, "{}"), "a page in place of the calendar"),
    ] {
        campus.faults().order(PAGE, Some(1), action.clone());
        let text = unavailable(site.calendar_export().await, &secret);
        assert!(text.contains(part) && text.contains("Get calendar URL"), "{action:?}: {text}");
    }
    let asked = campus.faults().total();
    assert_eq!(asked, 6, "no address that the site sends to is followed");
}

#[tokio::test]
async fn a_site_that_is_away_is_left_alone() {
    let (campus, site, address) = lonely().await;
    let secret = secret(&address);
    for (action, part) in [
        (breakdown::command_line_maintenance(), "maintenance"),
        (breakdown::bad_gateway(), "status 502"),
        (Action::CutBody, "the connection ended in the middle of the answer"),
    ] {
        campus.faults().order(PAGE, Some(1), action.clone());
        let text = unavailable(site.calendar_export().await, &secret);
        assert!(text.contains(part) && !text.contains("Get calendar URL"), "{action:?}: {text}");
    }
    let asked = campus.faults().total();
    assert!(unavailable(site.calendar_export().await, &secret).contains("asked again in"));
    assert_eq!(campus.faults().total(), asked);
}

#[tokio::test]
async fn an_answer_over_the_limit_is_named() {
    let campus = campus().await;
    let address = campus.moodle().calendar_address(Known::Full);
    let mut settings = settings(&campus, Account::Nobody);
    settings.calendar = Some(CalendarAddress { address: address.into(), reread: Reread::default() });
    settings.answer_limit = 40;
    let site = Site::new(settings, &egress(), Arc::new(NoKeeper), Redactor::new()).unwrap();
    let result = site.calendar_export().await;
    assert!(
        matches!(&result, Err(Failure::Invalid(text)) if text.contains("40 bytes") && text.contains("answer-limit")),
        "{result:?}"
    );
}

#[tokio::test]
async fn another_address_in_its_file_is_taken_when_the_first_is_refused() {
    let campus = campus().await;
    let first = campus.moodle().calendar_address(Known::StudentMobile);
    campus.moodle().refuse_calendar_addresses();
    let file = Arc::new(Mutex::new(Some(Secret::from(first.clone()))));
    let read = Arc::clone(&file);
    let reread = Reread::by(Arc::new(move || read.lock().unwrap().clone()));
    let site = site_of(&campus, Account::Nobody, &first, reread).unwrap();
    unavailable(site.calendar_export().await, &secret(&first));
    assert_eq!(campus.faults().count(Matcher::from(PAGE)), 1, "the same is not tried twice");
    *file.lock().unwrap() = Some(campus.moodle().calendar_address(Known::StudentMobile).into());
    assert!(site.calendar_export().await.is_ok());
    assert!(site.calendar_export().await.is_ok());
    assert_eq!(campus.faults().count(Matcher::from(PAGE)), 4);
}

#[tokio::test]
async fn an_address_of_another_site_is_refused_before_anything_is_sent() {
    let (campus, elsewhere) = (campus().await, campus().await);
    let address = elsewhere.moodle().calendar_address(Known::StudentMobile);
    let secret = secret(&address);
    let error = site_of(&campus, Account::Nobody, &address, Reread::default()).unwrap_err();
    assert!(
        matches!(&error, SiteError::Calendar(text) if text.contains("another host") && !text.contains(&secret)),
        "{error}"
    );
}
