//! What stands in the collections of plugins, kept in memory between runs: a poll compares with a thousand records that seldom move.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use beadle_plan::{Instant, Record, Standing, Stored};
use sqlx::Row;

use super::SqliteStore;
use super::commit::aspects;
use crate::{Ledger, ScopeName, StoreError};

/// How many records are kept in memory at most, all scopes together; some 300 bytes each.
const KEPT_RECORDS: usize = 100_000;

/// What stands, by scope, as of the version it names.
#[derive(Debug, Default)]
pub(super) struct Standings(Mutex<HashMap<ScopeName, Standing>>);

impl Standings {
    fn get(&self, name: &ScopeName, version: i64) -> Option<Standing> {
        let kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.get(name).filter(|standing| standing.version == Some(version)).cloned()
    }

    fn put(&self, name: &ScopeName, standing: Standing) {
        let mut kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let held: usize = kept.values().map(|standing| standing.records.len()).sum();
        if held + standing.records.len() > KEPT_RECORDS {
            kept.clear();
        }
        kept.insert(name.clone(), standing);
    }

    /// Brings a scope that is kept to its next version.
    pub(super) fn update(&self, name: &ScopeName, bring: impl FnOnce(&mut Standing)) {
        let mut kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(standing) = kept.get_mut(name) {
            bring(standing);
        }
    }
}

#[async_trait]
impl Ledger for SqliteStore {
    async fn standing(&self, name: &ScopeName) -> Result<Standing, StoreError> {
        // Version and records are read in one snapshot, or a commit between them would pair new records with an old version.
        let mut snapshot = self.read.begin().await?;
        let row: Option<(i64, i64)> = sqlx::query_as(
            "SELECT id, version FROM scope WHERE plugin = ? AND site = ? AND collection = ? AND scope = ?",
        )
        .bind(&name.plugin)
        .bind(&name.site)
        .bind(&name.collection)
        .bind(&name.scope)
        .fetch_optional(&mut *snapshot)
        .await?;
        let Some((scope, version)) = row else { return Ok(Standing::never_seen()) };
        if let Some(standing) = self.standings.get(name, version) {
            return Ok(standing);
        }
        let rows = sqlx::query("SELECT key, value, aspects, at, stands, since, held FROM record WHERE scope_id = ?")
            .bind(scope)
            .fetch_all(&mut *snapshot)
            .await?;
        let mut records = HashMap::with_capacity(rows.len());
        let mut held = HashSet::new();
        for row in rows {
            let key: String = row.try_get(0)?;
            if row.try_get::<bool, _>(6)? {
                held.insert(key.clone());
            }
            let record = Record {
                key: key.clone(),
                value: row.try_get(1)?,
                aspects: aspects(row.try_get(2)?)?,
                at: row.try_get::<Option<i64>, _>(3)?.map(Instant::from_millis),
            };
            let since = Instant::from_millis(row.try_get(5)?);
            records.insert(key, Stored { record, stands: row.try_get(4)?, since });
        }
        let standing = Standing { version: Some(version), records: Arc::new(records), held: Arc::new(held) };
        self.standings.put(name, standing.clone());
        Ok(standing)
    }
}
