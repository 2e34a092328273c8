//! From a message to the texts that a service is sent.
//!
//! The threat: a course may be called `<@&1> @everyone **x** [y](z)`, and whoever may name a course must not thereby ping a school,
//! hide an address or break a message so that its service refuses it. Words, titles and the texts of links therefore arrive as
//! exactly their characters, except for three things that no reader sees as such: control characters and line breaks become
//! spaces, invisible characters that turn or hide text are dropped, and whitespace at the ends of a line goes.
//!
//! What can still reach people is whom a service notifies for the bare characters `@everyone`. Discord is therefore to be sent
//! `allowed_mentions` with every text.
//!
//! Everything here is pure: the same message gives the same bytes.

mod address;
mod dialect;
mod discord;
mod layout;
mod letters;
mod moment;
mod part;
mod plain;
mod shorten;
mod split;
mod telegram;
#[cfg(test)]
mod tests;

use beadle_plan::{Block, Look, Message, Piece, TooLong};

pub(crate) use dialect::Dialect;
pub(crate) use discord::Discord;
pub(crate) use plain::Plain;
pub(crate) use telegram::Telegram;

/// Returns the texts of a message in a dialect: at least one, none of them empty or longer than the dialect allows, and exactly
/// one where the message is to be shortened. `mention` is markup of the dialect that stands before all else, in the first text
/// only; one that alone is too long is left out. A message that says nothing visible becomes `…`.
pub(crate) fn render(message: &Message, dialect: &dyn Dialect, mention: Option<&str>) -> Vec<String> {
    let blocks = layout::blocks(message, dialect);
    match message.too_long {
        TooLong::Split => split::split(&blocks, dialect, mention),
        TooLong::Shorten => vec![shorten::shorten(&blocks, dialect, mention)],
    }
}

/// Returns words as a dialect writes them.
pub(crate) fn words(text: &str, dialect: &dyn Dialect) -> String {
    let piece = Piece::Words { text: text.to_owned(), look: Look::Plain };
    let message = Message { blocks: vec![Block::Text(vec![piece])], ..Message::plain("en", "UTC") };
    render(&message, dialect, None).concat()
}
