//! What every kind of channel can do, and how it fails.

use std::time::Duration;

use async_trait::async_trait;
use beadle_plan::{Instant, Message};

use crate::render::Dialect;

/// Why a service did not do as asked, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing was done; later may work, not before this much time where it was said.
    Busy {
        /// What happened.
        cause: String,
        /// How long to wait.
        wait: Option<Duration>,
    },
    /// Nothing was done to this one message; later may work. Others of its channel need not wait.
    Later {
        /// What happened.
        cause: String,
        /// How long to wait.
        wait: Duration,
    },
    /// It may or may not have been done.
    Unknown {
        /// What happened.
        cause: String,
    },
    /// Nothing was done, and nothing will be until somebody mends it.
    Held {
        /// What is wrong.
        cause: String,
        /// What to do about it.
        advice: String,
    },
    /// Nothing was done: what was sent can never be.
    Invalid {
        /// Why.
        cause: String,
    },
    /// The message is not there any more.
    Gone,
    /// The service does not change this message any more, or none at all.
    CannotEdit {
        /// What it said.
        cause: String,
    },
    /// The service does not remove this message any more, or none at all.
    CannotDelete {
        /// What it said.
        cause: String,
    },
}

impl Trouble {
    pub(crate) fn busy(cause: impl Into<String>) -> Self {
        Self::Busy { cause: cause.into(), wait: None }
    }

    pub(crate) fn held(cause: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Held { cause: cause.into(), advice: advice.into() }
    }

    pub(crate) fn invalid(cause: impl Into<String>) -> Self {
        Self::Invalid { cause: cause.into() }
    }

    /// Returns what happened, with the advice where there is one.
    pub fn text(&self) -> String {
        match self {
            Self::Busy { cause, .. }
            | Self::Later { cause, .. }
            | Self::Unknown { cause }
            | Self::Invalid { cause }
            | Self::CannotEdit { cause }
            | Self::CannotDelete { cause } => cause.clone(),
            Self::Held { cause, advice } => format!("{cause}; {advice}"),
            Self::Gone => "the message is not there any more".to_owned(),
        }
    }
}

/// What keeps a message from being sent twice where an answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Once {
    /// The service knows a request again by its key, for this long; for ever where there is no end.
    Key {
        /// How long after the first request.
        within: Option<Duration>,
    },
    /// What stands can be read.
    Look,
    /// Nothing: a request whose answer was lost may stand, and then its repetition stands too.
    Nothing,
}

/// One message of the service, about to be sent or changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draft<'a> {
    /// The key under which a plugin said it.
    pub(crate) key: &'a str,
    /// What the request is known by, 22 characters; the same whenever it is repeated.
    pub(crate) nonce: &'a str,
    /// The text in the channel's markup.
    pub(crate) text: &'a str,
    /// The message, of which the text is the whole or a part.
    pub(crate) message: &'a Message,
    /// Which part it is, from 0.
    pub(crate) part: usize,
}

impl Draft<'_> {
    /// Tells whether somebody is mentioned in it: a message that was split mentions in its first part.
    pub(crate) fn pings(&self) -> bool {
        self.message.ping && self.part == 0
    }
}

/// A channel of a chat service.
#[async_trait]
pub(crate) trait Channel: Send + Sync {
    /// Names it for people: `channel 42 of Discord`.
    fn name(&self) -> String;

    /// Returns how it writes and counts.
    fn dialect(&self) -> &dyn Dialect;

    /// Returns how whoever the operator named is mentioned, in the channel's markup; none where it cannot.
    fn mention(&self) -> Option<String>;

    /// Returns what keeps a message from being sent twice.
    fn once(&self) -> Once;

    /// Asks for a turn. Returns when to come again where the service's pace wants a wait.
    fn turn(&self, act: Act) -> Result<(), Instant>;

    /// Sends a message and returns the service's id of it.
    async fn post(&self, draft: Draft<'_>) -> Result<Posted, Trouble>;

    /// Changes a message. Doing it twice does it once.
    async fn edit(&self, id: &str, draft: Draft<'_>) -> Result<(), Trouble>;

    /// Removes a message. Doing it twice does it once.
    async fn delete(&self, id: &str, nonce: &str) -> Result<(), Trouble>;

    /// Returns the ids of messages that may be this one, sent at `since` or later, the likeliest first.
    async fn find(&self, draft: Draft<'_>, since: Instant) -> Result<Vec<String>, Trouble>;

    /// Returns the text as it looks when it holds no more, for a message that cannot be removed; none where the channel cannot show that.
    fn struck(&self, text: &str) -> Option<String>;

    /// Looks whether the channel can be written to, as far as that shows without writing, and says who would.
    async fn check(&self) -> Result<String, Trouble>;
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    /// The service's id of it.
    pub(crate) id: String,
    /// The text that stands, where the service says so; it knows an earlier request again by its key, and that may have carried another.
    pub(crate) text: Option<String>,
}

/// What is asked of a service. Each has a pace of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    Post,
    Edit,
    Delete,
    Look,
}
