//! A host as `beadle serve` makes it, with thousands of schedules of one plugin.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::anyhow;
use beadle_artifacts::Content;
use beadle_bench::sandbox;
use beadle_config::{Config, Source};
use beadle_egress::{Egress, Redactor};
use beadle_engine::{Delivery, Engine, Inputs, Options, Setup};
use beadle_plan::SystemClock;
use beadle_sandbox::{Audience, Context, PseudonymKey, Table};
use beadle_schedule::jitter;
use beadle_store::{SqliteStore, Store};
use tempfile::TempDir;

use crate::Load;

/// Notes how late each plugin began.
pub(crate) struct Watch {
    spread: Duration,
    late: Mutex<Vec<Duration>>,
}

impl Watch {
    /// Returns what was noted since it was asked last.
    pub(crate) fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.late.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Audience for Watch {
    fn terminal(&self) -> bool {
        false
    }

    fn show(&self, _: &Context, _: Table) {}

    fn progress(&self, context: &Context, _: u64, _: Option<u64>, _: &str) {
        let due = context.instant + jitter(context.schedule.as_str(), self.spread);
        let due = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(due.millis()).unwrap_or(0));
        let late = SystemTime::now().duration_since(due).unwrap_or_default();
        self.late.lock().unwrap_or_else(PoisonError::into_inner).push(late);
    }
}

/// The host, what it says of itself, and the folder that it lives in.
pub(crate) struct Host {
    pub(crate) engine: Engine,
    pub(crate) watch: Arc<Watch>,
    pub(crate) folder: TempDir,
}

impl Host {
    pub(crate) async fn new(load: Load) -> anyhow::Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("lamps.wasm"), beadle_test_guests::unruly())?;
        let source = Source::from_text(folder.path().join("schedules.toml"), configuration(load));
        let (config, _) = Config::from_source(&source, &|_| None).map_err(|errors| anyhow!("{errors}"))?;
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.path().join("beadle.db")).await?);
        let sandbox = sandbox(Some(&folder.path().join("cache")));
        let inputs = Inputs {
            env: &|_| None,
            sandbox: &sandbox,
            builtins: beadle_builtins::builtin,
            campus: None,
            store: Arc::clone(&store),
            content: Content::at(folder.path().join("artifacts"), Redactor::new()),
            clock: Arc::new(SystemClock),
            key: PseudonymKey::new(&[7; 32]).ok_or_else(|| anyhow!("the key is too short"))?,
            egress: &Egress::new(beadle_egress::Settings::default())?,
            redactor: &Redactor::new(),
            console: Arc::new(|_: &str| {}),
            before: None,
        };
        let setup = Setup::new(config, inputs).await.map_err(|problems| anyhow!("{problems:?}"))?;
        let watch = Arc::new(Watch { spread: load.jitter, late: Mutex::default() });
        let options = Options {
            store,
            clock: Arc::new(SystemClock),
            audience: Arc::clone(&watch) as Arc<dyn Audience>,
            holder: "a measurement".to_owned(),
            delivery: Delivery::Live,
            lease: Duration::from_secs(30),
        };
        Ok(Self { engine: Engine::new(options, Arc::new(setup)).await?, watch, folder })
    }
}

fn configuration(load: Load) -> String {
    let mut text = String::from(
        "[host]\nruns = 64\n\n[plugins.lamps]\nfile = \"lamps.wasm\"\nsettings = { behaviour = \"says_that_it_began\" }\n",
    );
    for number in 0..load.schedules {
        text += &format!(
            "\n[[schedule]]\nname = \"{}\"\nplugin = \"lamps\"\nevery = \"{}s\"\njitter = \"{}s\"\n",
            name(number),
            load.every.as_secs(),
            load.jitter.as_secs(),
        );
    }
    text
}

/// The name of a schedule, on which its jitter depends.
pub(crate) fn name(number: usize) -> String {
    format!("lamp-{number}")
}
