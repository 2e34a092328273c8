//! Why a statement has no answer, by what the caller can do about it.

use crate::bindings::beadle::db::db;

/// Why a statement has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// It is not granted, or not a read. The text says what would allow it.
    #[error("{0}")]
    Denied(String),
    /// The database is away, slow, or refuses its user. Later, or after the operator has mended it, the same statement may work.
    #[error("{0}")]
    Unavailable(String),
    /// The statement is wrong, or its answer over a limit.
    #[error("{0}")]
    Invalid(String),
}

impl DbError {
    /// Returns the same error with another text.
    pub(crate) fn map_text(self, change: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Denied(text) => Self::Denied(change(&text)),
            Self::Unavailable(text) => Self::Unavailable(change(&text)),
            Self::Invalid(text) => Self::Invalid(change(&text)),
        }
    }
}

impl From<DbError> for db::Error {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Denied(text) => Self::Denied(text),
            DbError::Unavailable(text) => Self::Unavailable(text),
            DbError::Invalid(text) => Self::Invalid(text),
        }
    }
}
