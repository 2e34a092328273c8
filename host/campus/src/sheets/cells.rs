//! Requests of a batch that touch cells and the grid.

use serde_json::Value;

use super::a1::{Area, Rect};
use super::batch::Request;
use super::book::Book;
use super::cell::Cell;
use super::formula;
use super::refusal::Refusal;

/// `appendCells`: rows below the last row that holds anything, from the first column on. Tables play no part.
pub(super) fn append(book: &mut Book, request: &Request<'_>) -> Result<(), Refusal> {
    let tab = request.tab(book, &request.fields["sheetId"])?;
    let row = book.tabs[tab].used_rows();
    write(book, request, tab, row, 0)
}

/// `updateCells`, with `start` or a `range`.
pub(super) fn update(book: &mut Book, request: &Request<'_>) -> Result<(), Refusal> {
    let (id, row, column) = match &request.fields["start"] {
        Value::Null => {
            let range = &request.fields["range"];
            (&range["sheetId"], &range["startRowIndex"], &range["startColumnIndex"])
        }
        start => (&start["sheetId"], &start["rowIndex"], &start["columnIndex"]),
    };
    let tab = request.tab(book, id)?;
    write(book, request, tab, index(row), index(column))
}

fn write(book: &mut Book, request: &Request<'_>, tab: usize, row: usize, column: usize) -> Result<(), Refusal> {
    let fields = request.fields["fields"].as_str().unwrap_or_default();
    if fields.is_empty() {
        return Err(request.refuse("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"));
    }
    let rows = request.fields["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let tab = &mut book.tabs[tab];
    for (r, line) in rows.iter().enumerate() {
        let cells = line["values"].as_array().map(Vec::as_slice).unwrap_or_default();
        tab.grow(row + r + 1, column + cells.len());
        if fields != "*" && !fields.contains("userEnteredValue") {
            continue;
        }
        for (c, cell) in cells.iter().enumerate() {
            tab.set(row + r, column + c, entered(&cell["userEnteredValue"]));
        }
    }
    Ok(())
}

/// Takes an `ExtendedValue`: texts are kept as they are, unlike with `USER_ENTERED`.
fn entered(value: &Value) -> Cell {
    if let Some(text) = value["stringValue"].as_str() {
        return if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) };
    }
    if let Some(source) = value["formulaValue"].as_str() {
        let result = formula::evaluate(source.strip_prefix('=').unwrap_or(source));
        return Cell::Formula { source: source.to_owned(), result };
    }
    if let Some(value) = value["boolValue"].as_bool() {
        return Cell::Bool(value);
    }
    value["numberValue"].as_f64().map_or(Cell::Empty, Cell::number)
}

/// `insertDimension`: empty rows or columns before an index.
pub(super) fn insert_dimension(book: &mut Book, request: &Request<'_>) -> Result<(), Refusal> {
    let (tab, columns, from, to) = dimension(book, request)?;
    let tab = &mut book.tabs[tab];
    if columns {
        tab.insert_columns(from, to - from)
    } else {
        tab.insert_rows(from, to - from)
    }
    Ok(())
}

/// `deleteDimension`: rows or columns away, the rest moves up.
pub(super) fn delete_dimension(book: &mut Book, request: &Request<'_>) -> Result<(), Refusal> {
    let (tab, columns, from, to) = dimension(book, request)?;
    let tab = &mut book.tabs[tab];
    let size = if columns { tab.columns } else { tab.rows };
    if to > size || to - from >= size {
        return Err(request.refuse("You can't delete all the rows or columns on the sheet."));
    }
    if columns {
        tab.delete_columns(from, to)
    } else {
        tab.delete_rows(from, to)
    }
    Ok(())
}

fn dimension(book: &Book, request: &Request<'_>) -> Result<(usize, bool, usize, usize), Refusal> {
    let range = &request.fields["range"];
    let tab = request.tab(book, &range["sheetId"])?;
    let columns = match range["dimension"].as_str() {
        Some("ROWS") => false,
        Some("COLUMNS") => true,
        _ => return Err(request.refuse("dimension must be ROWS or COLUMNS")),
    };
    let (from, to) = (index(&range["startIndex"]), index(&range["endIndex"]));
    if to <= from {
        return Err(request.refuse("endIndex must be greater than startIndex"));
    }
    Ok((tab, columns, from, to))
}

/// `setBasicFilter`; open bounds end where the grid does.
pub(super) fn set_filter(book: &mut Book, request: &Request<'_>) -> Result<(), Refusal> {
    let range = &request.fields["filter"]["range"];
    let tab = request.tab(book, &range["sheetId"])?;
    let start = |name: &str| range[name].as_u64().and_then(|n| usize::try_from(n).ok());
    let end = |name: &str| start(name).and_then(|n| n.checked_sub(1));
    let area = Area {
        top: start("startRowIndex"),
        left: start("startColumnIndex"),
        bottom: end("endRowIndex"),
        right: end("endColumnIndex"),
    };
    let tab = &mut book.tabs[tab];
    let rect: Rect = area.resolve(tab.rows, tab.columns).ok_or_else(|| request.refuse("Range exceeds grid limits."))?;
    tab.filter = Some(rect);
    Ok(())
}

fn index(value: &Value) -> usize {
    value.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}
