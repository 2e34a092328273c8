//! The words of the store's rows.

use beadle_plan::{FiringId, Instant, RunId, ScheduleName, Trigger};

use crate::StoreError;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// Returns the word that stands in the store.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::StoreError;

            fn from_str(word: &str) -> Result<Self, $crate::StoreError> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    other => Err($crate::StoreError::Damaged(format!("{other:?} is no {}", stringify!($name)))),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// How far a firing has come.
    FiringState {
        /// It waits for its turn.
        Waiting = "waiting",
        /// An attempt is under way, or another will follow.
        Running = "running",
        /// A run of it was committed.
        Done = "done",
        /// All its attempts failed.
        Failed = "failed",
        /// It never ran; its reason says why.
        Skipped = "skipped",
    }
}

words! {
    /// Why a firing did not run.
    SkipReason {
        /// The run before it was still under way.
        Overlap = "overlap",
        /// The host was down when it was due, and the schedule does not make up for it.
        Misfire = "misfire",
        /// It fell into a blackout.
        Blackout = "blackout",
        /// The schedule was switched off.
        Disabled = "disabled",
        /// The host died in the middle of its run, and the schedule does not make up for it.
        Lost = "lost",
        /// The host was stopping.
        Stopping = "stopping",
        /// The schedule was edited or taken out before its turn came.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// How far a run has come.
    RunState {
        /// It is under way.
        Running = "running",
        /// Its plan was committed.
        Committed = "committed",
        /// It was a scheduled dry run, and its plan was recorded.
        Dry = "dry",
        /// It came to nothing.
        Failed = "failed",
        /// A peer was away: it came to nothing, and a later one will do.
        Skipped = "skipped",
        /// The host died before it ended.
        Lost = "lost",
    }
}

words! {
    /// Whether a run's plan is committed.
    RunMode {
        /// It is.
        Live = "live",
        /// It is only recorded.
        DryRun = "dry-run",
    }
}

/// An attempt that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// The firing.
    pub firing: FiringId,
    /// The attempt's run.
    pub run: RunId,
    /// The attempt's number, from 1.
    pub attempt: u32,
}

/// A firing that a dead host left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupted {
    /// The firing.
    pub firing: FiringId,
    /// Its schedule.
    pub schedule: ScheduleName,
    /// What made it due.
    pub trigger: Trigger,
    /// When it was due.
    pub instant: Instant,
    /// How many attempts it has had.
    pub attempts: u32,
}

pub(crate) fn trigger(word: &str) -> Result<Trigger, StoreError> {
    [Trigger::Time, Trigger::Manual, Trigger::Change]
        .into_iter()
        .find(|trigger| trigger.word() == word)
        .ok_or_else(|| StoreError::Damaged(format!("{word:?} is no trigger")))
}

/// Reads a small count; databases keep all numbers in 64 bits.
pub(crate) fn count(number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Damaged(format!("{number} is no count")))
}
