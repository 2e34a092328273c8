//! How long runs take that are started at a steady pace.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::Runs;

/// The times of all runs, in order of length.
pub(crate) struct Pace {
    pub(crate) short: Vec<Duration>,
    pub(crate) long: Vec<Duration>,
}

impl Pace {
    /// Watches runs for so long: a short one every 20 ms or so, a long one every 500 ms.
    pub(crate) async fn of(runs: &Runs, short: &Value, long: &Value, lasts: Duration) -> Self {
        let of = |settings: &Value, every| tokio::spawn(times(runs.clone(), settings.clone(), every, lasts));
        // A step of 19.7 ms does not keep step with the engine's ticks of 5.
        let (short, long) = (of(short, Duration::from_micros(19_700)), of(long, Duration::from_millis(500)));
        Self { short: short.await.unwrap_or_default(), long: long.await.unwrap_or_default() }
    }
}

async fn times(runs: Runs, settings: Value, every: Duration, lasts: Duration) -> Vec<Duration> {
    let mut times = Vec::new();
    let begin = Instant::now();
    let mut due = begin;
    while due - begin < lasts {
        due = (due + every).max(Instant::now());
        tokio::time::sleep_until(due).await;
        let outcome = runs.run(&settings, std::future::pending()).await;
        assert!(outcome.result.is_ok(), "{outcome:?}");
        times.push(due.elapsed());
    }
    times.sort_unstable();
    times
}
