//! Discord: a bot in a channel, or a webhook of one.
//!
//! Both write the same markup and are limited alike. A bot's messages carry a nonce by which the service knows a request again; a webhook
//! has nothing of the kind, and cannot read what stands. `allowed_mentions` goes with every request, edits too: without it the text
//! decides who is notified, and the text comes from Moodle. Facts: the documentation of API v10.

mod answer;
mod find;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use beadle_egress::{Egress, ExposeSecret as _, Secret};
use beadle_plan::{Instant, Ping};
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;

use crate::api::{self, Api, Call};
use crate::channel::{Act, Channel, Draft, Once, Posted, Trouble};
use crate::pace::{Lane, Pace, Rule};
use crate::render::{self, Dialect};
use crate::settings::SetupError;
use answer::{Way, hints, meaning};

/// Where Discord is.
pub(crate) const HOME: &str = "https://discord.com";

/// How the service wants programs to name themselves.
const AGENT: &str = concat!("DiscordBot (https://github.com/beadle-host/beadle, ", env!("CARGO_PKG_VERSION"), ")");

/// How long a nonce is known for certain; the documentation says "the past few minutes".
const NONCE: Duration = Duration::from_secs(120);

/// No preview of links: a conference's page wants a login and shows nothing.
const SUPPRESS_EMBEDS: u32 = 1 << 2;

/// A channel of Discord.
pub(crate) struct Discord {
    api: Api,
    headers: Vec<(HeaderName, HeaderValue)>,
    way: Way,
    /// The path below which messages are.
    messages: String,
    ping: Option<Ping>,
    /// The bot's own id, once it was asked for.
    me: OnceCell<String>,
    dialect: render::Discord,
}

impl Discord {
    /// Makes a bot's channel.
    pub(crate) fn bot(
        egress: &Egress,
        pace: Arc<Pace>,
        base: &Url,
        channel: &str,
        token: &Secret,
        ping: Option<Ping>,
    ) -> Result<Self, SetupError> {
        let lane = Lane { account: account(token), place: channel.to_owned(), rules: &[Rule::DiscordBot] };
        let authorization = api::secret(AUTHORIZATION, &format!("Bot {}", token.expose_secret().trim()))?;
        let messages = format!("channels/{channel}/messages");
        Self::new(
            Api::new(egress, base, pace, lane, &[&token.expose_secret().trim().into()])?,
            Way::Bot(channel.to_owned()),
            messages,
            vec![authorization],
            ping,
        )
    }

    /// Makes a webhook's channel. The address is its secret.
    pub(crate) fn webhook(
        egress: &Egress,
        pace: Arc<Pace>,
        base: Option<&Url>,
        address: &Secret,
        ping: Option<Ping>,
    ) -> Result<Self, SetupError> {
        let (home, id, token) = parts(address.expose_secret().trim()).ok_or(SetupError::Webhook)?;
        let lane = Lane { account: account(address), place: id.clone(), rules: &[] };
        let messages = format!("webhooks/{id}/{token}");
        let api = Api::new(egress, base.unwrap_or(&home), pace, lane, &[&token.into()])?;
        Self::new(api, Way::Webhook(id), messages, Vec::new(), ping)
    }

    fn new(
        api: Api,
        way: Way,
        messages: String,
        mut headers: Vec<(HeaderName, HeaderValue)>,
        ping: Option<Ping>,
    ) -> Result<Self, SetupError> {
        headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
        Ok(Self { api, headers, way, messages, ping, me: OnceCell::new(), dialect: render::Discord })
    }

    async fn send(
        &self,
        act: Act,
        route: &'static str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Trouble> {
        let body = match body {
            Some(body) => api::json(&body)?,
            None => None,
        };
        let call = Call { act, route, method, path: format!("api/v10/{path}"), headers: &self.headers, body };
        let reply = self.api.send(call, hints).await?;
        match reply.status {
            StatusCode::NO_CONTENT if act == Act::Delete => Ok(Value::Null),
            status if !status.is_success() => Err(meaning(&reply, act, &self.way)),
            _ if act == Act::Delete || reply.json.is_null() => Err(foreign()),
            _ => Ok(reply.json),
        }
    }

    /// Returns the path of a message.
    fn message(&self, id: &str) -> String {
        match self.way {
            Way::Bot(_) => format!("{}/{id}", self.messages),
            Way::Webhook(_) => format!("{}/messages/{id}", self.messages),
        }
    }

    /// Returns the part of a body that every message has.
    fn body(&self, draft: &Draft<'_>) -> Value {
        let mut mentions = json!({ "parse": [] });
        if draft.pings() {
            match &self.ping {
                Some(Ping::Role(id)) => mentions["roles"] = json!([id]),
                Some(Ping::User(id)) => mentions["users"] = json!([id]),
                Some(Ping::Everyone | Ping::Here) => mentions["parse"] = json!(["everyone"]),
                Some(Ping::Name(_)) | None => {}
            }
        }
        json!({ "content": draft.text, "allowed_mentions": mentions, "flags": SUPPRESS_EMBEDS })
    }

    async fn me(&self) -> Result<&str, Trouble> {
        let ask = async || {
            let me = self.send(Act::Look, "users/@me", Method::GET, "users/@me", None).await?;
            me["id"].as_str().map(str::to_owned).ok_or_else(foreign)
        };
        self.me.get_or_try_init(ask).await.map(String::as_str)
    }
}

/// An answer that is not the service's: a proxy's, or one that was cut off.
fn foreign() -> Trouble {
    Trouble::Unknown { cause: "the answer was not what Discord sends; a proxy may stand in between".to_owned() }
}

/// Tells accounts apart without keeping their secrets.
pub(crate) fn account(secret: &Secret) -> String {
    use sha2::Digest as _;
    hex::encode(&sha2::Sha256::digest(secret.expose_secret())[..8])
}

/// Takes a webhook's address apart: where the service is, the webhook's id and its token.
fn parts(address: &str) -> Option<(Url, String, String)> {
    let mut url = Url::parse(address).ok()?;
    let segments: Vec<String> = url.path_segments()?.map(str::to_owned).collect();
    let at = segments.iter().position(|segment| segment == "webhooks")?;
    let [id, token] = segments.get(at + 1..at + 3)? else { return None };
    let plain = |text: &str| text.chars().all(|one| one.is_ascii_alphanumeric() || "-_".contains(one));
    if id.is_empty() || token.is_empty() || !id.bytes().all(|one| one.is_ascii_digit()) || !plain(token) {
        return None;
    }
    let (id, token) = (id.clone(), token.clone());
    url.set_path("");
    url.set_query(None);
    url.set_fragment(None);
    Some((url, id, token))
}

#[async_trait]
impl Channel for Discord {
    fn name(&self) -> String {
        match &self.way {
            Way::Bot(channel) => format!("channel {channel} of Discord"),
            Way::Webhook(id) => format!("webhook {id} of Discord"),
        }
    }

    fn dialect(&self) -> &dyn Dialect {
        &self.dialect
    }

    fn mention(&self) -> Option<String> {
        match self.ping.as_ref()? {
            Ping::Role(id) => Some(format!("<@&{id}>")),
            Ping::User(id) => Some(format!("<@{id}>")),
            Ping::Everyone => Some("@everyone".to_owned()),
            Ping::Here => Some("@here".to_owned()),
            Ping::Name(_) => None,
        }
    }

    fn once(&self) -> Once {
        match self.way {
            Way::Bot(_) => Once::Key { within: Some(NONCE) },
            Way::Webhook(_) => Once::Nothing,
        }
    }

    fn turn(&self, act: Act) -> Result<(), Instant> {
        self.api.turn(act)
    }

    async fn post(&self, draft: Draft<'_>) -> Result<Posted, Trouble> {
        let mut body = self.body(&draft);
        let path = match self.way {
            Way::Bot(_) => {
                body["nonce"] = json!(draft.nonce);
                body["enforce_nonce"] = json!(true);
                self.messages.clone()
            }
            Way::Webhook(_) => format!("{}?wait=true", self.messages),
        };
        let sent = self.send(Act::Post, "create a message", Method::POST, &path, Some(body)).await?;
        let id = sent["id"].as_str().map(str::to_owned).ok_or_else(foreign)?;
        Ok(Posted { id, text: sent["content"].as_str().map(str::to_owned) })
    }

    async fn edit(&self, id: &str, draft: Draft<'_>) -> Result<(), Trouble> {
        let body = self.body(&draft);
        self.send(Act::Edit, "edit a message", Method::PATCH, &self.message(id), Some(body)).await.map(drop)
    }

    async fn delete(&self, id: &str, _: &str) -> Result<(), Trouble> {
        self.send(Act::Delete, "delete a message", Method::DELETE, &self.message(id), None).await.map(drop)
    }

    async fn find(&self, draft: Draft<'_>, since: Instant) -> Result<Vec<String>, Trouble> {
        self.read_back(draft, since).await
    }

    fn struck(&self, _: &str) -> Option<String> {
        // Messages of one's own can always be removed here.
        None
    }

    async fn check(&self) -> Result<String, Trouble> {
        match &self.way {
            Way::Bot(channel) => {
                let me = self.send(Act::Look, "users/@me", Method::GET, "users/@me", None).await?;
                let path = format!("channels/{channel}");
                let found = self.send(Act::Look, "the channel", Method::GET, &path, None).await?;
                let name = |value: &Value, key: &str| value[key].as_str().unwrap_or("?").to_owned();
                Ok(format!("bot {} in channel #{}", name(&me, "username"), name(&found, "name")))
            }
            Way::Webhook(_) => {
                let found = self.send(Act::Look, "the webhook", Method::GET, &self.messages, None).await?;
                Ok(format!("webhook {:?}", found["name"].as_str().unwrap_or("?")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhooks_address_is_taken_apart() {
        for address in [
            "https://discord.com/api/webhooks/123/abc-DEF_1",
            "https://discord.com/api/v10/webhooks/123/abc-DEF_1/",
            "https://discord.com/api/webhooks/123/abc-DEF_1?wait=true",
        ] {
            let (home, id, token) = parts(address).expect(address);
            assert_eq!((home.as_str(), &*id, &*token), ("https://discord.com/", "123", "abc-DEF_1"));
        }
        for address in [
            "",
            "https://discord.com/",
            "https://discord.com/api/webhooks/123",
            "https://discord.com/api/webhooks/x/y",
            "https://discord.com/api/webhooks/1/%2e%2e",
        ] {
            assert!(parts(address).is_none(), "{address}");
        }
    }
}
