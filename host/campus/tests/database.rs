//! The tables hold the same school as the web service, in all three databases.

mod common;

use beadle_campus::database::{Database, Dialect, HIDDEN_PREFERENCE, ddl, inserts};
use beadle_campus::school::{Plan, School, Snapshot};
use beadle_campus::services;
use beadle_campus::{Campus, Options};
use common::{Hand, RECORDED, campus};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

const NOW: i64 = RECORDED * 1000;

fn plan() -> Plan {
    Plan { students: 60, ..Plan::compressed() }
}

async fn open(path: &std::path::Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).read_only(true).connect().await.expect("database")
}

/// The rows that a monitor reads.
fn wanted(snapshot: &Snapshot) -> Vec<(i64, i64, String)> {
    snapshot.online(300).map(|user| (user.id, user.lastaccess, user.lastip.to_string())).collect()
}

const QUERY: &str = "SELECT id, lastaccess, lastip FROM mdl_user WHERE deleted = 0 AND lastaccess > ";

async fn online(connection: &mut SqliteConnection, since: i64) -> Vec<(i64, i64, String)> {
    let query = format!("{QUERY}{since} ORDER BY id");
    let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(connection).await.expect("rows");
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

#[tokio::test]
async fn the_file_follows_the_clock_and_writes_only_what_changed() {
    let hand = Hand::at(NOW);
    let campus = campus(School::new(&plan()), &hand).await;
    let mut reader = open(&campus.database_path).await;
    let mut written = 0;
    for step in 0..30 {
        let now = NOW + step * 7_000;
        hand.set(now);
        let count = campus.refresh().await.expect("refresh");
        assert_eq!(campus.refresh().await.expect("refresh"), 0, "nothing changed in between");
        assert!(count < 120, "{count} rows for seven seconds");
        written += count;
        let snapshot = campus.school().at(now);
        assert_eq!(online(&mut reader, now / 1000 - 300).await, wanted(&snapshot));
        let sessions: Vec<(i64, i64, Option<String>)> =
            sqlx::query_as("SELECT id, timemodified, lastip FROM mdl_sessions ORDER BY id")
                .fetch_all(&mut reader)
                .await
                .expect("sessions");
        let rows = snapshot.sessions.iter().map(|s| (s.id, s.timemodified, Some(s.lastip.to_string())));
        assert_eq!(sessions, rows.collect::<Vec<_>>());
    }
    assert!(written > 50, "{written}");
}

#[tokio::test]
async fn who_chose_to_be_hidden_is_told_by_the_preferences() {
    let campus = campus(School::new(&plan()), &Hand::at(NOW)).await;
    let mut reader = open(&campus.database_path).await;
    let hidden: Vec<i64> =
        sqlx::query_scalar("SELECT userid FROM mdl_user_preferences WHERE name = ? AND value = '0' ORDER BY userid")
            .bind(HIDDEN_PREFERENCE)
            .fetch_all(&mut reader)
            .await
            .expect("rows");
    let wanted: Vec<i64> = campus.moodle().snapshot().users.iter().filter(|u| u.hidden).map(|u| u.id).collect();
    assert!(!hidden.is_empty());
    assert_eq!(hidden, wanted);
}

#[tokio::test]
async fn the_monitors_query_uses_the_index() {
    let campus = campus(School::new(&plan()), &Hand::at(NOW)).await;
    let mut reader = open(&campus.database_path).await;
    let explain = format!("EXPLAIN QUERY PLAN {QUERY}{}", NOW / 1000 - 300);
    let rows = sqlx::query(AssertSqlSafe(explain)).fetch_all(&mut reader).await.expect("plan");
    let plan: String = rows.iter().map(|row| row.get::<String, _>("detail")).collect();
    assert!(plan.contains("mdl_user_"), "{plan}");
}

#[tokio::test]
async fn a_file_of_before_is_replaced_and_one_that_cannot_be_is_named() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("moodle.db");
    std::fs::write(&path, "no database").expect("file");
    let school = School::new(&plan());
    let database = Database::create(&path, &school.at(NOW)).await.expect("database");
    assert_eq!(online(&mut open(database.path()).await, NOW / 1000 - 300).await, wanted(&school.at(NOW)));
    let nowhere = folder.path().join("none/moodle.db");
    let error = Database::create(&nowhere, &school.at(NOW)).await.expect_err("no folder").to_string();
    assert!(error.contains("none/moodle.db"), "{error}");
}

#[tokio::test]
async fn a_campus_writes_by_itself_and_stops_when_told() {
    let mut options = Options::of(School::new(&plan()));
    let hand = Hand::at(NOW);
    options.clock = hand.clock();
    options.refresh = Some(std::time::Duration::from_millis(1));
    let campus = Campus::start(options).await.expect("campus");
    let mut reader = open(&campus.database_path).await;
    hand.set(NOW + 600_000);
    let wanted = wanted(&campus.school().at(NOW + 600_000));
    // Ends as soon as the task has written; a task that never does fails by the harness's own limit.
    while online(&mut reader, NOW / 1000 + 300).await != wanted {
        tokio::task::yield_now().await;
    }
    let url = campus.moodle_url.clone();
    campus.stop().await;
    assert!(common::client().get(url).send().await.is_err(), "nobody listens any more");
}

/// Names of the people online, read back from a server: what was escaped on the way in must come out the same.
fn names(snapshot: &Snapshot) -> Vec<(i64, String, String)> {
    snapshot.users.iter().map(|user| (user.id, user.lastname.clone(), user.lastip.to_string())).collect()
}

#[tokio::test]
async fn mariadb_holds_the_same_tables() {
    let Some(server) = tokio::task::spawn_blocking(services::mariadb_or_skip).await.expect("start") else { return };
    let database = tokio::task::spawn_blocking(|| server.database()).await.expect("database");
    let mut connection = sqlx::MySqlConnection::connect(&database.url).await.expect("connection");
    let snapshot = School::new(&plan()).at(NOW);
    for statement in ddl(Dialect::MariaDb).into_iter().chain(inserts(Dialect::MariaDb, &snapshot)) {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect("statement");
    }
    let query = format!("{QUERY}{} ORDER BY id", NOW / 1000 - 300);
    let rows: Vec<(i64, i64, String)> =
        sqlx::query_as(AssertSqlSafe(query)).fetch_all(&mut connection).await.expect("rows");
    assert_eq!(rows, wanted(&snapshot));
    let people: Vec<(i64, String, String)> = sqlx::query_as("SELECT id, lastname, lastip FROM mdl_user ORDER BY id")
        .fetch_all(&mut connection)
        .await
        .expect("rows");
    assert_eq!(people, names(&snapshot));
}

#[tokio::test]
async fn postgres_holds_the_same_tables() {
    let Some(server) = tokio::task::spawn_blocking(services::postgres_or_skip).await.expect("start") else { return };
    let database = tokio::task::spawn_blocking(|| server.database()).await.expect("database");
    let mut connection = sqlx::PgConnection::connect(&database.url).await.expect("connection");
    let snapshot = School::new(&plan()).at(NOW);
    for statement in ddl(Dialect::Postgres).into_iter().chain(inserts(Dialect::Postgres, &snapshot)) {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect("statement");
    }
    let query = format!("{QUERY}{} ORDER BY id", NOW / 1000 - 300);
    let rows: Vec<(i64, i64, String)> =
        sqlx::query_as(AssertSqlSafe(query)).fetch_all(&mut connection).await.expect("rows");
    assert_eq!(rows, wanted(&snapshot));
    let people: Vec<(i64, String, String)> = sqlx::query_as("SELECT id, lastname, lastip FROM mdl_user ORDER BY id")
        .fetch_all(&mut connection)
        .await
        .expect("rows");
    assert_eq!(people, names(&snapshot));
}
