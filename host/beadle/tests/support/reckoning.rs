//! What must be true of store and sheets when a host has been killed however often.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sqlx::{AssertSqlSafe, FromRow, SqliteConnection};

use super::tables::{open, seed};

/// A firing with its attempts.
#[derive(Debug, FromRow)]
struct Firing {
    schedule: String,
    instant: i64,
    /// The first of those it stands for.
    first: i64,
    stands_for: i64,
    state: String,
    reason: Option<String>,
    attempts: i64,
    effects: i64,
    runs: i64,
    committed: i64,
    explained: i64,
}

async fn all_firings(connection: &mut SqliteConnection) -> Vec<Firing> {
    sqlx::query_as(
        "SELECT schedule.name AS schedule, instant, coalesce(first, instant) AS first, stands_for, firing.state, reason, attempts,
           effects, count(run.id) AS runs, count(*) FILTER (WHERE run.state = 'committed') AS committed,
           count(*) FILTER (WHERE run.failure IS NOT NULL OR run.state = 'lost') AS explained
         FROM firing JOIN schedule ON schedule.id = schedule_id LEFT JOIN run ON firing_id = firing.id
         WHERE trigger_word = 'time' GROUP BY firing.id ORDER BY schedule.name, instant",
    )
    .fetch_all(connection)
    .await
    .expect("firings")
}

async fn count(connection: &mut SqliteConnection, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Expects exactly the rows of those who came, one each.
#[track_caller]
pub(crate) fn people_once(rows: &[Vec<String>], people: &[i64]) {
    let expected: BTreeSet<String> = people.iter().map(|id| seed(*id)).collect();
    let standing: BTreeSet<String> = rows.iter().map(|row| row[0].clone()).collect();
    assert_eq!(standing, expected);
    assert_eq!(rows.len(), expected.len(), "a row stands twice: {rows:?}");
}

/// Expects in a sheet what the outbox says stands there, each once. A key is the row's first cell, with or without its last.
pub(crate) async fn sheet_is_the_outbox(store: &Path, target: &str, rows: &[Vec<String>]) {
    let keys: Vec<String> = sqlx::query_scalar("SELECT key FROM effect WHERE target = ? ORDER BY key")
        .bind(target)
        .fetch_all(&mut open(store).await)
        .await
        .expect("the outbox");
    let wide = keys.iter().any(|key| key.contains(" | "));
    let key = |row: &Vec<String>| {
        if wide { format!("{} | {}", row[0], row[row.len() - 1]) } else { row[0].clone() }
    };
    let mut standing: Vec<String> = rows.iter().map(key).collect();
    standing.sort_unstable();
    assert_eq!(standing, keys, "what the outbox of {target} says, stands, and nothing else");
}

/// Expects both rows of each firing that was done, whichever of its attempts said them, and none of a firing that nobody knows.
pub(crate) async fn rows_of_committed_runs(store: &Path, rows: &[Vec<String>]) {
    let standing: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let firings = all_firings(&mut open(store).await).await;
    let mut known: BTreeSet<String> = BTreeSet::new();
    for firing in firings.iter().filter(|firing| firing.runs > 0) {
        for number in 0..2 {
            let row = format!("{} {} {number}", firing.schedule, firing.instant);
            assert!(
                firing.committed == 0 || firing.schedule == "online" || standing.contains(row.as_str()),
                "{row} is lost"
            );
            known.insert(row);
        }
    }
    let strange: Vec<&&str> = standing.iter().filter(|row| !known.contains(**row)).collect();
    assert!(strange.is_empty(), "rows of no firing: {strange:?}");
}

/// Expects a row for every instant at which something was due, and in each how it ended or why it did not run. `every` says after how
/// many seconds a schedule is due again.
pub(crate) async fn firings(store: &Path, every: impl Fn(&str) -> i64) {
    let mut connection = open(store).await;
    let firings = all_firings(&mut connection).await;
    let mut schedules: BTreeMap<&str, Vec<&Firing>> = BTreeMap::new();
    for firing in &firings {
        schedules.entry(&firing.schedule).or_default().push(firing);
        let told = match firing.state.as_str() {
            "done" => firing.committed == 1 && firing.reason.is_none(),
            "failed" => firing.committed == 0 && firing.explained > 0,
            "skipped" => firing.committed == 0 && firing.reason.is_some(),
            _ => false,
        };
        assert!(told, "how it ended is not told: {firing:?}");
        assert_eq!(firing.runs, firing.attempts, "every attempt has its row: {firing:?}");
    }
    for (schedule, firings) in schedules {
        let first = firings.iter().map(|firing| firing.first).min().expect("some");
        let last = firings.iter().map(|firing| firing.instant).max().expect("some");
        let stands_for: i64 = firings.iter().map(|firing| firing.stands_for).sum();
        // The row of a stretch that ends where another fires is named by the millisecond before.
        let due = ((last + 999).div_euclid(1_000) - first.div_euclid(1_000)) / every(schedule) + 1;
        assert_eq!(stands_for, due, "every instant of {schedule} is accounted for");
    }
    let open = count(&mut connection, "SELECT count(*) FROM run WHERE state = 'running'").await;
    assert_eq!(open, 0, "no run is left open");
    let beyond =
        "SELECT count(*) FROM effect JOIN firing ON firing.id = firing_id WHERE number > firing.effects OR number < 1";
    assert_eq!(count(&mut connection, beyond).await, 0, "effects are numbered by their firing's counter");
    let walked = |firing: &&Firing| firing.schedule == "walk" && firing.committed == 1;
    for firing in firings.iter().filter(walked) {
        assert_eq!(firing.effects % 2, 0, "each checkpoint went on from the numbers before: {firing:?}");
    }
}
