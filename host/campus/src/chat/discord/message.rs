//! One message, and how it is answered.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::mentions::Ping;

/// The user id of the bot.
pub(super) const BOT: &str = "1290000000000000007";

/// The user id of the person whose messages [`super::Discord::say`] makes.
pub(super) const PERSON: &str = "1290000000000000011";

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Author {
    Bot,
    Person,
    Webhook { id: String, name: String },
}

impl Author {
    /// Returns the id under which the author shows.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Bot => BOT,
            Self::Person => PERSON,
            Self::Webhook { id, .. } => id,
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Bot => user(BOT, "beadle", "0420", true),
            Self::Person => user(PERSON, "ada.invented", "0", false),
            Self::Webhook { id, name } => user(id, name, "0000", true),
        }
    }
}

/// Returns a user as answers hold it.
pub(super) fn user(id: &str, name: &str, discriminator: &str, bot: bool) -> Value {
    json!({
        "id": id, "username": name, "avatar": null, "discriminator": discriminator, "public_flags": 0, "flags": 0, "bot": bot,
        "global_name": null, "primary_guild": null,
    })
}

/// A message that stands in a channel.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) channel: String,
    pub(super) author: Author,
    pub(super) content: String,
    pub(super) nonce: Option<Value>,
    pub(super) flags: u64,
    pub(super) tts: bool,
    pub(super) created_ms: i64,
    pub(super) edited_ms: Option<i64>,
    pub(super) edits: u32,
    /// Whom it mentions by its newest text and allowances; not all of them were notified.
    pub(super) mentions: BTreeSet<Ping>,
}

impl Message {
    /// Returns the answer; `nonce` is whether its nonce is shown.
    pub(super) fn json(&self, nonce: bool) -> Value {
        let users = self.mentions.iter().filter_map(|ping| match ping {
            Ping::User(id) => Some(user(id, &format!("user{id}"), "0", false)),
            _ => None,
        });
        let roles = self.mentions.iter().filter_map(|ping| match ping {
            Ping::Role(id) => Some(id.as_str()),
            _ => None,
        });
        let mut answer = json!({
            "id": self.id.to_string(), "channel_id": self.channel, "type": 0, "content": self.content, "author": self.author.json(),
            "mentions": users.collect::<Vec<_>>(), "mention_roles": roles.collect::<Vec<_>>(),
            "mention_everyone": self.mentions.contains(&Ping::Everyone), "attachments": [], "embeds": [], "components": [],
            "timestamp": stamp(self.created_ms), "edited_timestamp": self.edited_ms.map(stamp), "flags": self.flags,
            "pinned": false, "tts": self.tts,
        });
        if let Author::Webhook { id, .. } = &self.author {
            answer["webhook_id"] = json!(id);
        }
        if let Some(value) = self.nonce.as_ref().filter(|_| nonce) {
            answer["nonce"] = value.clone();
        }
        answer
    }
}

/// Writes an instant as the service does, with six digits of a second.
fn stamp(ms: i64) -> String {
    let instant = Timestamp::from_millisecond(ms).unwrap_or_default();
    instant.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// Returns a nonce as text, whether it came as one or as a number.
pub(super) fn nonce_text(nonce: &Value) -> String {
    nonce.as_str().map_or_else(|| nonce.to_string(), str::to_owned)
}
