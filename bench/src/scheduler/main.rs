//! How late schedules fire, how many runs there can be, and what they leave behind.
//!
//!     cargo build --release -p beadle-bench --bin scheduler
//!     taskset -c 0 target/release/scheduler lateness      # spread over the interval
//!     taskset -c 0 target/release/scheduler at-once       # all at one instant
//!     taskset -c 0 target/release/scheduler saturation    # as many runs as there can be
//!     target/release/scheduler growth                     # what a million runs leave in the store
//!
//! The first three have the engine serve thousands of schedules of a plugin that only says that it began, on the machine's clock and
//! with a store in a file: firings, runs and their ends are written down as always. A firing is as late as its plugin begins after the
//! instant it was due, jitter included. Beside it stand bare timers of tokio for the same instants, alone in the same process before.

mod growth;
mod host;
mod lateness;
mod timers;

use std::time::Duration;

use clap::{Parser, ValueEnum};

#[derive(Debug, Parser)]
struct Asked {
    /// What is measured.
    what: What,
    /// How many schedules; for `growth`, how many thousand runs.
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    /// How long it is measured, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    Lateness,
    AtOnce,
    Saturation,
    Growth,
}

/// How the schedules are due.
#[derive(Debug, Clone, Copy)]
struct Load {
    schedules: usize,
    every: Duration,
    jitter: Duration,
    lasts: Duration,
}

fn main() -> anyhow::Result<()> {
    let asked = Asked::parse();
    let load = |every, jitter| Load {
        schedules: asked.count,
        every: Duration::from_secs(every),
        jitter: Duration::from_secs(jitter),
        lasts: Duration::from_secs(asked.seconds),
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    runtime.block_on(async move {
        match asked.what {
            What::Lateness => lateness::measure(load(10, 10)).await,
            What::AtOnce => lateness::measure(load(10, 0)).await,
            What::Saturation => lateness::measure(load(1, 1)).await,
            What::Growth => growth::measure(asked.count).await,
        }
    })
}
