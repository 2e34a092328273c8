//! `core_user_get_users`: all accounts at once, 0.5 kB each. The last resort.

use beadle_sdk::{Error, moodle};
use serde::{Deserialize, Serialize};

use super::Poll;
use super::answer::{Account, Active};

/// The function.
pub(crate) const FUNCTION: &str = "core_user_get_users";

#[derive(Serialize)]
struct Arguments {
    criteria: [Criterion; 1],
}

#[derive(Serialize)]
struct Criterion {
    key: &'static str,
    value: &'static str,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    users: Vec<Account<'a>>,
}

/// What stands for "everybody". An account is returned only where the caller may see the field that is searched; a last name is
/// visible to whoever may see people at all, an address only with `moodle/site:viewuseridentity` or where its owner shows it. So
/// the name goes first.
const EVERYBODY: [&str; 2] = ["lastname", "email"];

/// Asks who was active after `since`.
pub(crate) fn poll(since: i64) -> Result<Poll, Error> {
    poll_by(since, |key| {
        let arguments = Arguments { criteria: [Criterion { key, value: "%" }] };
        let answer = moodle::Call::new(FUNCTION, &arguments)?.text().map_err(explain)?;
        Ok((answer, moodle::clock_ahead()))
    })
}

/// `ask` returns an answer, and how many seconds the clock is ahead by which its times are. An answer with nobody in it but perhaps
/// the caller means that the search saw nobody: the next one may.
fn poll_by(since: i64, mut ask: impl FnMut(&'static str) -> Result<(String, i64), Error>) -> Result<Poll, Error> {
    let mut active = Active::since(since);
    for key in EVERYBODY {
        let (answer, ahead) = ask(key)?;
        active.by_clock(ahead).take(moodle::read::<Answer<'_>>(FUNCTION, &answer)?.users);
        if active.accounts() > 1 {
            break;
        }
    }
    if active.accounts() <= 1 {
        return Err(Error::Denied(
            "the site shows no accounts to the account of the token; give it the capability moodle/user:viewdetails"
                .to_owned(),
        ));
    }
    active.poll(FUNCTION, "moodle/user:viewhiddendetails")
}

/// Says what the site's "no" means here.
fn explain(error: Error) -> Error {
    match error.code() {
        Some("accessexception") => Error::Denied(format!(
            "the service of the token does not contain {FUNCTION} (the mobile service never does); make a service of its own \
             with it, or grant another source ({error})"
        )),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use beadle_sdk::fixtures;

    use super::super::SINCE;
    use super::*;

    #[test]
    fn the_recorded_site_has_the_twelve_people_that_it_has() {
        let Some(answer) = fixtures::body("core_user_get_users.lastname_percent.full_token.json") else { return };
        let poll = poll_by(SINCE, |key| {
            assert_eq!(key, "lastname");
            Ok((answer.clone(), 0))
        })
        .expect("it reads");
        let ids: Vec<u64> = poll.people.iter().map(|person| person.id).collect();
        assert_eq!(ids, [2, 3, 4, 5, 6, 7, 8, 18, 19, 20, 37, 41]);
        assert!(!poll.opt_outs_known, "Moodle tells only the caller's own preferences");
        assert_eq!(poll.people[1].full_name.as_deref(), Some("Ada Quill"));
    }

    #[test]
    fn a_site_that_hides_last_access_is_denied_with_the_way_out() {
        let Some(answer) = fixtures::body("core_user_get_users.lastaccess_hidden.viewer_token.json") else { return };
        let Err(Error::Denied(text)) = poll_by(SINCE, |_| Ok((answer.clone(), 0))) else { panic!("it is hidden") };
        assert!(text.contains("moodle/user:viewhiddendetails"), "{text}");
    }

    #[test]
    fn a_search_that_sees_only_the_caller_is_followed_by_another() {
        let answers = [
            r#"{"users": [{"id": 9, "lastaccess": 5}], "warnings": []}"#,
            r#"{"users": [{"id": 9, "lastaccess": 5}, {"id": 10, "lastaccess": 200}], "warnings": []}"#,
        ];
        let mut asked = Vec::new();
        let poll = poll_by(100, |key| {
            asked.push(key);
            Ok((answers[asked.len() - 1].to_owned(), 0))
        })
        .expect("the second answer does");
        assert_eq!(poll.people.iter().map(|person| person.id).collect::<Vec<_>>(), [10]);
        assert!(matches!(poll_by(100, |_| Ok((answers[0].to_owned(), 0))), Err(Error::Denied(_))));
    }

    #[test]
    fn times_are_read_by_the_clock_that_told_them() {
        let day = 86_400;
        for ahead in [day, -day, 0] {
            let answer = format!(
                r#"{{"users": [{{"id": 2, "lastaccess": 0}}, {{"id": 3, "lastaccess": {}}}, {{"id": 4, "lastaccess": {}}}]}}"#,
                100_000 + ahead,
                99_000 + ahead
            );
            let poll = poll_by(99_700, |_| Ok((answer.clone(), ahead))).expect("it reads");
            let people: Vec<(u64, i64)> = poll.people.iter().map(|person| (person.id, person.last_access)).collect();
            assert_eq!(people, [(3, 100_000)], "{ahead}");
        }
    }
}
