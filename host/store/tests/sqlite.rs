//! The stories on SQLite.

mod stories;

use std::sync::Arc;
use std::time::Duration;

use beadle_store::{SqliteStore, Store};

/// A store in a folder of its own, and a second one on the same database, as another process has it.
struct World {
    folder: tempfile::TempDir,
}

impl stories::World for World {
    async fn new() -> Option<Self> {
        Some(Self { folder: tempfile::tempdir().expect("a temporary folder") })
    }

    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.folder.path().join("beadle.db")).await.expect("the store opens"))
    }
}

stories::tell!(World);

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("beadle.db");
    let _open = SqliteStore::open(&path).await.expect("the store opens");
    for name in ["beadle.db", "beadle.db-wal", "beadle.db-shm"] {
        let mode = std::fs::metadata(folder.path().join(name)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn nothing_is_written_through_a_store_that_is_read_only() {
    use beadle_plan::{Instant, PluginName, ScheduleName};
    use beadle_store::{Firings as _, Requests as _};
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("beadle.db");
    assert!(SqliteStore::open_read_only(&path).await.is_err(), "there is no store yet");
    SqliteStore::open(&path).await.expect("the store opens").close().await;
    let before = std::fs::read(&path).expect("it is there");
    let store = SqliteStore::open_read_only(&path).await.expect("the store opens");
    let now = Instant::from_millis(0);
    let (schedule, plugin) = (ScheduleName::from("s"), PluginName::from("p"));
    assert!(store.schedule(&schedule, &plugin, None, now).await.is_err());
    assert!(store.ask("run", now).await.is_err());
    store.close().await;
    assert_eq!(std::fs::read(&path).expect("it is there"), before);
}

/// A store of the version before this one, with rows that wait.
#[tokio::test]
async fn a_store_of_an_earlier_version_is_brought_up_to_date() {
    use beadle_plan::{EffectId, Instant, Target};
    use beadle_store::{Outbox as _, Views as _};
    use sqlx::Connection as _;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("beadle.db");
    let url = format!("sqlite:{}?mode=rwc", path.display());
    let mut old = sqlx::SqliteConnection::connect(&url).await.expect("a file");
    sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut old).await.expect("as all stores are");
    let mut first = sqlx::migrate!("migrations/sqlite");
    first.migrations.to_mut().truncate(1);
    first.run(&mut old).await.expect("the first version");
    sqlx::raw_sql(
        r#"INSERT INTO effect (id, number, target, key, body, state, sent_at, created_at) VALUES
             (1, 1, 'sheet:presence', 'a', '{"row":{"columns":["Key"],"key":[],"cells":["a"]}}', 'sending', 7000, 5000),
             (2, 2, 'sheet:presence', 'b', '{"row":{"columns":["Key"],"key":[],"cells":["b"]}}', 'queued', NULL, 6000),
             (9, 3, 'sheet:presence', 'c', '{}', 'done', NULL, 6000);
           DELETE FROM effect WHERE id = 9;"#,
    )
    .execute(&mut old)
    .await
    .expect("rows that wait");
    old.close().await.expect("it is closed");

    let error = SqliteStore::open_read_only(&path).await.expect_err("it is older").to_string();
    assert!(error.contains("an older version"), "{error}");
    let store = SqliteStore::open(&path).await.expect("it is brought up to date");
    let target = Target::Sheet("presence".into());
    let queued = store.queued(&target, 10, Instant::from_millis(9_000)).await.expect("the store works");
    let doubts: Vec<_> = queued.iter().map(|one| (one.id, one.doubt.map(|doubt| doubt.sent.millis()))).collect();
    assert_eq!(doubts, [(EffectId(1), Some(7_000)), (EffectId(2), None)]);
    use stories::helpers::{at, commit, fire, known, plan, row};
    let schedule = known(&store, "online@main").await;
    let started = fire(&store, &schedule, at(0)).await;
    let effects = plan(
        &beadle_plan::Standing::never_seen(),
        None,
        vec![
            beadle_plan::Effect { target: target.clone(), ..row("b") },
            beadle_plan::Effect { target: target.clone(), ..row("d") },
        ],
    );
    commit(&store, started, &effects, at(1), true).await.expect("committed");
    let detail = store.run(started.run).await.expect("the store works").expect("it is there");
    assert_eq!(detail.effects.len(), 1, "b was said before");
    assert!(detail.effects[0].id > EffectId(9), "a number is given once: {:?}", detail.effects[0].id);
}

/// What a store of the version before the feed had logged is told by it.
#[tokio::test]
async fn the_log_of_an_earlier_version_is_a_feed() {
    use beadle_store::{Cursor, Feed as _, FeedFilter};
    use sqlx::Connection as _;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("beadle.db");
    let url = format!("sqlite:{}?mode=rwc", path.display());
    let mut old = sqlx::SqliteConnection::connect(&url).await.expect("a file");
    sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut old).await.expect("as all stores are");
    let mut before = sqlx::migrate!("migrations/sqlite");
    before.migrations.to_mut().truncate(2);
    before.run(&mut old).await.expect("the version before");
    sqlx::raw_sql(
        r#"INSERT INTO scope (id, plugin, site, collection, scope, version, seen_at) VALUES (1, 'online', 'main', 'presence', 'site', 3, 0);
           INSERT INTO record (scope_id, key, value, aspects, at, stands, since) VALUES
             (1, 'a', '"Lab 2"', '[{"name":"room","value":"Lab 2","shape":1}]', NULL, 1, 0),
             (1, 'b', '"Lab 1"', '[{"name":"room","value":"Lab 1","shape":1}]', NULL, 0, 0);
           INSERT INTO log (number, scope_id, key, kind, value, aspects, run_id, at) VALUES
             (4, 1, 'a', 'new', '"Lab 1"', '[{"name":"room","value":"Lab 1","shape":1}]', 1, 5000),
             (5, 1, 'b', 'new', '"Lab 1"', '[{"name":"room","value":"Lab 1","shape":1}]', 1, 5000),
             (7, 1, 'a', 'changed', '"Lab 2"', '[{"name":"room","value":"Lab 2","shape":1}]', 2, 6000),
             (9, 1, 'b', 'gone', NULL, NULL, 2, 6000);"#,
    )
    .execute(&mut old)
    .await
    .expect("a log");
    old.close().await.expect("it is closed");
    let store = SqliteStore::open(&path).await.expect("it is brought up to date");
    let filter = FeedFilter { limit: 10, ..FeedFilter::default() };
    let first = store.cursor_at(beadle_plan::Instant::from_millis(5_500)).await.expect("the store works");
    let told =
        |page: &beadle_store::Page| page.rows.iter().map(|row| format!("{} {}", row.key, row.kind)).collect::<Vec<_>>();
    assert_eq!(told(&store.changes(first, &filter).await.expect("the store works")), ["a room_changed", "b removed"]);
    let all = store.changes(Cursor::START, &filter).await.expect("the store works");
    assert_eq!(told(&all), ["a new"], "what came and went is told to nobody");
    assert!(all.rows[0].baseline);
    use stories::helpers::{known, observe};
    observe(&store, &known(&store, "online@main").await, 0, &[("a", "Lab 3")]).await;
    assert_eq!(told(&store.changes(all.next, &filter).await.expect("the store works")), ["a room_changed"]);
}

#[tokio::test]
async fn a_file_that_is_no_store_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "x".repeat(5_000)).expect("it is written");
    let error = SqliteStore::open(&path).await.expect_err("it is no store").to_string();
    assert!(error.contains("notes.txt"), "{error}");
}

#[tokio::test]
async fn a_copy_holds_what_the_original_held() {
    use beadle_store::Requests as _;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let original = SqliteStore::open(&folder.path().join("a.db")).await.expect("the store opens");
    original.ask("run online", beadle_plan::Instant::from_millis(0)).await.expect("asked");
    original.copy_to(&folder.path().join("b.db")).await.expect("copied");
    let copy = SqliteStore::open(&folder.path().join("b.db")).await.expect("the copy opens");
    assert_eq!(copy.asked().await.expect("read").len(), 1);
}

/// A full disk has the database end the transaction by itself. When there is room again, the store is as good as ever.
#[tokio::test]
async fn a_store_whose_disk_was_full_can_be_used_again() {
    use beadle_plan::{Instant, PluginName, ScheduleName};
    use beadle_store::{Firings as _, NewFiring, StoreError};
    use sqlx::ConnectOptions as _;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("beadle.db");
    let store = SqliteStore::open(&path).await.expect("the store opens");
    let (schedule, plugin, now) = (ScheduleName::from("s"), PluginName::from("p"), Instant::from_millis(0));
    store.schedule(&schedule, &plugin, None, now).await.expect("the store works");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut other = options.connect().await.expect("the file is there");
    let full =
        "CREATE TRIGGER full BEFORE INSERT ON firing BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END";
    sqlx::raw_sql(full).execute(&mut other).await.expect("a trigger");
    let firing = NewFiring { schedule, trigger: beadle_plan::Trigger::Time, instant: now, stretch: None, now };
    for _ in 0..2 {
        let refused = store.wait(&firing).await;
        assert!(matches!(&refused, Err(StoreError::Unavailable(text)) if text.contains("disk is full")), "{refused:?}");
    }
    sqlx::raw_sql("DROP TRIGGER full").execute(&mut other).await.expect("no trigger");
    assert!(store.wait(&firing).await.expect("there is room").is_some());
}

/// A host that cannot write, or stands still, renews nothing and has its store all the same.
#[tokio::test]
async fn a_file_is_its_holders_for_as_long_as_it_lives() {
    use beadle_plan::Instant;
    use beadle_store::{Leases as _, NewLease, StoreError};
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("beadle.db");
    let (one, other) = (SqliteStore::open(&path).await, SqliteStore::open(&path).await);
    let (one, other) = (one.expect("the store opens"), other.expect("the store opens"));
    let wanted = |holder, now| NewLease { holder, now: Instant::from_millis(now), lasts: Duration::from_secs(30) };
    one.take_lease(wanted("host one", 0)).await.expect("it is free");
    let an_hour = 3_600_000;
    let holder = other.holder(Instant::from_millis(an_hour)).await.expect("the store works");
    assert_eq!(holder.as_deref(), Some("host one"));
    let refused = other.take_lease(wanted("host two", an_hour)).await.expect_err("it is in use");
    assert!(matches!(refused, StoreError::InUse { expires_at: None, .. }), "{refused:?}");
    assert_eq!(refused.to_string(), "the store is in use by host one, until it stops");
    drop(one);
    other.take_lease(wanted("host two", an_hour)).await.expect("it is free");
}
