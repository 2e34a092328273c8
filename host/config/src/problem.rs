//! What is wrong with a file, in a form for people and one for machines.
//!
//! A message that only says "invalid value" costs an administrator an evening. Every problem names file, line, key and value, shows
//! the line, and says what to write instead.

use std::fmt;

use serde::Serialize;

use crate::source::Location;

/// How much a problem matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file is taken, but somebody should look.
    Warning,
}

/// One thing that is wrong, or doubtful, with the file.
///
/// `Display` gives the form for terminals, serialisation the form for `check --json`. Neither ever holds a secret's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// The file, as it was named on the command line.
    pub file: String,
    /// Where in the file; none where the whole file is meant.
    #[serde(flatten)]
    pub place: Option<Location>,
    /// The key: `schedule[online].timezone`; empty where the whole file is meant.
    pub key: String,
    /// What is wrong, with the value.
    pub message: String,
    /// What would fix it: `write: timezone = "Europe/Berlin"`.
    pub fix: Option<String>,
}

/// A problem which does not keep the file from being used.
pub type Warning = Problem;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        match &self.place {
            Some(place) => {
                writeln!(f, "{severity}: {}:{}: {}", self.file, place.line, self.message)?;
                writeln!(f, "{:>5} | {}", place.line, place.text)?;
                write!(f, "      | {}{}", " ".repeat(place.indent), "^".repeat(place.width.max(1)))?;
            }
            None => write!(f, "{severity}: {}: {}", self.file, self.message)?,
        }
        for line in self.fix.iter().flat_map(|fix| fix.lines()) {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a file, in the file's order; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ConfigErrors {
    problems: Vec<Problem>,
}

impl ConfigErrors {
    /// Takes the problems and puts them into the file's order.
    pub(crate) fn new(mut problems: Vec<Problem>) -> Self {
        sort(&mut problems);
        Self { problems }
    }

    /// Makes the error of a file that could not be read at all.
    pub(crate) fn whole(file: &str, message: String, fix: &str) -> Self {
        let file = file.to_owned();
        let fix = Some(fix.to_owned());
        Self::new(vec![Problem { severity: Severity::Error, file, place: None, key: String::new(), message, fix }])
    }

    /// Returns the problems, for `check --json`.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// Sorts by place; what concerns the whole file comes first.
pub(crate) fn sort(problems: &mut [Problem]) {
    problems.sort_by_key(|problem| problem.place.as_ref().map(|place| (place.line, place.column)));
}

/// Formats `write: KEY = VALUE`.
pub(crate) fn write_line(key: &str, value: &str) -> String {
    format!("write: {key} = {value}")
}
