//! What keeps a configuration that reads well from being used.

use std::fmt;

/// Something that is wrong with what a configuration names: a plugin that cannot be loaded, a grant that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupProblem {
    /// The way to it in the file: `["plugins", "online", "grants"]`.
    pub path: Vec<String>,
    /// What is wrong, and what to write.
    pub message: String,
}

impl SetupProblem {
    /// Says what is wrong at a place of the file.
    pub fn new(path: &[&str], message: impl Into<String>) -> Self {
        Self { path: path.iter().map(ToString::to_string).collect(), message: message.into() }
    }
}

impl fmt::Display for SetupProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.join("."), self.message)
    }
}
