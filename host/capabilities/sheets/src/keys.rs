//! The key of a row: what makes it the same row as one that stands already.
//!
//! Pure. The key is made from named columns, found by the header, so that people may move columns, add their own and sort.

use std::collections::HashMap;

use beadle_plan::{KeyColumn, LONGEST_KEY, Row, Take};

/// Between the parts of a key of several columns.
const BETWEEN: &str = " | ";

/// Why a row has no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The key is made of no column.
    #[error("the key names no column")]
    NoColumn,
    /// The key names a column that is not among the columns.
    #[error("the key names the column {0:?}, which is not one of the columns")]
    Unknown(String),
    /// A cell of which the date is to be taken begins with none.
    #[error("the column {column:?} is taken as its date, but {cell:?} does not begin with one (YYYY-MM-DD)")]
    NoDate {
        /// The column.
        column: String,
        /// Its cell.
        cell: String,
    },
    /// All cells of the key are empty.
    #[error("the cells of the key are all empty")]
    Empty,
    /// A cell of the key holds a character that no database keeps in a text.
    #[error("a cell of the key holds the character NUL")]
    Nul,
    /// The key is longer than an index takes.
    #[error("the key is longer than {LONGEST_KEY} bytes; choose columns that are shorter")]
    Long,
}

/// Returns the key of a row that is to be written.
///
/// # Errors
/// When the row has no key.
pub fn of_row(row: &Row) -> Result<String, KeyError> {
    key(&row.columns, &row.key, &row.cells)
}

/// Returns the key of cells that are to be written under these columns.
///
/// # Errors
/// When the cells have no key.
pub fn key(columns: &[String], key: &[KeyColumn], cells: &[String]) -> Result<String, KeyError> {
    if key.is_empty() {
        return Err(KeyError::NoColumn);
    }
    let mut parts = Vec::with_capacity(key.len());
    for part in key {
        let at = columns.iter().position(|column| *column == part.column);
        let at = at.ok_or_else(|| KeyError::Unknown(part.column.clone()))?;
        let cell = cells.get(at).map_or("", String::as_str);
        parts.push(match part.take {
            Take::Whole => cell,
            Take::Date => {
                date(cell).ok_or_else(|| KeyError::NoDate { column: part.column.clone(), cell: cell.to_owned() })?
            }
        });
    }
    if parts.iter().any(|part| part.contains('\0')) {
        return Err(KeyError::Nul);
    }
    let key = join(&parts).ok_or(KeyError::Empty)?;
    if key.len() > LONGEST_KEY { Err(KeyError::Long) } else { Ok(key) }
}

/// Returns the key of a row that stands in a tab; `cells` are those of the key's columns. A row without one has none: people leave
/// lines empty and write notes below tables.
pub(crate) fn standing(key: &[KeyColumn], cells: &[&str]) -> Option<String> {
    let parts: Vec<&str> = key
        .iter()
        .zip(cells)
        .map(|(part, cell)| match part.take {
            Take::Whole => *cell,
            Take::Date => date(cell).unwrap_or(cell),
        })
        .collect();
    // What no row of ours can be called need not be remembered.
    join(&parts).filter(|key| key.len() <= LONGEST_KEY && !key.contains('\0'))
}

fn join(parts: &[&str]) -> Option<String> {
    if parts.iter().all(|part| part.is_empty()) {
        return None;
    }
    // Line ends become plain ones: spreadsheet services and programs do the same to cells.
    let plain = |part: &&str| part.replace("\r\n", "\n");
    Some(match parts {
        [one] => plain(one),
        // Escaped, so that different cells never make the same key.
        several => several
            .iter()
            .map(|part| plain(part).replace('\\', r"\\").replace('|', r"\|"))
            .collect::<Vec<_>>()
            .join(BETWEEN),
    })
}

/// Returns the date with which a cell begins.
fn date(cell: &str) -> Option<&str> {
    let date = cell.get(..10)?;
    let shape = date.bytes().enumerate().all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    let behind = cell[10..].chars().next();
    (shape && !behind.is_some_and(|c| c.is_ascii_digit())).then_some(date)
}

/// Where each of the wanted columns stands in a header.
///
/// # Errors
/// When some are missing, or one stands twice: then nobody can say which is meant.
pub(crate) fn place(header: &[String], wanted: &[String]) -> Result<Vec<usize>, HeaderError> {
    let mut at: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, column) in header.iter().enumerate() {
        at.entry(column.as_str()).or_default().push(i);
    }
    let (mut places, mut missing) = (Vec::with_capacity(wanted.len()), Vec::new());
    for column in wanted {
        match at.get(column.as_str()).map(Vec::as_slice) {
            Some([one]) => places.push(*one),
            Some(_) => return Err(HeaderError::Twice(column.clone())),
            None => missing.push(column.clone()),
        }
    }
    if missing.is_empty() { Ok(places) } else { Err(HeaderError::Missing(missing)) }
}

/// What is wrong with a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeaderError {
    /// These columns are not there.
    Missing(Vec<String>),
    /// This column stands twice.
    Twice(String),
}

/// Lays cells out as a header wants them; columns of the header that the row does not name stay empty.
pub(crate) fn lay_out(places: &[usize], cells: &[String]) -> Vec<String> {
    let mut line = vec![String::new(); places.iter().max().map_or(0, |last| last + 1)];
    for (place, cell) in places.iter().zip(cells) {
        line[*place].clone_from(cell);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    fn part(column: &str, take: Take) -> KeyColumn {
        KeyColumn { column: column.to_owned(), take }
    }

    #[test]
    fn a_key_takes_columns_whole_or_as_their_date() {
        let columns = texts(&["Hash", "Room", "Time"]);
        let cells = texts(&["a3f9", "Lab 2", "2026-11-20 09:55:00"]);
        let made = |parts: &[KeyColumn]| key(&columns, parts, &cells);
        assert_eq!(made(&[part("Hash", Take::Whole)]), Ok("a3f9".into()));
        assert_eq!(made(&[part("Hash", Take::Whole), part("Time", Take::Date)]), Ok("a3f9 | 2026-11-20".into()));
        assert_eq!(made(&[]), Err(KeyError::NoColumn));
        assert_eq!(made(&[part("Hat", Take::Whole)]), Err(KeyError::Unknown("Hat".into())));
        assert!(matches!(made(&[part("Room", Take::Date)]), Err(KeyError::NoDate { .. })));
        assert_eq!(key(&columns, &[part("Hash", Take::Whole)], &texts(&["", "x", "y"])), Err(KeyError::Empty));
    }

    #[test]
    fn a_key_is_one_that_every_database_keeps() {
        let (columns, parts) = (texts(&["Hash"]), [part("Hash", Take::Whole)]);
        let longest = "ä".repeat(LONGEST_KEY / 2);
        assert_eq!(key(&columns, &parts, std::slice::from_ref(&longest)), Ok(longest.clone()));
        assert_eq!(key(&columns, &parts, &[longest.clone() + "x"]), Err(KeyError::Long));
        assert_eq!(key(&columns, &parts, &texts(&["a\0b"])), Err(KeyError::Nul));
        assert_eq!(standing(&parts, &[&longest]), Some(longest.clone()));
        assert_eq!(standing(&parts, &[&(longest + "x")]), None);
    }

    #[test]
    fn dates_are_only_taken_where_one_stands() {
        for (cell, want) in [
            ("2026-11-20", Some("2026-11-20")),
            ("2026-11-20T10:00Z", Some("2026-11-20")),
            ("2026-11-201", None),
            ("20.11.2026", None),
            ("", None),
            ("2026-11-2ü", None),
        ] {
            assert_eq!(date(cell), want, "{cell}");
        }
    }

    #[test]
    fn columns_are_found_by_the_header() {
        let header = texts(&["Note", "Time", "Hash"]);
        assert_eq!(place(&header, &texts(&["Hash", "Time"])), Ok(vec![2, 1]));
        assert_eq!(lay_out(&[2, 1], &texts(&["a3f9", "now"])), texts(&["", "now", "a3f9"]));
        assert_eq!(place(&header, &texts(&["Room", "Hash"])), Err(HeaderError::Missing(texts(&["Room"]))));
        assert_eq!(place(&texts(&["a", "a"]), &texts(&["a"])), Err(HeaderError::Twice("a".into())));
    }

    proptest! {
        #[test]
        fn different_cells_make_different_keys(a in "[a|\\\\ ]{0,6}", b in "[a|\\\\ ]{0,6}", c in "[a|\\\\ ]{0,6}", d in "[a|\\\\ ]{0,6}") {
            let parts = [part("x", Take::Whole), part("y", Take::Whole)];
            let (one, two) = (standing(&parts, &[&a, &b]), standing(&parts, &[&c, &d]));
            prop_assert_eq!(one == two, (&a, &b) == (&c, &d));
        }
    }
}
