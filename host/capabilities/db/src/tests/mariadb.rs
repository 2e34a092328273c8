//! MariaDB.

use std::time::Duration;

use beadle_campus::services::{Database, Server, mariadb_or_skip};
use futures::future::join_all;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};

use super::*;

/// A database, with these statements run in it as its owner.
async fn filled(server: &Server, statements: &str) -> Database {
    let database = server.database();
    let mut connection = MySqlConnection::connect(&database.url).await.expect("connects");
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.expect("is filled");
    database
}

const TABLE: &str = "CREATE TABLE mdl_user (id BIGINT PRIMARY KEY, name VARCHAR(100), password VARCHAR(255));
    INSERT INTO mdl_user VALUES (1, 'Ada', 'x'), (2, 'Bela', 'y'), (3, NULL, 'z');";

/// Makes a user of this database with a password and these grants, `DB` standing for the database.
fn user(server: &Server, database: &Database, password: &str, grants: &[&str]) -> Settings {
    let name = format!("reader_{}", database.name);
    server.execute(&format!("CREATE USER '{name}'@'localhost' IDENTIFIED BY '{password}'")).expect("makes a user");
    for grant in grants {
        let grant = grant.replace("DB", &database.name);
        server.execute(&format!("GRANT {grant} TO '{name}'@'localhost'")).expect("grants");
    }
    let url = database.url_as(&name, None);
    Settings { prefix: "mdl_".into(), password: secret(password), ..Settings::new(url) }
}

#[tokio::test]
async fn values_keep_their_type() {
    let Some(server) = mariadb_or_skip() else { return };
    let databases = school(server.database().url);
    check_values(
        &databases,
        &[
            ("NULL", Value::Null),
            ("1", Value::Signed(1)),
            ("CAST(-9223372036854775808 AS SIGNED)", Value::Signed(i64::MIN)),
            ("CAST(18446744073709551615 AS UNSIGNED)", Value::Unsigned(u64::MAX)),
            ("1 = 1", Value::Signed(1)),
            ("COUNT(*)", Value::Signed(1)),
            ("SUM(2)", decimal("2")),
            ("17.50000", decimal("17.50000")),
            ("-0.001", decimal("-0.001")),
            (
                "CAST('123456789012345678901234567890123456.123' AS DECIMAL(60, 20))",
                decimal("123456789012345678901234567890123456.12300000000000000000"),
            ),
            ("1.5e0", Value::Float(1.5)),
            ("'größe 日本 🎓'", text("größe 日本 🎓")),
            ("''", text("")),
            ("_binary 'text in bytes'", text("text in bytes")),
            ("x'ff00fe'", Value::Bytes(vec![0xff, 0, 0xfe])),
            ("JSON_OBJECT('a', 1)", text("{\"a\": 1}")),
            ("CAST('2026-11-20' AS DATE)", text("2026-11-20")),
            ("CAST('2026-11-20 18:19:50' AS DATETIME)", text("2026-11-20 18:19:50")),
            ("CAST('2026-11-20 18:19:50.25' AS DATETIME(3))", text("2026-11-20 18:19:50.250000")),
            ("CAST('2026-11-20 00:00:00' AS DATETIME)", text("2026-11-20 00:00:00")),
            ("CAST('-838:59:59' AS TIME)", text("-838:59:59")),
            ("@@time_zone", text("+00:00")),
        ],
    )
    .await;
}

#[tokio::test]
async fn columns_keep_their_type() {
    let Some(server) = mariadb_or_skip() else { return };
    let database = filled(
        server,
        "SET sql_mode = '';
        CREATE TABLE t (flag TINYINT(1), ufl TINYINT(1) UNSIGNED, tiny TINYINT, small SMALLINT UNSIGNED, big BIGINT UNSIGNED,
            bits BIT(10), yr YEAR, f FLOAT, d DOUBLE, amount DECIMAL(10, 5), bin VARCHAR(20) COLLATE utf8mb4_bin,
            js JSON, en ENUM('a', 'b'), st SET('x', 'y'), zero DATETIME, stamp TIMESTAMP NULL, blobby BLOB, fixed BINARY(2));
        INSERT INTO t VALUES (5, 200, -128, 65535, 18446744073709551615, b'1000000001', 2026, 0.5, 0.1, 17.5, 'Ä_bin',
            '{\"a\": [1]}', 'b', 'x,y', '0000-00-00 00:00:00', '2026-11-20 18:19:50', x'00ff', x'fffe');",
    )
    .await;
    let rows = ask(&school(database.url), "SELECT * FROM t", Vec::new()).await.expect("answers");
    assert_eq!(rows.columns[..3], ["flag", "ufl", "tiny"]);
    let expected = vec![
        Value::Signed(5),
        Value::Unsigned(200),
        Value::Signed(-128),
        Value::Unsigned(65535),
        Value::Unsigned(u64::MAX),
        Value::Unsigned(0b10_0000_0001),
        Value::Unsigned(2026),
        Value::Float(0.5),
        Value::Float(0.1),
        decimal("17.50000"),
        text("Ä_bin"),
        text("{\"a\": [1]}"),
        text("b"),
        text("x,y"),
        Value::Null,
        text("2026-11-20 18:19:50"),
        Value::Bytes(vec![0, 0xff]),
        Value::Bytes(vec![0xff, 0xfe]),
    ];
    assert_eq!(rows.rows, [expected]);
}

#[tokio::test]
async fn parameters_keep_their_type() {
    let Some(server) = mariadb_or_skip() else { return };
    let databases = school(filled(server, TABLE).await.url);
    check_round_trip(
        &databases,
        "$",
        &[
            Value::Null,
            Value::Signed(i64::MIN),
            Value::Unsigned(u64::MAX),
            Value::Float(-1.25),
            decimal("17.50000"),
            text("it's \\ \"größe\" ?; DROP TABLE mdl_user"),
            Value::Bytes(vec![0xff, 0]),
        ],
    )
    .await;
    let wrong = ask(&databases, "SELECT ?", vec![decimal("1e5")]).await;
    invalid(wrong, "28 digits");
    invalid(ask(&databases, "SELECT ?", Vec::new()).await, "1 places");
    // The statement names the columns even where no row does.
    let none = ask(&databases, "SELECT id, name AS n FROM {prefix}user WHERE id > ?", vec![Value::Signed(9)]).await;
    assert_eq!(none.expect("answers"), Rows { columns: vec!["id".into(), "n".into()], rows: vec![] });
}

#[tokio::test]
async fn the_recorded_moodle_answers_who_was_active() {
    let (Some(server), Some(fixtures)) = (mariadb_or_skip(), fixtures()) else { return };
    let dump = std::fs::read_to_string(fixtures.join("moodle/sql/moodle_lab.sql")).expect("the recorded dump");
    let databases = school(filled(server, &dump).await.url);
    let statement = "SELECT id, lastaccess, lastip FROM {prefix}user WHERE deleted = 0 AND lastaccess > ?";
    let rows = ask(&databases, statement, vec![Value::Signed(1_795_198_790 - 300)]).await.expect("answers");
    let mut ids: Vec<_> = rows.rows.iter().map(|row| row[0].clone()).collect();
    ids.sort_by_key(|id| match id {
        Value::Signed(id) => *id,
        other => panic!("not a signed number: {other:?}"),
    });
    assert_eq!(ids, [2, 3, 4, 5, 6, 7, 8, 18, 19, 20, 37, 41].map(Value::Signed));
    assert!(rows.rows.iter().all(|row| matches!(&row[2], Value::Text(_))), "{rows:?}");
}

#[tokio::test]
async fn each_layer_alone_stops_writing() {
    let Some(server) = mariadb_or_skip() else { return };
    let database = filled(server, TABLE).await;
    // The session, as a user who may do everything.
    let owner = school(&database.url);
    for statement in [
        "INSERT INTO mdl_user VALUES (4, 'D', '')",
        "UPDATE mdl_user SET name = 'E'",
        "DELETE FROM mdl_user",
        "CREATE TABLE made (a INT)",
        "DROP TABLE mdl_user",
        "TRUNCATE mdl_user",
        "ALTER TABLE mdl_user ADD b INT",
    ] {
        denied(behind_the_gate(&owner, statement).await, "READ ONLY");
    }
    // One prepared statement.
    invalid(behind_the_gate(&owner, "SELECT 1; DELETE FROM mdl_user").await, "SQL syntax");
    // The user.
    let reader = with(user(server, &database, "first-password", &["SELECT ON DB.*"]));
    let outfile = std::env::temp_dir().join(format!("beadle-{}-{}", database.name, std::process::id()));
    let statement = format!("SELECT 1 INTO OUTFILE '{}'", outfile.display());
    denied(behind_the_gate(&reader, &statement).await, "plugins only read databases");
    assert!(!outfile.exists());
    // The statement.
    denied(ask(&owner, &statement, Vec::new()).await, "INTO");
    denied(ask(&owner, "DELETE FROM {prefix}user", Vec::new()).await, "DELETE");
    let rows = ask(&owner, "SELECT id FROM {prefix}user ORDER BY id", Vec::new()).await.expect("answers");
    assert_eq!(rows.rows, [[Value::Signed(1)], [Value::Signed(2)], [Value::Signed(3)]]);
}

#[tokio::test]
async fn a_reader_sees_what_it_is_granted_and_learns_which_line_is_missing() {
    let Some(server) = mariadb_or_skip() else { return };
    let database = filled(server, &format!("{TABLE} CREATE TABLE mdl_config (value TEXT);")).await;
    let settings = user(server, &database, "first-password", &["SELECT (id, name) ON DB.mdl_user"]);
    let reader = with(settings);
    let rows = ask(&reader, "SELECT name FROM {prefix}user WHERE id = 1", Vec::new()).await.expect("answers");
    assert_eq!(rows.rows, [[text("Ada")]]);
    let name = &database.name;
    let line = format!("GRANT SELECT ON `{name}`.`mdl_config` TO 'reader_{name}'@'localhost'");
    denied(ask(&reader, "SELECT value FROM {prefix}config", Vec::new()).await, &line);
    let line = format!("GRANT SELECT (`password`) ON `mdl_user` TO 'reader_{name}'@'localhost'");
    denied(ask(&reader, "SELECT password FROM {prefix}user", Vec::new()).await, &line);
    denied(ask(&reader, "SELECT * FROM mysql.user", Vec::new()).await, "belongs to the database server");
    denied(behind_the_gate(&reader, "SELECT * FROM mysql.global_priv").await, "SELECT command denied");
}

#[tokio::test]
async fn a_server_that_refuses_or_is_away_is_unavailable() {
    let Some(server) = mariadb_or_skip() else { return };
    let database = server.database();
    let settings = user(server, &database, "right-password", &["SELECT ON DB.*"]);
    ask(&with(settings.clone()), "SELECT 1", Vec::new()).await.expect("the right password");
    let wrong = Settings { password: secret("wrong-password"), ..settings.clone() };
    let refused = ask(&with(wrong), "SELECT 1", Vec::new()).await;
    assert!(!format!("{refused:?}").contains("-password"), "{refused:?}");
    unavailable(refused, "[databases.school]");
    let unknown = Settings::new(database.url.replace(&database.name, "no_such"));
    unavailable(ask(&with(unknown), "SELECT 1", Vec::new()).await, "Unknown database");
    let away = Settings::new("mysql://reader@localhost/x?socket=/no/such/socket");
    unavailable(ask(&with(away), "SELECT 1", Vec::new()).await, "cannot be reached");
    // A port that nobody listens on: it was bound and is closed again.
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let away = Settings::new(format!("mysql://reader@127.0.0.1:{port}/x"));
    unavailable(ask(&with(away), "SELECT 1", Vec::new()).await, "cannot be reached");
}

#[tokio::test]
async fn a_connection_that_the_server_ended_is_made_anew() {
    let Some(server) = mariadb_or_skip() else { return };
    let database = server.database();
    let databases = with(user(server, &database, "first-password", &["SELECT ON DB.*"]));
    let id = |rows: Rows| rows.rows[0][0].clone();
    let first = id(ask(&databases, "SELECT CONNECTION_ID()", Vec::new()).await.expect("answers"));
    let again = id(ask(&databases, "SELECT CONNECTION_ID()", Vec::new()).await.expect("answers"));
    assert_eq!(first, again, "a good connection is used again");
    server.execute(&format!("KILL USER 'reader_{}'@'localhost'", database.name)).expect("ends it");
    let other = id(ask(&databases, "SELECT CONNECTION_ID()", Vec::new()).await.expect("answers"));
    assert_ne!(first, other);
}

#[tokio::test]
async fn limits_end_a_statement_and_name_themselves() {
    let Some(server) = mariadb_or_skip() else { return };
    let url = server.database().url;
    let many = "SELECT seq, 'some text' FROM seq_1_to_1000";
    let databases = with(Settings { rows: 1_000, ..Settings::new(&url) });
    assert_eq!(ask(&databases, many, Vec::new()).await.expect("at the limit").rows.len(), 1_000);
    let databases = with(Settings { rows: 999, ..Settings::new(&url) });
    invalid(ask(&databases, many, Vec::new()).await, "raise rows under [databases.school]");
    let databases = with(Settings { bytes: 10 << 10, ..Settings::new(&url) });
    invalid(ask(&databases, many, Vec::new()).await, "raise bytes under [databases.school]");
    // The server ends what takes long, and the connection serves on.
    let slow = "SELECT COUNT(*) FROM seq_1_to_100000000 a, seq_1_to_100000000 b";
    let databases = with(Settings { timeout: Duration::from_millis(200), ..Settings::new(&url) });
    unavailable(ask(&databases, slow, Vec::new()).await, "timeout under [databases.school]");
    assert_eq!(ask(&databases, "SELECT 1", Vec::new()).await.expect("serves on").rows, [[Value::Signed(1)]]);
    // The host does not wait for a server.
    let databases = with(Settings { timeout: Duration::from_secs(2), ..Settings::new(&url) });
    let answer = databases.query("school", slow, Vec::new(), Duration::from_millis(100)).await;
    unavailable(answer, "limits.host-call");
    assert_eq!(ask(&databases, "SELECT 1", Vec::new()).await.expect("serves on").rows, [[Value::Signed(1)]]);
}

#[tokio::test]
async fn statements_side_by_side_all_get_their_answer() {
    let Some(server) = mariadb_or_skip() else { return };
    let databases = school(server.database().url);
    let answers = join_all((0..20).map(|n| ask(&databases, "SELECT ?", vec![Value::Signed(n)]))).await;
    for (n, answer) in (0..).zip(answers) {
        assert_eq!(answer.expect("answers").rows, [[Value::Signed(n)]]);
    }
}

#[tokio::test]
async fn a_missing_table_hints_at_the_prefix() {
    let Some(server) = mariadb_or_skip() else { return };
    let databases = school(server.database().url);
    invalid(
        ask(&databases, "SELECT 1 FROM user_of_nobody", Vec::new()).await,
        "the prefix under [databases.school] is \"mdl_\"",
    );
    invalid(ask(&databases, "SELECT 1 FROM", Vec::new()).await, "SQL syntax");
}

#[tokio::test]
async fn doctor_warns_of_rights_and_secrets() {
    let Some(server) = mariadb_or_skip() else { return };
    let database = filled(server, TABLE).await;
    let owner = school(&database.url).check("school").await;
    assert_eq!((owner.problem.as_deref(), owner.read_only), (None, true), "{owner:?}");
    assert!(owner.server.as_deref().is_some_and(|version| version.contains("MariaDB")), "{owner:?}");
    assert_eq!(owner.warnings.len(), 2, "{owner:?}");
    assert!(owner.warnings[0].contains("ALL PRIVILEGES"), "{owner:?}");
    assert!(owner.warnings[1].contains("mdl_user.password"), "{owner:?}");
    let settings = user(server, &database, "first-password", &["SELECT (id, name) ON DB.mdl_user"]);
    let reader = with(settings.clone()).check("school").await;
    assert_eq!((reader.problem, reader.read_only, reader.warnings), (None, true, vec![]));
    let wrong = with(Settings { password: secret("wrong-password"), ..settings }).check("school").await;
    assert!(wrong.problem.is_some_and(|problem| problem.contains("refuses the user")));
    let none = with(Settings::new(&database.url)).check("other").await;
    assert!(none.problem.is_some_and(|problem| problem.contains("[databases.other]")));
}
