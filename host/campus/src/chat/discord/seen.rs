//! A message as people and tests see it.

use super::markdown;
use super::mentions::Ping;
use super::message::{Message, nonce_text};

/// A message that stands in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub id: String,
    /// The channel it stands in.
    pub channel: String,
    /// Its text as it was sent, spaces at both ends cut off.
    pub content: String,
    /// Its nonce; a number is written out.
    pub nonce: Option<String>,
    /// The user id of its author; a webhook's own id for what a webhook wrote.
    pub author: String,
    /// When it was sent, in milliseconds since 1970-01-01 UTC.
    pub created_ms: i64,
    /// When it was last edited.
    pub edited_ms: Option<i64>,
    /// How often it was edited.
    pub edits: u32,
    /// Whom its newest text mentions and its newest allowances let through. Nobody is notified by an edit: that is what
    /// [`super::Discord::pings`] tells.
    pub mentions: Vec<Ping>,
}

impl Seen {
    /// Returns the text as a reader sees it: marks are gone, escapes are the characters they stand for, links read
    /// `text⟨address⟩`, mentions `@role:ID`, `@user:ID` and `#channel:ID`, times `⟨t:UNIX:STYLE⟩`, bullets `•`.
    pub fn visible(&self) -> String {
        markdown::visible(&self.content)
    }
}

impl From<&Message> for Seen {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id.to_string(),
            channel: message.channel.clone(),
            content: message.content.clone(),
            nonce: message.nonce.as_ref().map(nonce_text),
            author: message.author.id().to_owned(),
            created_ms: message.created_ms,
            edited_ms: message.edited_ms,
            edits: message.edits,
            mentions: message.mentions.iter().cloned().collect(),
        }
    }
}
