//! Firings, the runs that attempt them, and the commit of what a run staged.

use async_trait::async_trait;
use beadle_plan::{
    Failure, FiringId, Instant, LogLine, Plan, PluginName, RunId, ScheduleName, SiteName, Summary, Trigger,
};

use crate::{CommitError, FiringState, Interrupted, RunMode, SkipReason, Started, StoreError};

/// A firing that has become due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFiring {
    /// Its schedule.
    pub schedule: ScheduleName,
    /// What made it due.
    pub trigger: Trigger,
    /// When it was due.
    pub instant: Instant,
    /// For a stretch of firings that were missed together: the first of them, and how many there were.
    pub stretch: Option<(Instant, u64)>,
    /// The present.
    pub now: Instant,
}

/// What a run is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun<'a> {
    /// Whether its plan is committed.
    pub mode: RunMode,
    /// The digest of the component and its folder.
    pub plugin_digest: &'a str,
    /// The present.
    pub now: Instant,
}

/// What a run came to, for its row.
#[derive(Debug, Clone)]
pub struct RunEnd<'a> {
    /// What the plugin said, or why it came to nothing.
    pub result: &'a Result<Summary, Failure>,
    /// What it read, counted and used; in a scheduled dry run also its plan: JSON.
    pub report: &'a str,
    /// Its log.
    pub log: &'a [LogLine],
    /// When it ended.
    pub now: Instant,
}

/// A plan to be committed.
#[derive(Debug, Clone)]
pub struct Commit<'a> {
    /// The attempt that staged it.
    pub started: Started,
    /// The plugin, to whom the collections belong.
    pub plugin: &'a PluginName,
    /// The site, with the plugin the owner of the collections.
    pub site: Option<&'a SiteName>,
    /// What was staged.
    pub plan: &'a Plan,
    /// How the run ended; none at a checkpoint, after which it goes on.
    pub end: Option<RunEnd<'a>>,
    /// The present.
    pub now: Instant,
}

/// Firings and runs.
#[async_trait]
pub trait Firings: Send + Sync {
    /// Makes a schedule known and returns up to which instant its firings are accounted for: `now` where it is new.
    async fn schedule(
        &self,
        name: &ScheduleName,
        plugin: &PluginName,
        site: Option<&SiteName>,
        now: Instant,
    ) -> Result<Instant, StoreError>;

    /// Writes that all firings of a schedule up to `through` are accounted for, as after an edit, which withdraws what was planned.
    async fn planned_through(&self, name: &ScheduleName, through: Instant) -> Result<(), StoreError>;

    /// Writes down a firing and begins its first attempt. `None` when the firing exists already: somebody else has it.
    async fn fire(&self, firing: &NewFiring, run: &NewRun<'_>) -> Result<Option<Started>, StoreError>;

    /// Writes down a firing that has to wait for its turn. `None` when it exists already.
    async fn wait(&self, firing: &NewFiring) -> Result<Option<FiringId>, StoreError>;

    /// Writes down a firing, or a stretch of them, that will not run, and why. Does nothing when it exists already.
    async fn skip(&self, firing: &NewFiring, reason: SkipReason) -> Result<(), StoreError>;

    /// Begins the next attempt at a firing that waits, or whose attempt before has failed. From then on the attempt before cannot commit.
    async fn attempt(&self, firing: FiringId, run: &NewRun<'_>) -> Result<Started, StoreError>;

    /// Commits a plan in one transaction.
    ///
    /// # Errors
    /// `Overtaken` when this is no longer the firing's attempt, `Conflict` when a scope moved; nothing is written then.
    async fn commit(&self, commit: Commit<'_>) -> Result<(), CommitError>;

    /// Closes a run that came to nothing, or a scheduled dry run. The firing stays open where another attempt will follow.
    async fn close_run(&self, started: Started, end: RunEnd<'_>, another_follows: bool) -> Result<(), StoreError>;

    /// Closes a firing that waits or was interrupted.
    async fn close_firing(
        &self,
        firing: FiringId,
        state: FiringState,
        reason: Option<SkipReason>,
    ) -> Result<(), StoreError>;

    /// Closes the runs that a dead host left open as lost, and returns the firings that are left open.
    async fn recover(&self, now: Instant) -> Result<Vec<Interrupted>, StoreError>;

    /// Returns when a schedule wants to run earlier than it is due, the earliest first.
    async fn wakes(&self, name: &ScheduleName) -> Result<Vec<Instant>, StoreError>;

    /// Returns the number of the run that is under way for a firing, if there is one.
    async fn open_run(&self, firing: FiringId) -> Result<Option<RunId>, StoreError>;
}
