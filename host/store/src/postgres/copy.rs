//! A copy in an SQLite file, for a rehearsal: what decides what happens next, without the history.

use std::path::Path;

use futures::TryStreamExt as _;
use sqlx::AssertSqlSafe;

use super::PostgresStore;
use crate::{SqliteStore, Store as _, StoreError};

/// What is copied, each behind what it refers to.
const TABLES: [&str; 12] = [
    "schedule",
    "scope",
    "record",
    "catalog_scope",
    "sighting",
    "item",
    "fact",
    "tab",
    "tab_key",
    "target",
    "message",
    "wake",
];

/// How many rows travel in one statement.
const ROWS: usize = 1_000;

impl PostgresStore {
    pub(super) async fn copy_to_file(&self, path: &Path) -> Result<(), StoreError> {
        let copy = SqliteStore::open(path).await?;
        let mut snapshot = self.snapshot().await?;
        for table in TABLES {
            // Under a name that no column has: a column of the table's own name would be taken for the row.
            let sql = format!("SELECT to_jsonb(whole_row)::text FROM {table} AS whole_row");
            let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).fetch(&mut *snapshot);
            let mut batch = Vec::new();
            while let Some(row) = rows.try_next().await? {
                batch.push(row);
                if batch.len() == ROWS {
                    copy.fill(table, &batch).await?;
                    batch.clear();
                }
            }
            copy.fill(table, &batch).await?;
        }
        copy.close().await;
        Ok(())
    }
}
