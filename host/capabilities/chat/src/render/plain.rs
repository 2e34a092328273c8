//! Text without markup.

use beadle_plan::{Instant, Look};

use super::Dialect;

/// Text without markup, for terminals, files, webhooks, and for Telegram where it does not accept markup: a link is `text: url`,
/// struck words stand between tildes (`~10:00~`), strong words look like all others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain {
    /// The most UTF-16 code units of one text (no service counts more of them); none for no limit. One below
    /// [`LEAST`](Self::LEAST) is taken as that.
    pub(crate) limit: Option<usize>,
}

impl Plain {
    /// The least limit that can be kept: room for a struck character, a bullet and the sign that something was cut.
    pub(crate) const LEAST: usize = 16;
}

impl Dialect for Plain {
    fn letter(&self, _before: Option<char>, letter: char, _after: &str, out: &mut String) {
        out.push(letter);
    }

    fn fences(&self, look: Look) -> (&'static str, &'static str) {
        match look {
            Look::Plain | Look::Strong => ("", ""),
            Look::Struck => ("~", "~"),
        }
    }

    fn link(&self, _text: &str, _written: &str, _url: &str) -> Option<String> {
        None
    }

    fn address(&self, url: &str) -> String {
        url.to_owned()
    }

    fn distance(&self, _at: Instant) -> Option<String> {
        None
    }

    fn limit(&self) -> Option<usize> {
        self.limit.map(|limit| limit.max(Self::LEAST))
    }

    fn count(&self, markup: &str) -> usize {
        markup.encode_utf16().count()
    }
}
