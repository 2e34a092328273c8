//! Who runs and who waits: one run of a schedule at a time, so many of a site, so many of the host, and whoever has waited longest
//! goes first.

use std::collections::{BTreeMap, HashMap, VecDeque};

use beadle_config::{Config, Schedule};
use beadle_plan::{ScheduleName, SiteName};
use beadle_schedule::{Decision, Overlap};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Who runs and who waits. `T` is what whoever waits is called with.
pub(crate) struct Queue<T> {
    schedules: HashMap<ScheduleName, Active<T>>,
    /// How many runs of each site are under way, and of schedules without a site.
    running: HashMap<Option<SiteName>, usize>,
    /// Of each schedule that has no run under way, whoever has waited there for longest: by site and ticket.
    ready: HashMap<Option<SiteName>, BTreeMap<u64, ScheduleName>>,
    /// The last ticket that was given to somebody who waits.
    ticket: u64,
}

/// What is under way for a schedule.
struct Active<T> {
    running: bool,
    /// Those that wait for their turn, the oldest first.
    waiting: VecDeque<Waiting<T>>,
    /// Ends the run under way.
    cancel: Option<CancellationToken>,
}

/// Somebody who waits. Dropped, it tells that a later firing has taken its place.
struct Waiting<T> {
    ticket: u64,
    site: Option<SiteName>,
    call: oneshot::Sender<T>,
}

/// A place in the queue.
pub(crate) struct Place<T> {
    pub(crate) ticket: u64,
    /// The turn, when it comes; an error when a later firing has taken this one's place.
    pub(crate) turn: oneshot::Receiver<T>,
}

/// Somebody whose turn it is.
pub(crate) struct Called<T> {
    pub(crate) schedule: ScheduleName,
    pub(crate) site: Option<SiteName>,
    pub(crate) call: oneshot::Sender<T>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { schedules: HashMap::new(), running: HashMap::new(), ready: HashMap::new(), ticket: 0 }
    }
}

impl<T> Default for Active<T> {
    fn default() -> Self {
        Self { running: false, waiting: VecDeque::new(), cancel: None }
    }
}

impl<T> Queue<T> {
    /// Decides about a firing that is due. Where it takes the place of others, these are told so.
    pub(crate) fn decide(&mut self, schedule: &Schedule) -> Decision {
        let Some(active) = self.schedules.get_mut(&schedule.name) else { return Decision::Start };
        let decision = schedule.overlap.decide(active.running.into(), active.waiting.len());
        if schedule.overlap == Overlap::Cancel {
            // The new firing does what those before it would have done: none of them need wait any longer.
            for waiting in active.waiting.drain(..) {
                if let Some(ready) = self.ready.get_mut(&waiting.site) {
                    ready.remove(&waiting.ticket);
                }
            }
            if let Some(cancel) = active.cancel.as_ref().filter(|_| decision == Decision::CancelThenStart) {
                cancel.cancel();
            }
        }
        decision
    }

    /// Whether nobody of the schedule runs or waits.
    pub(crate) fn is_idle(&self, schedule: &ScheduleName) -> bool {
        self.schedules.get(schedule).is_none_or(|active| !active.running && active.waiting.is_empty())
    }

    /// Takes a turn at once, where nobody of the schedule runs or waits and there is room.
    pub(crate) fn take(&mut self, schedule: &Schedule, config: &Config) -> bool {
        let takes = self.is_idle(&schedule.name) && self.has_room(&schedule.site, config);
        if takes {
            self.begin(schedule.name.clone(), schedule.site.clone());
        }
        takes
    }

    /// Waits.
    pub(crate) fn wait(&mut self, schedule: &Schedule) -> Place<T> {
        self.ticket += 1;
        let (call, turn) = oneshot::channel();
        let waiting = Waiting { ticket: self.ticket, site: schedule.site.clone(), call };
        self.schedules.entry(schedule.name.clone()).or_default().waiting.push_back(waiting);
        self.seat(&schedule.name);
        Place { ticket: self.ticket, turn }
    }

    /// Waits no longer.
    pub(crate) fn leave(&mut self, schedule: &ScheduleName, ticket: u64) {
        let Some(active) = self.schedules.get_mut(schedule) else { return };
        let Some(at) = active.waiting.iter().position(|waiting| waiting.ticket == ticket) else { return };
        if let Some(waiting) = active.waiting.remove(at)
            && let Some(ready) = self.ready.get_mut(&waiting.site)
        {
            ready.remove(&ticket);
        }
        self.seat(schedule);
        self.forget(schedule);
    }

    /// Returns whose turn it is, if there is room for anybody who waits.
    pub(crate) fn next(&mut self, config: &Config) -> Option<Called<T>> {
        loop {
            let first = |ready: &BTreeMap<u64, ScheduleName>| ready.first_key_value().map(|(ticket, _)| *ticket);
            let with_room = self.ready.iter().filter(|(site, _)| self.has_room(site, config));
            let (_, site) = with_room.filter_map(|(site, ready)| Some((first(ready)?, site.clone()))).min()?;
            let (_, schedule) = self.ready.get_mut(&site)?.pop_first()?;
            let Waiting { site, call, .. } = self.schedules.get_mut(&schedule)?.waiting.pop_front()?;
            if call.is_closed() {
                self.seat(&schedule);
                self.forget(&schedule);
                continue;
            }
            self.begin(schedule.clone(), site.clone());
            return Some(Called { schedule, site, call });
        }
    }

    /// A run has begun that `cancel` ends.
    pub(crate) fn begun(&mut self, schedule: &ScheduleName, cancel: CancellationToken) {
        if let Some(active) = self.schedules.get_mut(schedule) {
            active.cancel = Some(cancel);
        }
    }

    /// A run has ended, or did not come to begin.
    pub(crate) fn end(&mut self, schedule: &ScheduleName, site: &Option<SiteName>) {
        if let Some(running) = self.running.get_mut(site) {
            *running = running.saturating_sub(1);
        }
        if let Some(active) = self.schedules.get_mut(schedule) {
            active.running = false;
            active.cancel = None;
        }
        self.seat(schedule);
        self.forget(schedule);
    }

    fn begin(&mut self, schedule: ScheduleName, site: Option<SiteName>) {
        self.schedules.entry(schedule).or_default().running = true;
        *self.running.entry(site).or_default() += 1;
    }

    fn has_room(&self, site: &Option<SiteName>, config: &Config) -> bool {
        let most = site.as_ref().and_then(|site| config.sites.get(site)).map_or(usize::MAX, |site| site.runs);
        self.running.get(site).copied().unwrap_or(0) < most && self.running.values().sum::<usize>() < config.host.runs
    }

    /// Has a schedule's first wait for room only, if no run of it is under way.
    fn seat(&mut self, schedule: &ScheduleName) {
        if let Some(active) = self.schedules.get(schedule).filter(|active| !active.running)
            && let Some(first) = active.waiting.front()
        {
            self.ready.entry(first.site.clone()).or_default().insert(first.ticket, schedule.clone());
        }
    }

    /// Keeps nothing of a schedule that neither runs nor waits.
    fn forget(&mut self, schedule: &ScheduleName) {
        if self.is_idle(schedule) {
            self.schedules.remove(schedule);
        }
    }
}

#[cfg(test)]
mod tests;
