//! The methods.

use serde_json::{Value, json};

use super::entity::Styled;
use super::html;
use super::message::{Message, bot};
use super::params::Params;
use super::refusal::Refusal;
use super::world::{Chat, World};

/// The most UTF-16 code units of a text, after entities are parsed.
const MOST_UNITS: usize = 4_096;

/// For how long a message can be deleted, in milliseconds.
const DELETABLE_MS: i64 = 48 * 3_600_000;

/// What messages may have beside text, and the campus does not know.
const UNKNOWN: [&str; 10] = [
    "business_connection_id",
    "message_thread_id",
    "direct_messages_topic_id",
    "entities",
    "message_effect_id",
    "suggested_post_parameters",
    "reply_parameters",
    "reply_markup",
    "inline_message_id",
    "rich_message",
];

impl World {
    /// Answers a call with a token; methods are told apart whatever their case.
    pub(super) fn call(
        &mut self,
        token: &str,
        method: &str,
        params: Result<Params, Refusal>,
        now_ms: i64,
    ) -> Result<Value, Refusal> {
        let formed = token.split_once(':').is_some_and(|(id, secret)| {
            !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) && !secret.is_empty()
        });
        if !formed {
            return Err(Refusal::nowhere());
        }
        if self.revoked || token != self.token {
            return Err(Refusal::unauthorised());
        }
        self.meter.request(now_ms).map_err(Refusal::limited)?;
        let params = params?;
        if let Some(spec) = &self.spec {
            self.complaints.extend(spec.complaints(method, &params));
        }
        match method.to_ascii_lowercase().as_str() {
            "getme" => Ok(me()),
            "getchat" => Ok(full(self.chat(&params)?)),
            "sendmessage" => self.send(&params, now_ms),
            "editmessagetext" => self.edit(&params, now_ms),
            "deletemessage" => self.delete(&params, now_ms),
            _ => Err(Refusal::nowhere()),
        }
    }

    fn send(&mut self, params: &Params, now_ms: i64) -> Result<Value, Refusal> {
        let chat = self.writable(params, now_ms)?;
        let styled = styled(params)?;
        let head = chat.json();
        let message = chat.put(|id| Message {
            id,
            by_bot: true,
            styled,
            silent: params.flag("disable_notification"),
            created_ms: now_ms,
            edited_ms: None,
            edits: 0,
        });
        Ok(message.json(&head))
    }

    fn edit(&mut self, params: &Params, now_ms: i64) -> Result<Value, Refusal> {
        let chat = self.writable(params, now_ms)?;
        let styled = styled(params)?;
        let head = chat.json();
        let id = params.number("message_id").ok_or_else(|| Refusal::bad("message identifier is not specified"))?;
        let message = chat.messages.get_mut(&id).ok_or_else(|| Refusal::bad("message to edit not found"))?;
        if !message.by_bot {
            return Err(Refusal::bad("message can't be edited"));
        }
        if message.styled == styled {
            return Err(Refusal::bad(
                "message is not modified: specified new message content and reply markup are exactly the same as a current content \
                 and reply markup of the message",
            ));
        }
        message.styled = styled;
        message.edited_ms = Some(now_ms);
        message.edits += 1;
        Ok(message.json(&head))
    }

    fn delete(&mut self, params: &Params, now_ms: i64) -> Result<Value, Refusal> {
        let chat = self.chat(params)?;
        let id = params.number("message_id").ok_or_else(|| Refusal::bad("message identifier is not specified"))?;
        let message = chat.messages.get(&id).ok_or_else(|| Refusal::bad("message to delete not found"))?;
        if !message.by_bot {
            return Err(Refusal::bad("message can't be deleted"));
        }
        if now_ms - message.created_ms >= DELETABLE_MS {
            return Err(Refusal::bad("message can't be deleted for everyone"));
        }
        chat.messages.remove(&id);
        Ok(json!(true))
    }

    /// Returns the chat that a call names. Names of public chats are not known here.
    fn chat(&mut self, params: &Params) -> Result<&mut Chat, Refusal> {
        if params.text("chat_id").is_empty() {
            return Err(Refusal::bad("chat_id is empty"));
        }
        let chat = params.number("chat_id").and_then(|id| self.chats.get_mut(&id));
        chat.ok_or_else(|| Refusal::bad("chat not found"))?.enter()
    }

    /// Returns the chat that a call names, where the bot may write and is not too fast.
    fn writable(&mut self, params: &Params, now_ms: i64) -> Result<&mut Chat, Refusal> {
        params.without(&UNKNOWN)?;
        if self.chat(params)?.forbidden {
            return Err(Refusal::bad("not enough rights to send text messages to the chat"));
        }
        let id = params.number("chat_id").unwrap_or_default();
        self.meter.message(now_ms, id).map_err(Refusal::limited)?;
        self.chat(params)
    }
}

/// Reads the text of a message, entities parsed.
fn styled(params: &Params) -> Result<Styled, Refusal> {
    let text = params.text("text");
    let styled = match params.text("parse_mode").to_ascii_lowercase().as_str() {
        "" => Styled { text, entities: Vec::new() },
        "html" => html::parse(&text).map_err(|why| Refusal::bad(&format!("can't parse entities: {why}")))?,
        "markdown" | "markdownv2" => return Err(Refusal::unsupported("Markdown")),
        _ => return Err(Refusal::bad("unsupported parse_mode")),
    };
    let styled = styled.trimmed();
    match styled.length() {
        0 => Err(Refusal::bad("message text is empty")),
        length if length > MOST_UNITS => Err(Refusal::bad("message is too long")),
        _ => Ok(styled),
    }
}

fn me() -> Value {
    let mut me = bot();
    for field in ["can_join_groups", "can_read_all_group_messages", "supports_inline_queries"] {
        me[field] = json!(field == "can_join_groups");
    }
    me
}

fn full(chat: &Chat) -> Value {
    let mut full = chat.json();
    full["accent_color_id"] = json!(2);
    full["max_reaction_count"] = json!(11);
    full["accepted_gift_types"] = json!({
        "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false,
        "gifts_from_channels": false,
    });
    full
}
