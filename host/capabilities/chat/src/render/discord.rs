//! Discord's markdown.

use beadle_plan::{Instant, Look};

use super::Dialect;

/// Discord: at most 2,000 characters (Unicode scalar values), markup and escapes among them.
///
/// Whatever could begin markup is written after a backslash. Discord reads a backslash before any ASCII punctuation as that
/// character; before letters and digits it shows the backslash. Bullets are the character `•`: Discord's own lists swallow the
/// lines after them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Discord;

impl Dialect for Discord {
    fn letter(&self, before: Option<char>, letter: char, after: &str, out: &mut String) {
        let next = after.chars().next();
        let ends = next.is_none_or(char::is_whitespace);
        let escaped = match letter {
            // Emphasis, code, spoilers, links, mentions, timestamps, headings and quotations.
            '\\' | '*' | '_' | '~' | '`' | '|' | '[' | ']' | '<' | '>' | '@' | '#' => true,
            // A list, where a line begins; where lines will begin is not known yet.
            '-' | '+' => ends,
            '.' => ends && before.is_none_or(|before| before.is_ascii_digit()),
            // An emoji by its name (`:100:`) or a bare address; neither has whitespace in it.
            ':' => next.is_none_or(|next| !next.is_whitespace() && !is_clock(after)),
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(letter);
    }

    fn fences(&self, look: Look) -> (&'static str, &'static str) {
        match look {
            Look::Plain => ("", ""),
            Look::Strong => ("**", "**"),
            Look::Struck => ("~~", "~~"),
        }
    }

    /// The end of struck words is found without regard to backslashes: `~~a\~~~` would end a character early.
    fn carries(&self, look: Look, letter: char) -> bool {
        look != Look::Struck || letter != '~'
    }

    /// The angle brackets keep Discord from adding a preview. Brackets in the text are paired without regard to backslashes, and a
    /// text that holds an address makes Discord show the markup instead.
    fn link(&self, text: &str, written: &str, url: &str) -> Option<String> {
        let lower = text.to_ascii_lowercase();
        let masks = !text.contains(['[', ']']) && !lower.contains("://") && !lower.contains("www.");
        masks.then(|| format!("[{written}](<{url}>)"))
    }

    fn address(&self, url: &str) -> String {
        format!("<{url}>")
    }

    fn distance(&self, at: Instant) -> Option<String> {
        Some(format!("<t:{}:R>", at.millis().div_euclid(1000)))
    }

    fn limit(&self) -> Option<usize> {
        Some(2_000)
    }

    fn count(&self, markup: &str) -> usize {
        markup.chars().count()
    }
}

/// Whether a colon before this text stands in a time of day such as `10:00`, followed by whitespace.
fn is_clock(after: &str) -> bool {
    let mut letters = after.chars();
    let mut digit = || letters.next().is_some_and(|letter| letter.is_ascii_digit());
    digit() && digit() && letters.next().is_some_and(char::is_whitespace)
}
