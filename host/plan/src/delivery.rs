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
    /// Requests that carried it and whose outcome is unknown, if there were any.
    pub doubt: Option<Doubt>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was put into the outbox.
    pub created_at: Instant,
}

/// Requests of which nobody knows whether they were carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// When the first of them was sent.
    pub sent: Instant,
    /// How many there were, from 1.
    pub requests: u32,
}

impl Doubt {
    /// Returns what is in doubt once a request is under way.
    pub fn after(earlier: Option<Self>, now: Instant) -> Self {
        earlier.map_or(Self { sent: now, requests: 1 }, |doubt| Self { requests: doubt.requests + 1, ..doubt })
    }
}

/// What came of effects that were handed over for delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivered {
    /// It stands; `where` tells the place.
    Done {
        /// Where it stands: `Online!A7:D7`.
        place: String,
        /// What is to be known about it: that it was done in another way than wanted, or may stand twice.
        note: Option<String>,
    },
    /// It stood there before.
    AlreadyThere,
    /// It was not tried: the service's pace wants a wait, which is no failure.
    Paced {
        /// When to go on.
        until: Instant,
        /// What was in doubt before, and still is.
        doubt: Option<Doubt>,
    },
    /// It was refused for now, or its outcome is unknown; others of its target need not wait for it, those under its key do.
    Later {
        /// What the service said.
        cause: String,
        /// When to try again.
        until: Instant,
        /// What is in doubt about it, if anything is.
        doubt: Option<Doubt>,
    },
    /// It was taken back, or replaced by a later one, before it was sent. Its row says so already.
    Withdrawn,
    /// It was not delivered in time, and shall not be any more.
    Expired,
    /// An operator must decide about this effect; others of its target go on.
    HeldBack {
        /// What is wrong, and what can be done.
        cause: String,
    },
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
        /// What is in doubt.
        doubt: Doubt,
        /// When to look.
        look_at: Instant,
    },
    /// The target cannot take anything until an operator mends it. Its effects wait.
    Held {
        /// What is wrong.
        cause: String,
        /// What the operator should do.
        advice: String,
        /// What is in doubt about the effect, if anything is.
        doubt: Option<Doubt>,
    },
    /// This effect can never be applied.
    Invalid {
        /// Why.
        cause: String,
    },
}

/// What a dry run says about one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewRow {
    /// Its key.
    pub key: String,
    /// Whether it stands already.
    pub stands: bool,
    /// The cells.
    pub cells: Vec<String>,
}

/// What a dry run says about one message: what stands under its key, and what would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewMessage {
    /// Its key.
    pub key: String,
    /// Whether it says what was said last: it stands, waits or was decided about, and nothing would be done.
    pub said: bool,
    /// What stands, as the channel writes it; empty where nothing does.
    pub before: Vec<String>,
    /// What would stand: several where it is split, none where it would be removed.
    pub after: Vec<String>,
    /// From when on; at once where there is none.
    pub at: Option<Instant>,
    /// When it is too late.
    pub until: Option<Instant>,
}

/// What a dry run says about one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The target.
    pub target: Target,
    /// Where it would go, for people: `presence.csv, after line 12`, `tab Online, which would be made`, `channel 42 of Discord`.
    pub place: String,
    /// What would hold the target, if anything would.
    pub problem: Option<String>,
    /// What would be delivered.
    #[serde(flatten)]
    pub what: Previewed,
}

/// What would be delivered to a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Previewed {
    /// Rows.
    Rows {
        /// The header.
        columns: Vec<String>,
        /// The rows, in the order in which they were staged.
        rows: Vec<PreviewRow>,
        /// Where a key stands twice: `Online!A2 and Online!A7`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        twice: Vec<String>,
    },
    /// Messages.
    Messages {
        /// The messages, in the order in which they were staged.
        messages: Vec<PreviewMessage>,
    },
}

/// Makes the effects of one kind of target so.
#[async_trait]
pub trait Deliver: Send + Sync {
    /// Returns how many effects of a target one call takes at most.
    fn batch(&self, target: &Target) -> usize;

    /// Makes effects of one target so, in order, and says of each what came of it. An implementation writes down that it is about
    /// to send (see `QueuedEffect::doubt`) before it sends.
    async fn deliver(&self, target: &Target, effects: &[QueuedEffect]) -> Vec<(EffectId, Delivered)>;

    /// Says what delivering these effects would do, reading only.
    async fn preview(&self, target: &Target, effects: &[Effect]) -> Preview;
}
