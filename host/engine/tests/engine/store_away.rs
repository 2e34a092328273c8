//! A store that cannot be used for a while: a full disk, a lock, a database that restarts. Nothing ends, nothing is lost, nothing is
//! doubled, and nobody has to lend a hand but to make room.

use std::time::Duration;

use beadle_plan::{Clock as _, FiringId};
use beadle_store::{EffectState, NewRun, RunMode, RunState, SkipReason, StoreError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, SqliteConnection};

use crate::school::School;
use crate::world::{Running, World, at};

/// The disk under a store, from another program's side.
struct Disk {
    connection: SqliteConnection,
    tables: Vec<String>,
}

impl Disk {
    async fn under(world: &World) -> Self {
        let options = SqliteConnectOptions::new().filename(world.folder.path().join("beadle.db"));
        let mut connection = options.connect().await.expect("the file is there");
        let tables =
            sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
                .fetch_all(&mut connection)
                .await
                .expect("tables");
        Self { connection, tables }
    }

    /// Has every write fail as it does where the disk is full.
    async fn full(&mut self) {
        self.full_for(&self.tables.clone(), "INSERT").await;
        self.full_for(&self.tables.clone(), "UPDATE").await;
    }

    async fn full_for(&mut self, tables: &[String], what: &str) {
        for table in tables {
            let sql = format!(
                "CREATE TRIGGER full_{what}_{table} BEFORE {what} ON \"{table}\"
                 BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END"
            );
            self.execute(sql).await;
        }
    }

    /// Makes room.
    async fn empty(&mut self) {
        let triggers: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .fetch_all(&mut self.connection)
            .await
            .expect("triggers");
        for trigger in triggers {
            self.execute(format!("DROP TRIGGER \"{trigger}\"")).await;
        }
    }

    async fn execute(&mut self, sql: String) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection).await.expect("the store works");
    }
}

const CONFIG: &str = r#"
    [plugins.lamps]
    file = "unruly.wasm"
    settings = { behaviour = "works" }

    [[schedule]]
    name = "lamps"
    plugin = "lamps"
    every = "1m"
"#;

/// Every minute; each run asks the school, and stages two rows.
fn asking(school: &School, schedule: &str) -> String {
    format!(
        r#"
        [host]
        grace = "0s"

        [sites.main]
        url = "{}"
        token = {{ env = "TOKEN" }}

        [sheets.presence]
        kind = "csv"
        file = "presence.csv"

        [plugins.lamps]
        file = "unruly.wasm"
        grants = {{ moodle = ["core_webservice_get_site_info"], sheets = ["presence:append"] }}
        settings = {{ behaviour = "works", asks = true, sheets = ["presence"], count = 2 }}

        [[schedule]]
        name = "lamps"
        plugin = "lamps"
        sites = ["main"]
        every = "1m"
        {schedule}
        "#,
        school.url
    )
}

/// The pauses between two looks at the store, in seconds.
const PAUSES: [i64; 3] = [1, 2, 4];

#[tokio::test]
async fn firings_that_cannot_be_written_down_are_missed_and_have_their_row() {
    let world = World::in_a_file().await;
    let mut disk = Disk::under(&world).await;
    let running = world.serve(CONFIG, 60).await;
    world.time(60);
    world.until_committed("lamps", 1).await;
    world.planned(120).await;
    disk.full().await;
    let mut now = 120;
    world.time(now);
    for pause in PAUSES {
        now += pause;
        world.awaited(at(now)).await;
        world.time(now);
    }
    // The last look was in vain, too.
    world.awaited(at(now + 8)).await;
    assert!(!running.has_ended(), "it holds on");
    assert_eq!(world.runs().await.len(), 1);
    disk.empty().await;
    world.time(690);
    world.until_skipped(1).await;
    world.planned(720).await;
    world.time(720);
    world.until_committed("lamps", 2).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 720.0]);
    assert_eq!(world.skipped().await, [(660.0, 10, SkipReason::Misfire)]);
}

/// Whoever makes room within the seconds in which a firing counts as on time has lost none.
#[tokio::test]
async fn a_short_trouble_costs_no_firing() {
    let world = World::in_a_file().await;
    let mut disk = Disk::under(&world).await;
    let running = world.serve(CONFIG, 60).await;
    disk.full().await;
    world.time(60);
    world.awaited(at(61)).await;
    disk.empty().await;
    world.time(61);
    world.until_committed("lamps", 1).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0]);
    assert!(world.not_run().await.is_empty());
}

/// Serves until a run waits for the store, whose disk was filled while the run asked the school.
async fn filled_in_the_middle(world: &World, school: &School, config: &str) -> (Disk, Running) {
    let mut disk = Disk::under(world).await;
    let running = world.serve(config, 60).await;
    world.time(60);
    school.called(1).await;
    world.planned(120).await;
    disk.full().await;
    school.answer(1);
    world.awaited(at(61)).await;
    (disk, running)
}

#[tokio::test]
async fn a_plan_waits_in_memory_until_it_can_be_committed() {
    let (world, school) = (World::in_a_file().await, School::open().await);
    let (mut disk, running) = filled_in_the_middle(&world, &school, &asking(&school, "")).await;
    assert_eq!(world.ran("lamps", RunState::Running).await, [60.0]);
    disk.empty().await;
    world.time(61);
    world.until_committed("lamps", 1).await;
    world.until("the rows", async || world.targets.calls("presence").len() == 1).await;
    running.stop().await;
    let runs = world.runs().await;
    assert_eq!((runs.len(), runs[0].attempt), (1, 1), "the plugin did not run again");
    assert_eq!(world.targets.calls("presence")[0].keys.len(), 2);
}

/// A run in the middle of its work waits at its checkpoint, and goes on.
#[tokio::test]
async fn a_checkpoint_waits_for_the_store() {
    let (world, school) = (World::in_a_file().await, School::open().await);
    let config = asking(&school, "").replace("count = 2", "count = 2, how = \"checkpoints\"");
    let (mut disk, running) = filled_in_the_middle(&world, &school, &config).await;
    disk.empty().await;
    world.time(61);
    world.until_committed("lamps", 1).await;
    running.stop().await;
    let runs = world.runs().await;
    assert_eq!((runs.len(), runs[0].attempt), (1, 1), "the plugin did not run again");
}

#[tokio::test]
async fn a_firing_that_waited_gets_its_turn_when_there_is_room() {
    let (world, school) = (World::in_a_file().await, School::open().await);
    let mut disk = Disk::under(&world).await;
    let running = world.serve(&asking(&school, "overlap = \"queue\""), 60).await;
    world.time(60);
    school.called(1).await;
    world.time(120);
    world.until("the second to wait", async || world.not_run().await.len() == 1).await;
    // The first can be committed; the row of the next run does not fit any more.
    disk.full_for(&["run".to_owned()], "INSERT").await;
    school.answer(2);
    world.until_state("lamps", RunState::Committed).await;
    world.awaited(at(121)).await;
    disk.empty().await;
    world.time(121);
    world.until_committed("lamps", 2).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 120.0]);
    assert!(world.not_run().await.is_empty());
}

#[tokio::test]
async fn rows_whose_delivery_cannot_be_written_down_are_not_sent_twice() {
    let (world, school) = (World::in_a_file().await, School::open().await);
    let mut disk = Disk::under(&world).await;
    let gate = world.targets.block("presence");
    let running = world.serve(&asking(&school, ""), 60).await;
    school.answer(1);
    world.time(60);
    world.until("the request", async || world.targets.count() == 1).await;
    disk.full().await;
    gate.add_permits(10);
    world.awaited(at(61)).await;
    disk.empty().await;
    world.time(61);
    let run = world.runs().await[0].id;
    world
        .until("the rows to be settled", async || {
            let detail = world.store.run(run).await.expect("the store works").expect("it is there");
            detail.effects.iter().all(|effect| effect.state == EffectState::Done)
        })
        .await;
    running.stop().await;
    assert_eq!(world.targets.count(), 1);
}

#[tokio::test]
async fn a_host_that_starts_while_the_store_is_away_waits_for_it() {
    let world = World::in_a_file().await;
    let mut disk = Disk::under(&world).await;
    let engine = world.engine(world.setup(CONFIG).await).await.expect("nobody else has the store");
    disk.full().await;
    let running = Running::of(engine);
    world.awaited(at(1) + Duration::from_millis(1)).await;
    disk.empty().await;
    world.time(2);
    world.planned(60).await;
    world.time(60);
    world.until_committed("lamps", 1).await;
    running.stop().await;
}

/// What could not be written down until the end is told by the end itself, and the next start knows what was lost.
#[tokio::test]
async fn a_host_that_stops_without_its_store_says_so() {
    let (world, school) = (World::in_a_file().await, School::open().await);
    let mut disk = Disk::under(&world).await;
    let running = world.serve(&asking(&school, ""), 60).await;
    world.time(60);
    school.called(1).await;
    disk.full().await;
    running.serving.stop();
    let ended = running.came_to().await;
    assert!(matches!(&ended, Err(StoreError::Unavailable(text)) if text.contains("disk is full")), "{ended:?}");
    assert_eq!(world.ran("lamps", RunState::Running).await, [60.0]);
    disk.empty().await;
    world.time(90);
    school.answer(1);
    let running = world.serve(&asking(&school, ""), 120).await;
    world.until_skipped(1).await;
    world.time(120);
    world.until_committed("lamps", 1).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Lost).await, [60.0]);
    assert_eq!(world.skipped().await, [(60.0, 1, SkipReason::Lost)]);
}

/// What would fail again however long one waits is not waited for.
#[tokio::test]
async fn what_makes_no_sense_is_no_reason_to_wait() {
    let world = World::new().await;
    let run = NewRun { mode: RunMode::Live, plugin_digest: "d", now: world.clock.now() };
    let gone = world.store.attempt(FiringId(99), &run).await;
    assert!(matches!(gone, Err(StoreError::Damaged(_))), "{gone:?}");
}
