//! The outbox: what shall stand in the world, and how far each piece has come.

use async_trait::async_trait;
use beadle_plan::{Delivered, Doubt, EffectId, Instant, QueuedEffect, Target};

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
        /// It waits for an operator's decision; others of its target go on.
        Held = "held",
        /// It can never be applied.
        Invalid = "invalid",
        /// Something else was said under its key before it was sent.
        Superseded = "superseded",
        /// It was not sent in time.
        Expired = "expired",
        /// An operator gave it up.
        Dropped = "dropped",
        /// It was not delivered within `keep`, and is given up.
        Lost = "lost",
    }
}

impl EffectState {
    /// Tells whether it is still to be delivered.
    pub fn waits(self) -> bool {
        matches!(self, Self::Queued | Self::Sending | Self::Unknown)
    }

    /// Tells whether an operator can have it tried again.
    pub fn can_be_retried(self) -> bool {
        matches!(self, Self::Held | Self::Invalid | Self::Lost | Self::Dropped)
    }

    /// Tells whether an operator can give it up: what waits, but not what is under way.
    pub fn can_be_given_up(self) -> bool {
        matches!(self, Self::Queued | Self::Unknown | Self::Held)
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
    /// When the first of its effects may be sent, in the past where now. Before that there is nothing to try.
    pub opens_at: Instant,
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

    /// Returns the effects of a target that are due by `now`, at most `limit`: first what may have been sent already, then what must be
    /// sent in time, then the oldest.
    async fn queued(&self, target: &Target, limit: usize, now: Instant) -> Result<Vec<QueuedEffect>, StoreError>;

    /// Writes down that a request is about to carry these effects, and what is in doubt from then on. Returns those that are still to be
    /// sent; others were taken back or replaced meanwhile.
    async fn sending(&self, effects: &[EffectId], doubt: Doubt) -> Result<Vec<EffectId>, StoreError>;

    /// Writes down what came of effects of a target, and when the target is to be tried next where that is not at once. What is to be
    /// sent again, though something else was said under its key meanwhile, is superseded.
    async fn settle(
        &self,
        target: &Target,
        outcomes: &[(EffectId, Delivered)],
        hold: Option<(TargetState, Instant)>,
        now: Instant,
    ) -> Result<(), StoreError>;

    /// Has an effect that is held, invalid, given up or late tried again, and its target with it. Returns its state before, or nothing
    /// where there is no such effect; one that is in another state stays in it, and so does one after which something else was said under
    /// its key: it counts as superseded.
    async fn retry(&self, effect: EffectId) -> Result<Option<EffectState>, StoreError>;

    /// Gives an effect up that waits or is held. Returns its state before, or nothing where there is no such effect; one that is in
    /// another state stays in it.
    async fn give_up(&self, effect: EffectId, now: Instant) -> Result<Option<EffectState>, StoreError>;

    /// Has a held or waiting target tried at once.
    async fn free(&self, target: &Target) -> Result<(), StoreError>;
}
