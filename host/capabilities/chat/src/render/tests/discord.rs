//! A reader of Discord's markdown: what is seen, and what acts.

/// What Discord makes of a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// The characters that are seen.
    pub(super) seen: String,
    /// Those among them that are bold.
    pub(super) strong: String,
    /// Those among them that are struck through.
    pub(super) struck: String,
    /// The addresses of links.
    pub(super) links: Vec<String>,
    /// Seconds of timestamps that count.
    pub(super) distances: Vec<i64>,
    /// Markup that the renderer has no use for: hostile words that got through.
    pub(super) surprises: Vec<String>,
}

/// Reads a text as Discord's clients do, only that it sees markup more often: where a rule of theirs needs a partner further on, or
/// a name that exists, the beginning is enough here.
pub(super) fn read(text: &str) -> Reading {
    let mut reading = Reading::default();
    inside(text, &mut reading);
    reading
}

fn inside(text: &str, reading: &mut Reading) {
    let mut at = 0;
    let mut line_start = true;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        if line_start && begins_block(rest) {
            reading.surprises.push(format!("block: {rest}"));
        }
        line_start = letter == '\n';
        at += span(rest, letter, reading);
    }
}

/// Reads what stands at the beginning of a text and returns how many bytes it took.
fn span(rest: &str, letter: char, reading: &mut Reading) -> usize {
    let next = rest[letter.len_utf8()..].chars().next();
    if let Some(escaped) = next.filter(|next| letter == '\\' && !next.is_ascii_alphanumeric() && !next.is_whitespace())
    {
        reading.seen.push(escaped);
        return 1 + escaped.len_utf8();
    }
    if let Some((content, length)) = fenced(rest, "**", '*', true) {
        let before = reading.seen.len();
        inside(content, reading);
        let strong = reading.seen[before..].to_owned();
        reading.strong.push_str(&strong);
        return length;
    }
    if let Some((content, length)) = fenced(rest, "~~", '_', false) {
        let before = reading.seen.len();
        inside(content, reading);
        let struck = reading.seen[before..].to_owned();
        reading.struck.push_str(&struck);
        return length;
    }
    if let Some(length) = angle(rest, reading).or_else(|| masked(rest, reading)) {
        return length;
    }
    let bare = ["http://", "https://", "steam://", "@everyone", "@here"].iter().any(|start| rest.starts_with(start));
    let emoji = letter == ':'
        && rest[1..]
            .find([':', ' ', '\n', '\t', '\u{a0}'])
            .is_some_and(|end| end > 0 && rest[1 + end..].starts_with(':'));
    if bare || emoji || matches!(letter, '*' | '_' | '~' | '`' | '|') {
        reading.surprises.push(rest.to_owned());
    }
    reading.seen.push(letter);
    letter.len_utf8()
}

/// A heading, a subtext, a quotation, a list.
fn begins_block(line: &str) -> bool {
    let line = line.trim_start_matches(' ');
    let digits = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let marked = |mark: &str| line.strip_prefix(mark).is_some_and(|rest| rest.starts_with(char::is_whitespace));
    ["#", "##", "###", "-#", ">", ">>>", "*", "+", "-"].iter().any(|mark| marked(mark))
        || (digits.len() < line.len()
            && digits.strip_prefix('.').is_some_and(|rest| rest.starts_with(char::is_whitespace)))
}

/// Returns what stands between a fence and the next one that a certain character does not follow, and the length of all three.
fn fenced<'a>(rest: &'a str, fence: &str, unfollowed: char, escapes: bool) -> Option<(&'a str, usize)> {
    let content = rest.strip_prefix(fence)?;
    let mut skip = false;
    for (end, letter) in content.char_indices() {
        if end > 0
            && !skip
            && content[end..].starts_with(fence)
            && !content[end + fence.len()..].starts_with(unfollowed)
        {
            return Some((&content[..end], end + 2 * fence.len()));
        }
        skip = escapes && letter == '\\' && !skip;
    }
    None
}

/// What stands between angle brackets: addresses, timestamps, mentions, emoji, commands.
fn angle(rest: &str, reading: &mut Reading) -> Option<usize> {
    let content = rest.strip_prefix('<')?.split('>').next()?;
    if content.len() + 1 == rest.len() {
        return None;
    }
    if (content.starts_with("https://") || content.starts_with("http://")) && !content.contains(char::is_whitespace) {
        reading.links.push(content.to_owned());
        reading.seen.push_str(content);
    } else if let Some(seconds) = content.strip_prefix("t:").and_then(|rest| rest.strip_suffix(":R")?.parse().ok()) {
        reading.distances.push(seconds);
    } else if content.starts_with(['@', '#', ':', '/', 'a', 't', 'i']) {
        reading.surprises.push(format!("<{content}>"));
    } else {
        return None;
    }
    Some(content.len() + 2)
}

/// A link behind a text. Its brackets are paired without regard to backslashes.
fn masked(rest: &str, reading: &mut Reading) -> Option<usize> {
    let content = rest.strip_prefix('[')?;
    let mut depth = 0_usize;
    let end = content.char_indices().find(|(at, letter)| match letter {
        '[' => {
            depth += 1;
            false
        }
        ']' if depth > 0 => {
            depth -= 1;
            false
        }
        ']' => content[*at..].starts_with("]("),
        _ => false,
    })?;
    let text = &content[..end.0];
    let target = content[end.0 + 2..].split([')', ' ', '\n', '\\']).next()?;
    let shown = content[end.0 + 2 + target.len()..].starts_with(')') && !text.contains("://");
    if !shown {
        return None;
    }
    inside(text, reading);
    let bare = target.strip_prefix('<').and_then(|target| target.strip_suffix('>'));
    match bare {
        Some(bare) => reading.links.push(bare.to_owned()),
        None => reading.surprises.push(format!("previewed: {target}")),
    }
    Some(1 + end.0 + 2 + target.len() + 1)
}

/// The reader must see what hostile words would do, or its silence would prove nothing.
#[test]
fn the_reader_sees_what_acts() {
    for text in [
        "# a",
        "-# a",
        "> a",
        ">>> a",
        "- a",
        "  * a",
        "12. a",
        "a\n- b",
        "*a*",
        "_a_",
        "__a__",
        "`a`",
        "||a||",
        "<@1>",
        "<@&1>",
        "<#1>",
        "<:a:1>",
        "<a:b:1>",
        "<t:1>",
        "<t:1:F>",
        "</a:1>",
        "<id:guide>",
        ":100:",
        "@everyone",
        "@here",
        "https://a.example",
        "[a](https://a.example)",
        "**- a**",
        "\\\\*a*",
    ] {
        assert!(!read(text).surprises.is_empty(), "{text}");
    }
    let reading = read(r"**a\*** ~~b~~ [c](<https://c.example>) <https://d.example> <t:5:R>\<@1> \- e");
    assert_eq!(
        reading,
        Reading {
            seen: "a* b c https://d.example <@1> - e".to_owned(),
            strong: "a*".to_owned(),
            struck: "b".to_owned(),
            links: vec!["https://c.example".to_owned(), "https://d.example".to_owned()],
            distances: vec![5],
            surprises: Vec::new(),
        }
    );
    assert_eq!(read(r"~~a\~~~").struck, r"a\", "without regard to backslashes");
    assert_eq!(read("[see https://a.example](<https://b.example>)").links, ["https://b.example"], "not hidden");
}
