//! What people and programs ask about the past.

use async_trait::async_trait;
use beadle_plan::{EffectId, FiringId, Instant, LogLine, RunId, ScheduleName, Target, Trigger};
use serde::Serialize;

use crate::{EffectState, FiringState, Part, RunMode, RunState, SkipReason, StoreError, TargetState};

/// Which runs to list.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Only of this schedule.
    pub schedule: Option<ScheduleName>,
    /// At most so many, the newest first.
    pub limit: u32,
    /// Only those before this number, to page on.
    pub before: Option<i64>,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunView {
    /// Its number.
    pub id: RunId,
    /// Its firing.
    pub firing: FiringId,
    /// Its schedule.
    pub schedule: ScheduleName,
    /// What made it due.
    pub trigger: Trigger,
    /// When it was due.
    pub instant: Instant,
    /// The attempt's number.
    pub attempt: u32,
    /// Whether its plan was to be committed.
    pub mode: RunMode,
    /// How far it came.
    pub state: RunState,
    /// When it began.
    pub started_at: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// What the plugin said.
    pub sentence: Option<String>,
    /// Whose business the failure is.
    pub failure_kind: Option<String>,
    /// Why it came to nothing.
    pub failure: Option<String>,
}

/// Everything about a run.
#[derive(Debug, Clone, Serialize)]
pub struct RunDetail {
    /// The run.
    #[serde(flatten)]
    pub run: RunView,
    /// The digest of the component and its folder.
    pub plugin_digest: String,
    /// Where in the plugin it failed.
    pub backtrace: Option<String>,
    /// What it read, counted and used.
    pub report: Option<serde_json::Value>,
    /// Its log.
    pub log: Vec<LogLine>,
    /// Its effects.
    pub effects: Vec<EffectView>,
}

/// An effect in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EffectView {
    /// Its number in the outbox.
    pub id: EffectId,
    /// Its number within its firing.
    pub number: i64,
    /// The run that staged it.
    pub run: Option<RunId>,
    /// Where it shall stand.
    pub target: String,
    /// Under which key.
    pub key: String,
    /// How far it has come.
    pub state: EffectState,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong last.
    pub cause: Option<String>,
    /// Where it stands.
    pub place: Option<String>,
    /// When it was committed.
    pub created_at: Instant,
    /// When it is tried next, where it waits.
    pub next_at: Option<Instant>,
    /// When it is too late for it.
    pub until: Option<Instant>,
    /// When it was settled.
    pub settled_at: Option<Instant>,
    /// What keeps its target, where it waits and something does.
    pub kept: Option<Kept>,
}

/// What keeps a target from being written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Whether an operator must mend it.
    pub state: TargetState,
    /// Why.
    pub cause: String,
    /// What the operator should do.
    pub advice: Option<String>,
}

/// Everything about an effect.
#[derive(Debug, Clone, Serialize)]
pub struct EffectDetail {
    /// The effect.
    #[serde(flatten)]
    pub effect: EffectView,
    /// What shall stand.
    pub body: serde_json::Value,
    /// What stands in the channel under its key, where it is a message.
    pub stands: Vec<Part>,
}

/// Which effects to list.
#[derive(Debug, Clone, Default)]
pub struct EffectFilter {
    /// Only of this target.
    pub target: Option<Target>,
    /// Those that were settled as well.
    pub settled: bool,
    /// At most so many, the newest first.
    pub limit: u32,
}

/// A firing that did not run, or has not yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FiringView {
    /// Its number.
    pub id: FiringId,
    /// Its schedule.
    pub schedule: ScheduleName,
    /// What made it due.
    pub trigger: Trigger,
    /// When it was due; for a stretch, the last of them.
    pub instant: Instant,
    /// The first of a stretch that was missed together.
    pub first: Option<Instant>,
    /// How many firings the row stands for.
    pub stands_for: u64,
    /// How far it came.
    pub state: FiringState,
    /// Why it did not run.
    pub reason: Option<SkipReason>,
}

/// What was removed because of its age.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Firings with their runs and log lines.
    pub firings: u64,
    /// Settled effects.
    pub effects: u64,
    /// Effects that were never delivered, and are now given up: a loss.
    pub lost: u64,
    /// Answered requests.
    pub requests: u64,
}

/// What people and programs ask about the past.
#[async_trait]
pub trait Views: Send + Sync {
    /// Lists runs, the newest first.
    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunView>, StoreError>;

    /// Returns everything about a run.
    async fn run(&self, id: RunId) -> Result<Option<RunDetail>, StoreError>;

    /// Lists firings that did not run, the newest first.
    async fn not_run(&self, filter: &RunFilter) -> Result<Vec<FiringView>, StoreError>;

    /// Lists effects, the newest first.
    async fn effects(&self, filter: &EffectFilter) -> Result<Vec<EffectView>, StoreError>;

    /// Returns everything about an effect.
    async fn effect(&self, id: EffectId) -> Result<Option<EffectDetail>, StoreError>;

    /// Removes what is older than `before`: closed firings with their runs and log lines, settled effects, answered requests. Effects that
    /// were never delivered are given up and stay as lost; one that is to be delivered later is as old as that. The log of observations stays.
    async fn prune(&self, before: Instant, now: Instant) -> Result<Pruned, StoreError>;
}
