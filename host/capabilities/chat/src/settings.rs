//! How the operator's channels are reached.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use beadle_egress::{Egress, Secret};
use beadle_plan::{ChatName, Clock, EffectId, Fallbacks, NoMention, Ping, Target};
use url::Url;

use crate::channel::{Channel, Trouble};
use crate::console::Local;
use crate::discord::{self, Discord};
use crate::pace::Pace;
use crate::render::words;
use crate::telegram::{self, Telegram};
use crate::webhook::Webhook;

/// How one channel is reached, and what becomes of what it cannot do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The service.
    pub service: Service,
    /// Another address than the service's own: a server of one's own, or a test's.
    pub endpoint: Option<Url>,
    /// Who is mentioned where a message mentions.
    pub ping: Option<Ping>,
    /// What stands in place of a mention where the channel has none.
    pub ping_text: Option<String>,
    /// What becomes of what it cannot do.
    pub fallbacks: Fallbacks,
}

/// A chat service, and a channel of it.
#[derive(Debug, Clone)]
pub enum Service {
    /// A bot in a channel of Discord.
    Discord {
        /// The channel's id.
        channel: String,
        /// The bot's token.
        token: Secret,
    },
    /// A webhook of a channel of Discord.
    DiscordWebhook {
        /// Its address, which is its secret.
        address: Secret,
    },
    /// A bot in a chat of Telegram.
    Telegram {
        /// The chat's id, or `@name` of a public one.
        chat: String,
        /// The bot's token.
        token: Secret,
    },
    /// Events for a program of the operator's.
    Webhook {
        /// Where they are sent.
        address: Url,
        /// What they are signed with.
        secret: Secret,
    },
    /// The terminal.
    Console,
    /// A file that grows.
    File {
        /// The file.
        file: PathBuf,
    },
}

/// What is wrong with the settings of a channel. No text holds any part of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The address cannot be used.
    #[error("`endpoint` or `url` cannot be used: {0}")]
    Address(String),
    /// A secret would travel openly.
    #[error("{0} is neither https nor on this machine; a token sent there could be read on the way")]
    Exposed(String),
    /// The address of a webhook is none.
    #[error(
        "`address` is no webhook of Discord; copy it whole, it looks like https://discord.com/api/webhooks/NUMBER/TOKEN"
    )]
    Webhook,
    /// A secret has characters that no such secret has.
    #[error("the secret has characters that cannot be sent; copy it again, on one line")]
    Secret,
}

/// Where the terminal is written to.
pub type Console = Arc<dyn Fn(&str) + Send + Sync>;

/// One channel in use.
pub(crate) struct Chat {
    pub(crate) channel: Box<dyn Channel>,
    pub(crate) fallbacks: Fallbacks,
    /// What stands in place of a mention.
    pub(crate) mention: Option<String>,
}

impl Chat {
    /// Returns what a message that mentions begins with.
    pub(crate) fn mention(&self) -> Option<String> {
        self.channel.mention().or_else(|| {
            let text = self.mention.clone().filter(|_| self.fallbacks.no_mention == NoMention::Text)?;
            Some(words(&text, self.channel.dialect()))
        })
    }
}

/// The operator's channels, opened.
#[derive(Default)]
pub struct Chats {
    chats: BTreeMap<ChatName, Chat>,
    /// What is to be known about messages that are not done yet: what one round did is said by a later one. By target and key.
    pub(crate) notes: Mutex<HashMap<(Target, String), String>>,
    /// Which messages of a channel were set aside since one was delivered.
    pub(crate) aside: Mutex<HashMap<Target, HashSet<EffectId>>>,
}

impl std::fmt::Debug for Chats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.chats.keys()).finish()
    }
}

impl Chats {
    /// Opens the channels. Nothing is sent yet: one that cannot be reached shows when it is used.
    ///
    /// # Errors
    /// All channels whose settings cannot be right, and why.
    pub fn open(
        settings: BTreeMap<ChatName, Settings>,
        egress: &Egress,
        clock: &Arc<dyn Clock>,
        console: &Console,
    ) -> Result<Self, Vec<(ChatName, SetupError)>> {
        let pace = Pace::new(Arc::clone(clock));
        let (mut chats, mut problems) = (BTreeMap::new(), Vec::new());
        for (name, settings) in settings {
            let mention = settings.ping_text.clone().or_else(|| settings.ping.as_ref().map(Ping::text));
            match open(&name, &settings, egress, Arc::clone(&pace), clock, console) {
                Ok(channel) => {
                    chats.insert(name, Chat { channel, fallbacks: settings.fallbacks, mention });
                }
                Err(error) => problems.push((name, error)),
            }
        }
        if problems.is_empty() {
            Ok(Self { chats, notes: Mutex::default(), aside: Mutex::default() })
        } else {
            Err(problems)
        }
    }

    /// Looks whether a channel can be written to, as far as that shows without writing, and says who would; nothing where there is no such
    /// channel.
    ///
    /// # Errors
    /// What keeps it from being written to.
    pub async fn check(&self, name: &ChatName) -> Option<Result<String, Trouble>> {
        Some(self.chats.get(name)?.channel.check().await)
    }

    pub(crate) fn get(&self, name: &ChatName) -> Option<&Chat> {
        self.chats.get(name)
    }
}

fn open(
    name: &ChatName,
    settings: &Settings,
    egress: &Egress,
    pace: Arc<Pace>,
    clock: &Arc<dyn Clock>,
    console: &Console,
) -> Result<Box<dyn Channel>, SetupError> {
    let ping = settings.ping.clone();
    let base = |home: &str| match &settings.endpoint {
        Some(endpoint) => Ok(endpoint.clone()),
        None => home.parse().map_err(|error: url::ParseError| SetupError::Address(error.to_string())),
    };
    let local = |file| Local::new(name.as_str(), file, Arc::clone(console), Arc::clone(clock));
    Ok(match &settings.service {
        Service::Discord { channel, token } => {
            Box::new(Discord::bot(egress, pace, &base(discord::HOME)?, channel, token, ping)?)
        }
        Service::DiscordWebhook { address } => {
            Box::new(Discord::webhook(egress, pace, settings.endpoint.as_ref(), address, ping)?)
        }
        Service::Telegram { chat, token } => {
            let label = settings.ping_text.as_deref();
            Box::new(Telegram::new(egress, pace, &base(telegram::HOME)?, chat, token, ping, label)?)
        }
        Service::Webhook { address, secret } => {
            Box::new(Webhook::new(egress, pace, name.as_str(), address, secret, Arc::clone(clock))?)
        }
        Service::Console => Box::new(local(None)),
        Service::File { file } => Box::new(local(Some(file.clone()))),
    })
}
