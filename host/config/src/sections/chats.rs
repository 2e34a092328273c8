//! `[chats.NAME]`: channels that plugins write to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use beadle_plan::{ChatName, Fallbacks, NoDelete, NoEdit, NoMention, Ping};
use url::Url;

use super::named;
use crate::mask::is_secret_key;
use crate::reader::{Item, Section};
use crate::secret::SecretRef;
use crate::shape::{Key, Kind, Shape};

/// A channel that plugins write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    /// The service, and a channel of it.
    pub service: ChatService,
    /// Another address than the service's own.
    pub endpoint: Option<Url>,
    /// Who is mentioned where a message mentions.
    pub ping: Option<Ping>,
    /// What stands in place of a mention where the channel has none.
    pub ping_text: Option<String>,
    /// What becomes of what the channel cannot do.
    pub fallbacks: Fallbacks,
}

/// A chat service, and a channel of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatService {
    /// A bot in a channel of Discord.
    Discord {
        /// The channel's id.
        channel: String,
        /// The bot's token.
        token: SecretRef,
    },
    /// A webhook of a channel of Discord.
    DiscordWebhook {
        /// Its address, which is its secret.
        address: SecretRef,
    },
    /// A bot in a chat of Telegram.
    Telegram {
        /// The chat's id, or `@name` of a public one.
        chat: String,
        /// The bot's token.
        token: SecretRef,
    },
    /// Events for a program of the operator's.
    Webhook {
        /// Where they are sent.
        url: Url,
        /// What they are signed with.
        secret: SecretRef,
    },
    /// The terminal.
    Console,
    /// A file that grows.
    File {
        /// The file; made at first use.
        file: PathBuf,
    },
}

impl ChatService {
    /// Returns its secret, and the key under which it stands.
    pub fn secret(&self) -> Option<(&'static str, &SecretRef)> {
        match self {
            Self::Discord { token, .. } | Self::Telegram { token, .. } => Some(("token", token)),
            Self::DiscordWebhook { address } => Some(("address", address)),
            Self::Webhook { secret, .. } => Some(("secret", secret)),
            Self::Console | Self::File { .. } => None,
        }
    }
}

/// The kinds of channels, and the keys that each has beside those of all.
const KINDS: [(&str, &[&str]); 6] = [
    ("discord", &["channel", "token", "endpoint", "ping"]),
    ("discord-webhook", &["address", "endpoint", "ping"]),
    ("telegram", &["chat", "token", "endpoint", "ping"]),
    ("webhook", &["url", "secret"]),
    ("console", &[]),
    ("file", &["file"]),
];

pub(crate) static CHAT: Shape = Shape {
    title: "[chats.NAME]",
    doc: "A channel that plugins write to: of Discord, of Telegram, a program of your own, the terminal or a file. docs/chat.md says where \
          tokens and ids come from.",
    keys: &[
        Key::new(
            "kind",
            Kind::Choice(&["discord", "discord-webhook", "telegram", "webhook", "console", "file"]),
            "\"discord\"",
            "What it is.",
        )
        .required(),
        Key::new("channel", Kind::Text, "\"1234567890\"", "`discord`, required: the channel's id."),
        Key::new(
            "chat",
            Kind::Text,
            "\"-1001234567890\"",
            "`telegram`, required: the chat's id, or `\"@name\"` of a public group or channel.",
        ),
        Key::new(
            "token",
            Kind::Secret,
            "{ env = \"BOT_TOKEN\" }",
            "`discord` and `telegram`, required: the bot's token.",
        ),
        Key::new(
            "address",
            Kind::Secret,
            "{ env = \"DISCORD_WEBHOOK\" }",
            "`discord-webhook`, required: the webhook's whole address, which is a secret.",
        ),
        Key::new(
            "url",
            Kind::Text,
            "\"https://events.school.example/beadle\"",
            "`webhook`, required: where events are sent.",
        ),
        Key::new(
            "secret",
            Kind::Secret,
            "{ env = \"WEBHOOK_SECRET\" }",
            "`webhook`, required: what events are signed with.",
        ),
        Key::new("file", Kind::Text, "\"class.log\"", "`file`, required: the file, relative to this file's folder."),
        Key::new(
            "ping",
            Kind::Text,
            "\"role:42\"",
            "Who is mentioned before something begins: `\"role:ID\"`, `\"user:ID\"`, `\"everyone\"` or `\"here\"` on Discord, `\"user:ID\"` or \
             `\"@name\"` on Telegram.",
        )
        .default("nobody"),
        Key::new(
            "ping-text",
            Kind::Text,
            "\"Class 7b\"",
            "What stands in place of a mention where the channel has none, and where a person is mentioned on Telegram by number.",
        ),
        Key::new(
            "on-no-edit",
            Kind::Choice(&["repost", "skip", "hold"]),
            "\"repost\"",
            "Where a message cannot be changed: `repost` sends a new one, `skip` leaves it, `hold` waits for you.",
        )
        .default("\"repost\""),
        Key::new(
            "on-no-delete",
            Kind::Choice(&["strike", "keep"]),
            "\"strike\"",
            "Where a message cannot be removed: `strike` strikes it through, `keep` leaves it.",
        )
        .default("\"strike\""),
        Key::new(
            "on-no-mention",
            Kind::Choice(&["text", "omit"]),
            "\"text\"",
            "Where nobody can be mentioned: `text` writes it out, `omit` leaves it out.",
        )
        .default("\"text\""),
        Key::new(
            "endpoint",
            Kind::Text,
            "\"http://127.0.0.1:8081\"",
            "Another address than the service's own: a Bot API server of your own, or a test's.",
        ),
    ],
    one_of: &[],
    elsewhere: &[],
};

pub(crate) fn read(item: &Item<'_>) -> BTreeMap<ChatName, Chat> {
    named(item, &CHAT).into_iter().filter_map(|(name, section)| Some((name.into(), chat(&section)?))).collect()
}

fn chat(section: &Section<'_>) -> Option<Chat> {
    let words = KINDS.map(|(kind, _)| (kind, kind));
    let kind = section.required("kind")?.choice(&words)?;
    refuse_others(section, kind);
    let service = service(section, kind);
    let endpoint = section.item("endpoint").and_then(|item| item.web_address(item.text()?));
    let ping = section.item("ping").and_then(|item| ping(&item, kind));
    let ping_text = section.item("ping-text").and_then(|item| item.text()).map(str::to_owned);
    let fallbacks = fallbacks(section);
    Some(Chat { service: service?, endpoint, ping, ping_text, fallbacks })
}

fn fallbacks(section: &Section<'_>) -> Fallbacks {
    let get = |name: &'static str| section.item(name);
    let no_edit = get("on-no-edit")
        .and_then(|item| item.choice(&[("repost", NoEdit::Repost), ("skip", NoEdit::Skip), ("hold", NoEdit::Hold)]));
    let no_delete =
        get("on-no-delete").and_then(|item| item.choice(&[("strike", NoDelete::Strike), ("keep", NoDelete::Keep)]));
    let no_mention =
        get("on-no-mention").and_then(|item| item.choice(&[("text", NoMention::Text), ("omit", NoMention::Omit)]));
    Fallbacks {
        no_edit: no_edit.unwrap_or_default(),
        no_delete: no_delete.unwrap_or_default(),
        no_mention: no_mention.unwrap_or_default(),
    }
}

/// Reports keys that belong to another kind.
fn refuse_others(section: &Section<'_>, kind: &str) {
    let own = KINDS.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, keys)| keys);
    for (_, keys) in KINDS {
        for key in keys.iter().filter(|key| !own.contains(key)) {
            let homes: Vec<String> = KINDS
                .iter()
                .filter(|(_, keys)| keys.contains(key))
                .map(|(kind, _)| format!("kind = \"{kind}\""))
                .collect();
            // A webhook's address is most often written as the `url` that it is.
            if *key == "url" && kind == "discord-webhook" {
                section.refuse(
                    key,
                    "is called address here, and is a secret: write address = { env = \"DISCORD_WEBHOOK\" }; it",
                );
            }
            section.refuse(key, &format!("belongs to {}", homes.join(" or ")));
        }
    }
}

fn service(section: &Section<'_>, kind: &str) -> Option<ChatService> {
    let secret = |name: &'static str| section.required(name).and_then(|item| item.secret());
    match kind {
        "discord" => {
            let channel = section.required("channel").and_then(|item| snowflake(&item));
            let token = secret("token");
            Some(ChatService::Discord { channel: channel?, token: token? })
        }
        "discord-webhook" => Some(ChatService::DiscordWebhook { address: secret("address")? }),
        "telegram" => {
            let chat = section.required("chat").and_then(|item| telegram_chat(&item));
            let token = secret("token");
            Some(ChatService::Telegram { chat: chat?, token: token? })
        }
        "webhook" => {
            let url = section.required("url").and_then(|item| event_address(&item));
            let secret = secret("secret");
            Some(ChatService::Webhook { url: url?, secret: secret? })
        }
        "console" => Some(ChatService::Console),
        _ => {
            let file = section.required("file")?;
            Some(ChatService::File { file: file.reader.path(file.text()?) })
        }
    }
}

/// Reads where events are sent. An address that carries a secret does not belong into the file.
fn event_address(item: &Item<'_>) -> Option<Url> {
    let url = item.web_address(item.text()?)?;
    if url.path().contains("/api/webhooks/") {
        let message =
            format!("secret written in clear: {} is a webhook of Discord, whose address is its secret", item.path);
        item.error(message, "write: kind = \"discord-webhook\" and address = { env = \"DISCORD_WEBHOOK\" }".to_owned());
        return None;
    }
    if url.query_pairs().any(|(name, _)| is_secret_key(&name)) {
        let message = format!("secret written in clear: {} carries one behind its ?", item.path);
        item.error(message, "leave it out; events are signed with `secret`, which the receiver checks".to_owned());
        return None;
    }
    Some(url)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.bytes().all(|one| one.is_ascii_digit())
}

/// Reads a channel's id; people paste its link.
fn snowflake(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    if digits(text) {
        return Some(text.to_owned());
    }
    let last = text.trim_end_matches('/').rsplit('/').next().filter(|last| digits(last));
    let fix = last.map_or_else(|| item.write_example(), |id| item.write_text(id));
    let message = format!("{} is no id of a channel: digits only; in Discord: Copy Channel ID", item.path);
    item.error(message, fix);
    None
}

fn telegram_chat(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    if digits(text.strip_prefix('-').unwrap_or(text)) || is_name(text) {
        return Some(text.to_owned());
    }
    let name =
        text.trim_end_matches('/').rsplit('/').next().map(|last| format!("@{last}")).filter(|name| is_name(name));
    let fix = name.map_or_else(|| item.write_example(), |name| item.write_text(&name));
    item.error(format!("{} is no chat: a number, negative for groups, or \"@name\"", item.path), fix);
    None
}

/// Whether a text is a public name of Telegram.
fn is_name(text: &str) -> bool {
    text.strip_prefix('@').is_some_and(|name| {
        (4..=32).contains(&name.len()) && name.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'_')
    })
}

/// Returns what was meant by a mention in the service's own words; the example where nothing was.
fn meant(text: &str, example: &str) -> String {
    let id = text.trim_start_matches(['<', '@', '&', '!']).trim_end_matches('>');
    let word = text.trim_start_matches('@');
    match (digits(id), example.starts_with("role")) {
        (true, true) if text.contains('&') || !text.contains('@') => format!("role:{id}"),
        (true, _) => format!("user:{id}"),
        (false, true) if matches!(word, "everyone" | "here") => word.to_owned(),
        _ => example.to_owned(),
    }
}

fn ping(item: &Item<'_>, kind: &str) -> Option<Ping> {
    let text = item.text()?;
    let telegram = kind == "telegram";
    let ping = match text.split_once(':') {
        Some(("role", id)) if digits(id) && !telegram => Some(Ping::Role(id.to_owned())),
        Some(("user", id)) if digits(id) => Some(Ping::User(id.to_owned())),
        None if text == "everyone" && !telegram => Some(Ping::Everyone),
        None if text == "here" && !telegram => Some(Ping::Here),
        None if telegram && is_name(text) => Some(Ping::Name(text.to_owned())),
        _ => None,
    };
    if ping.is_none() {
        let (forms, example) = match telegram {
            true => ("\"user:ID\" or \"@name\"; Telegram has no roles", "user:42"),
            false => ("\"role:ID\", \"user:ID\", \"everyone\" or \"here\"", "role:42"),
        };
        item.error(format!("{text:?} names nobody for {}: {forms}", item.path), item.write_text(&meant(text, example)));
    }
    ping
}
