//! The store on SQLite: one file beside the configuration, nothing to install.
//!
//! One connection writes, several read, so that a long list never holds up a commit. Every write begins with `BEGIN IMMEDIATE`: a
//! deferred transaction that reads before it writes fails at once when somebody else wrote in between, whatever the busy time-out.

mod commit;
mod firings;
mod lease;
mod ledger;
mod outbox;
mod tabs;
mod views;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, Transaction};

use crate::StoreError;
use ledger::Standings;

/// How long a statement waits for another process's write. Commits take milliseconds; a copy of a large file some seconds.
const BUSY: Duration = Duration::from_secs(10);

/// Readers at once: the runs under way, and a command or two.
const READERS: u32 = 4;

/// A store in an SQLite file, or in memory.
#[derive(Debug)]
pub struct SqliteStore {
    write: SqlitePool,
    read: SqlitePool,
    /// Where the file stands; none in memory.
    path: Option<PathBuf>,
    /// Locked while this process holds the lease: the system gives the lock back when the process dies, however it dies.
    lock: Mutex<Option<File>>,
    standings: Standings,
}

impl SqliteStore {
    /// Opens the file, and makes it where there is none.
    ///
    /// # Errors
    /// When the folder is missing or not writable, or the file is no store of this version.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = options().filename(path).create_if_missing(true);
        let write = writer().connect_with(options.clone()).await;
        let write = write.map_err(|error| foreign(path, &error))?;
        sqlx::migrate!("migrations/sqlite").run(&write).await.map_err(|error| match error {
            // The disk, and what it has no room for; not what is written there.
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                StoreError::Unavailable(format!("{}: {error}", path.display()))
            }
            error => {
                StoreError::Foreign(format!("{}: {error}; it may have been written by a newer version", path.display()))
            }
        })?;
        private(path);
        let read = SqlitePoolOptions::new().max_connections(READERS).connect_lazy_with(options.read_only(true));
        Ok(Self::new(write, read, Some(path.to_owned())))
    }

    /// Opens the file for reading only; nothing can be written through it.
    ///
    /// # Errors
    /// When there is no such file, or it is no store of this version.
    pub async fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let options = options().filename(path).read_only(true);
        let read = SqlitePoolOptions::new().max_connections(READERS).connect_with(options).await;
        let read = read.map_err(|error| foreign(path, &error))?;
        let known = sqlx::migrate!("migrations/sqlite").iter().map(|migration| migration.version).max().unwrap_or(0);
        let applied: i64 = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
            .fetch_one(&read)
            .await
            .map_err(|error| foreign(path, &error))?;
        if applied != known {
            return Err(StoreError::Foreign(format!(
                "{} was written by {} version of this program",
                path.display(),
                if applied > known { "a newer" } else { "an older" }
            )));
        }
        Ok(Self::new(read.clone(), read, Some(path.to_owned())))
    }

    /// Makes a store in memory, which vanishes with it.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let options = options().in_memory(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        sqlx::migrate!("migrations/sqlite")
            .run(&pool)
            .await
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self::new(pool.clone(), pool, None))
    }

    /// Writes a copy of the store into a new file, as it stands at this moment.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        sqlx::query("VACUUM INTO ?").bind(path.to_string_lossy().as_ref()).execute(&self.read).await?;
        private(path);
        Ok(())
    }

    /// Closes all connections, so that nothing is left in the write-ahead log.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    fn new(write: SqlitePool, read: SqlitePool, path: Option<PathBuf>) -> Self {
        Self { write, read, path, lock: Mutex::new(None), standings: Standings::default() }
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.write.begin_with("BEGIN IMMEDIATE").await
    }
}

/// One writer. Where the disk is full the database ends a transaction by itself, and the connection, which believes that it is still in
/// one, could never begin another: it is made anew.
fn writer() -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(1).after_release(|connection, _| {
        Box::pin(async move {
            if connection.is_in_transaction() {
                // An ordinary end of a transaction may still be under way; this waits for it.
                connection.ping().await?;
            }
            Ok(!connection.is_in_transaction())
        })
    })
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .journal_mode(SqliteJournalMode::Wal)
        // Full: a commit that delivery has acted on must not vanish with the power.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true)
}

fn foreign(path: &Path, error: &sqlx::Error) -> StoreError {
    StoreError::Foreign(format!("{}: {error}", path.display()))
}

/// Takes the file away from the eyes of others: it holds who was where, under pseudonyms.
fn private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if let Err(error) = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)) {
            tracing::warn!(file = %path.display(), %error, "cannot make the store private to this user");
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}
