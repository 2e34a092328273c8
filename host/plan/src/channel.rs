//! What an operator wants of a channel, whichever service it is of.

/// Who is mentioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ping {
    /// A role of Discord, by its id.
    Role(String),
    /// A person, by the service's id.
    User(String),
    /// Everybody in the channel.
    Everyone,
    /// Everybody who is there just now.
    Here,
    /// A public name of Telegram, with the `@`.
    Name(String),
}

impl Ping {
    /// Returns what is read where nobody can be mentioned.
    pub fn text(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Here => "@here".to_owned(),
            Self::Everyone | Self::Role(_) | Self::User(_) => "@everyone".to_owned(),
        }
    }
}

/// What becomes of what a channel cannot do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fallbacks {
    /// Where a message cannot be changed.
    pub no_edit: NoEdit,
    /// Where a message cannot be removed.
    pub no_delete: NoDelete,
    /// Where nobody can be mentioned.
    pub no_mention: NoMention,
}

/// What becomes of a message that cannot be changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NoEdit {
    /// A new one is sent, and the old one removed where that can be.
    #[default]
    Repost,
    /// It is left as it is.
    Skip,
    /// It waits for the operator.
    Hold,
}

/// What becomes of a message that cannot be removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NoDelete {
    /// It is struck through, where it can be changed.
    #[default]
    Strike,
    /// It is left as it is.
    Keep,
}

/// What becomes of a mention that cannot be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NoMention {
    /// It is written out.
    #[default]
    Text,
    /// It is left out.
    Omit,
}
