//! SQLite's values. Each value has its own type, whatever its column was declared as.

use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Row, TypeInfo, ValueRef};

use super::{malformed, text_or_bytes};
use crate::{DbError, Value};

pub(crate) fn read(row: &SqliteRow) -> Result<Vec<Value>, DbError> {
    (0..row.len()).map(|at| value(row, at)).collect()
}

fn value(row: &SqliteRow, at: usize) -> Result<Value, DbError> {
    let bad = |kind: &str| malformed(row.column(at).name(), kind);
    let raw = row.try_get_raw(at).map_err(|_| bad("value"))?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let name = raw.type_info().name().to_owned();
    Ok(match name.as_str() {
        "REAL" => Value::Float(row.try_get_unchecked(at).map_err(|_| bad("number"))?),
        "TEXT" => text_or_bytes(row.try_get_unchecked(at).map_err(|_| bad("text"))?),
        "BLOB" => Value::Bytes(row.try_get_unchecked(at).map_err(|_| bad("blob"))?),
        _ => Value::Signed(row.try_get_unchecked(at).map_err(|_| bad("whole number"))?),
    })
}
