//! The limits of a request.

use std::time::Duration;

/// How long a request may take and how large its answer may be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Time to reach the peer and agree on encryption. 10 s: longer means that nobody is there.
    pub connect: Duration,
    /// Time between two pieces of an answer. 20 s: slow reports of a busy Moodle start after some ten.
    pub read: Duration,
    /// Time for everything, redirects and the whole answer included. 30 s, the host's limit for one call of a plugin.
    pub total: Duration,
    /// Size of an answer after decompression, in bytes. 16 MiB: the largest list of a school of 30,000 people, and far from what
    /// would hurt the host.
    pub body: usize,
    /// How the host names itself.
    pub user_agent: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(20),
            total: Duration::from_secs(30),
            body: 16 << 20,
            user_agent: concat!("Beadle/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
