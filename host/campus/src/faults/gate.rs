//! A door in the path of a request, for tests that must act while the request is under way.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

/// A door that a test opens. Clones are the same door.
#[derive(Clone, Debug)]
pub struct Gate {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    passes: Semaphore,
    waiting: watch::Sender<usize>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// Makes a closed gate.
    pub fn new() -> Self {
        Self { inner: Arc::new(Inner { passes: Semaphore::new(0), waiting: watch::Sender::new(0) }) }
    }

    /// Waits until a request has come to the gate, counted over its whole life.
    pub async fn arrived(&self, count: usize) {
        let mut waiting = self.inner.waiting.subscribe();
        // The sender lives in `self`, so the wait cannot fail.
        let _ = waiting.wait_for(|now| *now >= count).await;
    }

    /// Lets `count` requests pass, those that wait and those still to come.
    pub fn pass(&self, count: usize) {
        self.inner.passes.add_permits(count);
    }

    /// Opens the gate for good.
    pub fn open(&self) {
        self.inner.passes.close();
    }

    /// Waits for the gate, as a request does.
    pub async fn wait(&self) {
        self.inner.waiting.send_modify(|count| *count += 1);
        if let Ok(pass) = self.inner.passes.acquire().await {
            pass.forget();
        }
    }
}
