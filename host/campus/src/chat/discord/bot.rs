//! The calls of the bot.

use serde_json::{Value, json};

use super::body::Draft;
use super::channel::snowflake;
use super::mentions::Allowed;
use super::message::{Author, BOT, Message, nonce_text, user};
use super::refusal::Refusal;
use super::world::{Outcome, World};

/// From this age on, in milliseconds, a message counts as old for edits.
const OLD_MS: i64 = 3_600_000;

impl World {
    pub(super) fn me(&self) -> Value {
        let mut me = user(BOT, "beadle", "0420", true);
        me["mfa_enabled"] = json!(false);
        me["locale"] = json!("en-US");
        me
    }

    pub(super) fn list(&mut self, channel: &str, query: &[(String, String)], now_ms: i64) -> Outcome {
        let since = self.nonces_since(now_ms);
        let page = self.channel(channel)?.page(query)?;
        Ok(Some(page.into_iter().map(|message| message.json(message.created_ms > since)).collect()))
    }

    pub(super) fn read(&mut self, channel: &str, id: &str, now_ms: i64) -> Outcome {
        let since = self.nonces_since(now_ms);
        let message = self.message(channel, id)?;
        Ok(Some(message.json(message.created_ms > since)))
    }

    /// Sends a message, or finds the one that was sent with the same nonce.
    ///
    /// The documentation speaks of the same author, not of the same channel: a nonce that was used in another channel finds the
    /// message there. One that is gone is not found.
    pub(super) fn post(&mut self, channel: &str, body: &Value, now_ms: i64) -> Outcome {
        if self.channel(channel)?.forbidden {
            return Err(Refusal::missing_permissions());
        }
        let draft = Draft::read(body, Allowed::of_bots())?;
        let content = draft.text()?.to_owned();
        if let Some(nonce) = draft.nonce.as_ref().filter(|_| draft.enforce_nonce) {
            let (nonce, since) = (nonce_text(nonce), now_ms - self.nonce_ms);
            // Newer messages have greater ids.
            let recent = self
                .channels
                .values()
                .flat_map(|channel| channel.messages.values().rev().take_while(|message| message.created_ms > since));
            let same = recent.filter(|message| {
                message.author == Author::Bot && message.nonce.as_ref().is_some_and(|other| nonce_text(other) == nonce)
            });
            let earlier = same.min_by_key(|message| message.id);
            if let Some(earlier) = earlier {
                return Ok(Some(earlier.json(true)));
            }
        }
        let message = Message {
            id: self.next_id(now_ms),
            channel: channel.to_owned(),
            author: Author::Bot,
            mentions: draft.allowed.found_in(&content, &self.roles, self.powerful),
            content,
            nonce: draft.nonce,
            flags: draft.flags.unwrap_or(0),
            tts: draft.tts,
            created_ms: now_ms,
            edited_ms: None,
            edits: 0,
        };
        let answer = message.json(true);
        self.put(message);
        Ok(Some(answer))
    }

    pub(super) fn edit(&mut self, channel: &str, id: &str, body: &Value, now_ms: i64) -> Outcome {
        let (roles, powerful) = (self.roles.clone(), self.powerful);
        let (since, old_refused) = (self.nonces_since(now_ms), self.old_edits_refused);
        let message = self.message(channel, id)?;
        if message.author != Author::Bot {
            return Err(Refusal::foreign_message());
        }
        if old_refused && now_ms - message.created_ms >= OLD_MS {
            return Err(Refusal::too_many_old_edits());
        }
        let draft = Draft::read(body, Allowed::of_bots())?;
        message.change(&draft, now_ms)?;
        message.mentions = draft.allowed.found_in(&message.content, &roles, powerful);
        Ok(Some(message.json(message.created_ms > since)))
    }

    pub(super) fn delete(&mut self, channel: &str, id: &str) -> Outcome {
        if self.message(channel, id)?.author != Author::Bot {
            return Err(Refusal::missing_permissions());
        }
        let id = snowflake("message_id", id)?;
        self.channel(channel)?.messages.remove(&id);
        Ok(None)
    }

    /// Returns the instant since which messages show their nonce, in milliseconds.
    fn nonces_since(&self, now_ms: i64) -> i64 {
        if self.nonces_shown { now_ms - self.nonce_ms } else { i64::MAX }
    }
}

impl Message {
    /// Takes over what an edit names.
    pub(super) fn change(&mut self, draft: &Draft, now_ms: i64) -> Result<(), Refusal> {
        if draft.content.is_some() {
            draft.text()?.clone_into(&mut self.content);
        }
        self.flags = draft.flags.unwrap_or(self.flags);
        self.edited_ms = Some(now_ms);
        self.edits += 1;
        Ok(())
    }
}
