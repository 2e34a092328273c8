//! The operator's settings; `settings.json` is their schema.

use beadle_sdk::Error;
use beadle_sdk::jiff::SignedDuration;
use serde::Deserialize;

/// Where to ask who is online.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Wanted {
    /// The first that is granted.
    #[default]
    Auto,
    Database,
    Enrolled,
    Users,
}

/// What stands for a person in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Identity {
    /// The host's keyed pseudonym.
    #[default]
    Keyed,
    /// The plain digest of older monitors.
    Seed,
}

/// How often a person gets a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Once {
    #[default]
    Session,
    Day,
    Ever,
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Settings {
    window: SignedDuration,
    pub(crate) source: Wanted,
    pub(crate) database: Option<String>,
    pub(crate) sheet: Option<String>,
    pub(crate) identity: Identity,
    pub(crate) once: Once,
    session_gap: SignedDuration,
    pub(crate) show_hidden: bool,
    pub(crate) page: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: SignedDuration::from_mins(5),
            source: Wanted::Auto,
            database: None,
            sheet: None,
            identity: Identity::Keyed,
            once: Once::Session,
            session_gap: SignedDuration::from_mins(30),
            show_hidden: false,
            page: 500,
        }
    }
}

impl Settings {
    /// Returns the window in seconds.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is nothing or longer than a day.
    pub(crate) fn window(&self) -> Result<i64, Error> {
        seconds("window", self.window)
    }

    /// Returns after how many seconds of silence a session is over.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is nothing or longer than a day.
    pub(crate) fn session_gap(&self) -> Result<i64, Error> {
        seconds("session-gap", self.session_gap)
    }
}

fn seconds(name: &str, length: SignedDuration) -> Result<i64, Error> {
    match length.as_secs() {
        seconds @ 1..=86_400 => Ok(seconds),
        _ => Err(Error::Invalid(format!("settings.{name} must lie between 1s and 24h"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: &str) -> Settings {
        serde_json::from_str(json).expect("the settings read")
    }

    #[test]
    fn every_setting_has_the_default_that_the_schema_says() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("settings.json")).expect("JSON");
        let properties = schema["properties"].as_object().expect("an object");
        assert_eq!(properties.len(), 9);
        for (name, property) in properties {
            let value = property.get("default").cloned().unwrap_or(serde_json::Value::Null);
            let json = serde_json::json!({ name: value });
            assert_eq!(settings(&json.to_string()), Settings::default(), "{name}");
        }
    }

    #[test]
    fn lengths_of_time_read_as_people_write_them() {
        for (text, expected) in [("300s", 300), ("5m", 300), ("1h 30m", 5400), ("1h30m", 5400)] {
            assert_eq!(settings(&format!(r#"{{"window": "{text}"}}"#)).window(), Ok(expected), "{text}");
        }
        assert!(settings(r#"{"window": "0s"}"#).window().is_err());
        assert!(settings(r#"{"session-gap": "25h"}"#).session_gap().is_err());
    }
}
