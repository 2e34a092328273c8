//! A few connections, kept for the next statement.
//!
//! The pool of `sqlx` answers "timed out" where the server said why it refuses, waits for a server that is plainly away, and
//! cleans a connection up after its statement was given up. Here a connection whose statement did not come to its end is closed,
//! which also ends its work on the server at the next row.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::Connection;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Connections to one database at a time. 4: plugins run side by side, and the school's users come first.
const CONNECTIONS: usize = 4;

/// How long an unused connection is kept. 90 s: longer than the usual pause between two polls, shorter than servers wait.
const KEEP: Duration = Duration::from_secs(90);

pub(crate) struct Pool<C> {
    idle: Mutex<Vec<(C, Instant)>>,
    permits: Semaphore,
}

impl<C: Connection> Pool<C> {
    pub(crate) fn new() -> Self {
        Self { idle: Mutex::new(Vec::new()), permits: Semaphore::new(CONNECTIONS) }
    }

    /// Takes a connection that still answers, or the one that `connect` makes.
    pub(crate) async fn lease(
        &self,
        connect: impl Future<Output = Result<C, sqlx::Error>>,
    ) -> Result<Lease<'_, C>, sqlx::Error> {
        let permit = self.permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        while let Some(mut connection) = self.take() {
            if connection.ping().await.is_ok() {
                return Ok(Lease { connection, pool: self, _permit: permit });
            }
        }
        Ok(Lease { connection: connect.await?, pool: self, _permit: permit })
    }

    fn take(&self) -> Option<C> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < KEEP);
        idle.pop().map(|(connection, _)| connection)
    }
}

/// A connection in use. Dropping it closes it; [`Lease::keep`] puts it back.
pub(crate) struct Lease<'a, C> {
    connection: C,
    pool: &'a Pool<C>,
    _permit: SemaphorePermit<'a>,
}

impl<C> Lease<'_, C> {
    /// Puts the connection back for the next statement.
    pub(crate) fn keep(self) {
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push((self.connection, Instant::now()));
    }
}

impl<C> Deref for Lease<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> DerefMut for Lease<'_, C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}
