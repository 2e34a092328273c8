//! HTML as Moodle has it, and as it should not be.

use proptest::prelude::*;

use super::*;

#[test]
fn names_are_decoded_once_and_lose_their_tags() {
    for (html, expected) in [
        ("Q&amp;A conference \"cells\"", "Q&A conference \"cells\""),
        ("Q&#38;A conference &#34;cells&#34;", "Q&A conference \"cells\""),
        (
            "<span lang=\"en\" class=\"multilang\">Talk</span><span lang=\"de\" class=\"multilang\">Vortrag</span>",
            "TalkVortrag",
        ),
        ("Biology &amp; \"Life\" ", "Biology & \"Life\""),
        ("s(t) &lt; 5 m, s < 5", "s(t) < 5 m, s < 5"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("<p>One</p><p>Two<br>Three</p>", "One Two Three"),
        ("Room B\u{a0}12\n\u{7}  &nbsp; stream", "Room B 12 stream"),
        ("a<!-- <b> -->b", "ab"),
        ("open <a href=\"x>y\">here</a> <b", "open here"),
        ("", ""),
    ] {
        assert_eq!(plain(html), expected, "{html}");
    }
}

#[test]
fn hostile_names_are_words_like_any_other() {
    assert_eq!(plain("&lt;@&amp;1&gt; @everyone **x** [y](z)"), "<@&1> @everyone **x** [y](z)");
    assert_eq!(plain("<@&amp;1> @everyone"), "<@&1> @everyone", "`<@` opens no tag");
}

#[test]
fn addresses_come_from_links_and_from_the_text() {
    for (html, expected) in [
        (
            "<p>Video conference: <a href=\"https://bbb.example.test/b/abc-def\">join</a></p>",
            vec!["https://bbb.example.test/b/abc-def"],
        ),
        (
            "<a class='x' HREF = 'https://zoom.us/j/1?a=1&amp;pwd=2'>https://zoom.us/j/1?a=1&amp;pwd=2</a>",
            vec!["https://zoom.us/j/1?a=1&pwd=2"],
        ),
        (
            "(see https://meet.jit.si/Room).<br/>or http://a.example/x, please",
            vec!["https://meet.jit.si/Room", "http://a.example/x"],
        ),
        ("Link:https://zoom.us/j/1<span>Code 7</span>", vec!["https://zoom.us/j/1"]),
        ("<a href=https://a.example/1 target=_blank>x</a><a name=top>y</a><a href>z</a>", vec!["https://a.example/1"]),
        ("<img src=\"https://a.example/p.png\"><area href=\"https://b.example\">", vec![]),
        ("&lt;https://a.example/1&gt;", vec!["https://a.example/1"]),
        ("no address", vec![]),
    ] {
        assert_eq!(addresses(html), expected, "{html}");
    }
}

proptest! {
    /// Whatever it is, it is read, to its end and without a control character.
    #[test]
    fn any_text_is_read(html in "(<|>|/|!--|a href=|\"|'|&|amp;|#0;|=|https://x| |\\PC|\\n){0,40}") {
        let line = plain(&html);
        prop_assert!(!line.contains(char::is_control) && !line.contains("  "), "{line:?}");
        for address in addresses(&html) {
            prop_assert!(!address.is_empty());
        }
    }
}

#[test]
fn blocks_are_lines() {
    assert_eq!(
        lines("<p>One  <b>two</b></p>\n<ul><li>three</li><li></li><li>fo&amp;ur</li></ul>"),
        "One two\nthree\nfo&ur"
    );
    assert_eq!(lines("one\ntwo<br>three<br/><br>"), "one two\nthree");
    assert_eq!(lines(""), "");
}

/// Deeper than any tree could be built: no stack is used, and no time beyond its length.
#[test]
fn depth_costs_nothing() {
    let deep = format!("{}words{}", "<div>".repeat(50_000), "</div>".repeat(50_000));
    assert_eq!((lines(&deep).as_str(), plain(&deep).as_str()), ("words", "words"));
}
