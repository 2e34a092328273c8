//! Whether plugins keep their pace beside hostile ones.
//!
//!     cargo run --release -p beadle-bench --bin neighbours -- --seconds 20
//!
//! On a runtime as the host's, with two workers, short runs and runs of some 200 ms are started at a steady pace, first alone, then
//! beside one and beside four runs that do their worst, each started again every second as a schedule would. The time of a run
//! counts from the instant at which it was due, so that a late start counts as well.

mod pace;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use beadle_bench::{configured, context, sandbox};
use beadle_plan::{Limits, Outcome, SystemClock};
use beadle_sandbox::{Configured, NoAudience, Plugin, Services};
use beadle_sheets::Sheets;
use clap::Parser;
use serde_json::{Value, json};

use pace::Pace;

#[derive(Debug, Parser)]
struct Asked {
    /// How long each pair of neighbours is watched.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Only hostile runs of these kinds.
    #[arg(long)]
    only: Vec<String>,
}

/// The worst that a run can do, each in its own way.
fn hostile() -> Vec<(&'static str, Value)> {
    vec![
        ("loops", json!({ "behaviour": "loops_for_ever" })),
        ("allocates", json!({ "behaviour": "grows_for_ever" })),
        ("calls the host", json!({ "behaviour": "calls_too_often" })),
        ("stages rows", json!({ "behaviour": "stages_a_million_rows" })),
        ("observes", json!({ "behaviour": "stages_too_much", "count": 100_000 })),
        ("logs", json!({ "behaviour": "logs_too_much", "how": "a gigabyte" })),
        ("hashes", json!({ "behaviour": "asks_for_many_pseudonyms", "count": 200_000 })),
        ("sleeps", json!({ "behaviour": "sleeps" })),
    ]
}

/// A plugin and what its runs need.
#[derive(Clone)]
struct Runs {
    plugin: Plugin,
    configured: Arc<Configured>,
    services: Services,
}

impl Runs {
    async fn run(&self, settings: &Value, stop: impl Future<Output = String>) -> Outcome {
        let context = context(&settings.to_string());
        self.plugin.run(&self.configured, &self.services, context, Arc::new(NoAudience), None, stop).await
    }
}

fn main() -> anyhow::Result<()> {
    let asked = Asked::parse();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        // Not in the task that the runtime was started with, which has a thread of its own.
        tokio::spawn(measure(asked)).await?
    })
}

async fn measure(asked: Asked) -> anyhow::Result<()> {
    let place = tempfile::tempdir()?;
    let sandbox = sandbox(None);
    let sheet = beadle_sheets::Settings::Csv { file: place.path().join("presence.csv") };
    let sheets = Sheets::open(BTreeMap::from([("presence".into(), sheet)]), Arc::new(SystemClock)).await;
    let sheets = sheets.map_err(|(name, error)| anyhow::anyhow!("sheet {name}: {error}"))?;
    let services =
        Services { sheets: Arc::new(sheets), key: beadle_sandbox::PseudonymKey::new(&[7; 32]), ..Services::none() };
    // Loaded twice: as two plugins that know nothing of each other.
    let load = async || -> anyhow::Result<Runs> {
        let plugin = sandbox.load(beadle_test_guests::unruly(), None).await?;
        Ok(Runs { plugin, configured: configured("lamps", Limits::default()), services: services.clone() })
    };
    let good = load().await?;
    let short = json!({ "behaviour": "returns_a_summary" });
    let long = json!({ "behaviour": "computes", "count": turns_of(&good, Duration::from_millis(200)).await });
    let lasts = Duration::from_secs(asked.seconds);
    table::head();
    let alone = Pace::of(&good, &short, &long, lasts).await;
    table::line("alone", &alone, None);
    for (kind, settings) in hostile() {
        if !asked.only.is_empty() && !asked.only.iter().any(|only| only == kind) {
            continue;
        }
        for count in [1, 4] {
            let mut beside = tokio::task::JoinSet::new();
            for _ in 0..count {
                beside.spawn(again_and_again(load().await?, settings.clone()));
            }
            let pace = Pace::of(&good, &short, &long, lasts).await;
            beside.shutdown().await;
            table::line(&format!("{count} that {kind}"), &pace, Some(&alone));
        }
    }
    Ok(())
}

/// Starts a run each second, or when the last one has ended.
async fn again_and_again(runs: Runs, settings: Value) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        runs.run(&settings, std::future::pending()).await;
    }
}

/// Finds out how many turns of the guest's loop take this long here.
async fn turns_of(runs: &Runs, wanted: Duration) -> u64 {
    let mut turns = 1_000_000_u64;
    loop {
        let began = Instant::now();
        let outcome = runs.run(&json!({ "behaviour": "computes", "count": turns }), std::future::pending()).await;
        let took = outcome.guest_time.min(began.elapsed());
        if took > wanted / 2 {
            return (turns as f64 * wanted.as_secs_f64() / took.as_secs_f64()) as u64;
        }
        turns *= 2;
    }
}
