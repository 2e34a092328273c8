//! A few connections, kept for the next statement.
//!
//! The pool of `sqlx` answers "timed out" where the server said why it refuses, waits for a server that is plainly away, and
//! cleans a connection up after its statement was given up. Here a connection whose statement did not come to its end is closed,
//! which also ends its work on the server at the next row.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::Connection;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Connections to one database at a time. 4: plugins run side by side, and the school's users come first.
const CONNECTIONS: usize = 4;

/// How long a kept connection may take to say that it is still there. 2 s: one that answered lately answers at once; one whose server
/// has moved without a word never does.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// How long an unused connection is kept. 90 s: longer than the usual pause between two polls, shorter than servers wait.
const KEEP: Duration = Duration::from_secs(90);

/// What a pool asks of a connection.
pub(crate) trait Kept {
    /// Tells whether it is still there.
    async fn answers(&mut self) -> bool;
}

impl<C: Connection> Kept for C {
    async fn answers(&mut self) -> bool {
        self.ping().await.is_ok()
    }
}

pub(crate) struct Pool<C> {
    idle: Mutex<Vec<(C, Instant)>>,
    permits: Semaphore,
}

impl<C: Kept> Pool<C> {
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
            if tokio::time::timeout(SIGN_OF_LIFE, connection.answers()).await.unwrap_or(false) {
                return Ok(Lease { connection, pool: self, _permit: permit });
            }
            // Where one has ended, the server was restarted or has moved, and the others have ended with it.
            self.idle().clear();
        }
        Ok(Lease { connection: connect.await?, pool: self, _permit: permit })
    }

    fn take(&self) -> Option<C> {
        let mut idle = self.idle();
        idle.retain(|(_, since)| since.elapsed() < KEEP);
        idle.pop().map(|(connection, _)| connection)
    }
}

impl<C> Pool<C> {
    fn idle(&self) -> MutexGuard<'_, Vec<(C, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.pool.idle().push((self.connection, Instant::now()));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection, some of which have a server that moved away without a word.
    struct Wire {
        number: u32,
        silent: bool,
    }

    impl Kept for Wire {
        async fn answers(&mut self) -> bool {
            if self.silent {
                std::future::pending::<()>().await;
            }
            true
        }
    }

    #[tokio::test(start_paused = true)]
    async fn connections_to_a_server_that_moved_away_cost_one_wait_together() {
        let pool = Pool::new();
        let wire = |number, silent| async move { Ok(Wire { number, silent }) };
        let leases = futures::future::join_all((1..=4).map(|number| pool.lease(wire(number, true)))).await;
        leases.into_iter().for_each(|lease| lease.expect("a connection").keep());
        let began = Instant::now();
        let lease = pool.lease(wire(5, false)).await.expect("another connection");
        assert_eq!((lease.number, began.elapsed().as_secs()), (5, SIGN_OF_LIFE.as_secs()));
        lease.keep();
        let again = pool.lease(wire(6, false)).await.expect("a connection");
        assert_eq!(
            (again.number, began.elapsed().as_secs()),
            (5, SIGN_OF_LIFE.as_secs()),
            "it is there and is used again"
        );
    }
}
