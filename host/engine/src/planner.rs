//! The planner: turns schedules into firings. Every instant at which a schedule was due becomes a row, whether it runs or not.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beadle_config::{Mode, Schedule};
use beadle_plan::{Clock, Instant, Trigger};
use beadle_schedule::{Misfire, MissedPlan, Stretch, missed};
use beadle_store::{Interrupted, NewFiring, SkipReason, Store, StoreError};
use futures::StreamExt;
use futures::stream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::agenda::{Agenda, Planned};
use crate::queue::Queue;
use crate::runner::Runner;
use crate::setup::Setup;
use crate::turns::Turn;
use crate::wait;
use crate::wakes::Wakes;

/// How late the loop may look at a firing and still count it as on time: a busy machine, a store that was locked for a moment.
const ON_TIME: Duration = Duration::from_secs(10);

/// How long the loop rests when nothing is planned.
const REST: Duration = Duration::from_secs(3_600);

/// How many schedules are dealt with at a time. The store commits what they write together.
const AT_A_TIME: usize = 64;

/// What the loop works with.
struct State {
    current: Arc<Setup>,
    /// Whether it has still to be taken over.
    is_new: bool,
    agenda: Agenda,
    /// What the clock showed when it was looked at last.
    seen: Instant,
    /// What a dead host left open and was not dealt with yet.
    interrupted: VecDeque<Interrupted>,
}

/// The planner, and the way from a due firing to the runner.
pub(crate) struct Planner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) runner: Arc<Runner>,
    pub(crate) setup: watch::Receiver<Arc<Setup>>,
    pub(crate) tasks: TaskTracker,
    /// No new runs.
    pub(crate) stop: CancellationToken,
    /// Ends runs that are under way.
    pub(crate) abort: CancellationToken,
    /// Who runs and who waits.
    pub(crate) queue: Mutex<Queue<Turn>>,
    /// Who wants to run earlier than it is due.
    wakes: Arc<Wakes>,
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
        let (tasks, wakes) = (TaskTracker::new(), Arc::clone(&runner.wakes));
        Arc::new(Self { store, clock, runner, setup, tasks, stop, abort, queue: Mutex::default(), wakes })
    }

    /// Plans until it is told to stop.
    pub(crate) async fn work(self: Arc<Self>, interrupted: Vec<Interrupted>) -> Result<(), StoreError> {
        let patience = Arc::clone(&self.runner.patience);
        let mut trouble = patience.trouble();
        let mut setup = self.setup.clone();
        let current = Arc::clone(&setup.borrow_and_update());
        let (agenda, seen) = (Agenda::default(), self.clock.now());
        let mut state = State { current, is_new: true, agenda, seen, interrupted: interrupted.into() };
        loop {
            let answer = self.step(&mut state).await;
            trouble.note(&answer);
            let waits = patience.waits_for(&answer);
            if !waits {
                answer?;
            }
            let next = state.agenda.next().unwrap_or_else(|| self.clock.now() + REST);
            tokio::select! {
                () = self.stop.cancelled() => break,
                changed = setup.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    state.current = Arc::clone(&setup.borrow_and_update());
                    state.is_new = true;
                }
                () = self.wakes.rung() => {}
                () = trouble.over(), if waits => {}
                () = wait::until(&*self.clock, next), if !waits => {}
            }
        }
        for one in state.agenda.all().filter(|one| one.schedule.mode == Mode::Off) {
            if let Err(error) = self.account_for_off(one).await {
                // The next start counts from where the store says that this one came to.
                tracing::debug!(schedule = %one.schedule.name, %error, "left to the next start");
            }
        }
        Ok(())
    }

    /// Does what there is to do now. Where the store fails in the middle, the next step goes on from there.
    async fn step(self: &Arc<Self>, state: &mut State) -> Result<(), StoreError> {
        let setup = Arc::clone(&state.current);
        if state.is_new {
            self.plan(&setup, &mut state.agenda).await?;
            state.is_new = false;
            // It may have more room than the one before.
            self.call();
        }
        self.resume(&setup, &mut state.interrupted).await?;
        let now = self.clock.now();
        if now < std::mem::replace(&mut state.seen, now) {
            let mut all = state.agenda.take_all();
            all.iter_mut().for_each(|one| self.notice_set_back(one));
            state.agenda.extend(all);
        }
        for (name, wakes) in self.wakes.take() {
            if let Some(mut one) = state.agenda.take(&name) {
                one.wakes = wakes;
                self.advance(&mut one);
                state.agenda.extend([one]);
            }
        }
        let mut due = state.agenda.take_due(now);
        let mut looks = Vec::with_capacity(due.len());
        for one in &mut due {
            looks.push(self.look(&setup, one));
        }
        let looked = all(looks).await;
        state.agenda.extend(due);
        looked.map(drop)
    }

    /// Takes over a configuration. What was planned by the one before is withdrawn; a schedule that is new or was edited catches up
    /// nothing.
    async fn plan(self: &Arc<Self>, setup: &Arc<Setup>, agenda: &mut Agenda) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut before = HashMap::new();
        for one in agenda.all() {
            if one.schedule.mode == Mode::Off {
                self.account_for_off(one).await?;
            }
            before.insert(one.schedule.name.clone(), &*one);
        }
        let mut taking = Vec::with_capacity(setup.config().schedules.len());
        for schedule in &setup.config().schedules {
            taking.push(self.take_over(setup, schedule, before.get(&schedule.name).copied(), now));
        }
        let planned = all(taking).await?;
        *agenda = Agenda::default();
        agenda.extend(planned);
        Ok(())
    }

    /// Plans a schedule of a new configuration.
    async fn take_over(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        schedule: &Schedule,
        earlier: Option<&Planned>,
        now: Instant,
    ) -> Result<Planned, StoreError> {
        if let Some(earlier) = earlier
            && *earlier.schedule == *schedule
        {
            // What lies behind one that is switched off was written down just now.
            let through = if schedule.mode == Mode::Off { earlier.through.max(now) } else { earlier.through };
            let (schedule, wakes) = (Arc::clone(&earlier.schedule), earlier.wakes.clone());
            return Ok(Planned { schedule, through, wakes, ..*earlier });
        }
        let schedule = Arc::new(schedule.clone());
        let mut through = self.store.schedule(&schedule.name, &schedule.plugin, schedule.site.as_ref(), now).await?;
        if earlier.is_some() {
            self.store.planned_through(&schedule.name, now).await?;
            through = through.max(now);
        }
        let wakes = self.store.wakes(&schedule.name).await?;
        if !wakes.is_empty() {
            self.wakes.remember(&schedule.name);
        }
        let mut one = Planned { schedule, through, next: None, relived: None, echoes: 0, wakes };
        self.catch_up(setup, &mut one, now).await?;
        Ok(one)
    }

    /// Deals with what was due while no host was there.
    async fn catch_up(self: &Arc<Self>, setup: &Arc<Setup>, one: &mut Planned, now: Instant) -> Result<(), StoreError> {
        self.notice_set_back(one);
        let schedule = Arc::clone(&one.schedule);
        // An instant whose delay is not over yet was not missed.
        let latest = now - one.jitter();
        if schedule.mode == Mode::Off {
            self.account_for_off(one).await?;
            one.through = one.through.max(now);
        } else {
            let plan = missed(
                &schedule.timing,
                one.through.timestamp(),
                latest.timestamp(),
                schedule.misfire,
                schedule.misfire_window,
            );
            self.carry_out(setup, one, &plan).await?;
            one.through = one.through.max(latest);
        }
        self.advance(one);
        Ok(())
    }

    /// Goes on after the clock was set back. What lies between now and the last firing has its rows, and waiting until it is over would
    /// keep a schedule silent for as long as the clock was wrong, be it ten years. So a schedule that is due more than once in that
    /// time goes on at once. One that is due a single time, such as a daily job, would only run twice, and waits.
    fn notice_set_back(&self, one: &mut Planned) {
        let now = self.clock.now();
        if one.through <= now || one.schedule.mode == Mode::Off {
            return;
        }
        let latest = now - one.jitter();
        let due = one.schedule.timing.firings(latest.timestamp());
        let again = due.take_while(|coming| Instant::from(coming.at) <= one.through).nth(1).is_some();
        if again {
            tracing::warn!(schedule = %one.schedule.name, planned = %one.through, %now, "the clock was set back; going on from now");
            one.relived = Some(one.relived.map_or(one.through, |until| until.max(one.through)));
            one.echoes += 1;
            one.through = latest;
            self.advance(one);
        }
    }

    /// Fires what a decision about missed firings says, and writes down the rest.
    async fn carry_out(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        one: &mut Planned,
        plan: &MissedPlan,
    ) -> Result<(), StoreError> {
        for stretch in &plan.skipped {
            self.skip_stretch(one, stretch, SkipReason::Misfire).await?;
        }
        for at in &plan.fire {
            let at = Instant::from(*at);
            let named = one.named(at);
            match one.schedule.misfire {
                Misfire::All => self.make_up(&one.schedule, named).await?,
                Misfire::Once | Misfire::Skip => self.due(setup, &one.schedule, named).await?,
            }
            one.through = one.through.max(at);
        }
        Ok(())
    }

    /// Works out when a schedule is due next.
    fn advance(&self, one: &mut Planned) {
        let schedule = &one.schedule;
        one.next = if schedule.mode == Mode::Off {
            None
        } else {
            // One that lies behind was missed, as while the host was down: that costs freshness, and the next firing brings it.
            one.wakes.retain(|wake| *wake > one.through);
            let next = schedule.timing.next_after(one.through.timestamp()).map(|at| {
                let at = Instant::from(at);
                (at, at + one.jitter())
            });
            let wake = one.wakes.first().map(|wake| (*wake, *wake));
            next.into_iter().chain(wake).min_by_key(|(at, _)| *at)
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
            self.due(setup, &schedule, one.named(at)).await?;
            one.through = at;
        } else {
            let latest = now - one.jitter();
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

    /// Writes down the firings of a schedule that is switched off, as one row.
    async fn account_for_off(&self, one: &mut Planned) -> Result<(), StoreError> {
        let now = self.clock.now();
        let plan =
            missed(&one.schedule.timing, one.through.timestamp(), now.timestamp(), Misfire::Skip, Duration::ZERO);
        for stretch in &plan.skipped {
            self.skip_stretch(one, stretch, SkipReason::Disabled).await?;
        }
        self.store.planned_through(&one.schedule.name, now).await
    }

    async fn skip_stretch(&self, one: &mut Planned, stretch: &Stretch, reason: SkipReason) -> Result<(), StoreError> {
        let (first, last) = (Instant::from(stretch.first), Instant::from(stretch.last));
        let new = self.firing(&one.schedule, Trigger::Time, last, Some((first, stretch.count)));
        self.store.skip(&new, reason).await?;
        // Its row stands, whatever becomes of those behind it.
        one.through = one.through.max(last);
        Ok(())
    }

    pub(crate) fn firing(
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

/// Does several things, so many at a time. None is left in the middle because another failed: a firing that has its row has a run.
async fn all<T>(todo: Vec<impl Future<Output = Result<T, StoreError>>>) -> Result<Vec<T>, StoreError> {
    let done: Vec<_> = stream::iter(todo).buffer_unordered(AT_A_TIME).collect().await;
    done.into_iter().collect()
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
        // The row that stands for the rest is named by an instant of its own: the only one, or one just before the one that fires.
        let before = last.last - jiff::SignedDuration::from_millis(1);
        last.last = if last.count == 1 { last.first } else { before };
    }
}
