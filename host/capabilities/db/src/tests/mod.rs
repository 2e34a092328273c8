//! Real servers: what the gates let through, what each of them stops alone, and what is said when a server is away.

mod bad_days;
mod host;
mod mariadb;
mod postgres;
mod sqlite;

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use crate::statement::Statement;
use crate::{Databases, DbError, Rows, Settings, Value};

/// Longer than any statement of these tests may take.
const BOUND: Duration = Duration::from_secs(30);

/// One configured connection `school` with the prefix `mdl_`.
fn school(url: impl Into<String>) -> Databases {
    with(Settings { prefix: "mdl_".into(), ..Settings::new(url) })
}

fn with(settings: Settings) -> Databases {
    Databases::new([("school".to_owned(), settings)]).expect("good settings")
}

/// Asks as a plugin does.
async fn ask(databases: &Databases, statement: &str, parameters: Vec<Value>) -> Result<Rows, DbError> {
    databases.query("school", statement, parameters, BOUND).await.map(|answer| answer.rows)
}

/// Sends a statement past the gate that judges statements, to see what stands behind it.
async fn behind_the_gate(databases: &Databases, statement: &str) -> Result<Rows, DbError> {
    let connection = databases.get("school").expect("configured");
    connection.run("school", &Statement::own(statement), Vec::new(), BOUND).await.map(|answer| answer.rows)
}

fn secret(text: &str) -> Option<SecretString> {
    Some(SecretString::from(text))
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn decimal(digits: &str) -> Value {
    Value::Decimal(digits.into())
}

/// Checks one value after the other, so that a failure names the expression.
async fn check_values(databases: &Databases, table: &[(&str, Value)]) {
    for (expression, expected) in table {
        let rows = ask(databases, &format!("SELECT {expression} AS v"), Vec::new()).await;
        let rows = rows.unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert_eq!(rows.rows, [[expected.clone()]], "{expression}");
        assert_eq!(rows.columns, ["v"], "{expression}");
    }
}

/// Sends each value as a parameter and expects it back.
async fn check_round_trip(databases: &Databases, cast: &str, values: &[Value]) {
    for value in values {
        let statement = format!("SELECT {}", cast.replace("$", "?"));
        let rows = ask(databases, &statement, vec![value.clone()]).await;
        let rows = rows.unwrap_or_else(|error| panic!("{statement} {value:?}: {error}"));
        assert_eq!(rows.rows, [[value.clone()]], "{statement}");
    }
}

#[track_caller]
fn denied<T: std::fmt::Debug>(answer: Result<T, DbError>, part: &str) {
    match answer {
        Err(DbError::Denied(message)) => assert!(message.contains(part), "{message}"),
        other => panic!("not denied: {other:?}"),
    }
}

#[track_caller]
fn unavailable<T: std::fmt::Debug>(answer: Result<T, DbError>, part: &str) {
    match answer {
        Err(DbError::Unavailable(message)) => assert!(message.contains(part), "{message}"),
        other => panic!("not unavailable: {other:?}"),
    }
}

#[track_caller]
fn invalid<T: std::fmt::Debug>(answer: Result<T, DbError>, part: &str) {
    match answer {
        Err(DbError::Invalid(message)) => assert!(message.contains(part), "{message}"),
        other => panic!("not invalid: {other:?}"),
    }
}

/// The folder of recorded answers; none on a machine without it.
#[expect(clippy::print_stderr, reason = "the only place where a skipped test can say why")]
fn fixtures() -> Option<PathBuf> {
    let folder = match std::env::var_os("BEADLE_FIXTURES") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .find(|folder| folder.join("rust-toolchain.toml").is_file())?
            .parent()?
            .join("shared/fixtures"),
    };
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var("BEADLE_REQUIRE_FIXTURES").is_err(), "no recorded answers in {}", folder.display());
    eprintln!("skipped: no recorded answers in {} (BEADLE_FIXTURES names the folder)", folder.display());
    None
}

#[test]
fn neither_settings_nor_databases_show_secrets() {
    let settings =
        Settings { password: secret("hunter2"), ..Settings::new("mysql://reader:hunter3@db.school.example/moodle") };
    let shown = format!("{settings:?} {:?}", with(settings.clone()));
    assert!(!shown.contains("hunter"), "{shown}");
    let bad = Settings { url: "postgres://reader:hunter3@[::/x".into(), ..settings };
    let error = Databases::new([("school".to_owned(), bad)]).expect_err("no address");
    assert!(!format!("{error} {error:?}").contains("hunter"), "{error}");
}

#[test]
fn settings_are_checked_when_they_are_read() {
    let error = |settings| Databases::new([("school".to_owned(), settings)]).expect_err("bad settings").to_string();
    assert!(error(Settings::new("oracle://x")).starts_with("databases.school: url starts with none of"));
    assert!(error(Settings { prefix: "mdl_; --".into(), ..Settings::new("sqlite:x") }).contains("prefix"));
    assert!(error(Settings { timeout: Duration::ZERO, ..Settings::new("sqlite:x") }).contains("timeout"));
}
