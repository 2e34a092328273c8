//! What the host must not forget: firings, runs, observations and the outbox.
//!
//! A store is a database behind a set of small traits, one for each subject; [`Store`] is all of them together. [`SqliteStore`] is the one
//! that needs nothing installed, [`PostgresStore`] the one that lets a second host stand by. The story tests in `tests/` speak only of the
//! traits and are told to both.
//!
//! Two promises rest here. A run's plan is committed in **one transaction**, and only by the attempt that the firing currently
//! counts: an attempt that was overtaken finds itself fenced off. And effects get their numbers inside that transaction, from a
//! counter of the firing that later attempts continue.

mod artifacts;
mod catalog;
mod error;
mod feed;
mod firings;
mod lease;
mod ledger;
mod messages;
mod model;
mod outbox;
mod place;
mod postgres;
mod requests;
mod sql;
mod sqlite;
mod standings;
mod tabs;
mod views;

use std::path::Path;

use async_trait::async_trait;

pub use artifacts::{Artifacts, KeptReference, ReferenceFilter};
pub use catalog::{Catalog, CatalogItem, CatalogScope, ItemFilter};
pub use error::{CommitError, StoreError};
pub use feed::{Cursor, Feed, FeedFilter, FeedRow, NoCursor, Page};
pub use firings::{Commit, Firings, NewFiring, NewRun, RunEnd};
pub use lease::{Lease, Leases, NewLease};
pub use ledger::{Ledger, ScopeName};
pub use messages::{Messages, Part};
pub use model::{FiringState, Interrupted, RunMode, RunState, SkipReason, Started};
pub use outbox::{DueTarget, EffectState, Outbox, TargetState};
pub use place::Place;
pub use postgres::PostgresStore;
pub use requests::{Asked, Requests};
pub use sqlite::SqliteStore;
pub use tabs::{Tab, Tabs};
pub use views::{
    EffectDetail, EffectFilter, EffectView, FiringView, Kept, Pruned, RunDetail, RunFilter, RunView, Views,
};

/// Everything the host must not forget.
#[async_trait]
pub trait Store:
    Leases + Requests + Firings + Ledger + Catalog + Artifacts + Feed + Outbox + Tabs + Messages + Views
{
    /// Writes a copy into a new SQLite file, as the store stands at this moment.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    async fn copy_to(&self, path: &Path) -> Result<(), StoreError>;

    /// Closes all connections.
    async fn close(&self);
}
