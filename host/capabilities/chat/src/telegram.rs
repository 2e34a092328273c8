//! Telegram: a bot in a chat, group or channel.
//!
//! The token stands in the path of every request, so that no path may ever be shown. There is no idempotency key, and a bot cannot read
//! what it sent: a request whose answer was lost is sent once more, and said to be. Facts: Bot API 10.1.

mod answer;

use std::sync::Arc;

use async_trait::async_trait;
use beadle_egress::{Egress, ExposeSecret as _, Secret};
use beadle_plan::{Instant, Ping, Severity};
use http::Method;
use serde_json::{Value, json};
use url::Url;

use crate::api::{self, Api, Call};
use crate::channel::{Act, Channel, Draft, Once, Posted, Trouble};
use crate::discord::account;
use crate::pace::{Lane, Pace, Rule};
use crate::render::{self, Dialect, Plain};
use crate::settings::SetupError;
use answer::{hints, meaning};

/// Where Telegram is.
pub(crate) const HOME: &str = "https://api.telegram.org";

/// A chat of Telegram.
pub(crate) struct Telegram {
    api: Api,
    chat: String,
    token: Secret,
    ping: Option<Ping>,
    /// What stands in place of a name where somebody is mentioned by number.
    label: String,
    dialect: render::Telegram,
}

impl Telegram {
    pub(crate) fn new(
        egress: &Egress,
        pace: Arc<Pace>,
        base: &Url,
        chat: &str,
        token: &Secret,
        ping: Option<Ping>,
        label: Option<&str>,
    ) -> Result<Self, SetupError> {
        let plain = |one: u8| one.is_ascii_alphanumeric() || b":-_".contains(&one);
        let text = token.expose_secret().trim();
        if text.is_empty() || !text.bytes().all(plain) {
            return Err(SetupError::Secret);
        }
        // Groups and channels have negative numbers or names of their own.
        let rules: &[Rule] = match chat.starts_with(['-', '@']) {
            true => &[Rule::TelegramBot, Rule::TelegramChat, Rule::TelegramGroup],
            false => &[Rule::TelegramBot, Rule::TelegramChat],
        };
        let half = text.split_once(':').map_or(text, |(_, half)| half);
        let lane = Lane { account: account(token), place: chat.to_owned(), rules };
        Ok(Self {
            api: Api::new(egress, base, pace, lane, &[&text.into(), &half.into()])?,
            chat: chat.to_owned(),
            token: text.to_owned().into(),
            ping,
            label: label.unwrap_or("\u{1f514}").to_owned(),
            dialect: render::Telegram,
        })
    }

    async fn ask(&self, act: Act, method: &'static str, body: Value) -> Result<Value, Trouble> {
        let path = format!("bot{}/{method}", self.token.expose_secret());
        let call = Call { act, route: method, method: Method::POST, path, headers: &[], body: api::json(&body)? };
        let reply = self.api.send(call, hints).await?;
        if reply.json["ok"] == true { Ok(reply.json["result"].clone()) } else { Err(meaning(&reply, act, &self.chat)) }
    }

    /// Sends a text with its markup; one that the service cannot read as such goes out once more as plain text.
    async fn write(
        &self,
        act: Act,
        method: &'static str,
        mut body: Value,
        draft: &Draft<'_>,
    ) -> Result<Value, Trouble> {
        body["chat_id"] = json!(self.chat);
        body["text"] = json!(draft.text);
        body["parse_mode"] = json!("HTML");
        body["link_preview_options"] = json!({ "is_disabled": true });
        if act == Act::Post && draft.message.severity == Severity::Info && !draft.pings() {
            // Nobody's device makes a sound for what is only good to know.
            body["disable_notification"] = json!(true);
        }
        match self.ask(act, method, body.clone()).await {
            Err(Trouble::Invalid { cause }) if answer::is_markup(&cause) => {
                tracing::warn!(chat = %self.chat, cause, "Telegram does not understand the markup; the message goes out as plain text");
                let dialect = Plain { limit: Some(render::Telegram.limit().unwrap_or(4_096)) };
                let parts = render::render(draft.message, &dialect, None);
                body["text"] = json!(parts.get(draft.part).or(parts.last()));
                if let Some(body) = body.as_object_mut() {
                    body.remove("parse_mode");
                }
                self.ask(act, method, body).await
            }
            other => other,
        }
    }
}

fn foreign() -> Trouble {
    Trouble::Unknown { cause: "the answer was not what Telegram sends; a proxy may stand in between".to_owned() }
}

#[async_trait]
impl Channel for Telegram {
    fn name(&self) -> String {
        format!("chat {} of Telegram", self.chat)
    }

    fn dialect(&self) -> &dyn Dialect {
        &self.dialect
    }

    fn mention(&self) -> Option<String> {
        match self.ping.as_ref()? {
            Ping::User(id) => {
                let (label, url) = (render::words(&self.label, &self.dialect), format!("tg://user?id={id}"));
                self.dialect.link(&self.label, &label, &url)
            }
            Ping::Name(name) => Some(name.clone()),
            Ping::Role(_) | Ping::Everyone | Ping::Here => None,
        }
    }

    fn once(&self) -> Once {
        Once::Nothing
    }

    fn turn(&self, act: Act) -> Result<(), Instant> {
        self.api.turn(act)
    }

    async fn post(&self, draft: Draft<'_>) -> Result<Posted, Trouble> {
        let sent = self.write(Act::Post, "sendMessage", json!({}), &draft).await?;
        let id = sent["message_id"].as_i64().ok_or_else(foreign)?;
        Ok(Posted { id: id.to_string(), text: None })
    }

    async fn edit(&self, id: &str, draft: Draft<'_>) -> Result<(), Trouble> {
        match self.write(Act::Edit, "editMessageText", json!({ "message_id": number(id) }), &draft).await {
            Err(Trouble::Invalid { cause }) if answer::is_same(&cause) => Ok(()),
            other => other.map(drop),
        }
    }

    async fn delete(&self, id: &str, _: &str) -> Result<(), Trouble> {
        self.ask(Act::Delete, "deleteMessage", json!({ "chat_id": self.chat, "message_id": number(id) }))
            .await
            .map(drop)
    }

    async fn find(&self, _: Draft<'_>, _: Instant) -> Result<Vec<String>, Trouble> {
        Ok(Vec::new())
    }

    fn struck(&self, text: &str) -> Option<String> {
        Some(format!("<s>{}</s>", text.replace("<s>", "").replace("</s>", "")))
    }

    async fn check(&self) -> Result<String, Trouble> {
        let me = self.ask(Act::Look, "getMe", json!({})).await?;
        let chat = self.ask(Act::Look, "getChat", json!({ "chat_id": self.chat })).await?;
        let name =
            |value: &Value, keys: &[&str]| keys.iter().find_map(|key| value[*key].as_str()).unwrap_or("?").to_owned();
        Ok(format!("bot @{} in {:?}", name(&me, &["username"]), name(&chat, &["title", "username", "first_name"])))
    }
}

/// Returns an id as the service writes it.
fn number(id: &str) -> Value {
    id.parse::<i64>().map_or_else(|_| json!(id), |id| json!(id))
}
