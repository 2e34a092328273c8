//! SQLite: a file of somebody else's, opened read-only by connections of this crate's own. It is never the host's store.

use std::str::FromStr;
use std::time::Instant;

use futures::TryStreamExt;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteError};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, SqlSafeStr, Statement as _};

use super::{Terms, Trouble};
use crate::pool::Pool;
use crate::rows::{Answer, sqlite};
use crate::statement::Statement;
use crate::{DbError, Dialect, Settings, SettingsError, Value};

/// How many of SQLite's own steps lie between two looks at the clock: some tens of microseconds.
const STEPS: i32 = 2_000;

/// How many rows are read ahead. The file is read by a thread of its own, and whoever waits for each row by itself is woken for each.
const AHEAD: usize = 1_000;

pub(crate) struct Sqlite {
    terms: Terms,
    options: SqliteConnectOptions,
    pool: Pool<SqliteConnection>,
}

impl Sqlite {
    pub(super) fn new(name: &str, settings: &Settings) -> Result<Self, SettingsError> {
        let options = SqliteConnectOptions::from_str(&settings.url)
            .map_err(|error| SettingsError::Url(Dialect::Sqlite, error.to_string()))?;
        let options = options
            .read_only(true)
            .create_if_missing(false)
            .busy_timeout(settings.timeout)
            // The second lock on the door: what opens it in vain is refused with its own code.
            .pragma("query_only", "ON")
            // Views and triggers of a file from elsewhere call no functions that act.
            .pragma("trusted_schema", "OFF")
            .statement_cache_capacity(0)
            .row_buffer_size(AHEAD)
            .disable_statement_logging();
        Ok(Self { terms: Terms::new(name, settings), options, pool: Pool::new() })
    }

    pub(super) async fn run(&self, statement: &Statement, parameters: Vec<Value>) -> Result<Answer, DbError> {
        let connect = self.options.connect();
        let mut lease = self.pool.lease(connect).await.map_err(|error| self.explain(&error))?;
        let outcome = self.rows(&mut lease, statement, parameters).await;
        if outcome.as_ref().map_or_else(Trouble::leaves_the_connection, |_| true) {
            lease.keep();
        }
        outcome.map_err(|trouble| match trouble {
            Trouble::Server(error) => self.explain(&error),
            Trouble::Own(error) => error,
        })
    }

    async fn rows(
        &self,
        connection: &mut SqliteConnection,
        statement: &Statement,
        parameters: Vec<Value>,
    ) -> Result<Answer, Trouble> {
        let (began, timeout) = (Instant::now(), self.terms.timeout);
        connection.lock_handle().await?.set_progress_handler(STEPS, move || began.elapsed() < timeout);
        let mut query = sqlx::query(AssertSqlSafe(statement.text.clone())).persistent(false);
        for parameter in parameters {
            query = bind(query, parameter)?;
        }
        let mut collector = self.terms.collector();
        let mut rows = query.fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            if collector.is_empty() {
                collector.columns(sqlx::Row::columns(&row).iter().map(sqlx::Column::name));
            }
            collector.push(sqlite::read(&row)?)?;
        }
        drop(rows);
        if collector.is_empty() {
            // Without a row, only preparing tells the columns.
            let prepared = connection.prepare(AssertSqlSafe(statement.text.clone()).into_sql_str()).await?;
            collector.columns(prepared.columns().iter().map(sqlx::Column::name));
        }
        connection.lock_handle().await?.remove_progress_handler();
        Ok(collector.done())
    }

    fn explain(&self, error: &sqlx::Error) -> DbError {
        let terms = &self.terms;
        let server = error.as_database_error().and_then(|error| error.try_downcast_ref::<SqliteError>());
        let Some(server) = server else { return terms.explain(error) };
        let message = sqlx::error::DatabaseError::message(server);
        let code =
            sqlx::error::DatabaseError::code(server).and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
        // The lower byte is the kind of the error; the upper ones say more.
        match code & 0xff {
            9 => terms.slow(),
            // Locked, no memory, unreadable, damaged, cannot be opened, no database.
            5 | 6 | 7 | 10 | 11 | 14 | 26 => terms.unavailable(message),
            8 | 23 => DbError::Denied(format!("{message}: plugins only read databases")),
            _ if message.starts_with("no such table") => terms.no_table(message),
            _ => DbError::Invalid(format!("database {}: {message}", terms.name)),
        }
    }
}

type SqliteQuery<'q> = Query<'q, sqlx::Sqlite, SqliteArguments>;

fn bind(query: SqliteQuery<'_>, value: Value) -> Result<SqliteQuery<'_>, DbError> {
    Ok(match value {
        Value::Null => query.bind(None::<i64>),
        Value::Boolean(value) => query.bind(value),
        Value::Signed(value) => query.bind(value),
        Value::Unsigned(value) => query.bind(
            i64::try_from(value).map_err(|_| DbError::Invalid(format!("{value} is larger than a number of SQLite")))?,
        ),
        Value::Float(value) => query.bind(value),
        Value::Decimal(value) | Value::Text(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
    })
}
