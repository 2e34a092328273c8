//! One process works on a store.

use std::time::Duration;

use async_trait::async_trait;
use beadle_plan::Instant;

use crate::StoreError;

/// A lease that this process wants.
#[derive(Debug, Clone)]
pub struct NewLease<'a> {
    /// Who asks: program, process and machine, for people.
    pub holder: &'a str,
    /// The present.
    pub now: Instant,
    /// How long it lasts without being renewed.
    pub lasts: Duration,
}

/// A lease that this process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Counts the holders; a later holder has a higher one.
    pub term: i64,
}

/// The lease.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes the lease.
    ///
    /// # Errors
    /// `InUse` when another process holds it.
    async fn take_lease(&self, wanted: NewLease<'_>) -> Result<Lease, StoreError>;

    /// Makes the lease last from now on.
    ///
    /// # Errors
    /// `Overtaken` when another process has taken it.
    async fn renew_lease(&self, lease: Lease, now: Instant, lasts: Duration) -> Result<(), StoreError>;

    /// Gives the lease up.
    async fn release_lease(&self, lease: Lease) -> Result<(), StoreError>;

    /// Returns who works on the store now.
    async fn holder(&self, now: Instant) -> Result<Option<String>, StoreError>;
}
