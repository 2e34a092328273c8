//! References to content that is kept by its digest.

use async_trait::async_trait;
use beadle_plan::{ContentDigest, Instant, PluginName, Reference, RunId};
use serde::Serialize;

use crate::StoreError;

/// A reference, with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptReference {
    /// The site.
    pub site: String,
    /// The plugin that put it.
    pub plugin: PluginName,
    /// What refers to which content.
    #[serde(flatten)]
    pub reference: Reference,
    /// The run that put it.
    pub run: RunId,
    /// When it was committed.
    pub kept_at: Instant,
    /// Since when another stands in its place; none while it stands.
    pub superseded_at: Option<Instant>,
}

/// Which references to return, the newest first. What is none does not choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReferenceFilter {
    /// Only those of this site.
    pub site: Option<String>,
    /// Only those of this subject.
    pub subject: Option<String>,
    /// Also those in whose place another stands.
    pub superseded: bool,
    /// At most so many.
    pub limit: u32,
}

/// What refers to content.
#[async_trait]
pub trait Artifacts: Send + Sync {
    /// Lists references, the newest first.
    async fn references(&self, filter: &ReferenceFilter) -> Result<Vec<KeptReference>, StoreError>;

    /// Tells whether something of a site refers to this content.
    async fn refers(&self, site: &str, digest: ContentDigest) -> Result<bool, StoreError>;

    /// Returns which of these contents anything refers to.
    async fn referred(&self, digests: &[ContentDigest]) -> Result<Vec<ContentDigest>, StoreError>;

    /// Forgets references in whose place another stands since before `before`, and returns how many.
    async fn forget_references(&self, before: Instant) -> Result<u64, StoreError>;
}
