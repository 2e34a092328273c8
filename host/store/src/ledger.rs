//! What stands in the collections of plugins.

use async_trait::async_trait;
use beadle_plan::Standing;

use crate::StoreError;

/// A scope's full name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScopeName {
    /// The plugin as configured.
    pub plugin: String,
    /// The site; empty for plugins without one.
    pub site: String,
    /// The collection.
    pub collection: String,
    /// The scope.
    pub scope: String,
}

/// What stands in the collections of plugins.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Returns what stands in a scope, as committed.
    async fn standing(&self, scope: &ScopeName) -> Result<Standing, StoreError>;
}
