//! The store in a database of a PostgreSQL server, so that a second host can stand by.
//!
//! A host that froze and wakes does not know that another has taken over. So every transaction that writes as the holder of the lease
//! first looks, under a lock, whether it still is: taking over waits for those under way, and whoever comes after it is refused.

mod copy;
mod lease;

/// Makes rows of the list in the first parameter, each with a column `value`.
macro_rules! each {
    () => {
        "jsonb_array_elements($1::jsonb) AS each (value)"
    };
}

/// The same, joined with the table that is named next.
macro_rules! each_with {
    () => {
        "jsonb_array_elements($1::jsonb) AS each (value) JOIN "
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

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Postgres, Transaction};
use url::Url;

use crate::sql::{text, told};
use crate::standings::Standings;
use crate::{Store, StoreError};

type Backend = PostgresStore;
type Database = sqlx::Postgres;
type Connection = sqlx::PgConnection;
type Row = sqlx::postgres::PgRow;

/// Connections at once: the runs under way, delivery, the desk, and some to spare.
const CONNECTIONS: u32 = 8;

/// How long a statement waits for a connection, for another's lock, and for the server.
const PATIENCE: Duration = Duration::from_secs(10);

/// What every session is told. A host that freezes or loses its network in the middle of a transaction must not keep its locks: the one
/// that stands by waits for them.
const SESSION: [(&str, &str); 6] = [
    ("idle_in_transaction_session_timeout", "10s"),
    ("lock_timeout", "10s"),
    ("statement_timeout", "60s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "2"),
];

/// A store in a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresStore {
    pool: PgPool,
    /// The term of the lease that this process holds or last held; 0 before it held one.
    term: AtomicI64,
    standings: Standings,
}

impl PostgresStore {
    /// Connects, and makes the tables where there are none.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses, or the tables are of a newer version.
    pub async fn open(url: &Url, password: Option<&SecretString>) -> Result<Self, StoreError> {
        let pool = pool(url, options(url, password)?).await?;
        sqlx::migrate!("migrations/postgres").run(&pool).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(sqlx::Error::Database(refused))
            | sqlx::migrate::MigrateError::ExecuteMigration(sqlx::Error::Database(refused), _)
                if refused.code().is_some_and(|code| code == "42501") =>
            {
                let what = refused.message();
                StoreError::Unavailable(format!(
                    "{url}: its tables cannot be made: {what}; make its user the database's owner"
                ))
            }
            sqlx::migrate::MigrateError::Execute(error) | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => {
                StoreError::from(error)
            }
            error => StoreError::Foreign(format!("{url}: {error}; it may have been written by a newer version")),
        })?;
        Ok(Self::new(pool))
    }

    /// Connects for reading only; nothing can be written through it. `None` where there are no tables yet.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses, or the tables are of another version.
    pub async fn open_read_only(url: &Url, password: Option<&SecretString>) -> Result<Option<Self>, StoreError> {
        let options = options(url, password)?.options([("default_transaction_read_only", "on")]);
        let pool = pool(url, options).await?;
        let there: bool =
            sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(&pool).await?;
        if !there {
            return Ok(None);
        }
        let known = sqlx::migrate!("migrations/postgres").iter().map(|migration| migration.version).max().unwrap_or(0);
        let applied: i64 =
            sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations").fetch_one(&pool).await?;
        if applied != known {
            let age = match applied > known {
                true => "a newer version of this program",
                false => "an older version of this program; `beadle serve` brings it up to date",
            };
            return Err(StoreError::Foreign(format!("{url} was written by {age}")));
        }
        Ok(Some(Self::new(pool)))
    }

    fn new(pool: PgPool) -> Self {
        Self { pool, term: AtomicI64::new(0), standings: Standings::default() }
    }

    fn reader(&self) -> &PgPool {
        &self.pool
    }

    /// For what anybody may write: requests.
    fn writer(&self) -> &PgPool {
        &self.pool
    }

    /// Begins to write as the holder of the lease; nobody takes it over until the transaction ends.
    async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let term = self.term.load(Ordering::Acquire);
        if term != 0 {
            let ours: Option<i64> = sqlx::query_scalar("SELECT term FROM lease WHERE term = $1 FOR SHARE")
                .bind(term)
                .fetch_optional(&mut *transaction)
                .await?;
            ours.ok_or(StoreError::Overtaken)?;
        }
        Ok(transaction)
    }

    /// Begins to read several things as of one moment.
    async fn snapshot(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        self.copy_to_file(path).await
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

fn options(url: &Url, password: Option<&SecretString>) -> Result<PgConnectOptions, StoreError> {
    let options: PgConnectOptions =
        url.as_str().parse().map_err(|error: sqlx::Error| StoreError::Foreign(format!("{url}: {error}")))?;
    let options = options.application_name("beadle").options(SESSION);
    Ok(match password {
        Some(password) => options.password(password.expose_secret()),
        None => options,
    })
}

/// Connects once, so that what is wrong with the address or the password is said at once.
async fn pool(url: &Url, options: PgConnectOptions) -> Result<PgPool, StoreError> {
    let away = |error: &dyn std::fmt::Display| StoreError::Unavailable(format!("{url}: {error}"));
    let first = tokio::time::timeout(PATIENCE, Connection::connect_with(&options)).await;
    let first = first.map_err(|_| away(&format_args!("no answer within {PATIENCE:?}")))?;
    match first {
        Ok(connection) => connection.close().await?,
        // An account that the server does not let in, or a database that it does not have.
        Err(sqlx::Error::Database(refused))
            if refused.code().is_some_and(|code| code.starts_with("28") || code == "3D000") =>
        {
            let advice = "look at user, password and database of host.store";
            return Err(away(&format_args!("{}; {advice}", refused.message())));
        }
        Err(sqlx::Error::Database(refused)) => return Err(away(&refused.message())),
        Err(error) => return Err(away(&error)),
    }
    Ok(PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE).connect_lazy_with(options))
}
