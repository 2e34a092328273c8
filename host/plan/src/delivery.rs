//! How the outbox speaks to those who make effects so.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Effect, EffectId, Instant, Target};

/// An effect in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedEffect {
    /// Its number in the outbox; a target's effects are delivered in this order.
    pub id: EffectId,
    /// What shall stand where.
    pub effect: Effect,
    /// When a request that carried it was sent whose outcome is unknown, if there was one.
    pub sent: Option<Instant>,
    /// How often it was tried.
    pub attempts: u32,
}

/// What came of effects that were handed over for delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivered {
    /// It stands; `where` tells the place.
    Done {
        /// Where it stands: `Online!A7:D7`.
        place: String,
    },
    /// It stood there before.
    AlreadyThere,
    /// It was refused for now and has not been applied: try again, not before `not_before` where the service said so.
    Retry {
        /// What the service said.
        cause: String,
        /// When the service wants to be asked again.
        not_before: Option<Instant>,
    },
    /// It may or may not have been applied; it must be looked for before anything else is sent to this target, not before `look_at`.
    Unknown {
        /// What went wrong.
        cause: String,
        /// When the request was sent.
        sent: Instant,
        /// When to look.
        look_at: Instant,
    },
    /// The target cannot take anything until an operator mends it. Its effects wait.
    Held {
        /// What is wrong.
        cause: String,
        /// What the operator should do.
        advice: String,
        /// When a request was sent that carried the effect and of which nobody knows what became, if there was one.
        sent: Option<Instant>,
    },
    /// This effect can never be applied.
    Invalid {
        /// Why.
        cause: String,
    },
}

/// What a dry run says about one effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewRow {
    /// Its key.
    pub key: String,
    /// Whether it stands already.
    pub stands: bool,
    /// The cells.
    pub cells: Vec<String>,
}

/// What a dry run says about one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The target.
    pub target: Target,
    /// Where new rows would go, for people: `presence.csv, after line 12`, `tab Online, which would be made`.
    pub place: String,
    /// The header.
    pub columns: Vec<String>,
    /// The rows, in the order in which they were staged.
    pub rows: Vec<PreviewRow>,
    /// What would hold the target, if anything would.
    pub problem: Option<String>,
    /// Where a key stands twice: `Online!A2 and Online!A7`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub twice: Vec<String>,
}

/// Makes the effects of one kind of target so.
#[async_trait]
pub trait Deliver: Send + Sync {
    /// Returns how many effects one call takes at most.
    fn batch(&self) -> usize;

    /// Makes effects of one target so, in order, and says of each what came of it. An implementation writes down that it is about
    /// to send (see `QueuedEffect::sent`) before it sends.
    async fn deliver(&self, target: &Target, effects: &[QueuedEffect]) -> Vec<(EffectId, Delivered)>;

    /// Says what delivering these effects would do, reading only.
    async fn preview(&self, target: &Target, effects: &[Effect]) -> Preview;
}
