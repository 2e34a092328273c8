//! A store that fails at one of its calls, or dies there and the process with it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use beadle_plan::{Delivered, Doubt, Effect, EffectId, Instant, QueuedEffect, Target};
use beadle_store::{DueTarget, EffectState, Messages, Outbox, Part, SqliteStore, StoreError, TargetState};
use tokio::sync::Notify;

/// What happens at the call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// Nothing is written, and it is said so.
    FailBefore,
    /// It is written, and said not to be.
    FailAfter,
    /// The process ends, and nothing was written.
    DieBefore,
    /// The process ends when it was written.
    DieAfter,
}

impl How {
    pub(crate) const ALL: [Self; 4] = [Self::FailBefore, Self::FailAfter, Self::DieBefore, Self::DieAfter];
}

/// The store, and what stands before it.
pub(crate) struct Brittle {
    store: Arc<SqliteStore>,
    how: How,
    /// At which call, from 1.
    at: usize,
    calls: AtomicUsize,
    dead: Notify,
}

impl Brittle {
    /// Puts something brittle before a store. Counted are the calls that delivery makes on its way, `settle` among them.
    pub(crate) fn new(store: Arc<SqliteStore>, how: How, at: usize) -> Self {
        Self { store, how, at, calls: AtomicUsize::new(0), dead: Notify::new() }
    }

    /// Tells whether the call came.
    pub(crate) fn was_reached(&self) -> bool {
        self.calls.load(Ordering::SeqCst) >= self.at
    }

    /// Waits until the process is to end. What is under way then is to be dropped.
    pub(crate) async fn dead(&self) {
        self.dead.notified().await;
    }

    async fn pass<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        if self.calls.fetch_add(1, Ordering::SeqCst) + 1 != self.at {
            return call.await;
        }
        if matches!(self.how, How::FailAfter | How::DieAfter) {
            call.await?;
        }
        if matches!(self.how, How::DieBefore | How::DieAfter) {
            self.dead.notify_one();
            std::future::pending::<()>().await;
        }
        Err(StoreError::Unavailable("the disk is full".to_owned()))
    }
}

#[async_trait]
impl Messages for Brittle {
    async fn parts(&self, target: &Target, keys: &[&str]) -> Result<Vec<Vec<Part>>, StoreError> {
        self.pass(self.store.parts(target, keys)).await
    }

    async fn are_said(&self, effects: &[Effect]) -> Result<Vec<bool>, StoreError> {
        self.store.are_said(effects).await
    }

    async fn is_known(&self, target: &Target, id: &str) -> Result<bool, StoreError> {
        self.pass(self.store.is_known(target, id)).await
    }

    async fn stands(&self, target: &Target, key: &str, effect: EffectId, parts: &[Part]) -> Result<(), StoreError> {
        self.pass(self.store.stands(target, key, effect, parts)).await
    }
}

#[async_trait]
impl Outbox for Brittle {
    async fn targets(&self) -> Result<Vec<DueTarget>, StoreError> {
        self.store.targets().await
    }

    async fn queued(&self, target: &Target, limit: usize, now: Instant) -> Result<Vec<QueuedEffect>, StoreError> {
        self.store.queued(target, limit, now).await
    }

    async fn sending(&self, effects: &[EffectId], doubt: Doubt) -> Result<Vec<EffectId>, StoreError> {
        self.pass(self.store.sending(effects, doubt)).await
    }

    async fn settle(
        &self,
        target: &Target,
        outcomes: &[(EffectId, Delivered)],
        hold: Option<(TargetState, Instant)>,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.pass(self.store.settle(target, outcomes, hold, now)).await
    }

    async fn retry(&self, effect: EffectId) -> Result<Option<EffectState>, StoreError> {
        self.store.retry(effect).await
    }

    async fn give_up(&self, effect: EffectId, now: Instant) -> Result<Option<EffectState>, StoreError> {
        self.store.give_up(effect, now).await
    }

    async fn free(&self, target: &Target) -> Result<(), StoreError> {
        self.store.free(target).await
    }
}
