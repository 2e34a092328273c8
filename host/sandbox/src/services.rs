//! What the host lends to runs, and what the operator decided for each plugin.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use beadle_chat::Chats;
use beadle_db::Databases;
use beadle_egress::{Egress, Guarded};
use beadle_moodle::Site;
use beadle_plan::catalog::{Known, Sightings};
use beadle_plan::{Clock, Difference, Grants, Limits, PluginName, StagedSightings, Standing, SystemClock};
use beadle_sheets::Sheets;
use beadle_store::{Catalog, CatalogItem, CatalogScope, ItemFilter, Ledger, ScopeName, StoreError};

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
    async fn catalog_scope(&self, _: &str, _: &Sightings) -> Result<CatalogScope, StoreError> {
        Ok(CatalogScope { version: None, owner: None, digest: String::new(), baseline: true })
    }

    async fn sighted(&self, _: &str, _: &str) -> Result<HashMap<String, Known>, StoreError> {
        Ok(HashMap::new())
    }

    async fn preview(&self, _: &str, _: &StagedSightings) -> Result<Vec<Difference>, StoreError> {
        Ok(Vec::new())
    }

    async fn items(&self, _: &str, _: &ItemFilter) -> Result<Vec<CatalogItem>, StoreError> {
        Ok(Vec::new())
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
