//! The tables of the school's Moodle: kept in a SQLite file as the clock moves, and as statements for other databases.
//!
//! A monitor that may read the database needs one indexed query where the web service needs everybody. The tables have
//! the names, columns, types and indices of a real Moodle 5.0 (prefix `mdl_`), and hold the same people as the web
//! service at the same instant.

mod ddl;
mod inserts;
mod refresh;
mod tables;
mod value;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use thiserror::Error;
use tokio::sync::Mutex;

pub use ddl::{Dialect, ddl};
pub use inserts::inserts;

use crate::school::{Session, Snapshot};

/// The preference by which people choose not to be shown online; its value is then `0`.
pub const HIDDEN_PREFERENCE: &str = "block_online_users_uservisibility";

/// The prefix of all tables.
pub const PREFIX: &str = "mdl_";

/// Why the tables could not be written.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The file cannot be opened or is no database.
    #[error("cannot open the campus database {}: {source}; name a file in a folder that can be written", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// A statement failed; the next refresh tries again.
    #[error("cannot write the campus database: {0}")]
    Write(#[from] sqlx::Error),
}

/// What is in a row of the user table that moves.
#[derive(Clone, PartialEq, Eq)]
struct Moving {
    firstaccess: i64,
    lastaccess: i64,
    lastip: std::sync::Arc<str>,
}

/// The tables in a SQLite file.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    // One connection and no pool: a pool's time-outs fire at once where a test has paused the clock.
    file: Mutex<File>,
}

#[derive(Debug)]
struct File {
    connection: SqliteConnection,
    written: Written,
}

/// What the file holds, so that a refresh writes only what changed.
#[derive(Default)]
struct Written {
    users: HashMap<i64, Moving>,
    sessions: HashMap<i64, Session>,
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Written").field("users", &self.users.len()).field("sessions", &self.sessions.len()).finish()
    }
}

impl Database {
    /// Creates the tables in a file, which is replaced if it is there, and fills them.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub async fn create(path: &Path, snapshot: &Snapshot) -> Result<Self, DatabaseError> {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            // What is not there need not go; what cannot go is reported by the open below.
            let _ = std::fs::remove_file(PathBuf::from(name));
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            // Readers must not be locked out while the school moves on.
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Off);
        let connection = options.connect().await;
        let mut connection = connection.map_err(|source| DatabaseError::Open { path: path.to_owned(), source })?;
        let mut transaction = connection.begin().await?;
        for statement in ddl(Dialect::Sqlite).into_iter().chain(inserts(Dialect::Sqlite, snapshot)) {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        let mut written = Written::default();
        written.take(snapshot);
        Ok(Self { path: path.to_owned(), file: Mutex::new(File { connection, written }) })
    }

    /// Returns the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Brings the tables up to a snapshot and returns how many rows were written or deleted.
    ///
    /// # Errors
    ///
    /// If a statement fails; the file is then as it was.
    pub async fn refresh(&self, snapshot: &Snapshot) -> Result<usize, DatabaseError> {
        let mut file = self.file.lock().await;
        let File { connection, written } = &mut *file;
        let changes = written.changes(snapshot);
        if changes.is_empty() {
            return Ok(0);
        }
        let mut transaction = connection.begin().await?;
        let count = changes.write(&mut transaction).await?;
        transaction.commit().await?;
        written.take(snapshot);
        Ok(count)
    }
}
