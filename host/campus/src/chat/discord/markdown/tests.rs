//! The interpreter, mark by mark.

use super::visible;

#[test]
fn marks_are_gone_and_plain_characters_stay() {
    for (sent, read) in [
        ("plain, 5 * 3 * 2 = 30", "plain, 5 * 3 * 2 = 30"),
        ("**bold** and __under__ and ~~gone~~ and ||secret||", "bold and under and gone and secret"),
        ("*slanted* and _slanted_", "slanted and slanted"),
        ("***both***", "both"),
        ("**a *b* c**", "a b c"),
        ("snake_case_name and _x_y", "snake_case_name and _x_y"),
        ("**open, *open, ~~open, ||open, `open", "**open, *open, ~~open, ||open, `open"),
        ("****", "****"),
        ("* not slanted*", "• not slanted*"),
        ("2*3*4", "234"),
        ("`**raw** \\`", "**raw** \\"),
        ("`` a`b ``", " a`b "),
        ("```rust\nlet x = *y*;\n```", "let x = *y*;"),
        ("```\n*y*\n```", "*y*"),
    ] {
        assert_eq!(visible(sent), read, "{sent}");
    }
}

#[test]
fn a_backslash_gives_the_character_itself() {
    for (sent, read) in [
        (r"\*\*Maths\*\*", "**Maths**"),
        (r"\_a\_ \~\~b\~\~ \|\|c\|\| \`d\`", "_a_ ~~b~~ ||c|| `d`"),
        (r"\# Title", "# Title"),
        ("\\> quote\n\\- item", "> quote\n- item"),
        (r"\[a\](https://x.example)", "[a](https://x.example)"),
        (r"\<@&42>", "<@&42>"),
        (r"C:\new \\ \a", r"C:\new \ \a"),
        (r"**a\*\*b**", "a**b"),
        (r"end\", r"end\"),
    ] {
        assert_eq!(visible(sent), read, "{sent}");
    }
}

#[test]
fn marks_at_the_start_of_a_line_count_only_there() {
    for (sent, read) in [
        ("# Title\n## Smaller\n### Small\n-# tiny", "Title\nSmaller\nSmall\ntiny"),
        ("#no title\n#### none", "#no title\n#### none"),
        ("> quote\n> **more**\nplain > text", "quote\nmore\nplain > text"),
        (">>> all\nof it", "all\nof it"),
        ("- one\n  * two\n-three", "• one\n  • two\n-three"),
        ("> # Title", "Title"),
        ("a # b - c", "a # b - c"),
        ("1. first", "1. first"),
    ] {
        assert_eq!(visible(sent), read, "{sent}");
    }
}

#[test]
fn tokens_read_as_what_they_stand_for() {
    for (sent, read) in [
        ("<@&42> <@7> <@!7> <#9>", "@role:42 @user:7 @user:7 #channel:9"),
        ("<t:1795198024:R> <t:1795198024>", "⟨t:1795198024:R⟩ ⟨t:1795198024⟩"),
        ("<t:1795198024:X> <t:x> <@x> <@&> a < b > c", "<t:1795198024:X> <t:x> <@x> <@&> a < b > c"),
        ("<:smile:123> <a:wave:123> :smile:", ":smile: :wave: :smile:"),
        ("[**Room** 1](https://x.example/a_b_c)", "Room 1⟨https://x.example/a_b_c⟩"),
        ("[https://y.example](https://x.example)", "[https://y.example](https://x.example)"),
        ("[a](javascript:x) []( https://x.example )", "[a](javascript:x) []( https://x.example )"),
        ("[a](<https://x.example>)", "a⟨https://x.example⟩"),
        ("https://x.example/*a*_b_ and <https://y.example>", "https://x.example/*a*_b_ and https://y.example"),
        ("**https://x.example/a**", "https://x.example/a"),
        ("@everyone", "@everyone"),
    ] {
        assert_eq!(visible(sent), read, "{sent}");
    }
}

#[test]
fn whatever_is_escaped_arrives_as_its_own_characters() {
    let parts: Vec<&str> = "*,_,~~,||,`,```,\\,<@&4>,[a](http://x.y),> ,# ,- ,-# ,\n,a, ,<t:1:R>".split(',').collect();
    let escape = |text: &str| -> String {
        let marks = |c: char| if c.is_ascii_punctuation() { vec!['\\', c] } else { vec![c] };
        text.chars().flat_map(marks).collect()
    };
    for (first, second) in parts.iter().flat_map(|first| parts.iter().map(move |second| (first, second))) {
        for (third, fourth) in parts.iter().flat_map(|third| parts.iter().map(move |fourth| (third, fourth))) {
            let text = [*first, *second, *third, *fourth].concat();
            assert_eq!(visible(&escape(&text)), text);
            // What is not escaped reads as something or other, but is read to its end.
            visible(&text);
        }
    }
}
