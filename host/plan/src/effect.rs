//! What shall stand somewhere in the world.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ChatName, Instant, Message, SheetName};

/// Where an effect shall stand. Effects of one target are delivered in order, by one writer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A configured sheet: one tab of one spreadsheet, or one local file.
    Sheet(SheetName),
    /// A configured chat channel.
    Chat(ChatName),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sheet(name) => write!(f, "sheet:{name}"),
            Self::Chat(name) => write!(f, "chat:{name}"),
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

/// A target as a text that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no target; write it as sheet:NAME or chat:NAME")]
pub struct NoTarget(String);

impl FromStr for Target {
    type Err = NoTarget;

    fn from_str(text: &str) -> Result<Self, NoTarget> {
        match text.split_once(':') {
            Some(("sheet", name)) => Ok(Self::Sheet(name.into())),
            Some(("chat", name)) => Ok(Self::Chat(name.into())),
            _ => Err(NoTarget(text.to_owned())),
        }
    }
}

impl Effect {
    /// Returns how many bytes it takes in a plan.
    pub fn size(&self) -> usize {
        let body = match &self.body {
            Body::Row(row) => row.columns.iter().chain(&row.cells).map(|text| text.len() + 8).sum::<usize>(),
            Body::Message(post) => post.message.size(),
            Body::NoMessage => 16,
        };
        self.key.len() + body
    }
}

/// What shall stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// A row in a tab. Under one key there is ever only one: what was said first counts.
    Row(Row),
    /// A message in a channel. What was said last under a key counts.
    Message(Post),
    /// No message in a channel any more.
    NoMessage,
}

impl Body {
    /// Tells whether it is said once for all, so that saying anything again under its key says nothing.
    pub fn once(&self) -> bool {
        matches!(self, Self::Row(_))
    }

    /// Returns from when to when it may be delivered.
    pub fn period(&self) -> (Option<Instant>, Option<Instant>) {
        match self {
            Self::Message(post) => (post.at, post.until),
            Self::Row(_) | Self::NoMessage => (None, None),
        }
    }
}

/// A message, and when it may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The message.
    pub message: Message,
    /// From when on it shall stand; at once where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    /// When it is too late to send or edit it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
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
