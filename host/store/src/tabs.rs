//! What delivery knows of the tabs it writes to.

use std::collections::HashSet;

use async_trait::async_trait;
use beadle_plan::{Instant, Target};

use crate::StoreError;

/// A tab that was used before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// The lease's term under which its keys were last read.
    pub term: i64,
    /// When they were read.
    pub read_at: Instant,
}

/// The keys that are known to stand in tabs. Reading a tab only ever adds keys: a row that a person deletes stays deleted.
#[async_trait]
pub trait Tabs: Send + Sync {
    /// Returns what is known of a tab; `None` where it was never used.
    async fn tab(&self, target: &Target) -> Result<Option<Tab>, StoreError>;

    /// Writes down that a tab's keys were read: these stand in it.
    async fn add_keys(&self, target: &Target, keys: &[String], read: Option<Tab>) -> Result<(), StoreError>;

    /// Returns those of the keys that are known to stand in a tab.
    async fn known(&self, target: &Target, keys: &[&str]) -> Result<HashSet<String>, StoreError>;
}
