//! Rows as they stand in the end, and what the store knows of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use beadle_plan::{Clock as _, SystemClock, Target};
use beadle_store::{Outbox as _, SqliteStore, Store as _};
use sha2::{Digest as _, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, SqliteConnection};

/// Reads a CSV file: the header, and the rows.
pub(crate) fn csv(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let mut records = reader.records().map(|record| {
        record.expect("every line has as many cells as the header").iter().map(str::to_owned).collect::<Vec<_>>()
    });
    let header = records.next().unwrap_or_default();
    (header, records.collect())
}

/// Returns the eight digits that the older monitor wrote for an account.
pub(crate) fn seed(id: i64) -> String {
    hex::encode(Sha256::digest(id.to_string()))[..8].to_owned()
}

/// Opens a database file for looking at it, or for preparing it.
pub(crate) async fn open(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path);
    options.connect().await.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs statements.
pub(crate) async fn execute(path: &Path, sql: &str) {
    let mut connection = open(path).await;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Returns the outbox: how many effects are in each state.
pub(crate) async fn effects(store: &Path) -> BTreeMap<String, i64> {
    let rows: Vec<(String, i64)> = sqlx::query_as("SELECT state, count(*) FROM effect GROUP BY state")
        .fetch_all(&mut open(store).await)
        .await
        .expect("the outbox");
    rows.into_iter().collect()
}

/// Returns how many people the ledger saw arrive for a plugin.
pub(crate) async fn arrivals(store: &Path, plugin: &str) -> usize {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM log JOIN record ON record.id = record_id JOIN scope ON scope.id = scope_id
         WHERE plugin = ? AND collection LIKE '%presence' AND log.stands
           AND NOT coalesce((SELECT before.stands FROM log AS before
             WHERE before.record_id = log.record_id AND before.number < log.number ORDER BY before.number DESC LIMIT 1), FALSE)",
    )
    .bind(plugin)
    .fetch_one(&mut open(store).await)
    .await
    .expect("the log");
    usize::try_from(count).expect("a count")
}

/// Expects every row to stand, and nothing to wait but messages whose time is yet to come, by the clock of the machine.
pub(crate) async fn all_settled(store: &Path) {
    let reader = SqliteStore::open_read_only(store).await.expect("the store");
    let mut waiting = reader.targets().await.expect("targets");
    let now = SystemClock.now();
    waiting.retain(|target| matches!(target.target, Target::Sheet(_)) || target.opens_at <= now);
    assert_eq!(waiting, [], "nothing waits");
    reader.close().await;
    let states: BTreeSet<String> = sqlx::query_scalar("SELECT DISTINCT state FROM effect WHERE once")
        .fetch_all(&mut open(store).await)
        .await
        .expect("the outbox")
        .into_iter()
        .collect();
    assert!(states.iter().all(|state| state == "done" || state == "already-there"), "{states:?}");
}

/// Expects every firing to have its row and its reason, and nothing to be left open.
pub(crate) async fn every_firing_has_its_row(store: &Path) {
    let mut connection = open(store).await;
    let open: i64 = sqlx::query_scalar("SELECT count(*) FROM firing WHERE state IN ('waiting', 'running')")
        .fetch_one(&mut connection)
        .await
        .expect("firings");
    assert_eq!(open, 0, "no firing is left open");
    let unexplained: i64 = sqlx::query_scalar("SELECT count(*) FROM firing WHERE state = 'skipped' AND reason IS NULL")
        .fetch_one(&mut connection)
        .await
        .expect("firings");
    assert_eq!(unexplained, 0, "what did not run says why");
    let wrong: i64 = sqlx::query_scalar("SELECT count(*) FROM run WHERE state = 'running'")
        .fetch_one(&mut connection)
        .await
        .expect("runs");
    assert_eq!(wrong, 0, "no run is left open");
}

/// Expects the log of observations to tell how the records came to stand as they do, aspect by aspect.
pub(crate) async fn log_tells_the_records(store: &Path) {
    let mut connection = open(store).await;
    let log: Vec<(i64, i64, bool, String, bool)> = sqlx::query_as(
        "SELECT log.number, log.record_id, log.stands, coalesce(log.retold, log.aspects), scope.plugin = ''
         FROM log JOIN record ON record.id = log.record_id JOIN scope ON scope.id = record.scope_id ORDER BY log.number",
    )
    .fetch_all(&mut connection)
    .await
    .expect("the log");
    let mut standing: BTreeMap<i64, String> = BTreeMap::new();
    for (number, record, stands, aspects, item) in log {
        // What is refreshed in its value only is not written into the log, unless it is an item: it is no change that matters.
        let before = if stands { standing.insert(record, aspects.clone()) } else { standing.remove(&record) };
        match before {
            Some(before) if stands && !item => assert_ne!(before, aspects, "log {number}: nothing changed"),
            None => assert!(stands, "log {number}: it was not there"),
            Some(_) => {}
        }
    }
    let records: Vec<(i64, String)> = sqlx::query_as("SELECT id, aspects FROM record WHERE stands = 1")
        .fetch_all(&mut connection)
        .await
        .expect("the records");
    assert_eq!(standing, records.into_iter().collect(), "what the log says stands, stands");
}

/// Expects the log to tell of committed runs only. A schedule that commits half-way also stands in it with attempts that came to nothing.
pub(crate) async fn log_is_of_committed_runs(store: &Path, half_way: Option<&str>) {
    let orphans: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM log LEFT JOIN run ON run.id = run_id LEFT JOIN firing ON firing.id = firing_id
           LEFT JOIN schedule ON schedule.id = schedule_id
         WHERE (run.state IS NULL OR run.state <> 'committed') AND schedule.name IS NOT ?",
    )
    .bind(half_way)
    .fetch_one(&mut open(store).await)
    .await
    .expect("the log");
    assert_eq!(orphans, 0, "only runs that were committed are in the log");
}
