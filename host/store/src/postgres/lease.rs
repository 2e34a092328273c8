//! The lease: a row, by the server's own clock, so that hosts whose clocks differ agree on who has it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use beadle_plan::Instant;

use super::PostgresStore;
use crate::{Lease, Leases, NewLease, StoreError};

/// The present of the server, in milliseconds.
macro_rules! now {
    () => {
        "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    };
}

fn millis(lasts: Duration) -> i64 {
    i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX)
}

#[async_trait]
impl Leases for PostgresStore {
    async fn take_lease(&self, wanted: NewLease<'_>) -> Result<Lease, StoreError> {
        let term: Option<i64> = sqlx::query_scalar(concat!(
            "INSERT INTO lease (one, term, holder, taken_at, expires_at) VALUES (1, 1, $1, ",
            now!(),
            ", ",
            now!(),
            " + $2)
             ON CONFLICT (one) DO UPDATE SET term = lease.term + 1, holder = excluded.holder, taken_at = excluded.taken_at,
               expires_at = excluded.expires_at
             WHERE lease.expires_at <= ",
            now!(),
            " RETURNING term"
        ))
        .bind(wanted.holder)
        .bind(millis(wanted.lasts))
        .fetch_optional(&self.pool)
        .await?;
        if let Some(term) = term {
            self.term.store(term, Ordering::Release);
            return Ok(Lease { term });
        }
        let (holder, expires_at): (String, i64) =
            sqlx::query_as("SELECT holder, expires_at FROM lease").fetch_one(&self.pool).await?;
        Err(StoreError::InUse { holder, expires_at: Some(Instant::from_millis(expires_at)) })
    }

    async fn renew_lease(&self, lease: Lease, _: Instant, lasts: Duration) -> Result<(), StoreError> {
        let renewed = sqlx::query(concat!("UPDATE lease SET expires_at = ", now!(), " + $1 WHERE term = $2"))
            .bind(millis(lasts))
            .bind(lease.term)
            .execute(&self.pool)
            .await?;
        if renewed.rows_affected() == 0 { Err(StoreError::Overtaken) } else { Ok(()) }
    }

    async fn release_lease(&self, lease: Lease) -> Result<(), StoreError> {
        sqlx::query("UPDATE lease SET expires_at = 0 WHERE term = $1").bind(lease.term).execute(&self.pool).await?;
        Ok(())
    }

    async fn holder(&self, _: Instant) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar(concat!("SELECT holder FROM lease WHERE expires_at > ", now!()))
            .fetch_optional(&self.pool)
            .await?)
    }
}
