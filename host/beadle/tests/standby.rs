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
        format!("[host]\nlease = \"12s\"\nstore = {{ url = {url:?}, password = {{ file = \"store.password\" }} }}\n");
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

async fn somebody_absent(town: &mut Town) -> i64 {
    town.absent().await.pop().expect("somebody is absent")
}

/// Expects each of those who came to have one row, and nothing to be left over.
async fn one_row_each(town: &mut Town, database: &Database) {
    let rows = town.sheets().cells(BOOK, TAB);
    let standing: Vec<&String> = rows[1..].iter().map(|row| &row[0]).collect();
    let expected: BTreeSet<String> = town.online().await.into_iter().map(seed).collect();
    assert_eq!(standing.iter().map(|hash| (*hash).clone()).collect::<BTreeSet<_>>(), expected);
    assert_eq!(standing.len(), expected.len(), "a row stands twice: {standing:?}");
    nothing_is_open(database).await;
}

/// Expects every firing and every effect to have come to its end.
async fn nothing_is_open(database: &Database) {
    assert_eq!(number(database, "SELECT count(*) FROM effect WHERE state NOT IN ('done', 'already-there')").await, 0);
    assert_eq!(number(database, "SELECT count(*) FROM run WHERE state = 'running'").await, 0);
    assert_eq!(number(database, "SELECT count(*) FROM firing WHERE state IN ('waiting', 'running')").await, 0);
    assert_eq!(number(database, "SELECT count(*) FROM firing WHERE state = 'skipped' AND reason IS NULL").await, 0);
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
    let late = somebody_absent(&mut town).await;
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
async fn a_host_without_the_key_of_the_pseudonyms_does_not_stand_by() {
    let Some(server) = postgres_or_skip() else { return };
    let database = server.database();
    let town = Town::found().await;
    let house = house(&town, &database, &BY_HAND);
    house.run(&["run", "online"]).await.ok();
    let key = house.file("beadle.key");
    let kept = std::fs::read(&key).expect("the first start made it");
    std::fs::remove_file(&key).expect("it is there");
    // No start makes another one, so that the second says the same.
    for _ in 0..2 {
        let refused = house.run(&["serve"]).await.failed(3);
        assert!(refused.contains("copy it from the host that has it") && refused.contains("beadle.key"), "{refused}");
    }
    std::fs::write(&key, kept).expect("a file");
    house.serve().await.stop_cleanly().await;
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
    first.freeze();
    let late = somebody_absent(&mut town).await;
    town.arrive(late, "10.20.4.44").await;
    second.line("serving schedules.toml").await;
    second.line("delivered target=sheet:presence").await;
    first.wake();
    let (ended, log) = first.end().await;
    assert_eq!(ended.code(), Some(4), "{log}");
    assert!(log.contains("taken over by another host; this one must stop"), "{log}");
    second.line(" online").await;
    second.stop_cleanly().await;
    one_row_each(&mut town, &database).await;
}

/// Where a host freezes, and whether the request that it was about to send may be sent twice: by the one who took over and, when it
/// wakes, by itself.
const FREEZES: [(&str, bool); 8] = [
    ("freeze before fire 2", false),
    ("freeze after fire 2", false),
    ("freeze before commit 1", false),
    ("freeze after commit 1", false),
    ("freeze before sending 1", false),
    ("freeze after sending 1", true),
    ("freeze before settle 1", false),
    ("freeze after settle 1", false),
];

/// Freezes a host at a step, has another take over and do its work, wakes it, and returns how many rows stand twice.
async fn freeze(database: &Database, order: &str) -> usize {
    let mut town = Town::with_sheets().await;
    let house = house(&town, database, &FROM_DATABASE);
    let mut command = house.command(&["serve"]);
    command.env("BEADLE_KILL_POINT", order);
    let mut first = Host::start(command);
    first.frozen().await;
    let mut second = stands_by(&house).await;
    second.line("serving schedules.toml").await;
    second.line(" online").await;
    // A request that is in doubt is sent again three minutes later, by the service's own limit.
    let aged = "UPDATE effect SET sent_at = sent_at - 181000 WHERE sent_at IS NOT NULL;
                UPDATE target SET next_at = next_at - 181000";
    sqlx::raw_sql(aged).execute(&mut connect(database).await).await.expect("it is older now");
    let late = somebody_absent(&mut town).await;
    town.arrive(late, "10.20.4.44").await;
    second.line("delivered target=sheet:presence").await;
    first.wake();
    let (ended, log) = first.end().await;
    assert_eq!(ended.code(), Some(4), "{order}: {log}");
    assert!(log.contains("taken over by another host; this one must stop"), "{order}: {log}");
    second.line(" online").await;
    second.stop_cleanly().await;

    // Whoever takes over next reads the keys anew, and says which stand twice.
    let mut third = house.serve().await;
    let later = somebody_absent(&mut town).await;
    town.arrive(later, "10.20.4.45").await;
    third.line("delivered target=sheet:presence").await;
    let log = third.stop_cleanly().await;
    let rows = town.sheets().cells(BOOK, TAB);
    let standing: BTreeSet<&String> = rows[1..].iter().map(|row| &row[0]).collect();
    let twice = rows.len() - 1 - standing.len();
    assert_eq!(log.contains("a key stands twice"), twice > 0, "{order}: {log}");
    let expected: BTreeSet<String> = town.online().await.into_iter().map(seed).collect();
    assert_eq!(standing.into_iter().cloned().collect::<BTreeSet<_>>(), expected, "{order}");
    nothing_is_open(database).await;
    twice
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_freezes_at_any_step_loses_nothing_and_doubles_one_request_at_most() {
    let Some(server) = postgres_or_skip() else { return };
    let databases: Vec<Database> = FREEZES.iter().map(|_| server.database()).collect();
    let mut twice = Vec::new();
    // Four at a time: the server has room for so many hosts.
    for (orders, databases) in FREEZES.chunks(4).zip(databases.chunks(4)) {
        let frozen = orders.iter().zip(databases).map(|((order, _), database)| freeze(database, order));
        twice.extend(futures::future::join_all(frozen).await);
    }
    for ((order, may_double), twice) in FREEZES.iter().zip(twice) {
        // All who were online at the start went into one request.
        assert!(twice == 0 || (*may_double && twice <= 12), "{order}: {twice} rows stand twice");
    }
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
