//! From a firing that is due to the runner: whether it starts, waits for its turn or is skipped.

use std::collections::VecDeque;
use std::sync::{Arc, MutexGuard, PoisonError};

use beadle_config::{Mode, Schedule};
use beadle_plan::{FiringId, Instant, ScheduleName, SiteName, Trigger};
use beadle_schedule::{Decision, Misfire};
use beadle_store::{FiringState, Interrupted, NewFiring, SkipReason, Started, StoreError};

use crate::planner::Planner;
use crate::queue::{Called, Place, Queue};
use crate::runner::{Ended, Firing};
use crate::setup::Setup;

/// The right to run: one of a schedule's runs, of its site's and of the host's. Given back however the run ends.
pub(crate) struct Turn {
    planner: Arc<Planner>,
    schedule: ScheduleName,
    site: Option<SiteName>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.planner.queue().end(&self.schedule, &self.site);
        self.planner.call();
    }
}

impl Planner {
    fn queue(&self) -> MutexGuard<'_, Queue<Turn>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(self: &Arc<Self>, schedule: ScheduleName, site: Option<SiteName>) -> Turn {
        Turn { planner: Arc::clone(self), schedule, site }
    }

    /// Calls those who wait, for as long as there is room.
    pub(crate) fn call(self: &Arc<Self>) {
        let setup = Arc::clone(&self.setup.borrow());
        loop {
            let next = self.queue().next(setup.config());
            let Some(Called { schedule, site, call }) = next else { break };
            // Whoever waits no longer drops the turn, which calls the next: so the queue must not be locked here.
            let _ = call.send(self.turn(schedule, site));
        }
    }

    /// Whether no firing of the schedule is under way or waits.
    pub(crate) fn is_idle(&self, schedule: &ScheduleName) -> bool {
        self.queue().is_idle(schedule)
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
        let decision = self.queue().decide(schedule);
        match decision {
            Decision::Skip => {
                self.store.skip(&new, SkipReason::Overlap).await?;
                tracing::warn!(schedule = %schedule.name, instant = %at, "skipped: the run before is still under way");
                Ok(())
            }
            Decision::Start => self.start(setup, schedule, new).await,
            Decision::Wait | Decision::CancelThenStart => self.wait(schedule, new).await,
        }
    }

    /// Makes up for a firing that was missed: one after another, whatever else is under way. The operator asked for all of them, so
    /// that the rule for overlaps would only lose them again.
    pub(crate) async fn make_up(self: &Arc<Self>, schedule: &Arc<Schedule>, at: Instant) -> Result<(), StoreError> {
        let new = self.firing(schedule, Trigger::Time, at, None);
        if schedule.blackout.covers(at.timestamp()) {
            return self.store.skip(&new, SkipReason::Blackout).await;
        }
        self.wait(schedule, new).await
    }

    /// Starts a firing at once where there is a free slot, and lets it wait for one otherwise.
    async fn start(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        schedule: &Arc<Schedule>,
        new: NewFiring,
    ) -> Result<(), StoreError> {
        if !self.queue().take(schedule, setup.config()) {
            return self.wait(schedule, new).await;
        }
        let turn = self.turn(schedule.name.clone(), schedule.site.clone());
        let run = self.runner.new_run(setup, schedule);
        if let Some(started) = self.store.fire(&new, &run).await? {
            self.spawn(setup, schedule, &new, started, turn);
        }
        Ok(())
    }

    /// Writes down a firing that has to wait, and lets it.
    async fn wait(self: &Arc<Self>, schedule: &Arc<Schedule>, new: NewFiring) -> Result<(), StoreError> {
        if let Some(firing) = self.store.wait(&new).await? {
            self.line_up(schedule, new, firing);
        }
        Ok(())
    }

    /// Lets a firing wait until those before it have ended and there is room.
    fn line_up(self: &Arc<Self>, schedule: &Arc<Schedule>, new: NewFiring, firing: FiringId) {
        let Place { ticket, turn } = self.queue().wait(schedule);
        let (planner, schedule) = (Arc::clone(self), Arc::clone(schedule));
        self.tasks.spawn(async move {
            let settled = tokio::select! {
                biased;
                () = planner.stop.cancelled() => planner.put_off(&schedule, ticket, firing).await,
                turn = turn => match turn {
                    Ok(turn) => planner.take_turn(&schedule, new, firing, turn).await,
                    Err(_) => {
                        planner.runner.close_firing(firing, FiringState::Skipped, Some(SkipReason::Overlap)).await
                    }
                },
            };
            if let Err(error) = settled {
                tracing::error!(schedule = %schedule.name, %error, "a firing could not be started");
            }
        });
        self.call();
    }

    /// The host stops before a firing has had its turn.
    async fn put_off(&self, schedule: &Schedule, ticket: u64, firing: FiringId) -> Result<(), StoreError> {
        self.queue().leave(&schedule.name, ticket);
        if schedule.misfire == Misfire::Skip {
            return self.runner.close_firing(firing, FiringState::Skipped, Some(SkipReason::Stopping)).await;
        }
        // It stands in the store as waiting; the next start makes up for it.
        Ok(())
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
        if current.schedule(&schedule.name).is_none_or(|now| now != &**schedule) {
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
        self.queue().begun(&schedule.name, cancel.clone());
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
        let Some(schedule) = setup.schedule(name).cloned() else { return Ok(None) };
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
            let schedule = setup.schedule(&one.schedule).filter(|schedule| {
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
            self.line_up(&schedule, new, one.firing);
            interrupted.pop_front();
        }
        Ok(())
    }
}
