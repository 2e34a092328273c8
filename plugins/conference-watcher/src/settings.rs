//! The operator's settings; `settings.json` is their schema.

use beadle_sdk::Error;
use serde::{Deserialize, Deserializer, de};

use crate::patterns::{self, Patterns};

/// The longest horizon, in seconds: a year with its leap day.
const LONGEST_HORIZON: i64 = 366 * 86_400;
/// The longest lead of a ping, and the longest assumed duration, in seconds.
const LONGEST: i64 = 30 * 86_400;

/// A length of time in whole seconds, written as `90s`, `1h 30m` or `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Length(i64);

impl Length {
    /// Reads it; none where a number or a unit is missing, or it is beyond all measure.
    fn read(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut total = 0i64;
        while !rest.is_empty() {
            let digits = rest.find(|sign: char| !sign.is_ascii_digit())?;
            let number: i64 = rest[..digits].parse().ok()?;
            let unit = match rest.as_bytes()[digits] {
                b's' => 1,
                b'm' => 60,
                b'h' => 3600,
                b'd' => 86_400,
                _ => return None,
            };
            total = total.checked_add(number.checked_mul(unit)?)?;
            rest = rest[digits + 1..].trim_start();
        }
        Some(Self(total))
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text)
            .ok_or_else(|| de::Error::custom(format!("{text:?} is no length of time; write 5m, 2h or 30d")))
    }
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Settings {
    pub(crate) channel: String,
    #[serde(default = "horizon")]
    horizon: Length,
    #[serde(default = "ping_before")]
    ping_before: Vec<Length>,
    #[serde(default = "assume_duration")]
    assume_duration: Length,
    /// The courses to watch, where they are not the account's own.
    #[serde(default)]
    pub(crate) courses: Option<Vec<u64>>,
    #[serde(default = "patterns::usual")]
    patterns: Vec<String>,
}

fn horizon() -> Length {
    Length(30 * 86_400)
}

fn ping_before() -> Vec<Length> {
    vec![Length(300)]
}

fn assume_duration() -> Length {
    Length(7200)
}

impl Settings {
    /// Returns how far ahead is looked, in seconds.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is less than a minute or more than 366 days.
    pub(crate) fn horizon(&self) -> Result<i64, Error> {
        within("horizon", self.horizon, 60, LONGEST_HORIZON, "1m and 366d")
    }

    /// Returns how long before a start there are pings, in seconds, the shortest first, each once.
    ///
    /// # Errors
    /// [`Error::Invalid`] where one is nothing or more than 30 days.
    pub(crate) fn leads(&self) -> Result<Vec<i64>, Error> {
        let mut leads = self
            .ping_before
            .iter()
            .map(|&lead| within("ping-before", lead, 1, LONGEST, "1s and 30d"))
            .collect::<Result<Vec<i64>, Error>>()?;
        leads.sort_unstable();
        leads.dedup();
        Ok(leads)
    }

    /// Returns for how many seconds a conference goes on whose end is not known.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is less than a minute or more than 30 days.
    pub(crate) fn assume_duration(&self) -> Result<i64, Error> {
        within("assume-duration", self.assume_duration, 60, LONGEST, "1m and 30d")
    }

    /// Returns what makes an address a meeting's.
    ///
    /// # Errors
    /// [`Error::Invalid`] where an expression is none.
    pub(crate) fn patterns(&self) -> Result<Patterns, Error> {
        Patterns::of(&self.patterns)
    }
}

fn within(name: &str, length: Length, least: i64, most: i64, said: &str) -> Result<i64, Error> {
    if (least..=most).contains(&length.0) {
        return Ok(length.0);
    }
    Err(Error::Invalid(format!("settings.{name} must lie between {said}")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn settings(more: &Value) -> Result<Settings, serde_json::Error> {
        let mut json = json!({ "channel": "class" });
        for (name, value) in more.as_object().expect("an object") {
            json[name] = value.clone();
        }
        serde_json::from_value(json)
    }

    #[test]
    fn every_setting_has_the_default_that_the_schema_says() {
        let schema: Value = serde_json::from_str(include_str!("settings.json")).expect("JSON");
        let properties = schema["properties"].as_object().expect("an object");
        let usual = settings(&json!({})).expect("they read");
        assert_eq!(properties.len(), 6);
        for (name, property) in properties {
            assert!(property["description"].is_string(), "{name}");
            let value = property.get("default").cloned().unwrap_or(Value::Null);
            let value = if name == "channel" { "class".into() } else { value };
            assert_eq!(settings(&json!({ name: value })).expect("it reads"), usual, "{name}");
        }
        assert!(serde_json::from_str::<Settings>("{}").is_err(), "the channel has to be said");
    }

    #[test]
    fn lengths_of_time_read_as_people_write_them() {
        for (text, expected) in [("300s", 300), ("5m", 300), ("1h 30m", 5400), ("1h30m", 5400), ("1d", 86_400)] {
            let settings = settings(&json!({ "assume-duration": text })).expect("it reads");
            assert_eq!(settings.assume_duration(), Ok(expected), "{text}");
        }
        for text in ["5", "m", "5w", "99999999999999999999d", "9999999999999999d"] {
            assert!(settings(&json!({ "horizon": text })).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_out_of_bounds_names_its_setting() {
        let error = |more: Value, ask: fn(&Settings) -> Option<Error>| {
            ask(&settings(&more).expect("it reads")).expect("it is out of bounds").to_string()
        };
        let text = error(json!({ "horizon": "59s" }), |settings| settings.horizon().err());
        assert_eq!(text, "settings.horizon must lie between 1m and 366d");
        let text = error(json!({ "ping-before": ["5m", "0s"] }), |settings| settings.leads().err());
        assert_eq!(text, "settings.ping-before must lie between 1s and 30d");
        assert!(settings(&json!({ "assume-duration": "31d" })).expect("it reads").assume_duration().is_err());
    }

    #[test]
    fn leads_are_sorted_and_each_counts_once() {
        let leads = |list: Value| settings(&json!({ "ping-before": list })).expect("it reads").leads();
        assert_eq!(leads(json!(["1h", "5m", "60m"])), Ok(vec![300, 3600]));
        assert_eq!(leads(json!([])), Ok(vec![]));
    }
}
