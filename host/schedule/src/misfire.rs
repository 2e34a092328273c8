//! What happens to firings that were due while nobody looked: the host was down, or asleep.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::timing::Timing;

/// How many missed firings are run at most; older ones are counted.
pub const MOST_CAUGHT_UP: usize = 500;

/// How many missed firings of a cron line are counted one by one; a longer stretch is "at least".
pub const MOST_COUNTED: u64 = 10_000;

/// The operator's choice, `skip` unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Misfire {
    /// Missed firings do not run.
    #[default]
    Skip,
    /// The latest missed firing inside the window runs, once.
    Once,
    /// Every missed firing inside the window runs, in order.
    All,
}

/// Why a stretch of firings does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// They are older than the window.
    BeyondWindow,
    /// The policy runs none of them, or only the latest.
    Policy,
    /// More than [`MOST_CAUGHT_UP`] lie inside the window.
    TooMany,
}

/// Firings that do not run, as one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stretch {
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
    /// How many there are.
    pub count: u64,
    /// Whether `count` is exact; otherwise there are at least so many.
    pub exact: bool,
    /// Why they do not run.
    pub why: Why,
}

/// What to do about missed firings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissedPlan {
    /// The instants to fire, in order.
    pub fire: Vec<Timestamp>,
    /// The rest, in order.
    pub skipped: Vec<Stretch>,
}

/// Decides about the firings after `planned_through`, up to and including `now`.
///
/// `window` is how late a firing may still run. The work is bounded however long nobody looked: rhythms are counted by arithmetic,
/// cron lines up to [`MOST_COUNTED`]. If the clock went back there is nothing to do.
pub fn missed(
    timing: &Timing,
    planned_through: Timestamp,
    now: Timestamp,
    policy: Misfire,
    window: Duration,
) -> MissedPlan {
    let mut plan = MissedPlan::default();
    if now <= planned_through {
        return plan;
    }
    let opens = jiff::SignedDuration::try_from(window)
        .ok()
        .and_then(|window| now.checked_sub(window).ok())
        .map_or(planned_through, |opens| opens.max(planned_through));
    // A nanosecond past `now`, so that a firing due at this very instant counts.
    let end = now.checked_add(jiff::SignedDuration::from_nanos(1)).unwrap_or(now);
    let limit = match policy {
        Misfire::Skip => 0,
        Misfire::Once => 1,
        Misfire::All => MOST_CAUGHT_UP,
    };
    let mut until = end;
    while plan.fire.len() < limit
        && let Some(at) = timing.last_before(until, opens)
    {
        plan.fire.push(at);
        until = at;
    }
    plan.fire.reverse();
    let why = if policy == Misfire::All { Why::TooMany } else { Why::Policy };
    let old = opens.checked_add(jiff::SignedDuration::from_nanos(1)).unwrap_or(opens);
    plan.skipped.extend(stretch(timing, planned_through, old, Why::BeyondWindow));
    plan.skipped.extend(stretch(timing, opens, until, why));
    plan
}

/// Counts the firings after `after` and before `before`.
fn stretch(timing: &Timing, after: Timestamp, before: Timestamp, why: Why) -> Option<Stretch> {
    let first = timing.next_after(after).filter(|at| *at < before)?;
    let last = timing.last_before(before, after)?;
    let (count, exact) = match timing {
        Timing::Every(every) => (every.count(after, last), true),
        Timing::Cron(..) => {
            let most = usize::try_from(MOST_COUNTED).unwrap_or(usize::MAX);
            let count = timing.firings(after).take_while(|coming| coming.at <= last).take(most + 1).count();
            (u64::try_from(count.min(most)).unwrap_or(MOST_COUNTED), count <= most)
        }
    };
    Some(Stretch { first, last, count, exact, why })
}

#[cfg(test)]
mod tests;
