//! Moodle's JSON as it comes: ids as numbers or texts, `null` where a list is meant, 0 where there is nothing.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// Reads a number that may stand as a text.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    number.ok_or_else(|| de::Error::custom("this is no number"))
}

/// Reads a number that may stand as a text, or not at all.
pub(crate) fn number_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()))
}

/// Reads a small number that means a state; what cannot be read is 0.
pub(crate) fn state<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()).unwrap_or(0))
}

/// Reads an instant in seconds since 1970-01-01 UTC; 0, nothing and what cannot be read are none.
pub(crate) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    Ok(number.filter(|&seconds| seconds > 0))
}

/// Reads a list that may be `null`.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The longest text that is read, in bytes: what comes after it was not written by people, and would fill the memory that a run has.
const LONGEST: usize = 4 << 20;

/// Reads a text that may be `null`.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(Text)
}

struct Text;

impl de::Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text[..text.floor_char_boundary(LONGEST)].to_owned())
    }

    fn visit_unit<E: de::Error>(self) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_none<E: de::Error>(self) -> Result<String, E> {
        Ok(String::new())
    }
}

/// Reads a truth that may be a number.
pub(crate) fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_bool().unwrap_or_else(|| value.as_i64().is_some_and(|number| number != 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Module {
        #[serde(deserialize_with = "number")]
        id: u64,
        #[serde(default, deserialize_with = "instant")]
        due: Option<i64>,
        #[serde(default, deserialize_with = "list")]
        dates: Vec<u32>,
        #[serde(default, deserialize_with = "text")]
        name: String,
        #[serde(default, deserialize_with = "truth")]
        visible: bool,
    }

    #[test]
    fn what_moodle_writes_in_two_ways_is_read_in_both() {
        let read = |text: &str| serde_json::from_str::<Module>(text).expect("it is read");
        let full = Module { id: 7, due: Some(5), dates: vec![1], name: "a".into(), visible: true };
        assert_eq!(read(r#"{"id": 7, "due": 5, "dates": [1], "name": "a", "visible": true}"#), full);
        assert_eq!(read(r#"{"id": "7", "due": "5", "dates": [1], "name": "a", "visible": 1}"#), full);
        let empty = Module { id: 7, due: None, dates: vec![], name: String::new(), visible: false };
        assert_eq!(read(r#"{"id": 7, "due": 0, "dates": null, "name": null, "visible": 0}"#), empty);
        assert_eq!(read(r#"{"id": 7}"#), empty);
        let long = format!(r#"{{"id": 7, "name": "{}"}}"#, "ä".repeat(LONGEST));
        assert_eq!(read(&long).name.len(), LONGEST);
        assert!(serde_json::from_str::<Module>(r#"{"id": "seven"}"#).is_err());
        assert!(serde_json::from_str::<Module>(r#"{"id": 7, "dates": {"exception": "x"}}"#).is_err());
    }
}
