//! The three kinds of server behind one call. They are kept apart: through a common driver a placeholder fails on one of them, and
//! the largest unsigned number comes back as -1.

mod abandoned;
mod mysql;
mod postgres;
mod sqlite;

use crate::rows::Answer;
use crate::statement::Statement;
use crate::{DbError, Dialect, Settings, SettingsError, Value};

pub(crate) enum Backend {
    Mysql(mysql::Mysql),
    Postgres(postgres::Postgres),
    Sqlite(sqlite::Sqlite),
}

impl Backend {
    pub(crate) fn new(dialect: Dialect, name: &str, settings: &Settings) -> Result<Self, SettingsError> {
        Ok(match dialect {
            Dialect::Mysql => Self::Mysql(mysql::Mysql::new(name, settings)?),
            Dialect::Postgres => Self::Postgres(postgres::Postgres::new(name, settings)?),
            Dialect::Sqlite => Self::Sqlite(sqlite::Sqlite::new(name, settings)?),
        })
    }

    /// Returns the name of the database, where there are others beside it.
    pub(crate) fn home(&self) -> Option<&str> {
        match self {
            Self::Mysql(backend) => backend.home(),
            Self::Postgres(_) | Self::Sqlite(_) => None,
        }
    }

    /// Runs a statement, read-only and within the limits of rows, bytes, and the server's time.
    pub(crate) async fn run(&self, statement: &Statement, parameters: Vec<Value>) -> Result<Answer, DbError> {
        match self {
            Self::Mysql(backend) => backend.run(statement, parameters).await,
            Self::Postgres(backend) => backend.run(statement, parameters).await,
            Self::Sqlite(backend) => backend.run(statement, parameters).await,
        }
    }
}

/// What all backends keep of their settings.
struct Terms {
    name: String,
    prefix: String,
    timeout: std::time::Duration,
    rows: usize,
    bytes: usize,
}

impl Terms {
    fn new(name: &str, settings: &Settings) -> Self {
        Self {
            name: name.to_owned(),
            prefix: settings.prefix.clone(),
            timeout: settings.timeout,
            rows: settings.rows,
            bytes: settings.bytes,
        }
    }

    fn collector(&self) -> crate::rows::Collector {
        crate::rows::Collector::new(&self.name, self.rows, self.bytes)
    }

    /// The time limit in whole milliseconds, at least one: zero means none to every server.
    fn millis(&self) -> u128 {
        self.timeout.as_millis().max(1)
    }

    fn unavailable(&self, why: impl std::fmt::Display) -> DbError {
        DbError::Unavailable(format!("database {}: {why}", self.name))
    }

    fn slow(&self) -> DbError {
        self.unavailable(format!(
            "the statement took longer than {:?} (timeout under [databases.{}])",
            self.timeout, self.name
        ))
    }

    /// A statement that the server ended: at its time limit, or before because somebody there wanted it so.
    fn ended(&self, message: &str, took: std::time::Duration) -> DbError {
        if took >= self.timeout {
            self.slow()
        } else {
            self.unavailable(format!("the server ended the statement: {message}"))
        }
    }

    fn refuses(&self, user: &str, message: &str) -> DbError {
        let name = &self.name;
        self.unavailable(format!(
            "it refuses the user {user}: {message}; look at url and password under [databases.{name}]"
        ))
    }

    fn no_right(&self, message: &str, grant: &str) -> DbError {
        // Not for lack of a server: a plugin that can do without this table or column goes on without it.
        DbError::Denied(format!("database {}: {message}; to allow it, the database's owner runs: {grant}", self.name))
    }

    fn no_table(&self, message: &str) -> DbError {
        let (name, prefix) = (&self.name, &self.prefix);
        DbError::Invalid(format!(
            "database {name}: {message}; tables are written {{prefix}}user, and the prefix under [databases.{name}] is {prefix:?}"
        ))
    }

    /// Explains an error that did not come from the server.
    fn explain(&self, error: &sqlx::Error) -> DbError {
        match error {
            sqlx::Error::Io(error) => self.unavailable(format!("it cannot be reached: {error}")),
            sqlx::Error::Encode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                DbError::Invalid(format!("database {}: {error}", self.name))
            }
            error => self.unavailable(error),
        }
    }
}

/// Either the server's error, or one of this side.
enum Trouble {
    Server(sqlx::Error),
    Own(DbError),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Server(error)
    }
}

impl From<DbError> for Trouble {
    fn from(error: DbError) -> Self {
        Self::Own(error)
    }
}

impl Trouble {
    /// Tells whether the connection is still good: the server answered to the end, with a refusal.
    fn leaves_the_connection(&self) -> bool {
        matches!(self, Self::Server(sqlx::Error::Database(_)))
    }

    /// Tells whether the server may still be at work: the statement was given up on this side.
    fn leaves_the_server_at_work(&self) -> bool {
        matches!(self, Self::Own(_))
    }
}

fn wrong_decimal(digits: &str) -> DbError {
    DbError::Invalid(format!("{digits:?} is not a decimal of at most 28 digits"))
}
