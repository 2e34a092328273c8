//! What stands in the collections of plugins.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use beadle_plan::{Instant, Record, Standing, Stored};
use sqlx::Row;

use super::commit::aspects;
use super::{Backend, Database};
use crate::{Ledger, ScopeName, StoreError};

#[async_trait]
impl Ledger for Backend {
    async fn standing(&self, name: &ScopeName) -> Result<Standing, StoreError> {
        // Mostly nothing has moved since the last look, and one number says so.
        if let Some((_, version)) = found(self.reader(), name).await?
            && let Some(standing) = self.standings.get(name, version)
        {
            return Ok(standing);
        }
        // Version and records are read in one snapshot, or a commit between them would pair new records with an old version.
        let mut snapshot = self.snapshot().await?;
        let Some((scope, version)) = found(&mut *snapshot, name).await? else { return Ok(Standing::never_seen()) };
        let rows = sqlx::query("SELECT key, value, aspects, at, stands, since, held FROM record WHERE scope_id = $1")
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

/// Returns a scope's number and version, where it was seen.
async fn found<'c>(
    connection: impl sqlx::Executor<'c, Database = Database>,
    name: &ScopeName,
) -> Result<Option<(i64, i64)>, sqlx::Error> {
    sqlx::query_as("SELECT id, version FROM scope WHERE plugin = $1 AND site = $2 AND collection = $3 AND scope = $4")
        .bind(&name.plugin)
        .bind(&name.site)
        .bind(&name.collection)
        .bind(&name.scope)
        .fetch_optional(connection)
        .await
}
