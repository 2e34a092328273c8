//! What delivery knows of the tabs it writes to.

use std::borrow::Cow;
use std::collections::HashSet;

use async_trait::async_trait;
use beadle_plan::{Instant, Target};
use serde::Serialize;

use super::{Backend, text};
use crate::{StoreError, Tab, Tabs};

#[async_trait]
impl Tabs for Backend {
    async fn tab(&self, target: &Target) -> Result<Option<Tab>, StoreError> {
        let row: Option<(i64, i64)> = sqlx::query_as("SELECT term, read_at FROM tab WHERE target = $1")
            .bind(target.to_string())
            .fetch_optional(self.reader())
            .await?;
        Ok(row.map(|(term, read_at)| Tab { term, read_at: Instant::from_millis(read_at) }))
    }

    async fn add_keys(&self, target: &Target, keys: &[String], read: Option<Tab>) -> Result<(), StoreError> {
        let name = target.to_string();
        let mut transaction = self.begin().await?;
        sqlx::query(concat!(
            "INSERT INTO tab_key (target, key) SELECT $2, value ->> 'key' FROM ",
            each!(),
            " WHERE TRUE ON CONFLICT DO NOTHING"
        ))
        .bind(list(keys.iter().map(String::as_str))?)
        .bind(&name)
        .execute(&mut *transaction)
        .await?;
        if let Some(read) = read {
            sqlx::query(
                "INSERT INTO tab (target, term, read_at) VALUES ($1, $2, $3)
                 ON CONFLICT (target) DO UPDATE SET term = $2, read_at = $3",
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
        let known: Vec<String> = sqlx::query_scalar(concat!(
            "SELECT key FROM tab_key WHERE target = $2 AND key IN (SELECT value ->> 'key' FROM ",
            each!(),
            ")"
        ))
        .bind(list(keys.iter().copied())?)
        .bind(target.to_string())
        .fetch_all(self.reader())
        .await?;
        Ok(known.into_iter().collect())
    }
}

/// A key in the list that a statement takes.
#[derive(Serialize)]
struct Key<'a> {
    key: Cow<'a, str>,
}

fn list<'a>(keys: impl Iterator<Item = &'a str>) -> Result<String, StoreError> {
    Ok(serde_json::to_string(&keys.map(|key| Key { key: text(key) }).collect::<Vec<_>>())?)
}
