//! The account used on a site, and what is known of its token.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use beadle_egress::Secret;

/// How the host is known to a site.
#[derive(Clone, Debug)]
pub enum Account {
    /// Not at all: only the calendar export is read, which has a token of its own.
    Nobody,
    /// By a web service token that the operator made.
    Token(Secret),
    /// By a name and a password, from which a token is fetched and renewed.
    Login {
        /// The user name.
        username: String,
        /// The password.
        password: Secret,
        /// The short name of the web service that the token is for.
        service: String,
    },
}

/// Reads the account's secret again, the token or the password: the operator may have put another into its file. By default there is
/// nothing to read again.
#[derive(Clone, Default)]
pub struct Reread(Option<Arc<dyn Fn() -> Option<Secret> + Send + Sync>>);

impl Reread {
    /// Reads by `read`, which returns nothing where the secret cannot be had now.
    pub fn by(read: Arc<dyn Fn() -> Option<Secret> + Send + Sync>) -> Self {
        Self(Some(read))
    }

    pub(crate) fn read(&self) -> Option<Secret> {
        self.0.as_ref().and_then(|read| read())
    }
}

impl fmt::Debug for Reread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reread").field(&self.0.is_some()).finish()
    }
}

/// Keeps a fetched token between starts of the host: each login costs the site a password hash, and is a trace in its log.
#[async_trait]
pub trait TokenKeeper: Send + Sync {
    /// Returns the token kept last, if there is one.
    async fn load(&self) -> Option<Secret>;

    /// Keeps a token in place of the last one. A keeper that cannot says so in its own log: the host goes on with the token at hand.
    async fn keep(&self, token: &Secret);

    /// Forgets the token: the site refused it.
    async fn forget(&self);
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKeeper;

#[async_trait]
impl TokenKeeper for NoKeeper {
    async fn load(&self) -> Option<Secret> {
        None
    }

    async fn keep(&self, _: &Secret) {}

    async fn forget(&self) {}
}

/// What is known of a site's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenHealth {
    /// Nothing was asked yet.
    Untried,
    /// The site took it last time.
    Good,
    /// The site refused it, or the login: the text says why and what to do.
    Refused(String),
}
