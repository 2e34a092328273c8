//! Why a request has no answer. Messages name host and route, never the address asked for: it may carry a token.

use std::error::Error;

use crate::ranges::Blocked;

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// The operator would have to allow it; the text says what it is about.
    #[error("{0}")]
    Denied(String),
    /// The address lies where plugins may not reach.
    #[error("{blocked}")]
    Blocked {
        /// The origin asked for, as a grant would name it.
        origin: String,
        /// Which address, and whether a grant could allow it.
        blocked: Blocked,
    },
    /// No answer came: name not found, refused, broken off, too slow. Later may work.
    #[error("{route}: {problem}")]
    Unavailable {
        /// The host, or the host and the route's name.
        route: String,
        /// What happened.
        problem: String,
        /// Whether the peer may have received the request all the same, so that repeating it may do it twice.
        sent: bool,
    },
    /// The answer is over the limit.
    #[error("{route}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// The host, or the host and the route's name.
        route: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The request is wrong.
    #[error("{0}")]
    Invalid(String),
}

impl EgressError {
    /// Turns an error of the client into one that shows no address.
    pub(crate) fn from_client(route: &str, error: reqwest::Error) -> Self {
        // The guard refuses in the resolver, deep below the client.
        let mut source: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(cause) = source {
            if let Some(blocked) = cause.downcast_ref::<Blocked>() {
                return Self::Blocked { origin: route.to_owned(), blocked: blocked.clone() };
            }
            source = cause.source();
        }
        let sent = !error.is_connect() && !error.is_builder();
        let problem = if error.is_builder() {
            return Self::Invalid(format!("{route}: the request cannot be sent: {}", chain(&error.without_url())));
        } else if error.is_timeout() && error.is_connect() {
            "no connection in time".to_owned()
        } else if error.is_timeout() {
            "no answer in time".to_owned()
        } else if broke_off(&error) {
            "the connection ended in the middle of the answer".to_owned()
        } else if error.is_decode() {
            format!("the answer cannot be decompressed: {}", chain(&error.without_url()))
        } else {
            chain(&error.without_url())
        };
        Self::Unavailable { route: route.to_owned(), problem, sent }
    }
}

/// Tells whether the answer did not arrive whole. The client calls that an error of decoding, compressed or not. What is below its own
/// errors tells: a decompressor complains with an error of input and output, a connection with one of HTTP.
fn broke_off(error: &reqwest::Error) -> bool {
    let mut cause: &(dyn Error + 'static) = error;
    while cause.is::<reqwest::Error>() {
        let Some(below) = cause.source() else { return false };
        cause = below;
    }
    error.is_decode() && !cause.is::<std::io::Error>()
}

/// Joins an error and its causes, leaving out what is said twice.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = cause.source();
    }
    text
}
