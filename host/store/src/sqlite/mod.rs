//! The store on SQLite: one file beside the configuration, nothing to install.
//!
//! One connection writes, several read, so that a long list never holds up a commit. Those who write at one time share a commit
//! ([`writer`]). Every write begins with `BEGIN IMMEDIATE`: a deferred transaction that reads before it writes fails at once when
//! somebody else wrote in between, whatever the busy time-out.

mod lease;
mod writer;

/// Makes rows of the list in the first parameter, each with a column `value`.
macro_rules! each {
    () => {
        "json_each($1) AS each"
    };
}

/// The same, joined with the table that is named next, row by row: the planner takes a list for longer than it is, and would read it anew for
/// each row of the table.
macro_rules! each_with {
    () => {
        "json_each($1) AS each CROSS JOIN "
    };
}

told! {
    artifacts "../sql/artifacts.rs"
    catalog "../sql/catalog.rs"
    commit "../sql/commit.rs"
    feed "../sql/feed.rs"
    firings "../sql/firings.rs"
    items "../sql/items.rs"
    ledger "../sql/ledger.rs"
    messages "../sql/messages.rs"
    outbox "../sql/outbox.rs"
    requests "../sql/requests.rs"
    sightings "../sql/sightings.rs"
    tabs "../sql/tabs.rs"
    views "../sql/views.rs"
}

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, Transaction};
use writer::{Part, Writer};

use crate::sql::{text, told};
use crate::standings::Standings;
use crate::{Store, StoreError};

type Backend = SqliteStore;
type Database = sqlx::Sqlite;
type Connection = sqlx::SqliteConnection;
type Row = sqlx::sqlite::SqliteRow;

/// How long a statement waits for another process's write. Commits take milliseconds; a copy of a large file some seconds.
const BUSY: Duration = Duration::from_secs(10);

/// How many rows are read ahead: a list is read by a thread of its own, and each row that is waited for costs two changes of threads.
const AHEAD: usize = 1_000;

/// Readers at once: the runs under way, and a command or two.
const READERS: u32 = 4;

/// A store in an SQLite file, or in memory.
#[derive(Debug)]
pub struct SqliteStore {
    write: SqlitePool,
    /// Hands the connection of `write` from one transaction to the next.
    writer: Writer,
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
        make_private(path)?;
        let options = options().filename(path).create_if_missing(true);
        let write = one_writer().connect_with(options.clone()).await;
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
        let read = readers().connect_lazy_with(options.read_only(true));
        Ok(Self::new(write, read, Some(path.to_owned())))
    }

    /// Opens the file for reading only; nothing can be written through it.
    ///
    /// # Errors
    /// When there is no such file, or it is no store of this version.
    pub async fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let options = options().filename(path).read_only(true);
        let read = readers().connect_with(options).await;
        let read = read.map_err(|error| foreign(path, &error))?;
        let known = sqlx::migrate!("migrations/sqlite").iter().map(|migration| migration.version).max().unwrap_or(0);
        let applied: i64 = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
            .fetch_one(&read)
            .await
            .map_err(|error| foreign(path, &error))?;
        if applied != known {
            return Err(StoreError::Foreign(format!(
                "{} was written by {}",
                path.display(),
                if applied > known {
                    "a newer version of this program"
                } else {
                    "an older version of this program; `beadle serve` brings it up to date"
                }
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

    fn new(write: SqlitePool, read: SqlitePool, path: Option<PathBuf>) -> Self {
        Self {
            writer: Writer::new(write.clone()),
            write,
            read,
            path,
            lock: Mutex::new(None),
            standings: Standings::default(),
        }
    }

    /// Writes rows of another store, JSON objects whose names are those of the table's columns.
    pub(crate) async fn fill(&self, table: &'static str, rows: &[String]) -> Result<(), StoreError> {
        let columns: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_info($1)").bind(table).fetch_all(&self.read).await?;
        let values: Vec<String> = columns.iter().map(|column| format!("value ->> '{column}'")).collect();
        let sql = format!(
            concat!("INSERT INTO {} ({}) SELECT {} FROM ", each!()),
            table,
            columns.join(", "),
            values.join(", ")
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(format!("[{}]", rows.join(","))).execute(&self.write).await?;
        Ok(())
    }

    fn reader(&self) -> &SqlitePool {
        &self.read
    }

    fn writer(&self) -> &SqlitePool {
        &self.write
    }

    /// Begins to write. The lock on the lease's file keeps every other host out for as long as this process lives.
    async fn begin(&self) -> Result<Part, StoreError> {
        self.writer.begin().await
    }

    /// Begins to read several things as of one moment.
    async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.read.begin().await?)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        sqlx::query("VACUUM INTO $1").bind(path.to_string_lossy().as_ref()).execute(&self.read).await?;
        private(path);
        Ok(())
    }

    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// A pool. A connection to a file does not go away while it rests, and to ask it first would cost as much as a question.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false)
}

fn readers() -> SqlitePoolOptions {
    pool(READERS)
}

/// One writer. Where the disk is full the database ends a transaction by itself, and the connection, which believes that it is still in
/// one, could never begin another: it is made anew.
fn one_writer() -> SqlitePoolOptions {
    pool(1).after_release(|connection, _| {
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
        .row_buffer_size(AHEAD)
        .foreign_keys(true)
}

fn foreign(path: &Path, error: &sqlx::Error) -> StoreError {
    StoreError::Foreign(format!("{}: {error}", path.display()))
}

/// Makes the file where there is none, for this user's eyes only: it holds who was where, under pseudonyms. SQLite gives the files that
/// it puts beside it the same rights.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut file = std::fs::OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    match file.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            private(path);
            Ok(())
        }
        Err(error) => Err(StoreError::Foreign(format!("{}: {error}", path.display()))),
    }
}

/// Takes a file away from the eyes of others.
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
