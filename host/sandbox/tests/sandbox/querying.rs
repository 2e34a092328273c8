//! What a run may try on databases.

use std::time::Duration;

use beadle_campus::services::{Server, mariadb_or_skip, postgres_or_skip};
use beadle_db::{Databases, Settings};
use beadle_plan::{Grants, Outcome};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection, SqliteConnection};

use crate::world::{Guest, lines};

/// Longer than any statement that has an end.
const AMPLE: Duration = Duration::from_secs(30);

const FILL: [&str; 2] =
    ["CREATE TABLE mdl_user (id BIGINT PRIMARY KEY, name TEXT)", "INSERT INTO mdl_user VALUES (1, 'Ada'), (2, 'Bela')"];

macro_rules! fill {
    ($connection:ident) => {
        for statement in FILL {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut $connection).await.expect("is filled");
        }
    };
}

/// What no plugin may ask of any database.
const FORBIDDEN: [&str; 40] = [
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM mysql.user",
    "SELECT user FROM `mysql` . user",
    "SELECT * FROM performance_schema.threads",
    "SELECT * FROM sys.session",
    "SELECT * FROM pg_catalog.pg_shadow",
    "SELECT rolpassword FROM pg_authid",
    "SELECT query FROM pg_stat_activity",
    "SELECT * FROM elsewhere.mdl_user",
    "SELECT u.id FROM {prefix}user u, elsewhere.mdl_user o",
    "SHOW DATABASES",
    "SHOW GRANTS",
    "SHOW TABLES FROM mysql",
    "INSERT INTO {prefix}user VALUES (3, 'Carl')",
    "UPDATE {prefix}user SET name = 'Dora'",
    "DELETE FROM {prefix}user",
    "REPLACE INTO {prefix}user VALUES (1, 'Dora')",
    "DROP TABLE {prefix}user",
    "CREATE TABLE lamps (id INT)",
    "TRUNCATE {prefix}user",
    "WITH gone AS (DELETE FROM {prefix}user RETURNING id) SELECT * FROM gone",
    "SELECT id FROM {prefix}user FOR UPDATE",
    "SELECT 1; DELETE FROM {prefix}user",
    "SELECT 1;; DROP TABLE {prefix}user",
    "BEGIN",
    "SET autocommit = 1",
    "PRAGMA query_only = OFF",
    "ATTACH DATABASE 'other.db' AS other",
    "SELECT SLEEP(3600)",
    "SELECT pg_sleep(3600)",
    "SELECT BENCHMARK(1000000000, MD5('x'))",
    "SELECT GET_LOCK('lamps', 3600)",
    "SELECT pg_advisory_lock(1)",
    "SELECT LOAD_FILE('/etc/passwd')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT load_extension('lamps')",
    "SELECT id INTO OUTFILE '/tmp/lamps' FROM {prefix}user",
    "SELECT 1 /*!50000 INTO OUTFILE '/tmp/lamps' */",
    "COPY {prefix}user TO PROGRAM 'true'",
    "SELECT set_config('default_transaction_read_only', 'off', false)",
];

/// Runs the guest's statements on a database that gives up after `timeout`.
async fn ask(url: &str, statements: &[&str], timeout: Duration) -> Outcome {
    let settings = Settings { prefix: "mdl_".into(), timeout, ..Settings::new(url) };
    let databases = Databases::new([("school".to_owned(), settings)]).expect("good settings");
    let grants = Grants { db: vec!["school".into()], ..Grants::default() };
    let guest = Guest::that("queries").with("how", "school").with("texts", json!(statements));
    Guest { grants, databases: Some(databases), ..guest }.run().await
}

async fn nothing_is_done_and_nothing_waits(url: &str, endless: &str) {
    let statements: Vec<&str> =
        FORBIDDEN.into_iter().chain(["SELECT name FROM {prefix}user WHERE name < 'C'"]).collect();
    let outcome = ask(url, &statements, AMPLE).await;
    let lines = lines(&outcome);
    assert_eq!(lines.len(), statements.len());
    for (statement, line) in FORBIDDEN.iter().zip(&lines) {
        assert!(line.starts_with("Denied(") || line.starts_with("Invalid("), "{statement}: {line}");
    }
    assert_eq!(lines[FORBIDDEN.len()], "2 rows", "everything is as it was");
    let outcome = ask(url, &[endless, "SELECT id FROM {prefix}user"], Duration::from_millis(500)).await;
    let lines = self::lines(&outcome);
    assert!(lines[0].starts_with("Unavailable(") && lines[0].contains("timeout under [databases.school]"), "{lines:?}");
    assert_eq!(lines[1], "2 rows", "and the next statement is answered");
}

pub(crate) async fn queries() {
    let place = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", place.path().join("school.db").display());
    let mut connection = SqliteConnection::connect(&format!("{url}?mode=rwc")).await.expect("a database");
    fill!(connection);
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    nothing_is_done_and_nothing_waits(&url, endless).await;

    let ungranted = Guest::that("queries").with("how", "school").with("texts", json!(["SELECT 1"])).run().await;
    assert!(lines(&ungranted)[0].contains("grants = { db = [\\\"school\\\"] }"), "{:?}", ungranted.log);

    let database = |server: &Server| server.database().url;
    if let Some(url) = mariadb_or_skip().map(database) {
        let mut connection = MySqlConnection::connect(&url).await.expect("connects");
        fill!(connection);
        nothing_is_done_and_nothing_waits(&url, "SELECT COUNT(*) FROM seq_1_to_100000000 a, seq_1_to_100000000 b")
            .await;
    }
    if let Some(url) = postgres_or_skip().map(database) {
        let mut connection = PgConnection::connect(&url).await.expect("connects");
        fill!(connection);
        let endless = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b";
        nothing_is_done_and_nothing_waits(&url, endless).await;
    }
}
