//! A message, as a plugin says it: what it means, not how a channel writes it.

use serde::{Deserialize, Serialize};

use crate::Instant;

/// A message for a channel, and how it is to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Message {
    /// Its first line; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What follows.
    pub blocks: Vec<Block>,
    /// Whether those are mentioned whom the operator named as the channel's `ping`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ping: bool,
    /// How much it matters.
    #[serde(default)]
    pub severity: Severity,
    /// The IANA name of the time zone in which its times are written.
    pub timezone: String,
    /// The language in which its times are written: `en`, `de`, `es`.
    pub language: String,
    /// What becomes of it where it is longer than a channel allows.
    #[serde(default)]
    pub too_long: TooLong,
}

/// A part of a message, on lines of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// One line.
    Text(Vec<Piece>),
    /// Several lines with a bullet each.
    Items(Vec<Vec<Piece>>),
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// Words; nothing in them is markup.
    Words {
        /// The characters.
        text: String,
        /// How they look.
        #[serde(default)]
        look: Look,
    },
    /// A link.
    Link {
        /// What is read; the address itself where it is empty.
        text: String,
        /// An address that begins with `https://` or `http://`.
        url: String,
    },
    /// A point in time, or a stretch.
    Time {
        /// When.
        at: Instant,
        /// The end of a stretch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
        /// How much of it is shown.
        form: Form,
        /// How it looks.
        #[serde(default)]
        look: Look,
    },
}

/// How words look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// As they are.
    #[default]
    Plain,
    /// Bold.
    Strong,
    /// Struck through.
    Struck,
}

/// How much of a point in time is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Date, time and zone.
    Full,
    /// The time and zone alone.
    Clock,
    /// How far off it is, where the channel counts for its readers; nothing elsewhere.
    Distance,
}

/// How much a message matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    #[default]
    Info,
    /// Worth a look.
    Notice,
    /// Somebody should act now.
    Urgent,
}

/// What becomes of a message that is longer than a channel allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TooLong {
    /// It becomes several messages.
    #[default]
    Split,
    /// Its end is cut, and says so.
    Shorten,
}

impl Message {
    /// Makes an empty message whose times are written in a language and a time zone.
    pub fn plain(language: &str, timezone: &str) -> Self {
        Self {
            title: String::new(),
            blocks: Vec::new(),
            ping: false,
            severity: Severity::Info,
            timezone: timezone.to_owned(),
            language: language.to_owned(),
            too_long: TooLong::Split,
        }
    }

    /// Returns about how many bytes it takes in a plan.
    pub fn size(&self) -> usize {
        let piece = |piece: &Piece| match piece {
            Piece::Words { text, .. } => text.len() + 40,
            Piece::Link { text, url } => text.len() + url.len() + 40,
            Piece::Time { .. } => 80,
        };
        let line = |line: &Vec<Piece>| line.iter().map(piece).sum::<usize>();
        let block = |block: &Block| match block {
            Block::Text(pieces) => line(pieces),
            Block::Items(lines) => lines.iter().map(line).sum(),
        };
        self.title.len() + self.blocks.iter().map(block).sum::<usize>() + 120
    }
}
