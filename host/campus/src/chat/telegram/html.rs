//! HTML as the server reads it: a handful of tags, strictly nested, and four entities.

use super::entity::{Entity, Styled};
use super::tag::{self, Open};

/// Reads a text; the error is what stands behind "can't parse entities: ".
pub(super) fn parse(source: &str) -> Result<Styled, String> {
    let mut reader = Reader::default();
    let mut at = 0;
    while let Some(next) = source[at..].chars().next() {
        if next == '&'
            && let Some((decoded, length)) = reference(&source[at..])
        {
            reader.push(decoded);
            at += length;
        } else if next != '<' {
            reader.push(next);
            at += next.len_utf8();
        } else if source[at + 1..].starts_with('/') {
            at = reader.close(source, at)?;
        } else {
            let (open, end) = tag::open(source, at)?;
            reader.open.push((open, reader.length, reader.text.len()));
            at = end;
        }
    }
    if let Some((open, ..)) = reader.open.last() {
        return Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.name));
    }
    let mut entities = reader.entities;
    for entity in entities.iter_mut().filter(|entity| entity.kind == "code") {
        // Only blocks have a language.
        entity.argument = None;
    }
    // Outer ones first, as the server lists them.
    entities.sort_by_key(|entity| (entity.offset, std::cmp::Reverse(entity.length)));
    Ok(Styled { text: reader.text, entities })
}

/// Decodes `&lt;`, `&gt;`, `&amp;`, `&quot;` and numbers at the start of a text; the semicolon may be missing. Others are plain
/// characters.
pub(super) fn reference(text: &str) -> Option<(char, usize)> {
    let body = text.strip_prefix('&')?;
    let (decoded, length) = if let Some(number) = body.strip_prefix('#') {
        let (digits, radix, prefix) = match number.strip_prefix('x') {
            Some(digits) => (digits, 16, 2),
            None => (number, 10, 1),
        };
        let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        // The server's own bound on how long a number may be.
        let code = u32::from_str_radix(&digits[..end], radix).ok().filter(|code| *code > 0 && prefix + end < 9)?;
        (char::from_u32(code)?, prefix + end)
    } else {
        let end = body.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(body.len());
        let decoded = match &body[..end] {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            _ => return None,
        };
        (decoded, end)
    };
    let semicolon = usize::from(body[length..].starts_with(';'));
    Some((decoded, 1 + length + semicolon))
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    text: String,
    /// The text's length in UTF-16 code units.
    length: usize,
    entities: Vec<Entity>,
    /// Tags that are open, with the length and the bytes of text before them.
    open: Vec<(Open, usize, usize)>,
}

impl Reader {
    fn push(&mut self, character: char) {
        self.text.push(character);
        self.length += character.len_utf16();
    }

    /// Reads an end tag at a byte, and returns the byte behind it.
    fn close(&mut self, source: &str, start: usize) -> Result<usize, String> {
        let (open, offset, bytes) =
            self.open.pop().ok_or_else(|| format!("Unexpected end tag at byte offset {start}"))?;
        let rest = &source[start + 2..];
        let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        let spaces = rest[end..].len() - rest[end..].trim_ascii_start().len();
        if !rest[end + spaces..].starts_with('>') {
            return Err(format!("Unclosed end tag at byte offset {start}"));
        }
        if !name.is_empty() && name != open.name {
            let wanted = &open.name;
            return Err(format!(
                "Unmatched end tag at byte offset {start}, expected \"</{wanted}>\", found \"</{name}>\""
            ));
        }
        if self.length > offset {
            let text = self.text[bytes..].to_owned();
            self.finish(&open, offset, &text)?;
        }
        Ok(start + 2 + end + spaces + 1)
    }

    /// Makes an entity of a closed tag that holds a text.
    fn finish(&mut self, open: &Open, offset: usize, text: &str) -> Result<(), String> {
        let length = self.length - offset;
        let some = |argument: &str| (!argument.is_empty()).then(|| argument.to_owned());
        let (kind, argument) = match open.name.as_str() {
            "b" | "strong" => ("bold", None),
            "i" | "em" => ("italic", None),
            "u" | "ins" => ("underline", None),
            "s" | "strike" | "del" => ("strikethrough", None),
            "span" | "tg-spoiler" => ("spoiler", None),
            "blockquote" if open.argument == "expandable" => ("expandable_blockquote", None),
            "blockquote" => ("blockquote", None),
            "tg-emoji" if open.argument.parse::<i64>().is_ok_and(|id| id != 0) => {
                ("custom_emoji", some(&open.argument))
            }
            "tg-emoji" => return Err("Invalid custom emoji identifier specified".to_owned()),
            "tg-time" if open.argument.parse::<i64>().is_ok() => ("date_time", some(&open.argument)),
            "tg-time" => return Err("Invalid date-time specified".to_owned()),
            "a" => {
                let address = if open.argument.is_empty() { text } else { &open.argument };
                match link(address) {
                    Some(entity) => entity,
                    // An address that is none: the text stays, the link does not.
                    None => return Ok(()),
                }
            }
            "code" | "pre" => {
                self.code(open, offset, length);
                return Ok(());
            }
            other => unreachable!("tag::open lets no tag {other} through"),
        };
        self.entities.push(Entity { kind, offset, length, argument });
        Ok(())
    }

    /// Code and blocks of code: one directly in the other, with a language, is one block.
    fn code(&mut self, open: &Open, offset: usize, length: usize) {
        let language = (!open.argument.is_empty()).then(|| open.argument.clone());
        let kind = if open.name == "pre" { "pre" } else { "code" };
        if let Some(inner) = self.entities.last_mut().filter(|inner| (inner.offset, inner.length) == (offset, length)) {
            let named = match (inner.kind, kind) {
                ("code", "pre") => inner.argument.is_some(),
                ("pre", "code") => language.is_some(),
                _ => false,
            };
            if named {
                inner.kind = "pre";
                inner.argument = inner.argument.take().or(language);
                return;
            }
        }
        self.entities.push(Entity { kind, offset, length, argument: language });
    }
}

/// Returns what a link to an address is; nothing if no client would open it.
fn link(address: &str) -> Option<(&'static str, Option<String>)> {
    if let Some(id) = address.strip_prefix("tg://user?id=").filter(|id| id.parse::<u64>().is_ok_and(|id| id > 0)) {
        return Some(("text_mention", Some(id.to_owned())));
    }
    let with_scheme = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let parsed = url::Url::parse(&with_scheme).ok()?;
    let known = ["http", "https", "tg", "ton", "tonsite"].contains(&parsed.scheme());
    let named = parsed.scheme().starts_with("tg") || parsed.host_str().is_some_and(|host| host.contains('.'));
    (known && named && !address.contains(char::is_whitespace)).then_some(("text_link", Some(with_scheme)))
}

#[cfg(test)]
mod tests {
    use super::parse;

    /// The text and its entities as `kind offset+length argument`.
    fn read(source: &str) -> (String, Vec<String>) {
        let styled = parse(source).unwrap_or_else(|why| panic!("{source}: {why}"));
        let entities = styled.entities.iter().map(|entity| {
            let argument = entity.argument.as_ref().map(|argument| format!(" {argument}")).unwrap_or_default();
            format!("{} {}+{}{argument}", entity.kind, entity.offset, entity.length)
        });
        (styled.text.clone(), entities.collect())
    }

    #[test]
    fn the_documented_tags_are_read() {
        for (source, text, entities) in [
            ("<b>a</b><strong>b</strong>", "ab", vec!["bold 0+1", "bold 1+1"]),
            (
                "<i>a</i><em>b</em><u>c</u><ins>d</ins>",
                "abcd",
                vec!["italic 0+1", "italic 1+1", "underline 2+1", "underline 3+1"],
            ),
            (
                "<s>a</s><strike>b</strike><DEL>c</del>",
                "abc",
                vec!["strikethrough 0+1", "strikethrough 1+1", "strikethrough 2+1"],
            ),
            ("<span class=\"tg-spoiler\">a</span><tg-spoiler>b</tg-spoiler>", "ab", vec!["spoiler 0+1", "spoiler 1+1"]),
            ("<b>a <i>b</i></b >", "a b", vec!["bold 0+3", "italic 2+1"]),
            ("😀<b>x</>", "😀x", vec!["bold 2+1"]),
            ("<a href=\"https://x.example/?a=1&amp;b=2\">x</a>", "x", vec!["text_link 0+1 https://x.example/?a=1&b=2"]),
            ("<a href='tg://user?id=7'>x</a>", "x", vec!["text_mention 0+1 7"]),
            ("<a>x.example</a><a href=\"javascript:1\">y</a>", "x.exampley", vec!["text_link 0+9 http://x.example"]),
            ("<pre><code class=\"language-rust\">x</code></pre>", "x", vec!["pre 0+1 rust"]),
            ("<pre>x</pre><code>y</code>", "xy", vec!["pre 0+1", "code 1+1"]),
            (
                "<code class=\"language-c\">x</code><pre><code>y</code></pre>",
                "xy",
                vec!["code 0+1", "code 1+1", "pre 1+1"],
            ),
            (
                "<blockquote expandable>x</blockquote><blockquote>y</blockquote>",
                "xy",
                vec!["expandable_blockquote 0+1", "blockquote 1+1"],
            ),
            ("<tg-emoji emoji-id=\"5\">👍</tg-emoji>", "👍", vec!["custom_emoji 0+2 5"]),
            ("<tg-time unix=\"1795198024\" format=\"wDT\">then</tg-time>", "then", vec!["date_time 0+4 1795198024"]),
            ("<b></b>", "", vec![]),
        ] {
            assert_eq!(read(source), (text.to_owned(), entities.into_iter().map(str::to_owned).collect()), "{source}");
        }
    }

    #[test]
    fn four_entities_and_numbers_are_decoded_and_nothing_else() {
        for (source, text) in [
            ("&lt;b&gt; &amp; &quot;", "<b> & \""),
            ("&lt b &nbsp; &apos; & &;", "< b &nbsp; &apos; & &;"),
            ("&#60;&#x3c;&#128512; &#0; &#99999999999;", "<<😀 &#0; &#99999999999;"),
            ("a > b", "a > b"),
        ] {
            assert_eq!(read(source).0, text, "{source}");
        }
    }

    #[test]
    fn what_does_not_nest_or_is_not_known_is_refused_with_its_place() {
        for (source, why) in [
            ("a < b", "Unsupported start tag \"\" at byte offset 2"),
            ("a <", "Unclosed start tag at byte offset 2"),
            ("ä<br>", "Unsupported start tag \"br\" at byte offset 2"),
            ("<kim@school.example>", "Unsupported start tag \"kim@school.example\" at byte offset 0"),
            ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
            ("x</b>", "Unexpected end tag at byte offset 1"),
            ("<b><i>x</b></i>", "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\""),
            ("<b>x</b", "Unclosed end tag at byte offset 4"),
            ("<a href>x</a>", "Expected equal sign in declaration of an attribute of the tag \"a\" at byte offset 0"),
            ("<a href=https://x>x</a>", "Unexpected end of name token at byte offset 8"),
            ("<a href=\"x", "Unclosed start tag \"a\" at byte offset 0"),
            ("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
            ("<b =x>x</b>", "Empty attribute name in the tag \"b\" at byte offset 0"),
        ] {
            assert_eq!(parse(source).expect_err(source), why, "{source}");
        }
    }
}
