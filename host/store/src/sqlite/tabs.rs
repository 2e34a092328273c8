//! What delivery knows of the tabs it writes to.

use std::collections::HashSet;

use async_trait::async_trait;
use beadle_plan::{Instant, Target};

use super::SqliteStore;
use crate::{StoreError, Tab, Tabs};

#[async_trait]
impl Tabs for SqliteStore {
    async fn tab(&self, target: &Target) -> Result<Option<Tab>, StoreError> {
        let row: Option<(i64, i64)> = sqlx::query_as("SELECT term, read_at FROM tab WHERE target = ?")
            .bind(target.to_string())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|(term, read_at)| Tab { term, read_at: Instant::from_millis(read_at) }))
    }

    async fn add_keys(&self, target: &Target, keys: &[String], read: Option<Tab>) -> Result<(), StoreError> {
        let name = target.to_string();
        let mut transaction = self.begin().await?;
        for key in keys {
            sqlx::query("INSERT INTO tab_key (target, key) VALUES (?, ?) ON CONFLICT DO NOTHING")
                .bind(&name)
                .bind(key)
                .execute(&mut *transaction)
                .await?;
        }
        if let Some(read) = read {
            sqlx::query(
                "INSERT INTO tab (target, term, read_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (target) DO UPDATE SET term = ?2, read_at = ?3",
            )
            .bind(&name)
            .bind(read.term)
            .bind(read.read_at.millis())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn known(&self, target: &Target, keys: &[&str]) -> Result<HashSet<String>, StoreError> {
        // One statement, whatever the number of keys: they travel as one JSON list.
        let list = serde_json::to_string(keys)?;
        let known: Vec<String> =
            sqlx::query_scalar("SELECT key FROM tab_key WHERE target = ? AND key IN (SELECT value FROM json_each(?))")
                .bind(target.to_string())
                .bind(list)
                .fetch_all(&self.read)
                .await?;
        Ok(known.into_iter().collect())
    }
}
