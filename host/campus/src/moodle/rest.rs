//! `/webservice/rest/server.php`: the protocol around the functions.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::accounts::{Rights, Service, Worth};
use super::params::Params;
use super::{Condition, Fail, Moodle, functions, write};

/// The largest form that is read; real Moodle stops at PHP's 8 MB.
const LARGEST_FORM: usize = 8 << 20;

/// Parameters of the protocol, which functions do not see.
const PROTOCOL: [&str; 8] = [
    "wstoken",
    "wsfunction",
    "moodlewsrestformat",
    "moodlewssettingfilter",
    "moodlewssettinglang",
    "moodlewssettingfileurl",
    "moodlewssettingtimezone",
    "moodlewssettingraw",
];

pub(super) async fn serve(State(moodle): State<Moodle>, request: Request) -> Response {
    if let Some(refusal) = outside(&moodle, request.headers()) {
        return refusal;
    }
    let mut params = read(request).await;
    let json = params.text("moodlewsrestformat") == Some("json");
    let debug = moodle.is(Condition::Debugging);
    if moodle.is(Condition::WebServicesDisabled) || moodle.is(Condition::RestDisabled) {
        return (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], "").into_response();
    }
    let answer = call(&moodle, &mut params);
    let text = match (&answer, json) {
        (Ok(answer), true) => answer.clone(),
        (Ok(answer), false) => write::xml(answer),
        (Err(fail), true) => worded(fail, debug).json(debug),
        (Err(fail), false) => write::xml_fail(&worded(fail, debug), debug),
    };
    let nothing_to_resume = (header::ACCEPT_RANGES, "none");
    if json {
        ([(header::CONTENT_TYPE, "application/json"), nothing_to_resume], text).into_response()
    } else {
        let kind = (header::CONTENT_TYPE, "application/xml; charset=utf-8");
        let name = (header::CONTENT_DISPOSITION, "inline; filename=\"response.xml\"");
        ([kind, name, nothing_to_resume], text).into_response()
    }
}

/// Dates an answer by the site's own clock, which tells all times in it.
pub(super) async fn dated(State(moodle): State<Moodle>, mut response: Response) -> Response {
    let now = Timestamp::from_second(moodle.now()).ok();
    let date = now.and_then(|now| DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok());
    if let Some(date) = date.and_then(|date| HeaderValue::try_from(date).ok()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// Returns the answer to a request that Moodle's code never sees.
pub(super) fn outside(moodle: &Moodle, headers: &HeaderMap) -> Option<Response> {
    if moodle.is(Condition::CommandLineMaintenance) {
        let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        return Some((StatusCode::SERVICE_UNAVAILABLE, kind, super::breakdown::MAINTENANCE_PAGE).into_response());
    }
    right_host(moodle, headers).is_none().then(|| {
        let location = format!("{}/webservice/rest/server.php", moodle.url());
        let kind = (header::CONTENT_TYPE, "text/html; charset=UTF-8".to_owned());
        let page = super::breakdown::REDIRECT_PAGE;
        (StatusCode::SEE_OTHER, [(header::LOCATION, location), kind], page).into_response()
    })
}

/// Says nothing if the request was sent to another host than the site is configured for.
pub(super) fn right_host(moodle: &Moodle, headers: &HeaderMap) -> Option<()> {
    let url = moodle.url();
    let wanted = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let wanted = wanted.split('/').next().unwrap_or(wanted);
    let asked = headers.get(header::HOST).map(|host| host.as_bytes());
    asked.is_none_or(|asked| asked.eq_ignore_ascii_case(wanted.as_bytes())).then_some(())
}

/// Reads the parameters of a request; a body that is no form is not read at all.
pub(super) async fn read(request: Request) -> Params {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let body = axum::body::to_bytes(request.into_body(), LARGEST_FORM).await.unwrap_or_default();
    Params::read(&query, if is_form { &body } else { b"" })
}

fn call(moodle: &Moodle, params: &mut Params) -> Result<String, Fail> {
    if moodle.is(Condition::DatabaseDown) {
        return Err(Fail::database_down());
    }
    let function = params.text("wsfunction").unwrap_or_default().to_owned();
    let token = params.text("wstoken").unwrap_or_default().to_owned();
    let token = match moodle.state().tokens.look_up(&token) {
        Worth::Good(token) => token,
        Worth::Expired => return Err(Fail::access(&function)),
        Worth::Unknown => return Err(Fail::invalid_token()),
    };
    let refused = moodle.is(Condition::AddressRefused)
        || (token.service == Service::Custom && moodle.is(Condition::ServiceDisabled));
    if refused {
        return Err(Fail::access(&function));
    }
    let rights = Rights::of(&token.username);
    if moodle.is(Condition::Maintenance) && !rights.admin {
        return Err(Fail::maintenance());
    }
    let Some(me) = moodle.inner.school.account(&token.username).cloned() else {
        return Err(Fail::invalid_token());
    };
    if me.suspended || moodle.state().tokens.is_suspended(&me.username) {
        return Err(Fail::suspended(&me.username));
    }
    for name in PROTOCOL {
        params.take(name);
    }
    let caller = functions::Caller { moodle, snapshot: moodle.snapshot(), me, rights, service: token.service };
    caller.call(&function, params)
}

/// Gives an error the code it has on a site with debugging on.
fn worded(fail: &Fail, debug: bool) -> Fail {
    let mut fail = fail.clone();
    if debug && fail.errorcode == "invalidrecordunknown" {
        fail.errorcode = "invalidrecord".into();
    }
    fail
}
