//! The outbox: what shall stand in the world, and how far each piece has come.

use async_trait::async_trait;
use beadle_plan::{Delivered, EffectId, Instant, QueuedEffect, Target};

use crate::StoreError;
use crate::model::words;

words! {
    /// How far an effect has come.
    EffectState {
        /// It waits to be delivered.
        Queued = "queued",
        /// A request that carries it is under way; after a restart, its outcome is unknown.
        Sending = "sending",
        /// A request carried it, and its outcome is unknown.
        Unknown = "unknown",
        /// It stands.
        Done = "done",
        /// It stood there before.
        AlreadyThere = "already-there",
        /// It can never be applied.
        Invalid = "invalid",
        /// It was not delivered within `keep`, and is given up.
        Lost = "lost",
    }
}

words! {
    /// What keeps a target from being written to.
    TargetState {
        /// An operator must mend it.
        Held = "held",
        /// It is tried again by itself.
        Waiting = "waiting",
    }
}

/// A target for which effects wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTarget {
    /// The target.
    pub target: Target,
    /// How many effects wait.
    pub waiting: u64,
    /// When to try, in the past where now.
    pub next_at: Instant,
    /// What keeps it, if anything does.
    pub state: Option<TargetState>,
    /// Why.
    pub cause: Option<String>,
    /// What the operator should do.
    pub advice: Option<String>,
    /// How often in a row it was tried in vain.
    pub failures: u32,
}

/// The outbox.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Returns the targets for which effects wait.
    async fn targets(&self) -> Result<Vec<DueTarget>, StoreError>;

    /// Returns the effects that wait for a target, the oldest first, at most `limit`.
    async fn queued(&self, target: &Target, limit: usize) -> Result<Vec<QueuedEffect>, StoreError>;

    /// Writes down that a request is about to carry these effects.
    async fn sending(&self, effects: &[EffectId], at: Instant) -> Result<(), StoreError>;

    /// Writes down what came of effects of a target, and when the target is to be tried next where that is not at once.
    async fn settle(
        &self,
        target: &Target,
        outcomes: &[(EffectId, Delivered)],
        hold: Option<(TargetState, Instant)>,
        now: Instant,
    ) -> Result<(), StoreError>;
}
