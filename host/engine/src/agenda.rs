//! What the planner knows of each schedule, by when it is due next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use beadle_config::Schedule;
use beadle_plan::{Instant, ScheduleName};
use beadle_schedule::jitter;

/// The planner's view of a schedule.
pub(crate) struct Planned {
    pub(crate) schedule: Arc<Schedule>,
    /// Everything up to here has its row.
    pub(crate) through: Instant,
    /// The next instant, and when it is due with the schedule's jitter.
    pub(crate) next: Option<(Instant, Instant)>,
    /// Instants up to here come again because the clock was set back: they have their rows already.
    pub(crate) relived: Option<Instant>,
    /// How often that has happened.
    pub(crate) echoes: u64,
    /// When its last run wanted it to run again, besides; the earliest first.
    pub(crate) wakes: Vec<Instant>,
}

impl Planned {
    pub(crate) fn jitter(&self) -> Duration {
        jitter(self.schedule.name.as_str(), self.schedule.jitter)
    }

    /// Returns the instant under which a firing has its row. One that comes again is named by a millisecond of its own, because a
    /// schedule is due on whole seconds only.
    pub(crate) fn named(&self, at: Instant) -> Instant {
        if self.relived.is_some_and(|until| at <= until) { at + Duration::from_millis(self.echoes) } else { at }
    }
}

/// All schedules by when they are due next, those that never are at the end.
#[derive(Default)]
pub(crate) struct Agenda(BTreeMap<(Due, ScheduleName), Planned>);

/// When a schedule is due; what never is comes after all else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    At(Instant),
    Never,
}

impl Agenda {
    fn put(&mut self, one: Planned) {
        let due = one.next.map_or(Due::Never, |(_, due)| Due::At(due));
        self.0.insert((due, one.schedule.name.clone()), one);
    }

    /// Returns when something is due next.
    pub(crate) fn next(&self) -> Option<Instant> {
        match self.0.first_key_value()?.0.0 {
            Due::At(due) => Some(due),
            Due::Never => None,
        }
    }

    /// Takes out what is due.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<Planned> {
        let mut due = Vec::new();
        while self.next().is_some_and(|next| next <= now) {
            due.extend(self.0.pop_first().map(|(_, one)| one));
        }
        due
    }

    /// Takes out one schedule.
    pub(crate) fn take(&mut self, name: &ScheduleName) -> Option<Planned> {
        let key = self.0.keys().find(|(_, other)| other == name)?.clone();
        self.0.remove(&key)
    }

    pub(crate) fn all(&mut self) -> impl Iterator<Item = &mut Planned> {
        self.0.values_mut()
    }

    pub(crate) fn take_all(&mut self) -> Vec<Planned> {
        std::mem::take(&mut self.0).into_values().collect()
    }
}

impl Extend<Planned> for Agenda {
    fn extend<T: IntoIterator<Item = Planned>>(&mut self, planned: T) {
        planned.into_iter().for_each(|one| self.put(one));
    }
}
