//! The planner: turns schedules into firings. Every instant at which a schedule was due becomes a row, whether it runs or not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beadle_config::{Mode, Schedule};
use beadle_plan::{Clock, FiringId, Instant, ScheduleName, Trigger};
use beadle_schedule::{Decision, MissedPlan, Stretch, jitter, missed};
use beadle_store::{FiringState, Interrupted, NewFiring, SkipReason, Started, Store, StoreError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::runner::{Ended, Firing, Runner};
use crate::setup::Setup;

/// How late the loop may look at a firing and still count it as on time: a busy machine, a store that was locked for a moment.
const ON_TIME: Duration = Duration::from_secs(10);

/// How long the loop rests when nothing is planned.
const REST: Duration = Duration::from_secs(3_600);

/// The planner's view of a schedule.
struct Planned {
    schedule: Arc<Schedule>,
    /// Everything up to here has its row.
    through: Instant,
    /// The next instant, and when it is due with the schedule's jitter.
    next: Option<(Instant, Instant)>,
}

/// What is under way for a schedule.
#[derive(Default)]
struct Active {
    running: usize,
    waiting: usize,
    cancel: Option<CancellationToken>,
}

/// The planner, and the way from a due firing to the runner.
pub(crate) struct Planner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) runner: Arc<Runner>,
    pub(crate) setup: watch::Receiver<Arc<Setup>>,
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) tasks: TaskTracker,
    /// No new runs.
    pub(crate) stop: CancellationToken,
    /// Ends runs that are under way.
    pub(crate) abort: CancellationToken,
    active: Mutex<HashMap<ScheduleName, Active>>,
    /// Rung when a run has ended, for firings that wait for their turn.
    ended: Notify,
}

impl Planner {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        runner: Arc<Runner>,
        setup: watch::Receiver<Arc<Setup>>,
        stop: CancellationToken,
        abort: CancellationToken,
    ) -> Arc<Self> {
        let slots = Arc::new(Semaphore::new(setup.borrow().config().host.runs));
        Arc::new(Self {
            store,
            clock,
            runner,
            setup,
            slots,
            tasks: TaskTracker::new(),
            stop,
            abort,
            active: Mutex::default(),
            ended: Notify::new(),
        })
    }

    /// Plans until it is told to stop.
    pub(crate) async fn work(self: Arc<Self>, interrupted: Vec<Interrupted>) -> Result<(), StoreError> {
        let mut setup = self.setup.clone();
        let mut current = Arc::clone(&setup.borrow_and_update());
        let mut planned = self.plan(&current, &[]).await?;
        self.resume(&current, interrupted).await?;
        loop {
            let next = planned.iter().filter_map(|one| one.next.map(|(_, due)| due)).min();
            let next = next.unwrap_or_else(|| self.clock.now() + REST);
            tokio::select! {
                () = self.stop.cancelled() => break,
                changed = setup.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    current = Arc::clone(&setup.borrow_and_update());
                    planned = self.plan(&current, &planned).await?;
                }
                () = self.clock.sleep_until(next) => {
                    for one in &mut planned {
                        self.look(&current, one).await?;
                    }
                }
            }
        }
        for one in planned.iter().filter(|one| one.schedule.mode == Mode::Off) {
            self.account_for_off(one).await?;
        }
        Ok(())
    }

    /// Takes over a configuration. What was planned by the one before is withdrawn; a schedule that is new or was edited catches up
    /// nothing.
    async fn plan(self: &Arc<Self>, setup: &Arc<Setup>, before: &[Planned]) -> Result<Vec<Planned>, StoreError> {
        let now = self.clock.now();
        for one in before.iter().filter(|one| one.schedule.mode == Mode::Off) {
            self.account_for_off(one).await?;
        }
        let mut planned = Vec::new();
        for schedule in &setup.config().schedules {
            let earlier = before.iter().find(|one| one.schedule.name == schedule.name);
            if let Some(earlier) = earlier
                && *earlier.schedule == *schedule
            {
                planned.push(Planned {
                    schedule: Arc::clone(&earlier.schedule),
                    through: earlier.through,
                    next: earlier.next,
                });
                continue;
            }
            let schedule = Arc::new(schedule.clone());
            let mut through =
                self.store.schedule(&schedule.name, &schedule.plugin, schedule.site.as_ref(), now).await?;
            if earlier.is_some() {
                self.store.planned_through(&schedule.name, now).await?;
                through = now;
            }
            let mut one = Planned { schedule, through, next: None };
            self.catch_up(setup, &mut one, now).await?;
            planned.push(one);
        }
        Ok(planned)
    }

    /// Deals with what was due while no host was there.
    async fn catch_up(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        one: &mut Planned,
        now: Instant,
    ) -> Result<(), StoreError> {
        let schedule = Arc::clone(&one.schedule);
        if schedule.mode == Mode::Off {
            self.account_for_off(one).await?;
        } else {
            let plan = missed(
                &schedule.timing,
                one.through.timestamp(),
                now.timestamp(),
                schedule.misfire,
                schedule.misfire_window,
            );
            self.carry_out(setup, one, &plan).await?;
        }
        one.through = one.through.max(now);
        self.advance(one);
        Ok(())
    }

    /// Fires what a decision about missed firings says, and writes down the rest.
    async fn carry_out(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        one: &Planned,
        plan: &MissedPlan,
    ) -> Result<(), StoreError> {
        for stretch in &plan.skipped {
            self.skip_stretch(&one.schedule, stretch, SkipReason::Misfire).await?;
        }
        for at in &plan.fire {
            self.due(setup, &one.schedule, Instant::from(*at)).await?;
        }
        Ok(())
    }

    /// Works out when a schedule is due next.
    fn advance(&self, one: &mut Planned) {
        let schedule = &one.schedule;
        one.next = if schedule.mode == Mode::Off {
            None
        } else {
            schedule.timing.next_after(one.through.timestamp()).map(|at| {
                let at = Instant::from(at);
                (at, at + jitter(schedule.name.as_str(), schedule.jitter))
            })
        };
    }

    /// Fires a schedule that is due. Where the loop was kept from looking for longer, as on a machine that slept, what lies further
    /// back is treated as missed.
    async fn look(self: &Arc<Self>, setup: &Arc<Setup>, one: &mut Planned) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Some((at, due)) = one.next.filter(|(_, due)| *due <= now) else { return Ok(()) };
        let schedule = Arc::clone(&one.schedule);
        let late = now.since(due);
        let following = schedule.timing.next_after(at.timestamp()).map(Instant::from);
        if late <= ON_TIME && following.is_none_or(|following| following > now) {
            self.due(setup, &schedule, at).await?;
            one.through = at;
        } else {
            let latest = now - jitter(schedule.name.as_str(), schedule.jitter);
            let mut plan = missed(
                &schedule.timing,
                one.through.timestamp(),
                latest.timestamp(),
                schedule.misfire,
                schedule.misfire_window,
            );
            on_time(&mut plan, latest);
            self.carry_out(setup, one, &plan).await?;
            one.through = one.through.max(latest);
        }
        self.advance(one);
        Ok(())
    }

    /// A firing is due: decides whether it runs, waits or is skipped.
    async fn due(
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
    fn queue(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        schedule: &Arc<Schedule>,
        new: NewFiring,
        firing: FiringId,
    ) {
        let (planner, setup, schedule) = (Arc::clone(self), Arc::clone(setup), Arc::clone(schedule));
        self.tasks.spawn(async move {
            let turn = tokio::select! {
                permits = planner.turn(&setup, &schedule) => Some(permits),
                () = planner.stop.cancelled() => None,
            };
            let settled = match turn {
                Some(permits) => planner.take_turn(&schedule, new, firing, permits).await,
                // It stands in the store as waiting; the next start deals with it by the misfire rule.
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
    pub(crate) async fn run_now(self: &Arc<Self>, name: &ScheduleName, at: Instant) -> Result<Option<Ended>, StoreError> {
        let setup = Arc::clone(&self.setup.borrow());
        let Some(schedule) = setup.config().schedule(name).cloned() else { return Ok(None) };
        let schedule = Arc::new(schedule);
        let now = self.clock.now();
        self.store.schedule(&schedule.name, &schedule.plugin, schedule.site.as_ref(), now).await?;
        let new = self.firing(&schedule, Trigger::Manual, at, None);
        let run = self.runner.new_run(&setup, &schedule);
        let Some(started) = self.store.fire(&new, &run).await? else { return Ok(None) };
        let cancel = self.abort.child_token();
        let firing =
            Firing { setup, schedule, trigger: Trigger::Manual, instant: at, started, cancel };
        self.runner.run(firing).await.map(Some)
    }

    /// Deals with firings that a dead host left open, by each schedule's misfire rule.
    async fn resume(
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

    /// Writes down the firings of a schedule that is switched off, as one row.
    async fn account_for_off(&self, one: &Planned) -> Result<(), StoreError> {
        let now = self.clock.now();
        let plan = missed(
            &one.schedule.timing,
            one.through.timestamp(),
            now.timestamp(),
            beadle_schedule::Misfire::Skip,
            Duration::ZERO,
        );
        for stretch in &plan.skipped {
            self.skip_stretch(&one.schedule, stretch, SkipReason::Disabled).await?;
        }
        self.store.planned_through(&one.schedule.name, now).await
    }

    async fn skip_stretch(
        &self,
        schedule: &Schedule,
        stretch: &Stretch,
        reason: SkipReason,
    ) -> Result<(), StoreError> {
        let first = Instant::from(stretch.first);
        let new = self.firing(schedule, Trigger::Time, Instant::from(stretch.last), Some((first, stretch.count)));
        self.store.skip(&new, reason).await
    }

    fn firing(
        &self,
        schedule: &Schedule,
        trigger: Trigger,
        instant: Instant,
        stretch: Option<(Instant, u64)>,
    ) -> NewFiring {
        let stretch = stretch.filter(|(_, count)| *count > 1);
        NewFiring { schedule: schedule.name.clone(), trigger, instant, stretch, now: self.clock.now() }
    }
}

/// Fires the latest instant of a stretch although its schedule makes up for nothing, where it is not late at all.
fn on_time(plan: &mut MissedPlan, now: Instant) {
    if !plan.fire.is_empty() {
        return;
    }
    let Some(last) = plan.skipped.last_mut() else { return };
    if now.since(Instant::from(last.last)) > ON_TIME {
        return;
    }
    plan.fire.push(last.last);
    if last.count <= 1 {
        plan.skipped.pop();
    } else {
        last.count -= 1;
        // The row that stands for the rest is named by an instant of its own, just before the one that fires.
        let before = last.last - jiff::SignedDuration::from_millis(1);
        last.last = before.max(last.first);
    }
}
