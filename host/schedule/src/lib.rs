//! Pure time: when a schedule is due, and what is decided about an instant that is due.
//!
//! Nothing here reads a clock, sleeps or does input and output: every function takes the instants it needs, so that each rule can
//! be pinned by a table. The failures answered are the ones schedulers are known for: jobs that vanish in the night when clocks go
//! forward, run twice when they go back, weekdays counted from another day than the reader thinks, and a host that starts after a
//! weekend and runs two days of firings at once.
//!
//! ```
//! use beadle_schedule::{Cron, Timing};
//! use jiff::{Timestamp, tz::TimeZone};
//!
//! let timing = Timing::Cron(Cron::parse("30 2 * * *")?, TimeZone::get("Europe/Berlin")?);
//! let evening: Timestamp = "2026-03-28T18:00:00Z".parse()?;
//! // Half past two does not exist in that night: the job runs at the first instant after the gap, 03:00 summer time.
//! assert_eq!(timing.next_after(evening), Some("2026-03-29T01:00:00Z".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blackout;
mod cron;
mod every;
mod jitter;
mod misfire;
mod overlap;
mod place;
mod timing;

pub use crate::{
    blackout::{Blackout, BlackoutError},
    cron::{Cron, CronError},
    every::{Every, EveryError},
    jitter::jitter,
    misfire::{MOST_CAUGHT_UP, MOST_COUNTED, Misfire, MissedPlan, Stretch, Why, missed},
    overlap::{Decision, Overlap, decide},
    timing::{Coming, Firings, Mark, Timing},
};
