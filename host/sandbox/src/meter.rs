//! Measures the time that a guest itself takes, waits for the host and for its turn aside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wasmtime::{CallHook, Store, UpdateDeadline};

use crate::ticker::Ticker;
use crate::turns;
use crate::view::View;

/// The guest's stopwatch.
#[derive(Debug)]
pub(crate) struct Meter {
    ticker: Arc<Ticker>,
    base: Instant,
    /// Nanoseconds since `base` when the guest was last let go on.
    resumed: AtomicU64,
    spent: AtomicU64,
    budget: AtomicU64,
    exhausted: AtomicBool,
}

impl Meter {
    /// Makes a stopwatch that allows `budget`.
    pub(crate) fn new(budget: Duration, ticker: &Arc<Ticker>) -> Arc<Self> {
        Arc::new(Self {
            ticker: Arc::clone(ticker),
            base: Instant::now(),
            resumed: AtomicU64::new(0),
            spent: AtomicU64::new(0),
            budget: AtomicU64::new(nanos(budget)),
            exhausted: AtomicBool::new(false),
        })
    }

    /// Starts anew, for the next call of a warm instance.
    pub(crate) fn restart(&self, budget: Duration) {
        self.spent.store(0, Ordering::Relaxed);
        self.budget.store(nanos(budget), Ordering::Relaxed);
        self.resume();
    }

    /// Returns what the guest has taken so far.
    pub(crate) fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Ordering::Relaxed))
    }

    /// Tells whether the guest was stopped because its time was up.
    pub(crate) fn exhausted(&self) -> bool {
        self.exhausted.load(Ordering::Relaxed)
    }

    /// Has the store keep this stopwatch, and stop the guest when its time is up. A guest that computes yields at each tick.
    pub(crate) fn watch(self: &Arc<Self>, store: &mut Store<View>) {
        let meter = Arc::clone(self);
        store.call_hook(move |_, hook| {
            match hook {
                CallHook::CallingWasm | CallHook::ReturningFromHost => meter.resume(),
                CallHook::ReturningFromWasm | CallHook::CallingHost => meter.pause(),
            }
            Ok(())
        });
        let meter = Arc::clone(self);
        store.epoch_deadline_callback(move |_| {
            meter.pause();
            if meter.spent.load(Ordering::Relaxed) >= meter.budget.load(Ordering::Relaxed) {
                meter.exhausted.store(true, Ordering::Relaxed);
                return Ok(UpdateDeadline::Interrupt);
            }
            turns::give_way();
            let meter = Arc::clone(&meter);
            Ok(UpdateDeadline::YieldCustom(
                1,
                Box::pin(async move {
                    tokio::task::yield_now().await;
                    meter.resume();
                }),
            ))
        });
        store.set_epoch_deadline(1);
        // From the first instruction on, whatever hooks there are for it.
        self.ticker.goes_on();
    }

    fn resume(&self) {
        self.ticker.goes_on();
        self.resumed.store(nanos(self.base.elapsed()), Ordering::Relaxed);
    }

    fn pause(&self) {
        let now = nanos(self.base.elapsed());
        let resumed = self.resumed.swap(now, Ordering::Relaxed);
        self.spent.fetch_add(now.saturating_sub(resumed), Ordering::Relaxed);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
