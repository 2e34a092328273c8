//! `/login/token.php`: a password for a token, with its own envelope for errors.

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::accounts::{PASSWORD, Service};
use super::fail::DATABASE_DOWN;
use super::params::Params;
use super::{Condition, Moodle, rest, write};
use crate::school::Role;

#[derive(Serialize)]
struct Refusal {
    error: String,
    errorcode: &'static str,
    stacktrace: Option<()>,
    debuginfo: Option<()>,
    reproductionlink: Option<()>,
}

/// The envelope of errors from before Moodle is up.
#[derive(Serialize)]
struct EarlyRefusal {
    error: &'static str,
    stacktrace: Option<()>,
    debuginfo: Option<()>,
    errorcode: &'static str,
}

pub(super) async fn serve(State(moodle): State<Moodle>, request: Request) -> Response {
    let right_host = rest::right_host(&moodle, request.headers()).is_some();
    if right_host && let Some(refusal) = rest::outside(&moodle, request.headers()) {
        return refusal;
    }
    let text = if moodle.is(Condition::DatabaseDown) {
        early(DATABASE_DOWN, "dbconnectionfailed")
    } else if !right_host {
        early("Invalid url or port.", "requirecorrectaccess")
    } else {
        log_in(&moodle, &rest::read(request).await)
    };
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::ACCEPT_RANGES, "none")], text).into_response()
}

fn early(error: &'static str, errorcode: &'static str) -> String {
    write::json(&EarlyRefusal { error, stacktrace: None, debuginfo: None, errorcode })
}

pub(super) fn refusal(error: impl Into<String>, errorcode: &'static str) -> String {
    write::json(&Refusal { error: error.into(), errorcode, stacktrace: None, debuginfo: None, reproductionlink: None })
}

fn log_in(moodle: &Moodle, params: &Params) -> String {
    if params.text("appsitecheck").is_some_and(|value| value == "1") {
        return write::json(&json!({"appsitecheck": "ok"}));
    }
    if moodle.is(Condition::WebServicesDisabled) {
        return refusal("Web services must be enabled in Advanced features.", "enablewsdescription");
    }
    let [Some(username), Some(password), Some(service)] = ["username", "password", "service"].map(|n| params.text(n))
    else {
        let missing = ["username", "password", "service"].into_iter().find(|name| params.text(name).is_none());
        let name = missing.unwrap_or("username");
        return refusal(format!("A required parameter ({name}) was missing"), "missingparam");
    };
    let username = username.trim().to_lowercase();
    if username == "guest" {
        return refusal("No guests here!", "noguest");
    }
    let suspended = moodle.state().tokens.is_suspended(&username);
    let account = moodle.inner.school.account(&username);
    let account = account.filter(|a| !a.suspended && !a.deleted && !suspended && password == PASSWORD);
    let Some(account) = account else {
        return refusal("Invalid login, please try again", "invalidlogin");
    };
    if !account.confirmed {
        return refusal(format!("Could not confirm {username}"), "usernotconfirmed");
    }
    if moodle.is(Condition::Maintenance) && account.role != Role::Admin {
        return refusal("The site is undergoing maintenance and is currently not available", "sitemaintenance");
    }
    let Some(found) = Service::named(service) else {
        return refusal(
            "Web service is not available. (It doesn't exist or might be disabled.)",
            "servicenotavailable",
        );
    };
    if !found.admits(&username) {
        let error = format!(
            "The user is not allowed for this service. First you need to allow this user on the {service}'s allowed users administration page."
        );
        return refusal(error, "usernotallowed");
    }
    let token = moodle.state().tokens.log_in(&username, found);
    write::json(&json!({"token": token, "privatetoken": null}))
}
