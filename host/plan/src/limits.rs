//! What a run may use at most. Each limit has a sentence on why its default is what it is, and names itself when it is hit.

use std::time::Duration;

/// The longest key of a record or a row, in bytes; a database finds it by an index, whose entries are short (PostgreSQL: 2,700 bytes).
pub const LONGEST_KEY: usize = 1024;

/// How many earlier runs a run may ask for: a watcher looks shortly before the next few starts.
pub const WAKES: usize = 8;

/// How soon a run may be asked for. A schedule that asks again and again is no busier than one with `every = "10s"`.
pub const SOONEST_WAKE: Duration = Duration::from_secs(10);

/// How far ahead a run may be asked for.
pub const FARTHEST_WAKE: Duration = Duration::from_secs(366 * 86_400);

/// The limits of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Time spent inside the guest, waits for the host aside. 30 s: a poll takes milliseconds; a full pass over a large site parses
    /// some 100 MB.
    pub guest_time: Duration,
    /// Linear memory of all of the guest's instances together, in bytes. 64 MiB: the answer of a site with 50,000 accounts is
    /// 27 MB, which the guest holds once as text and once as records.
    pub memory: usize,
    /// Effects staged in one run or checkpoint. 10,000: the rows of a full school day.
    pub effects: usize,
    /// The plan's size in bytes: observations and effects. 16 MiB: what one transaction writes without blocking others for a second.
    pub plan: usize,
    /// One call of the host by the guest. 30 s: a large site answers its longest list in 10 s.
    pub host_call: Duration,
    /// Calls of the host in one run. 100,000: a collector calls some hundreds.
    pub host_calls: u32,
    /// Bytes that host calls may answer with, in one run. 256 MiB: five times the largest answer seen.
    pub responses: usize,
    /// Bytes of log kept with a run. 256 KiB: some 2,000 lines; more is cut, and said so.
    pub log: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            guest_time: Duration::from_secs(30),
            memory: 64 << 20,
            effects: 10_000,
            plan: 16 << 20,
            host_call: Duration::from_secs(30),
            host_calls: 100_000,
            responses: 256 << 20,
            log: 256 << 10,
        }
    }
}

/// A limit that a run has hit. The text names the limit's key in `schedules.toml`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitHit {
    /// Too many effects.
    #[error("the run staged more than {0} effects (limits.effects)")]
    Effects(usize),
    /// Too large a plan.
    #[error("the run's plan is larger than {} KiB (limits.plan)", .0 / 1024)]
    Plan(usize),
    /// Too many calls of the host.
    #[error("the run called the host more than {0} times (limits.host-calls)")]
    HostCalls(u32),
    /// Too much answered.
    #[error("the run was answered with more than {} KiB (limits.responses)", .0 / 1024)]
    Responses(usize),
}
