//! What trouble with a service means for the effect that met it.

use std::sync::PoisonError;
use std::time::Duration;

use beadle_plan::{Delivered, Doubt, Instant};
use beadle_store::StoreError;

use super::round::Round;
use crate::channel::{Once, Trouble};

/// The longest wait before a request in doubt is looked into again; it stays well within the time for which a key is known.
const LONGEST: Duration = Duration::from_secs(20);

/// How long to wait before a request whose answer was lost is made again where nobody can tell whether it was carried out.
const BLIND: Duration = Duration::from_secs(30);

/// How often a message is tried before others go first.
const TRIES: u32 = 3;

/// How long it waits then, twice as long each time.
const ASIDE: Duration = Duration::from_secs(15);

/// The longest such wait.
const LONGEST_ASIDE: Duration = Duration::from_secs(300);

/// How many messages of a channel give way before it is the channel that waits.
const MOST_ASIDE: usize = 10;

impl Round<'_> {
    /// A change or a removal that came to nothing is made again; it does no harm where it was carried out after all.
    pub(super) fn harmless(&self, trouble: Trouble) -> Delivered {
        match trouble {
            Trouble::Unknown { cause } => self.again(cause, None),
            other => self.outcome(other),
        }
    }

    /// Nothing was done.
    pub(super) fn outcome(&self, trouble: Trouble) -> Delivered {
        match trouble {
            Trouble::Busy { cause, wait } => self.again(cause, wait),
            Trouble::Later { cause, wait } => Delivered::Later { cause, until: self.now() + wait, doubt: self.doubt },
            Trouble::Held { cause, advice } => Delivered::Held { cause, advice, doubt: self.doubt },
            Trouble::Unknown { cause } => self.unknown(cause),
            other => Delivered::Invalid { cause: other.text() },
        }
    }

    /// The store cannot be used: whatever comes next would meet the same.
    pub(super) fn store(&self, error: &StoreError) -> Delivered {
        let cause = error.to_string();
        match self.doubt {
            Some(doubt) => Delivered::Unknown { cause, doubt, look_at: self.now() + pause(doubt) },
            None => Delivered::Retry { cause, not_before: None },
        }
    }

    /// Has it tried again. What was in doubt before still is.
    fn again(&self, cause: String, wait: Option<Duration>) -> Delivered {
        let not_before = wait.map(|wait| self.now() + wait);
        // Where the service wants to be left alone, it is not about this message.
        if wait.is_none()
            && let Some(until) = self.set_aside()
        {
            return Delivered::Later { cause, until, doubt: self.doubt };
        }
        match self.doubt {
            Some(doubt) => {
                let look_at = not_before.unwrap_or_else(|| self.now() + pause(doubt));
                Delivered::Unknown { cause, doubt, look_at }
            }
            None => Delivered::Retry { cause, not_before },
        }
    }

    pub(super) fn unknown(&self, cause: String) -> Delivered {
        let doubt = self.doubt.unwrap_or(Doubt { sent: self.now(), requests: 1 });
        let pause = match self.chat.channel.once() {
            // The next request may be the message a second time: what passes in a moment shall not cause it.
            Once::Nothing => BLIND,
            Once::Key { .. } | Once::Look => pause(doubt),
        };
        match self.set_aside() {
            Some(until) => Delivered::Later { cause, until: until.max(self.now() + pause), doubt: Some(doubt) },
            None => Delivered::Unknown { cause, doubt, look_at: self.now() + pause },
        }
    }

    /// Decides whether a message that fails again and again gives way to others, and until when: the trouble may be its own. Where
    /// nothing else gets through either it is the service's, and the whole channel waits.
    fn set_aside(&self) -> Option<Instant> {
        let tries = self.effect.attempts + 1;
        if tries < TRIES {
            return None;
        }
        let mut aside = self.delivery.chats.aside.lock().unwrap_or_else(PoisonError::into_inner);
        let aside = aside.entry(self.target.clone()).or_default();
        // One that gave way before does so again, however often: it must never be what keeps the others waiting.
        if aside.len() >= MOST_ASIDE && !aside.contains(&self.effect.id) {
            return None;
        }
        aside.insert(self.effect.id);
        let wait = ASIDE.saturating_mul(1 << (tries - TRIES).min(8)).min(LONGEST_ASIDE);
        Some(self.now() + wait)
    }
}

/// Tells whether an effect is delivered further another time.
pub(super) fn goes_on(outcome: &Delivered) -> bool {
    use Delivered::{Held, Later, Paced, Retry, Unknown};
    matches!(outcome, Held { .. } | Later { .. } | Paced { .. } | Retry { .. } | Unknown { .. })
}

/// Returns how long to wait before a request in doubt is looked into.
fn pause(doubt: Doubt) -> Duration {
    Duration::from_secs(1 << doubt.requests.min(5)).min(LONGEST)
}
