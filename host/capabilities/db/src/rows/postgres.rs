//! PostgreSQL's values, as the binary protocol sends them.
//!
//! They are read from their bytes: a date of `infinity` or a numeric with a thousand digits is ordinary there, and must not
//! stop the host.

use chrono::{DateTime, NaiveDate, TimeDelta};
use sqlx::postgres::{PgRow, PgTypeInfo, PgTypeKind};
use sqlx::{Column, Row, TypeInfo, ValueRef};

use super::malformed;
use crate::{DbError, Value};

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Boolean,
    Signed,
    Oid,
    Float,
    Numeric,
    Text,
    Jsonb,
    Uuid,
    Bytes,
    Date,
    Time,
    TimeZoned,
    Timestamp,
    TimestampZoned,
    /// A type that has no value in the interface.
    Other(String),
}

/// How the columns of one answer are read.
pub(crate) struct Plan {
    kinds: Vec<Kind>,
}

impl Plan {
    pub(crate) fn new(row: &PgRow) -> Self {
        Self { kinds: row.columns().iter().map(|column| kind(column.type_info())).collect() }
    }

    pub(crate) fn read(&self, row: &PgRow) -> Result<Vec<Value>, DbError> {
        self.kinds.iter().enumerate().map(|(at, kind)| column(row, at, kind)).collect()
    }
}

fn kind(info: &PgTypeInfo) -> Kind {
    match info.kind() {
        PgTypeKind::Enum(_) => return Kind::Text,
        PgTypeKind::Domain(inner) => return kind(inner),
        PgTypeKind::Simple | PgTypeKind::Pseudo => {}
        PgTypeKind::Composite(_) | PgTypeKind::Array(_) | PgTypeKind::Range(_) => {
            return Kind::Other(info.name().into());
        }
    }
    match info.name().to_ascii_lowercase().as_str() {
        "bool" => Kind::Boolean,
        "int2" | "int4" | "int8" => Kind::Signed,
        "oid" => Kind::Oid,
        "float4" | "float8" => Kind::Float,
        "numeric" => Kind::Numeric,
        "text" | "varchar" | "char" | "\"char\"" | "bpchar" | "name" | "unknown" | "citext" | "json" | "xml"
        | "void" => Kind::Text,
        "jsonb" => Kind::Jsonb,
        "uuid" => Kind::Uuid,
        "bytea" => Kind::Bytes,
        "date" => Kind::Date,
        "time" => Kind::Time,
        "timetz" => Kind::TimeZoned,
        "timestamp" => Kind::Timestamp,
        "timestamptz" => Kind::TimestampZoned,
        other => Kind::Other(other.to_owned()),
    }
}

fn column(row: &PgRow, at: usize, kind: &Kind) -> Result<Value, DbError> {
    let name = row.column(at).name();
    let raw = row.try_get_raw(at).map_err(|_| malformed(name, "value"))?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    if let Kind::Other(kind) = kind {
        return Err(DbError::Invalid(format!(
            "column {name}: values of the type {kind} are not handed out; write CAST({name} AS text)"
        )));
    }
    let bytes = raw.as_bytes().map_err(|_| malformed(name, "value"))?;
    value(bytes, kind).ok_or_else(|| malformed(name, row.column(at).type_info().name()))
}

fn value(bytes: &[u8], kind: &Kind) -> Option<Value> {
    let text = |bytes: &[u8]| Some(Value::Text(std::str::from_utf8(bytes).ok()?.to_owned()));
    match kind {
        Kind::Boolean => Some(Value::Boolean(bytes.first()? != &0)),
        Kind::Signed => signed(bytes).map(Value::Signed),
        Kind::Oid => Some(Value::Signed(u32::from_be_bytes(bytes.try_into().ok()?).into())),
        Kind::Float if bytes.len() == 4 => Some(Value::Float(f32::from_be_bytes(bytes.try_into().ok()?).into())),
        Kind::Float => Some(Value::Float(f64::from_be_bytes(bytes.try_into().ok()?))),
        Kind::Numeric => numeric(bytes).map(Value::Decimal),
        Kind::Text => text(bytes),
        Kind::Jsonb => text(bytes.strip_prefix(&[1])?),
        Kind::Uuid => uuid(bytes).map(Value::Text),
        Kind::Bytes => Some(Value::Bytes(bytes.to_owned())),
        Kind::Date => date(i32::from_be_bytes(bytes.try_into().ok()?)).map(Value::Text),
        Kind::Time => time(signed(bytes)?).map(Value::Text),
        Kind::TimeZoned => {
            let (clock, west) = bytes.split_at_checked(8)?;
            let zone = zone(i32::from_be_bytes(west.try_into().ok()?).checked_neg()?);
            Some(Value::Text(time(signed(clock)?)? + &zone))
        }
        Kind::Timestamp => timestamp(signed(bytes)?, "").map(Value::Text),
        // The session's time zone is UTC.
        Kind::TimestampZoned => timestamp(signed(bytes)?, "+00").map(Value::Text),
        Kind::Other(_) => None,
    }
}

fn signed(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        2 => Some(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        4 => Some(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        8 => Some(i64::from_be_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

/// Reads a numeric: four 16-bit words (how many digits, the weight of the first, the sign, how many places after the point), then
/// digits to the base of 10,000.
fn numeric(bytes: &[u8]) -> Option<String> {
    let word = |at: usize| Some(u16::from_be_bytes(bytes.get(at * 2..at * 2 + 2)?.try_into().ok()?));
    let (count, weight, sign, scale) = (i32::from(word(0)?), i32::from(word(1)?.cast_signed()), word(2)?, word(3)?);
    let sign = match sign {
        0 => "",
        0x4000 => "-",
        0xc000 => return Some("NaN".into()),
        0xd000 => return Some("Infinity".into()),
        0xf000 => return Some("-Infinity".into()),
        _ => return None,
    };
    // The digit for ten thousand to the power of `power`; those that are not sent are zero.
    let digit = |power: i32| {
        let at = weight - power;
        if (0..count).contains(&at) { word(4 + usize::try_from(at).ok()?) } else { Some(0) }
    };
    let mut text = sign.to_owned();
    for power in (0..=weight.max(0)).rev() {
        let digit = digit(power)?;
        if power == weight.max(0) {
            text.push_str(&digit.to_string());
        } else {
            text.push_str(&format!("{digit:04}"));
        }
    }
    if scale > 0 {
        text.push('.');
        let end = text.len() + usize::from(scale);
        let mut power = -1;
        while text.len() < end {
            text.push_str(&format!("{:04}", digit(power)?));
            power -= 1;
        }
        text.truncate(end);
    }
    Some(text)
}

fn uuid(bytes: &[u8]) -> Option<String> {
    let number = u128::from_be_bytes(bytes.try_into().ok()?);
    let hex = format!("{number:032x}");
    Some([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

/// PostgreSQL counts from here.
const YEAR_2000: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a date");

fn date(days: i32) -> Option<String> {
    match days {
        i32::MAX => Some("infinity".into()),
        i32::MIN => Some("-infinity".into()),
        days => Some(YEAR_2000.checked_add_signed(TimeDelta::days(days.into()))?.format("%Y-%m-%d").to_string()),
    }
}

fn timestamp(micros: i64, zone: &str) -> Option<String> {
    match micros {
        i64::MAX => Some("infinity".into()),
        i64::MIN => Some("-infinity".into()),
        micros => {
            const SECONDS_TO_2000: i64 = 946_684_800;
            let instant = DateTime::from_timestamp_micros(micros.checked_add(SECONDS_TO_2000 * 1_000_000)?)?;
            Some(format!("{}{zone}", instant.naive_utc().format("%Y-%m-%d %H:%M:%S%.f")))
        }
    }
}

/// Reads a time of day; `24:00:00` is one there.
fn time(micros: i64) -> Option<String> {
    if !(0..=86_400_000_000).contains(&micros) {
        return None;
    }
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    Some(format!("{:02}:{:02}:{:02}{fraction}", seconds / 3600, seconds / 60 % 60, seconds % 60))
}

fn zone(east: i32) -> String {
    let sign = if east < 0 { '-' } else { '+' };
    let minutes = east.unsigned_abs() / 60;
    if minutes.is_multiple_of(60) {
        format!("{sign}{:02}", minutes / 60)
    } else {
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// No bytes of any length stop the host.
        #[test]
        fn reading_is_total(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
            for kind in [
                Kind::Boolean, Kind::Signed, Kind::Oid, Kind::Float, Kind::Numeric, Kind::Text, Kind::Jsonb, Kind::Uuid,
                Kind::Bytes, Kind::Date, Kind::Time, Kind::TimeZoned, Kind::Timestamp, Kind::TimestampZoned,
            ] {
                let _ = value(&bytes, &kind);
            }
        }
    }

    #[test]
    fn the_ends_of_time() {
        assert_eq!(date(0).as_deref(), Some("2000-01-01"));
        assert_eq!(date(i32::MAX - 1), None);
        assert_eq!(timestamp(i64::MIN, "").as_deref(), Some("-infinity"));
        assert_eq!(timestamp(i64::MAX - 1, ""), None);
        assert_eq!(timestamp(-1, "+00").as_deref(), Some("1999-12-31 23:59:59.999999+00"));
        assert_eq!(time(86_400_000_000).as_deref(), Some("24:00:00"));
        assert_eq!(zone(-12_600), "-03:30");
    }
}
