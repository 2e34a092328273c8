//! A small house around delivery: a store in memory, a clock that is moved by hand, and the engine's loop, one step at a time.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use beadle_campus::sheets::{Role, Sheets as Campus};
use beadle_plan::{
    Body, Clock as _, Deliver as _, Delivered, Effect, EffectId, Instant, KeyColumn, ManualClock, Plan, Preview,
    PreviewRow, Previewed, Row, SheetName, Take, Target, Trigger,
};
use beadle_sheets::{Delivery, GoogleSettings, Settings, Sheets, keys};
use beadle_store::{
    Commit, EffectState, EffectView, Firings as _, NewFiring, NewRun, Outbox as _, RunMode, SqliteStore, Started,
    TargetState, Views as _,
};

/// The columns of the rows here.
pub(crate) const COLUMNS: [&str; 3] = ["Hash", "Room", "Time"];

/// The spreadsheet.
pub(crate) const BOOK: &str = "1AbC_d-E";

/// The house.
pub(crate) struct House {
    pub(crate) campus: Campus,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) settings: Settings,
    pub(crate) delivery: Arc<Delivery>,
    term: i64,
    started: Started,
}

/// The target of all effects here.
pub(crate) fn target() -> Target {
    Target::Sheet("presence".into())
}

/// A key of one whole column.
pub(crate) fn by_hash() -> Vec<KeyColumn> {
    vec![KeyColumn { column: "Hash".into(), take: Take::Whole }]
}

/// A key of a column and the day.
pub(crate) fn by_day() -> Vec<KeyColumn> {
    vec![by_hash().remove(0), KeyColumn { column: "Time".into(), take: Take::Date }]
}

/// A row with these cells.
pub(crate) fn effect(key: Vec<KeyColumn>, cells: [&str; 3]) -> Effect {
    let row = Row {
        columns: COLUMNS.iter().map(|column| (*column).to_owned()).collect(),
        key: key.into(),
        cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
    };
    Effect { target: target(), key: keys::of_row(&row).expect("a key"), body: Body::Row(row) }
}

/// A row of that hash.
pub(crate) fn row(hash: &str) -> Effect {
    effect(by_hash(), [hash, "Lab 2", "2026-11-20 09:55:00"])
}

impl House {
    /// Makes a house with a Google sheet whose tab is not there yet.
    pub(crate) async fn google() -> Self {
        Self::google_tab("Online").await
    }

    /// Makes a house with a Google sheet.
    pub(crate) async fn google_tab(tab: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_198_020_000)));
        let told = Arc::clone(&clock);
        let campus = Campus::start(Arc::new(move || told.now().millis())).await.expect("loopback");
        campus.create(BOOK, &[(campus.email(), Role::Writer)]);
        let settings = Settings::Google(GoogleSettings {
            spreadsheet: BOOK.into(),
            tab: tab.into(),
            key: campus.service_account_json().into(),
            base_url: Some(campus.base_url.parse().expect("an address")),
            timeout: None,
        });
        Self::new(campus, clock, settings).await
    }

    /// Makes a house with a CSV file.
    pub(crate) async fn csv(file: PathBuf) -> Self {
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_198_020_000)));
        let campus = Campus::start(Arc::new(|| 0)).await.expect("loopback");
        Self::new(campus, clock, Settings::Csv { file }).await
    }

    async fn new(campus: Campus, clock: Arc<ManualClock>, settings: Settings) -> Self {
        let store = Arc::new(SqliteStore::in_memory().await.expect("memory"));
        let now = clock.now();
        store.schedule(&"s".into(), &"online".into(), None, now).await.expect("the store works");
        let firing = NewFiring { schedule: "s".into(), trigger: Trigger::Time, instant: now, stretch: None, now };
        let run = NewRun { mode: RunMode::Live, plugin_digest: "0", now };
        let started = store.fire(&firing, &run).await.expect("the store works").expect("the first");
        let delivery = deliverer(&settings, &store, &clock, 1).await;
        Self { campus, clock, store, settings, delivery, term: 1, started }
    }

    /// Commits rows, as a run's checkpoint does.
    pub(crate) async fn stage(&self, effects: Vec<Effect>) {
        let plan = Plan { effects, ..Plan::default() };
        let plugin = "online".into();
        let commit = Commit {
            started: self.started,
            plugin: &plugin,
            site: None,
            plan: &plan,
            end: None,
            now: self.clock.now(),
        };
        self.store.commit(commit).await.expect("committed");
    }

    /// Stages a row for each hash.
    pub(crate) async fn rows(&self, hashes: &[&str]) {
        self.stage(hashes.iter().map(|hash| row(hash)).collect()).await;
    }

    /// Delivers once what waits, settles it, and returns what came of it.
    pub(crate) async fn step(&self) -> Vec<Delivered> {
        let queued = self
            .store
            .queued(&target(), self.delivery.batch(&target()), self.clock.now())
            .await
            .expect("the store works");
        let outcomes = self.delivery.deliver(&target(), &queued).await;
        assert_eq!(outcomes.len(), queued.len(), "each effect has an outcome: {outcomes:?}");
        self.settle(&outcomes).await;
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    async fn settle(&self, outcomes: &[(EffectId, Delivered)]) {
        let now = self.clock.now();
        let waits = outcomes
            .iter()
            .any(|(_, o)| matches!(o, Delivered::Retry { .. } | Delivered::Unknown { .. } | Delivered::Held { .. }));
        let hold = waits.then_some((TargetState::Waiting, now));
        self.store.settle(&target(), outcomes, hold, now).await.expect("settled");
    }

    /// Steps on, moving the clock to where each step wants it, until nothing waits.
    pub(crate) async fn finish(&self) {
        let mut outcomes = Vec::new();
        for _ in 0..50 {
            outcomes = self.step().await;
            let next = outcomes.iter().filter_map(|outcome| match outcome {
                // The engine waits longer each time, whatever it is told.
                Delivered::Retry { not_before, .. } => {
                    let usual = self.clock.now() + Duration::from_secs(60);
                    Some(not_before.map_or(usual, |at| at.max(usual)))
                }
                Delivered::Unknown { look_at, .. } => Some(*look_at),
                Delivered::Held { cause, .. } => panic!("held: {cause}"),
                _ => None,
            });
            match next.max() {
                None => return,
                Some(next) => self.clock.set(next.max(self.clock.now())),
            }
        }
        panic!("delivery does not come to an end: {outcomes:?}");
    }

    /// Returns how far each row has come that was staged, and what went wrong or where it stands.
    pub(crate) async fn states(&self) -> Vec<(EffectState, String)> {
        let run = self.store.run(self.started.run).await.expect("the store works").expect("it is there");
        let said = |effect: EffectView| (effect.state, effect.place.or(effect.cause).unwrap_or_default());
        run.effects.into_iter().map(said).collect()
    }

    /// Forgets what a process knows and begins anew, as after a kill.
    pub(crate) async fn restart(&mut self) {
        self.term += 1;
        self.delivery = deliverer(&self.settings, &self.store, &self.clock, self.term).await;
    }

    /// Says what a dry run would say.
    pub(crate) async fn preview(&self, hashes: &[&str]) -> Preview {
        let effects: Vec<Effect> = hashes.iter().map(|hash| row(hash)).collect();
        self.delivery.preview(&target(), &effects).await
    }

    /// Returns the cells of the tab.
    pub(crate) fn cells(&self) -> Vec<Vec<String>> {
        self.campus.cells(BOOK, "Online")
    }

    /// Returns the first cell of each row below the header.
    pub(crate) fn hashes(&self) -> Vec<String> {
        self.cells().into_iter().skip(1).map(|row| row.into_iter().next().unwrap_or_default()).collect()
    }
}

async fn deliverer(
    settings: &Settings,
    store: &Arc<SqliteStore>,
    clock: &Arc<ManualClock>,
    term: i64,
) -> Arc<Delivery> {
    let settings = BTreeMap::from([(SheetName::from("presence"), settings.clone())]);
    let sheets = Sheets::open(settings, clock.clone()).await.expect("settings that can be right");
    Arc::new(Delivery::new(Arc::new(sheets), store.clone(), store.clone(), clock.clone(), term))
}

/// Returns the cause and advice of a held outcome.
pub(crate) fn held(outcome: &Delivered) -> (&str, &str) {
    match outcome {
        Delivered::Held { cause, advice, .. } => (cause, advice),
        other => panic!("not held: {other:?}"),
    }
}

/// Tells whether all outcomes are `Done`.
pub(crate) fn all_done(outcomes: &[Delivered]) -> bool {
    !outcomes.is_empty() && outcomes.iter().all(|outcome| matches!(outcome, Delivered::Done { .. }))
}

/// Returns the rows that a dry run shows.
pub(crate) fn rows(preview: &Preview) -> &[PreviewRow] {
    match &preview.what {
        Previewed::Rows { rows, .. } => rows,
        Previewed::Messages { .. } => panic!("a sheet holds rows"),
    }
}

/// A row that stands, with nothing to be known about it.
pub(crate) fn done(place: &str) -> Delivered {
    Delivered::Done { place: place.to_owned(), note: None }
}
