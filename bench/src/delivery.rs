//! How fast rows reach a Google sheet, and in how many requests.
//!
//!     cargo run --release -p beadle-bench --bin delivery -- --rows 200000
//!
//! Rows are put into the outbox of a store in a file, as many as runs had left there, and delivered by the engine's own steps to a
//! simulated spreadsheet with the quotas of the real one: 60 requests that write in a minute, and 60 that read. The spreadsheet is in
//! this process, so that the rate is the slower for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use beadle_campus::sheets::{Role, Sheets as Campus};
use beadle_plan::{
    Body, Clock as _, Deliver as _, Delivered, Effect, KeyColumn, Plan, Row, SystemClock, Take, Target, Trigger,
};
use beadle_sheets::{Delivery, GoogleSettings, Settings, Sheets, keys};
use beadle_store::{Commit, Firings as _, NewFiring, NewRun, Outbox as _, RunMode, SqliteStore};
use clap::Parser;

const BOOK: &str = "1AbC_d-E";
const COLUMNS: [&str; 4] = ["Hash", "Room", "Day", "Time"];

#[derive(Debug, Parser)]
struct Asked {
    /// How many rows wait.
    #[arg(long, default_value_t = 10_000)]
    rows: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let asked = Asked::parse();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = Arc::new(SystemClock);
    let campus = Campus::start(Arc::new(|| SystemClock.now().millis())).await?;
    campus.create(BOOK, &[(campus.email(), Role::Writer)]);
    let google = GoogleSettings {
        spreadsheet: BOOK.into(),
        tab: "Online".into(),
        key: campus.service_account_json().into(),
        base_url: Some(campus.base_url.parse()?),
        timeout: None,
    };
    let sheets = Sheets::open(BTreeMap::from([("presence".into(), Settings::Google(google))]), clock.clone()).await;
    let sheets = Arc::new(sheets.map_err(|(name, error)| anyhow::anyhow!("sheet {name}: {error}"))?);
    let folder = tempfile::tempdir()?;
    let store = Arc::new(SqliteStore::open(&folder.path().join("beadle.db")).await?);
    stage(&store, asked.rows).await?;
    let delivery = Delivery::new(sheets, store.clone(), store.clone(), clock, 1);
    let target = Target::Sheet("presence".into());
    let before = campus.faults.total();
    let began = Instant::now();
    let mut done = 0;
    loop {
        let queued = store.queued(&target, delivery.batch(&target), SystemClock.now()).await?;
        if queued.is_empty() {
            break;
        }
        let outcomes = delivery.deliver(&target, &queued).await;
        done += outcomes.iter().filter(|(_, outcome)| matches!(outcome, Delivered::Done { .. })).count();
        let again = outcomes.iter().filter_map(|(_, outcome)| match outcome {
            Delivered::Retry { not_before, .. } => Some(not_before.unwrap_or(SystemClock.now())),
            _ => None,
        });
        let again = again.max();
        store.settle(&target, &outcomes, None, SystemClock.now()).await?;
        if let Some(again) = again {
            SystemClock.sleep_until(again).await;
        }
    }
    let took = began.elapsed().as_secs_f64();
    ensure!(done == asked.rows, "{done} rows of {} stand", asked.rows);
    tell(asked.rows, campus.faults.total() - before, campus.faults.count(":append"), took);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the line is what the program is for")]
fn tell(rows: usize, requests: u64, appends: usize, took: f64) {
    println!(
        "{rows} rows in {requests} requests, {appends} of them appends: {took:.1} s, {:.0} rows a second",
        rows as f64 / took
    );
}

/// Puts rows into the outbox as runs do.
async fn stage(store: &SqliteStore, rows: usize) -> anyhow::Result<()> {
    let now = SystemClock.now();
    store.schedule(&"lamps".into(), &"lamps".into(), None, now).await?;
    let firing = NewFiring { schedule: "lamps".into(), trigger: Trigger::Time, instant: now, stretch: None, now };
    let run = NewRun { mode: RunMode::Live, plugin_digest: "0", now };
    let started = store.fire(&firing, &run).await?.context("the first firing")?;
    let columns: Vec<String> = COLUMNS.iter().map(|column| (*column).to_owned()).collect();
    let key = vec![KeyColumn { column: "Hash".into(), take: Take::Whole }];
    for some in (0..rows).collect::<Vec<_>>().chunks(10_000) {
        let effects = some.iter().map(|number| {
            let cells = [format!("{number:016x}"), "Room 101".into(), "2026-11-20".into(), "09:55:00".into()];
            let row = Row { columns: columns.clone().into(), key: key.clone().into(), cells: cells.into() };
            let key = keys::of_row(&row).map_err(|error| anyhow::anyhow!("{error:?}"))?;
            Ok(Effect { target: Target::Sheet("presence".into()), key, body: Body::Row(row) })
        });
        let effects = effects.collect::<anyhow::Result<_>>()?;
        let plan = Plan { effects, ..Plan::default() };
        store.commit(Commit { started, plugin: &"lamps".into(), site: None, plan: &plan, end: None, now }).await?;
    }
    Ok(())
}
