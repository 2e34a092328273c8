//! What the machine itself can do: bare timers for the same instants.

use std::time::Duration;

use beadle_schedule::jitter;
use tokio::time::Instant;

use crate::Load;
use crate::host::name;

/// Sleeps in as many tasks as there are schedules until each of their instants, and returns how late they woke.
pub(crate) async fn measure(load: Load) -> Vec<Duration> {
    let begin = Instant::now() + Duration::from_secs(1);
    let mut tasks = Vec::with_capacity(load.schedules);
    for number in 0..load.schedules {
        let first = begin + jitter(&name(number), load.jitter);
        tasks.push(tokio::spawn(async move {
            let (mut due, mut late) = (first, Vec::new());
            while due < begin + load.lasts {
                tokio::time::sleep_until(due).await;
                late.push(due.elapsed());
                due += load.every;
            }
            late
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap_or_default());
    }
    all
}
