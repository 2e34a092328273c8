//! What a run came to.

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::catalog::{Sifted, Sightings};
use crate::{Change, Comparison, Effect, Instant, Observation, Reference};

/// What a plugin says of its own work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Numbers worth charting.
    pub counts: Vec<(String, u64)>,
    /// One sentence for people.
    pub sentence: String,
}

/// Whose business a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// Something is not granted: the operator's.
    Denied,
    /// A peer is away: nobody's, later will do.
    Unavailable,
    /// The plugin or its settings are wrong.
    Invalid,
    /// The plugin trapped: a bug, or a stack or memory used up.
    Trapped,
    /// A limit was hit.
    Limit,
    /// The run took longer than its schedule's `timeout`, or was stopped.
    Stopped,
    /// The host could not do its part: the store, the disk.
    Host,
}

impl FailureKind {
    /// Returns the word under which the store keeps it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::Invalid => "invalid",
            Self::Trapped => "trapped",
            Self::Limit => "limit",
            Self::Stopped => "stopped",
            Self::Host => "host",
        }
    }
}

/// Why a run came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Whose business it is.
    pub kind: FailureKind,
    /// What happened and what to do, for the operator.
    pub message: String,
    /// Where in the plugin, for its author: one frame a line, the innermost first.
    pub backtrace: Option<String>,
}

impl Failure {
    /// Makes a failure without a backtrace.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), backtrace: None }
    }
}

/// How much a line of the log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// For the plugin's author.
    Debug,
    /// Worth keeping.
    Info,
    /// Worth a look.
    Warn,
    /// Somebody should act.
    Error,
}

impl LogLevel {
    /// Returns the word under which the store keeps it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When it was written.
    pub at: Instant,
    /// How much it matters.
    pub level: LogLevel,
    /// What it says.
    pub message: String,
}

/// Something that was read, for the dry run's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// From where: `moodle:core_user_get_users`, `db:moodle`, `sheet:presence`.
    pub from: String,
    /// How long it took.
    pub took: Duration,
    /// How many bytes, or rows where `from` is a database, came back.
    pub size: u64,
    /// What went wrong, if anything did.
    pub error: Option<String>,
}

/// An observed scope, with what it was compared against.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedScope {
    /// What was seen.
    pub observation: Observation,
    /// The version that the answer was compared against; `None` where the scope had never been seen.
    pub base: Option<i64>,
    /// What the plugin was told.
    pub comparison: Comparison,
    /// What a commit has to write.
    pub changes: Vec<Change>,
}

/// A scope of the catalog that was looked at, with what it was compared against.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedSightings {
    /// What was sighted; of the items only those that are put.
    pub seen: Sightings,
    /// A digest of all that was sighted, where the same again would change nothing; else empty.
    pub digest: String,
    /// The version that it was compared against; `None` where the scope had never been looked at.
    pub base: Option<i64>,
    /// Whether this part of its course was never seen completely: what is new is no news.
    pub baseline: bool,
    /// What the look changes about the scope.
    pub sifted: Sifted,
    /// How the items differ, as the plugin was told.
    pub comparison: Comparison,
}

impl StagedSightings {
    /// Keeps of what was sighted what a commit has to write: of a scope in which nothing moved, none of its items.
    pub fn new(mut seen: Sightings, base: Option<i64>, baseline: bool, mut sifted: Sifted) -> Self {
        let digest = if sifted.settled { seen.digest() } else { String::new() };
        let puts: HashSet<usize> = sifted.puts.iter().copied().collect();
        let mut place = 0..;
        seen.items.retain(|_| place.next().is_some_and(|place| puts.contains(&place)));
        seen.items.shrink_to_fit();
        sifted.puts = (0..seen.items.len()).collect();
        let (unchanged, held) = (sifted.unchanged, sifted.held.len() as u64);
        let comparison = Comparison { first: baseline, unchanged, held, differences: Vec::new() };
        Self { seen, digest, base, baseline, sifted, comparison }
    }

    /// Tells whether its part of the course is known completely from now on. What could not be read at the first look is looked for once
    /// more; what can never be read must not make every look the first.
    pub fn completes(&self) -> bool {
        self.seen.complete && (self.seen.unsure.is_empty() || self.base.is_some())
    }

    /// Returns how many bytes it takes in a plan: what a commit writes.
    pub fn size(&self) -> usize {
        let kept: usize = self.seen.items.iter().map(|item| item.sighting.key.len() + item.value.len()).sum();
        kept + self.sifted.lost.iter().map(String::len).sum::<usize>()
    }
}

/// Everything a run staged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// What was seen, scope by scope.
    pub scopes: Vec<StagedScope>,
    /// What was sighted of what a Moodle holds, scope by scope.
    pub sightings: Vec<StagedSightings>,
    /// What refers to content, in the order in which it was put.
    pub references: Vec<Reference>,
    /// What shall stand, in the order in which it was said.
    pub effects: Vec<Effect>,
    /// When the schedule wants to run earlier than it is due, the earliest first.
    pub wakes: Vec<Instant>,
}

impl Plan {
    /// Returns each scope that was looked at, by its collection and name, with what the plugin was told of it.
    pub fn looks(&self) -> impl Iterator<Item = (&str, &str, &Comparison)> {
        let ledger = self.scopes.iter().map(|staged| {
            (staged.observation.collection.as_str(), staged.observation.scope.as_str(), &staged.comparison)
        });
        let catalog = self.sightings.iter().map(|staged| ("catalog", staged.seen.scope.as_str(), &staged.comparison));
        ledger.chain(catalog)
    }

    /// Tells whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty()
            && self.sightings.is_empty()
            && self.references.is_empty()
            && self.effects.is_empty()
            && self.wakes.is_empty()
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What the plugin returned, or why it did not.
    pub result: Result<Summary, Failure>,
    /// What it staged since its last checkpoint; empty where it failed.
    pub plan: Plan,
    /// What it read.
    pub reads: Vec<Read>,
    /// What it logged.
    pub log: Vec<LogLine>,
    /// Time spent inside the guest.
    pub guest_time: Duration,
    /// The most memory it held, in bytes.
    pub memory: usize,
}
