//! What shall go wrong, on order, and a log of what was asked.
//!
//! A client is only as good as the failures it has met. Every simulated service hangs its routes into [`Faults::layer`];
//! a test then orders "the next append is carried out but its answer is lost" and later asserts on [`Faults::requests`].
//! Nothing here knows which service it stands before.
//!
//! ```
//! use beadle_campus::faults::{Action, Faults, Matcher};
//! let faults = Faults::new();
//! // The second request from now on whose path holds "append" is carried out, its answer never sent.
//! faults.order(Matcher::from("append").after(1), Some(1), Action::ApplyThenDrop);
//! assert!(faults.requests().is_empty());
//! ```

mod action;
mod gate;
mod matcher;
mod perform;
mod wire;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::middleware;
use tokio::sync::watch;

pub use action::Action;
pub use gate::Gate;
pub use matcher::{Matcher, Seen};
pub use wire::{Wire, serve};

/// How many requests the log keeps; older ones only count. A campus that runs for days must not grow with its visitors.
const KEPT_REQUESTS: usize = 10_000;

/// One order: for which requests, how often, and what happens to them.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Which requests it is for.
    pub matches: Matcher,
    /// How many of them it still hits; `None` is all of them until [`Faults::clear`].
    pub times: Option<u32>,
    /// What happens to a request that is hit.
    pub action: Action,
}

/// The orders and the log of one service. Clones share both.
#[derive(Clone, Debug)]
pub struct Faults {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    count: watch::Sender<u64>,
    open: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    orders: Vec<Fault>,
    log: VecDeque<Seen>,
}

impl Default for Faults {
    fn default() -> Self {
        Self::new()
    }
}

impl Faults {
    /// Makes an empty book of orders: every request is served as usual and logged.
    pub fn new() -> Self {
        Self {
            inner: Arc::new(Inner {
                state: Mutex::default(),
                count: watch::Sender::new(0),
                open: watch::Sender::new(0),
            }),
        }
    }

    /// Orders `action` for the next `times` requests that match, or for all of them.
    ///
    /// Orders are tried oldest first and one request meets at most one of them.
    pub fn order(&self, matches: impl Into<Matcher>, times: Option<u32>, action: Action) {
        self.put(Fault { matches: matches.into(), times, action });
    }

    /// Orders `fault`.
    pub fn put(&self, fault: Fault) {
        self.state().orders.push(fault);
    }

    /// Withdraws all orders; the log stays.
    pub fn clear(&self) {
        self.state().orders.clear();
    }

    /// Returns the orders that are still open.
    pub fn open_orders(&self) -> Vec<Fault> {
        self.state().orders.clone()
    }

    /// Returns the requests seen, oldest first (the newest 10,000).
    pub fn requests(&self) -> Vec<Seen> {
        self.state().log.iter().cloned().collect()
    }

    /// Returns the logged requests that match.
    pub fn requests_to(&self, matches: impl Into<Matcher>) -> Vec<Seen> {
        let matches = matches.into();
        self.state().log.iter().filter(|seen| matches.matches(seen)).cloned().collect()
    }

    /// Counts the logged requests that match.
    pub fn count(&self, matches: impl Into<Matcher>) -> usize {
        let matches = matches.into();
        self.state().log.iter().filter(|seen| matches.matches(seen)).count()
    }

    /// Counts all requests since the start, also those no longer logged.
    pub fn total(&self) -> u64 {
        *self.inner.count.borrow()
    }

    /// Empties the log.
    pub fn forget(&self) {
        self.state().log.clear();
    }

    /// Waits until at least `count` logged requests match; tests wait on this rather than on time.
    pub async fn wait_for(&self, matches: impl Into<Matcher>, count: usize) {
        let matches = matches.into();
        let mut changes = self.inner.count.subscribe();
        while self.count(matches.clone()) < count {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until no connection is open: whatever clients have sent by then is carried out, or never will be.
    ///
    /// A connection that the service has not taken yet is not seen; who must be sure makes a request of their own first.
    pub async fn quiet(&self) {
        // The sender lives in `self`, so the wait cannot fail.
        let _ = self.inner.open.subscribe().wait_for(|open| *open == 0).await;
    }

    fn open_connections(&self) -> watch::Sender<usize> {
        self.inner.open.clone()
    }

    /// Puts this book before a service: requests to its routes are logged and meet the orders.
    pub fn layer(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), perform::meet))
    }

    /// Logs a request and returns what was ordered for it.
    ///
    /// [`Faults::layer`] does this for every request of a router; a service without one calls it itself.
    pub fn meet(&self, seen: &Seen) -> Option<Action> {
        let mut state = self.state();
        if state.log.len() == KEPT_REQUESTS {
            state.log.pop_front();
        }
        state.log.push_back(seen.clone());
        let action = state.take(seen);
        drop(state);
        self.inner.count.send_modify(|count| *count += 1);
        action
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, seen: &Seen) -> Option<Action> {
        let index = self.orders.iter_mut().position(|order| order.matches.hits(seen))?;
        let order = &mut self.orders[index];
        let action = order.action.clone();
        if let Some(times) = &mut order.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.orders.remove(index);
            }
        }
        Some(action)
    }
}
