//! Tabs of spreadsheets, by the names the operator gave them.

use crate::bindings::imports::beadle::sheets::sheets as wit;
use crate::error::Error;

pub use wit::{KeyColumn, Take};

/// Returns the cells of a sheet's tab, header included.
///
/// # Errors
/// Whatever the host says.
pub fn read(sheet: &str) -> Result<Vec<Vec<String>>, Error> {
    Ok(wit::read(sheet)?)
}

/// Stages rows: each shall stand in the tab once for its key. `columns` is the header; `key` names the columns that make the key.
///
/// # Errors
/// [`Error::Denied`] where appending to the sheet is not granted.
pub fn append(sheet: &str, columns: &[&str], key: &[(&str, Take)], rows: &[Vec<String>]) -> Result<(), Error> {
    let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
    let key: Vec<KeyColumn> = key.iter().map(|&(column, take)| KeyColumn { column: column.to_owned(), take }).collect();
    Ok(wit::append(sheet, &columns, &key, rows)?)
}
