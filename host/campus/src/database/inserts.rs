//! The rows of a snapshot as statements.

use super::value::{optional, text};
use super::{Dialect, HIDDEN_PREFERENCE};
use crate::moodle::Account;
use crate::school::{Session, Snapshot, User};

/// How many rows one statement inserts: far below what any of the three databases takes.
const ROWS: usize = 200;

const USER: &str = "id, auth, confirmed, policyagreed, deleted, suspended, mnethostid, username, password, idnumber, firstname, lastname, email, institution, department, city, country, lang, timezone, firstaccess, lastaccess, lastlogin, currentlogin, lastip, secret, description, maildisplay, timecreated, timemodified";

const SESSION: &str = "id, state, sid, userid, timecreated, timemodified, firstip, lastip";

/// Returns the statements that fill the tables of [`ddl`](super::ddl) with a snapshot.
pub fn inserts(dialect: Dialect, snapshot: &Snapshot) -> Vec<String> {
    let users = snapshot.users.iter().map(|user| user_row(dialect, user));
    let sessions = snapshot.sessions.iter().map(|session| session_row(dialect, session));
    let mut statements = table("user", USER, users);
    statements.extend(table("sessions", SESSION, sessions));
    let hidden = snapshot.users.iter().filter(|user| user.hidden);
    let preferences = hidden
        .enumerate()
        .map(|(index, user)| format!("{}, {}, {}, '0'", index + 1, user.id, text(dialect, HIDDEN_PREFERENCE)));
    statements.extend(table("user_preferences", "id, userid, name, value", preferences));
    let tokens = Account::ALL.iter().enumerate().filter_map(|(index, account)| {
        let user = snapshot.users.iter().find(|user| user.username == account.username())?;
        let token = text(dialect, account.token());
        Some(format!("{}, {token}, '', 0, {}, 1, 1, {}, 0, 0", index + 1, user.id, user.firstaccess))
    });
    let columns =
        "id, token, privatetoken, tokentype, userid, externalserviceid, contextid, timecreated, validuntil, lastaccess";
    statements.extend(table("external_tokens", columns, tokens));
    statements
}

fn table(name: &str, columns: &str, rows: impl Iterator<Item = String>) -> Vec<String> {
    let rows: Vec<String> = rows.map(|row| format!("({row})")).collect();
    rows.chunks(ROWS).map(|chunk| format!("INSERT INTO mdl_{name} ({columns}) VALUES {}", chunk.join(", "))).collect()
}

fn user_row(dialect: Dialect, user: &User) -> String {
    let quoted = |raw: &str| text(dialect, raw);
    let flag = |flag: bool| u8::from(flag).to_string();
    [
        user.id.to_string(),
        quoted("manual"),
        flag(user.confirmed),
        "0".into(),
        flag(user.deleted),
        flag(user.suspended),
        "1".into(),
        quoted(&user.username),
        // A hash that no password has; the column is there so that readers who must not see it can be found out.
        quoted("$6$rounds=10000$campus$not-a-hash"),
        quoted(&user.idnumber),
        quoted(&user.firstname),
        quoted(&user.lastname),
        quoted(&user.email),
        quoted(&user.institution),
        quoted(&user.department),
        quoted(&user.city),
        quoted(&user.country),
        quoted("en"),
        quoted(&user.timezone),
        user.firstaccess.to_string(),
        user.lastaccess.to_string(),
        user.firstaccess.to_string(),
        user.lastaccess.to_string(),
        quoted(&user.lastip),
        quoted(""),
        optional(dialect, user.description.as_deref()),
        (user.maildisplay as u8).to_string(),
        user.firstaccess.to_string(),
        user.firstaccess.to_string(),
    ]
    .join(", ")
}

fn session_row(dialect: Dialect, session: &Session) -> String {
    format!(
        "{}, 0, {}, {}, {}, {}, {}, {}",
        session.id,
        text(dialect, &session.sid),
        session.userid,
        session.timecreated,
        session.timemodified,
        text(dialect, &session.firstip),
        text(dialect, &session.lastip),
    )
}
