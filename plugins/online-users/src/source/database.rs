//! Moodle's own database. One statement on an index answers who was active and from where; the table needs nothing but `SELECT`.

use std::collections::{HashMap, HashSet};

use beadle_sdk::db::{self, Value};
use beadle_sdk::{Error, debug};

use super::{PREFERENCE, Person, Poll};

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

/// Asks who was active after `since`.
pub(crate) fn poll(connection: &str, since: i64, names: bool, show_hidden: bool) -> Result<Poll, Error> {
    let mut people = active(connection, since, names)?;
    let opted_out = if show_hidden { None } else { opt_outs(connection, since)? };
    if let Some(opted_out) = opted_out.as_ref().filter(|opted_out| !opted_out.is_empty()) {
        for person in &mut people {
            person.hidden = opted_out.contains(&person.id);
        }
    }
    Ok(Poll { people, opt_outs_known: show_hidden || opted_out.is_some() })
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
