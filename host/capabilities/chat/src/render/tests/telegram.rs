//! A reader of Telegram's HTML, as strict as the service.

/// What Telegram makes of a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// The characters that are seen.
    pub(super) seen: String,
    /// The addresses of links.
    pub(super) links: Vec<String>,
    /// How many looks and links there are.
    pub(super) marks: usize,
}

impl Reading {
    /// The length as Telegram counts it.
    pub(super) fn count(&self) -> usize {
        self.seen.encode_utf16().count()
    }
}

/// Reads a text; the error is what "can't parse entities" would be about.
pub(super) fn read(text: &str) -> Result<Reading, String> {
    let mut reading = Reading::default();
    let mut open = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = match letter {
            '<' => tag(rest, &mut open, &mut reading)?,
            '&' => {
                let (letter, after) = entity(rest)?;
                reading.seen.push(letter);
                after
            }
            _ => {
                reading.seen.push(letter);
                &rest[letter.len_utf8()..]
            }
        };
    }
    if open.is_empty() { Ok(reading) } else { Err(format!("{open:?} is open in {text}")) }
}

fn tag<'a>(rest: &'a str, open: &mut Vec<&'a str>, reading: &mut Reading) -> Result<&'a str, String> {
    let (content, after) = rest[1..].split_once('>').ok_or_else(|| format!("a tag without end: {rest}"))?;
    if let Some(name) = content.strip_prefix('/') {
        return if open.pop() == Some(name) { Ok(after) } else { Err(format!("closes nothing: {rest}")) };
    }
    let address = content.strip_prefix("a href=\"").and_then(|rest| rest.strip_suffix('"'));
    match (content, address) {
        ("b" | "s", _) => open.push(content),
        (_, Some(address)) if !address.contains('"') => {
            let mut plain = String::new();
            let mut rest = address;
            while let Some(letter) = rest.chars().next() {
                let (letter, after) = if letter == '&' { entity(rest)? } else { (letter, &rest[letter.len_utf8()..]) };
                plain.push(letter);
                rest = after;
            }
            reading.links.push(plain);
            open.push("a");
        }
        _ => return Err(format!("no such tag: {rest}")),
    }
    reading.marks += 1;
    Ok(after)
}

fn entity(rest: &str) -> Result<(char, &str), String> {
    [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"')]
        .iter()
        .find_map(|(entity, letter)| Some((*letter, rest.strip_prefix(entity)?)))
        .ok_or_else(|| format!("no such entity: {rest}"))
}

#[test]
fn the_reader_is_strict() {
    for text in [
        "<b>a",
        "a</b>",
        "<b><s>a</b></s>",
        "<i>a</i>",
        "a & b",
        "&nbsp;",
        "a < b",
        "<a href=\"x\"y\">a</a>",
        "<a>b</a>",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
    let reading = read("<b>a&amp;</b> <a href=\"https://b.example/?c&amp;d\">\u{1f600}</a>").unwrap();
    assert_eq!((reading.seen.as_str(), reading.count(), reading.marks), ("a& \u{1f600}", 5, 2));
    assert_eq!(reading.links, ["https://b.example/?c&d"]);
}
