//! One message of a chat.

use serde_json::{Value, json};

use super::entity::{Entity, Styled};

/// The user id of the bot.
pub(super) const BOT: i64 = 1_234_567_890;

/// The user id of the person whose messages [`super::Telegram::say`] makes.
const PERSON: i64 = 1_234_567_899;

/// Returns the bot as answers hold it.
pub(super) fn bot() -> Value {
    json!({ "id": BOT, "is_bot": true, "first_name": "Beadle", "username": "campus_beadle_bot" })
}

/// A message that stands in a chat.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: i64,
    pub(super) by_bot: bool,
    pub(super) styled: Styled,
    pub(super) silent: bool,
    pub(super) created_ms: i64,
    pub(super) edited_ms: Option<i64>,
    pub(super) edits: u32,
}

impl Message {
    /// Returns the answer; `chat` is the chat as answers hold it.
    pub(super) fn json(&self, chat: &Value) -> Value {
        let person = || json!({ "id": PERSON, "is_bot": false, "first_name": "Ada" });
        let mut answer = json!({
            "message_id": self.id, "from": if self.by_bot { bot() } else { person() }, "chat": chat,
            "date": self.created_ms.div_euclid(1000), "text": self.styled.text,
        });
        if let Some(edited) = self.edited_ms {
            answer["edit_date"] = json!(edited.div_euclid(1000));
        }
        if !self.styled.entities.is_empty() {
            answer["entities"] = self.styled.entities.iter().map(Entity::json).collect();
        }
        answer
    }
}

/// A message that stands in a chat, as people and tests see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its id, counted for each chat.
    pub id: i64,
    /// The chat it stands in.
    pub chat: i64,
    /// Whether the bot wrote it.
    pub by_bot: bool,
    /// Its text, without marks.
    pub text: String,
    /// What looks or does something in it.
    pub entities: Vec<Entity>,
    /// Whether it came without a sound.
    pub silent: bool,
    /// When it was sent, in milliseconds since 1970-01-01 UTC.
    pub created_ms: i64,
    /// When it was last edited.
    pub edited_ms: Option<i64>,
    /// How often it was edited.
    pub edits: u32,
}

impl Seen {
    /// Returns the text as a reader sees it, the address of a link behind it: `text⟨address⟩`.
    pub fn visible(&self) -> String {
        Styled { text: self.text.clone(), entities: self.entities.clone() }.visible()
    }

    pub(super) fn of(message: &Message, chat: i64) -> Self {
        Self {
            id: message.id,
            chat,
            by_bot: message.by_bot,
            text: message.styled.text.clone(),
            entities: message.styled.entities.clone(),
            silent: message.silent,
            created_ms: message.created_ms,
            edited_ms: message.edited_ms,
            edits: message.edits,
        }
    }
}
