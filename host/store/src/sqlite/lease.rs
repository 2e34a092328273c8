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

    /// Names whoever took the store last. What the row says of time does not matter while the file is locked: a host that cannot write
    /// there, or stands still, still has it.
    async fn last_holder(&self) -> Result<String, StoreError> {
        let holder: Option<String> = sqlx::query_scalar("SELECT holder FROM lease").fetch_optional(&self.read).await?;
        Ok(holder.unwrap_or_else(|| "another process".to_owned()))
    }

    fn unlock(&self) {
        self.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    }
}

#[async_trait]
impl Leases for SqliteStore {
    async fn take_lease(&self, wanted: NewLease<'_>) -> Result<Lease, StoreError> {
        if !self.lock()? {
            return Err(StoreError::InUse { holder: self.last_holder().await?, expires_at: None });
        }
        // In a transaction of its own: where the disk is full, a statement that returns a row has done so before it fails.
        let mut transaction = self.begin().await?;
        let term = sqlx::query_scalar(
            "INSERT INTO lease (one, term, holder, taken_at, expires_at) VALUES (1, 1, $1, $2, $3)
             ON CONFLICT (one) DO UPDATE SET term = term + 1, holder = $1, taken_at = $2, expires_at = $3
             RETURNING term",
        )
        .bind(wanted.holder)
        .bind(wanted.now.millis())
        .bind((wanted.now + wanted.lasts).millis())
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
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
        if self.path.is_some() {
            if !self.lock()? {
                return Ok(Some(self.last_holder().await?));
            }
            self.unlock();
            return Ok(None);
        }
        Ok(sqlx::query_scalar("SELECT holder FROM lease WHERE expires_at > $1")
            .bind(now.millis())
            .fetch_optional(&self.read)
            .await?)
    }
}
