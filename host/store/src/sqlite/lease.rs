//! The lease: a lock on a file beside the store, and a row that says who has it.

use std::fs::TryLockError;
use std::time::Duration;

use async_trait::async_trait;
use beadle_plan::Instant;

use super::SqliteStore;
use crate::{Lease, Leases, NewLease, StoreError};

impl SqliteStore {
    /// Locks the file beside the store. The row alone would keep a host that was killed out of its own store until it expires.
    fn lock(&self) -> Result<bool, StoreError> {
        let Some(path) = &self.path else { return Ok(true) };
        let mut held = self.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if held.is_some() {
            return Ok(true);
        }
        let mut name = path.as_os_str().to_owned();
        name.push("-lease");
        let file = std::fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)
            .map_err(|error| StoreError::Unavailable(format!("{}: {error}", name.to_string_lossy())))?;
        match file.try_lock() {
            Ok(()) => {
                *held = Some(file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => {
                Err(StoreError::Unavailable(format!("{}: {error}", name.to_string_lossy())))
            }
        }
    }

    fn unlock(&self) {
        self.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    }
}

#[async_trait]
impl Leases for SqliteStore {
    async fn take_lease(&self, wanted: NewLease<'_>) -> Result<Lease, StoreError> {
        if !self.lock()? {
            let row: Option<(String, i64)> =
                sqlx::query_as("SELECT holder, expires_at FROM lease").fetch_optional(&self.read).await?;
            let (holder, expires_at) = row.unwrap_or_else(|| ("another process".to_owned(), wanted.now.millis()));
            return Err(StoreError::InUse { holder, expires_at: Instant::from_millis(expires_at) });
        }
        let term = sqlx::query_scalar(
            "INSERT INTO lease (one, term, holder, taken_at, expires_at) VALUES (1, 1, $1, $2, $3)
             ON CONFLICT (one) DO UPDATE SET term = term + 1, holder = $1, taken_at = $2, expires_at = $3
             RETURNING term",
        )
        .bind(wanted.holder)
        .bind(wanted.now.millis())
        .bind((wanted.now + wanted.lasts).millis())
        .fetch_one(&self.write)
        .await?;
        Ok(Lease { term })
    }

    async fn renew_lease(&self, lease: Lease, now: Instant, lasts: Duration) -> Result<(), StoreError> {
        let renewed = sqlx::query("UPDATE lease SET expires_at = $1 WHERE term = $2")
            .bind((now + lasts).millis())
            .bind(lease.term)
            .execute(&self.write)
            .await?;
        if renewed.rows_affected() == 0 { Err(StoreError::Overtaken) } else { Ok(()) }
    }

    async fn release_lease(&self, lease: Lease) -> Result<(), StoreError> {
        sqlx::query("UPDATE lease SET expires_at = 0 WHERE term = $1").bind(lease.term).execute(&self.write).await?;
        self.unlock();
        Ok(())
    }

    async fn holder(&self, now: Instant) -> Result<Option<String>, StoreError> {
        // Whoever can take the lock knows that nobody works on the store, whatever the row says.
        if self.path.is_some() && self.lock()? {
            self.unlock();
            return Ok(None);
        }
        Ok(sqlx::query_scalar("SELECT holder FROM lease WHERE expires_at > $1")
            .bind(now.millis())
            .fetch_optional(&self.read)
            .await?)
    }
}
