//! `/calendar/export_execute.php`: the calendar as iCalendar, for whoever has the address. It is a page and no web service: it is there
//! where those are switched off, and has a token of its own that depends on the account's password.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use sha2::{Digest as _, Sha256};

use super::accounts::{Account, PASSWORD, Rights, Service};
use super::functions::{Caller, What, calendar_export};
use super::{Moodle, rest};

const DAY: i64 = 86_400;

impl Moodle {
    /// Returns the address that an account gets from "Get calendar URL", with its events of the next 60 days.
    pub fn calendar_address(&self, account: Account) -> String {
        let found = self.inner.school.account(account.username());
        let id = found.map_or(0, |found| found.id);
        let token = self.calendar_token(account.username());
        let page = format!("{}/calendar/export_execute.php", self.url());
        format!("{page}?userid={id}&authtoken={token}&preset_what=all&preset_time=recentupcoming")
    }

    /// Changes everybody's password as far as the calendar goes: no address that was given out before is taken any more.
    pub fn refuse_calendar_addresses(&self) {
        self.state().calendars += 1;
    }

    /// Returns the token of somebody's calendar: 40 hex digits, made of the password.
    pub(super) fn calendar_token(&self, username: &str) -> String {
        let digest = Sha256::digest(format!("{username}:{PASSWORD}:{}", self.state().calendars));
        hex::encode(&digest[..20])
    }
}

pub(super) async fn serve(State(moodle): State<Moodle>, request: Request) -> Response {
    if let Some(refusal) = rest::outside(&moodle, request.headers()) {
        return refusal;
    }
    let params = rest::read(request).await;
    let html = |status: StatusCode, page: &'static str| {
        (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
    };
    let (Some(user), Some(token)) = (params.text("userid"), params.text("authtoken")) else {
        return html(StatusCode::NOT_FOUND, "<!DOCTYPE html>\n\n<html><head><title>Error</title></head></html>");
    };
    let me = user.parse().ok().and_then(|id| {
        let snapshot = moodle.snapshot();
        let found = snapshot.user(id).filter(|found| !found.deleted && !found.suspended)?;
        moodle.inner.school.account(&found.username).cloned()
    });
    let Some(me) = me.filter(|me| moodle.calendar_token(&me.username) == token) else {
        return html(StatusCode::OK, "Invalid authentication");
    };
    let now = moodle.now();
    let what = What::named(params.text("preset_what").unwrap_or("all"));
    let (Some(what), Some((from, until))) = (what, stretch(params.text("preset_time").unwrap_or("weeknow"), now))
    else {
        let location = format!("{}/calendar/export.php", moodle.url());
        let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned());
        return (StatusCode::SEE_OTHER, [(header::LOCATION, location), kind], super::breakdown::REDIRECT_PAGE)
            .into_response();
    };
    let rights = Rights::of(&me.username);
    let caller = Caller { moodle: &moodle, snapshot: moodle.snapshot(), me, rights, service: Service::Mobile };
    let kind = (header::CONTENT_TYPE, "text/calendar; charset=utf-8");
    let name = (header::CONTENT_DISPOSITION, "attachment; filename=icalexport.ics");
    ([kind, name, (header::ACCEPT_RANGES, "none")], calendar_export(&caller, what, from, until)).into_response()
}

/// Returns a stretch of time by its name: weeks and months are those of UTC, where everybody here lives.
fn stretch(name: &str, now: i64) -> Option<(i64, i64)> {
    let today = Timestamp::from_second(now).ok()?.to_zoned(TimeZone::UTC).date();
    let at = |date: jiff::civil::Date| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second());
    let week = today.checked_sub(i64::from(today.weekday().since(Weekday::Monday)).days()).ok()?;
    let month = today.first_of_month();
    let next = month.checked_add(1.month()).ok()?;
    Some(match name {
        "weeknow" => (at(week)?, at(week)? + 7 * DAY - 1),
        "weeknext" => (at(week)? + 7 * DAY, at(week)? + 14 * DAY - 1),
        "monthnow" => (at(month)?, at(next)? - 1),
        "monthnext" => (at(next)?, at(next.checked_add(1.month()).ok()?)? - 1),
        "recentupcoming" => (now - 5 * DAY, now + 60 * DAY),
        "custom" => (now - 5 * DAY, now + 365 * DAY),
        _ => return None,
    })
}
