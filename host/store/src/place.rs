//! Where a store is, and how it is opened.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

use crate::{PostgresStore, SqliteStore, Store, StoreError};

/// Where a store is. Written out it shows no password.
#[derive(Debug, Clone)]
pub enum Place {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres {
        /// Its address, `postgres://beadle@db.school.example/beadle`, without a password.
        url: Url,
        /// The user's password, if it has one.
        password: Option<SecretString>,
    },
}

impl Place {
    /// Opens the store, makes it where there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// When it cannot be reached or made, or was written by a newer version.
    pub async fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Arc::new(SqliteStore::open(path).await?),
            Self::Postgres { url, password } => Arc::new(PostgresStore::open(url, password.as_ref()).await?),
        })
    }

    /// Opens the store so that nothing can be written through it; `None` where there is none yet.
    ///
    /// # Errors
    /// When it cannot be reached, or was written by another version.
    pub async fn open_read_only(&self) -> Result<Option<Arc<dyn Store>>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) if !path.exists() => None,
            Self::Sqlite(path) => Some(Arc::new(SqliteStore::open_read_only(path).await?)),
            Self::Postgres { url, password } => {
                let store = PostgresStore::open_read_only(url, password.as_ref()).await?;
                store.map(|store| Arc::new(store) as Arc<dyn Store>)
            }
        })
    }

    /// Tells whether a second host may wait there for the first to end.
    pub fn can_stand_by(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres { url, .. } => url.fmt(f),
        }
    }
}
