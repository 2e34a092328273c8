//! What runs leave in the store when what is old is removed as usual.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use beadle_plan::{Plan, Summary, Trigger};
use beadle_store::{Commit, Firings as _, NewFiring, NewRun, RunEnd, RunMode, SqliteStore, Views as _};
use futures::{StreamExt as _, TryStreamExt as _, stream};

/// What is kept: as long as a million runs of a hundred schedules take that are due each second would be too long to wait for, so
/// that the runs of the last hour of a clock that goes faster are.
const KEEP: Duration = Duration::from_secs(3_600);

/// How far the clock moves from run to run: 10,000 runs are kept.
const STEP: Duration = Duration::from_millis(360);

/// How many runs are written at one time.
const AT_ONCE: usize = 32;

#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
pub(crate) async fn measure(thousands: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("beadle.db");
    let store = Arc::new(SqliteStore::open(&path).await?);
    let start = beadle_plan::Instant::from_millis(1_795_161_600_000);
    store.schedule(&"lamps".into(), &"lamps".into(), None, start).await?;
    let began = Instant::now();
    println!("{:>10} {:>14} {:>14}", "runs", "store, KiB", "runs a second");
    for tenth in 0..10 {
        let runs = tenth * thousands * 100..(tenth + 1) * thousands * 100;
        let mut pruned = start;
        for some in runs.step_by(1_000) {
            let now = start + STEP * u32::try_from(some)?;
            stream::iter(some..some + 1_000)
                .map(|number| one(&store, start + STEP * u32::try_from(number).unwrap_or(u32::MAX)))
                .buffer_unordered(AT_ONCE)
                .try_collect::<Vec<_>>()
                .await?;
            // As the host does: once a minute.
            if now.since(pruned) > Duration::from_secs(60) {
                store.prune(now - KEEP, now).await?;
                pruned = now;
            }
        }
        let done = (tenth + 1) * thousands * 100;
        println!("{done:>10} {:>14} {:>14.0}", kibibytes(&path)?, done as f64 / began.elapsed().as_secs_f64());
    }
    Ok(())
}

/// A run that ends well and says a sentence.
async fn one(store: &SqliteStore, now: beadle_plan::Instant) -> anyhow::Result<()> {
    let firing = NewFiring { schedule: "lamps".into(), trigger: Trigger::Time, instant: now, stretch: None, now };
    let run = NewRun { mode: RunMode::Live, plugin_digest: &"d".repeat(64), now };
    let Some(started) = store.fire(&firing, &run).await? else { return Ok(()) };
    let result = Ok(Summary { counts: vec![("online".to_owned(), 30)], sentence: "30 online in 9 rooms".to_owned() });
    let end = RunEnd { result: &result, report: r#"{"counts":{"online":30}}"#, log: &[], now };
    let plan = Plan::default();
    store.commit(Commit { started, plugin: &"lamps".into(), site: None, plan: &plan, end: Some(end), now }).await?;
    Ok(())
}

fn kibibytes(path: &Path) -> anyhow::Result<u64> {
    let mut all = 0;
    for end in ["", "-wal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        all += std::fs::metadata(name).map_or(0, |file| file.len());
    }
    Ok(all / 1_024)
}
