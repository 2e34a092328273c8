//! What the host must not forget: firings, runs, observations and the outbox.
//!
//! A store is a database behind a set of small traits, one for each subject; [`Store`] is all of them together. [`SqliteStore`] is the one
//! that needs nothing installed. The story tests in `tests/` speak only of the traits, so that a second database is put under them
//! unchanged.
//!
//! Two promises rest here. A run's plan is committed in **one transaction**, and only by the attempt that the firing currently
//! counts: an attempt that was overtaken finds itself fenced off. And effects get their numbers inside that transaction, from a
//! counter of the firing that later attempts continue.

mod error;
mod firings;
mod lease;
mod ledger;
mod model;
mod outbox;
mod sqlite;
mod tabs;
mod views;

pub use error::{CommitError, StoreError};
pub use firings::{Commit, Firings, NewFiring, NewRun, RunEnd};
pub use lease::{Asked, Lease, Leases, NewLease};
pub use ledger::{Ledger, ScopeName};
pub use model::{FiringState, Interrupted, RunMode, RunState, SkipReason, Started};
pub use outbox::{DueTarget, EffectState, Outbox, TargetState};
pub use sqlite::SqliteStore;
pub use tabs::{Tab, Tabs};
pub use views::{EffectView, FiringView, Pruned, RunDetail, RunFilter, RunView, Views};

/// Everything the host must not forget.
pub trait Store: Leases + Firings + Ledger + Outbox + Tabs + Views {}

impl<T: Leases + Firings + Ledger + Outbox + Tabs + Views> Store for T {}
