//! Who computes next. A run that computes at length must not keep others waiting: not the host's own work, not short runs, and not a
//! run that is nearly done.
//!
//! A run is a future, and each of its polls ends at the next tick at the latest, or with the call of the host it is in. The first
//! polls of a run are free. Once it has used more than [`SHORT`], each poll needs a turn. There are fewer turns at a time than there
//! are processors, so that one of these is always left; and the turn goes to whoever has used least so far, so that a run of a moment
//! is done in a moment whatever else is looping.
//!
//! What counts is the time on the processor, the host's work for the guest included. A run that was stopped at a limit leaves it to
//! the next run of its plugin: to fail and be started again is no way to be young.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::ticker::Ticker;

/// How long a run computes freely. 50 ms: a poll of a large site takes some 20.
const SHORT: Duration = Duration::from_millis(50);

/// Who waited for longer than this goes first, so that nobody's connections time out for want of a turn.
const PATIENCE: Duration = Duration::from_secs(2);

thread_local! {
    /// Whether the poll under way ended because its guest gave way, and not because it waits for something.
    static GIVES_WAY: Cell<bool> = const { Cell::new(false) };
}

/// Says that the poll under way ends at a tick.
pub(crate) fn give_way() {
    GIVES_WAY.set(true);
}

/// The turns of all runs of a sandbox.
#[derive(Debug)]
pub(crate) struct Turns {
    /// What ends the turn of a guest that computes.
    pub(crate) ticker: Arc<Ticker>,
    most: usize,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    taken: usize,
    waiting: Vec<Waiting>,
    last: u64,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    used: Duration,
    since: Instant,
    waker: Waker,
}

impl Waiting {
    /// What the queue is sorted by.
    fn rank(&self, now: Instant) -> (Duration, u64) {
        let used = if now.duration_since(self.since) > PATIENCE { Duration::ZERO } else { self.used };
        (used, self.number)
    }
}

impl Turns {
    /// Makes turns for so many processors, one of which is left free where there are several.
    pub(crate) fn new(processors: usize, ticker: Arc<Ticker>) -> Arc<Self> {
        Arc::new(Self { ticker, most: processors.saturating_sub(1).max(1), queue: Mutex::default() })
    }

    /// Runs a future of a plugin by turns.
    pub(crate) fn take<F: Future>(self: &Arc<Self>, account: &Arc<Account>, run: F) -> Taking<F> {
        let used = account.owed();
        Taking {
            turns: Arc::clone(self),
            account: Arc::clone(account),
            free: account.is_short(),
            used,
            number: None,
            run: Box::pin(run),
        }
    }

    /// Takes a turn, or waits for one in the queue.
    fn try_take(&self, number: &mut Option<u64>, used: Duration, context: &Context<'_>) -> bool {
        let mut queue = self.queue();
        let now = Instant::now();
        let at = queue.place(number, used, now, context);
        let rank = queue.waiting[at].rank(now);
        let before = queue.waiting.iter().filter(|other| other.rank(now) < rank).count();
        if queue.taken + before >= self.most {
            return false;
        }
        queue.taken += 1;
        queue.waiting.swap_remove(at);
        *number = None;
        if queue.taken < self.most {
            queue.call();
        }
        true
    }

    /// Stands in the queue already before the turn is given back. Whoever gives way at a tick comes again at once, and would find
    /// that somebody else has slipped in.
    fn stay(&self, number: &mut Option<u64>, used: Duration, context: &Context<'_>) {
        self.queue().place(number, used, Instant::now(), context);
    }

    fn give_back(&self) {
        let mut queue = self.queue();
        queue.taken -= 1;
        queue.call();
    }

    fn leave(&self, number: u64) {
        let mut queue = self.queue();
        queue.waiting.retain(|waiting| waiting.number != number);
        queue.call();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Returns a run's place in the queue, where it is put if it has none.
    fn place(&mut self, number: &mut Option<u64>, used: Duration, now: Instant, context: &Context<'_>) -> usize {
        let mine = *number.get_or_insert_with(|| {
            self.last += 1;
            self.last
        });
        if let Some(at) = self.waiting.iter().position(|waiting| waiting.number == mine) {
            self.waiting[at].waker.clone_from(context.waker());
            return at;
        }
        self.waiting.push(Waiting { number: mine, used, since: now, waker: context.waker().clone() });
        self.waiting.len() - 1
    }

    /// Wakes whoever is first.
    fn call(&self) {
        let now = Instant::now();
        if let Some(first) = self.waiting.iter().min_by_key(|waiting| waiting.rank(now)) {
            first.waker.wake_by_ref();
        }
    }
}

/// What a plugin's runs have used, as far as it matters for the next one.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// What the last run used, in nanoseconds: it tells whether the next one begins as a short one.
    last: AtomicU64,
    /// What those used that were stopped since the last one that ended well.
    owed: AtomicU64,
}

impl Account {
    fn owed(&self) -> Duration {
        Duration::from_nanos(self.owed.load(Ordering::Relaxed))
    }

    fn is_short(&self) -> bool {
        Duration::from_nanos(self.last.load(Ordering::Relaxed)) <= SHORT && self.owed() <= SHORT
    }

    /// Writes down what a run used, with what was owed before it, and whether it ended well.
    pub(crate) fn settle(&self, used: Duration, well: bool) {
        let nanos = u64::try_from(used.as_nanos()).unwrap_or(u64::MAX);
        self.last.store(nanos, Ordering::Relaxed);
        self.owed.store(if well { 0 } else { nanos }, Ordering::Relaxed);
    }
}

/// A run that computes by turns.
pub(crate) struct Taking<F> {
    turns: Arc<Turns>,
    account: Arc<Account>,
    free: bool,
    used: Duration,
    /// Its number in the queue while it waits there.
    number: Option<u64>,
    run: Pin<Box<F>>,
}

impl<F> Taking<F> {
    /// Writes down what the run used.
    pub(crate) fn settle(&self, well: bool) {
        self.account.settle(self.used, well);
    }
}

impl<F: Future> Future for Taking<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        let free = this.free && this.used <= SHORT;
        if !free && !this.turns.try_take(&mut this.number, this.used, context) {
            return Poll::Pending;
        }
        let began = Instant::now();
        let turn = (!free).then(|| Turn(&this.turns));
        GIVES_WAY.set(false);
        let polled = if free { this.run.as_mut().poll(context) } else { aside(|| this.run.as_mut().poll(context)) };
        this.used += began.elapsed();
        if polled.is_pending() && GIVES_WAY.get() && !(this.free && this.used <= SHORT) {
            this.turns.stay(&mut this.number, this.used, context);
        }
        drop(turn);
        polled
    }
}

/// Computes beside the runtime's own threads, where it has several: what waits for the one that computes is taken over by another, and
/// the system shares the processors out. Some steps of a large run cannot be interrupted, such as taking 100,000 records out of a
/// guest's memory.
fn aside<T>(compute: impl FnOnce() -> T) -> T {
    let flavor = Handle::try_current().map(|handle| handle.runtime_flavor());
    if matches!(flavor, Ok(RuntimeFlavor::MultiThread)) { tokio::task::block_in_place(compute) } else { compute() }
}

impl<F> Drop for Taking<F> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.turns.leave(number);
        }
    }
}

/// A turn, given back also by a poll that panics.
struct Turn<'a>(&'a Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

#[cfg(test)]
mod tests;
