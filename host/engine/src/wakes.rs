//! Wishes of runs to run earlier than they are due, on their way from the runner to the planner.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use beadle_plan::{Instant, ScheduleName};
use tokio::sync::Notify;

/// What committed runs have asked for and the planner has not looked at yet.
#[derive(Default)]
pub(crate) struct Wakes {
    state: Mutex<State>,
    rung: Notify,
}

#[derive(Default)]
struct State {
    asked: HashMap<ScheduleName, Vec<Instant>>,
    /// Schedules that asked for something the last time: the others need not be looked at when they ask for nothing.
    asking: HashSet<ScheduleName>,
}

impl Wakes {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run of a schedule was committed, and asked for these runs in place of what was asked before.
    pub(crate) fn ask(&self, schedule: &ScheduleName, wakes: &[Instant]) {
        let mut state = self.state();
        let before = state.asking.contains(schedule);
        if wakes.is_empty() && !before {
            return;
        }
        if wakes.is_empty() {
            state.asking.remove(schedule);
        } else if !before {
            state.asking.insert(schedule.clone());
        }
        state.asked.insert(schedule.clone(), wakes.to_vec());
        drop(state);
        self.rung.notify_one();
    }

    /// A schedule has wishes from before the start.
    pub(crate) fn remember(&self, schedule: &ScheduleName) {
        self.state().asking.insert(schedule.clone());
    }

    /// Takes out what was asked.
    pub(crate) fn take(&self) -> HashMap<ScheduleName, Vec<Instant>> {
        std::mem::take(&mut self.state().asked)
    }

    /// Waits until something was asked.
    pub(crate) async fn rung(&self) {
        self.rung.notified().await;
    }
}
