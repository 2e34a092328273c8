//! MySQL's and MariaDB's values, as the binary protocol sends them.

use sqlx::mysql::{MySql, MySqlRow, MySqlTypeInfo};
use sqlx::{Column, Row, Type, TypeInfo, ValueRef};

use super::{malformed, text_or_bytes};
use crate::{DbError, Value};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Signed,
    Unsigned,
    Float,
    Double,
    Decimal,
    Date,
    DateTime,
    Time,
    /// Texts, and what may be one: `_bin` texts report `VARBINARY`, MariaDB's `JSON` reports `BLOB`.
    Text,
    Bytes,
}

/// How the columns of one answer are read.
pub(crate) struct Plan {
    kinds: Vec<Kind>,
}

impl Plan {
    pub(crate) fn new(row: &MySqlRow) -> Self {
        Self { kinds: row.columns().iter().map(|column| kind(column.type_info())).collect() }
    }

    pub(crate) fn read(&self, row: &MySqlRow) -> Result<Vec<Value>, DbError> {
        self.kinds.iter().enumerate().map(|(at, kind)| value(row, at, *kind)).collect()
    }
}

fn kind(info: &MySqlTypeInfo) -> Kind {
    // The type's name does not say that a TINYINT(1) is unsigned; what it can be read as does.
    if <u64 as Type<MySql>>::compatible(info) {
        return Kind::Unsigned;
    }
    if <i64 as Type<MySql>>::compatible(info) {
        return Kind::Signed;
    }
    match info.name() {
        "BOOLEAN" => Kind::Signed,
        "FLOAT" => Kind::Float,
        "DOUBLE" => Kind::Double,
        "DECIMAL" => Kind::Decimal,
        "DATE" => Kind::Date,
        "DATETIME" | "TIMESTAMP" => Kind::DateTime,
        "TIME" => Kind::Time,
        "GEOMETRY" => Kind::Bytes,
        _ => Kind::Text,
    }
}

fn value(row: &MySqlRow, at: usize, kind: Kind) -> Result<Value, DbError> {
    let name = || row.column(at).name().to_owned();
    let bad = |kind: &str| malformed(&name(), kind);
    let raw = row.try_get_raw(at).map_err(|_| bad("value"))?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let bytes = || row.try_get_unchecked::<&[u8], _>(at).map_err(|_| bad("value"));
    Ok(match kind {
        Kind::Signed => Value::Signed(row.try_get_unchecked(at).map_err(|_| bad("whole number"))?),
        Kind::Unsigned => Value::Unsigned(row.try_get_unchecked(at).map_err(|_| bad("whole number"))?),
        Kind::Float => Value::Float(row.try_get_unchecked::<f32, _>(at).map_err(|_| bad("number"))?.into()),
        Kind::Double => Value::Float(row.try_get_unchecked(at).map_err(|_| bad("number"))?),
        // Digits as the server sends them: up to 65, more than a decimal type of this side holds.
        Kind::Decimal => match std::str::from_utf8(bytes()?) {
            Ok(digits) => Value::Decimal(digits.to_owned()),
            Err(_) => return Err(bad("decimal")),
        },
        Kind::Date => Value::Text(date(bytes()?, false).ok_or_else(|| bad("date"))?),
        Kind::DateTime => Value::Text(date(bytes()?, true).ok_or_else(|| bad("date"))?),
        Kind::Time => Value::Text(time(bytes()?).ok_or_else(|| bad("time"))?),
        Kind::Text => text_or_bytes(bytes()?),
        Kind::Bytes => Value::Bytes(bytes()?.to_owned()),
    })
}

/// Reads a date, or a date `with_time`: a length of 4, 7 or 11, and as many bytes. Midnight is not sent.
fn date(bytes: &[u8], with_time: bool) -> Option<String> {
    let (length, bytes) = bytes.split_first()?;
    let bytes = bytes.get(..usize::from(*length))?;
    let (day, clock) = bytes.split_at_checked(4)?;
    let mut text = format!("{:04}-{:02}-{:02}", u16::from_le_bytes([day[0], day[1]]), day[2], day[3]);
    match clock {
        [] if with_time => text.push_str(" 00:00:00"),
        [] => {}
        [hour, minute, second, fraction @ ..] => {
            text.push_str(&format!(" {hour:02}:{minute:02}:{second:02}{}", micros(fraction)?));
        }
        _ => return None,
    }
    Some(text)
}

/// Reads a time of day or a span of time: a length of 0, 8 or 12, and as many bytes.
fn time(bytes: &[u8]) -> Option<String> {
    let (length, bytes) = bytes.split_first()?;
    match bytes.get(..usize::from(*length))? {
        [] => Some("00:00:00".into()),
        [negative, d0, d1, d2, d3, hour, minute, second, fraction @ ..] => {
            let hours = u64::from(u32::from_le_bytes([*d0, *d1, *d2, *d3])) * 24 + u64::from(*hour);
            let sign = if *negative == 0 { "" } else { "-" };
            Some(format!("{sign}{hours:02}:{minute:02}:{second:02}{}", micros(fraction)?))
        }
        _ => None,
    }
}

fn micros(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return Some(String::new());
    }
    let micros = u32::from_le_bytes(bytes.try_into().ok()?);
    Some(if micros == 0 { String::new() } else { format!(".{micros:06}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_of_all_lengths() {
        let day = [4, 0xea, 0x07, 11, 20];
        assert_eq!(date(&day, false).as_deref(), Some("2026-11-20"));
        assert_eq!(date(&day, true).as_deref(), Some("2026-11-20 00:00:00"));
        let second = [7, 0xea, 0x07, 11, 20, 18, 19, 50];
        assert_eq!(date(&second, true).as_deref(), Some("2026-11-20 18:19:50"));
        let micro = [11, 0xea, 0x07, 11, 20, 18, 19, 50, 1, 0, 0, 0];
        assert_eq!(date(&micro, true).as_deref(), Some("2026-11-20 18:19:50.000001"));
        assert_eq!(time(&[0]).as_deref(), Some("00:00:00"));
        assert_eq!(time(&[8, 1, 34, 0, 0, 0, 22, 59, 59]).as_deref(), Some("-838:59:59"));
        assert_eq!(time(&[12, 0, 0, 0, 0, 0, 1, 2, 3, 0x20, 0xa1, 7, 0]).as_deref(), Some("01:02:03.500000"));
    }

    #[test]
    fn what_is_cut_short_is_no_date() {
        for bytes in [&[][..], &[4, 1], &[7, 0xea, 0x07, 11, 20, 18], &[6, 0xea, 7, 11, 20, 18, 19], &[11]] {
            assert_eq!(date(bytes, true), None, "{bytes:?}");
        }
        for bytes in [&[][..], &[8, 1], &[3, 1, 2, 3], &[10, 0, 0, 0, 0, 0, 1, 2, 3, 1, 1]] {
            assert_eq!(time(bytes), None, "{bytes:?}");
        }
    }
}
