//! Stretches of a text that look or do something.

use serde_json::{Value, json};

/// A stretch of a message's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// What it is: `bold`, `italic`, `underline`, `strikethrough`, `spoiler`, `blockquote`, `expandable_blockquote`, `code`, `pre`,
    /// `text_link`, `text_mention`, `custom_emoji`, `date_time`.
    pub kind: &'static str,
    /// Where it begins, in UTF-16 code units.
    pub offset: usize,
    /// How long it is, in UTF-16 code units.
    pub length: usize,
    /// The address of a link, the id of a mentioned user or of an emoji, the language of code, the seconds of a time.
    pub argument: Option<String>,
}

impl Entity {
    pub(super) fn json(&self) -> Value {
        let mut entity = json!({ "type": self.kind, "offset": self.offset, "length": self.length });
        let Some(argument) = &self.argument else { return entity };
        let number = || json!(argument.parse::<i64>().unwrap_or(0));
        match self.kind {
            "text_link" => entity["url"] = json!(argument),
            "text_mention" => {
                entity["user"] = json!({ "id": number(), "is_bot": false, "first_name": format!("User {argument}") });
            }
            "custom_emoji" => entity["custom_emoji_id"] = json!(argument),
            "date_time" => entity["unix_time"] = number(),
            _ => entity["language"] = json!(argument),
        }
        entity
    }
}

/// A text and its entities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Styled {
    pub(super) text: String,
    pub(super) entities: Vec<Entity>,
}

impl Styled {
    /// Returns the length in UTF-16 code units, which is what limits count.
    pub(super) fn length(&self) -> usize {
        self.text.encode_utf16().count()
    }

    /// Cuts off spaces at both ends, as the server does, and entities with them.
    pub(super) fn trimmed(self) -> Self {
        let start = self.text.trim_start();
        let cut = self.text[..self.text.len() - start.len()].encode_utf16().count();
        let text = start.trim_end().to_owned();
        let length = text.encode_utf16().count();
        let entities = self.entities.into_iter().filter_map(|entity| {
            let end = (entity.offset + entity.length).saturating_sub(cut).min(length);
            let offset = entity.offset.saturating_sub(cut);
            (end > offset).then(|| Entity { offset, length: end - offset, ..entity })
        });
        let entities = entities.collect();
        Self { text, entities }
    }

    /// Returns the text as a reader sees it, addresses of links behind them: `text⟨address⟩`.
    pub(super) fn visible(&self) -> String {
        let mut seen = String::new();
        let mut at = 0;
        let behind = |seen: &mut String, at: usize| {
            for entity in self.entities.iter().rev().filter(|entity| entity.offset + entity.length == at) {
                match (entity.kind, &entity.argument) {
                    ("text_link", Some(address)) => seen.push_str(&format!("⟨{address}⟩")),
                    ("text_mention", Some(id)) => seen.push_str(&format!("⟨tg://user?id={id}⟩")),
                    _ => {}
                }
            }
        };
        for character in self.text.chars() {
            seen.push(character);
            at += character.len_utf16();
            behind(&mut seen, at);
        }
        seen
    }
}
