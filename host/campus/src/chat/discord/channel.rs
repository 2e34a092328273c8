//! A channel and the pages of its messages.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::mentions::Ping;
use super::message::Message;
use super::refusal::Refusal;

/// The id of the server that all channels are in.
const GUILD: &str = "1290000000000000001";

/// How many messages a page holds that asks for no number, and the most it may ask for.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 100;

/// A text channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Channel {
    pub(super) messages: BTreeMap<u64, Message>,
    /// Who was notified, by which message, oldest first; also by messages that are gone.
    pub(super) pings: Vec<(u64, Ping)>,
    /// Whether the bot may not send here.
    pub(super) forbidden: bool,
    /// Whether the bot may not read what was sent: pages are then empty, without an error.
    pub(super) no_history: bool,
}

impl Channel {
    pub(super) fn json(&self, id: &str) -> Value {
        let last = self.messages.keys().next_back().map(u64::to_string);
        json!({
            "id": id, "type": 0, "last_message_id": last, "flags": 0, "guild_id": GUILD, "name": format!("channel-{id}"),
            "parent_id": null, "rate_limit_per_user": 0, "topic": null, "position": 0, "permission_overwrites": [], "nsfw": false,
        })
    }

    /// Returns the messages that a query asks for, newest first.
    pub(super) fn page(&self, query: &[(String, String)]) -> Result<Vec<&Message>, Refusal> {
        let get = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let id = |name: &str| get(name).map(|value| snowflake(name, value)).transpose();
        let limit = match get("limit").map(str::parse::<usize>) {
            None => PAGE,
            Some(Ok(limit @ 1..=LARGEST_PAGE)) => limit,
            Some(_) => {
                let why = format!("int value should be between 1 and {LARGEST_PAGE}.");
                return Err(Refusal::field("limit", "NUMBER_TYPE_RANGE", &why));
            }
        };
        let (before, after, around) = (id("before")?, id("after")?, id("around")?);
        if [before, after, around].into_iter().flatten().count() > 1 {
            // The real service takes one of them, and the documentation does not say which.
            return Err(Refusal::field("before", "EXCLUSIVE", "before, after and around are mutually exclusive."));
        }
        if self.no_history {
            return Ok(Vec::new());
        }
        let all = || self.messages.values();
        let mut page: Vec<&Message> = match (before, after, around) {
            (Some(before), ..) => all().rev().filter(|message| message.id < before).take(limit).collect(),
            (_, Some(after), _) => all().filter(|message| message.id > after).take(limit).collect(),
            (.., Some(around)) => {
                let newer = all().filter(|message| message.id > around).take(limit / 2);
                let older = all().rev().filter(|message| message.id <= around).take(limit.div_ceil(2));
                newer.chain(older).collect()
            }
            _ => all().rev().take(limit).collect(),
        };
        page.sort_by_key(|message| std::cmp::Reverse(message.id));
        Ok(page)
    }
}

/// Reads an id; `name` is what a refusal calls it.
pub(super) fn snowflake(name: &str, value: &str) -> Result<u64, Refusal> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| digits).ok_or_else(|| Refusal::no_snowflake(name, value))
}
