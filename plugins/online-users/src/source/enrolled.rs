//! `core_enrol_get_enrolled_users` on course 1, the site itself: all accounts, in pages, only the fields that are asked for. Works
//! with an ordinary token of an account that has `moodle/site:viewparticipants`.

use beadle_sdk::{Error, moodle};
use serde::Serialize;

use super::Poll;
use super::answer::{Account, Active};

/// The function.
pub(crate) const FUNCTION: &str = "core_enrol_get_enrolled_users";

#[derive(Serialize)]
struct Arguments {
    courseid: u64,
    options: [Choice; 5],
}

#[derive(Serialize)]
struct Choice {
    name: &'static str,
    value: String,
}

/// Asks for one page. The order is said, so that pages fit together.
fn arguments(from: usize, page: usize, names: bool) -> Arguments {
    let fields = if names { "id,lastaccess,preferences,fullname,username" } else { "id,lastaccess,preferences" };
    let option = |name, value: String| Choice { name, value };
    Arguments {
        courseid: 1,
        options: [
            option("userfields", fields.to_owned()),
            option("limitfrom", from.to_string()),
            option("limitnumber", page.to_string()),
            option("sortby", "id".to_owned()),
            option("sortdirection", "ASC".to_owned()),
        ],
    }
}

/// Asks who was active after `since`.
pub(crate) fn poll(page: usize, since: i64, names: bool) -> Result<Poll, Error> {
    let mut active = Active::since(since);
    let by_clock = |answer: &str| take(active.by_clock(moodle::clock_ahead()), answer);
    moodle::pages(FUNCTION, page, |from| arguments(from, page, names), by_clock).map_err(explain)?;
    whole(active)
}

/// Ends the answer. A list without anybody is not an empty school: a guest and an administrator have an account on every site.
fn whole(active: Active) -> Result<Poll, Error> {
    if active.accounts() <= 1 {
        return Err(Error::Unavailable(format!(
            "{FUNCTION}: the site lists {} of its accounts, and has at least two, so who is online cannot be told; if it stays so, give \
             the account of the token the capability moodle/site:viewparticipants on the site, or grant another source",
            active.accounts()
        )));
    }
    active.poll(FUNCTION, "moodle/course:viewhiddenuserfields")
}

/// Takes one page. Returns how many accounts are in it, or 0 where they were all there before.
fn take(active: &mut Active, answer: &str) -> Result<usize, Error> {
    let accounts: Vec<Account<'_>> = moodle::read(FUNCTION, answer)?;
    let count = accounts.len();
    Ok(if active.take(accounts) { count } else { 0 })
}

/// Says what the site's "no" means here.
fn explain(error: Error) -> Error {
    match error.code() {
        Some("nopermissions" | "requireloginerror" | "errorcoursecontextnotvalid") => Error::Denied(format!(
            "the site does not let the account of the token list its participants; give it the capability \
             moodle/site:viewparticipants on the site, or grant another source ({error})"
        )),
        Some("accessexception" | "servicenotavailable") => Error::Denied(format!(
            "the service of the token does not contain {FUNCTION}; add it there, or grant another source ({error})"
        )),
        _ => error,
    }
}

#[cfg(test)]
mod tests;
