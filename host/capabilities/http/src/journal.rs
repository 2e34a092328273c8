//! What `wasi:http` did during a run. Its requests run beside the guest, where the stage cannot be reached; what they did is kept here
//! until the run's end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use beadle_plan::{LimitHit, Limits, Stage};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::host::AT_A_TIME;

/// Counts and notes the requests of one run. Cheap to clone; all clones are one journal.
#[derive(Clone, Debug)]
pub struct Journal {
    inner: Arc<Mutex<Inner>>,
    places: Arc<Semaphore>,
}

#[derive(Debug)]
struct Inner {
    calls_left: u32,
    bytes_left: usize,
    limits: Limits,
    reads: Vec<(String, Duration, u64, Option<String>)>,
}

/// How many requests are listed one by one.
const LISTED: usize = 1_000;

impl Journal {
    /// Makes an empty journal for a run with these limits.
    pub fn new(limits: &Limits) -> Self {
        let inner = Inner {
            calls_left: limits.host_calls,
            bytes_left: limits.responses,
            limits: limits.clone(),
            reads: Vec::new(),
        };
        Self { inner: Arc::new(Mutex::new(inner)), places: Arc::new(Semaphore::new(AT_A_TIME)) }
    }

    /// Hands everything noted so far to the run's stage.
    pub fn settle(&self, stage: &mut Stage) {
        for (from, took, size, error) in std::mem::take(&mut self.inner().reads) {
            stage.read(from, took, size, error);
        }
    }

    /// Counts a request.
    pub(crate) fn call(&self) -> Result<(), LimitHit> {
        let mut inner = self.inner();
        inner.calls_left = inner.calls_left.checked_sub(1).ok_or(LimitHit::HostCalls(inner.limits.host_calls))?;
        Ok(())
    }

    /// Waits until few enough requests of the run are under way.
    pub(crate) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed; going on without a place would be the lesser harm.
        self.places.acquire().await.ok()
    }

    /// Returns how long one request may take.
    pub(crate) fn host_call(&self) -> Duration {
        self.inner().limits.host_call
    }

    /// Counts the bytes of an answer before the guest sees them.
    pub(crate) fn respond(&self, bytes: usize) -> Result<(), LimitHit> {
        let mut inner = self.inner();
        inner.bytes_left = inner.bytes_left.checked_sub(bytes).ok_or(LimitHit::Responses(inner.limits.responses))?;
        Ok(())
    }

    /// Notes a request.
    pub(crate) fn read(&self, from: String, took: Duration, size: u64, error: Option<String>) {
        let mut inner = self.inner();
        if inner.reads.len() < LISTED {
            inner.reads.push((from, took, size, error));
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Counters and a list are whole at every moment, whoever died while holding them.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
