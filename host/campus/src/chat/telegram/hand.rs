//! What people and tests do to the chats, beside the API.

use std::io;
use std::path::Path;
use std::sync::PoisonError;

use super::Telegram;
use super::entity::Styled;
use super::limits::Limits;
use super::message::{Message, Seen};
use super::spec::Spec;
use super::world::{Chat, World};

impl Telegram {
    /// Makes an empty chat with the bot in it. Ids above zero are people, those from -1000000000000 on downward supergroups, the
    /// rest groups.
    pub fn chat(&self, id: i64) {
        self.with(|world| world.chats.insert(id, Chat::new(id)));
    }

    /// Returns the token of the bot.
    pub fn token(&self) -> String {
        self.with(|world| world.token.clone())
    }

    /// Returns the messages that stand in a chat, oldest first.
    pub fn messages(&self, chat: i64) -> Vec<Seen> {
        let all = |found: &mut Chat| found.messages.values().map(|message| Seen::of(message, chat)).collect();
        self.in_chat(chat, all).unwrap_or_default()
    }

    /// Writes a message as a person does, and returns its id; nothing where there is no such chat.
    pub fn say(&self, chat: i64, text: &str) -> Option<i64> {
        let now = (self.clock)();
        let styled = Styled { text: text.to_owned(), entities: Vec::new() };
        self.in_chat(chat, |chat| {
            let put = chat.put(|id| Message {
                id,
                by_bot: false,
                styled,
                silent: false,
                created_ms: now,
                edited_ms: None,
                edits: 0,
            });
            put.id
        })
    }

    /// Deletes a message as an administrator does.
    pub fn delete_by_hand(&self, chat: i64, id: i64) {
        self.in_chat(chat, |chat| chat.messages.remove(&id));
    }

    /// Takes the bot out of a chat; a person blocks it.
    pub fn kick(&self, chat: i64) {
        self.in_chat(chat, |chat| chat.kicked = true);
    }

    /// Forbids the bot to write in a chat, edits included.
    pub fn forbid(&self, chat: i64) {
        self.in_chat(chat, |chat| chat.forbidden = true);
    }

    /// Makes a group a supergroup with a new id and no messages; the old id only says so from now on.
    pub fn migrate(&self, chat: i64, to: i64) {
        self.in_chat(chat, |chat| chat.migrated = Some(to));
        self.chat(to);
    }

    /// Deletes a chat for good.
    pub fn remove_chat(&self, chat: i64) {
        self.with(|world| world.chats.remove(&chat));
    }

    /// Makes the token of the bot invalid.
    pub fn revoke_token(&self) {
        self.with(|world| world.revoked = true);
    }

    /// Takes back what [`Telegram::kick`], [`Telegram::forbid`] and [`Telegram::revoke_token`] did.
    pub fn restore(&self) {
        self.with(|world| {
            world.revoked = false;
            for chat in world.chats.values_mut() {
                (chat.kicked, chat.forbidden) = (false, false);
            }
        });
    }

    /// Sets the limits from now on; `None` is a service without any.
    pub fn set_limits(&self, limits: Option<Limits>) {
        self.with(|world| world.meter.set(limits));
    }

    /// Counts the requests that a limit refused.
    pub fn limited(&self) -> u64 {
        self.with(|world| world.meter.limited)
    }

    /// Counts the requests that came although a refusal had told to wait longer.
    pub fn violations(&self) -> u64 {
        self.with(|world| world.meter.violations)
    }

    /// Checks requests from now on against the description in a folder, `telegram-bot-api-10.1-subset.json`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is no such description.
    pub fn checked_against(&self, folder: &Path) -> io::Result<()> {
        let spec = Spec::load(folder)?;
        self.with(|world| world.spec = Some(spec));
        Ok(())
    }

    /// Returns what was wrong with requests by the description, oldest first.
    pub fn complaints(&self) -> Vec<String> {
        self.with(|world| world.complaints.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn in_chat<T>(&self, id: i64, act: impl FnOnce(&mut Chat) -> T) -> Option<T> {
        self.with(|world| world.chats.get_mut(&id).map(act))
    }
}
