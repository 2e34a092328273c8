//! How late the plugins begin, beside bare timers; and how many begin.

use std::time::Duration;

use crate::host::Host;
use crate::{Load, timers};

/// How long the host may take to have all schedules in its store, and to be warm.
const WARM_UP: Duration = Duration::from_secs(15);

#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
pub(crate) async fn measure(load: Load) -> anyhow::Result<()> {
    println!(
        "{} schedules, every {:?}, jitter {:?}, {:?}, {} processors",
        load.schedules,
        load.every,
        load.jitter,
        load.lasts,
        std::thread::available_parallelism().map_or(1, usize::from)
    );
    println!("{:<14} {:>8} {:>9} {:>9} {:>9} {:>9}   late by, ms", "", "count", "a second", "p50", "p99", "max");
    line("bare timers", timers::measure(load).await, load);
    let Host { engine, watch, folder } = Host::new(load).await?;
    let serving = engine.serving();
    let served = tokio::spawn(engine.serve());
    tokio::time::sleep(WARM_UP).await;
    watch.take();
    let before = used();
    tokio::time::sleep(load.lasts).await;
    let (late, used) = (watch.take(), used().saturating_sub(before));
    let runs = u32::try_from(late.len().max(1)).unwrap_or(u32::MAX);
    line("beadle", late, load);
    println!("{:?} of processor time a run, everything included", used / runs);
    serving.stop();
    served.await??;
    drop(folder);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
fn line(who: &str, mut late: Vec<Duration>, load: Load) {
    late.sort_unstable();
    let at = |part: f64| late.get((late.len() as f64 * part) as usize).or(late.last()).copied().unwrap_or_default();
    let [median, most, longest] = [0.5, 0.99, 1.0].map(|part| at(part).as_secs_f64() * 1_000.0);
    let pace = late.len() as f64 / load.lasts.as_secs_f64();
    println!("{who:<14} {:>8} {pace:>9.0} {median:>9.2} {most:>9.2} {longest:>9.2}", late.len());
}

/// Processor time of this process so far.
fn used() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}
