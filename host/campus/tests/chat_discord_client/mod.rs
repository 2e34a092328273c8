//! A simulated Discord on a standing clock, and a plain client of it.

#![allow(dead_code, reason = "every test binary uses another part of it, so that no expectation holds in all of them")]

use beadle_campus::chat::Discord;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::common::{Hand, client};

/// When the clock stands at first.
pub(crate) const NOW: i64 = 1_795_198_024_000;

/// A user agent that the wall lets pass.
pub(crate) const AGENT: &str = "DiscordBot (https://beadle.example, 0.1)";

/// A Discord with two channels, `100` and `200`.
pub(crate) struct School {
    pub(crate) discord: Discord,
    pub(crate) clock: Hand,
    http: reqwest::Client,
}

/// An answer; a body that is no JSON is a text.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// Status and code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, i64) {
        (self.status, self.body["code"].as_i64().unwrap_or(-1))
    }

    /// A header's value, empty if it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.head.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no message: {}", self.body)).to_owned()
    }
}

impl School {
    pub(crate) async fn start() -> Self {
        let clock = Hand::at(NOW);
        let discord = Discord::start(clock.clock()).await.expect("loopback");
        discord.channel("100");
        discord.channel("200");
        Self { discord, clock, http: client() }
    }

    /// Sends a request; nothing where the answer is lost. No token is sent where it is empty.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        agent: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Option<Answer> {
        let url = format!("{}/api/v10{path}", self.discord.base_url);
        let mut request = self.http.request(method.parse().expect("method"), url).header("user-agent", agent);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bot {token}"));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let (status, head) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.ok()?;
        Some(Answer { status, head, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }

    /// Sends a request as the bot, or as whoever knows the path of a webhook.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let token = if path.starts_with("/webhooks/") { String::new() } else { self.discord.token() };
        let body = (!body.is_null()).then_some(&body);
        self.send(method, path, AGENT, &token, body).await.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    /// Posts a message to the first channel.
    pub(crate) async fn post(&self, body: Value) -> Answer {
        self.call("POST", "/channels/100/messages", body).await
    }

    pub(crate) fn contents(&self, channel: &str) -> Vec<String> {
        self.discord.messages(channel).into_iter().map(|message| message.content).collect()
    }
}
