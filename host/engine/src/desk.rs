//! The desk: keeps the lease on the store, and carries out what other commands ask.

use std::sync::Arc;
use std::time::Duration;

use beadle_artifacts::ContentError;
use beadle_plan::{Clock, ContentDigest, EffectId, Instant, RunId, ScheduleName, Target};
use beadle_store::{EffectState, Lease, Store, StoreError};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::planner::Planner;

/// Returns how often a lease is renewed: three tries before it ends.
pub(crate) fn renewal(lasts: Duration) -> Duration {
    lasts / 3
}

/// How often requests are looked for. A person waits for the answer.
const LOOK: Duration = Duration::from_millis(500);

/// How often what is too old is removed. Often, so that each time it is little: nothing else is written meanwhile.
const PRUNE: Duration = Duration::from_secs(60);

/// How often content to which nothing refers is looked for.
const SWEEP: Duration = Duration::from_secs(3_600);

/// How long content stays to which nothing refers: longer than any run takes from putting it to its commit.
const UNREFERRED: Duration = Duration::from_secs(86_400);

/// What another command asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Run a schedule now, as if for `at`.
    Run {
        /// Its name.
        schedule: ScheduleName,
        /// The instant; none for the present.
        at: Option<Instant>,
    },
    /// Try an effect again.
    Retry {
        /// Its number.
        effect: EffectId,
    },
    /// Give an effect up.
    GiveUp {
        /// Its number.
        effect: EffectId,
    },
    /// Try a target at once.
    Free {
        /// The target.
        target: Target,
    },
}

impl Request {
    /// Carries out a decision about the outbox, for whoever holds the store.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn decide(&self, store: &dyn Store, now: Instant) -> Result<Answer, StoreError> {
        Ok(match self {
            Self::Retry { effect } => Answer::Was { state: store.retry(*effect).await? },
            Self::GiveUp { effect } => Answer::Was { state: store.give_up(*effect, now).await? },
            Self::Free { target } => {
                store.free(target).await?;
                Answer::Done
            }
            Self::Run { .. } => Answer::Refused { why: "a run is no decision about the outbox".to_owned() },
        })
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The run has ended; its row tells how.
    Ran {
        /// Its number.
        run: RunId,
    },
    /// It was decided about an effect, where its state before allowed it.
    Was {
        /// Its state before; none where there is no such effect.
        state: Option<EffectState>,
    },
    /// It was carried out.
    Done,
    /// It was not carried out.
    Refused {
        /// Why.
        why: String,
    },
}

/// Why content was not removed.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Content(#[from] ContentError),
}

pub(crate) struct Desk {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) planner: Arc<Planner>,
    pub(crate) lease: Lease,
    /// How long the lease lasts without being renewed.
    pub(crate) lasts: Duration,
    /// Ends everything at once: another host has the store.
    pub(crate) overtaken: CancellationToken,
}

impl Desk {
    /// Works until it is told to stop.
    pub(crate) async fn work(self: Arc<Self>, stop: CancellationToken) {
        let every = renewal(self.lasts);
        let mut renew = self.clock.now() + every;
        let (mut prune, mut sweep) = (self.clock.now(), self.clock.now());
        let tasks = TaskTracker::new();
        let mut taken = std::collections::HashSet::new();
        let patience = &self.planner.runner.patience;
        let (mut renewing, mut reading) = (patience.trouble(), patience.trouble());
        while !stop.is_cancelled() {
            let now = self.clock.now();
            // A clock that was set back must not put these off until it has caught up.
            if now >= renew || renew.since(now) > every {
                let renewed = self.store.renew_lease(self.lease, now, self.lasts).await;
                renewing.note(&renewed);
                match renewed {
                    // A store that cannot be used was said to be so.
                    Ok(()) | Err(StoreError::Unavailable(_)) => {}
                    Err(StoreError::Overtaken) => {
                        self.overtaken.cancel();
                        break;
                    }
                    Err(error) => tracing::warn!(%error, "the lease could not be renewed"),
                }
                renew = now + every;
            }
            if now >= prune || prune.since(now) > PRUNE {
                self.prune(now).await;
                prune = now + PRUNE;
            }
            if now >= sweep || sweep.since(now) > SWEEP {
                let desk = Arc::clone(&self);
                // Some ten thousand files take a while, and the lease is to be renewed meanwhile.
                tasks.spawn(async move { desk.sweep(now).await });
                sweep = now + SWEEP;
            }
            let asked = self.store.asked().await;
            reading.note(&asked);
            match asked {
                // What is asked while the host stops is left to the next one.
                Ok(_) if self.planner.stop.is_cancelled() => {}
                Ok(asked) => {
                    for one in asked.into_iter().filter(|one| taken.insert(one.id)) {
                        let desk = Arc::clone(&self);
                        tasks.spawn(async move { desk.carry_out(one.id, &one.body).await });
                    }
                }
                Err(StoreError::Unavailable(_)) => {}
                Err(error) => tracing::warn!(%error, "requests cannot be read"),
            }
            tokio::select! {
                // People wait in their own time, whatever speed the clock of a rehearsal has.
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => {}
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    async fn carry_out(&self, id: i64, body: &str) {
        let answer = match serde_json::from_str(body) {
            Ok(Request::Run { schedule, at }) => {
                let at = at.unwrap_or_else(|| self.clock.now());
                match self.planner.run_now(&schedule, at).await {
                    Ok(Some(ended)) => Answer::Ran { run: ended.run },
                    Ok(None) => Answer::Refused {
                        why: format!("the running host has no schedule {schedule}, or ran it for this instant already"),
                    },
                    Err(error) => Answer::Refused { why: error.to_string() },
                }
            }
            Ok(decision) => {
                let decided = decision.decide(&*self.store, self.clock.now()).await;
                self.planner.runner.outbox.notify_one();
                decided.unwrap_or_else(|error| Answer::Refused { why: error.to_string() })
            }
            Err(error) => Answer::Refused { why: format!("the running host does not understand this: {error}") },
        };
        let text = serde_json::to_string(&answer).unwrap_or_default();
        let (patience, abort) = (&self.planner.runner.patience, &self.planner.abort);
        let now = self.clock.now();
        if let Err(error) = patience.ask(abort, || self.store.answer(id, &text, now)).await {
            tracing::warn!(%error, "a request could not be answered");
        }
    }

    /// Forgets old references to content, and removes content to which nothing refers.
    async fn sweep(&self, now: Instant) {
        let (content, keep) = {
            let setup = self.planner.setup.borrow();
            (setup.content().cloned(), setup.config().host.keep_artifacts)
        };
        let Some(content) = content else { return };
        let swept = async {
            self.store.forget_references(now - keep).await?;
            let before = std::time::SystemTime::now() - UNREFERRED;
            content.sweep(before, |digests| self.referred(digests)).await
        };
        match swept.await {
            Ok(swept) => tracing::debug!(?swept, "content to which nothing refers was removed"),
            Err::<_, SweepError>(error) => {
                tracing::warn!(%error, "content to which nothing refers could not be removed");
            }
        }
    }

    async fn referred(&self, digests: Vec<ContentDigest>) -> Result<Vec<ContentDigest>, SweepError> {
        Ok(self.store.referred(&digests).await?)
    }

    async fn prune(&self, now: Instant) {
        let keep = self.planner.setup.borrow().config().host.keep;
        match self.store.prune(now - keep, now).await {
            Ok(pruned) if pruned.lost > 0 => {
                tracing::error!(
                    lost = pruned.lost,
                    "effects that could not be delivered within host.keep are given up"
                );
            }
            Ok(pruned) => tracing::debug!(?pruned, "what is too old was removed"),
            Err(error) => tracing::warn!(%error, "what is too old could not be removed"),
        }
    }
}
