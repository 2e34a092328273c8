//! Delivery: makes the effects in the outbox so. One target at a time has one writer; targets do not wait for each other.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use beadle_plan::{Clock, Deliver, Delivered, EffectId, Instant, QueuedEffect, Target};
use beadle_store::{DueTarget, Store, StoreError, TargetState};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::patience::Patience;
use crate::wait;

/// How often a target is probed that an operator must mend.
const PROBE: Duration = Duration::from_secs(300);

/// The longest wait before a target is tried again by itself; Google asks for 64 s.
const LONGEST_WAIT: Duration = Duration::from_secs(64);

/// How long delivery rests when there is nothing it knows of; work that comes wakes it at once.
const REST: Duration = Duration::from_secs(60);

/// How long delivery goes on when the host stops, beside the request that is under way.
const LAST_ROUND: Duration = Duration::from_secs(5);

/// The longest wait that a service may ask for. Whatever lies further ahead was written before the clock was set back.
const FARTHEST: Duration = Duration::from_secs(3_600);

/// The outbox at work.
pub(crate) struct Outbox {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) deliver: Arc<dyn Deliver>,
    pub(crate) patience: Arc<Patience>,
    /// Rung when a commit has put something into the outbox.
    pub(crate) wake: Arc<Notify>,
    pub(crate) busy: Mutex<HashSet<Target>>,
    /// Whether held targets are tried at once: at the start, and after an edit of the configuration, one of which may have mended them.
    pub(crate) mended: AtomicBool,
}

impl Outbox {
    /// Has held targets tried at once, as somebody may have mended them.
    pub(crate) fn try_held(&self) {
        self.mended.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    /// Returns when a target is to be tried: never before there is something for it.
    pub(crate) fn next_at(due: &DueTarget, mended: bool, now: Instant) -> Instant {
        let at_once = mended && due.state == Some(TargetState::Held) || due.next_at > now + FARTHEST;
        if at_once { due.next_at.min(now).max(due.opens_at) } else { due.next_at }
    }

    /// Delivers until it is told to stop; a request under way is waited for. Once another host has `overtaken` this one, nothing more
    /// is begun.
    pub(crate) async fn work(self: Arc<Self>, stop: CancellationToken, overtaken: CancellationToken) {
        let tasks = TaskTracker::new();
        while !stop.is_cancelled() {
            let woken = self.wake.notified();
            let next = match self.patience.ask(&stop, || self.begin(&tasks, &stop)).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be read");
                    self.clock.now() + REST
                }
            };
            tokio::select! {
                () = woken => {}
                () = wait::until(&*self.clock, next) => {}
                () = stop.cancelled() => {}
            }
        }
        tasks.close();
        tasks.wait().await;
        if !overtaken.is_cancelled() {
            self.last_round().await;
        }
    }

    /// Delivers what the last runs have put in, as far as it goes out within a short time. The rest waits for the next start.
    async fn last_round(self: &Arc<Self>) {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        if let Err(error) = self.begin(&tasks, &stop).await {
            tracing::warn!(%error, "the outbox cannot be read");
        }
        tasks.close();
        if tokio::time::timeout(LAST_ROUND, tasks.wait()).await.is_err() {
            stop.cancel();
            tasks.wait().await;
        }
    }

    /// Begins with every target that is due and not busy, and returns when the next one is.
    async fn begin(self: &Arc<Self>, tasks: &TaskTracker, stop: &CancellationToken) -> Result<Instant, StoreError> {
        let now = self.clock.now();
        let mut next = now + REST;
        let targets = self.store.targets().await?;
        let mended = self.mended.swap(false, Ordering::AcqRel);
        for due in targets {
            let next_at = Self::next_at(&due, mended, now);
            if next_at > now {
                next = next.min(next_at);
                continue;
            }
            if !self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(due.target.clone()) {
                continue;
            }
            let (outbox, stop) = (Arc::clone(self), stop.clone());
            tasks.spawn(async move {
                let target = due.target.clone();
                let drained = outbox.drain(due, &stop).await;
                outbox.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&target);
                match drained {
                    Ok(()) => outbox.wake.notify_one(),
                    // A store that fails must not be asked again at once: what waits is looked at after a rest.
                    Err(error) => tracing::warn!(%target, %error, "delivery stopped"),
                }
            });
        }
        Ok(next)
    }

    /// Delivers all that waits for a target, until it is empty, must wait, or the host stops.
    pub(crate) async fn drain(&self, mut due: DueTarget, stop: &CancellationToken) -> Result<(), StoreError> {
        while !stop.is_cancelled() {
            let (batch, now) = (self.deliver.batch(&due.target), self.clock.now());
            let effects = self.patience.ask(stop, || self.store.queued(&due.target, batch, now)).await?;
            if effects.is_empty() {
                break;
            }
            let outcomes = self.deliver.deliver(&due.target, &effects).await;
            let now = self.clock.now();
            let hold = hold(&outcomes, due.failures, now);
            // What came of them is known here alone: whoever gave up would have to look for every row.
            self.patience.ask(stop, || self.store.settle(&due.target, &outcomes, hold, now)).await?;
            tell(&due, &effects, &outcomes, hold);
            if hold.is_some() {
                break;
            }
            due.failures = 0;
            due.state = None;
        }
        Ok(())
    }
}

/// Decides when a target is tried next, from what came of its effects. `None` where it is free.
fn hold(outcomes: &[(EffectId, Delivered)], failures: u32, now: Instant) -> Option<(TargetState, Instant)> {
    outcomes
        .iter()
        .filter_map(|(_, outcome)| match outcome {
            Delivered::Held { .. } => Some((TargetState::Held, now + PROBE)),
            Delivered::Retry { not_before, .. } => {
                let usual = now + pause(failures);
                Some((TargetState::Waiting, not_before.map_or(usual, |at| at.max(usual).min(now + FARTHEST))))
            }
            Delivered::Unknown { look_at, .. } => Some((TargetState::Waiting, (*look_at).max(now).min(now + FARTHEST))),
            Delivered::Paced { until, .. } => Some((TargetState::Waiting, (*until).max(now).min(now + FARTHEST))),
            Delivered::Done { .. }
            | Delivered::AlreadyThere
            | Delivered::Later { .. }
            | Delivered::Withdrawn
            | Delivered::Expired
            | Delivered::HeldBack { .. }
            | Delivered::Invalid { .. } => None,
        })
        .max_by_key(|(state, at)| (*state == TargetState::Held, *at))
}

/// Returns how long to wait after so many failures in a row: 1 s, 2 s, 4 s … with some chance in it, so that many do not come at once.
fn pause(failures: u32) -> Duration {
    let waits = ExponentialBuilder::default()
        .with_min_delay(Duration::from_secs(1))
        .with_max_delay(LONGEST_WAIT)
        .with_jitter()
        .without_max_times();
    waits.build().nth(usize::try_from(failures.min(16)).unwrap_or(16)).unwrap_or(LONGEST_WAIT)
}

/// Says what an operator wants to know, and only when it changes.
fn tell(
    due: &DueTarget,
    effects: &[QueuedEffect],
    outcomes: &[(EffectId, Delivered)],
    hold: Option<(TargetState, Instant)>,
) {
    let target = &due.target;
    let count = |wanted: fn(&Delivered) -> bool| outcomes.iter().filter(|(_, outcome)| wanted(outcome)).count();
    let done = count(|outcome| matches!(outcome, Delivered::Done { .. }));
    let known = count(|outcome| matches!(outcome, Delivered::AlreadyThere));
    if done > 0 || known > 0 {
        match (target, effects) {
            (Target::Chat(_), [one]) => tracing::info!(%target, key = one.effect.key, "delivered"),
            _ => tracing::info!(%target, written = done, already_there = known, "delivered"),
        }
    }
    for (effect, outcome) in outcomes {
        // Keys of rows may name people; those of messages are the plugin's own.
        let of_chat = effects.iter().find(|one| one.id == *effect).filter(|_| matches!(target, Target::Chat(_)));
        let key = of_chat.map(|one| one.effect.key.as_str());
        match outcome {
            Delivered::Done { note: Some(note), .. } => tracing::warn!(%target, %effect, key, "{note}"),
            Delivered::Invalid { cause } => {
                tracing::error!(%target, %effect, key, cause, "an effect can never be applied and is given up");
            }
            Delivered::HeldBack { cause } => {
                tracing::error!(%target, %effect, key, cause, "an effect waits for a decision");
            }
            Delivered::Later { cause, until, .. } => {
                tracing::warn!(%target, %effect, key, cause, next = %until, "it is tried again later, and others go first");
            }
            Delivered::Expired => {
                tracing::warn!(%target, %effect, key, "its time was over before it could be sent; it is left");
            }
            _ => {}
        }
    }
    match (due.state, hold) {
        (Some(TargetState::Held), None) => tracing::info!(%target, "the target takes what waited"),
        (before, Some((TargetState::Held, _))) if before != Some(TargetState::Held) => {
            for (_, outcome) in outcomes {
                if let Delivered::Held { cause, advice, .. } = outcome {
                    tracing::error!(%target, cause, advice, "the target is held; what is for it waits, and it is tried every 5 minutes");
                    break;
                }
            }
        }
        (_, Some((TargetState::Waiting, next))) => {
            let cause = outcomes.iter().find_map(|(_, outcome)| match outcome {
                Delivered::Retry { cause, .. } | Delivered::Unknown { cause, .. } => Some(cause.as_str()),
                _ => None,
            });
            // Each vain try of a long night would be a line; what is new is.
            if cause.is_some() && (due.state != Some(TargetState::Waiting) || due.cause.as_deref() != cause) {
                tracing::warn!(%target, cause, %next, "delivery is tried again later");
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beadle_plan::Doubt;

    #[test]
    fn waits_grow_and_end_at_the_longest() {
        for (failures, least) in [(0, 1), (3, 8), (6, 64), (40, 64)] {
            let wait = pause(failures);
            assert!(wait >= Duration::from_secs(least) && wait <= LONGEST_WAIT * 2, "{failures}: {wait:?}");
        }
    }

    #[test]
    fn what_was_told_to_wait_for_too_long_is_tried_at_once_and_what_is_to_come_is_not() {
        let (now, day) = (Instant::from_millis(1_795_000_000_000), Duration::from_secs(86_400));
        let (past, later) = (Instant::from_millis(0), now + day);
        let due = |next_at, opens_at, state| DueTarget {
            target: Target::Sheet("presence".into()),
            waiting: 1,
            next_at,
            opens_at,
            state,
            cause: None,
            advice: None,
            failures: 0,
        };
        let held = Some(TargetState::Held);
        for (due, mended, want) in [
            (due(later, past, held), false, now),
            (due(later, later, None), false, later),
            (due(later + day, later, held), false, later),
            (due(now + PROBE, past, held), false, now + PROBE),
            (due(now + PROBE, past, held), true, now),
            (due(later, later, held), true, later),
        ] {
            assert_eq!(Outbox::next_at(&due, mended, now), want, "{due:?} {mended}");
        }
    }

    #[test]
    fn the_gravest_outcome_decides() {
        let now = Instant::from_millis(0);
        let done = (EffectId(1), Delivered::Done { place: "A2".into(), note: None });
        let later = now + Duration::from_secs(180);
        let unknown = (
            EffectId(2),
            Delivered::Unknown { cause: "reset".into(), doubt: Doubt { sent: now, requests: 1 }, look_at: later },
        );
        let held = (EffectId(3), Delivered::Held { cause: "403".into(), advice: "share it".into(), doubt: None });
        assert_eq!(hold(std::slice::from_ref(&done), 0, now), None);
        assert_eq!(hold(&[done, unknown.clone()], 0, now), Some((TargetState::Waiting, later)));
        assert_eq!(hold(&[unknown, held], 0, now), Some((TargetState::Held, now + PROBE)));
    }
}
