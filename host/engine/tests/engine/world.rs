//! A host for one test: its store, its clock, and ways to wait for what it does.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use beadle_artifacts::Content;
use beadle_config::{Config, Source};
use beadle_egress::{Egress, Redactor};
use beadle_engine::{Delivery, Engine, Inputs, Options, Serving, Setup, SetupProblem};
use beadle_plan::{Clock, Deliver, Instant, ManualClock, ScheduleName};
use beadle_sandbox::{NoAudience, PseudonymKey, Sandbox, Settings};
use beadle_store::{FiringView, RunFilter, RunState, RunView, SkipReason, SqliteStore, Store, StoreError};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::targets::Scripted;

/// When the tests begin: 2026-11-20, 09:00 in Berlin, a Friday.
pub(crate) const MORNING: i64 = 1_795_161_600_000;

/// How long a test waits for something that must happen, by the machine's own time. Nothing takes a second but a disk that stalls: half a
/// minute for one flush was seen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    Sandbox::new(&Settings { cache: Some(cache), instances: 64 }).expect("this machine runs WebAssembly")
});

/// Returns the instant so many seconds after the morning.
pub(crate) fn at(seconds: i64) -> Instant {
    Instant::from_millis(MORNING + seconds * 1_000)
}

/// Returns how many seconds after the morning an instant is.
pub(crate) fn seconds(instant: Instant) -> f64 {
    (instant.millis() - MORNING) as f64 / 1_000.0
}

/// A clock that stands still until it is moved, and knows for which instants somebody waits: so a test knows that the planner has
/// planned, before it moves on.
#[derive(Debug)]
pub(crate) struct Noted {
    hand: ManualClock,
    awaited: Mutex<HashSet<Instant>>,
}

#[async_trait]
impl Clock for Noted {
    fn now(&self) -> Instant {
        self.hand.now()
    }

    async fn sleep_until(&self, until: Instant) {
        self.awaited.lock().expect("no panic while it is held").insert(until);
        self.hand.sleep_until(until).await;
    }
}

/// Stops tokio's time for one test: it moves only when the test moves it, not whenever the store's own threads are at work.
pub(crate) struct Stopped(
    #[expect(dead_code, reason = "the time goes on when it is dropped")] std::sync::mpsc::Sender<()>,
);

impl Drop for Stopped {
    fn drop(&mut self) {
        tokio::time::resume();
    }
}

pub(crate) fn stop_time() -> Stopped {
    let (held, released) = std::sync::mpsc::channel();
    // While a blocking task is under way, time that is stopped does not jump to the next timer by itself.
    tokio::task::spawn_blocking(move || released.recv().is_ok());
    tokio::time::pause();
    Stopped(held)
}

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<Noted>,
    pub(crate) targets: Arc<Scripted>,
    /// The engine that serves, or served last.
    pub(crate) serving: Mutex<Option<Serving>>,
}

/// An engine that serves.
pub(crate) struct Running {
    pub(crate) serving: Serving,
    task: JoinHandle<Result<(), StoreError>>,
}

impl Running {
    pub(crate) fn of(engine: Engine) -> Self {
        Self { serving: engine.serving(), task: tokio::spawn(engine.serve()) }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Stops it and waits for its end.
    pub(crate) async fn stop(self) {
        self.serving.stop();
        self.ended().await;
    }

    /// Waits for its end.
    pub(crate) async fn ended(self) {
        self.came_to().await.expect("the store works");
    }

    /// Waits for its end, and returns how it was.
    pub(crate) async fn came_to(self) -> Result<(), StoreError> {
        let served = tokio::time::timeout(PATIENCE, self.task).await.expect("it ends");
        served.expect("no panic")
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::over(Arc::new(SqliteStore::in_memory().await.expect("a store")))
    }

    /// With a store in a file, for tests in which others open it too.
    pub(crate) async fn in_a_file() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("beadle.db")).await.expect("a store");
        Self::on(Arc::new(store), folder)
    }

    /// With a store of the caller's.
    pub(crate) fn over(store: Arc<dyn Store>) -> Self {
        Self::on(store, tempfile::tempdir().expect("a folder"))
    }

    fn on(store: Arc<dyn Store>, folder: TempDir) -> Self {
        std::fs::write(folder.path().join("unruly.wasm"), beadle_test_guests::unruly()).expect("a file");
        Self {
            folder,
            store,
            // A millisecond late, so that the planner alone waits for whole seconds.
            clock: Arc::new(Noted {
                hand: ManualClock::new(at(0) + Duration::from_millis(1)),
                awaited: Mutex::default(),
            }),
            targets: Arc::new(Scripted::default()),
            serving: Mutex::default(),
        }
    }

    /// Opens and loads what a configuration names. `[sites]` may have the token `{ env = "TOKEN" }`.
    pub(crate) async fn try_setup(&self, text: &str) -> Result<Arc<Setup>, Vec<SetupProblem>> {
        self.setup_on(text, Arc::clone(&self.clock) as Arc<dyn Clock>, None).await
    }

    pub(crate) async fn setup_on(
        &self,
        text: &str,
        clock: Arc<dyn Clock>,
        before: Option<&Setup>,
    ) -> Result<Arc<Setup>, Vec<SetupProblem>> {
        let env = |name: &str| (name == "TOKEN").then(|| "0123456789abcdef0123456789abcdef".to_owned());
        let source = Source::from_text(self.folder.path().join("schedules.toml"), text);
        let (config, _) = Config::from_source(&source, &env).unwrap_or_else(|errors| panic!("{errors}"));
        let sandbox = &*SANDBOX;
        let inputs = Inputs {
            console: Arc::new(|_: &str| {}),
            env: &env,
            sandbox,
            builtins: beadle_builtins::builtin,
            campus: None,
            content: Content::at(self.folder.path().join("artifacts"), Redactor::new()),
            store: Arc::clone(&self.store),
            clock,
            key: PseudonymKey::new(&[7; 32]).expect("long enough"),
            egress: &Egress::new(beadle_egress::Settings::default()).expect("a client"),
            redactor: &Redactor::new(),
            before,
        };
        Setup::new(config, inputs).await.map(Arc::new)
    }

    pub(crate) async fn setup(&self, text: &str) -> Arc<Setup> {
        self.try_setup(text).await.unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    pub(crate) async fn engine(&self, setup: Arc<Setup>) -> Result<Engine, StoreError> {
        self.engine_on(setup, Arc::clone(&self.clock) as Arc<dyn Clock>).await
    }

    pub(crate) async fn engine_on(&self, setup: Arc<Setup>, clock: Arc<dyn Clock>) -> Result<Engine, StoreError> {
        self.targets.on(Arc::clone(&clock));
        let delivery = Delivery::Instead(Arc::clone(&self.targets) as Arc<dyn Deliver>);
        self.engine_with(setup, clock, delivery).await
    }

    async fn engine_with(
        &self,
        setup: Arc<Setup>,
        clock: Arc<dyn Clock>,
        delivery: Delivery,
    ) -> Result<Engine, StoreError> {
        let options = Options {
            store: Arc::clone(&self.store),
            clock,
            audience: Arc::new(NoAudience),
            holder: "the engine of a test".to_owned(),
            delivery,
            lease: Duration::from_secs(30),
        };
        Engine::new(options, setup).await
    }

    /// Has an engine serve a configuration that delivers to the sheets it names, and returns when its planner waits for `next`.
    pub(crate) async fn serve_live(&self, text: &str, next: i64) -> Running {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let engine = self.engine_with(self.setup(text).await, clock, Delivery::Live).await;
        self.forget_awaited();
        let running = self.run(engine.expect("nobody else has the store"));
        self.planned(next).await;
        running
    }

    /// Has an engine serve a configuration.
    pub(crate) async fn start(&self, text: &str) -> Running {
        let engine = self.engine(self.setup(text).await).await.expect("nobody else has the store");
        self.forget_awaited();
        self.run(engine)
    }

    fn run(&self, engine: Engine) -> Running {
        let running = Running::of(engine);
        *self.serving.lock().expect("no panic while it is held") = Some(running.serving.clone());
        running
    }

    /// Has an engine serve a configuration, and returns when its planner waits for `next`, in seconds after the morning.
    pub(crate) async fn serve(&self, text: &str, next: i64) -> Running {
        let running = self.start(text).await;
        self.planned(next).await;
        running
    }

    /// Has the engine go on with another configuration, and returns when its planner waits for `next`.
    pub(crate) async fn reload(&self, running: &Running, text: &str, next: i64) {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let before = running.serving.setup();
        let setup = self.setup_on(text, clock, Some(&before)).await.unwrap_or_else(|problems| panic!("{problems:#?}"));
        self.forget_awaited();
        running.serving.reload(setup);
        self.planned(next).await;
    }

    fn forget_awaited(&self) {
        self.clock.awaited.lock().expect("no panic while it is held").clear();
    }

    /// Waits until the planner waits for a whole second.
    pub(crate) async fn planned(&self, next: i64) {
        self.awaited(at(next)).await;
    }

    /// Waits until somebody waits for an instant.
    pub(crate) async fn awaited(&self, instant: Instant) {
        self.until(&format!("somebody to wait for {instant}"), async || self.awaits(instant)).await;
    }

    /// Sets the clock back, and returns when the planner has noticed and waits for `next`.
    pub(crate) async fn set_back(&self, to: Instant, next: i64) {
        self.forget_awaited();
        self.set(to);
        self.until_noticed("the planner to look at the clock", async || self.awaits(at(next))).await;
    }

    fn awaits(&self, instant: Instant) -> bool {
        self.clock.awaited.lock().expect("no panic while it is held").contains(&instant)
    }

    /// Returns all runs, the oldest first.
    pub(crate) async fn runs(&self) -> Vec<RunView> {
        let filter = RunFilter { limit: 10_000, ..RunFilter::default() };
        let mut runs = self.store.runs(&filter).await.expect("the store works");
        runs.reverse();
        runs
    }

    /// Returns the instants of a schedule's runs in a state, in seconds after the morning, the oldest first.
    pub(crate) async fn ran(&self, schedule: &str, state: RunState) -> Vec<f64> {
        let runs = self.runs().await.into_iter();
        runs.filter(|run| run.schedule == ScheduleName::from(schedule) && run.state == state)
            .map(|run| seconds(run.instant))
            .collect()
    }

    /// Returns the firings that did not run, the oldest first.
    pub(crate) async fn not_run(&self) -> Vec<FiringView> {
        let filter = RunFilter { limit: 10_000, ..RunFilter::default() };
        let mut firings = self.store.not_run(&filter).await.expect("the store works");
        firings.reverse();
        firings
    }

    /// Returns the firings that were skipped: their last instant in seconds after the morning, for how many the row stands, and why.
    pub(crate) async fn skipped(&self) -> Vec<(f64, u64, SkipReason)> {
        let firings = self.not_run().await.into_iter();
        firings.filter_map(|one| Some((seconds(one.instant), one.stands_for, one.reason?))).collect()
    }

    /// Waits until a schedule has so many committed runs and the last has given its turn back, so that the next is not skipped.
    pub(crate) async fn until_committed(&self, schedule: &str, count: usize) {
        self.until(&format!("{count} committed runs of {schedule}"), async || {
            self.ran(schedule, RunState::Committed).await.len() >= count && self.is_idle(schedule)
        })
        .await;
    }

    fn is_idle(&self, schedule: &str) -> bool {
        let serving = self.serving.lock().expect("no panic while it is held");
        serving.as_ref().is_none_or(|serving| serving.is_idle(&ScheduleName::from(schedule)))
    }

    /// Waits until a run is in a state, whether or not others are under way.
    pub(crate) async fn until_state(&self, schedule: &str, state: RunState) {
        self.until(&format!("{schedule} to be {state}"), async || !self.ran(schedule, state).await.is_empty()).await;
    }

    /// Waits until so many firings have their row as skipped.
    pub(crate) async fn until_skipped(&self, count: usize) {
        self.until(&format!("{count} skipped firings"), async || self.skipped().await.len() >= count).await;
    }

    /// Waits until something is so. The engine's own work is waited for, not time: each look asks the store, and gives way to it.
    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        self.until_turns(what, holds, async || tokio::task::yield_now().await).await;
    }

    /// Waits until something is so that happens when somebody looks at a clock again that was set back. Wants [`stop_time`].
    pub(crate) async fn until_noticed(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let turn = async || {
            // What the engine has asked the store comes first: its waiting for an answer goes by the same time.
            self.store.targets().await.expect("the store works");
            tokio::time::advance(Duration::from_secs(1)).await;
        };
        self.until_turns(what, holds, turn).await;
    }

    async fn until_turns(&self, what: &str, holds: impl AsyncFn() -> bool, turn: impl AsyncFn()) {
        let began = std::time::Instant::now();
        while !holds().await {
            if began.elapsed() > PATIENCE {
                panic!("waited in vain for {what}\n{:#?}\n{:#?}", self.runs().await, self.not_run().await);
            }
            turn().await;
        }
    }

    /// Sets the clock to an instant.
    pub(crate) fn set(&self, to: Instant) {
        self.clock.hand.set(to);
    }

    /// Sets the clock to so many seconds after the morning.
    pub(crate) fn time(&self, seconds: i64) {
        self.clock.hand.set(at(seconds));
    }
}
