//! A store on PostgreSQL: one host works on it, a second one stands by and takes over, and every other command reads it as it reads a file.

mod support;

use std::collections::BTreeSet;

use beadle_campus::services::{Database, postgres_or_skip};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use support::House;
use support::host::Host;
use support::school::{BOOK, BY_HAND, FROM_DATABASE, TAB, Town, Wishes};
use support::tables::seed;

/// Writes a `schedules.toml` that keeps the store in this database.
fn house(town: &Town, database: &Database, wishes: &Wishes) -> House {
    let house = town.house(wishes);
    house.secret("store.password", "campus");
    let url = database.url_as("postgres", None);
    // Long enough for a busy machine to renew it, short enough to wait for its end.
    let store =
        format!("[host]\nlease = \"5s\"\nstore = {{ url = {url:?}, password = {{ file = \"store.password\" }} }}\n");
    house.edit("schedules.toml", "[host]\n", &store);
    house
}

async fn connect(database: &Database) -> PgConnection {
    PgConnection::connect(&database.url).await.expect("the server answers")
}

async fn number(database: &Database, sql: &str) -> i64 {
    let found = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connect(database).await).await;
    found.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Expects each of those who came to have one row, and nothing to be left over.
async fn one_row_each(town: &mut Town, database: &Database) {
    let rows = town.sheets().cells(BOOK, TAB);
    let standing: Vec<&String> = rows[1..].iter().map(|row| &row[0]).collect();
    let expected: BTreeSet<String> = town.online().await.into_iter().map(seed).collect();
    assert_eq!(standing.iter().map(|hash| (*hash).clone()).collect::<BTreeSet<_>>(), expected);
    assert_eq!(standing.len(), expected.len(), "a row stands twice: {standing:?}");
    assert_eq!(number(database, "SELECT count(*) FROM effect WHERE state NOT IN ('done', 'already-there')").await, 0);
    assert_eq!(number(database, "SELECT count(*) FROM run WHERE state = 'running'").await, 0);
    assert_eq!(number(database, "SELECT count(*) FROM firing WHERE state IN ('waiting', 'running')").await, 0);
    assert_eq!(number(database, "SELECT count(*) FROM firing WHERE state = 'skipped' AND reason IS NULL").await, 0);
}

fn signal(host: &Host, name: &str) {
    let told = std::process::Command::new("kill").args([name, &host.id().to_string()]).status();
    assert!(told.expect("kill").success());
}

async fn stands_by(house: &House) -> Host {
    let mut second = Host::start(house.command(&["serve"]));
    let line = second.line("standing by").await;
    assert!(line.contains("`beadle serve`, process") && line.contains("postgres://postgres@localhost/"), "{line}");
    second
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_stands_by_takes_over_from_one_that_was_killed() {
    let Some(server) = postgres_or_skip() else { return };
    let database = server.database();
    let mut town = Town::with_sheets().await;
    let house = house(&town, &database, &FROM_DATABASE);
    let mut first = house.serve().await;
    first.line("delivered target=sheet:presence").await;
    let mut second = stands_by(&house).await;
    first.kill().await;
    let late = town.absent().await.pop().expect("somebody is absent");
    town.arrive(late, "10.20.4.44").await;
    second.line("serving schedules.toml").await;
    second.line("delivered target=sheet:presence").await;
    // A host that is asked to stop gives the store up at once.
    let mut third = stands_by(&house).await;
    second.stop_cleanly().await;
    third.line(" online").await;
    third.stop_cleanly().await;
    one_row_each(&mut town, &database).await;
    assert_eq!(number(&database, "SELECT term FROM lease").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_stands_by_can_be_told_to_stop() {
    let Some(server) = postgres_or_skip() else { return };
    let database = server.database();
    let town = Town::found().await;
    let house = house(&town, &database, &BY_HAND);
    let first = house.serve().await;
    let (ended, log) = stands_by(&house).await.stop().await;
    assert_eq!(ended.code(), Some(0), "{log}");
    assert!(log.contains("stopped before it began to serve"), "{log}");
    first.stop_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_host_is_overtaken_and_says_so_when_it_wakes() {
    let Some(server) = postgres_or_skip() else { return };
    let database = server.database();
    let mut town = Town::with_sheets().await;
    let house = house(&town, &database, &FROM_DATABASE);
    let mut first = house.serve().await;
    first.line("delivered target=sheet:presence").await;
    let mut second = stands_by(&house).await;
    signal(&first, "-STOP");
    let late = town.absent().await.pop().expect("somebody is absent");
    town.arrive(late, "10.20.4.44").await;
    second.line("serving schedules.toml").await;
    second.line("delivered target=sheet:presence").await;
    signal(&first, "-CONT");
    first.line("taken").await;
    let (ended, log) = first.end().await;
    assert_eq!(ended.code(), Some(4), "{log}");
    assert!(log.contains("taken over by another host; this one must stop"), "{log}");
    second.line(" online").await;
    second.stop_cleanly().await;
    one_row_each(&mut town, &database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_works_on_it() {
    let Some(server) = postgres_or_skip() else { return };
    let database = server.database();
    let town = Town::found().await;
    let house = house(&town, &database, &BY_HAND);
    // Nothing is made by commands that only look.
    assert!(house.run(&["run", "online", "--dry-run"]).await.ok().contains("would write to sheet:presence"));
    assert!(house.run(&["doctor"]).await.ok().contains("not there yet; the first start makes it"));
    assert_eq!(number(&database, "SELECT count(*) FROM pg_class WHERE relname = 'firing'").await, 0);

    let ran = house.run(&["run", "online"]).await.ok();
    assert!(ran.contains("committed"), "{ran}");
    let before = house.read("presence.csv");
    let host = house.serve().await;
    let ran = house.run(&["run", "online"]).await.ok();
    assert!(ran.contains("run 2") && ran.contains("committed"), "the host that serves was asked: {ran}");
    let doctor = house.run(&["doctor"]).await.ok();
    assert!(doctor.contains("in use by `beadle serve`, process"), "{doctor}");
    host.stop_cleanly().await;
    let runs = house.run(&["runs", "--json"]).await.json();
    assert_eq!(runs.as_array().map(Vec::len), Some(2));
    assert!(house.run(&["show", "1"]).await.ok().contains("done"));

    let rows = "SELECT (SELECT count(*) FROM firing) + (SELECT count(*) FROM log) + (SELECT term FROM lease)";
    let there = number(&database, rows).await;
    let rehearsed = house.run(&["rehearse", "--lasts", "10s", "--speed", "10"]).await.ok();
    assert!(rehearsed.contains("nothing is delivered"), "{rehearsed}");
    let dry = house.run(&["run", "online", "--dry-run"]).await.ok();
    assert!(dry.contains("unchanged"), "{dry}");
    assert_eq!(number(&database, rows).await, there, "neither left a trace");
    assert_eq!(house.read("presence.csv"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_server_is_said() {
    let Some(server) = postgres_or_skip() else { return };
    let database = server.database();
    let town = Town::found().await;
    let house = house(&town, &database, &BY_HAND);
    house.secret("store.password", "open-sesame");
    let refused = house.run(&["serve"]).await.failed(4);
    assert!(refused.contains("password authentication failed") && !refused.contains("sesame"), "{refused}");
    house.secret("store.password", "campus");
    house.edit("schedules.toml", &format!("/{}?", database.name), "/no_such_database?");
    let refused = house.run(&["serve"]).await.failed(4);
    assert!(refused.contains("no_such_database"), "{refused}");
}
