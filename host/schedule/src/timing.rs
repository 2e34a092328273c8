//! When a schedule is due.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cron::Cron;
use crate::every::Every;
use crate::place;

/// When a schedule is due: by the wall clock of a time zone, or in a fixed rhythm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timing {
    /// A cron line, read in a time zone.
    Cron(Cron, TimeZone),
    /// A rhythm from the Unix epoch on; time zones do not matter to it.
    Every(Every),
}

/// What is unusual about a firing's place on the time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// Its wall-clock time did not exist, because clocks went forward: this is the first instant after.
    AfterGap,
    /// Its wall-clock time comes twice, because clocks go back: this is the first time.
    FirstOfFold,
    /// Its wall-clock time comes twice: this is the second time. Only lines that name every hour run here.
    SecondOfFold,
}

/// One coming firing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Coming {
    /// The instant.
    pub at: Timestamp,
    /// What is unusual about it.
    pub mark: Option<Mark>,
}

impl Timing {
    /// Returns the first instant after `after` at which the schedule is due; none when it never is again.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        self.coming_after(after).map(|coming| coming.at)
    }

    /// Returns the same with its mark.
    pub fn coming_after(&self, after: Timestamp) -> Option<Coming> {
        match self {
            Self::Cron(cron, zone) => place::next(cron, zone, after),
            Self::Every(every) => every.next_after(after).map(|at| Coming { at, mark: None }),
        }
    }

    /// Returns all firings after `after`, in order, without end unless the line names its years.
    pub fn firings(&self, after: Timestamp) -> Firings<'_> {
        Firings { timing: self, after: Some(after) }
    }

    /// Returns the last instant before `before` and after `floor` at which the schedule was due.
    ///
    /// Looks back in growing steps and then halves, so that it costs a handful of looks however dense or rare the schedule is.
    pub(crate) fn last_before(&self, before: Timestamp, floor: Timestamp) -> Option<Timestamp> {
        let due_from = |start: i64| {
            let start = Timestamp::from_second(start).ok()?.max(floor);
            self.next_after(start).filter(|at| *at < before)
        };
        // Firings lie on whole seconds, and whether one comes after `start` and before `before` falls from yes to no once.
        let top = before.as_second();
        let bottom = floor.as_second() - 1;
        let mut step = 1;
        let mut no = top;
        let mut yes = loop {
            let start = (top - step).max(bottom);
            if let Some(at) = due_from(start) {
                break (start, at);
            }
            if start == bottom {
                return None;
            }
            no = start;
            step *= 2;
        };
        while no - yes.0 > 1 {
            let middle = yes.0 + (no - yes.0) / 2;
            match due_from(middle) {
                Some(at) => yes = (middle, at),
                None => no = middle,
            }
        }
        Some(yes.1)
    }
}

/// The coming firings of a schedule. Made by [`Timing::firings`].
#[derive(Clone, Debug)]
pub struct Firings<'a> {
    timing: &'a Timing,
    after: Option<Timestamp>,
}

impl Iterator for Firings<'_> {
    type Item = Coming;

    fn next(&mut self) -> Option<Coming> {
        let coming = self.timing.coming_after(self.after?);
        self.after = coming.map(|coming| coming.at);
        coming
    }
}
