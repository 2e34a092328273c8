//! Telegram's HTML.

use beadle_plan::{Instant, Look};

use super::Dialect;

/// Telegram with `parse_mode` HTML: at most 4,096 UTF-16 code units, counted after tags and entities are parsed.
///
/// Telegram itself turns bare addresses, `@names` and `#words` into links; nothing in its HTML keeps it from that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Telegram;

/// The longest address, in bytes, that is hidden behind a text. It does not count towards the message's length; a request is not
/// endless all the same.
const LONGEST_HIDDEN: usize = 2_048;

impl Dialect for Telegram {
    fn letter(&self, _before: Option<char>, letter: char, _after: &str, out: &mut String) {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(letter),
        }
    }

    fn fences(&self, look: Look) -> (&'static str, &'static str) {
        match look {
            Look::Plain => ("", ""),
            Look::Strong => ("<b>", "</b>"),
            Look::Struck => ("<s>", "</s>"),
        }
    }

    fn link(&self, _text: &str, written: &str, url: &str) -> Option<String> {
        (url.len() <= LONGEST_HIDDEN).then(|| format!("<a href=\"{}\">{written}</a>", attribute(url)))
    }

    fn address(&self, url: &str) -> String {
        let url = attribute(url);
        format!("<a href=\"{url}\">{url}</a>")
    }

    fn distance(&self, _at: Instant) -> Option<String> {
        None
    }

    fn limit(&self) -> Option<usize> {
        Some(4_096)
    }

    fn count(&self, markup: &str) -> usize {
        let (mut count, mut tag, mut entity) = (0, false, false);
        for letter in markup.chars() {
            match letter {
                '<' => tag = true,
                '>' if tag => tag = false,
                _ if tag => {}
                '&' => (entity, count) = (true, count + 1),
                ';' if entity => entity = false,
                _ if entity => {}
                _ => count += letter.len_utf16(),
            }
        }
        count
    }

    /// Beyond a hundred, Telegram silently drops looks and links.
    fn most_marks(&self) -> Option<usize> {
        Some(100)
    }
}

/// Returns an address as the value of an attribute.
fn attribute(url: &str) -> String {
    url.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
