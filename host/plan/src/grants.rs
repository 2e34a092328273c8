//! What the operator allows a plugin. The decisions themselves are pure functions in the `grant.rs` of each capability.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The `grants` of a plugin in `schedules.toml`, as written. What is not here is denied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grants {
    /// Web service functions that change nothing: `core_user_get_users`.
    pub moodle: Vec<String>,
    /// Web service functions that may change something, each named on purpose. Never called in a dry run.
    pub moodle_unsafe: Vec<String>,
    /// Names of configured databases.
    pub db: Vec<String>,
    /// Origins for GET and HEAD, `https://api.school.example`; or a method and an address that the operator calls a read:
    /// `POST https://search.school.example/query`.
    pub http: Vec<String>,
    /// Sheets and rights: `presence:append`, `presence:read`.
    pub sheets: Vec<String>,
    /// Chat channels: `class`.
    pub chat: Vec<String>,
    /// Readable collections of other plugins: `online:occupancy`.
    pub ledger: Vec<String>,
    /// What may be done with the catalog of the run's site: `observe`, `read`.
    pub catalog: Vec<String>,
    /// What may be done with kept content: `put`, `get`.
    pub artifacts: Vec<String>,
}

/// A refusal, with the line of `schedules.toml` that would allow what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// What was refused: `plugin online may not call core_user_get_users`.
    pub what: String,
    /// The line that would allow it: `[plugins.online] grants = { moodle = ["core_user_get_users"] }`; none where nothing would.
    pub allow: Option<String>,
}

impl Denial {
    /// Says what was refused and which line under `[plugins.NAME]` would allow it.
    pub fn grant(plugin: &str, what: impl Into<String>, key: &str, value: &str) -> Self {
        Self { what: what.into(), allow: Some(format!("under [plugins.{plugin}]: grants = {{ {key} = [{value:?}] }}")) }
    }

    /// Says what was refused for good.
    pub fn never(what: impl Into<String>) -> Self {
        Self { what: what.into(), allow: None }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.allow {
            Some(allow) => write!(f, "{}; to allow it write {allow}", self.what),
            None => f.write_str(&self.what),
        }
    }
}
