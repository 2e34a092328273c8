//! The contract's functions, on a view of one run.

use beadle_plan::{
    Block, Body, ChatName, Effect, Form, Grants, Instant, LONGEST_KEY, Look, Message, Piece, Post, Severity, Stage,
    Target, TooLong,
};
use url::Url;
use wasmtime::component::{HasData, Linker};

use crate::deliver::not_configured;
use crate::grant::may;
use crate::settings::Chats;

mod generated {
    wasmtime::component::bindgen!({
        path: "../../../wit/chat",
        world: "uses-chat",
        imports: { default: async | trappable },
    });
}

use generated::beadle::chat::chat as wit;

/// The size of a message in a plan, in bytes. Services take a few thousand characters; what is larger was made by mistake.
const LARGEST: usize = 64 << 10;

/// The chat channels as one run sees them.
pub struct ChatView<'a> {
    /// The plugin's name.
    pub plugin: &'a str,
    /// The run's site; empty where it has none. With the plugin the owner of its keys.
    pub site: &'a str,
    /// What is granted.
    pub grants: &'a Grants,
    /// The operator's channels.
    pub chats: &'a Chats,
    /// The IANA name of the run's time zone.
    pub timezone: &'a str,
    /// The run's language.
    pub language: &'a str,
    /// What becomes of messages that are too long.
    pub too_long: TooLong,
    /// Where messages are staged.
    pub stage: &'a mut Stage,
}

struct HasChats<T>(std::marker::PhantomData<T>);

impl<T: 'static> HasData for HasChats<T> {
    type Data<'a> = ChatView<'a>;
}

/// Adds the interface to a linker; `view` borrows a run's view from the store's data.
///
/// # Errors
/// When the linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> ChatView<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasChats<T>>(linker, view)
}

impl ChatView<'_> {
    /// Returns the target and the key of what a plugin says. Keys belong to plugin and site: nobody meets another's.
    fn place(&self, channel: String, key: &str) -> Result<(Target, String), wit::Error> {
        may(self.plugin, self.grants, &channel).map_err(|denial| wit::Error::Denied(denial.to_string()))?;
        let name = ChatName::new(channel);
        if self.chats.get(&name).is_none() {
            let (cause, advice) = not_configured(&name);
            return Err(wit::Error::Denied(format!("{cause}; {advice}")));
        }
        if key.is_empty() {
            return Err(wit::Error::Invalid("the key is empty".to_owned()));
        }
        let owner =
            if self.site.is_empty() { self.plugin.to_owned() } else { format!("{}@{}", self.plugin, self.site) };
        let whole = format!("{owner}/{key}");
        if whole.len() > LONGEST_KEY {
            return Err(wit::Error::Invalid(format!("the key is longer than {LONGEST_KEY} bytes")));
        }
        Ok((Target::Chat(name), whole))
    }

    fn message(&self, message: wit::Message) -> Result<Message, String> {
        let blocks = message.blocks.into_iter().map(block).collect::<Result<_, _>>()?;
        let message = Message {
            title: message.title,
            blocks,
            ping: message.mentions.contains(&wit::Mention::Ping),
            severity: match message.severity {
                wit::Severity::Info => Severity::Info,
                wit::Severity::Notice => Severity::Notice,
                wit::Severity::Urgent => Severity::Urgent,
            },
            timezone: self.timezone.to_owned(),
            language: self.language.to_owned(),
            too_long: self.too_long,
        };
        if message.size() > LARGEST {
            return Err(format!("the message is larger than {} KiB", LARGEST >> 10));
        }
        if is_empty(&message) {
            return Err("the message says nothing".to_owned());
        }
        Ok(message)
    }
}

/// Tells whether there is nothing to read in a message.
fn is_empty(message: &Message) -> bool {
    let nothing = |piece: &Piece| match piece {
        Piece::Words { text, .. } => text.trim().is_empty(),
        Piece::Link { .. } => false,
        Piece::Time { form, .. } => *form == Form::Distance,
    };
    let blank = |block: &Block| match block {
        Block::Text(pieces) => pieces.iter().all(nothing),
        Block::Items(lines) => lines.iter().flatten().all(nothing),
    };
    message.title.trim().is_empty() && message.blocks.iter().all(blank)
}

fn block(block: wit::Block) -> Result<Block, String> {
    let line = |pieces: Vec<wit::Piece>| pieces.into_iter().map(piece).collect::<Result<Vec<_>, _>>();
    Ok(match block {
        wit::Block::Text(pieces) => Block::Text(line(pieces)?),
        wit::Block::Items(lines) => Block::Items(lines.into_iter().map(line).collect::<Result<_, _>>()?),
    })
}

fn piece(piece: wit::Piece) -> Result<Piece, String> {
    Ok(match piece {
        wit::Piece::Words(words) => Piece::Words { text: words.text, look: look(words.look) },
        wit::Piece::Link(link) => {
            let url = Url::parse(&link.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            // A login in an address would be shown to everybody.
            let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
            let url = url.ok_or("a link begins with https:// or http:// and carries no login")?;
            Piece::Link { text: link.text, url: url.to_string() }
        }
        wit::Piece::Time(moment) => {
            let until = moment.until.map(instant).transpose()?;
            let at = instant(moment.at)?;
            if until.is_some_and(|until| until < at) {
                return Err("a stretch of time ends before it begins".to_owned());
            }
            let form = match moment.form {
                wit::Form::Full => Form::Full,
                wit::Form::Clock => Form::Clock,
                wit::Form::Distance => Form::Distance,
            };
            Piece::Time { at, until, form, look: look(moment.look) }
        }
    })
}

fn look(look: wit::Look) -> Look {
    match look {
        wit::Look::Plain => Look::Plain,
        wit::Look::Strong => Look::Strong,
        wit::Look::Struck => Look::Struck,
    }
}

fn instant(millis: u64) -> Result<Instant, String> {
    let at = i64::try_from(millis).ok().map(Instant::from_millis).filter(|at| u64::try_from(at.millis()) == Ok(millis));
    at.ok_or_else(|| format!("{millis} is no point in time; it counts milliseconds since 1970-01-01 UTC"))
}

impl wit::Host for ChatView<'_> {
    async fn put(
        &mut self,
        channel: String,
        key: String,
        message: wit::Message,
        at: Option<u64>,
        until: Option<u64>,
    ) -> wasmtime::Result<Result<(), wit::Error>> {
        self.stage.call()?;
        let (target, key) = match self.place(channel, &key) {
            Ok(place) => place,
            Err(error) => return Ok(Err(error)),
        };
        let post = || -> Result<Post, String> {
            let (at, until) = (at.map(instant).transpose()?, until.map(instant).transpose()?);
            if at.zip(until).is_some_and(|(at, until)| until <= at) {
                return Err("it may not be sent after `until`, which is not behind `at`".to_owned());
            }
            Ok(Post { message: self.message(message)?, at, until })
        };
        match post() {
            Ok(post) => {
                self.stage.effects([Effect { target, key, body: Body::Message(post) }])?;
                Ok(Ok(()))
            }
            Err(problem) => Ok(Err(wit::Error::Invalid(problem))),
        }
    }

    async fn remove(&mut self, channel: String, key: String) -> wasmtime::Result<Result<(), wit::Error>> {
        self.stage.call()?;
        match self.place(channel, &key) {
            Ok((target, key)) => {
                self.stage.effects([Effect { target, key, body: Body::NoMessage }])?;
                Ok(Ok(()))
            }
            Err(error) => Ok(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests;
