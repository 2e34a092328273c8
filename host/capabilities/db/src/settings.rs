//! One configured connection.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::Dialect;

/// Reads a password again: the operator may have put another into its file. None where it cannot be had now.
pub type Reread = Arc<dyn Fn() -> Option<SecretString> + Send + Sync>;

/// How one database is reached, and how much of it one statement may take.
#[derive(Clone)]
pub struct Settings {
    /// Where it is: `mysql://reader@db.school.example/moodle`, `postgres://…`, `sqlite:/var/lib/school.db`.
    pub url: String,
    /// The user's password, if it has one. It wins over one in the address.
    pub password: Option<SecretString>,
    /// How the password is read again for each new connection, if it can change.
    pub reread: Option<Reread>,
    /// What `{prefix}` stands for: letters, digits, and underscores.
    pub prefix: String,
    /// How long the server may work on one statement.
    pub timeout: Duration,
    /// How many rows one answer may have.
    pub rows: usize,
    /// How many bytes one answer may have.
    pub bytes: usize,
}

impl Settings {
    /// 10 s: the ordinary statement takes milliseconds, and a school's database has other work.
    pub const TIMEOUT: Duration = Duration::from_secs(10);
    /// 100,000 rows: twice the accounts of a large site.
    pub const ROWS: usize = 100_000;
    /// 32 MiB: all accounts of such a site with five columns; the guest's own memory is 64 MiB.
    pub const BYTES: usize = 32 << 20;

    /// Makes settings with the usual limits.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password: None,
            reread: None,
            prefix: String::new(),
            timeout: Self::TIMEOUT,
            rows: Self::ROWS,
            bytes: Self::BYTES,
        }
    }

    /// Returns the dialect that the address speaks of.
    ///
    /// # Errors
    /// When it speaks of none.
    pub fn dialect(&self) -> Result<Dialect, SettingsError> {
        match self.url.split_once(':').map(|(scheme, _)| scheme) {
            Some("mysql" | "mariadb") => Ok(Dialect::Mysql),
            Some("postgres" | "postgresql") => Ok(Dialect::Postgres),
            Some("sqlite") => Ok(Dialect::Sqlite),
            _ => Err(SettingsError::Scheme),
        }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        if !self.prefix.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(SettingsError::Prefix(self.prefix.clone()));
        }
        // A time limit of zero means no limit to every server.
        if self.timeout < Duration::from_millis(1) {
            return Err(SettingsError::Timeout);
        }
        Ok(())
    }
}

/// The address is left out: it may hold a password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("dialect", &self.dialect().ok())
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .field("rows", &self.rows)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// What is wrong with the settings of a connection. The text names the key, never the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The address is of no known kind.
    #[error("url starts with none of mysql://, mariadb://, postgres://, postgresql://, sqlite:")]
    Scheme,
    /// The address cannot be read.
    #[error("url is not a {0:?} address: {1}")]
    Url(Dialect, String),
    /// The prefix has characters that a table's name should not have.
    #[error("prefix {0:?} may only have letters, digits, and underscores")]
    Prefix(String),
    /// The time limit is none.
    #[error("timeout is shorter than a millisecond")]
    Timeout,
}
