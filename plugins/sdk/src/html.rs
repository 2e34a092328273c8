//! From Moodle's HTML to plain words, and to the addresses in it. Names are HTML too: `Q&amp;A conference "cells"`.

use std::borrow::Cow;

/// Tags that part what stands around them; others, as in `<b>con</b>ference`, do not.
const PARTING: [&str; 16] =
    ["p", "br", "div", "li", "ul", "ol", "tr", "td", "th", "table", "h1", "h2", "h3", "h4", "h5", "hr"];

/// Returns the words in a piece of HTML on one line: without tags, with entities decoded, with single spaces.
pub fn plain(html: &str) -> String {
    let mut line = String::with_capacity(html.len());
    append_words(&mut line, &parted(html, " "));
    line
}

/// Returns the words in a piece of HTML, a line for each block or row in it: without tags and empty lines, with entities decoded, with
/// single spaces. Takes time in proportion to its length, however deep its tags are nested.
pub fn lines(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    for line in parted(html, "\u{1}").split('\u{1}') {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        append_words(&mut text, line);
    }
    text.truncate(text.trim_end().len());
    text
}

/// Returns the text between tags, with `sign` where a tag parts what stands around it, and entities decoded.
fn parted(html: &str, sign: &str) -> String {
    let mut text = String::with_capacity(html.len());
    for part in Parts(html) {
        match part {
            Part::Text(words) => text.push_str(words),
            Part::Tag(tag) if PARTING.iter().any(|name| tag_name(tag).eq_ignore_ascii_case(name)) => {
                text.push_str(sign)
            }
            Part::Tag(_) => {}
        }
    }
    decode(&text).into_owned()
}

/// Appends the words of a text, with single spaces between them.
fn append_words(to: &mut String, text: &str) {
    let mut first = true;
    for word in text.split(|sign: char| sign.is_whitespace() || sign.is_control()).filter(|word| !word.is_empty()) {
        if !std::mem::take(&mut first) {
            to.push(' ');
        }
        to.push_str(word);
    }
}

/// Returns the addresses in a piece of HTML, in its order, each once: what links lead to, and what stands in the text.
pub fn addresses(html: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut take = |address: &str| {
        if !address.is_empty() && !found.iter().any(|known| known == address) {
            found.push(address.to_owned());
        }
    };
    for part in Parts(html) {
        match part {
            Part::Tag(tag) => {
                if let Some(target) = target(tag) {
                    take(decode(target).trim());
                }
            }
            Part::Text(words) => bare(&decode(words)).for_each(&mut take),
        }
    }
    found
}

/// Decodes entities once, no deeper: what reads `&lt;` afterwards was meant to.
fn decode(text: &str) -> Cow<'_, str> {
    html_escape::decode_html_entities(text)
}

/// Returns the addresses that stand in plain text, without the punctuation of the sentence around them.
fn bare(text: &str) -> impl Iterator<Item = &str> {
    text.split(|sign: char| sign.is_whitespace() || sign.is_control() || matches!(sign, '<' | '>' | '"')).filter_map(
        |word| {
            let start = word.find("https://").or_else(|| word.find("http://"))?;
            Some(word[start..].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'', '*', '_']))
        },
    )
}

/// A piece of HTML.
enum Part<'a> {
    /// Between tags.
    Text(&'a str),
    /// A tag, with its brackets.
    Tag(&'a str),
}

/// The pieces of HTML, in order.
struct Parts<'a>(&'a str);

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let text = self.0;
        if text.is_empty() {
            return None;
        }
        if opens_tag(text) {
            let (tag, rest) = text.split_at(tag_end(text));
            self.0 = rest;
            return Some(Part::Tag(tag));
        }
        let end = text.match_indices('<').map(|(at, _)| at).find(|&at| opens_tag(&text[at..])).unwrap_or(text.len());
        let (words, rest) = text.split_at(end);
        self.0 = rest;
        Some(Part::Text(words))
    }
}

/// Tells whether a text begins with a tag; `<` before anything but a name is a character like any other, as in `s < 5 m`.
fn opens_tag(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next() == Some(b'<')
        && bytes.next().is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?'))
}

/// Returns where a tag ends; one that is never closed takes all that follows. `>` inside a quoted value closes nothing.
fn tag_end(text: &str) -> usize {
    if text.starts_with("<!--") {
        return text.find("-->").map_or(text.len(), |at| at + 3);
    }
    let (mut quote, mut before) = (None, b' ');
    for (at, byte) in text.bytes().enumerate() {
        match quote {
            Some(mark) if byte == mark => quote = None,
            Some(_) => {}
            None if byte == b'>' => return at + 1,
            None if before == b'=' && matches!(byte, b'"' | b'\'') => quote = Some(byte),
            None => {}
        }
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
    }
    text.len()
}

/// Returns a tag's name, that of a closing one too.
fn tag_name(tag: &str) -> &str {
    let inner = tag.trim_start_matches(['<', '/']);
    &inner[..inner.find(|sign: char| !sign.is_ascii_alphanumeric()).unwrap_or(inner.len())]
}

/// Returns where a link leads to, as it is written; none of other tags.
fn target(tag: &str) -> Option<&str> {
    let name = tag_name(tag);
    if !name.eq_ignore_ascii_case("a") || tag.starts_with("</") {
        return None;
    }
    let mut rest = tag.strip_suffix('>').unwrap_or(tag).get(1 + name.len()..)?;
    loop {
        rest = rest.trim_start_matches(|sign: char| sign.is_whitespace() || matches!(sign, '/' | '='));
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|sign: char| sign.is_whitespace() || matches!(sign, '/' | '=')).unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(end);
        let Some(value) = after.trim_start().strip_prefix('=').map(str::trim_start) else {
            rest = after;
            continue;
        };
        let (value, after) = match value.chars().next() {
            Some(mark @ ('"' | '\'')) => value[1..].split_once(mark).unwrap_or((&value[1..], "")),
            _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        if attribute.eq_ignore_ascii_case("href") {
            return Some(value);
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests;
