//! From a firing that is due to the runner: whether it starts, waits for its turn or is skipped.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use beadle_config::{Mode, Schedule};
use beadle_plan::{FiringId, Instant, ScheduleName, Trigger};
use beadle_schedule::{Decision, Misfire, Overlap};
use beadle_store::{FiringState, Interrupted, NewFiring, SkipReason, Started, StoreError};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use crate::planner::{Actives, Planner};
use crate::runner::{Ended, Firing};
use crate::setup::Setup;

/// What is under way for a schedule.
#[derive(Default)]
pub(crate) struct Active {
    running: usize,
    /// Firings that wait for their turn, the oldest first.
    waiting: VecDeque<Waiting>,
    /// Ends the run under way.
    cancel: Option<CancellationToken>,
}

/// A firing that waits for its turn.
struct Waiting {
    ticket: u64,
    /// A later firing has taken its place.
    replaced: CancellationToken,
}

/// The right to run: one of a schedule's runs, a slot of the host and one of the site. Given back however the run ends.
struct Turn {
    planner: Arc<Planner>,
    schedule: ScheduleName,
    permits: Vec<OwnedSemaphorePermit>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.permits.clear();
        if let Some(active) = self.planner.actives().get_mut(&self.schedule) {
            active.running = active.running.saturating_sub(1);
        }
        self.planner.ended.notify_waiters();
    }
}

impl Planner {
    fn actives(&self) -> MutexGuard<'_, Actives> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A firing is due: decides whether it runs, waits or is skipped.
    pub(crate) async fn due(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        schedule: &Arc<Schedule>,
        at: Instant,
    ) -> Result<(), StoreError> {
        let new = self.firing(schedule, Trigger::Time, at, None);
        if schedule.blackout.covers(at.timestamp()) {
            return self.store.skip(&new, SkipReason::Blackout).await;
        }
        let decision = {
            let mut actives = self.actives();
            let active = actives.entry(schedule.name.clone()).or_default();
            let decision = schedule.overlap.decide(active.running, active.waiting.len());
            if schedule.overlap == Overlap::Cancel {
                // The new firing does what those before it would have done: none of them need wait any longer.
                for waiting in active.waiting.drain(..) {
                    waiting.replaced.cancel();
                }
                if let Some(cancel) = active.cancel.as_ref().filter(|_| decision == Decision::CancelThenStart) {
                    cancel.cancel();
                }
            }
            decision
        };
        match decision {
            Decision::Skip => {
                self.store.skip(&new, SkipReason::Overlap).await?;
                tracing::warn!(schedule = %schedule.name, instant = %at, "skipped: the run before is still under way");
                Ok(())
            }
            Decision::Start => self.start(setup, schedule, new).await,
            Decision::Wait | Decision::CancelThenStart => self.wait(setup, schedule, new).await,
        }
    }

    /// Makes up for a firing that was missed: one after another, whatever else is under way. The operator asked for all of them, so
    /// that the rule for overlaps would only lose them again.
    pub(crate) async fn make_up(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        schedule: &Arc<Schedule>,
        at: Instant,
    ) -> Result<(), StoreError> {
        let new = self.firing(schedule, Trigger::Time, at, None);
        if schedule.blackout.covers(at.timestamp()) {
            return self.store.skip(&new, SkipReason::Blackout).await;
        }
        self.wait(setup, schedule, new).await
    }

    /// Starts a firing at once where there is a free slot, and lets it wait for one otherwise.
    async fn start(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        schedule: &Arc<Schedule>,
        new: NewFiring,
    ) -> Result<(), StoreError> {
        let Some(turn) = self.try_turn(setup, schedule, None) else {
            return self.wait(setup, schedule, new).await;
        };
        let run = self.runner.new_run(setup, schedule);
        if let Some(started) = self.store.fire(&new, &run).await? {
            self.spawn(setup, schedule, &new, started, turn);
        }
        Ok(())
    }

    /// Writes down a firing that has to wait, and lets it.
    async fn wait(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        schedule: &Arc<Schedule>,
        new: NewFiring,
    ) -> Result<(), StoreError> {
        if let Some(firing) = self.store.wait(&new).await? {
            self.queue(setup, schedule, new, firing);
        }
        Ok(())
    }

    /// Lets a firing wait until those before it have ended and slots are free.
    fn queue(self: &Arc<Self>, setup: &Arc<Setup>, schedule: &Arc<Schedule>, new: NewFiring, firing: FiringId) {
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let replaced = CancellationToken::new();
        let waiting = Waiting { ticket, replaced: replaced.clone() };
        self.actives().entry(schedule.name.clone()).or_default().waiting.push_back(waiting);
        let (planner, setup, schedule) = (Arc::clone(self), Arc::clone(setup), Arc::clone(schedule));
        self.tasks.spawn(async move {
            let settled = tokio::select! {
                biased;
                () = planner.stop.cancelled() => planner.put_off(&schedule, ticket, firing).await,
                () = replaced.cancelled() => {
                    planner.runner.close_firing(firing, FiringState::Skipped, Some(SkipReason::Overlap)).await
                }
                turn = planner.turn(&setup, &schedule, ticket) => planner.take_turn(&schedule, new, firing, turn).await,
            };
            if let Err(error) = settled {
                tracing::error!(schedule = %schedule.name, %error, "a firing could not be started");
            }
        });
    }

    /// The host stops before a firing has had its turn.
    async fn put_off(&self, schedule: &Schedule, ticket: u64, firing: FiringId) -> Result<(), StoreError> {
        if let Some(active) = self.actives().get_mut(&schedule.name) {
            active.waiting.retain(|waiting| waiting.ticket != ticket);
        }
        if schedule.misfire == Misfire::Skip {
            return self.runner.close_firing(firing, FiringState::Skipped, Some(SkipReason::Stopping)).await;
        }
        // It stands in the store as waiting; the next start makes up for it.
        Ok(())
    }

    async fn turn(self: &Arc<Self>, setup: &Setup, schedule: &Schedule, ticket: u64) -> Turn {
        loop {
            let ended = self.ended.notified();
            if let Some(turn) = self.try_turn(setup, schedule, Some(ticket)) {
                return turn;
            }
            ended.await;
        }
    }

    /// Takes the schedule's turn and a slot of the host and of the site, if all are free. Whoever waits holds a ticket; whoever does
    /// not may not overtake those who wait.
    fn try_turn(self: &Arc<Self>, setup: &Setup, schedule: &Schedule, ticket: Option<u64>) -> Option<Turn> {
        let mut actives = self.actives();
        let active = actives.entry(schedule.name.clone()).or_default();
        if active.running > 0 || active.waiting.front().map(|first| first.ticket) != ticket {
            return None;
        }
        let mut permits = Vec::with_capacity(2);
        if let Some(site) = setup.site_slots(schedule.site.as_ref()) {
            permits.push(site.try_acquire_owned().ok()?);
        }
        permits.push(Arc::clone(&self.slots).try_acquire_owned().ok()?);
        active.waiting.pop_front();
        active.running += 1;
        Some(Turn { planner: Arc::clone(self), schedule: schedule.name.clone(), permits })
    }

    /// Starts a firing whose turn has come, if an edit has not withdrawn it meanwhile.
    async fn take_turn(
        self: &Arc<Self>,
        schedule: &Arc<Schedule>,
        new: NewFiring,
        firing: FiringId,
        turn: Turn,
    ) -> Result<(), StoreError> {
        let current = Arc::clone(&self.setup.borrow());
        if current.config().schedule(&schedule.name) != Some(schedule) {
            return self.runner.close_firing(firing, FiringState::Skipped, Some(SkipReason::Withdrawn)).await;
        }
        let started = self.runner.begin(firing, &current, schedule).await?;
        self.spawn(&current, schedule, &new, started, turn);
        Ok(())
    }

    fn spawn(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        schedule: &Arc<Schedule>,
        new: &NewFiring,
        started: Started,
        turn: Turn,
    ) {
        let cancel = self.abort.child_token();
        self.actives().entry(schedule.name.clone()).or_default().cancel = Some(cancel.clone());
        let firing = Firing {
            setup: Arc::clone(setup),
            schedule: Arc::clone(schedule),
            trigger: new.trigger,
            instant: new.instant,
            started,
            cancel,
            stop: self.stop.clone(),
        };
        let planner = Arc::clone(self);
        self.tasks.spawn(async move {
            let name = firing.schedule.name.clone();
            if let Err(error) = planner.runner.run(firing).await {
                tracing::error!(schedule = %name, %error, "a run could not be written down");
            }
            drop(turn);
        });
    }

    /// Runs a schedule because somebody asked, beside whatever is under way.
    pub(crate) async fn run_now(
        self: &Arc<Self>,
        name: &ScheduleName,
        at: Instant,
    ) -> Result<Option<Ended>, StoreError> {
        let setup = Arc::clone(&self.setup.borrow());
        let Some(schedule) = setup.config().schedule(name).cloned() else { return Ok(None) };
        let schedule = Arc::new(schedule);
        let now = self.clock.now();
        self.store.schedule(&schedule.name, &schedule.plugin, schedule.site.as_ref(), now).await?;
        let new = self.firing(&schedule, Trigger::Manual, at, None);
        let run = self.runner.new_run(&setup, &schedule);
        let Some(started) = self.store.fire(&new, &run).await? else { return Ok(None) };
        let (cancel, stop) = (self.abort.child_token(), self.stop.clone());
        let firing = Firing { setup, schedule, trigger: Trigger::Manual, instant: at, started, cancel, stop };
        // Tracked as all runs are, so that a host that stops waits for it no longer than for others.
        self.tasks.track_future(self.runner.run(firing)).await.map(Some)
    }

    /// Deals with firings that a dead host left open, by each schedule's misfire rule. Those that were dealt with are taken out.
    pub(crate) async fn resume(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        interrupted: &mut VecDeque<Interrupted>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        while let Some(one) = interrupted.front() {
            let schedule = setup.config().schedule(&one.schedule).filter(|schedule| {
                schedule.misfire != Misfire::Skip
                    && schedule.mode != Mode::Off
                    && now.since(one.instant) <= schedule.misfire_window
            });
            let Some(schedule) = schedule else {
                self.store.close_firing(one.firing, FiringState::Skipped, Some(SkipReason::Lost)).await?;
                tracing::warn!(schedule = %one.schedule, instant = %one.instant, "lost: the host ended before its run did");
                interrupted.pop_front();
                continue;
            };
            let schedule = Arc::new(schedule.clone());
            let new = self.firing(&schedule, one.trigger, one.instant, None);
            self.queue(setup, &schedule, new, one.firing);
            interrupted.pop_front();
        }
        Ok(())
    }
}
