//! The catalog: what was sighted of what a Moodle holds, and the items made from it.

use std::collections::HashMap;

use async_trait::async_trait;
use beadle_plan::catalog::{Item, Known, Sightings};
use beadle_plan::{Difference, Range, StagedSightings};

use crate::StoreError;

/// The collection of items, whose records belong to no plugin.
pub(crate) const ITEMS: &str = "items";

/// What is known of a scope of the catalog before it is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogScope {
    /// Its version; none where it was never looked at.
    pub version: Option<i64>,
    /// The plugin to whom it belongs, where it was looked at.
    pub owner: Option<String>,
    /// The digest of sightings that would change nothing; empty where all must be compared.
    pub digest: String,
    /// Whether this part of its course was never seen completely: what is new is no news.
    pub baseline: bool,
}

/// Which items to return. What is empty does not choose.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ItemFilter {
    /// Only those with one of these keys.
    pub keys: Vec<String>,
    /// Only those of this kind.
    pub kind: Option<String>,
    /// Only those of this course.
    pub course: Option<String>,
    /// Only those due within this range.
    pub due: Option<Range>,
    /// At most so many.
    pub limit: u32,
}

/// An item that stands, in a course that stands where the catalog knows it: nobody looks any more at what is in one that is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogItem {
    /// What identifies it on its site.
    pub key: String,
    /// The item.
    pub item: Item,
}

/// What was sighted on sites, and the items made from it.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Returns what is known of the scopes that were looked at, in their order.
    async fn catalog_scopes(&self, site: &str, seen: &[&Sightings]) -> Result<Vec<CatalogScope>, StoreError>;

    /// Returns what is known of the sightings of scopes, by scope and key. A scope in which nothing was ever sighted is left out.
    async fn sighted(&self, site: &str, scopes: &[&str])
    -> Result<HashMap<String, HashMap<String, Known>>, StoreError>;

    /// Returns how the items would change, look by look and by key, if each look were committed alone: kinds and aspects, no values.
    async fn preview(&self, site: &str, looks: &[&StagedSightings]) -> Result<Vec<Vec<Difference>>, StoreError>;

    /// Returns items that stand, by when they are due, those that are never due last, and by key.
    async fn items(&self, site: &str, filter: &ItemFilter) -> Result<Vec<CatalogItem>, StoreError>;
}
