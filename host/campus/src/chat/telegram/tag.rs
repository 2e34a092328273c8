//! The start of a tag, from `<` to `>`.

use super::html::reference;

/// The tags of the documentation.
const KNOWN: [&str; 17] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "tg-time",
    "span",
    "pre",
    "code",
    "blockquote",
];

/// A tag that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) name: String,
    /// The one attribute that counts: address, class of code, id of an emoji, seconds of a time, `expandable`.
    pub(super) argument: String,
}

/// Reads the tag that starts at a byte, and returns it with the byte behind it.
pub(super) fn open(text: &str, start: usize) -> Result<(Open, usize), String> {
    let mut at = Cursor { text, at: start + 1 };
    let name = at.take(|c| !c.is_ascii_whitespace() && c != '>').to_ascii_lowercase();
    if at.peek().is_none() {
        return Err(format!("Unclosed start tag at byte offset {start}"));
    }
    if !KNOWN.contains(&name.as_str()) {
        return Err(format!("Unsupported start tag \"{name}\" at byte offset {start}"));
    }
    let mut argument = String::new();
    loop {
        at.take(|c| c.is_ascii_whitespace());
        if at.eat('>') {
            break;
        }
        let attribute = at.take(|c| !c.is_ascii_whitespace() && c != '=' && c != '>').to_ascii_lowercase();
        if attribute.is_empty() {
            return Err(format!("Empty attribute name in the tag \"{name}\" at byte offset {start}"));
        }
        at.take(|c| c.is_ascii_whitespace());
        if !at.eat('=') {
            if (name.as_str(), attribute.as_str()) == ("blockquote", "expandable") {
                argument = attribute;
                continue;
            }
            let what = "Expected equal sign in declaration of an attribute of the tag";
            return Err(format!("{what} \"{name}\" at byte offset {start}"));
        }
        at.take(|c| c.is_ascii_whitespace());
        let value = value(&mut at, &name, start)?;
        let counts = match (name.as_str(), attribute.as_str()) {
            ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "unix") => Some(value.as_str()),
            ("blockquote", "expandable") => Some("expandable"),
            ("code", "class") => value.strip_prefix("language-"),
            ("span", "class") => value.strip_prefix("tg-"),
            _ => None,
        };
        if let Some(counts) = counts {
            counts.clone_into(&mut argument);
        }
    }
    if name == "span" && argument != "spoiler" {
        return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {start}"));
    }
    Ok((Open { name, argument }, at.at))
}

/// Reads the value of an attribute: a name token, or anything between quotes.
fn value(at: &mut Cursor<'_>, tag: &str, start: usize) -> Result<String, String> {
    let unclosed = || format!("Unclosed start tag \"{tag}\" at byte offset {start}");
    let Some(quote) = at.peek().filter(|c| ['"', '\''].contains(c)) else {
        let begin = at.at;
        at.peek().ok_or_else(unclosed)?;
        let token = at.take(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-').to_ascii_lowercase();
        return match at.peek() {
            Some(c) if c.is_ascii_whitespace() || c == '>' => Ok(token),
            _ => Err(format!("Unexpected end of name token at byte offset {begin}")),
        };
    };
    at.eat(quote);
    let mut value = String::new();
    loop {
        let next = at.peek().ok_or_else(unclosed)?;
        if let Some((decoded, length)) = reference(&at.text[at.at..]) {
            value.push(decoded);
            at.at += length;
            continue;
        }
        at.at += next.len_utf8();
        if next == quote {
            return Ok(value);
        }
        value.push(next);
    }
}

/// A place in a text.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }

    fn take(&mut self, inside: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }
}
