//! PostgreSQL.

use std::time::Duration;

use beadle_campus::services::{Database, Server, postgres_or_skip};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::*;

/// A database, with these statements run in it as its owner.
async fn filled(server: &Server, statements: &str) -> Database {
    let database = server.database();
    let mut connection = PgConnection::connect(&database.url).await.expect("connects");
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.expect("is filled");
    database
}

const TABLE: &str = "CREATE TABLE mdl_user (id BIGINT PRIMARY KEY, name TEXT, password TEXT);
    INSERT INTO mdl_user VALUES (1, 'Ada', 'x'), (2, 'Bela', 'y'), (3, NULL, 'z');
    CREATE SEQUENCE numbers;";

/// Makes a database with a reader who has these grants in it.
async fn with_reader(server: &Server, grants: &[&str]) -> (Database, Settings) {
    let database = filled(server, TABLE).await;
    let name = format!("reader_{}", database.name);
    let mut statements = format!("CREATE ROLE {name} LOGIN PASSWORD 'right-password';");
    for grant in grants {
        statements.push_str(&format!("GRANT {grant} TO {name};"));
    }
    let mut connection = PgConnection::connect(&database.url).await.expect("connects");
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.expect("makes a reader");
    let url = database.url_as(&name, None);
    let settings = Settings { prefix: "mdl_".into(), password: secret("right-password"), ..Settings::new(url) };
    (database, settings)
}

#[tokio::test]
async fn values_keep_their_type() {
    let Some(server) = postgres_or_skip() else { return };
    let database = filled(server, "CREATE TYPE mood AS ENUM ('glad'); CREATE DOMAIN mark AS numeric(4, 2);").await;
    let databases = school(database.url);
    check_values(
        &databases,
        &[
            ("NULL", Value::Null),
            ("true", Value::Boolean(true)),
            ("1", Value::Signed(1)),
            ("32767::smallint", Value::Signed(32_767)),
            ("(-9223372036854775808)::bigint", Value::Signed(i64::MIN)),
            ("count(*)", Value::Signed(1)),
            ("sum(2::bigint)", decimal("2")),
            ("17.50000", decimal("17.50000")),
            ("-0.001", decimal("-0.001")),
            ("0::numeric", decimal("0")),
            ("0.00000001234::numeric", decimal("0.00000001234")),
            ("100000000::numeric", decimal("100000000")),
            ("1e30::numeric + 0.5", decimal("1000000000000000000000000000000.5")),
            (
                "123456789012345678901234567890123456.12300000000000000000",
                decimal("123456789012345678901234567890123456.12300000000000000000"),
            ),
            ("'NaN'::numeric", decimal("NaN")),
            ("'-Infinity'::numeric", decimal("-Infinity")),
            ("1.75::mark", decimal("1.75")),
            ("1.5::real", Value::Float(1.5)),
            ("1.5::double precision", Value::Float(1.5)),
            ("'größe 日本 🎓'", text("größe 日本 🎓")),
            ("''", text("")),
            ("'x'::char(3)", text("x  ")),
            ("'x'::\"char\"", text("x")),
            ("'pg'::name", text("pg")),
            ("'glad'::mood", text("glad")),
            ("'\\xff00'::bytea", Value::Bytes(vec![0xff, 0])),
            ("'{\"a\":1}'::json", text("{\"a\":1}")),
            ("'{\"a\":1}'::jsonb", text("{\"a\": 1}")),
            ("'0190e5a5-93ae-7000-8000-00000000002a'::uuid", text("0190e5a5-93ae-7000-8000-00000000002a")),
            ("DATE '2026-11-20'", text("2026-11-20")),
            ("'infinity'::date", text("infinity")),
            ("TIMESTAMP '2026-11-20 18:19:50'", text("2026-11-20 18:19:50")),
            ("TIMESTAMP '2026-11-20 18:19:50.25'", text("2026-11-20 18:19:50.250")),
            ("TIMESTAMPTZ '2026-11-20 19:19:50+01'", text("2026-11-20 18:19:50+00")),
            ("'-infinity'::timestamptz", text("-infinity")),
            ("TIME '18:19:50'", text("18:19:50")),
            ("TIMETZ '18:19:50-03:30'", text("18:19:50-03:30")),
            ("CAST(INTERVAL '1 day' AS text)", text("1 day")),
            ("current_setting('TimeZone')", text("UTC")),
        ],
    )
    .await;
    invalid(ask(&databases, "SELECT INTERVAL '1 day' AS span", Vec::new()).await, "CAST(span AS text)");
    invalid(ask(&databases, "SELECT ARRAY[1] AS list", Vec::new()).await, "CAST(list AS text)");
    invalid(ask(&databases, "SELECT TIMESTAMP '290000-01-01' AS far", Vec::new()).await, "column far");
}

#[tokio::test]
async fn parameters_keep_their_type() {
    let Some(server) = postgres_or_skip() else { return };
    let databases = school(filled(server, TABLE).await.url);
    check_round_trip(
        &databases,
        "$",
        &[
            Value::Boolean(true),
            Value::Signed(i64::MIN),
            Value::Float(-1.25),
            decimal("17.50000"),
            text("it's \\ \"größe\" ?; DROP TABLE mdl_user"),
            Value::Bytes(vec![0xff, 0]),
        ],
    )
    .await;
    let largest = ask(&databases, "SELECT ?", vec![Value::Unsigned(u64::MAX)]).await.expect("answers");
    assert_eq!(largest.rows, [[decimal("18446744073709551615")]]);
    // A null takes the type of its place.
    let rows = ask(
        &databases,
        "SELECT COALESCE(?, id) FROM {prefix}user WHERE name = ? ORDER BY ?::text",
        vec![Value::Null, text("Bela"), Value::Null],
    );
    assert_eq!(rows.await.expect("answers").rows, [[Value::Signed(2)]]);
    let rows = ask(
        &databases,
        "SELECT id FROM {prefix}user WHERE id IN (?, ?) ORDER BY id LIMIT ?",
        vec![Value::Signed(1), Value::Unsigned(3), Value::Signed(1)],
    );
    assert_eq!(rows.await.expect("answers").rows, [[Value::Signed(1)]]);
    invalid(ask(&databases, "SELECT ?", vec![text("a\0b")]).await, "zero byte");
    // The statement names the columns even where no row does, again and again.
    for _ in 0..3 {
        let none = ask(&databases, "SELECT id, name AS n FROM {prefix}user WHERE id > ?", vec![Value::Signed(9)]).await;
        assert_eq!(none.expect("answers"), Rows { columns: vec!["id".into(), "n".into()], rows: vec![] });
    }
    let kept = behind_the_gate(&databases, "SELECT count(*) FROM pg_prepared_statements").await.expect("answers");
    assert_eq!(kept.rows, [[Value::Signed(1)]], "only the one that asks");
}

#[tokio::test]
async fn each_layer_alone_stops_writing() {
    let Some(server) = postgres_or_skip() else { return };
    let database = filled(server, TABLE).await;
    // The transaction, as a user who may do everything.
    let owner = school(&database.url);
    for statement in [
        "INSERT INTO mdl_user VALUES (4, 'D', '')",
        "UPDATE mdl_user SET name = 'E'",
        "DELETE FROM mdl_user",
        "WITH gone AS (DELETE FROM mdl_user RETURNING id) SELECT * FROM gone",
        "EXPLAIN ANALYZE DELETE FROM mdl_user",
        "CREATE TABLE made (a INT)",
        "DROP TABLE mdl_user",
        "TRUNCATE mdl_user",
        "SELECT * INTO made FROM mdl_user",
        "SELECT * FROM mdl_user FOR UPDATE",
        "SELECT nextval('numbers')",
    ] {
        denied(behind_the_gate(&owner, statement).await, "read-only transaction");
    }
    // The transaction cannot be made a writing one, and what a function sets ends with it.
    let set = "SELECT set_config('transaction_read_only', 'off', false)";
    invalid(behind_the_gate(&owner, set).await, "must be set before any query");
    let set =
        "SELECT set_config('default_transaction_read_only', 'off', false), set_config('statement_timeout', '0', false)";
    behind_the_gate(&owner, set).await.expect("a function that sets");
    denied(behind_the_gate(&owner, "DELETE FROM mdl_user").await, "read-only transaction");
    let left = ask(&owner, "SELECT current_setting('statement_timeout')", Vec::new()).await.expect("answers");
    assert_eq!(left.rows, [[text("10s")]]);
    // One prepared statement.
    invalid(behind_the_gate(&owner, "SELECT 1; COMMIT; DELETE FROM mdl_user").await, "multiple commands");
    // The user.
    let (_, settings) = with_reader(server, &["SELECT ON mdl_user"]).await;
    let reader = with(settings);
    denied(behind_the_gate(&reader, "SELECT pg_read_file('/etc/passwd')").await, "permission denied for function");
    denied(behind_the_gate(&reader, "COPY (SELECT 1) TO '/tmp/beadle-out'").await, "must be superuser");
    // The statement.
    denied(ask(&owner, "SELECT pg_read_file('/etc/passwd')", Vec::new()).await, "pg_read_file");
    denied(ask(&owner, "COPY (SELECT 1) TO '/tmp/beadle-out'", Vec::new()).await, "COPY");
    let rows = ask(&owner, "SELECT id FROM {prefix}user ORDER BY id", Vec::new()).await.expect("answers");
    assert_eq!(rows.rows, [[Value::Signed(1)], [Value::Signed(2)], [Value::Signed(3)]]);
}

#[tokio::test]
async fn a_reader_sees_what_it_is_granted_and_learns_which_line_is_missing() {
    let Some(server) = postgres_or_skip() else { return };
    let (database, settings) = with_reader(server, &["SELECT (id, name) ON mdl_user"]).await;
    let mut connection = PgConnection::connect(&database.url).await.expect("connects");
    sqlx::raw_sql("CREATE SCHEMA hidden; CREATE TABLE hidden.t (a INT)")
        .execute(&mut connection)
        .await
        .expect("is made");
    let reader = with(settings);
    let rows = ask(&reader, "SELECT name FROM {prefix}user WHERE id = 1", Vec::new()).await.expect("answers");
    assert_eq!(rows.rows, [[text("Ada")]]);
    let line = format!("GRANT SELECT ON mdl_user TO reader_{}", database.name);
    denied(ask(&reader, "SELECT password FROM {prefix}user", Vec::new()).await, &line);
    denied(ask(&reader, "SELECT a FROM hidden.t", Vec::new()).await, "GRANT USAGE ON SCHEMA hidden");
    denied(
        ask(&reader, "SELECT rolpassword FROM pg_authid", Vec::new()).await,
        "pg_authid belongs to the database server",
    );
    denied(behind_the_gate(&reader, "SELECT rolpassword FROM pg_authid").await, "permission denied for table");
}

#[tokio::test]
async fn a_server_that_refuses_or_is_away_is_unavailable() {
    let Some(server) = postgres_or_skip() else { return };
    let (database, settings) = with_reader(server, &["SELECT ON mdl_user"]).await;
    ask(&with(settings.clone()), "SELECT 1", Vec::new()).await.expect("the right password");
    let wrong = Settings { password: secret("wrong-password"), ..settings.clone() };
    let refused = ask(&with(wrong), "SELECT 1", Vec::new()).await;
    assert!(!format!("{refused:?}").contains("-password"), "{refused:?}");
    unavailable(refused, "[databases.school]");
    let unknown = Settings { url: settings.url.replace(&format!("/{}?", database.name), "/no_such?"), ..settings };
    unavailable(ask(&with(unknown), "SELECT 1", Vec::new()).await, "does not exist");
    let away = Settings::new("postgres://reader@localhost/x?host=/no/such/folder");
    unavailable(ask(&with(away), "SELECT 1", Vec::new()).await, "cannot be reached");
}

#[tokio::test]
async fn a_connection_that_the_server_ended_is_made_anew() {
    let Some(server) = postgres_or_skip() else { return };
    let (database, settings) = with_reader(server, &["SELECT ON mdl_user"]).await;
    let databases = with(settings);
    let id = |rows: Rows| rows.rows[0][0].clone();
    let first = id(behind_the_gate(&databases, "SELECT pg_backend_pid()").await.expect("answers"));
    let again = id(behind_the_gate(&databases, "SELECT pg_backend_pid()").await.expect("answers"));
    assert_eq!(first, again, "a good connection is used again");
    // The last argument waits until it has ended.
    let end = format!(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'reader_{}'",
        database.name
    );
    server.execute(&end).expect("ends it");
    let other = id(behind_the_gate(&databases, "SELECT pg_backend_pid()").await.expect("answers"));
    assert_ne!(first, other);
}

#[tokio::test]
async fn limits_end_a_statement_and_name_themselves() {
    let Some(server) = postgres_or_skip() else { return };
    let url = server.database().url;
    let many = "SELECT n, 'some text' FROM generate_series(1, 1000) n";
    let databases = with(Settings { rows: 1_000, ..Settings::new(&url) });
    assert_eq!(ask(&databases, many, Vec::new()).await.expect("at the limit").rows.len(), 1_000);
    let databases = with(Settings { rows: 999, ..Settings::new(&url) });
    invalid(ask(&databases, many, Vec::new()).await, "raise rows under [databases.school]");
    let databases = with(Settings { bytes: 10 << 10, ..Settings::new(&url) });
    invalid(ask(&databases, many, Vec::new()).await, "raise bytes under [databases.school]");
    let slow = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b";
    let databases = with(Settings { timeout: Duration::from_millis(200), ..Settings::new(&url) });
    unavailable(ask(&databases, slow, Vec::new()).await, "timeout under [databases.school]");
    unavailable(behind_the_gate(&databases, "SELECT pg_sleep(60)").await, "timeout under [databases.school]");
    assert_eq!(ask(&databases, "SELECT 1", Vec::new()).await.expect("serves on").rows, [[Value::Signed(1)]]);
    let databases = with(Settings { timeout: Duration::from_secs(2), ..Settings::new(&url) });
    let answer = databases.query("school", slow, Vec::new(), Duration::from_millis(100)).await;
    unavailable(answer, "limits.host-call");
    assert_eq!(ask(&databases, "SELECT 1", Vec::new()).await.expect("serves on").rows, [[Value::Signed(1)]]);
}

#[tokio::test]
async fn a_missing_table_hints_at_the_prefix() {
    let Some(server) = postgres_or_skip() else { return };
    let databases = school(server.database().url);
    invalid(
        ask(&databases, "SELECT 1 FROM user_of_nobody", Vec::new()).await,
        "the prefix under [databases.school] is \"mdl_\"",
    );
    invalid(ask(&databases, "SELECT 1 FROM", Vec::new()).await, "syntax error");
}

#[tokio::test]
async fn doctor_warns_of_rights_and_secrets() {
    let Some(server) = postgres_or_skip() else { return };
    let (database, settings) = with_reader(server, &["SELECT (id, name) ON mdl_user"]).await;
    let owner = school(&database.url).check("school").await;
    assert_eq!((owner.problem.as_deref(), owner.read_only), (None, true), "{owner:?}");
    assert!(owner.server.as_deref().is_some_and(|version| version.starts_with(char::is_numeric)), "{owner:?}");
    assert_eq!(owner.warnings.len(), 2, "{owner:?}");
    assert!(owner.warnings[0].contains("superuser, DELETE, INSERT"), "{owner:?}");
    assert!(owner.warnings[1].contains("mdl_user.password"), "{owner:?}");
    let reader = with(settings).check("school").await;
    assert_eq!((reader.problem, reader.read_only, reader.warnings), (None, true, vec![]));
}
