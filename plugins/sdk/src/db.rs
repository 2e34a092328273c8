//! Read-only SQL on the databases the operator granted, with rows of a type of the plugin's own.

mod row;

use serde::de::DeserializeOwned;

use crate::bindings::imports::beadle::db::db as wit;
use crate::error::Error;

pub use wit::{Dialect, Value};

/// The answer of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The column names.
    pub columns: Vec<String>,
    /// The rows; each has as many values as there are columns.
    pub rows: Vec<Vec<Value>>,
}

impl Rows {
    /// Reads each row as a tuple (by position) or a struct (by column name). Whole numbers read from digits as well, so that it does
    /// not matter in which type a database answers.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the row and what does not fit; values stay out of the text.
    pub fn rows_as<T: DeserializeOwned>(self) -> Result<Vec<T>, Error> {
        let Self { columns, rows } = self;
        rows.into_iter()
            .enumerate()
            .map(|(index, values)| {
                T::deserialize(row::Row { columns: &columns, values })
                    .map_err(|error| Error::Invalid(format!("row {} of the answer: {error}", index + 1)))
            })
            .collect()
    }
}

/// Returns the dialect of a granted connection.
///
/// # Errors
/// [`Error::Denied`] where it is not granted.
pub fn dialect(connection: &str) -> Result<Dialect, Error> {
    Ok(wit::dialect_of(connection)?)
}

/// Runs one reading statement. `?` stands for a parameter on every database, `{prefix}` for the connection's table prefix.
///
/// # Errors
/// [`Error::Denied`] where the connection is not granted, [`Error::Unavailable`] where the database is away, [`Error::Invalid`]
/// where the statement is wrong.
pub fn query(connection: &str, statement: &str, parameters: &[Value]) -> Result<Rows, Error> {
    let wit::Rows { columns, rows } = wit::query(connection, statement, parameters)?;
    Ok(Rows { columns, rows })
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Signed(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}
