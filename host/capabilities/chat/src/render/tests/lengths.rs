//! Messages longer than a service takes.

use super::super::{Discord, Plain, Telegram, render};
use super::telegram::read;
use super::*;

fn parts(blocks: Vec<Block>, limit: usize, mention: Option<&str>) -> Vec<String> {
    render(&message("A title", blocks), &Narrow(Discord, limit), mention)
}

fn line(text: &str) -> Block {
    Block::Text(vec![words(text)])
}

fn items(lines: &[&str]) -> Block {
    Block::Items(lines.iter().map(|line| vec![words(line)]).collect())
}

fn shortened(blocks: Vec<Block>, dialect: &dyn Dialect, mention: Option<&str>) -> String {
    let mut message = message("A title", blocks);
    message.too_long = TooLong::Shorten;
    let parts = render(&message, dialect, mention);
    let [part] = &parts[..] else { panic!("{parts:?}") };
    part.clone()
}

#[test]
fn parts_end_with_blocks_then_lines_then_words_then_characters() {
    assert_eq!(parts(vec![line("one two"), line("three four")], 30, None), ["**A title**\none two\nthree four"]);
    assert_eq!(parts(vec![line("one two"), line("three four")], 29, None), ["**A title**\none two", "three four"]);
    assert_eq!(
        parts(vec![items(&["one two", "three four"]), line("five")], 21, None),
        ["**A title**\n• one two", "• three four\nfive"],
        "the items are longer than a text"
    );
    assert_eq!(
        parts(vec![line("one two three four five")], 16, None),
        ["**A title**\none", "two three four", "five"],
        "the line is longer than a text"
    );
    assert_eq!(
        parts(vec![line("one twothreefourfivesix seven")], 17, None),
        ["**A title**\none t", "wothreefourfivesi", "x seven"],
        "a word is longer than a text"
    );
    assert_eq!(
        parts(vec![items(&["twothreefourfivesixseven"])], 14, None),
        ["**A title**", "• twothreefour", "fivesixseven"]
    );
}

#[test]
fn a_mention_stands_in_the_first_text_alone() {
    let blocks = || vec![line("one two three four"), line("five")];
    assert_eq!(parts(blocks(), 25, Some("<@&4>")), ["<@&4> **A title**", "one two three four\nfive"]);
    let untitled = |text, mention| render(&message("", vec![line(text)]), &Narrow(Discord, 18), Some(mention));
    assert_eq!(untitled("one two three four", "<@&4>"), ["<@&4> one two", "three four"], "rather than alone");
    assert_eq!(untitled("onetwothreefour", "<@&4>"), ["<@&4> onetwothreef", "our"]);
    assert_eq!(untitled("one two", "<@&4234567890123456>"), ["one two"], "one that does not fit is left out");
}

#[test]
fn looks_escapes_and_graphemes_are_not_cut() {
    let text = |piece| render(&message("", vec![Block::Text(vec![piece])]), &Narrow(Discord, 12), None);
    assert_eq!(text(looking("one two three", Look::Strong)), ["**one two**", "**three**"]);
    assert_eq!(text(looking("onetwothree", Look::Struck)), ["~~onetwoth~~", "~~ree~~"]);
    assert_eq!(text(words("*******")), [r"\*\*\*\*\*\*", r"\*"]);
    let family = "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}";
    assert_eq!(text(words(&family.repeat(3))), [family.repeat(2).as_str(), family]);
    // A letter with more accents than a text has room for.
    let accents = format!("e{}", "\u{301}".repeat(20));
    assert_eq!(text(words(&accents)).concat(), accents);
    let marked = text(looking(&accents[..19], Look::Struck));
    assert!(marked.iter().all(|part| part.chars().count() <= 12), "{marked:?} has no room for the tildes");
    let blank = text(words(&format!("a {}", "\u{2800}".repeat(40))));
    assert_eq!(blank, [format!("a {}", "\u{2800}".repeat(10))], "a text of which nothing is seen is none");

    let surrogates = "\u{1f600}".repeat(3_000);
    let parts = render(&message("", vec![line(&surrogates)]), &Telegram, None);
    assert_eq!(parts, ["\u{1f600}".repeat(2_048), "\u{1f600}".repeat(952)]);
    let entities = render(&message("", vec![line(&"&".repeat(4_096))]), &Telegram, None);
    assert_eq!(entities, ["&amp;".repeat(4_096)], "counted after they are parsed");
    assert_eq!(render(&message("", vec![line(&"*".repeat(1_000))]), &Discord, None), ["\\*".repeat(1_000)]);
}

#[test]
fn links_and_times_go_to_the_next_text_whole() {
    let pieces = vec![words("See "), link("Join", "https://school.example/a"), words("!")];
    assert_eq!(parts(vec![Block::Text(pieces)], 36, None), ["**A title**\nSee", "[Join](<https://school.example/a>)!"]);
    let item = Block::Items(vec![vec![link("Join", "https://school.example/a")]]);
    assert_eq!(
        parts(vec![item], 34, None),
        ["**A title**", "[Join](<https://school.example/a>)"],
        "no room for a bullet"
    );
    let pieces = vec![words("Ends "), time("2026-11-20T09:00:00Z", None, Form::Distance)];
    assert_eq!(parts(vec![Block::Text(pieces)], 19, None), ["**A title**\nEnds", "<t:1795165200:R>"]);
    let pieces = vec![words("From "), time("2026-11-20T09:00:00Z", Some("2026-11-20T10:00:00Z"), Form::Clock)];
    assert_eq!(parts(vec![Block::Text(pieces)], 20, None), ["**A title**\nFrom", r"10\:00–11:00 CET"]);
}

#[test]
fn an_endless_address_is_cut_as_words() {
    let url = format!("https://school.example/{}", "a".repeat(5_000));
    let block = || Block::Text(vec![link("Join", &url)]);
    let discord = render(&message("", vec![block()]), &Discord, None);
    assert_eq!(discord.concat().replace('\\', ""), format!("Join: {url}"));
    assert_eq!(discord.iter().map(|part| part.chars().count()).collect::<Vec<_>>(), [2_000, 2_000, 1_030]);
    let telegram = render(&message("", vec![block()]), &Telegram, None);
    assert_eq!(telegram.concat(), format!("Join: {url}"), "too long to be hidden, and to be shown at once");
    let plain = render(&message("", vec![block()]), &Plain { limit: Some(4_096) }, None);
    assert_eq!(plain.concat(), format!("Join: {url}"));

    let short = shortened(vec![block()], &Discord, None);
    assert!(short.starts_with("**A title**\nJoin: https\\://school.example/aaa") && short.ends_with("a …"), "{short}");
    assert_eq!(short.chars().count(), 2_000);
}

#[test]
fn telegram_shows_no_more_than_a_hundred_looks_and_links() {
    let links = |count: u32| {
        Block::Items((0..count).map(|number| vec![link(&number.to_string(), "https://school.example/")]).collect())
    };
    let block = links(130);
    let parts = render(&message("A title", vec![block.clone()]), &Telegram, Some("@anna_example"));
    let marks: Vec<usize> = parts.iter().map(|part| read(part).unwrap().marks).collect();
    assert_eq!(marks, [99, 32], "the mention is one that Telegram finds itself");
    let end = Block::Text(vec![link("Join", "https://meet.school.example/")]);
    let short = read(&shortened(vec![block.clone(), end], &Telegram, None)).unwrap();
    assert_eq!((short.marks, short.links.last().map(String::as_str)), (100, Some("https://meet.school.example/")));
    let short = read(&shortened(vec![block], &Telegram, None)).unwrap();
    assert_eq!((short.marks, short.links.len()), (100, 99));
    assert!(short.seen.ends_with("\n• 98 …"), "{}", short.seen);
    let short = read(&shortened(vec![links(50), links(90)], &Telegram, None)).unwrap();
    assert!(short.seen.ends_with("\n• 48 …"), "too many at the end: {}", short.seen);
}

#[test]
fn a_shortened_message_is_cut_at_a_word_and_says_so() {
    let plain = |limit| Plain { limit: Some(limit) };
    let blocks = || vec![line("one two three"), items(&["four", "five six"])];
    let whole = "A title\none two three\n• four\n• five six";
    for (limit, expected) in [
        (whole.encode_utf16().count(), whole),
        (38, "A title\none two three\n• four\n• five …"),
        (33, "A title\none two three\n• four …"),
        (29, "A title\none two three …"),
        (22, "A title\none two …"),
        (16, "A title\none …"),
    ] {
        assert_eq!(shortened(blocks(), &plain(limit), None), expected, "{limit}");
    }
    assert_eq!(shortened(blocks(), &Narrow(Discord, 22), Some("<@&4>")), "<@&4> **A title** …");
    assert_eq!(shortened(vec![line("onetwothreefour")], &Narrow(Discord, 15), None), "**A title** …");
    let mut untitled = message("", vec![line("onetwothreefourfive")]);
    untitled.too_long = TooLong::Shorten;
    assert_eq!(render(&untitled, &plain(16), None), ["onetwothreefou …"], "before it there is nothing");
    untitled.blocks = vec![line("onetwothreefour")];
    assert_eq!(render(&untitled, &Narrow(Discord, 20), Some("<@&4>")), ["<@&4> onetwothreef …"], "but a mention");
}

#[test]
fn a_shortened_message_keeps_the_links_at_its_end() {
    let end = || Block::Text(vec![link("Join", "https://school.example/a")]);
    let blocks = || vec![line("one two three four five six seven"), end()];
    let kept = "A title\none two three four five …\nJoin: https://school.example/a";
    let limit = kept.chars().count();
    assert_eq!(shortened(blocks(), &Plain { limit: Some(limit) }, None), kept);
    assert_eq!(shortened(blocks(), &Plain { limit: Some(limit + 3) }, None), kept);
    let narrow = shortened(blocks(), &Plain { limit: Some(43) }, None);
    assert_eq!(narrow, "A title\none two three four five six seven …", "the link would leave too little to the others");
    assert_eq!(
        shortened(
            vec![line("one two three four five six seven"), line("eight nine")],
            &Plain { limit: Some(43) },
            None
        ),
        narrow,
        "there is no link"
    );
}
