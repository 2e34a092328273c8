//! What the engine does while the store cannot be used: it waits, says so once, and goes on by itself.
//!
//! A disk that is full, a file that another program has locked, a database that restarts: all of them pass, and a host that ended
//! because of them would only be one thing more to mend. What is to be written down stays in memory meanwhile. Asking again writes
//! nothing twice: a firing is one row, and a commit is fenced by its attempt.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use beadle_plan::{Clock, Instant};
use beadle_store::StoreError;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::wait;

/// The longest wait before the store is asked again: what is repaired shall be noticed while the person still looks.
const LONGEST: Duration = Duration::from_secs(15);

/// Knows who waits for the store.
pub(crate) struct Patience {
    clock: Arc<dyn Clock>,
    waiting: Mutex<Waiting>,
    /// Rung when everybody who waited has been served, so that nobody waits longer than needed.
    back: Notify,
    /// Whether an error is given back at once.
    none: AtomicBool,
}

/// How many wait, and since when somebody does.
#[derive(Default)]
struct Waiting {
    count: usize,
    since: Option<Instant>,
}

impl Patience {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, waiting: Mutex::default(), back: Notify::new(), none: AtomicBool::new(false) })
    }

    /// Has no patience from here on: somebody at a terminal shall see the error.
    pub(crate) fn none(&self) {
        self.none.store(true, Ordering::Release);
    }

    /// Asks the store until it can be used. Gives the error back where waiting does not help, and when it is time to give up.
    pub(crate) async fn ask<T, F>(
        &self,
        give_up: &CancellationToken,
        mut ask: impl FnMut() -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut trouble = self.trouble();
        loop {
            let answer = ask().await;
            trouble.note(&answer);
            if !self.waits_for(&answer) {
                return answer;
            }
            tokio::select! {
                () = trouble.over() => {}
                () = give_up.cancelled() => return answer,
            }
        }
    }

    /// Tells whether an answer is worth waiting for a better one.
    pub(crate) fn waits_for<T>(&self, answer: &Result<T, StoreError>) -> bool {
        matches!(answer, Err(StoreError::Unavailable(_))) && !self.none.load(Ordering::Acquire)
    }

    /// Returns what somebody notes answers with who asks in a loop of their own.
    pub(crate) fn trouble(&self) -> Trouble<'_> {
        Trouble { patience: self, tries: 0 }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who asks the store, and the trouble with it.
pub(crate) struct Trouble<'a> {
    patience: &'a Patience,
    /// How often in a row it was asked in vain.
    tries: u32,
}

impl Trouble<'_> {
    /// Notes an answer. The first who is in trouble and the last who is out of it say so.
    pub(crate) fn note<T>(&mut self, answer: &Result<T, StoreError>) {
        match answer {
            Err(_) if self.patience.none.load(Ordering::Acquire) => {}
            Err(error @ StoreError::Unavailable(_)) => {
                self.tries += 1;
                let mut waiting = self.patience.waiting();
                waiting.count += usize::from(self.tries == 1);
                if waiting.since.is_none() {
                    waiting.since = Some(self.patience.clock.now());
                    tracing::error!(
                        "{error}; everything waits and goes on by itself: make room on its disk, end what keeps it locked, or wait for its server"
                    );
                } else {
                    tracing::debug!(%error, tries = self.tries, "still not");
                }
            }
            Ok(_) | Err(_) => self.end(true),
        }
    }

    /// Waits until it is worth asking again.
    pub(crate) async fn over(&self) {
        let back = self.patience.back.notified();
        let usual = Duration::from_secs(1).saturating_mul(1 << self.tries.saturating_sub(1).min(4)).min(LONGEST);
        tokio::select! {
            () = wait::pause(&*self.patience.clock, usual) => {}
            () = back => {}
        }
    }

    fn end(&mut self, answered: bool) {
        if std::mem::take(&mut self.tries) == 0 {
            return;
        }
        let mut waiting = self.patience.waiting();
        waiting.count -= 1;
        if answered {
            self.patience.back.notify_waiters();
        }
        if waiting.count == 0
            && let Some(since) = waiting.since.take()
            && answered
        {
            let away = self.patience.clock.now().since(since);
            tracing::info!(?away, "the store can be used again");
        }
    }
}

impl Drop for Trouble<'_> {
    fn drop(&mut self) {
        self.end(false);
    }
}
