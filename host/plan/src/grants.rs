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

/// Names all lists of grants by their keys in `schedules.toml`, in the order in which they are written there.
macro_rules! lists {
    ($grants:expr, $($ref:tt)+) => {
        [
            ("moodle", $($ref)+ $grants.moodle),
            ("moodle-unsafe", $($ref)+ $grants.moodle_unsafe),
            ("db", $($ref)+ $grants.db),
            ("http", $($ref)+ $grants.http),
            ("sheets", $($ref)+ $grants.sheets),
            ("chat", $($ref)+ $grants.chat),
            ("ledger", $($ref)+ $grants.ledger),
            ("catalog", $($ref)+ $grants.catalog),
            ("artifacts", $($ref)+ $grants.artifacts),
        ]
    };
}

/// How many lists of grants there are.
const LISTS: usize = 9;

impl Grants {
    /// Returns all lists by their keys in `schedules.toml`, in the order in which they are written there.
    pub fn lists(&self) -> [(&'static str, &Vec<String>); LISTS] {
        lists!(self, &)
    }

    /// Returns the list with this key, to add to it.
    pub fn list_mut(&mut self, key: &str) -> Option<&mut Vec<String>> {
        lists!(self, &mut).into_iter().find_map(|(name, list)| (name == key).then_some(list))
    }

    /// Tells whether a word stands in the list with this key.
    pub fn has(&self, key: &str, word: &str) -> bool {
        self.lists().iter().any(|(name, list)| *name == key && list.iter().any(|granted| granted == word))
    }

    /// Decides about what is granted by one word in one list. `what` says what else may not be done: `may not read the catalog`.
    ///
    /// # Errors
    /// When it is not granted.
    pub fn require(&self, plugin: &str, key: &str, word: &str, what: &str) -> Result<(), Denial> {
        if self.has(key, word) {
            return Ok(());
        }
        Err(Denial::grant(plugin, format!("plugin {plugin} {what}"), key, word))
    }
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
