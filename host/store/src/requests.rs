//! What other commands ask of the process that works on a store.

use async_trait::async_trait;
use beadle_plan::Instant;

use crate::StoreError;

/// Something that another command asked of the holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The request's number.
    pub id: i64,
    /// What is asked, JSON.
    pub body: String,
}

/// The requests to the holder of the lease.
#[async_trait]
pub trait Requests: Send + Sync {
    /// Asks something of the holder and returns the request's number.
    async fn ask(&self, body: &str, now: Instant) -> Result<i64, StoreError>;

    /// Returns what was asked and not answered yet.
    async fn asked(&self) -> Result<Vec<Asked>, StoreError>;

    /// Answers a request.
    async fn answer(&self, id: i64, answer: &str, now: Instant) -> Result<(), StoreError>;

    /// Returns the answer to a request, once it is there.
    async fn answer_to(&self, id: i64) -> Result<Option<String>, StoreError>;
}
