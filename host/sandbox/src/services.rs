//! What the host lends to runs, and what the operator decided for each plugin.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use beadle_artifacts::Content;
use beadle_chat::Chats;
use beadle_db::Databases;
use beadle_egress::{Egress, Guarded};
use beadle_moodle::Site;
use beadle_plan::catalog::{Known, Sightings};
use beadle_plan::{
    Clock, ContentDigest, Difference, Grants, Instant, Limits, PluginName, StagedSightings, Standing, SystemClock,
};
use beadle_sheets::Sheets;
use beadle_store::{
    Artifacts, Catalog, CatalogItem, CatalogScope, ItemFilter, KeptReference, Ledger, ReferenceFilter, ScopeName,
    StoreError,
};

use crate::mapper::Mapper;
use crate::pseudonym::PseudonymKey;

/// What the host lends to a run.
#[derive(Clone)]
pub struct Services {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// What was observed so far.
    pub ledger: Arc<dyn Ledger>,
    /// What was sighted on sites so far.
    pub catalog: Arc<dyn Catalog>,
    /// What refers to kept content so far.
    pub artifacts: Arc<dyn Artifacts>,
    /// Where content is kept.
    pub content: Option<Content>,
    /// The run's site.
    pub site: Option<Arc<Site>>,
    /// The configured databases.
    pub databases: Arc<Databases>,
    /// The configured sheets.
    pub sheets: Arc<Sheets>,
    /// The configured chats.
    pub chats: Arc<Chats>,
    /// The way to other services.
    pub egress: Option<Egress>,
    /// The key of all pseudonyms.
    pub key: Option<PseudonymKey>,
}

impl Services {
    /// Lends nothing: what a plugin gets that is asked to describe itself.
    pub fn none() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ledger: Arc::new(Nothing),
            catalog: Arc::new(Nothing),
            artifacts: Arc::new(Nothing),
            content: None,
            site: None,
            databases: Arc::new(Databases::default()),
            sheets: Arc::new(Sheets::default()),
            chats: Arc::new(Chats::default()),
            egress: None,
            key: None,
        }
    }
}

/// Where nothing was ever observed.
struct Nothing;

#[async_trait]
impl Ledger for Nothing {
    async fn standing(&self, _: &ScopeName) -> Result<Standing, StoreError> {
        Ok(Standing::never_seen())
    }
}

#[async_trait]
impl Catalog for Nothing {
    async fn catalog_scopes(&self, _: &str, seen: &[&Sightings]) -> Result<Vec<CatalogScope>, StoreError> {
        Ok(vec![CatalogScope { baseline: true, ..CatalogScope::default() }; seen.len()])
    }

    async fn sighted(&self, _: &str, _: &[&str]) -> Result<HashMap<String, HashMap<String, Known>>, StoreError> {
        Ok(HashMap::new())
    }

    async fn preview(&self, _: &str, looks: &[&StagedSightings]) -> Result<Vec<Vec<Difference>>, StoreError> {
        Ok(vec![Vec::new(); looks.len()])
    }

    async fn items(&self, _: &str, _: &ItemFilter) -> Result<Vec<CatalogItem>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Artifacts for Nothing {
    async fn references(&self, _: &ReferenceFilter) -> Result<Vec<KeptReference>, StoreError> {
        Ok(Vec::new())
    }

    async fn refers(&self, _: &str, _: ContentDigest) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn referred(&self, _: &[ContentDigest]) -> Result<Vec<ContentDigest>, StoreError> {
        Ok(Vec::new())
    }

    async fn forget_references(&self, _: Instant) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// What the operator decided for a plugin.
#[derive(Debug)]
pub struct Configured {
    /// The name under which it is configured.
    pub name: PluginName,
    /// What it may do.
    pub grants: Grants,
    /// What a run of it may use at most.
    pub limits: Limits,
    /// The collections it describes.
    pub collections: Vec<String>,
    /// Its way out for the standard `wasi:http`, under its grants.
    pub way: Guarded,
    /// The mapper that answers its `classrooms`.
    pub mapper: Option<Arc<Mapper>>,
}

impl Configured {
    /// Grants nothing, in small limits: what a plugin gets that is asked to describe itself.
    pub(crate) fn describing(nowhere: Guarded) -> Self {
        let limits = Limits {
            guest_time: std::time::Duration::from_secs(1),
            memory: 32 << 20,
            effects: 0,
            plan: 0,
            host_call: std::time::Duration::from_secs(5),
            host_calls: 1_000,
            responses: 16 << 20,
            log: 16 << 10,
        };
        Self {
            name: "describing".into(),
            grants: Grants::default(),
            limits,
            collections: Vec::new(),
            way: nowhere,
            mapper: None,
        }
    }
}
