//! What stands behind the routes, and how a request is let in.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use serde_json::Value;

use super::call::Call;
use super::channel::{Channel, snowflake};
use super::limits::{Meter, Scope, Verdict};
use super::message::Message;
use super::refusal::Refusal;
use super::spec::Spec;

/// The first millisecond of the service's own count, 2015-01-01.
const FIRST_MS: i64 = 1_420_070_400_000;

/// How many bits of an id stand behind its milliseconds.
const BEHIND_TIME: u32 = 22;

/// How long a nonce is remembered, unless a test says otherwise; the documentation says "the past few minutes".
const NONCE_MS: i64 = 5 * 60_000;

/// The whole service's state.
#[derive(Debug)]
pub(super) struct World {
    pub(super) channels: BTreeMap<String, Channel>,
    pub(super) webhooks: BTreeMap<String, Webhook>,
    /// Roles, and whether everybody may mention them.
    pub(super) roles: BTreeMap<String, bool>,
    pub(super) token: String,
    pub(super) revoked: bool,
    pub(super) kicked: bool,
    /// Whether the bot may mention everyone and every role.
    pub(super) powerful: bool,
    pub(super) meter: Meter,
    pub(super) nonce_ms: i64,
    pub(super) nonces_shown: bool,
    pub(super) old_edits_refused: bool,
    pub(super) spec: Option<Spec>,
    pub(super) complaints: Vec<String>,
    /// Answers of 401, 403 and 429, but for shared limits; the real service bans for 10,000 in ten minutes.
    pub(super) invalid: u64,
    last_id: u64,
}

/// A webhook of a channel.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub(super) token: String,
    pub(super) channel: String,
}

impl Default for World {
    fn default() -> Self {
        Self {
            channels: BTreeMap::new(),
            webhooks: BTreeMap::new(),
            roles: BTreeMap::new(),
            token: format!("campus.bot.{}", secret()),
            revoked: false,
            kicked: false,
            powerful: true,
            meter: Meter::default(),
            nonce_ms: NONCE_MS,
            nonces_shown: true,
            old_edits_refused: false,
            spec: None,
            complaints: Vec::new(),
            invalid: 0,
            last_id: 0,
        }
    }
}

/// A request as the routes read it.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: Vec<(String, String)>,
    /// The value of `Authorization`.
    pub(super) authorization: Option<&'a str>,
    /// The body; `None` where it is no JSON.
    pub(super) body: Option<Value>,
    pub(super) now_ms: i64,
}

/// What is answered: a body or none.
pub(super) type Outcome = Result<Option<Value>, Refusal>;

impl World {
    /// Answers a request, in the service's order: path, token, limits, then the call itself.
    pub(super) fn answer(&mut self, request: &Request<'_>) -> (Verdict, Outcome) {
        let mut verdict = Verdict::default();
        let outcome = self.enter(request, &mut verdict);
        let shared = verdict.refused.is_some_and(|(scope, _)| scope == Scope::Shared);
        if outcome.as_ref().is_err_and(|refusal| [401, 403, 429].contains(&refusal.status)) && !shared {
            self.invalid += 1;
        }
        (verdict, outcome)
    }

    fn enter(&mut self, request: &Request<'_>, verdict: &mut Verdict) -> Outcome {
        let call = Call::of(request.method, request.path)?;
        let known = request.authorization.and_then(|value| value.strip_prefix("Bot ")) == Some(self.token.as_str());
        if call.by_bot() && (self.revoked || !known) {
            return Err(Refusal::unauthorised());
        }
        *verdict = self.meter.take(request.now_ms, call.route(), call.of_id(), call.by_bot());
        if let Some((scope, wait)) = verdict.refused {
            return Err(Refusal::limited(wait, scope == Scope::Global));
        }
        if let Some(spec) = &self.spec {
            self.complaints.extend(spec.complaints(call, &request.query, request.body.as_ref()));
        }
        let (now, query) = (request.now_ms, request.query.as_slice());
        let body = || request.body.as_ref().ok_or_else(Refusal::no_json);
        match call {
            Call::Me => Ok(Some(self.me())),
            Call::Channel(id) => Ok(Some(self.channel(id)?.json(id))),
            Call::List(id) => self.list(id, query, now),
            Call::Post(id) => self.post(id, body()?, now),
            Call::Read(id, message) => self.read(id, message, now),
            Call::Edit(id, message) => self.edit(id, message, body()?, now),
            Call::Delete(id, message) => self.delete(id, message),
            Call::Webhook(id, token) => self.webhook(id, token),
            Call::WebhookPost(id, token) => self.webhook_post(id, token, query, body()?, now),
            Call::WebhookRead(id, token, message) => self.webhook_read(id, token, message),
            Call::WebhookEdit(id, token, message) => self.webhook_edit(id, token, message, body()?, now),
            Call::WebhookDelete(id, token, message) => self.webhook_delete(id, token, message),
        }
    }

    /// Returns a channel as the bot may reach it.
    pub(super) fn channel(&mut self, id: &str) -> Result<&mut Channel, Refusal> {
        snowflake("channel_id", id)?;
        let channel = self.channels.get_mut(id).ok_or_else(Refusal::unknown_channel)?;
        if self.kicked { Err(Refusal::missing_access()) } else { Ok(channel) }
    }

    /// Returns a message as the bot may reach it.
    pub(super) fn message(&mut self, channel: &str, id: &str) -> Result<&mut Message, Refusal> {
        let id = snowflake("message_id", id)?;
        self.channel(channel)?.messages.get_mut(&id).ok_or_else(Refusal::unknown_message)
    }

    /// Puts a new message into its channel, and notifies whom it mentions unless it is silent.
    pub(super) fn put(&mut self, message: Message) {
        /// The flag of messages that notify nobody.
        const SILENT: u64 = 1 << 12;
        let pings = if message.flags & SILENT == 0 { message.mentions.clone() } else { BTreeSet::new() };
        let channel = self.channels.entry(message.channel.clone()).or_default();
        channel.pings.extend(pings.into_iter().map(|ping| (message.id, ping)));
        channel.messages.insert(message.id, message);
    }

    /// Makes an id of an instant, above all ids before.
    pub(super) fn next_id(&mut self, now_ms: i64) -> u64 {
        let of_time = u64::try_from(now_ms.saturating_sub(FIRST_MS)).unwrap_or(0) << BEHIND_TIME;
        self.last_id = of_time.max(self.last_id + 1);
        self.last_id
    }
}

/// Makes a secret that no log holds by chance.
pub(super) fn secret() -> String {
    hex::encode(rand::random::<[u8; 20]>())
}
