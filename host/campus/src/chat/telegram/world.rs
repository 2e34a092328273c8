//! What stands behind the methods: chats, the bot, its limits.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::limits::Meter;
use super::message::{BOT, Message};
use super::refusal::Refusal;
use super::spec::Spec;

/// The ids of supergroups and channels lie at or below this.
const SUPERGROUPS: i64 = -1_000_000_000_000;

/// The whole service's state.
#[derive(Debug)]
pub(super) struct World {
    pub(super) chats: BTreeMap<i64, Chat>,
    pub(super) token: String,
    pub(super) revoked: bool,
    pub(super) meter: Meter,
    pub(super) spec: Option<Spec>,
    pub(super) complaints: Vec<String>,
}

impl Default for World {
    fn default() -> Self {
        let secret = hex::encode(rand::random::<[u8; 16]>());
        Self {
            chats: BTreeMap::new(),
            token: format!("{BOT}:AAF{secret}"),
            revoked: false,
            meter: Meter::new(),
            spec: None,
            complaints: Vec::new(),
        }
    }
}

/// A chat.
#[derive(Clone, Debug)]
pub(super) struct Chat {
    id: i64,
    pub(super) messages: BTreeMap<i64, Message>,
    last_id: i64,
    /// Whether the bot was removed or blocked.
    pub(super) kicked: bool,
    /// Whether the bot may not write.
    pub(super) forbidden: bool,
    /// The supergroup that the group has become.
    pub(super) migrated: Option<i64>,
}

impl Chat {
    pub(super) fn new(id: i64) -> Self {
        Self { id, messages: BTreeMap::new(), last_id: 1_000, kicked: false, forbidden: false, migrated: None }
    }

    fn kind(&self) -> &'static str {
        match self.id {
            0.. => "private",
            id if id > SUPERGROUPS => "group",
            _ => "supergroup",
        }
    }

    /// Returns the chat as answers hold it.
    pub(super) fn json(&self) -> Value {
        let kind = self.kind();
        if kind == "private" {
            json!({ "id": self.id, "first_name": "Ada", "type": kind })
        } else {
            json!({ "id": self.id, "title": format!("Chat {}", self.id), "type": kind })
        }
    }

    /// Lets the bot in.
    pub(super) fn enter(&mut self) -> Result<&mut Self, Refusal> {
        if let Some(to) = self.migrated {
            return Err(Refusal::migrated(to));
        }
        match (self.kicked, self.kind()) {
            (false, _) => Ok(self),
            (true, "private") => Err(Refusal::forbidden("bot was blocked by the user")),
            (true, kind) => Err(Refusal::forbidden(&format!("bot was kicked from the {kind} chat"))),
        }
    }

    /// Puts a new message in, and returns it; its id follows the last one of the chat.
    pub(super) fn put(&mut self, make: impl FnOnce(i64) -> Message) -> &Message {
        self.last_id += 1;
        let id = self.last_id;
        self.messages.entry(id).or_insert_with(|| make(id))
    }
}
