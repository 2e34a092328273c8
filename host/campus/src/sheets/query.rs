//! Query parameters; `ranges` may come several times, and gspread spells booleans `False`.

use serde_json::json;

use super::refusal::Refusal;

/// The decoded parameters of one request, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(pub(super) Vec<(String, String)>);

impl Query {
    /// Returns the last value of a parameter, as the service takes the last of several.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns all values of a parameter.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Reads a boolean; absent is false.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false" | "0" | "") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(other) => Err(Refusal::field(name, "TYPE_BOOL", &json!(other))),
        }
    }
}
