//! The `values` collection: get, batchGet, append, update, clear.

use serde_json::{Map, Value, json};

use super::a1::{self, Rect};
use super::book::Book;
use super::cell::{Input, Render};
use super::refusal::Refusal;
use super::tab::Tab;
use super::{query::Query, table};

/// Reads one range.
pub(super) fn get(book: &Book, range: &str, query: &Query) -> Result<Value, Refusal> {
    let (tab, rect, _) = book.locate(range)?;
    let tab = &book.tabs[tab];
    let columns = by_columns(query.get("majorDimension"))?;
    let mut answer = json!({
        "range": a1::format(&tab.title, rect),
        "majorDimension": if columns { "COLUMNS" } else { "ROWS" },
    });
    let values = read(tab, rect, columns, render(query)?);
    if !values.is_empty() {
        answer["values"] = json!(values);
    }
    Ok(answer)
}

/// Reads several ranges.
pub(super) fn batch_get(book: &Book, query: &Query) -> Result<Value, Refusal> {
    let ranges = query.all("ranges").map(|range| get(book, range, query)).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "spreadsheetId": book.id, "valueRanges": ranges }))
}

/// Empties one range.
pub(super) fn clear(book: &mut Book, range: &str) -> Result<String, Refusal> {
    let (tab, rect, _) = book.locate(range)?;
    book.tabs[tab].clear(rect);
    Ok(a1::format(&book.tabs[tab].title, rect))
}

/// Empties several ranges.
pub(super) fn batch_clear(book: &mut Book, body: &Value) -> Result<Value, Refusal> {
    let mut cleared = Vec::new();
    for range in body["ranges"].as_array().into_iter().flatten() {
        cleared.push(clear(book, range.as_str().unwrap_or_default())?);
    }
    Ok(json!({ "spreadsheetId": book.id, "clearedRanges": cleared }))
}

/// Writes from the corner of a range on.
pub(super) fn update(book: &mut Book, range: &str, query: &Query, body: &Value) -> Result<Value, Refusal> {
    let input = input(query.get("valueInputOption"))?;
    let values = rows(body)?;
    let (index, rect, single) = book.locate(range)?;
    let (height, width) = size(&values);
    let tab = &mut book.tabs[index];
    let limit = if single { Rect { bottom: tab.rows - 1, right: tab.columns - 1, ..rect } } else { rect };
    if rect.top + height > limit.bottom + 1 || rect.left + width > limit.right + 1 {
        return Err(Refusal::invalid(if single {
            format!("Range ({range}) exceeds grid limits. Max rows: {}, max columns: {}", tab.rows, tab.columns)
        } else if rect.top + height > limit.bottom + 1 {
            format!("Requested writing within range [{range}], but tried writing to row [{}]", limit.bottom + 2)
        } else {
            format!(
                "Requested writing within range [{range}], but tried writing to column [{}]",
                a1::column(limit.right + 1)
            )
        }));
    }
    let written = tab.write(rect.top, rect.left, &values, input)?;
    let touched = block(rect.top, rect.left, height, width);
    let tab = &book.tabs[index];
    let mut answer = updates(&book.id, tab, touched, &written);
    if query.flag("includeValuesInResponse")? {
        answer["updatedData"] = data(tab, touched, query)?;
    }
    Ok(answer)
}

/// Writes below the last table that a range touches.
pub(super) fn append(book: &mut Book, range: &str, query: &Query, body: &Value) -> Result<Value, Refusal> {
    let input = input(query.get("valueInputOption"))?;
    let insert = match query.get("insertDataOption") {
        None | Some("OVERWRITE") => false,
        Some("INSERT_ROWS") => true,
        Some(other) => {
            let kind = "type.googleapis.com/google.apps.sheets.v4.AppendValuesRequest.InsertDataOption";
            return Err(Refusal::field("insert_data_option", kind, &json!(other)));
        }
    };
    let values = rows(body)?;
    let (index, rect, _) = book.locate(range)?;
    let (height, width) = size(&values);
    let tab = &mut book.tabs[index];
    let place = table::place(&tab.filled(), rect);
    if insert {
        tab.insert_rows(place.row, height);
    }
    tab.grow(place.row + height, place.column + width);
    book.check_size()?;
    let tab = &mut book.tabs[index];
    let written = tab.write(place.row, place.column, &values, input)?;
    let touched = block(place.row, place.column, height, width);
    let tab = &book.tabs[index];
    let mut updates = updates(&book.id, tab, touched, &written);
    if query.flag("includeValuesInResponse")? {
        updates["updatedData"] = data(tab, touched, query)?;
    }
    let mut answer = Map::new();
    answer.insert("spreadsheetId".to_owned(), json!(book.id));
    if let Some(found) = place.table {
        answer.insert("tableRange".to_owned(), json!(a1::format(&tab.title, found)));
    }
    answer.insert("updates".to_owned(), updates);
    Ok(Value::Object(answer))
}

fn block(row: usize, column: usize, height: usize, width: usize) -> Rect {
    Rect { top: row, left: column, bottom: row + height.max(1) - 1, right: column + width.max(1) - 1 }
}

fn updates(id: &str, tab: &Tab, touched: Rect, written: &super::tab::Written) -> Value {
    let mut updates = json!({ "spreadsheetId": id, "updatedRange": a1::format(&tab.title, touched) });
    // Zeros are left out, as the service's JSON leaves out every default.
    for (name, count) in
        [("updatedRows", written.rows), ("updatedColumns", written.columns), ("updatedCells", written.cells)]
    {
        if count > 0 {
            updates[name] = json!(count);
        }
    }
    updates
}

fn data(tab: &Tab, rect: Rect, query: &Query) -> Result<Value, Refusal> {
    let render = render_by(query.get("responseValueRenderOption"), query.get("responseDateTimeRenderOption"))?;
    let mut answer = json!({ "range": a1::format(&tab.title, rect), "majorDimension": "ROWS" });
    let values = read(tab, rect, false, render);
    if !values.is_empty() {
        answer["values"] = json!(values);
    }
    Ok(answer)
}

/// Reads a block; empty cells at the end of a line and empty lines at the end are left out.
fn read(tab: &Tab, rect: Rect, columns: bool, render: Render) -> Vec<Vec<Value>> {
    let (outer, inner) = if columns {
        (rect.left..=rect.right, rect.top..=rect.bottom)
    } else {
        (rect.top..=rect.bottom, rect.left..=rect.right)
    };
    let used = tab.cells.len().max(tab.cells.iter().map(Vec::len).max().unwrap_or(0));
    let mut lines: Vec<Vec<Value>> = outer
        .take_while(|i| *i < used)
        .map(|i| {
            let cells =
                inner.clone().take_while(|j| *j < used).map(|j| if columns { tab.get(j, i) } else { tab.get(i, j) });
            let mut line: Vec<_> = cells.collect();
            let filled = line.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
            line.truncate(filled);
            line.into_iter().map(|cell| cell.render(render)).collect()
        })
        .collect();
    let filled = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines.truncate(filled);
    lines
}

fn size(values: &[Vec<Value>]) -> (usize, usize) {
    (values.len(), values.iter().map(Vec::len).max().unwrap_or(0))
}

/// Takes the rows of a `ValueRange` body, turned if it came by columns.
fn rows(body: &Value) -> Result<Vec<Vec<Value>>, Refusal> {
    const LIST: &str = "type.googleapis.com/google.protobuf.ListValue";
    let columns = by_columns(body["majorDimension"].as_str())?;
    let lines = match &body["values"] {
        Value::Null => Vec::new(),
        Value::Array(lines) => lines
            .iter()
            .enumerate()
            .map(|(i, line)| match line {
                Value::Array(cells) => Ok(cells.clone()),
                other => Err(Refusal::field(&format!("data.values[{i}]"), LIST, other)),
            })
            .collect::<Result<Vec<_>, _>>()?,
        other => return Err(Refusal::field("data.values", LIST, other)),
    };
    if !columns {
        return Ok(lines);
    }
    let height = lines.iter().map(Vec::len).max().unwrap_or(0);
    Ok((0..height).map(|r| lines.iter().map(|line| line.get(r).cloned().unwrap_or(Value::Null)).collect()).collect())
}

fn by_columns(dimension: Option<&str>) -> Result<bool, Refusal> {
    match dimension {
        None | Some("ROWS" | "DIMENSION_UNSPECIFIED") => Ok(false),
        Some("COLUMNS") => Ok(true),
        Some(other) => {
            Err(Refusal::field("major_dimension", "type.googleapis.com/google.apps.sheets.v4.Dimension", &json!(other)))
        }
    }
}

fn input(option: Option<&str>) -> Result<Input, Refusal> {
    match option {
        Some("RAW") => Ok(Input::Raw),
        Some("USER_ENTERED") => Ok(Input::UserEntered),
        None | Some("INPUT_VALUE_OPTION_UNSPECIFIED") => {
            Err(Refusal::invalid("'valueInputOption' is required but not specified"))
        }
        Some(other) => Err(Refusal::field(
            "value_input_option",
            "type.googleapis.com/google.apps.sheets.v4.ValueInputOption",
            &json!(other),
        )),
    }
}

fn render(query: &Query) -> Result<Render, Refusal> {
    render_by(query.get("valueRenderOption"), query.get("dateTimeRenderOption"))
}

fn render_by(values: Option<&str>, dates: Option<&str>) -> Result<Render, Refusal> {
    let dates_as_text = match dates {
        None | Some("SERIAL_NUMBER") => false,
        Some("FORMATTED_STRING") => true,
        Some(other) => {
            let kind = "type.googleapis.com/google.apps.sheets.v4.DateTimeRenderOption";
            return Err(Refusal::field("date_time_render_option", kind, &json!(other)));
        }
    };
    match values {
        None | Some("FORMATTED_VALUE") => Ok(Render::Formatted),
        Some("UNFORMATTED_VALUE") => Ok(Render::Unformatted { dates_as_text }),
        Some("FORMULA") => Ok(Render::Formula { dates_as_text }),
        Some(other) => {
            let kind = "type.googleapis.com/google.apps.sheets.v4.ValueRenderOption";
            Err(Refusal::field("value_render_option", kind, &json!(other)))
        }
    }
}
