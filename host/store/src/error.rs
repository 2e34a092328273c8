//! What can go wrong with a store, by what the caller can do about it.

/// Why the store did not do as asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another process works on it.
    #[error("the store is in use by {holder}, until it stops{}", or_until(*expires_at))]
    InUse {
        /// Who: program, process and machine.
        holder: String,
        /// When its lease ends if it does not renew it; none where the store is its for as long as it lives.
        expires_at: Option<beadle_plan::Instant>,
    },
    /// This process held the lease, and another has taken it over since.
    #[error("the lease on the store was taken over by another host; this one must stop")]
    Overtaken,
    /// The database is locked, full, or away; later may work.
    #[error("the store cannot be used now: {0}")]
    Unavailable(String),
    /// The database was written by a newer version, or is none of ours.
    #[error("the store cannot be opened: {0}")]
    Foreign(String),
    /// What was read makes no sense: the file was edited or damaged.
    #[error("the store is damaged: {0}")]
    Damaged(String),
}

/// Why a plan was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another attempt at the firing has begun, or the run was closed: nothing was written.
    #[error("the run was overtaken by a later attempt; nothing of it was committed")]
    Overtaken,
    /// A scope has moved since the run compared with it: nothing was written, and the attempt runs again.
    #[error("scope {scope} of {collection} has changed meanwhile; nothing was committed")]
    Conflict {
        /// The collection.
        collection: String,
        /// The scope.
        scope: String,
    },
    /// The store itself.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn or_until(instant: Option<beadle_plan::Instant>) -> String {
    instant.map(|instant| format!(" or {instant}")).unwrap_or_default()
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::RowNotFound => Self::Damaged(error.to_string()),
            // What breaks a rule of the tables breaks it again, however long one waits.
            sqlx::Error::Database(refused) if !matches!(refused.kind(), sqlx::error::ErrorKind::Other) => {
                Self::Damaged(refused.message().to_owned())
            }
            // Its own words only: what the library adds is a line of the server's program.
            sqlx::Error::Database(refused) => Self::Unavailable(refused.message().to_owned()),
            error => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<sqlx::Error> for CommitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}
