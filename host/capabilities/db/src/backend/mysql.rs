//! MySQL and MariaDB.

use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use rust_decimal::Decimal;
use secrecy::ExposeSecret;
use sqlx::mysql::{MySqlArguments, MySqlConnectOptions, MySqlConnection, MySqlDatabaseError};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, SqlSafeStr, Statement as _};

use super::abandoned::Watch;
use super::{Terms, Trouble, wrong_decimal};
use crate::pool::{Kept, Pool};
use crate::rows::{Answer, Collector, mysql::Plan};
use crate::statement::Statement;
use crate::{DbError, Dialect, Reread, Settings, SettingsError, Value};

pub(crate) struct Mysql {
    terms: Terms,
    options: MySqlConnectOptions,
    reread: Option<Reread>,
    pool: Pool<Session>,
}

/// A connection, and the number under which the server knows it.
struct Session {
    connection: MySqlConnection,
    number: u64,
}

impl Kept for Session {
    async fn answers(&mut self) -> bool {
        self.connection.answers().await
    }
}

impl Deref for Session {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        &self.connection
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        &mut self.connection
    }
}

impl Mysql {
    pub(super) fn new(name: &str, settings: &Settings) -> Result<Self, SettingsError> {
        let options = MySqlConnectOptions::from_str(&settings.url)
            .map_err(|error| SettingsError::Url(Dialect::Mysql, error.to_string()))?;
        let mut options = options
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            // Statements are of the plugins' making: keeping them prepared would fill the server.
            .statement_cache_capacity(0)
            .disable_statement_logging();
        if let Some(password) = &settings.password {
            options = options.password(password.expose_secret());
        }
        Ok(Self { terms: Terms::new(name, settings), options, reread: settings.reread.clone(), pool: Pool::new() })
    }

    /// Returns the name of the database that the address names.
    pub(super) fn home(&self) -> Option<&str> {
        self.options.get_database()
    }

    pub(super) async fn run(&self, statement: &Statement, parameters: Vec<Value>) -> Result<Answer, DbError> {
        let mut lease = self.pool.lease(self.connect()).await.map_err(|error| self.explain(&error, None))?;
        let watch = Watch::new(end(self.options.clone(), self.reread.clone(), lease.number));
        let began = Instant::now();
        let outcome = self.rows(&mut lease, statement, parameters).await;
        if !outcome.as_ref().is_err_and(Trouble::leaves_the_server_at_work) {
            watch.over();
        }
        if outcome.as_ref().map_or_else(Trouble::leaves_the_connection, |_| true) {
            lease.keep();
        }
        outcome.map_err(|trouble| match trouble {
            Trouble::Server(error) => self.explain(&error, Some(began.elapsed())),
            Trouble::Own(error) => error,
        })
    }

    async fn connect(&self) -> Result<Session, sqlx::Error> {
        let mut connection = current(&self.options, self.reread.as_ref()).connect().await?;
        let (version, number): (String, u64) =
            sqlx::query_as("SELECT VERSION(), CONNECTION_ID()").persistent(false).fetch_one(&mut connection).await?;
        let millis = self.terms.millis();
        let limit = if version.contains("MariaDB") {
            format!("max_statement_time = {}.{:03}", millis / 1000, millis % 1000)
        } else {
            format!("max_execution_time = {millis}")
        };
        // Literals must end where the tokenizer of `statement` ends them: neither ANSI_QUOTES nor NO_BACKSLASH_ESCAPES.
        let modes = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";
        let session = format!("SET SESSION sql_mode = '{modes}', {limit}");
        sqlx::raw_sql(AssertSqlSafe(session)).execute(&mut connection).await?;
        sqlx::raw_sql("SET SESSION TRANSACTION READ ONLY").execute(&mut connection).await?;
        Ok(Session { connection, number })
    }

    async fn rows(
        &self,
        connection: &mut MySqlConnection,
        statement: &Statement,
        parameters: Vec<Value>,
    ) -> Result<Answer, Trouble> {
        let mut query = sqlx::query(AssertSqlSafe(statement.text.clone())).persistent(false);
        for parameter in parameters {
            query = bind(query, parameter)?;
        }
        let mut collector = self.terms.collector();
        self.collect(&mut collector, query.fetch(&mut *connection)).await?;
        if collector.is_empty() {
            // Without a row, only preparing tells the columns.
            let prepared = connection.prepare(AssertSqlSafe(statement.text.clone()).into_sql_str()).await?;
            collector.columns(prepared.columns().iter().map(sqlx::Column::name));
        }
        Ok(collector.done())
    }

    async fn collect(
        &self,
        collector: &mut Collector,
        mut rows: impl futures::Stream<Item = Result<sqlx::mysql::MySqlRow, sqlx::Error>> + Unpin,
    ) -> Result<(), Trouble> {
        let mut plan = None;
        while let Some(row) = rows.try_next().await? {
            let plan = plan.get_or_insert_with(|| {
                collector.columns(sqlx::Row::columns(&row).iter().map(sqlx::Column::name));
                Plan::new(&row)
            });
            collector.push(plan.read(&row)?)?;
        }
        Ok(())
    }

    /// Says what went wrong, and after how long where it was a statement's and not the connection's.
    fn explain(&self, error: &sqlx::Error, took: Option<Duration>) -> DbError {
        let terms = &self.terms;
        let server = error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
        let Some(server) = server else { return terms.explain(error) };
        let message = server.message();
        match server.number() {
            // Said of one who is in already: for want of the right to write files, in a statement that names no table.
            1045 if took.is_some() => DbError::Denied(format!("{message}: plugins only read databases")),
            // Wrong password, no right on the database, an unknown database, an account that is locked or must log in otherwise.
            1044 | 1045 | 1049 | 1130 | 1251 | 1524 | 1698 | 1820 | 3118 | 4151 => {
                terms.refuses(self.options.get_username(), message)
            }
            1142 | 1143 | 1370 => terms.no_right(message, &grant(message)),
            // Time, as MariaDB and MySQL say it; and a statement that was ended, which MySQL says of time, too.
            1969 | 3024 => terms.slow(),
            1317 => terms.ended(message, took.unwrap_or_default()),
            // Too many connections, locks, a server that stops.
            1040 | 1053 | 1203 | 1205 | 1213 | 1226 | 1927 | 2006 | 2013 => terms.unavailable(message),
            // A read-only transaction, or a right that only those have who do more than to read.
            1223 | 1227 | 1290 | 1792 => DbError::Denied(format!("{message}: plugins only read databases")),
            1146 => terms.no_table(message),
            _ => DbError::Invalid(format!("database {}: {message}", terms.name)),
        }
    }
}

/// Returns how to connect now: with the password as it stands in its file.
fn current(options: &MySqlConnectOptions, reread: Option<&Reread>) -> MySqlConnectOptions {
    match reread.and_then(|read| read()) {
        Some(password) => options.clone().password(password.expose_secret()),
        None => options.clone(),
    }
}

/// Ends a session, and what it works on. Everybody may end their own.
async fn end(options: MySqlConnectOptions, reread: Option<Reread>, number: u64) -> Result<(), sqlx::Error> {
    let mut connection = current(&options, reread.as_ref()).connect().await?;
    sqlx::raw_sql(AssertSqlSafe(format!("KILL {number}"))).execute(&mut connection).await?;
    connection.close().await
}

/// Takes the line that would give a right out of the refusal: `SELECT command denied to user 'u'@'h' for table 't'`, and for a
/// column `… for column 'c' in table 't'`.
fn grant(message: &str) -> String {
    let quoted = |text: &str| text.trim().trim_end_matches('.').replace('\'', "`");
    let Some((what, rest)) = message.split_once(" command denied to user ") else {
        return "GRANT SELECT".into();
    };
    let Some((user, object)) = rest.split_once(" for ") else { return format!("GRANT {what} TO {rest}") };
    match object.split_once(" in table ") {
        Some((column, table)) => {
            let column = quoted(column.trim_start_matches("column "));
            format!("GRANT {what} ({column}) ON {} TO {user}", quoted(table))
        }
        None => format!("GRANT {what} ON {} TO {user}", quoted(object.trim_start_matches("table "))),
    }
}

type MysqlQuery<'q> = Query<'q, sqlx::MySql, MySqlArguments>;

fn bind(query: MysqlQuery<'_>, value: Value) -> Result<MysqlQuery<'_>, DbError> {
    Ok(match value {
        Value::Null => query.bind(None::<i64>),
        Value::Boolean(value) => query.bind(value),
        Value::Signed(value) => query.bind(value),
        Value::Unsigned(value) => query.bind(value),
        Value::Float(value) => query.bind(value),
        Value::Decimal(digits) => query.bind(Decimal::from_str_exact(&digits).map_err(|_| wrong_decimal(&digits))?),
        Value::Text(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_becomes_the_line_that_gives_the_right() {
        for (message, line) in [
            (
                "SELECT command denied to user 'reader'@'localhost' for table `school`.`mdl_user`",
                "GRANT SELECT ON `school`.`mdl_user` TO 'reader'@'localhost'",
            ),
            (
                "SELECT command denied to user 'reader'@'localhost' for table 'mdl_user'",
                "GRANT SELECT ON `mdl_user` TO 'reader'@'localhost'",
            ),
            (
                "SELECT command denied to user 'reader'@'%' for column 'password' in table 'mdl_user'",
                "GRANT SELECT (`password`) ON `mdl_user` TO 'reader'@'%'",
            ),
            ("something new", "GRANT SELECT"),
        ] {
            assert_eq!(grant(message), line, "{message}");
        }
    }
}
