//! What reading the feed costs, in processor time of the whole process: ten changes since the reader's cursor, among 10,000, 40,000 and a
//! million items, on SQLite. It must not grow with their number.
//!
//! `cargo bench -p beadle-bench --bench feed`

#![expect(missing_docs, reason = "criterion makes a function of the group")]

mod processor;

use std::path::Path;

use beadle_store::{Cursor, Feed as _, FeedFilter, SqliteStore, Store as _};
use criterion::{Criterion, criterion_group, criterion_main};
use sqlx::Connection as _;

use processor::ProcessorTime;

/// How many items changed since the reader looked last.
const CHANGED: usize = 10;

/// Fills a store with items that are there since the beginning, each with a text and a deadline, of which the first ones were moved later.
async fn fill(path: &Path, items: usize) -> Cursor {
    SqliteStore::open(path).await.expect("a store").close().await;
    let mut store = sqlx::SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.expect("a store");
    // As many as there are, at most, in five courses each thousand.
    let number = format!("WITH RECURSIVE item (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM item WHERE n < {items})");
    let aspects = |deadline: &str| {
        format!(
            r#"'[{{"name":"deadline","value":"{deadline}","shape":1}},{{"name":"content","value":"' || hex(n) || '","shape":1}}]'"#
        )
    };
    let value = r#"'{"kind":"assignment","course":"course/' || n % 200 || '","title":"Essay ' || n || '","body":"Read the text and write"}'"#;
    let (before, after) = (aspects("2026-12-01T12:00:00Z"), aspects("2026-12-08T12:00:00Z"));
    let moved = items + CHANGED;
    let statements = format!(
        "BEGIN;
         INSERT INTO scope (id, plugin, site, collection, scope, version, seen_at) VALUES (1, '', 'main', 'items', '', 1, 0);
         INSERT INTO record (id, scope_id, key, value, aspects, stands, since)
           {number} SELECT n, 1, 'assign/' || n, {value}, CASE WHEN n <= {CHANGED} THEN {after} ELSE {before} END, 1, 0 FROM item;
         INSERT INTO log (number, record_id, stands, baseline, value, aspects, run_id, at)
           {number} SELECT n, n, 1, 1, {value}, {before}, 1, n FROM item;
         INSERT INTO log (number, record_id, stands, baseline, value, aspects, run_id, at)
           {number} SELECT {items} + n, n, 1, 0, {value}, {after}, 2, {items} + n FROM item WHERE n <= {CHANGED};
         UPDATE feed SET head = {moved};
         COMMIT;"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut store).await.expect("rows");
    store.close().await.expect("it closes");
    format!("c{items}").parse().expect("a cursor")
}

fn reading(criterion: &mut Criterion<ProcessorTime>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut group = criterion.benchmark_group("ten changes of the feed");
    for items in [10_000, 40_000, 1_000_000] {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("beadle.db");
        let cursor = runtime.block_on(fill(&path, items));
        let store = runtime.block_on(SqliteStore::open(&path)).expect("a store");
        let filter =
            FeedFilter { site: Some("main".to_owned()), meaningful: true, limit: 100, ..FeedFilter::default() };
        let read = || {
            let page = runtime.block_on(store.changes(cursor, &filter)).expect("the feed");
            assert_eq!(page.rows.len(), CHANGED);
            assert!(page.rows.iter().all(|row| row.kind.to_string() == "deadline_changed" && row.meaningful));
            page
        };
        group.bench_function(format!("of {items} items"), |bench| bench.iter(read));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ProcessorTime::of_process()).sample_size(50);
    targets = reading
}
criterion_main!(benches);
