//! Discord's markdown as a reader sees it: a small interpreter, for tests of what became of hostile names.
//!
//! It knows escapes, emphasis, code, spoilers, headings, quotes, lists, links, mentions and times, each by the rule of Discord's
//! own parser as far as that is known. Emoji by name (`:smile:`) are made of text only while a person types, so they stay text.

mod inline;
#[cfg(test)]
mod tests;
mod tokens;

/// Returns a text as a reader sees it.
pub(super) fn visible(content: &str) -> String {
    let mut reader = inline::Reader::new(content);
    reader.read_all();
    reader.finish()
}
