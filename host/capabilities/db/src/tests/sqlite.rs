//! SQLite.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};

use super::*;

/// Makes a database file with these statements and returns its address.
pub(super) async fn filled(folder: &Path, statements: &str) -> String {
    let file = folder.join("school.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut connection = options.connect().await.expect("makes the file");
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.expect("is filled");
    sqlx::Connection::close(connection).await.expect("closes");
    format!("sqlite:{}", file.display())
}

pub(super) const TABLE: &str = "CREATE TABLE mdl_user (id INTEGER PRIMARY KEY, name TEXT, password TEXT);
    INSERT INTO mdl_user VALUES (1, 'Ada', 'x'), (2, 'Bela', 'y'), (3, NULL, 'z');";

#[tokio::test]
async fn values_keep_their_type() {
    let folder = tempfile::tempdir().expect("a folder");
    let databases = school(filled(folder.path(), TABLE).await);
    check_values(
        &databases,
        &[
            ("NULL", Value::Null),
            ("1", Value::Signed(1)),
            ("-9223372036854775807 - 1", Value::Signed(i64::MIN)),
            ("1 = 1", Value::Signed(1)),
            ("1.5", Value::Float(1.5)),
            ("'größe 日本 🎓'", text("größe 日本 🎓")),
            ("''", text("")),
            ("x'ff00'", Value::Bytes(vec![0xff, 0])),
            ("CAST(x'ff' AS TEXT)", Value::Bytes(vec![0xff])),
            ("date('2026-11-20')", text("2026-11-20")),
        ],
    )
    .await;
    // A column holds values of several types.
    let mixed =
        ask(&databases, "SELECT 1 AS v UNION ALL SELECT 'a' UNION ALL SELECT NULL UNION ALL SELECT 2.5", Vec::new());
    assert_eq!(
        mixed.await.expect("answers").rows,
        [[Value::Signed(1)], [text("a")], [Value::Null], [Value::Float(2.5)]]
    );
    check_round_trip(
        &databases,
        "$",
        &[
            Value::Null,
            Value::Signed(i64::MIN),
            Value::Float(-1.25),
            text("it's ?; DROP TABLE mdl_user"),
            Value::Bytes(vec![0xff, 0]),
        ],
    )
    .await;
    invalid(ask(&databases, "SELECT ?", vec![Value::Unsigned(u64::MAX)]).await, "18446744073709551615");
    let none = ask(&databases, "SELECT id, name AS n FROM {prefix}user WHERE id > ?", vec![Value::Signed(9)]).await;
    assert_eq!(none.expect("answers"), Rows { columns: vec!["id".into(), "n".into()], rows: vec![] });
}

#[tokio::test]
async fn nothing_is_written_even_behind_the_gate() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = filled(folder.path(), TABLE).await;
    // Whoever writes the address cannot ask for writing.
    let databases = school(format!("{url}?mode=rwc"));
    for statement in [
        "INSERT INTO mdl_user VALUES (4, 'D', '')",
        "UPDATE mdl_user SET name = 'E'",
        "DELETE FROM mdl_user",
        "CREATE TABLE made (a INT)",
        "DROP TABLE mdl_user",
    ] {
        denied(behind_the_gate(&databases, statement).await, "readonly");
    }
    // `query_only` can be switched off by a pragma, which the gate refuses; the file stays closed to writing all the same.
    behind_the_gate(&databases, "PRAGMA query_only = OFF").await.expect("a pragma");
    denied(behind_the_gate(&databases, "DELETE FROM mdl_user").await, "readonly");
    let other = folder.path().join("other.db");
    let attach = format!("ATTACH DATABASE '{}' AS other", other.display());
    denied(ask(&databases, &attach, Vec::new()).await, "ATTACH");
    unavailable(behind_the_gate(&databases, &attach).await, "unable to open");
    assert!(!other.exists());
    for statement in ["PRAGMA user_version = 7", "VACUUM", "SELECT load_extension('x')"] {
        denied(ask(&databases, statement, Vec::new()).await, "only read");
    }
    invalid(ask(&databases, "SELECT 1; DELETE FROM mdl_user", Vec::new()).await, "more than one statement");
    let rows = ask(&databases, "SELECT id FROM {prefix}user ORDER BY id", Vec::new()).await.expect("answers");
    assert_eq!(rows.rows, [[Value::Signed(1)], [Value::Signed(2)], [Value::Signed(3)]]);
}

#[tokio::test]
async fn a_file_that_is_missing_or_no_database_is_unavailable_and_is_not_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("school.db");
    let databases = school(format!("sqlite:{}", file.display()));
    unavailable(ask(&databases, "SELECT 1", Vec::new()).await, "unable to open");
    assert!(!file.exists());
    std::fs::write(&file, "a letter, not a database, and long enough to be taken for neither; ".repeat(40))
        .expect("writes");
    unavailable(ask(&databases, "SELECT * FROM sqlite_master", Vec::new()).await, "not a database");
}

#[tokio::test]
async fn limits_end_a_statement_and_name_themselves() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = filled(folder.path(), TABLE).await;
    let count =
        |to: &str| format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n {to}) SELECT i FROM n");
    let many = count("LIMIT 1000");
    let databases = with(Settings { rows: 1_000, ..Settings::new(&url) });
    assert_eq!(ask(&databases, &many, Vec::new()).await.expect("at the limit").rows.len(), 1_000);
    let databases = with(Settings { rows: 999, ..Settings::new(&url) });
    invalid(ask(&databases, &many, Vec::new()).await, "raise rows under [databases.school]");
    invalid(ask(&databases, &count(""), Vec::new()).await, "raise rows under [databases.school]");
    let databases = with(Settings { bytes: 10 << 10, ..Settings::new(&url) });
    invalid(ask(&databases, &many, Vec::new()).await, "raise bytes under [databases.school]");
    let slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let databases = with(Settings { timeout: Duration::from_millis(200), ..Settings::new(&url) });
    unavailable(ask(&databases, slow, Vec::new()).await, "timeout under [databases.school]");
    assert_eq!(ask(&databases, "SELECT 1", Vec::new()).await.expect("serves on").rows, [[Value::Signed(1)]]);
    let databases = with(Settings { timeout: Duration::from_secs(2), ..Settings::new(&url) });
    let answer = databases.query("school", slow, Vec::new(), Duration::from_millis(100)).await;
    unavailable(answer, "limits.host-call");
    assert_eq!(ask(&databases, "SELECT 1", Vec::new()).await.expect("serves on").rows, [[Value::Signed(1)]]);
}

#[tokio::test]
async fn mistakes_are_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let databases = school(filled(folder.path(), TABLE).await);
    invalid(ask(&databases, "SELECT 1 FROM user", Vec::new()).await, "the prefix under [databases.school] is \"mdl_\"");
    invalid(ask(&databases, "SELECT nought FROM {prefix}user", Vec::new()).await, "no such column");
    let health = databases.check("school").await;
    assert_eq!((health.problem.as_deref(), health.read_only), (None, true), "{health:?}");
    assert!(health.warnings[0].contains("mdl_user.password"), "{health:?}");
}
