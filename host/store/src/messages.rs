//! What stands in chat channels, by the keys of those who said it.

use async_trait::async_trait;
use beadle_plan::{Effect, EffectId, Instant, Target};
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// One message of a service that stands in a channel. A message that was too long for the channel is several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The service's own id of it.
    pub id: String,
    /// Its text, in the channel's markup.
    pub text: String,
    /// When it was sent.
    pub sent: Instant,
}

/// The map from keys to messages. An entry lives as long as its key.
#[async_trait]
pub trait Messages: Send + Sync {
    /// Returns what stands in a channel under these keys, in their order; nothing where nothing does.
    async fn parts(&self, target: &Target, keys: &[&str]) -> Result<Vec<Vec<Part>>, StoreError>;

    /// Tells for each effect whether it says what was said last under its key: it stands, waits or was decided about, and committing it
    /// would do nothing.
    async fn are_said(&self, effects: &[Effect]) -> Result<Vec<bool>, StoreError>;

    /// Tells whether a message of the service stands under any key.
    async fn is_known(&self, target: &Target, id: &str) -> Result<bool, StoreError>;

    /// Writes down what stands under the key of an effect by now, and that no request for it is under way or in doubt any more. Where
    /// nothing stands and the key was taken back, the entry ends.
    async fn stands(&self, target: &Target, key: &str, effect: EffectId, parts: &[Part]) -> Result<(), StoreError>;
}
