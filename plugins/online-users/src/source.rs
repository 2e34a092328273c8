//! Where it is known who is online: Moodle's database, or one of two web service functions.
//!
//! Moodle has no function that answers this. `core_user_get_users` has no criterion for the last access, and drops one it is given:
//! the answer is then every account of the site. So the database is the source of choice, and the functions list accounts whose
//! last access is compared here.

pub(crate) mod database;
pub(crate) mod enrolled;
pub(crate) mod users;

mod answer;
mod moment;

use std::collections::HashMap;

use beadle_sdk::run::Context;
use beadle_sdk::{Error, moodle, warn};

use crate::settings::{Settings, Wanted};

/// The instant of the recordings, less the window of five minutes.
#[cfg(test)]
const SINCE: i64 = 1_795_198_790 - 300;

pub(crate) use moment::Moment;

/// An account that was active in the window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: u64,
    /// When, in seconds since 1970-01-01 UTC, by the host's clock.
    pub(crate) last_access: i64,
    /// From where; none where the source does not say.
    pub(crate) address: Option<String>,
    /// For the terminal only.
    pub(crate) full_name: Option<String>,
    /// For the terminal only.
    pub(crate) username: Option<String>,
    /// Whether the person chose not to be shown.
    pub(crate) hidden: bool,
}

/// Everybody who was active.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Poll {
    pub(crate) people: Vec<Person>,
    /// Whether it is known who chose not to be shown.
    pub(crate) opt_outs_known: bool,
}

/// The choice that a Moodle user makes in the online users block; `0` is "hide me".
pub(crate) const PREFERENCE: &str = "block_online_users_uservisibility";

impl Poll {
    /// Parts those who are listed from those who are only counted.
    pub(crate) fn listed_and_hidden(self, show_hidden: bool) -> (Vec<Person>, Vec<Person>) {
        self.people.into_iter().partition(|person| show_hidden || !person.hidden)
    }
}

/// Asks who was active lately.
///
/// # Errors
/// [`Error::Unavailable`] where a peer is away, or its clock cannot be right: this poll is skipped. [`Error::Denied`] where nothing is
/// granted, or the site says no.
pub(crate) fn poll(settings: &Settings, context: &Context, moment: Moment) -> Result<Poll, Error> {
    let mut poll = ask(settings, context, moment)?;
    poll.people = moment.without_those_to_come(poll.people)?;
    Ok(poll)
}

fn ask(settings: &Settings, context: &Context, moment: Moment) -> Result<Poll, Error> {
    let since = moment.since();
    let Choice { source, connection } = choose(settings, &context.granted)?;
    let names = context.terminal;
    let mut poll = match source {
        Source::Database => {
            let connection = connection.as_deref().unwrap_or_default();
            return database::poll(connection, moment, names, settings.show_hidden);
        }
        Source::Enrolled { or_users } => match enrolled::poll(settings.page, since, names) {
            Err(Error::Denied(reason)) if or_users => {
                warn!("{}: {reason}; asking {} instead", enrolled::FUNCTION, users::FUNCTION);
                users::poll(since)?
            }
            answer => answer?,
        },
        Source::Users => users::poll(since)?,
    };
    if let Some(connection) = connection {
        let ids: Vec<u64> = poll.people.iter().map(|person| person.id).collect();
        let mut addresses: HashMap<u64, String> = database::addresses(&connection, &ids)?;
        for person in &mut poll.people {
            person.address = addresses.remove(&person.id);
        }
        if !settings.show_hidden
            && !poll.opt_outs_known
            && let Some(opted_out) = database::opt_outs(&connection, since + moodle::clock_ahead())?
        {
            poll.opt_outs_known = true;
            for person in &mut poll.people {
                person.hidden |= opted_out.contains(&person.id);
            }
        }
    }
    poll.opt_outs_known |= settings.show_hidden;
    Ok(poll)
}

/// What to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Database,
    Enrolled {
        /// Whether the other function may be asked where the site refuses this one.
        or_users: bool,
    },
    Users,
}

/// What to ask, and which database knows addresses.
#[derive(Debug, PartialEq, Eq)]
struct Choice {
    source: Source,
    connection: Option<String>,
}

/// Chooses by what the operator wants and granted.
fn choose(settings: &Settings, granted: &[String]) -> Result<Choice, Error> {
    let function = |name: &str| granted.iter().any(|line| line.strip_prefix("moodle:") == Some(name));
    let (enrolled, users) = (function(enrolled::FUNCTION), function(users::FUNCTION));
    let connection = connection(settings, granted)?;
    let denied = |what: String| Err(Error::Denied(what));
    let source = match settings.source {
        Wanted::Auto if connection.is_some() => Source::Database,
        Wanted::Auto if enrolled => Source::Enrolled { or_users: users },
        Wanted::Auto if users => Source::Users,
        Wanted::Auto => {
            return denied(format!(
                "no source is granted; grant a database, grants = {{ db = [\"…\"] }}, or {}, grants = {{ moodle = [{:?}] }}",
                enrolled::FUNCTION,
                enrolled::FUNCTION,
            ));
        }
        Wanted::Database if connection.is_some() => Source::Database,
        Wanted::Database => {
            return denied("settings.source is database and none is granted: grants = { db = [\"…\"] }".to_owned());
        }
        Wanted::Enrolled if enrolled => Source::Enrolled { or_users: false },
        Wanted::Enrolled => {
            return denied(format!("settings.source wants it: grants = {{ moodle = [{:?}] }}", enrolled::FUNCTION));
        }
        Wanted::Users if users => Source::Users,
        Wanted::Users => {
            return denied(format!("settings.source wants it: grants = {{ moodle = [{:?}] }}", users::FUNCTION));
        }
    };
    Ok(Choice { source, connection })
}

/// Returns the database to ask: the one of the settings, or the only one.
fn connection(settings: &Settings, granted: &[String]) -> Result<Option<String>, Error> {
    let mut databases = granted.iter().filter_map(|line| line.strip_prefix("db:"));
    if let Some(wanted) = &settings.database {
        return match databases.any(|name| name == wanted) {
            true => Ok(Some(wanted.clone())),
            false => Err(Error::Denied(format!("settings.database wants it: grants = {{ db = [{wanted:?}] }}"))),
        };
    }
    match (databases.next(), databases.next()) {
        (Some(_), Some(_)) => Err(Error::Invalid(
            "several databases are granted; settings.database says which one is Moodle's".to_owned(),
        )),
        (only, _) => Ok(only.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(settings: &str, granted: &[&str]) -> Result<(Source, Option<String>), Error> {
        let settings: Settings = serde_json::from_str(settings).expect("the settings read");
        let granted: Vec<String> = granted.iter().map(|&line| line.to_owned()).collect();
        choose(&settings, &granted).map(|choice| (choice.source, choice.connection))
    }

    const ENROLLED: &str = "moodle:core_enrol_get_enrolled_users";
    const USERS: &str = "moodle:core_user_get_users";

    #[test]
    fn the_first_source_that_is_granted_is_taken() {
        let moodle = || Some("moodle".to_owned());
        let both = Source::Enrolled { or_users: true };
        let one = Source::Enrolled { or_users: false };
        for (settings, granted, expected) in [
            ("{}", &[USERS, ENROLLED, "db:moodle"][..], (Source::Database, moodle())),
            ("{}", &[USERS, ENROLLED], (both, None)),
            ("{}", &[ENROLLED], (one, None)),
            ("{}", &[USERS, "sheets:presence:append"], (Source::Users, None)),
            (r#"{"source": "users"}"#, &[USERS, "db:moodle"], (Source::Users, moodle())),
            (r#"{"source": "enrolled"}"#, &[USERS, ENROLLED], (one, None)),
            (r#"{"database": "moodle"}"#, &["db:other", "db:moodle"], (Source::Database, moodle())),
        ] {
            assert_eq!(choice(settings, granted), Ok(expected), "{settings} {granted:?}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let denied = |settings: &str, granted: &[&str]| match choice(settings, granted) {
            Err(Error::Denied(text)) => text,
            other => panic!("{other:?}"),
        };
        assert!(denied("{}", &["classrooms"]).contains("db = ["));
        assert!(denied("{}", &[]).contains("moodle = [\"core_enrol_get_enrolled_users\"]"));
        assert!(denied(r#"{"source": "database"}"#, &[USERS]).contains("db = ["));
        assert!(denied(r#"{"source": "users"}"#, &["db:moodle"]).contains("core_user_get_users"));
        assert!(denied(r#"{"database": "moodle"}"#, &["db:other", USERS]).contains("db = [\"moodle\"]"));
        assert!(matches!(choice("{}", &["db:one", "db:two"]), Err(Error::Invalid(_))));
    }
}
