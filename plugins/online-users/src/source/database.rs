//! Moodle's own database. One statement on an index answers who was active and from where; the table needs nothing but `SELECT`.

use std::collections::{HashMap, HashSet};

use beadle_sdk::db::{self, Dialect, Value};
use beadle_sdk::jiff::SignedDuration;
use beadle_sdk::{Error, debug, warn};

use super::{Moment, PREFERENCE, Person, Poll};

/// Uses the index on `lastaccess`. `lastip` is set together with it.
const ACTIVE: &str = "SELECT id, lastaccess, lastip FROM {prefix}user WHERE deleted = 0 AND lastaccess > ? ORDER BY id";

/// The same with names, for the person at the terminal.
const ACTIVE_WITH_NAMES: &str = "SELECT id, lastaccess, lastip, firstname, lastname, username \
                                 FROM {prefix}user WHERE deleted = 0 AND lastaccess > ? ORDER BY id";

/// Those of the active who chose not to be shown; by the index on both tables, and as short as the answer can be.
const OPTED_OUT: &str = "SELECT u.id FROM {prefix}user u JOIN {prefix}user_preferences p ON p.userid = u.id \
                         WHERE u.deleted = 0 AND u.lastaccess > ? AND p.name = ? AND p.value = '0'";

/// How many accounts one statement asks for.
const CHUNK: usize = 500;

/// Clocks that differ by no more agree, in seconds.
const AGREE: i64 = 60;

/// Asks who was active lately.
pub(crate) fn poll(connection: &str, moment: Moment, names: bool, show_hidden: bool) -> Result<Poll, Error> {
    let mut since = moment.since();
    let mut people = active(connection, since, names)?;
    // Nobody at all, or somebody at a time still to come, may be a wrong clock; otherwise the question is not worth a statement.
    if people.is_empty() || people.iter().any(|person| moment.is_to_come(person.last_access)) {
        let ahead = clock_ahead(connection, moment.now)?;
        if ahead != 0 {
            since += ahead;
            people = active(connection, since, names)?;
            people.iter_mut().for_each(|person| person.last_access -= ahead);
        }
    }
    let opted_out = if show_hidden { None } else { opt_outs(connection, since)? };
    if let Some(opted_out) = opted_out.as_ref().filter(|opted_out| !opted_out.is_empty()) {
        for person in &mut people {
            person.hidden = opted_out.contains(&person.id);
        }
    }
    Ok(Poll { people, opt_outs_known: show_hidden || opted_out.is_some() })
}

/// Returns how many seconds the database's clock is ahead of the host's, 0 where they agree. It stands for Moodle's, which wrote the
/// times: the two run on one machine, or are set by the same source. A file has no clock.
fn clock_ahead(connection: &str, now: i64) -> Result<i64, Error> {
    let statement = match db::dialect(connection)? {
        Dialect::Mysql => "SELECT UNIX_TIMESTAMP()",
        Dialect::Postgres => "SELECT CAST(EXTRACT(EPOCH FROM now()) AS bigint)",
        Dialect::Sqlite => return Ok(0),
    };
    let there = db::query(connection, statement, &[])?.rows_as::<(i64,)>()?.pop().map_or(now, |(there,)| there);
    let ahead = there - now;
    if ahead.abs() <= AGREE {
        return Ok(0);
    }
    let (length, word) = (SignedDuration::from_secs(ahead.abs()), if ahead > 0 { "ahead of" } else { "behind" });
    warn!(
        "database {connection}: its clock is {length:#} {word} this machine's; set the one that is wrong. Until then its times are read \
         by its own clock"
    );
    Ok(ahead)
}

fn active(connection: &str, since: i64, names: bool) -> Result<Vec<Person>, Error> {
    if names {
        match db::query(connection, ACTIVE_WITH_NAMES, &[since.into()]) {
            Ok(rows) => return rows.rows_as::<NamedRow>().map(|rows| rows.into_iter().map(named).collect()),
            // A user of the database that may not see names is a careful one: the table on the terminal does without them.
            Err(Error::Denied(reason) | Error::Invalid(reason)) => debug!("names cannot be read: {reason}"),
            Err(error) => return Err(error),
        }
    }
    let rows = db::query(connection, ACTIVE, &[since.into()])?.rows_as::<Row>()?;
    Ok(rows.into_iter().map(unnamed).collect())
}

type Row = (u64, i64, Option<String>);
type NamedRow = (u64, i64, Option<String>, String, String, String);

fn unnamed((id, last_access, address): Row) -> Person {
    Person { id, last_access, address: Some(address.unwrap_or_default()), ..Person::default() }
}

fn named((id, last_access, address, first_name, last_name, username): NamedRow) -> Person {
    Person {
        full_name: Some(format!("{first_name} {last_name}").trim().to_owned()),
        username: Some(username),
        ..unnamed((id, last_access, address))
    }
}

/// Returns who of the active chose not to be shown; none where the table cannot be read.
///
/// # Errors
/// [`Error::Unavailable`] where the database is away.
pub(crate) fn opt_outs(connection: &str, since: i64) -> Result<Option<HashSet<u64>>, Error> {
    match db::query(connection, OPTED_OUT, &[since.into(), PREFERENCE.into()]) {
        Ok(rows) => Ok(Some(rows.rows_as::<(u64,)>()?.into_iter().map(|(id,)| id).collect())),
        Err(Error::Denied(reason) | Error::Invalid(reason)) => {
            debug!("user_preferences cannot be read: {reason}");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Returns the addresses of accounts.
///
/// # Errors
/// [`Error::Unavailable`] where the database is away: a room is not unknown because of an outage.
pub(crate) fn addresses(connection: &str, ids: &[u64]) -> Result<HashMap<u64, String>, Error> {
    let mut addresses = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let marks = vec!["?"; ids.len()].join(", ");
        let statement = format!("SELECT id, lastip FROM {{prefix}}user WHERE id IN ({marks})");
        let parameters: Vec<Value> = ids.iter().map(|&id| id.cast_signed().into()).collect();
        let rows = db::query(connection, &statement, &parameters)?.rows_as::<(u64, Option<String>)>()?;
        addresses.extend(rows.into_iter().map(|(id, address)| (id, address.unwrap_or_default())));
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_people_and_a_missing_address_is_an_empty_one() {
        let rows = db::Rows {
            columns: ["id", "lastaccess", "lastip"].map(str::to_owned).to_vec(),
            rows: vec![
                vec![Value::Signed(3), Value::Signed(60), "10.0.0.1".into()],
                vec![Value::Signed(4), Value::Signed(61), Value::Null],
            ],
        };
        let people: Vec<Person> = rows.rows_as::<Row>().expect("they fit").into_iter().map(unnamed).collect();
        assert_eq!(people[0].address.as_deref(), Some("10.0.0.1"));
        assert_eq!((people[1].id, people[1].last_access, people[1].address.as_deref()), (4, 61, Some("")));
    }

    #[test]
    fn names_are_put_together_as_people_read_them() {
        let person = named((1, 0, None, "Guest user".to_owned(), " ".to_owned(), "guest".to_owned()));
        assert_eq!(person.full_name.as_deref(), Some("Guest user"));
    }
}
