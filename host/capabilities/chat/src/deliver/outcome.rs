//! What trouble with a service means for the effect that met it.

use std::time::Duration;

use beadle_plan::{Delivered, Doubt};
use beadle_store::StoreError;

use super::round::Round;
use crate::channel::{Once, Trouble};

/// The longest wait before a request in doubt is looked into again; it stays well within the time for which a key is known.
const LONGEST: Duration = Duration::from_secs(20);

/// How long to wait before a request whose answer was lost is made again where nobody can tell whether it was carried out.
const BLIND: Duration = Duration::from_secs(30);

impl Round<'_> {
    /// A change or a removal that came to nothing is made again; it does no harm where it was carried out after all.
    pub(super) fn harmless(&self, trouble: Trouble) -> Delivered {
        match trouble {
            Trouble::Unknown { cause } => Delivered::Retry { cause, not_before: None },
            other => self.outcome(other),
        }
    }

    /// Nothing was done.
    pub(super) fn outcome(&self, trouble: Trouble) -> Delivered {
        match trouble {
            Trouble::Busy { cause, wait } => self.again(cause, wait),
            Trouble::Later { cause, wait } => Delivered::Later { cause, until: self.now() + wait },
            Trouble::Held { cause, advice } => Delivered::Held { cause, advice, doubt: self.doubt },
            Trouble::Unknown { cause } => self.unknown(cause),
            other => Delivered::Invalid { cause: other.text() },
        }
    }

    pub(super) fn store(&self, error: &StoreError) -> Delivered {
        self.again(error.to_string(), None)
    }

    /// Has it tried again. What was in doubt before still is.
    fn again(&self, cause: String, wait: Option<Duration>) -> Delivered {
        let not_before = wait.map(|wait| self.now() + wait);
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
        Delivered::Unknown { cause, doubt, look_at: self.now() + pause }
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
