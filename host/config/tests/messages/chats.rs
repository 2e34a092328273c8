//! Channels that are wrong, and schedules that name none of them.

use crate::{errors, load};

/// A good file with a watcher around the part in question.
fn watcher(chats: &str, channel: &str, grants: &str) -> String {
    format!(
        r#"
{chats}
[sites.main]
url = "campus:"

[plugins.watcher]
builtin = "conference-watcher"
grants = {{ moodle = ["core_calendar_get_calendar_events"]{grants} }}

[[schedule]]
name = "conferences"
plugin = "watcher"
sites = ["main"]
every = "30m"
settings = {{ channel = "{channel}" }}
"#
    )
}

const CLASS: &str = "[chats.class]\nkind = \"console\"\n";

#[test]
fn a_channel_that_is_unknown_or_not_granted() {
    insta::assert_snapshot!(errors(&watcher("", "class", "")), @r#"
    error: schedules.toml:15: unknown chat "class" for schedule[conferences].settings.channel
       15 | settings = { channel = "class" }
          |                        ^^^^^^^
      to add it write: [chats.class]
    "#);
    insta::assert_snapshot!(errors(&watcher(CLASS, "clas", "")), @r#"
    error: schedules.toml:17: unknown chat "clas" for schedule[conferences].settings.channel
       17 | settings = { channel = "clas" }
          |                        ^^^^^^
      write: channel = "class"
    "#);
    insta::assert_snapshot!(errors(&watcher(CLASS, "class", "")), @r#"
    error: schedules.toml:10: missing grant: plugin watcher needs chat = ["class"] for settings.channel of schedule conferences
       10 | grants = { moodle = ["core_calendar_get_calendar_events"] }
          |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      under [plugins.watcher] write: grants = { moodle = ["core_calendar_get_calendar_events"], chat = ["class"] }
    "#);
    insta::assert_snapshot!(errors(&watcher(CLASS, "class", ", chat = [\"clss\"]")), @r#"
    error: schedules.toml:10: unknown chat "clss" for plugins.watcher.grants.chat
       10 | grants = { moodle = ["core_calendar_get_calendar_events"], chat = ["clss"] }
          |                                                                    ^^^^^^
      write: "class" instead of "clss"
    "#);
}

#[test]
fn two_schedules_of_one_section_on_one_site() {
    let one = watcher(CLASS, "class", ", chat = [\"class\"]");
    let second = |mode: &str| {
        let rest = one[one.find("[[schedule]]").expect("a schedule")..].replace("\"conferences\"", "\"old\"");
        format!("{one}\n{rest}mode = \"{mode}\"\n")
    };
    insta::assert_snapshot!(errors(&second("live")), @r#"
    error: schedules.toml:21: schedule[old] and schedule[conferences] both run plugin "watcher" for site "main": each would take back the other's messages
       21 | plugin = "watcher"
          |          ^^^^^^^^^
      write a second section like [plugins.watcher], and its name here
    "#);
    assert!(load(&second("dry-run")).is_ok(), "trying other settings beside it is no harm");
}

#[test]
fn keys_of_another_kind_and_ids_that_are_none() {
    insta::assert_snapshot!(
        errors("[chats.a]\nkind = \"telegram\"\nchat = \"https://t.me/class7b\"\ntoken = \"123:ABC\"\nping = \"role:42\"\nchannel = \"1\"\n"),
        @r#"
    error: schedules.toml:3: chats.a.chat is no chat: a number, negative for groups, or "@name"
        3 | chat = "https://t.me/class7b"
          |        ^^^^^^^^^^^^^^^^^^^^^^
      write: chat = "@class7b"
    error: schedules.toml:4: secret written in clear: chats.a.token takes a reference to a secret, never its value
        4 | token = "***"
          |         ^^^^^
      write: token = { env = "BOT_TOKEN" }
      and change the secret if others have seen this file
    error: schedules.toml:5: "role:42" names nobody for chats.a.ping: "user:ID" or "@name"; Telegram has no roles
        5 | ping = "role:42"
          |        ^^^^^^^^^
      write: ping = "user:42"
    error: schedules.toml:6: chats.a.channel belongs to kind = "discord"
        6 | channel = "1"
          |           ^^^
      remove the line: channel = …
    "#
    );
    insta::assert_snapshot!(
        errors("[chats.a]\nkind = \"discord\"\nchannel = \"https://discord.com/channels/11/22\"\ntoken = { file = \"/nowhere/t\" }\nping = \"42\"\n"),
        @r#"
    error: schedules.toml:3: chats.a.channel is no id of a channel: digits only; in Discord: Copy Channel ID
        3 | channel = "https://discord.com/channels/11/22"
          |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      write: channel = "22"
    error: schedules.toml:4: the file /nowhere/t for chats.a.token does not exist
        4 | token = { file = "/nowhere/t" }
          |         ^^^^^^^^^^^^^^^^^^^^^^^
      make the file, or write: token = { env = "…" }
    error: schedules.toml:5: "42" names nobody for chats.a.ping: "role:ID", "user:ID", "everyone" or "here"
        5 | ping = "42"
          |        ^^^^
      write: ping = "role:42"
    "#
    );
    insta::assert_snapshot!(errors("[chats.a]\nkind = \"webhook\"\nurl = \"events.school.example\"\n[chats.b]\nkind = \"file\"\n"), @r#"
    error: schedules.toml:1: chats.a has no secret
        1 | [chats.a]
          | ^^^^^^^^^
      write: secret = { env = "WEBHOOK_SECRET" }
    error: schedules.toml:3: chats.a.url is no address: it takes https://…
        3 | url = "events.school.example"
          |       ^^^^^^^^^^^^^^^^^^^^^^^
      write: url = "https://events.school.example"
    error: schedules.toml:4: chats.b has no file
        4 | [chats.b]
          | ^^^^^^^^^
      write: file = "class.log"
    "#);
}

#[test]
fn files_that_are_somebody_elses() {
    let file = |file: &str| {
        watcher(&format!("[chats.class]\nkind = \"file\"\nfile = \"{file}\"\n"), "class", ", chat = [\"class\"]")
    };
    insta::assert_snapshot!(errors(&file("schedules.toml")), @r#"
    error: schedules.toml:4: the file of chats.class is this configuration, and messages would be written into it
        4 | file = "schedules.toml"
          |        ^^^^^^^^^^^^^^^^
      write: file = "class.log"
    "#);
    insta::assert_snapshot!(errors(&file("./beadle.db-wal")), @r#"
    error: schedules.toml:4: the file of chats.class is the store, and messages would be written into it
        4 | file = "./beadle.db-wal"
          |        ^^^^^^^^^^^^^^^^^
      write: file = "class.log"
    "#);
    insta::assert_snapshot!(errors(&file("beadle.key")), @r#"
    error: schedules.toml:4: the file of chats.class is the key of the pseudonyms, and messages would be written into it
        4 | file = "beadle.key"
          |        ^^^^^^^^^^^^
      write: file = "class.log"
    "#);
}

#[test]
fn secrets_at_the_wrong_place_are_not_shown() {
    for (text, secret) in [
        ("kind = \"discord-webhook\"\nurl = \"https://discord.com/api/webhooks/123/SECRETSECRET\"", "SECRETSECRET"),
        ("kind = \"discord\"\nchannel = \"https://discord.com/api/webhooks/123/SECRETSECRET\"", "SECRETSECRET"),
        ("kind = \"webhook\"\nurl = \"https://discord.com/api/webhooks/123/SECRETSECRET\"", "SECRETSECRET"),
        ("kind = \"webhook\"\nurl = \"https://events.school.example/?token=SECRETSECRET\"", "SECRETSECRET"),
        ("kind = \"telegram\"\nchat = \"123456:ABCSECRETTOKEN_x\"", "ABCSECRETTOKEN"),
        (
            "kind = \"telegram\"\nchat = \"7\"\ntoken = { file = \"MTIzSECRETSECRETSECRETSECRETSECRETSECRETSECRET\" }",
            "SECRETSECRET",
        ),
    ] {
        let said = errors(&format!("[chats.a]\n{text}\n"));
        assert!(!said.contains(secret), "{said}");
    }
}
