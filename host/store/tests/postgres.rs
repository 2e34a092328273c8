//! The stories on PostgreSQL.

mod stories;

use std::sync::Arc;
use std::time::Duration;

use beadle_campus::services::{Database, postgres_or_skip};
use beadle_plan::{Delivered, Doubt, Instant, Standing};
use beadle_store::{CommitError, Leases as _, NewLease, Place, PostgresStore, SqliteStore, Store, StoreError};
use stories::World as _;
use stories::helpers::{at, commit, fire, known, observe, plan, row, scope};

/// A database of one story.
struct World {
    database: Database,
}

impl World {
    fn place(&self) -> Place {
        Place::Postgres { url: self.database.url.parse().expect("an address"), password: None }
    }

    async fn store(&self) -> PostgresStore {
        PostgresStore::open(&self.database.url.parse().expect("an address"), None).await.expect("the store opens")
    }
}

impl stories::World for World {
    async fn new() -> Option<Self> {
        Some(Self { database: postgres_or_skip()?.database() })
    }

    async fn open(&self) -> Arc<dyn Store> {
        self.place().open().await.expect("the store opens")
    }
}

stories::tell!(World);

fn wanted(holder: &str, lasts: Duration) -> NewLease<'_> {
    NewLease { holder, now: at(0), lasts }
}

#[tokio::test]
async fn nothing_is_written_through_a_store_that_is_read_only() {
    let Some(world) = World::new().await else { return };
    assert!(world.place().open_read_only().await.expect("the server answers").is_none(), "there is no store yet");
    world.store().await;
    let store = world.place().open_read_only().await.expect("the store opens").expect("it is there");
    assert!(store.take_lease(wanted("one", Duration::from_secs(30))).await.is_err());
    assert!(store.ask("run", at(0)).await.is_err());
    assert!(store.asked().await.expect("it can be read").is_empty());
}

#[tokio::test]
async fn a_wrong_password_is_said_without_it() {
    let Some(world) = World::new().await else { return };
    let url = world.database.url_as("postgres", None).parse().expect("an address");
    let error = PostgresStore::open(&url, Some(&"open-sesame".into())).await.expect_err("it is wrong").to_string();
    assert!(error.contains("password") && !error.contains("sesame"), "{error}");
}

/// What a host does that slept past the end of its lease: nothing of it is written, and it is told.
#[tokio::test]
async fn a_host_that_was_overtaken_writes_nothing() {
    let Some(world) = World::new().await else { return };
    let (asleep, awake) = (world.store().await, world.store().await);
    asleep.take_lease(wanted("one", Duration::ZERO)).await.expect("it is free");
    let schedule = known(&asleep, "online@main").await;
    let running = fire(&asleep, &schedule, at(0)).await;
    let sent = fire(&asleep, &schedule, at(30)).await;
    commit(&asleep, sent, &plan(&Standing::never_seen(), None, vec![row("a")]), at(31), true).await.expect("committed");
    let effects = stories::effects::waiting(&asleep).await;

    let lease = awake.take_lease(wanted("two", Duration::from_secs(30))).await.expect("it has ended");
    assert_eq!(lease.term, 2);
    use beadle_store::{Firings as _, Outbox as _, Tabs as _};
    assert_eq!(awake.recover(at(60)).await.expect("the store works").len(), 1);

    let late = commit(&asleep, running, &plan(&Standing::never_seen(), None, vec![row("b")]), at(61), true).await;
    assert!(matches!(late, Err(CommitError::Store(StoreError::Overtaken))), "{late:?}");
    let target = stories::effects::presence();
    let done = [(effects[0], Delivered::Done { place: "A2".into(), note: None })];
    for refused in [
        asleep.fire(&stories::helpers::firing(&schedule, at(90)), &stories::helpers::run(at(90))).await.map(|_| ()),
        asleep.attempt(running.firing, &stories::helpers::run(at(90))).await.map(|_| ()),
        asleep.sending(&effects, Doubt { sent: at(90), requests: 1 }).await.map(drop),
        asleep.settle(&target, &done, None, at(90)).await,
        asleep.add_keys(&target, &["a".to_owned()], None).await,
        asleep.renew_lease(beadle_store::Lease { term: 1 }, at(90), Duration::from_secs(30)).await,
    ] {
        assert!(matches!(refused, Err(StoreError::Overtaken)), "{refused:?}");
    }
    assert_eq!(stories::effects::waiting(&awake).await, effects, "what was committed waits for the other");
    // Its own giving up changes nothing either.
    asleep.release_lease(beadle_store::Lease { term: 1 }).await.expect("the store works");
    assert_eq!(awake.holder(at(90)).await.expect("the store works").as_deref(), Some("two"));
}

#[tokio::test]
async fn whoever_takes_over_waits_for_a_transaction_under_way() {
    let Some(world) = World::new().await else { return };
    let store = world.store().await;
    store.take_lease(wanted("one", Duration::ZERO)).await.expect("it is free");
    let mut frozen = sqlx::PgConnection::connect(&world.database.url).await.expect("a connection");
    use sqlx::{Connection as _, Executor as _};
    frozen
        .execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = '300ms'; SELECT term FROM lease FOR SHARE")
        .await
        .expect("locked");
    // The transaction of a frozen host is ended by the server, and with it its lock.
    let lease = world.store().await.take_lease(wanted("two", Duration::from_secs(30))).await.expect("it is given up");
    assert_eq!(lease.term, 2);
    assert!(frozen.execute("COMMIT").await.is_err(), "the server ended it");
}

#[tokio::test]
async fn a_copy_holds_what_decides() {
    let Some(world) = World::new().await else { return };
    let store = world.store().await;
    let schedule = known(&store, "online@main").await;
    observe(&store, &schedule, 0, &[("a", "Lab 1"), ("b", "Lab 2")]).await;
    observe(&store, &schedule, 30, &[("a", "Lab 3")]).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("copy.db");
    store.copy_to(&path).await.expect("copied");
    let copy = SqliteStore::open(&path).await.expect("the copy opens");
    use beadle_store::{Firings as _, Ledger as _};
    let (here, there) = (store.standing(&scope()).await, copy.standing(&scope()).await);
    assert_eq!(here.expect("the store works"), there.expect("the copy works"));
    let through = copy.schedule(&schedule, &"online".into(), None, Instant::from_millis(0)).await;
    assert_eq!(through.expect("the copy works"), at(30));
}

/// Whoever reads while a commit is under way is told of it later: its changes are numbered when it ends, not when it began.
#[tokio::test]
async fn a_slow_commit_is_not_missed() {
    use beadle_store::{Cursor, Feed as _};
    use sqlx::Connection as _;
    let Some(world) = World::new().await else { return };
    let store = Arc::new(world.store().await);
    let schedule = known(&*store, "online@main").await;
    let slow = fire(&*store, &schedule, at(0)).await;
    let mut other = sqlx::PgConnection::connect(&world.database.url).await.expect("the server answers");
    let mut holds = other.begin().await.expect("a transaction");
    sqlx::query("SELECT FROM run WHERE id = $1 FOR UPDATE")
        .bind(slow.run.0)
        .execute(&mut *holds)
        .await
        .expect("a lock");
    let observation =
        beadle_plan::Observation { scope: "north".into(), ..stories::helpers::seen(&[("slow", "Lab 1")]) };
    let late = plan(&Standing::never_seen(), Some(observation), vec![]);
    let committing = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { commit(&*store, slow, &late, at(1), true).await })
    };
    // It has written its records, and waits for the row of its run.
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut *holds).await.expect("the server answers") == 0 {
        tokio::task::yield_now().await;
    }
    observe(&*store, &schedule, 30, &[("fast", "Lab 1")]).await;
    let keys = |page: &beadle_store::Page| page.rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>();
    let filter = beadle_store::FeedFilter { limit: 100, ..Default::default() };
    let first = store.changes(Cursor::START, &filter).await.expect("the store works");
    assert_eq!(keys(&first), ["fast"]);
    assert!(!committing.is_finished());
    holds.rollback().await.expect("the lock is given back");
    committing.await.expect("no panic").expect("it is committed");
    let second = store.changes(first.next, &filter).await.expect("the store works");
    assert_eq!(keys(&second), ["slow"]);
    assert!(store.changes(second.next, &filter).await.expect("the store works").rows.is_empty());
}
