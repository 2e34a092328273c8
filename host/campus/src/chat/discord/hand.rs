//! What people and tests do to the server, beside the API.

use std::io;
use std::path::Path;
use std::sync::PoisonError;

use super::Discord;
use super::channel::Channel;
use super::limits::Limits;
use super::mentions::Ping;
use super::message::{Author, Message};
use super::seen::Seen;
use super::spec::Spec;
use super::world::{Webhook, World, secret};

impl Discord {
    /// Makes an empty channel, which the bot may read and write. The API reaches only those whose id is a number.
    pub fn channel(&self, id: &str) {
        self.with(|world| world.channels.insert(id.to_owned(), Channel::default()));
    }

    /// Returns the token of the bot.
    pub fn token(&self) -> String {
        self.with(|world| world.token.clone())
    }

    /// Makes a webhook of a channel and returns its id and its token.
    pub fn webhook(&self, channel: &str) -> (String, String) {
        let now = (self.clock)();
        self.with(|world| {
            let (id, token) = (world.next_id(now).to_string(), secret());
            world.webhooks.insert(id.clone(), Webhook { token: token.clone(), channel: channel.to_owned() });
            (id, token)
        })
    }

    /// Deletes a webhook; what it sent stays.
    pub fn remove_webhook(&self, id: &str) {
        self.with(|world| world.webhooks.remove(id));
    }

    /// Makes a role. One that is not `mentionable` is notified only while the bot may mention everyone, as it may from the
    /// start: see [`Discord::allow_everyone`].
    pub fn role(&self, id: &str, mentionable: bool) {
        self.with(|world| world.roles.insert(id.to_owned(), mentionable));
    }

    /// Gives or takes the permission to mention everyone and every role.
    pub fn allow_everyone(&self, allowed: bool) {
        self.with(|world| world.powerful = allowed);
    }

    /// Returns the messages that stand in a channel, oldest first.
    pub fn messages(&self, channel: &str) -> Vec<Seen> {
        self.in_channel(channel, |channel| channel.messages.values().map(Seen::from).collect()).unwrap_or_default()
    }

    /// Returns which messages of a channel notified whom, oldest first, also messages that are gone. Edits notify nobody.
    pub fn pings(&self, channel: &str) -> Vec<(String, Ping)> {
        let text = |(id, ping): &(u64, Ping)| (id.to_string(), ping.clone());
        self.in_channel(channel, |channel| channel.pings.iter().map(text).collect()).unwrap_or_default()
    }

    /// Writes a message as a person does, and returns its id.
    pub fn say(&self, channel: &str, content: &str) -> String {
        let now = (self.clock)();
        self.with(|world| {
            let id = world.next_id(now);
            world.put(Message {
                id,
                channel: channel.to_owned(),
                author: Author::Person,
                content: content.to_owned(),
                nonce: None,
                flags: 0,
                tts: false,
                created_ms: now,
                edited_ms: None,
                edits: 0,
                mentions: Default::default(),
            });
            id.to_string()
        })
    }

    /// Deletes a message as a moderator does.
    pub fn delete_by_hand(&self, channel: &str, id: &str) {
        let key: Option<u64> = id.parse().ok();
        self.in_channel(channel, |channel| key.and_then(|key| channel.messages.remove(&key)));
    }

    /// Takes the bot off the server; webhooks stay.
    pub fn kick(&self) {
        self.with(|world| world.kicked = true);
    }

    /// Forbids the bot to send in a channel; it may still edit and delete what it sent.
    pub fn forbid(&self, channel: &str) {
        self.in_channel(channel, |channel| channel.forbidden = true);
    }

    /// Forbids the bot to read what was sent in a channel: pages are then empty, without an error.
    pub fn hide_history(&self, channel: &str) {
        self.in_channel(channel, |channel| channel.no_history = true);
    }

    /// Deletes a channel and its webhooks for good.
    pub fn remove_channel(&self, id: &str) {
        self.with(|world| {
            world.channels.remove(id);
            world.webhooks.retain(|_, webhook| webhook.channel != id);
        });
    }

    /// Makes the token of the bot invalid.
    pub fn revoke_token(&self) {
        self.with(|world| world.revoked = true);
    }

    /// Takes back what [`Discord::kick`], [`Discord::forbid`], [`Discord::hide_history`] and [`Discord::revoke_token`] did.
    pub fn restore(&self) {
        self.with(|world| {
            (world.kicked, world.revoked) = (false, false);
            for channel in world.channels.values_mut() {
                (channel.forbidden, channel.no_history) = (false, false);
            }
        });
    }

    /// Sets the limits from now on; without any, nothing is told in headers either.
    pub fn set_limits(&self, limits: Option<Limits>) {
        self.with(|world| world.meter.limits = limits);
    }

    /// Limits new messages of a channel for everybody, for so many milliseconds: refusals of scope `shared`.
    pub fn limit_for_all(&self, channel: &str, wait_ms: i64) {
        let until = (self.clock)().saturating_add(wait_ms);
        self.with(|world| world.meter.share(channel, until));
    }

    /// Refuses edits of messages older than an hour, which the service limits without telling so in headers.
    pub fn refuse_old_edits(&self, refused: bool) {
        self.with(|world| world.old_edits_refused = refused);
    }

    /// Sets for how many milliseconds a nonce is remembered, and whether messages that are read show theirs within that time.
    pub fn set_nonces(&self, remembered_ms: i64, shown: bool) {
        self.with(|world| (world.nonce_ms, world.nonces_shown) = (remembered_ms, shown));
    }

    /// Counts the requests that a limit refused.
    pub fn limited(&self) -> u64 {
        self.with(|world| world.meter.limited)
    }

    /// Counts the requests that came although an answer had told to wait.
    ///
    /// An answer that an order lost had told too: who orders such losses allows for as many.
    pub fn violations(&self) -> u64 {
        self.with(|world| world.meter.violations)
    }

    /// Counts the answers of 401, 403 and 429, shared limits aside; the real service bans addresses that collect 10,000 of them
    /// in ten minutes.
    pub fn invalid(&self) -> u64 {
        self.with(|world| world.invalid)
    }

    /// Checks requests from now on against the specification in a folder, `discord-v10-messages.openapi.json`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is no such specification.
    pub fn checked_against(&self, folder: &Path) -> io::Result<()> {
        let spec = Spec::load(folder)?;
        self.with(|world| world.spec = Some(spec));
        Ok(())
    }

    /// Returns what was wrong with requests by the specification, oldest first.
    pub fn complaints(&self) -> Vec<String> {
        self.with(|world| world.complaints.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn in_channel<T>(&self, id: &str, act: impl FnOnce(&mut Channel) -> T) -> Option<T> {
        self.with(|world| world.channels.get_mut(id).map(act))
    }
}
