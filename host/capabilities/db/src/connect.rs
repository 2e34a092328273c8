//! The configured databases by name.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use beadle_egress::Redactor;

use crate::backend::Backend;
use crate::rows::Answer;
use crate::statement::{self, Statement};
use crate::{DbError, Dialect, Settings, SettingsError, Value};

/// What the host waits beyond the server's own limit, for connecting and for the answer to arrive.
const GRACE: Duration = Duration::from_secs(2);

/// The configured databases. Nothing is connected before the first statement.
#[derive(Default)]
pub struct Databases {
    connections: BTreeMap<String, Connection>,
}

pub(crate) struct Connection {
    pub(crate) dialect: Dialect,
    pub(crate) prefix: String,
    pub(crate) backend: Backend,
    timeout: Duration,
    /// Knows the password: a server, or what answers in its place, may repeat it in its refusal.
    redactor: Redactor,
}

impl Databases {
    /// Takes the configured connections.
    ///
    /// # Errors
    /// With the first name whose settings are wrong.
    pub fn new(settings: impl IntoIterator<Item = (String, Settings)>) -> Result<Self, NamedError> {
        let mut connections = BTreeMap::new();
        for (name, settings) in settings {
            let connection =
                Connection::new(&name, settings).map_err(|error| NamedError { name: name.clone(), error })?;
            connections.insert(name, connection);
        }
        Ok(Self { connections })
    }

    /// Returns the configured names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.connections.keys().map(String::as_str)
    }

    /// Returns the dialect of a connection.
    ///
    /// # Errors
    /// When no such connection is configured.
    pub fn dialect(&self, name: &str) -> Result<Dialect, DbError> {
        self.get(name).map(|connection| connection.dialect)
    }

    /// Runs one reading statement and returns its rows, within `bound` and the connection's own limits. Whether the plugin may is
    /// decided before ([`crate::grant`]).
    ///
    /// # Errors
    /// See [`DbError`].
    pub async fn query(
        &self,
        name: &str,
        statement: &str,
        parameters: Vec<Value>,
        bound: Duration,
    ) -> Result<Answer, DbError> {
        let connection = self.get(name)?;
        let statement = statement::read(connection.dialect, connection.backend.home(), &connection.prefix, statement)?;
        if statement.parameters != parameters.len() {
            return Err(DbError::Invalid(format!(
                "the statement has {} places for parameters (?) and was given {}",
                statement.parameters,
                parameters.len()
            )));
        }
        connection.run(name, &statement, parameters, bound).await
    }

    pub(crate) fn get(&self, name: &str) -> Result<&Connection, DbError> {
        self.connections.get(name).ok_or_else(|| {
            DbError::Denied(format!("no database {name:?} is configured; add [databases.{name}] with its url"))
        })
    }
}

impl Connection {
    fn new(name: &str, settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let dialect = settings.dialect()?;
        let backend = Backend::new(dialect, name, &settings)?;
        let redactor = Redactor::new();
        if let Some(password) = &settings.password {
            redactor.register(password);
        }
        Ok(Self { dialect, prefix: settings.prefix, backend, timeout: settings.timeout, redactor })
    }

    /// Runs a statement that needs no further judging.
    pub(crate) async fn run(
        &self,
        name: &str,
        statement: &Statement,
        parameters: Vec<Value>,
        bound: Duration,
    ) -> Result<Answer, DbError> {
        let own = self.timeout.saturating_add(GRACE);
        let (time, which) = if bound < own {
            (bound, "limits.host-call".to_owned())
        } else {
            (own, format!("timeout under [databases.{name}]"))
        };
        match tokio::time::timeout(time, self.backend.run(statement, parameters)).await {
            Ok(answer) => answer.map_err(|error| error.map_text(|text| self.redactor.redact(text).into_owned())),
            Err(_) => Err(DbError::Unavailable(format!("database {name}: no answer within {time:?} ({which})"))),
        }
    }
}

/// Addresses and passwords are left out.
impl fmt::Debug for Databases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.connections.iter().map(|(name, connection)| (name, connection.dialect))).finish()
    }
}

/// A connection whose settings are wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("databases.{name}: {error}")]
pub struct NamedError {
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub error: SettingsError,
}
