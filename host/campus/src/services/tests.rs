//! The servers start, keep tests apart, and end with their owner.

use std::fs::File;
use std::process::Command;

use sqlx::{Connection, MySqlConnection, PgConnection};

use super::watch::Watched;
use super::{mariadb_or_skip, postgres_or_skip, server};

#[test]
fn a_server_ends_and_leaves_nothing_when_its_owner_lets_go() {
    let folder = server::folder("watch").expect("a temporary folder");
    let log = File::create(folder.join("log")).expect("a log");
    let mut command = Command::new("/bin/sh");
    // The fake server writes its number and then replaces itself by something that would stay for a day.
    command.args(["-c", "echo $$ > \"$1/pid\"; exec sleep 86400", "server"]).arg(&folder);
    let watched = Watched::start(&folder, "KILL", &command, None, &log).expect("a shell");
    let pid = loop {
        match std::fs::read_to_string(folder.join("pid")) {
            Ok(pid) if pid.ends_with('\n') => break pid.trim().to_owned(),
            _ => std::thread::yield_now(),
        }
    };
    let process = std::path::Path::new("/proc").join(pid);
    assert!(process.exists() || !std::path::Path::new("/proc/self").exists());
    drop(watched);
    assert!(!process.exists());
    assert!(!folder.exists());
}

#[tokio::test]
async fn mariadb_gives_each_test_an_empty_database() {
    let Some(server) = mariadb_or_skip() else { return };
    let (one, two) = (server.database(), server.database());
    assert_ne!(one.name, two.name);
    let mut first = MySqlConnection::connect(&one.url).await.expect("connects");
    sqlx::raw_sql("CREATE TABLE t (id BIGINT UNSIGNED)").execute(&mut first).await.expect("makes a table");
    let mut second = MySqlConnection::connect(&two.url).await.expect("connects");
    let tables = sqlx::query("SHOW TABLES").fetch_all(&mut second).await.expect("answers");
    assert!(tables.is_empty());
}

#[tokio::test]
async fn postgres_gives_each_test_an_empty_database_and_asks_for_the_password() {
    let Some(server) = postgres_or_skip() else { return };
    let (one, two) = (server.database(), server.database());
    let mut first = PgConnection::connect(&one.url).await.expect("connects");
    sqlx::raw_sql("CREATE TABLE t (id BIGINT)").execute(&mut first).await.expect("makes a table");
    let mut second = PgConnection::connect(&two.url).await.expect("connects");
    let tables = sqlx::query("SELECT 1 FROM pg_tables WHERE tablename = 't'").fetch_all(&mut second).await;
    assert!(tables.expect("answers").is_empty());
    assert!(PgConnection::connect(&one.url_as("postgres", Some("wrong"))).await.is_err());
}
