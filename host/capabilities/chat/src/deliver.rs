//! Delivery to channels: what shall stand under a key, made to stand.
//!
//! The way from what stands to what shall stand is a list of steps, taken one at a time; what each step came to is written down before the
//! next. That a request is about to be sent is written down first, so that one whose answer was lost is known to be in doubt: the service
//! is then asked again with the same key, or what stands is read, or, where neither can be, the request is sent once more and said to be.
//! Changing and removing can be done twice without harm and are never in doubt.

mod outcome;
mod round;

use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use beadle_plan::{ChatName, Clock, Deliver, Delivered, Effect, EffectId, Preview, Previewed, QueuedEffect, Target};
use beadle_store::{Messages, Outbox};

use crate::{Chats, preview};
use round::Round;

/// Makes messages stand in channels.
pub struct Delivery {
    pub(crate) chats: Arc<Chats>,
    messages: Arc<dyn Messages>,
    outbox: Arc<dyn Outbox>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("chats", &self.chats).finish_non_exhaustive()
    }
}

impl Delivery {
    /// Makes a deliverer. `messages` and `outbox` are the same store.
    pub fn new(chats: Arc<Chats>, messages: Arc<dyn Messages>, outbox: Arc<dyn Outbox>, clock: Arc<dyn Clock>) -> Self {
        Self { chats, messages, outbox, clock }
    }

    /// Takes out what is to be known about the message under an effect's key.
    fn take_note(&self, target: &Target, effect: &QueuedEffect) -> Option<String> {
        let mut notes = self.chats.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.remove(&(target.clone(), effect.effect.key.clone()))
    }

    /// A message of a channel was delivered: what was set aside was set aside for reasons of its own.
    fn gets_through(&self, target: &Target) {
        self.chats.aside.lock().unwrap_or_else(PoisonError::into_inner).remove(target);
    }

    /// Keeps it for the next round.
    fn keep_note(&self, target: &Target, effect: &QueuedEffect, note: String) {
        let mut notes = self.chats.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.insert((target.clone(), effect.effect.key.clone()), note);
    }
}

/// Says that a channel is not configured.
pub(crate) fn not_configured(name: &ChatName) -> (String, String) {
    (format!("no chat {name} is configured"), format!("write a section [chats.{name}]"))
}

#[async_trait]
impl Deliver for Delivery {
    /// One: between two messages the one that must be sent in time goes first.
    fn batch(&self, _: &Target) -> usize {
        1
    }

    async fn deliver(&self, target: &Target, effects: &[QueuedEffect]) -> Vec<(EffectId, Delivered)> {
        let Target::Chat(name) = target else {
            let cause = format!("{target} is no chat");
            return effects.iter().map(|effect| (effect.id, Delivered::Invalid { cause: cause.clone() })).collect();
        };
        let mut outcomes = Vec::with_capacity(effects.len());
        for effect in effects {
            let outcome = match self.chats.get(name) {
                Some(chat) => Round::new(self, target, chat, effect).run().await,
                None => {
                    let (cause, advice) = not_configured(name);
                    Delivered::Held { cause, advice, doubt: effect.doubt }
                }
            };
            outcomes.push((effect.id, outcome));
        }
        outcomes
    }

    async fn preview(&self, target: &Target, effects: &[Effect]) -> Preview {
        match target {
            Target::Chat(name) => preview::preview(&self.chats, self.messages.as_ref(), name, effects).await,
            Target::Sheet(_) => Preview {
                target: target.clone(),
                place: target.to_string(),
                problem: Some(format!("{target} is no chat")),
                what: Previewed::Messages { messages: Vec::new() },
            },
        }
    }
}
