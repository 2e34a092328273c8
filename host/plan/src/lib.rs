//! The language that all other parts of the host speak.
//!
//! A plugin never acts: it stages **observations** (what it saw) and **effects** (what shall stand somewhere), and together they
//! are the run's **plan**. The host compares observations with what it remembers, commits the plan in one transaction, and then
//! makes each effect so. This crate holds the words for that and nothing that touches the world: identifiers and instants as
//! types, grants and limits, the stage that collects a plan, the comparison, and what a run came to.
//!
//! ```
//! use beadle_plan::{Aspect, Losses, Observation, Record, Standing, compare};
//!
//! let seen = Observation {
//!     collection: "presence".into(),
//!     scope: "site".into(),
//!     range: None,
//!     losses: Losses::Ordinary,
//!     records: vec![Record {
//!         key: "a3f9c12b".into(),
//!         value: r#"{"room":"Lab 2"}"#.into(),
//!         aspects: vec![Aspect { name: "room".into(), value: "Lab 2".into(), shape: 1 }],
//!         at: None,
//!     }],
//! };
//! let comparison = compare(&Standing::never_seen(), &seen);
//! assert!(comparison.first);
//! assert_eq!(comparison.differences.len(), 1);
//! ```

mod artifact;
mod aspects;
pub mod catalog;
mod channel;
mod clock;
mod compare;
mod delivery;
mod effect;
mod feed;
mod grants;
mod ids;
mod instant;
mod limits;
mod message;
mod observation;
mod outcome;
mod stage;

pub use artifact::{ContentDigest, NoDigest, Reference};
pub use channel::{Fallbacks, NoDelete, NoEdit, NoMention, Ping};
pub use clock::{Clock, ManualClock, ScaledClock, SystemClock};
pub use compare::{Change, Standing, compare, compare_record};
pub use delivery::{Deliver, Delivered, Doubt, Preview, PreviewMessage, PreviewRow, Previewed, QueuedEffect};
pub use effect::{Body, Effect, KeyColumn, NoTarget, Post, Row, Take, Target};
pub use feed::{ChangeKind, Judgement, Version, Way, judge};
pub use grants::{Denial, Grants};
pub use ids::{ChatName, EffectId, FiringId, PluginName, RunId, ScheduleName, SheetName, SiteName};
pub use instant::Instant;
pub use limits::{FARTHEST_WAKE, LONGEST_KEY, LimitHit, Limits, SOONEST_WAKE, WAKES};
pub use message::{Block, Form, Look, Message, Piece, Severity, TooLong};
pub use observation::{
    Aspect, AspectDifference, Comparison, Difference, Kind, Losses, Observation, Range, Record, Stored,
};
pub use outcome::{
    Failure, FailureKind, LogLevel, LogLine, Outcome, Plan, Read, StagedScope, StagedSightings, Summary,
};
pub use stage::{Stage, Trigger, WakeRefused};
