//! What each dialect makes of a message.

use super::super::{Discord, Plain, Telegram, render};
use super::*;

fn everywhere(message: &Message, mention: Option<&str>) -> String {
    let dialects: [(&str, &dyn Dialect); 3] =
        [("discord", &Discord), ("telegram", &Telegram), ("plain", &Plain { limit: None })];
    let shown = |(name, dialect)| format!("{name}:\n{}\n", render(message, dialect, mention).join("\n---\n"));
    dialects.map(shown).join("\n")
}

fn conference() -> Message {
    let moved = Piece::Time {
        at: instant("2026-11-20T09:00:00Z"),
        until: Some(instant("2026-11-20T10:30:00Z")),
        form: Form::Clock,
        look: Look::Struck,
    };
    message(
        "Course: Algebra I",
        vec![
            Block::Text(vec![
                looking("Moved", Look::Strong),
                words(" from "),
                moved,
                words(" to "),
                time("2026-11-20T11:00:00Z", None, Form::Full),
                words(" ("),
                time("2026-11-20T11:00:00Z", None, Form::Distance),
                words(")"),
            ]),
            Block::Items(vec![
                vec![words("Room: "), looking("Lab 1", Look::Struck), words(" Lab 2")],
                vec![link("Join", "https://meet.school.example/a?b=1&c=(2)")],
                vec![link("", "https://moodle.school.example/course/view.php?id=4")],
            ]),
        ],
    )
}

#[test]
fn a_message_in_each_dialect() {
    insta::assert_snapshot!(everywhere(&conference(), Some("<@&42>")), @r#"
    discord:
    <@&42> **Course: Algebra I**
    **Moved** from ~~10\:00–11:30 CET~~ to Friday, 20 November 2026, 12:00 CET (<t:1795172400:R>)
    • Room: ~~Lab 1~~ Lab 2
    • [Join](<https://meet.school.example/a?b=1&c=%282%29>)
    • <https://moodle.school.example/course/view.php?id=4>

    telegram:
    <@&42> <b>Course: Algebra I</b>
    <b>Moved</b> from <s>10:00–11:30 CET</s> to Friday, 20 November 2026, 12:00 CET
    • Room: <s>Lab 1</s> Lab 2
    • <a href="https://meet.school.example/a?b=1&amp;c=%282%29">Join</a>
    • <a href="https://moodle.school.example/course/view.php?id=4">https://moodle.school.example/course/view.php?id=4</a>

    plain:
    <@&42> Course: Algebra I
    Moved from ~10:00–11:30 CET~ to Friday, 20 November 2026, 12:00 CET
    • Room: ~Lab 1~ Lab 2
    • Join: https://meet.school.example/a?b=1&c=%282%29
    • https://moodle.school.example/course/view.php?id=4
    "#);
}

#[test]
fn hostile_names_arrive_as_their_characters() {
    let name = "<@&1> @everyone **x** [y](z) <b>&amp; 1. - # :100: https://evil.example/_a_ `c` ||d||";
    let message = message(
        name,
        vec![
            Block::Text(vec![words("# a")]),
            Block::Text(vec![words("> a")]),
            Block::Text(vec![words("- a-b")]),
            Block::Text(vec![words("1. a")]),
            Block::Text(vec![words("1"), words(". a")]),
            Block::Text(vec![words("<t:0:R> <#1> <:a:1> </a:1>")]),
            Block::Text(vec![looking("~~a*b~", Look::Struck), looking("c*", Look::Strong), words("*~")]),
            Block::Text(vec![words("a\nb\r\tc\u{202e}d\u{200b}e\u{2028}f\u{0}g")]),
        ],
    );
    insta::assert_snapshot!(everywhere(&message, None), @r#"
    discord:
    **\<\@&1\> \@everyone \*\*x\*\* \[y\](z) \<b\>&amp; 1\. \- \# \:100: https\://evil.example/\_a\_ \`c\` \|\|d\|\|**
    \# a
    \> a
    \- a-b
    1\. a
    1\. a
    \<t\:0\:R\> \<\#1\> \<\:a\:1\> \</a\:1\>
    \~\~~~a\*b~~\~**c\***\*\~
    a b  cde f g

    telegram:
    <b>&lt;@&amp;1&gt; @everyone **x** [y](z) &lt;b&gt;&amp;amp; 1. - # :100: https://evil.example/_a_ `c` ||d||</b>
    # a
    &gt; a
    - a-b
    1. a
    1. a
    &lt;t:0:R&gt; &lt;#1&gt; &lt;:a:1&gt; &lt;/a:1&gt;
    <s>~~a*b~</s><b>c*</b>*~
    a b  cde f g

    plain:
    <@&1> @everyone **x** [y](z) <b>&amp; 1. - # :100: https://evil.example/_a_ `c` ||d||
    # a
    > a
    - a-b
    1. a
    1. a
    <t:0:R> <#1> <:a:1> </a:1>
    ~~~a*b~~c**~
    a b  cde f g
    "#);
}

#[test]
fn links_stay_within_their_marks() {
    let good = "https://school.example/";
    let message = message(
        "",
        vec![Block::Items(vec![
            vec![link("a](https://evil.example) [b", good)],
            vec![link("see https://evil.example", good)],
            vec![link("www.evil.example", good)],
            vec![link("\"Join\" <now> & *here*\n", good)],
            vec![link("HTTPS://school.example/", "HTTPS://school.example/")],
            vec![link(good, "HTTPS://school.example/")],
            vec![link(" \u{200b} ", good)],
            vec![link("Address:", "https://[::1]:8080/a[0]=1")],
            vec![link("a", "HTTPS://school.example/a b)>\"'`\\\u{7}\u{202e}ü|^{}<")],
            vec![link("a", "https://school.example/\n\n# x")],
            vec![link("a", "javascript:alert(1)")],
            vec![link("", "https://")],
            vec![link("a", "https://evil example/")],
        ])],
    );
    insta::assert_snapshot!(everywhere(&message, None), @r#"
    discord:
    • a\](https\://evil.example) \[b: <https://school.example/>
    • see https\://evil.example: <https://school.example/>
    • www.evil.example: <https://school.example/>
    • ["Join" \<now\> & \*here\*](<https://school.example/>)
    • <https://school.example/>
    • <https://school.example/>
    • <https://school.example/>
    • [Address\:](<https://[::1]:8080/a[0]=1>)
    • [a](<https://school.example/a%20b%29%3E%22%27%60%5C%07%E2%80%AEü%7C%5E%7B%7D%3C>)
    • [a](<https://school.example/%0A%0A#%20x>)
    • a: javascript\:alert(1)
    • https\://
    • a: https\://evil example/

    telegram:
    • <a href="https://school.example/">a](https://evil.example) [b</a>
    • <a href="https://school.example/">see https://evil.example</a>
    • <a href="https://school.example/">www.evil.example</a>
    • <a href="https://school.example/">"Join" &lt;now&gt; &amp; *here*</a>
    • <a href="https://school.example/">https://school.example/</a>
    • <a href="https://school.example/">https://school.example/</a>
    • <a href="https://school.example/">https://school.example/</a>
    • <a href="https://[::1]:8080/a[0]=1">Address:</a>
    • <a href="https://school.example/a%20b%29%3E%22%27%60%5C%07%E2%80%AEü%7C%5E%7B%7D%3C">a</a>
    • <a href="https://school.example/%0A%0A#%20x">a</a>
    • a: javascript:alert(1)
    • https://
    • a: https://evil example/

    plain:
    • a](https://evil.example) [b: https://school.example/
    • see https://evil.example: https://school.example/
    • www.evil.example: https://school.example/
    • "Join" <now> & *here*: https://school.example/
    • https://school.example/
    • https://school.example/
    • https://school.example/
    • Address: https://[::1]:8080/a[0]=1
    • a: https://school.example/a%20b%29%3E%22%27%60%5C%07%E2%80%AEü%7C%5E%7B%7D%3C
    • a: https://school.example/%0A%0A#%20x
    • a: javascript:alert(1)
    • https://
    • a: https://evil example/
    "#);
}

#[test]
fn spaces_stand_outside_of_looks() {
    let message = message(
        "  A title ",
        vec![
            Block::Text(vec![
                looking("a ", Look::Strong),
                looking("b", Look::Strong),
                words("  "),
                looking(" c ", Look::Struck),
                words("d "),
            ]),
            Block::Text(vec![looking("e", Look::Struck), words(" "), looking("f", Look::Struck)]),
            Block::Text(vec![looking("  ", Look::Strong)]),
            Block::Text(Vec::new()),
            Block::Items(Vec::new()),
        ],
    );
    insta::assert_snapshot!(everywhere(&message, None), @r#"
    discord:
    **A title**
    **a b**   ~~c~~ d
    ~~e~~ ~~f~~

    telegram:
    <b>A title</b>
    <b>a b</b>   <s>c</s> d
    <s>e</s> <s>f</s>

    plain:
    A title
    a b   ~c~ d
    ~e~ ~f~
    "#);
}

#[test]
fn a_message_that_says_nothing_is_still_one() {
    for too_long in [TooLong::Split, TooLong::Shorten] {
        let mut message =
            message(" \u{200d}", vec![Block::Text(vec![words("\u{202e}\n")]), Block::Items(vec![vec![]])]);
        message.too_long = too_long;
        for dialect in [&Discord as &dyn Dialect, &Telegram, &Plain { limit: Some(0) }] {
            assert_eq!(render(&message, dialect, None), ["…"]);
            assert_eq!(render(&message, dialect, Some(" ")), ["…"]);
            assert_eq!(render(&message, dialect, Some("<@&42>")), ["<@&42>"]);
        }
    }
}
