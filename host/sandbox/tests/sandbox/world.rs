//! What a run needs around it, and a way to say in one line how one test differs from the others.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::sync::{Arc, LazyLock, Mutex};

use async_trait::async_trait;
use beadle_artifacts::Content;
use beadle_chat::Chats;
use beadle_db::Databases;
use beadle_egress::{Egress, Guarded, Origins};
use beadle_files::Folder;
use beadle_moodle::Site;
use beadle_plan::{
    Body, Clock, Failure, FailureKind, Grants, Instant, Limits, ManualClock, Outcome, Plan, SheetName, TooLong, Trigger,
};
use beadle_sandbox::{
    Audience, Checkpoint, Configured, Context, LoadError, Mapper, NoAudience, Plugin, PseudonymKey, Sandbox, Services,
    Settings, Table,
};
use beadle_sheets::Sheets;
use beadle_store::{Catalog, Ledger};
use serde_json::{Value, json};
use tokio::sync::{Notify, OnceCell};

/// When the tests happen.
pub(crate) const NOW: i64 = 1_795_198_790_123;

/// The engine of all tests that need none of their own.
pub(crate) static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    // Compiled code stays from one run of the tests to the next. Descriptions do not: they are what is tested.
    for entry in std::fs::read_dir(&cache).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|ending| ending == "json") {
            std::fs::remove_file(entry.path()).expect("removed");
        }
    }
    sandbox(Some(&cache))
});

pub(crate) fn sandbox(cache: Option<&std::path::Path>) -> Sandbox {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = Settings { cache: cache.map(Into::into), instances: 64 };
    Sandbox::new(&settings).expect("this machine runs WebAssembly")
}

pub(crate) fn nowhere() -> Guarded {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let egress = Egress::new(beadle_egress::Settings::default()).expect("a client");
    egress.guarded(Origins::public([]).expect("no origins"))
}

/// Makes a plugin's folder.
pub(crate) fn folder(files: &[(&str, &[u8])]) -> Arc<Folder> {
    let place = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        std::fs::write(place.path().join(name), bytes).expect("a file");
    }
    Arc::new(Folder::open(place.path()).expect("a plugin's folder"))
}

/// Loads the guest with files beside it.
pub(crate) async fn load(sandbox: &Sandbox, files: &[(&str, &[u8])]) -> Result<Plugin, LoadError> {
    let beside = (!files.is_empty()).then(|| folder(files));
    sandbox.load(beadle_test_guests::unruly(), beside).await
}

/// Returns the guest without a folder, compiled once.
pub(crate) async fn unruly() -> Plugin {
    static LOADED: OnceCell<Plugin> = OnceCell::const_new();
    LOADED.get_or_init(|| async { load(&SANDBOX, &[]).await.expect("the guest loads") }).await.clone()
}

/// One run of the guest, put together clause by clause.
pub(crate) struct Guest {
    pub(crate) settings: Value,
    pub(crate) grants: Grants,
    pub(crate) limits: Limits,
    pub(crate) dry: bool,
    pub(crate) key: Option<PseudonymKey>,
    pub(crate) site: Option<&'static str>,
    pub(crate) audience: Arc<dyn Audience>,
    pub(crate) checkpoint: Option<Arc<dyn Checkpoint>>,
    pub(crate) mapper: Option<Arc<Mapper>>,
    pub(crate) plugin: Option<Plugin>,
    pub(crate) ledger: Option<Arc<dyn Ledger>>,
    pub(crate) catalog: Option<Arc<dyn Catalog>>,
    pub(crate) content: Option<Content>,
    pub(crate) databases: Option<Databases>,
    pub(crate) moodle: Option<Arc<Site>>,
    pub(crate) egress: Option<Egress>,
}

impl Guest {
    pub(crate) fn that(behaviour: &str) -> Self {
        Self {
            settings: json!({ "behaviour": behaviour }),
            grants: Grants { sheets: vec!["presence:append".into()], ..Grants::default() },
            limits: Limits::default(),
            dry: false,
            key: PseudonymKey::new(&[7; 32]),
            site: Some("main"),
            audience: Arc::new(NoAudience),
            checkpoint: None,
            mapper: None,
            plugin: None,
            ledger: None,
            catalog: None,
            content: None,
            databases: None,
            moodle: None,
            egress: None,
        }
    }

    /// Adds a setting.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.settings[key] = value.into();
        self
    }

    pub(crate) fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) async fn run(self) -> Outcome {
        self.run_until(pending()).await
    }

    pub(crate) async fn run_until(self, stop: impl Future<Output = String>) -> Outcome {
        let plugin = match self.plugin {
            Some(plugin) => plugin,
            None => unruly().await,
        };
        let way = match &self.egress {
            Some(egress) => beadle_http::way("lamps", &self.grants, egress).expect("lines that are grants"),
            None => nowhere(),
        };
        let collections = plugin.description().collections.iter().map(|one| one.name.clone()).collect();
        let configured = Arc::new(Configured {
            name: "lamps".into(),
            grants: self.grants,
            limits: self.limits,
            collections,
            way,
            mapper: self.mapper,
        });
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Instant::from_millis(NOW)));
        let place = tempfile::tempdir().expect("a folder");
        let sheet = beadle_sheets::Settings::Csv { file: place.path().join("presence.csv") };
        let sheets = Sheets::open(BTreeMap::from([(SheetName::from("presence"), sheet)]), Arc::clone(&clock));
        let none = Services::none();
        let services = Services {
            clock,
            sheets: Arc::new(sheets.await.expect("a sheet")),
            chats: Arc::new(hall()),
            key: self.key,
            ledger: self.ledger.unwrap_or(none.ledger),
            catalog: self.catalog.unwrap_or(none.catalog),
            artifacts: none.artifacts,
            content: self.content,
            databases: self.databases.map_or(none.databases, Arc::new),
            site: self.moodle,
            egress: self.egress,
        };
        let context = Context {
            schedule: "lamps@main".into(),
            plugin: "lamps".into(),
            site: self.site.map(Into::into),
            trigger: Trigger::Manual,
            instant: Instant::from_millis(NOW),
            attempt: 2,
            dry: self.dry,
            settings: self.settings.to_string(),
            timezone: "Europe/Berlin".into(),
            language: "en".into(),
            announce_first: Some(true),
            too_long: TooLong::Split,
        };
        plugin.run(&configured, &services, context, self.audience, self.checkpoint, stop).await
    }
}

/// Returns the channels of all tests: one, on a terminal that nobody sees.
fn hall() -> Chats {
    let settings = beadle_chat::Settings {
        service: beadle_chat::Service::Console,
        endpoint: None,
        ping: None,
        ping_text: None,
        fallbacks: beadle_plan::Fallbacks::default(),
    };
    let egress = Egress::new(beadle_egress::Settings::default()).expect("a client");
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Instant::from_millis(NOW)));
    let console: beadle_chat::Console = Arc::new(|_: &str| {});
    Chats::open(BTreeMap::from([("hall".into(), settings)]), &egress, &clock, &console).expect("a channel")
}

pub(crate) fn configured(name: &str, grants: Grants, limits: Limits, mapper: Option<Arc<Mapper>>) -> Arc<Configured> {
    Arc::new(Configured {
        name: name.into(),
        grants,
        limits,
        collections: vec!["lamps".into()],
        way: nowhere(),
        mapper,
    })
}

/// Returns why a run failed, and checks that it left nothing behind.
pub(crate) fn failure(outcome: &Outcome, kind: FailureKind) -> Failure {
    let failure = outcome.result.clone().expect_err("it cannot end well");
    assert_eq!(failure.kind, kind, "{failure:?}");
    assert!(outcome.plan.is_empty(), "a run that failed has done nothing");
    failure
}

pub(crate) fn sentence(outcome: &Outcome) -> &str {
    match &outcome.result {
        Ok(summary) => &summary.sentence,
        Err(failure) => panic!("{failure:?}"),
    }
}

/// Returns what a run logged.
pub(crate) fn lines(outcome: &Outcome) -> Vec<&str> {
    sentence(outcome);
    outcome.log.iter().map(|line| line.message.as_str()).collect()
}

/// Returns the first cells of all staged rows.
pub(crate) fn staged(plan: &Plan) -> Vec<&str> {
    plan.effects
        .iter()
        .map(|effect| {
            let Body::Row(row) = &effect.body else { panic!("a row, not {effect:?}") };
            row.cells[0].as_str()
        })
        .collect()
}

/// Somebody at a terminal, or nobody, who remembers what was shown.
#[derive(Default)]
pub(crate) struct Watcher {
    pub(crate) terminal: bool,
    pub(crate) shown: Mutex<Vec<Table>>,
    /// Rung when a run says how far it has come.
    pub(crate) progress: Notify,
}

impl Audience for Watcher {
    fn terminal(&self) -> bool {
        self.terminal
    }

    fn show(&self, _: &Context, table: Table) {
        self.shown.lock().expect("one test at a time").push(table);
    }

    fn progress(&self, _: &Context, _: u64, _: Option<u64>, _: &str) {
        self.progress.notify_one();
    }
}

/// Takes what a checkpoint commits, or refuses it.
#[derive(Default)]
pub(crate) struct Committed {
    pub(crate) refuses: Option<String>,
    pub(crate) plans: Mutex<Vec<Plan>>,
}

#[async_trait]
impl Checkpoint for Committed {
    async fn commit(&self, plan: Plan) -> Result<(), String> {
        if let Some(why) = &self.refuses {
            return Err(why.clone());
        }
        self.plans.lock().expect("one test at a time").push(plan);
        Ok(())
    }
}
