//! PostgreSQL. Every statement has a transaction of its own that only reads and is rolled back: a function that changes a setting
//! changes it for that statement alone, and nothing depends on the session, so that a connection pooler may stand between.

use std::str::FromStr;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use rust_decimal::Decimal;
use secrecy::ExposeSecret;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgConnectOptions, PgConnection, PgDatabaseError, PgTypeInfo};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Encode, Executor, Row as _, SqlSafeStr, Statement as _, Type};

use super::abandoned::Watch;
use super::{Terms, Trouble, wrong_decimal};
use crate::pool::Pool;
use crate::rows::{Answer, postgres::Plan};
use crate::statement::Statement;
use crate::{DbError, Dialect, Reread, Settings, SettingsError, Value};

pub(crate) struct Postgres {
    terms: Terms,
    options: PgConnectOptions,
    reread: Option<Reread>,
    pool: Pool<PgConnection>,
}

impl Postgres {
    pub(super) fn new(name: &str, settings: &Settings) -> Result<Self, SettingsError> {
        let options = PgConnectOptions::from_str(&settings.url)
            .map_err(|error| SettingsError::Url(Dialect::Postgres, error.to_string()))?;
        let mut options = options.application_name("beadle").statement_cache_capacity(0).disable_statement_logging();
        if let Some(password) = &settings.password {
            options = options.password(password.expose_secret());
        }
        Ok(Self { terms: Terms::new(name, settings), options, reread: settings.reread.clone(), pool: Pool::new() })
    }

    pub(super) async fn run(&self, statement: &Statement, parameters: Vec<Value>) -> Result<Answer, DbError> {
        let connect = async { current(&self.options, self.reread.as_ref()).connect().await };
        let mut lease = self.pool.lease(connect).await.map_err(|error| self.explain(&error, Duration::ZERO))?;
        let began = Instant::now();
        let outcome = self.transaction(&mut lease, statement, parameters).await;
        let good = outcome.as_ref().map_or_else(Trouble::leaves_the_connection, |_| true);
        if good && sqlx::raw_sql("ROLLBACK; DEALLOCATE ALL").execute(&mut *lease).await.is_ok() {
            lease.keep();
        }
        outcome.map_err(|trouble| match trouble {
            Trouble::Server(error) => self.explain(&error, began.elapsed()),
            Trouble::Own(error) => error,
        })
    }

    async fn transaction(
        &self,
        connection: &mut PgConnection,
        statement: &Statement,
        parameters: Vec<Value>,
    ) -> Result<Answer, Trouble> {
        let millis = self.terms.millis();
        // Literals must end where the tokenizer of `statement` ends them; the time zone is the one that `rows` writes.
        let begin = format!(
            "BEGIN READ ONLY; SET LOCAL statement_timeout = {millis}; SET LOCAL lock_timeout = {millis}; \
             SET LOCAL standard_conforming_strings = on; SET LOCAL TimeZone = 'UTC'; SELECT pg_backend_pid()"
        );
        let begun = sqlx::raw_sql(AssertSqlSafe(begin)).fetch_all(&mut *connection).await?;
        let process: i32 = begun.first().ok_or(sqlx::Error::RowNotFound)?.try_get(0)?;
        let watch = Watch::new(end(self.options.clone(), self.reread.clone(), process));
        let outcome = self.rows(connection, statement, parameters).await;
        if !outcome.as_ref().is_err_and(Trouble::leaves_the_server_at_work) {
            watch.over();
        }
        outcome
    }

    async fn rows(
        &self,
        connection: &mut PgConnection,
        statement: &Statement,
        parameters: Vec<Value>,
    ) -> Result<Answer, Trouble> {
        let kinds: Vec<_> = parameters.iter().map(type_of).collect();
        // The statement has a name: looking up an unknown type in between would overwrite one without.
        let mut query = sqlx::query(AssertSqlSafe(statement.text.clone()));
        for parameter in parameters {
            query = bind(query, parameter)?;
        }
        let mut collector = self.terms.collector();
        let mut plan = None;
        let mut rows = query.fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            let plan = plan.get_or_insert_with(|| {
                collector.columns(sqlx::Row::columns(&row).iter().map(sqlx::Column::name));
                Plan::new(&row)
            });
            collector.push(plan.read(&row)?)?;
        }
        drop(rows);
        if collector.is_empty() {
            // Without a row, only preparing tells the columns.
            let sql = AssertSqlSafe(statement.text.clone()).into_sql_str();
            let prepared = connection.prepare_with(sql, &kinds).await?;
            collector.columns(prepared.columns().iter().map(sqlx::Column::name));
        }
        Ok(collector.done())
    }

    fn explain(&self, error: &sqlx::Error, took: Duration) -> DbError {
        let terms = &self.terms;
        let server = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
        let Some(server) = server else { return terms.explain(error) };
        let message = server.message();
        let user = self.options.get_username();
        match server.code() {
            // Wrong password or user, no right to connect, an unknown database.
            "28000" | "28P01" | "3D000" => terms.refuses(user, message),
            "42501" => match grant(message, user) {
                Some(line) => terms.no_right(message, &line),
                None => DbError::Denied(format!("{message}: plugins only read databases")),
            },
            // Time, a lock that was not had in time, and a statement that somebody ended: they look alike.
            "57014" | "55P03" => terms.ended(message, took),
            "25006" => DbError::Denied(format!("{message}: plugins only read databases")),
            "42P01" => terms.no_table(message),
            // No connection, no room, being stopped, deadlock.
            code if ["08", "53", "57", "58", "40", "XX"].iter().any(|class| code.starts_with(class)) => {
                terms.unavailable(message)
            }
            _ => DbError::Invalid(format!("database {}: {message}", terms.name)),
        }
    }
}

/// Returns how to connect now: with the password as it stands in its file.
fn current(options: &PgConnectOptions, reread: Option<&Reread>) -> PgConnectOptions {
    match reread.and_then(|read| read()) {
        Some(password) => options.clone().password(password.expose_secret()),
        None => options.clone(),
    }
}

/// Ends a process of the server with what it works on; its connection is given up in any case. Everybody may end their own. Only to
/// cancel the statement would be too little: a process that has not read it yet would forget that, and begin.
async fn end(options: PgConnectOptions, reread: Option<Reread>, process: i32) -> Result<(), sqlx::Error> {
    let mut connection = current(&options, reread.as_ref()).connect().await?;
    sqlx::raw_sql(AssertSqlSafe(format!("SELECT pg_terminate_backend({process})"))).execute(&mut connection).await?;
    connection.close().await
}

/// Returns the line that would give the right that `permission denied for table t` speaks of; none for rights that no reader needs.
fn grant(message: &str, user: &str) -> Option<String> {
    let (kind, object) = message.strip_prefix("permission denied for ")?.split_once(' ')?;
    match kind {
        "table" | "view" | "relation" => Some(format!("GRANT SELECT ON {object} TO {user}")),
        "schema" => Some(format!("GRANT USAGE ON SCHEMA {object} TO {user}")),
        "database" => Some(format!("GRANT CONNECT ON DATABASE {object} TO {user}")),
        _ => None,
    }
}

/// A null whose type the server finds out from its place.
struct Null;

/// PostgreSQL's number for a type that is not known yet.
const UNKNOWN: PgTypeInfo = PgTypeInfo::with_oid(Oid(705));

impl Type<sqlx::Postgres> for Null {
    fn type_info() -> PgTypeInfo {
        UNKNOWN
    }
}

impl Encode<'_, sqlx::Postgres> for Null {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

fn type_of(value: &Value) -> PgTypeInfo {
    match value {
        Value::Null => UNKNOWN,
        Value::Boolean(_) => <bool as Type<sqlx::Postgres>>::type_info(),
        Value::Unsigned(value) if i64::try_from(*value).is_err() => <Decimal as Type<sqlx::Postgres>>::type_info(),
        Value::Signed(_) | Value::Unsigned(_) => <i64 as Type<sqlx::Postgres>>::type_info(),
        Value::Float(_) => <f64 as Type<sqlx::Postgres>>::type_info(),
        Value::Decimal(_) => <Decimal as Type<sqlx::Postgres>>::type_info(),
        Value::Text(_) => <String as Type<sqlx::Postgres>>::type_info(),
        Value::Bytes(_) => <Vec<u8> as Type<sqlx::Postgres>>::type_info(),
    }
}

type PostgresQuery<'q> = Query<'q, sqlx::Postgres, PgArguments>;

fn bind(query: PostgresQuery<'_>, value: Value) -> Result<PostgresQuery<'_>, DbError> {
    Ok(match value {
        Value::Null => query.bind(Null),
        Value::Boolean(value) => query.bind(value),
        Value::Signed(value) => query.bind(value),
        Value::Unsigned(value) => match i64::try_from(value) {
            Ok(value) => query.bind(value),
            Err(_) => query.bind(Decimal::from(value)),
        },
        Value::Float(value) => query.bind(value),
        Value::Decimal(digits) => query.bind(Decimal::from_str_exact(&digits).map_err(|_| wrong_decimal(&digits))?),
        // A zero byte is no text there; the server's own words are about an encoding.
        Value::Text(value) if value.contains('\0') => {
            return Err(DbError::Invalid("a text parameter contains a zero byte".into()));
        }
        Value::Text(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_becomes_the_line_that_gives_the_right() {
        let line = |message| grant(message, "reader");
        assert_eq!(line("permission denied for table mdl_user").as_deref(), Some("GRANT SELECT ON mdl_user TO reader"));
        assert_eq!(
            line("permission denied for schema hidden").as_deref(),
            Some("GRANT USAGE ON SCHEMA hidden TO reader")
        );
        assert_eq!(line("permission denied for function pg_read_file"), None);
    }
}
