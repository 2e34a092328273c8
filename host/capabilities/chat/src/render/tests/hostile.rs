//! Hostile messages, and what is to be seen of them.

use proptest::prelude::*;

use super::*;

/// Returns words made of what means something to a service, or to those who count characters.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "**",
        "*",
        "__",
        "_",
        "~~",
        "~",
        "`",
        "```",
        "||",
        "\\",
        "[",
        "](",
        ")",
        "(",
        "[y](https://y.example)",
        "<@&1>",
        "<#1>",
        "<:a:1>",
        "<t:1:R>",
        "</a:1>",
        "<https://z.example>",
        "@everyone",
        "@here",
        ":100:",
        ":",
        "::",
        "# ",
        "### ",
        "-# ",
        "> ",
        ">>> ",
        "- ",
        "-",
        "+ ",
        "* ",
        "1. ",
        "12",
        ".",
        "https://x.example/a_b_",
        "www.",
        "<b>",
        "</b>",
        "<a href=\"",
        "\">",
        "&amp;",
        "&",
        "&#60;",
        "\"",
        "\n",
        "\r\n",
        "\t",
        " ",
        "  ",
        "\u{a0}",
        "\u{202e}",
        "\u{200b}",
        "\u{2028}",
        "\u{2066}",
        "\u{301}",
        "e\u{301}",
        "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{1f1e9}\u{1f1ea}",
        "\u{1f600}",
        "a",
        "Lab 2",
        "Algebra",
        "10:00 ",
        "é",
        "…",
        "•",
    ]);
    let piece =
        prop_oneof![8 => token.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from), 1 => "[a-z]{1,30}"];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Returns every look.
pub(super) fn look() -> impl Strategy<Value = Look> {
    prop::sample::select(vec![Look::Plain, Look::Strong, Look::Struck])
}

/// Returns hostile words as a piece.
pub(super) fn spoken() -> BoxedStrategy<Piece> {
    (hostile(), look()).prop_map(|(text, look)| Piece::Words { text, look }).boxed()
}

/// Returns pieces of every kind.
pub(super) fn any_piece() -> BoxedStrategy<Piece> {
    let url = hostile().prop_map(|rest| format!("https://school.example/{rest}"));
    let form = prop::sample::select(vec![Form::Full, Form::Clock, Form::Distance]);
    let times = (0..4_000_000_000_000_i64, prop::option::of(0..4_000_000_000_000_i64));
    prop_oneof![
        4 => spoken(),
        2 => (hostile(), url).prop_map(|(text, url)| Piece::Link { text, url }),
        1 => (times, form, look()).prop_map(|((at, until), form, look)| Piece::Time {
            at: Instant::from_millis(at),
            until: until.map(Instant::from_millis),
            form,
            look,
        }),
    ]
    .boxed()
}

/// Returns messages of such pieces, under hostile titles.
pub(super) fn any_message(piece: BoxedStrategy<Piece>) -> impl Strategy<Value = Message> {
    let line = prop::collection::vec(piece, 0..5).boxed();
    let block =
        prop_oneof![line.clone().prop_map(Block::Text), prop::collection::vec(line, 0..4).prop_map(Block::Items),];
    let zone = prop::sample::select(vec!["Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "none"]);
    let language = prop::sample::select(vec!["en", "de", "es"]);
    (hostile(), prop::collection::vec(block, 0..4), zone, language).prop_map(|(title, blocks, zone, language)| {
        let mut message = message(&title, blocks);
        message.timezone = zone.to_owned();
        message.language = language.to_owned();
        message
    })
}

/// Returns the lines that a reader is to see of a message of words.
pub(super) fn expected(message: &Message) -> Vec<String> {
    let said = |pieces: &Vec<Piece>| -> String {
        pieces.iter().map(|piece| if let Piece::Words { text, .. } = piece { text.as_str() } else { "" }).collect()
    };
    let mut lines = vec![("", message.title.clone())];
    for block in &message.blocks {
        match block {
            Block::Text(pieces) => lines.push(("", said(pieces))),
            Block::Items(items) => lines.extend(items.iter().map(|pieces| ("• ", said(pieces)))),
        }
    }
    lines
        .iter()
        .map(|(bullet, line)| (bullet, shown(line)))
        .filter(|(_, line)| !visible(line).is_empty())
        .map(|(bullet, line)| format!("{bullet}{line}"))
        .collect()
}

/// Returns what is to be seen of words, by the rules that the documentation of the renderer states.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        match u32::from(letter) {
            0x200b | 0x200e | 0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0x61c | 0x180e | 0xfeff => {}
            0..0x20 | 0x7f..0xa0 | 0x2028 | 0x2029 => shown.push(' '),
            _ => shown.push(letter),
        }
    }
    shown.trim().to_owned()
}

fn is_visible(letter: char) -> bool {
    let unseen =
        ['\u{ad}', '\u{34f}', '\u{115f}', '\u{1160}', '\u{200c}', '\u{200d}', '\u{2800}', '\u{3164}', '\u{ffa0}'];
    let number = u32::from(letter);
    let selects = (0xfe00..=0xfe0f).contains(&number) || (0xe0000..=0xe0fff).contains(&number);
    !letter.is_whitespace() && !unseen.contains(&letter) && !selects
}

/// Returns the characters by which parts are compared with a whole: a cut takes whitespace, and a part of which nothing is seen.
pub(super) fn visible(text: &str) -> String {
    text.chars().filter(|letter| is_visible(*letter)).collect()
}
