//! A host that looks at one site when it is told to, and what readers of its feed are told.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use beadle_campus::services::{Database, postgres_or_skip};
use beadle_engine::Setup;
use beadle_plan::{Clock as _, ScheduleName};
use beadle_store::{CatalogItem, Cursor, FeedFilter, FeedRow, ItemFilter, PostgresStore, RunState, SqliteStore, Store};
use tokio::sync::Mutex;

use crate::world::World;

/// The database that all rows share, each with a site of its own: to make one costs more than to use it.
static SHARED: LazyLock<Option<Database>> = LazyLock::new(|| Some(postgres_or_skip()?.database()));

/// A store has one host at a time.
static TURN: Mutex<()> = Mutex::const_new(());

/// Where something is kept, and under which name of a site.
pub(crate) struct Place {
    store: Arc<dyn Store>,
    pub(crate) site: String,
    turn: Option<&'static Mutex<()>>,
}

impl Place {
    pub(crate) async fn sqlite(site: &str) -> Self {
        let store = Arc::new(SqliteStore::in_memory().await.expect("a store"));
        Self { store, site: site.to_owned(), turn: None }
    }

    /// Returns none where the machine has no PostgreSQL, which was said.
    pub(crate) async fn postgres(site: &str) -> Option<Self> {
        let url = SHARED.as_ref()?.url.parse().expect("an address");
        // To open it is to make its tables, which one does at a time.
        let _turn = TURN.lock().await;
        let store = Arc::new(PostgresStore::open(&url, None).await.expect("the store opens"));
        Some(Self { store, site: site.to_owned(), turn: Some(&TURN) })
    }

    /// Returns the world of a host on it.
    pub(crate) fn world(&self) -> World {
        World::over(Arc::clone(&self.store))
    }

    /// Begins to work as a text configures it.
    pub(crate) async fn host(self, world: World, text: &str) -> Host {
        let setup = world.setup(text).await;
        Host { world, setup, place: self }
    }
}

pub(crate) struct Host {
    pub(crate) world: World,
    setup: Arc<Setup>,
    place: Place,
}

impl Host {
    /// Runs a schedule now, to its commit, and returns what the plugin says.
    pub(crate) async fn run(&self, schedule: &str) -> String {
        let _turn = match self.place.turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let engine = self.world.engine(Arc::clone(&self.setup)).await.expect("nobody else has the store");
        let name = ScheduleName::from(self.schedule(schedule));
        let ended = engine.run_once(&name, self.world.clock.now(), Duration::ZERO).await.expect("the store works");
        let run = ended.expect("no two looks are at one instant").run;
        let run = self.world.store.run(run).await.expect("the store works").expect("it is there").run;
        assert_eq!(run.state, RunState::Committed, "{schedule}: {:?}", run.failure);
        run.sentence.unwrap_or_default()
    }

    /// Returns the name of a schedule of this site, which nobody else on the store has.
    fn schedule(&self, name: &str) -> String {
        schedule(name, &self.place.site)
    }

    async fn page(&self, since: Cursor) -> (Vec<FeedRow>, Cursor) {
        let filter = FeedFilter { site: Some(self.place.site.clone()), limit: 1_000, ..FeedFilter::default() };
        let page = self.world.store.changes(since, &filter).await.expect("the store works");
        assert!(!page.more, "a page is large enough for all");
        (page.rows, page.next)
    }

    /// Returns the cursor of a reader who knows everything.
    pub(crate) async fn cursor(&self) -> Cursor {
        self.page(Cursor::START).await.1
    }

    /// Returns what changed since a cursor, sorted: key, kind, and whether it matters. Whoever reads on from there is told of nothing
    /// twice.
    pub(crate) async fn told(&self, since: Cursor) -> Vec<String> {
        let (rows, next) = self.page(since).await;
        assert_eq!(self.page(next).await.0, [], "a cursor is exclusive");
        let told = rows.iter().map(|row| {
            let matters = if row.meaningful { "" } else { ", which matters to nobody" };
            format!("{} {}{matters}", row.key, row.kind)
        });
        let mut told: Vec<String> = told.collect();
        told.sort();
        told
    }

    /// Returns the items that stand, of one kind.
    pub(crate) async fn items(&self, kind: &str) -> Vec<CatalogItem> {
        let filter = ItemFilter { kind: Some(kind.to_owned()), limit: 1_000, ..ItemFilter::default() };
        self.world.store.items(&self.place.site, &filter).await.expect("the store works")
    }
}

/// Returns the name that a schedule has on a site.
pub(crate) fn schedule(name: &str, site: &str) -> String {
    format!("{name}-{site}")
}
