//! What can never be a row. Pure; asked when a row is staged and again before it is sent.

use std::collections::HashSet;

use beadle_plan::Row;

/// Characters in a cell: the service's limit.
pub(crate) const MAX_CELL: usize = 50_000;

/// Columns: the service's limit (column ZZZ).
pub(crate) const MAX_COLUMNS: usize = 18_278;

/// Says what is wrong with the columns of an append.
pub(crate) fn check_columns(columns: &[String]) -> Result<(), String> {
    if columns.is_empty() {
        return Err("no columns are named".to_owned());
    }
    if columns.len() > MAX_COLUMNS {
        return Err(format!("{} columns are more than the {MAX_COLUMNS} that a sheet can have", columns.len()));
    }
    let mut seen = HashSet::with_capacity(columns.len());
    for column in columns {
        if column.is_empty() {
            return Err("a column has no name".to_owned());
        }
        if !seen.insert(column) {
            return Err(format!("the column {column:?} is named twice"));
        }
    }
    Ok(())
}

/// Says what is wrong with a row's cells.
pub(crate) fn check_cells(row: &Row) -> Result<(), String> {
    if row.cells.len() != row.columns.len() {
        return Err(format!("a row has {} cells for {} columns", row.cells.len(), row.columns.len()));
    }
    for (column, cell) in row.columns.iter().zip(&row.cells) {
        // Counting characters only where there may be too many.
        if cell.len() > MAX_CELL && cell.chars().count() > MAX_CELL {
            return Err(format!("the cell in column {column:?} is longer than {MAX_CELL} characters"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_no_sheet_takes_is_refused() {
        assert_eq!(check_columns(&texts(&["a", "b"])), Ok(()));
        for bad in [&[][..], &["a", ""], &["a", "a"]] {
            assert!(check_columns(&texts(bad)).is_err(), "{bad:?}");
        }
        let row = |cells: Vec<String>| Row { columns: texts(&["a"]).into(), key: [].into(), cells };
        assert_eq!(check_cells(&row(vec!["ä".repeat(MAX_CELL)])), Ok(()));
        assert!(check_cells(&row(vec!["x".repeat(MAX_CELL + 1)])).is_err());
        assert!(check_cells(&row(vec![])).is_err());
    }
}
