//! Targets of delivery that do as their script says.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use beadle_plan::{Clock, Deliver, Delivered, Effect, EffectId, Preview, QueuedEffect, Target};
use tokio::sync::Semaphore;

use crate::world::seconds;

/// What a target does with one call.
pub(crate) enum Act {
    /// Takes all.
    Take,
    /// Takes the first so many and answers the rest with this.
    TakeThen(usize, Delivered),
    /// Answers with this for all.
    Answer(Delivered),
}

/// One call of delivery.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) target: String,
    pub(crate) at: f64,
    pub(crate) keys: Vec<String>,
    /// Whether the effects were sent before, with an unknown outcome.
    pub(crate) sent: bool,
}

/// Targets that do as their script says, and take everything where it has ended.
#[derive(Default)]
pub(crate) struct Scripted {
    pub(crate) clock: Mutex<Option<Arc<dyn Clock>>>,
    script: Mutex<Vec<(String, VecDeque<Act>)>>,
    calls: Mutex<Vec<Call>>,
    /// Targets whose calls wait until they are let go.
    pub(crate) stuck: Mutex<Vec<(String, Arc<Semaphore>)>>,
    count: AtomicUsize,
}

impl Scripted {
    /// Says what a sheet does with its next calls.
    pub(crate) fn script(&self, sheet: &str, acts: impl IntoIterator<Item = Act>) {
        let mut script = self.script.lock().expect("no panic while it is held");
        script.push((format!("sheet:{sheet}"), acts.into_iter().collect()));
    }

    /// Has a sheet's calls wait.
    pub(crate) fn block(&self, sheet: &str) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.stuck.lock().expect("no panic while it is held").push((format!("sheet:{sheet}"), Arc::clone(&gate)));
        gate
    }

    /// Returns the calls for a sheet so far.
    pub(crate) fn calls(&self, sheet: &str) -> Vec<Call> {
        let calls = self.calls.lock().expect("no panic while it is held");
        calls.iter().filter(|call| call.target == format!("sheet:{sheet}")).cloned().collect()
    }

    /// Returns how many calls there were in all.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Tells by whose clock calls are noted.
    pub(crate) fn on(&self, clock: Arc<dyn Clock>) {
        *self.clock.lock().expect("no panic while it is held") = Some(clock);
    }
}

#[async_trait]
impl Deliver for Scripted {
    fn batch(&self, _: &Target) -> usize {
        3
    }

    async fn deliver(&self, target: &Target, effects: &[QueuedEffect]) -> Vec<(EffectId, Delivered)> {
        let target = target.to_string();
        let clock = self.clock.lock().expect("no panic while it is held").clone();
        self.calls.lock().expect("no panic while it is held").push(Call {
            target: target.clone(),
            at: clock.map_or(0.0, |clock| seconds(clock.now())),
            keys: effects.iter().map(|queued| queued.effect.key.clone()).collect(),
            sent: effects.iter().any(|queued| queued.doubt.is_some()),
        });
        self.count.fetch_add(1, Ordering::AcqRel);
        let gate = {
            let stuck = self.stuck.lock().expect("no panic while it is held");
            stuck.iter().find(|(name, _)| *name == target).map(|(_, gate)| Arc::clone(gate))
        };
        if let Some(gate) = gate {
            gate.acquire().await.expect("open as long as the test").forget();
        }
        let act = {
            let mut script = self.script.lock().expect("no panic while it is held");
            script.iter_mut().find(|(name, _)| *name == target).and_then(|(_, acts)| acts.pop_front())
        };
        let done = || Delivered::Done { place: "A2".to_owned(), note: None };
        let outcome = |index: usize| match &act {
            None | Some(Act::Take) => done(),
            Some(Act::TakeThen(count, _)) if index < *count => done(),
            Some(Act::TakeThen(_, answer) | Act::Answer(answer)) => answer.clone(),
        };
        effects.iter().enumerate().map(|(index, queued)| (queued.id, outcome(index))).collect()
    }

    async fn preview(&self, target: &Target, _: &[Effect]) -> Preview {
        Preview {
            target: target.clone(),
            place: String::new(),
            problem: None,
            what: beadle_plan::Previewed::Messages { messages: vec![] },
        }
    }
}
