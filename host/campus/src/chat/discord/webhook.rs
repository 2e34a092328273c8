//! The calls of webhooks: whoever knows id and token may make them, and reach what was sent through them.

use serde_json::{Value, json};

use super::body::Draft;
use super::channel::snowflake;
use super::mentions::Allowed;
use super::message::{Author, Message};
use super::refusal::Refusal;
use super::world::{Outcome, World};

/// The name of a webhook that takes none for itself.
const NAME: &str = "campus webhook";

impl World {
    pub(super) fn webhook(&mut self, id: &str, token: &str) -> Outcome {
        let channel = self.webhook_channel(id, token)?;
        Ok(Some(json!({
            "application_id": null, "avatar": null, "channel_id": channel, "guild_id": null, "id": id, "name": NAME, "type": 1,
            "token": token,
        })))
    }

    /// Sends a message; without `wait=true` the answer is empty, and tells nobody its id.
    pub(super) fn webhook_post(
        &mut self,
        id: &str,
        token: &str,
        query: &[(String, String)],
        body: &Value,
        now_ms: i64,
    ) -> Outcome {
        let channel = self.webhook_channel(id, token)?;
        if query.iter().any(|(name, _)| name == "thread_id") {
            return Err(Refusal::unsupported("threads"));
        }
        let draft = Draft::read(body, Allowed::of_webhooks())?;
        let content = draft.text()?.to_owned();
        let message = Message {
            id: self.next_id(now_ms),
            channel,
            author: Author::Webhook {
                id: id.to_owned(),
                name: draft.username.clone().unwrap_or_else(|| NAME.to_owned()),
            },
            mentions: draft.allowed.found_in(&content, &self.roles, self.powerful),
            content,
            nonce: None,
            flags: draft.flags.unwrap_or(0),
            tts: draft.tts,
            created_ms: now_ms,
            edited_ms: None,
            edits: 0,
        };
        let answer = message.json(false);
        self.put(message);
        let waits = query.iter().any(|(name, value)| name == "wait" && ["true", "1"].contains(&value.as_str()));
        Ok(waits.then_some(answer))
    }

    pub(super) fn webhook_read(&mut self, id: &str, token: &str, message: &str) -> Outcome {
        Ok(Some(self.webhook_message(id, token, message)?.json(false)))
    }

    pub(super) fn webhook_edit(&mut self, id: &str, token: &str, message: &str, body: &Value, now_ms: i64) -> Outcome {
        let (roles, powerful) = (self.roles.clone(), self.powerful);
        let message = self.webhook_message(id, token, message)?;
        let draft = Draft::read(body, Allowed::of_webhooks())?;
        message.change(&draft, now_ms)?;
        message.mentions = draft.allowed.found_in(&message.content, &roles, powerful);
        Ok(Some(message.json(false)))
    }

    pub(super) fn webhook_delete(&mut self, id: &str, token: &str, message: &str) -> Outcome {
        let message = self.webhook_message(id, token, message)?;
        let (channel, id) = (message.channel.clone(), message.id);
        self.channels.entry(channel).or_default().messages.remove(&id);
        Ok(None)
    }

    /// Returns the channel of a webhook.
    fn webhook_channel(&self, id: &str, token: &str) -> Result<String, Refusal> {
        snowflake("webhook_id", id)?;
        let webhook = self.webhooks.get(id).ok_or_else(Refusal::unknown_webhook)?;
        if webhook.token == token { Ok(webhook.channel.clone()) } else { Err(Refusal::webhook_token()) }
    }

    /// Returns a message that was sent through this webhook; others are unknown to it.
    fn webhook_message(&mut self, id: &str, token: &str, message: &str) -> Result<&mut Message, Refusal> {
        let channel = self.webhook_channel(id, token)?;
        let key = snowflake("message_id", message)?;
        let messages = self.channels.get_mut(&channel).map(|channel| &mut channel.messages);
        messages
            .and_then(|messages| messages.get_mut(&key))
            .filter(|message| message.author.id() == id)
            .ok_or_else(Refusal::unknown_message)
    }
}
