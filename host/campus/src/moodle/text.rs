//! Names as Moodle shows them: they are HTML, and not everywhere the same.

/// Returns a name as most functions show it: without tags, and every `&` that begins no entity escaped.
pub(super) fn shown(raw: &str) -> String {
    strip_tags(&escape_ampersands(raw))
}

/// Returns the name of an event as the view functions show it: nothing is taken out, everything is a number.
pub(super) fn shown_in_views(raw: &str) -> String {
    raw.chars().fold(String::with_capacity(raw.len()), |mut shown, character| {
        match character {
            '&' | '"' | '\'' | '<' | '>' => shown.push_str(&format!("&#{};", u32::from(character))),
            _ => shown.push(character),
        }
        shown
    })
}

/// Returns a name as a page shows it that runs the language filter: of what is written in several languages only the English.
pub(super) fn in_english(raw: &str) -> String {
    let mut english = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(index) = rest.find("<span ") {
        let (before, span) = rest.split_at(index);
        english.push_str(before);
        let Some((tag, inside)) = span.split_once('>').filter(|(tag, _)| tag.contains("class=\"multilang\"")) else {
            english.push_str("<span ");
            rest = &span["<span ".len()..];
            continue;
        };
        let (words, after) = inside.split_once("</span>").unwrap_or((inside, ""));
        if tag.contains("lang=\"en\"") {
            english.push_str(words);
        }
        rest = after;
    }
    english.push_str(rest);
    english
}

/// Returns a text as the calendar export has it: plain, a line for each paragraph, links as notes at the end.
pub(super) fn plain(html: &str) -> String {
    let (mut plain, mut links) = (String::new(), Vec::new());
    let mut rest = html;
    while let Some(index) = rest.find('<') {
        let (before, tag) = rest.split_at(index);
        plain.push_str(before);
        let begins = tag[1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '/');
        let Some(end) = tag.find('>').filter(|_| begins) else {
            plain.push('<');
            rest = &tag[1..];
            continue;
        };
        let name = tag[1..end].split_whitespace().next().unwrap_or_default();
        match name {
            "br" | "br/" | "/p" | "/li" | "ul" | "/ul" => plain.push('\n'),
            "li" => plain.push_str("\t* "),
            "a" => links.extend(tag[..end].split('"').nth(1)),
            "/a" => plain.push_str(&format!(" [{}]", links.len())),
            _ => {}
        }
        rest = &tag[end + 1..];
    }
    plain.push_str(rest);
    if !links.is_empty() {
        plain.push_str("\n\nLinks:\n------\n");
        plain.extend(links.iter().enumerate().map(|(index, link)| format!("[{}] {link}\n", index + 1)));
    }
    // In this order, so that nothing is decoded twice.
    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&nbsp;", " ").replace("&amp;", "&")
}

fn escape_ampersands(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len());
    for (index, character) in raw.char_indices() {
        escaped.push(character);
        if character == '&' && !begins_entity(&raw[index + 1..]) {
            escaped.push_str("amp;");
        }
    }
    escaped
}

/// Says whether what follows an `&` makes an entity of it: up to eight letters, digits or `#`, and a semicolon.
fn begins_entity(rest: &str) -> bool {
    let name = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#').count();
    (1..=8).contains(&name) && rest.as_bytes().get(name) == Some(&b';')
}

/// Takes tags out as PHP does: a `<` before a blank is a text, a tag without an end takes the rest with it.
fn strip_tags(raw: &str) -> String {
    let mut stripped = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(index) = rest.find('<') {
        let (before, tag) = rest.split_at(index);
        stripped.push_str(before);
        if tag[1..].starts_with(char::is_whitespace) {
            stripped.push('<');
            rest = &tag[1..];
        } else {
            rest = tag.find('>').map_or("", |end| &tag[end + 1..]);
        }
    }
    stripped.push_str(rest);
    stripped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_tags_and_keep_their_entities() {
        for (raw, expected) in [
            ("Biology & \"Life\" <Sciences>", "Biology &amp; \"Life\" "),
            ("Q&A conference", "Q&amp;A conference"),
            ("&lt;@&amp;1&gt; @everyone", "&lt;@&amp;1&gt; @everyone"),
            ("a < b & c", "a < b &amp; c"),
            ("lost <here", "lost "),
            ("<span class=\"multilang\">Two</span><b>Zwei</b>", "TwoZwei"),
            ("&toolongforone; &; &#38;", "&amp;toolongforone; &amp;; &#38;"),
        ] {
            assert_eq!(shown(raw), expected, "{raw}");
        }
    }

    #[test]
    fn the_language_filter_leaves_one_of_several() {
        let both =
            "A <span lang=\"en\" class=\"multilang\">Two</span><span lang=\"de\" class=\"multilang\">Zwei</span> B";
        assert_eq!(in_english(both), "A Two B");
        assert_eq!(in_english("<span lang=\"de\">Zwei</span>"), "<span lang=\"de\">Zwei</span>");
    }

    #[test]
    fn the_export_has_plain_lines_and_notes() {
        for (html, expected) in [
            ("Test quiz 2", "Test quiz 2"),
            ("<div class=\"no-overflow\"><p>Online &amp;lt; session.</p></div>", "Online &lt; session.\n"),
            ("<p>Solve.</p><ul><li>v(t)</li><li>s(t) &lt; 5 m</li></ul>", "Solve.\n\n\t* v(t)\n\t* s(t) < 5 m\n\n"),
            (
                "<p>Video: <a href=\"https://bbb/x\">join</a></p>",
                "Video: join [1]\n\n\nLinks:\n------\n[1] https://bbb/x\n",
            ),
            ("a < b", "a < b"),
        ] {
            assert_eq!(plain(html), expected, "{html}");
        }
    }

    #[test]
    fn view_functions_write_numbers() {
        assert_eq!(shown_in_views("Q&A \"cells\" <b>"), "Q&#38;A &#34;cells&#34; &#60;b&#62;");
    }
}
