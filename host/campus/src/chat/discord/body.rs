//! Reading the body of a new message or an edit.

use serde_json::Value;

use super::mentions::Allowed;
use super::message::nonce_text;
use super::refusal::Refusal;

/// The most characters of a message; the published specification says 4,000, the documentation 2,000.
const MOST_CHARACTERS: usize = 2_000;

/// The most characters of a nonce.
const MOST_NONCE: usize = 25;

/// The most characters of a webhook's name.
const MOST_NAME: usize = 80;

/// What messages may hold beside text, and the campus does not know.
const UNKNOWN: [&str; 10] = [
    "embeds",
    "components",
    "attachments",
    "sticker_ids",
    "poll",
    "message_reference",
    "shared_client_theme",
    "thread_name",
    "applied_tags",
    "payload_json",
];

/// A message as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// The text without spaces at its ends; `None` if the field is absent.
    pub(super) content: Option<String>,
    pub(super) nonce: Option<Value>,
    pub(super) enforce_nonce: bool,
    pub(super) flags: Option<u64>,
    pub(super) tts: bool,
    pub(super) allowed: Allowed,
    /// The name a webhook wants to bear.
    pub(super) username: Option<String>,
}

impl Draft {
    /// Reads a body; `otherwise` is what a message may mention that says nothing about it.
    pub(super) fn read(body: &Value, otherwise: Allowed) -> Result<Self, Refusal> {
        let fields = body.as_object().ok_or_else(Refusal::no_json)?;
        let filled = |value: &Value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
        if let Some(name) = UNKNOWN.into_iter().find(|name| fields.get(*name).is_some_and(filled)) {
            return Err(Refusal::unsupported(name));
        }
        let allowed = Allowed::read(fields.get("allowed_mentions").unwrap_or(&Value::Null), otherwise)?;
        let content = match fields.get("content") {
            None => None,
            Some(Value::Null) => Some(String::new()),
            Some(Value::String(text)) if text.chars().count() > MOST_CHARACTERS => {
                return Err(Refusal::too_long("content", MOST_CHARACTERS));
            }
            Some(Value::String(text)) => Some(text.trim().to_owned()),
            Some(_) => return Err(wrong_type("content")),
        };
        let nonce = match fields.get("nonce") {
            None | Some(Value::Null) => None,
            Some(nonce @ (Value::String(_) | Value::Number(_))) => Some(nonce.clone()),
            Some(_) => return Err(wrong_type("nonce")),
        };
        if nonce.as_ref().is_some_and(|nonce| nonce_text(nonce).chars().count() > MOST_NONCE) {
            return Err(Refusal::too_long("nonce", MOST_NONCE));
        }
        let username = match fields.get("username") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) if (1..=MOST_NAME).contains(&name.chars().count()) => Some(name.clone()),
            Some(Value::String(_)) => {
                let why = format!("Must be between 1 and {MOST_NAME} in length.");
                return Err(Refusal::field("username", "BASE_TYPE_BAD_LENGTH", &why));
            }
            Some(_) => return Err(wrong_type("username")),
        };
        let flag = |name: &str| match fields.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(wrong_type(name)),
        };
        let flags = match fields.get("flags") {
            None | Some(Value::Null) => None,
            Some(flags) => Some(flags.as_u64().ok_or_else(|| wrong_type("flags"))?),
        };
        Ok(Self { content, nonce, enforce_nonce: flag("enforce_nonce")?, flags, tts: flag("tts")?, allowed, username })
    }

    /// Returns the text of a new message, which must have one.
    pub(super) fn text(&self) -> Result<&str, Refusal> {
        self.content.as_deref().filter(|text| !text.is_empty()).ok_or_else(Refusal::empty_message)
    }
}

fn wrong_type(name: &str) -> Refusal {
    Refusal::field(name, "BASE_TYPE_BAD_TYPE", "The value has the wrong type.")
}
