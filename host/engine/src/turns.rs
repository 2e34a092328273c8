//! From a firing that is due to the runner: whether it starts, waits for its turn or is skipped.

use std::sync::{Arc, PoisonError};

use beadle_config::{Mode, Schedule};
use beadle_plan::{FiringId, Instant, ScheduleName, Trigger};
use beadle_schedule::Decision;
use beadle_store::{FiringState, Interrupted, NewFiring, SkipReason, Started, StoreError};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use crate::planner::Planner;
use crate::runner::{Ended, Firing};
use crate::setup::Setup;

/// What is under way for a schedule.
#[derive(Default)]
pub(crate) struct Active {
    running: usize,
    waiting: usize,
    cancel: Option<CancellationToken>,
}

impl Planner {
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
            let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
            let active = active.entry(schedule.name.clone()).or_default();
            let decision = schedule.overlap.decide(active.running, active.waiting);
            match decision {
                Decision::CancelThenStart => {
                    if let Some(cancel) = &active.cancel {
                        cancel.cancel();
                    }
                    active.waiting += 1;
                }
                Decision::Start | Decision::Wait => active.waiting += 1,
                Decision::Skip => {}
            }
            decision
        };
        match decision {
            Decision::Skip => {
                tracing::warn!(schedule = %schedule.name, instant = %at, "skipped: the run before is still under way");
                self.store.skip(&new, SkipReason::Overlap).await
            }
            Decision::Start => self.start(setup, schedule, new).await,
            Decision::Wait | Decision::CancelThenStart => {
                match self.store.wait(&new).await? {
                    Some(firing) => self.queue(setup, schedule, new, firing),
                    None => self.no_longer_waiting(schedule),
                }
                Ok(())
            }
        }
    }

    /// Starts a firing at once where there is a free slot, and lets it wait for one otherwise.
    async fn start(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        schedule: &Arc<Schedule>,
        new: NewFiring,
    ) -> Result<(), StoreError> {
        let Some(permits) = self.free_slots(setup, schedule) else {
            match self.store.wait(&new).await? {
                Some(firing) => self.queue(setup, schedule, new, firing),
                None => self.no_longer_waiting(schedule),
            }
            return Ok(());
        };
        let run = self.runner.new_run(setup, schedule);
        match self.store.fire(&new, &run).await? {
            Some(started) => self.spawn(setup, schedule, &new, started, permits),
            None => self.no_longer_waiting(schedule),
        }
        Ok(())
    }

    fn no_longer_waiting(&self, schedule: &Schedule) {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let active = active.entry(schedule.name.clone()).or_default();
        active.waiting = active.waiting.saturating_sub(1);
    }

    /// Takes a slot of the host and one of the site, if both are free.
    fn free_slots(&self, setup: &Setup, schedule: &Schedule) -> Option<Vec<OwnedSemaphorePermit>> {
        let site = setup.site_slots(schedule.site.as_ref());
        let mut permits = Vec::with_capacity(2);
        if let Some(site) = site {
            permits.push(site.try_acquire_owned().ok()?);
        }
        permits.push(Arc::clone(&self.slots).try_acquire_owned().ok()?);
        Some(permits)
    }

    /// Lets a firing wait until the one before has ended and slots are free.
    fn queue(self: &Arc<Self>, setup: &Arc<Setup>, schedule: &Arc<Schedule>, new: NewFiring, firing: FiringId) {
        let (planner, setup, schedule) = (Arc::clone(self), Arc::clone(setup), Arc::clone(schedule));
        self.tasks.spawn(async move {
            let turn = tokio::select! {
                permits = planner.turn(&setup, &schedule) => Some(permits),
                () = planner.stop.cancelled() => None,
            };
            let settled = match turn {
                Some(permits) => planner.take_turn(&schedule, new, firing, permits).await,
                None if schedule.misfire == beadle_schedule::Misfire::Skip => {
                    planner.store.close_firing(firing, FiringState::Skipped, Some(SkipReason::Stopping)).await
                }
                // It stands in the store as waiting; the next start makes up for it.
                None => Ok(()),
            };
            if let Err(error) = settled {
                tracing::error!(schedule = %schedule.name, %error, "a firing could not be started");
                planner.no_longer_waiting(&schedule);
            }
        });
    }

    async fn turn(&self, setup: &Setup, schedule: &Schedule) -> Vec<OwnedSemaphorePermit> {
        loop {
            let ended = self.ended.notified();
            let free = {
                let active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
                active.get(&schedule.name).is_none_or(|active| active.running == 0)
            };
            if free && let Some(permits) = self.free_slots(setup, schedule) {
                return permits;
            }
            ended.await;
        }
    }

    /// Starts a firing whose turn has come, if an edit has not withdrawn it meanwhile.
    async fn take_turn(
        self: &Arc<Self>,
        schedule: &Arc<Schedule>,
        new: NewFiring,
        firing: FiringId,
        permits: Vec<OwnedSemaphorePermit>,
    ) -> Result<(), StoreError> {
        let current = Arc::clone(&self.setup.borrow());
        if current.config().schedule(&schedule.name) != Some(schedule) {
            self.no_longer_waiting(schedule);
            return self.store.close_firing(firing, FiringState::Skipped, Some(SkipReason::Withdrawn)).await;
        }
        let started = self.store.attempt(firing, &self.runner.new_run(&current, schedule)).await?;
        self.spawn(&current, schedule, &new, started, permits);
        Ok(())
    }

    fn spawn(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        schedule: &Arc<Schedule>,
        new: &NewFiring,
        started: Started,
        permits: Vec<OwnedSemaphorePermit>,
    ) {
        let cancel = self.abort.child_token();
        {
            let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
            let active = active.entry(schedule.name.clone()).or_default();
            active.waiting = active.waiting.saturating_sub(1);
            active.running += 1;
            active.cancel = Some(cancel.clone());
        }
        let firing = Firing {
            setup: Arc::clone(setup),
            schedule: Arc::clone(schedule),
            trigger: new.trigger,
            instant: new.instant,
            started,
            cancel,
        };
        let planner = Arc::clone(self);
        self.tasks.spawn(async move {
            let name = firing.schedule.name.clone();
            if let Err(error) = planner.runner.run(firing).await {
                tracing::error!(schedule = %name, %error, "a run could not be written down");
            }
            drop(permits);
            {
                let mut active = planner.active.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(active) = active.get_mut(&name) {
                    active.running = active.running.saturating_sub(1);
                }
            }
            planner.ended.notify_waiters();
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
        let cancel = self.abort.child_token();
        let firing = Firing { setup, schedule, trigger: Trigger::Manual, instant: at, started, cancel };
        self.runner.run(firing).await.map(Some)
    }

    /// Deals with firings that a dead host left open, by each schedule's misfire rule.
    pub(crate) async fn resume(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        interrupted: Vec<Interrupted>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        for one in interrupted {
            let schedule = setup.config().schedule(&one.schedule).filter(|schedule| {
                schedule.misfire != beadle_schedule::Misfire::Skip
                    && schedule.mode != Mode::Off
                    && now.since(one.instant) <= schedule.misfire_window
            });
            let Some(schedule) = schedule else {
                tracing::warn!(schedule = %one.schedule, instant = %one.instant, "lost: the host ended before its run did");
                self.store.close_firing(one.firing, FiringState::Skipped, Some(SkipReason::Lost)).await?;
                continue;
            };
            let schedule = Arc::new(schedule.clone());
            {
                let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
                active.entry(schedule.name.clone()).or_default().waiting += 1;
            }
            let new = self.firing(&schedule, one.trigger, one.instant, None);
            self.queue(setup, &schedule, new, one.firing);
        }
        Ok(())
    }
}
