//! What shall stand somewhere in the world.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::SheetName;

/// Where an effect shall stand. Effects of one target are delivered in order, by one writer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A configured sheet: one tab of one spreadsheet, or one local file.
    Sheet(SheetName),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sheet(name) => write!(f, "sheet:{name}"),
        }
    }
}

/// One thing that shall stand at a target, under a key. Its identity is target and key, never the run: saying it twice is saying
/// it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Where.
    pub target: Target,
    /// Under which key.
    pub key: String,
    /// What.
    pub body: Body,
}

impl Effect {
    /// Returns how many bytes it takes in a plan.
    pub fn size(&self) -> usize {
        match &self.body {
            Body::Row(row) => {
                self.key.len() + row.columns.iter().chain(&row.cells).map(|text| text.len() + 8).sum::<usize>()
            }
        }
    }
}

/// What shall stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// A row in a tab.
    Row(Row),
}

/// A row in a tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The names of the columns, the header. Shared by all rows of one append.
    pub columns: std::sync::Arc<[String]>,
    /// The columns that make the key.
    pub key: std::sync::Arc<[KeyColumn]>,
    /// The cells, as many as there are columns.
    pub cells: Vec<String>,
}

/// A column that takes part in a row's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyColumn {
    /// The column's name, as in the header.
    pub column: String,
    /// How much of its cell counts.
    pub take: Take,
}

/// How much of a cell counts for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Take {
    /// The cell as it stands.
    Whole,
    /// The date with which it begins, `YYYY-MM-DD`.
    Date,
}
