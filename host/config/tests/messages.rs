//! What an administrator reads when something is wrong, word for word.

use beadle_config::{Config, ConfigErrors, Source, Warning};

fn load(text: &str) -> Result<(Config, Vec<Warning>), ConfigErrors> {
    Config::from_source(&Source::from_text("schedules.toml", text), &|_| None)
}

fn errors(text: &str) -> String {
    load(text).expect_err("the file is wrong").to_string()
}

fn warnings(text: &str) -> String {
    let (_, warnings) = load(text).unwrap_or_else(|errors| panic!("{errors}"));
    warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A good file around the part in question.
fn with_schedule(lines: &str) -> String {
    format!(
        r#"
[sites.main]
url = "campus:"

[databases.moodle]
url = "campus:"

[sheets.presence]
kind = "csv"
file = "presence.csv"

[plugins.online]
builtin = "online-users"
grants = {{ db = ["moodle"], sheets = ["presence:append"] }}

[[schedule]]
name = "online"
plugin = "online"
sites = ["main"]
{lines}
"#
    )
}

#[test]
fn the_file_around_is_good() {
    assert_eq!(warnings(&with_schedule("every = \"30s\"")), "");
}

#[test]
fn unknown_key() {
    insta::assert_snapshot!(errors(&with_schedule("every = \"30s\"\ntimzone = \"Europe/Berlin\"")), @r#"
    error: schedules.toml:21: unknown key "timzone" in schedule[online]
       21 | timzone = "Europe/Berlin"
          | ^^^^^^^
      did you mean timezone? write: timezone = "Europe/Berlin"
    "#);
}

#[test]
fn unknown_key_of_another_section() {
    insta::assert_snapshot!(errors(&with_schedule("every = \"30s\"\nfolder = \"rooms/\"")), @r#"
    error: schedules.toml:21: unknown key "folder" in schedule[online]
       21 | folder = "rooms/"
          | ^^^^^^
      folder belongs under [plugins.NAME]
    "#);
}

#[test]
fn unknown_section() {
    insta::assert_snapshot!(errors("[schedules]\nname = \"online\"\n[plugin.online]\nbuiltin = \"online-users\"\n[extra]\n"), @r#"
    error: schedules.toml:1: unknown key "schedules" in the file
        1 | [schedules]
          |  ^^^^^^^^^
      did you mean schedule? write: [[schedule]]
    error: schedules.toml:3: unknown key "plugin" in the file
        3 | [plugin.online]
          |  ^^^^^^
      did you mean plugins? write: [plugins.NAME]
    error: schedules.toml:5: unknown key "extra" in the file
        5 | [extra]
          |  ^^^^^
      known here: host, campus, sites, databases, sheets, plugins, schedule
    "#);
}

#[test]
fn chats() {
    insta::assert_snapshot!(errors("[chats.class]\nkind = \"discord\"\n"), @r#"
    error: schedules.toml:1: chats: chats come with a later version
        1 | [chats.class]
          |  ^^^^^
      remove the section
    "#);
}

#[test]
fn a_misspelt_key_is_not_missing_as_well() {
    insta::assert_snapshot!(errors("[[schedule]]\nnam = \"x\"\nplugin = \"x\"\nevry = \"1m\"\n[plugins.x]\nbultin = \"online-users\"\n"), @r#"
    error: schedules.toml:2: unknown key "nam" in schedule[?]
        2 | nam = "x"
          | ^^^
      did you mean name? write: name = "x"
    error: schedules.toml:4: unknown key "evry" in schedule[?]
        4 | evry = "1m"
          | ^^^^
      did you mean every? write: every = "1m"
    error: schedules.toml:6: unknown key "bultin" in plugins.x
        6 | bultin = "online-users"
          | ^^^^^^
      did you mean builtin? write: builtin = "online-users"
    "#);
}

#[test]
fn missing_grant_under_a_header() {
    let text = with_schedule("every = \"30s\"\nsettings = { sheet = \"presence\" }").replace(
        "grants = { db = [\"moodle\"], sheets = [\"presence:append\"] }",
        "[plugins.online.grants]\ndb = [\"moodle\"]",
    );
    insta::assert_snapshot!(errors(&text), @r#"
    error: schedules.toml:14: missing grant: plugin online needs sheets = ["presence:append"] for settings.sheet of schedule online
       14 | [plugins.online.grants]
          | ^^^^^^^^^^^^^^^^^^^^^^^
      under [plugins.online.grants] write: sheets = ["presence:append"]
    "#);
}

#[test]
fn grants_under_a_schedule() {
    insta::assert_snapshot!(errors(&with_schedule("every = \"30s\"\ngrants = { db = [\"moodle\"] }")), @r#"
    error: schedules.toml:21: schedule[online].grants: grants stand with the plugin, not with the schedule
       21 | grants = { db = ["moodle"] }
          | ^^^^^^
      move the line under [plugins.NAME]
    "#);
}

#[test]
fn on_change() {
    insta::assert_snapshot!(errors(&with_schedule("on = \"change\"")), @r#"
    error: schedules.toml:20: schedule[online].on: schedules that wake on changes come with a later version
       20 | on = "change"
          | ^^
      write: every = "30s"
    "#);
}

#[test]
fn wrong_types() {
    insta::assert_snapshot!(
        errors("[host]\nruns = \"8\"\nlanguage = 5\nkeep = 30\ncache = [\"x\"]\n\n[campus]\nrooms = 0.5\nday = true\n"),
        @r#"
    error: schedules.toml:2: host.runs is a text; it takes a whole number from 1 to 256
        2 | runs = "8"
          |        ^^^
      write: runs = 8
    error: schedules.toml:3: host.language is a whole number; it takes "en" or "de" or "es"
        3 | language = 5
          |            ^
      write: language = "de"
    error: schedules.toml:4: host.keep is a whole number; it takes a duration in quotes, such as "30s", "5m" or "1h30m"
        4 | keep = 30
          |        ^^
      write: keep = "30s"
    error: schedules.toml:5: host.cache is a list; it takes a text in quotes
        5 | cache = ["x"]
          |         ^^^^^
      write: cache = ".beadle-cache"
    error: schedules.toml:8: campus.rooms is a number with a fraction; it takes a whole number from 1 to 200
        8 | rooms = 0.5
          |         ^^^
      write: rooms = 8
    error: schedules.toml:9: campus.day is true or false; it takes a text in quotes
        9 | day = true
          |       ^^^^
      write: day = "12m"
    "#
    );
    insta::assert_snapshot!(errors(&with_schedule("every = 30\nsettings = \"none\"\nannounce-first = \"true\"\nblackout = \"Sat\"")), @r#"
    error: schedules.toml:20: schedule[online].every is a whole number; it takes a text in quotes
       20 | every = 30
          |         ^^
      write: every = "30s"
    error: schedules.toml:21: schedule[online].settings is a text; it takes a table, { … }
       21 | settings = "none"
          |            ^^^^^^
      write: settings = { window = "5m" }
    error: schedules.toml:22: schedule[online].announce-first is a text; it takes true or false
       22 | announce-first = "true"
          |                  ^^^^^^
      write: announce-first = true
    error: schedules.toml:23: schedule[online].blackout is a text; it takes a list of texts, such as ["a", "b"]
       23 | blackout = "Sat"
          |            ^^^^^
      write: blackout = ["Sat"]
    "#);
}

#[test]
fn values_out_of_range() {
    insta::assert_snapshot!(
        errors("[host]\nruns = 1000\ngrace = \"2d\"\nlanguage = \"english\"\n[sites.x]\nurl = \"campus:\"\nanswer-limit = \"1 parsec\"\nrate = -1\n"),
        @r#"
    error: schedules.toml:2: host.runs is 1000; it takes a whole number from 1 to 256
        2 | runs = 1000
          |        ^^^^
      write: runs = 256
    error: schedules.toml:3: host.grace is "2d"; it takes a duration from 0s to 1h
        3 | grace = "2d"
          |         ^^^^
      write: grace = "1h"
    error: schedules.toml:4: unknown value "english" for host.language
        4 | language = "english"
          |            ^^^^^^^^^
      write: language = "en"
      or write: language = "de"
      or write: language = "es"
    error: schedules.toml:7: sites.x.answer-limit is "1 parsec"; it takes a size from 1KiB to 4GiB
        7 | answer-limit = "1 parsec"
          |                ^^^^^^^^^^
      write: answer-limit = "64MiB"
    error: schedules.toml:8: sites.x.rate is -1; it takes a number above zero
        8 | rate = -1
          |        ^^
      write: rate = 5.0
    "#
    );
}

#[test]
fn bad_cron() {
    insta::assert_snapshot!(errors(&with_schedule("cron = \"*/5 8-25 * * *\"")), @r#"
    error: schedules.toml:20: bad cron for schedule[online].cron: cron line "*/5 8-25 * * *", hour "8-25": 25 is out of range, 0 to 23; such as "8-17"
       20 | cron = "*/5 8-25 * * *"
          |        ^^^^^^^^^^^^^^^^
      write: cron = "*/5 8-17 * * Mon-Fri"
    "#);
    insta::assert_snapshot!(errors(&with_schedule("cron = \"0 6 1 * Mon\"")), @r#"
    error: schedules.toml:20: bad cron for schedule[online].cron: cron line "0 6 1 * Mon" restricts both the day of month (1) and the weekday (Mon): POSIX cron runs when either matches, many libraries only when both do. For either, write two schedules, "0 6 1 * *" and "0 6 * * Mon"; for both, keep one of those and let the plugin look at the date
       20 | cron = "0 6 1 * Mon"
          |        ^^^^^^^^^^^^^
      write: cron = "0 6 1 * *"
      or write: cron = "0 6 * * Mon"
    "#);
}

#[test]
fn neither_rhythm_nor_line() {
    insta::assert_snapshot!(errors(&with_schedule("")), @r#"
    error: schedules.toml:16: schedule[online] has neither every nor cron
       16 | [[schedule]]
          | ^^^^^^^^^^^^
      write: every = "30s"
      or write: cron = "*/5 8-17 * * Mon-Fri"
    "#);
    insta::assert_snapshot!(errors(&with_schedule("every = \"1m\"\ncron = \"* * * * *\"")), @r#"
    error: schedules.toml:21: schedule[online] has both every and cron
       21 | cron = "* * * * *"
          |        ^^^^^^^^^^^
      keep one of them: every or cron
    "#);
}

#[test]
fn bad_blackout() {
    insta::assert_snapshot!(errors(&with_schedule("every = \"30s\"\nblackout = [\"Sat,Sun\", \"at night\"]")), @r#"
    error: schedules.toml:21: bad blackout for schedule[online].blackout: blackout "at night": "at" is no day of the week; write "Mon-Fri 22:00-06:00", "Sat,Sun" or "2026-12-24..2027-01-06"
       21 | blackout = ["Sat,Sun", "at night"]
          |                        ^^^^^^^^^^
      write: blackout = ["22:00-06:00", "Sat,Sun"]
    "#);
}

#[test]
fn unknown_zone() {
    insta::assert_snapshot!(errors(&with_schedule("every = \"30s\"\ntimezone = \"Europe/Berln\"")), @r#"
    error: schedules.toml:21: unknown zone "Europe/Berln" for schedule[online].timezone
       21 | timezone = "Europe/Berln"
          |            ^^^^^^^^^^^^^^
      write: timezone = "Europe/Berlin"
    "#);
    insta::assert_snapshot!(errors("[host]\ntimezone = \"Berlin\""), @r#"
    error: schedules.toml:2: unknown zone "Berlin" for host.timezone
        2 | timezone = "Berlin"
          |            ^^^^^^^^
      write: timezone = "Europe/Berlin"
    "#);
    insta::assert_snapshot!(errors("[host]\ntimezone = \"Middle Earth\""), @r#"
    error: schedules.toml:2: unknown zone "Middle Earth" for host.timezone
        2 | timezone = "Middle Earth"
          |            ^^^^^^^^^^^^^^
      write an IANA name, such as: timezone = "Europe/Berlin"
    "#);
}

#[test]
fn missing_environment_variable() {
    insta::assert_snapshot!(errors("[sites.main]\nurl = \"https://moodle.example\"\ntoken = { env = \"MOODLE_TOKEN\" }"), @r#"
    error: schedules.toml:3: the environment variable MOODLE_TOKEN for sites.main.token is not set
        3 | token = { env = "MOODLE_TOKEN" }
          |         ^^^^^^^^^^^^^^^^^^^^^^^^
      set it before the host starts, or write: token = { file = "…" }
    "#);
}

#[test]
fn missing_secret_file() {
    insta::assert_snapshot!(errors("[sites.main]\nurl = \"https://moodle.example\"\ntoken = { file = \"no/such.token\" }"), @r#"
    error: schedules.toml:3: the file no/such.token for sites.main.token does not exist
        3 | token = { file = "no/such.token" }
          |         ^^^^^^^^^^^^^^^^^^^^^^^^^^
      make the file, or write: token = { env = "…" }
    "#);
}

#[test]
fn missing_grant() {
    insta::assert_snapshot!(
        errors(&with_schedule("every = \"30s\"\nsettings = { database = \"moodle\", sheet = \"presence\" }").replace(", sheets = [\"presence:append\"]", "")),
        @r#"
    error: schedules.toml:14: missing grant: plugin online needs sheets = ["presence:append"] for settings.sheet of schedule online
       14 | grants = { db = ["moodle"] }
          |          ^^^^^^^^^^^^^^^^^^^
      under [plugins.online] write: grants = { db = ["moodle"], sheets = ["presence:append"] }
    "#
    );
    insta::assert_snapshot!(errors(&with_schedule("every = \"30s\"").replace("db = [\"moodle\"], ", "")), @r#"
    error: schedules.toml:14: missing grant: plugin online needs db = ["moodle"] to see who is online
       14 | grants = { sheets = ["presence:append"] }
          |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      under [plugins.online] write: grants = { db = ["moodle"], sheets = ["presence:append"] }
    "#);
}

#[test]
fn grants_of_nothing() {
    insta::assert_snapshot!(
        errors(
            &with_schedule("every = \"30s\"").replace(
                "grants = { db = [\"moodle\"], sheets = [\"presence:append\"] }",
                "grants = { moodle = [\"users\"], db = [\"moodel\"], http = [\"api\", \"put https://x.example\", \"https://x.example?b\"], \
                 sheets = [\"presence\", \"absence:read\", \"presence:appent\"], ledger = [\"rooms:x\", \"online\"] }"
            )
        ),
        @r#"
    error: schedules.toml:14: "users" is no web service function for plugins.online.grants.moodle; each is named in full
       14 | grants = { moodle = ["users"], db = ["moodel"], http = ["api", "put https://x.example", "https://x.example?b"], sheets = ["presence", "absence:read", "presence:appent"], ledger = ["rooms:x", "online"]…
          |                      ^^^^^^^
      write: moodle = ["core_enrol_get_enrolled_users"]
    error: schedules.toml:14: unknown database "moodel" for plugins.online.grants.db
       14 | grants = { moodle = ["users"], db = ["moodel"], http = ["api", "put https://x.example", "https://x.example?b"], sheets = ["presence", "absence:read", "presence:appent"], ledger = ["rooms:x", "online"]…
          |                                      ^^^^^^^^
      write: "moodle" instead of "moodel"
    error: schedules.toml:14: "api" is no address of a host for plugins.online.grants.http; each host is named in full
       14 | … = { moodle = ["users"], db = ["moodel"], http = ["api", "put https://x.example", "https://x.example?b"], sheets = ["presence", "absence:read", "presence:appent"], ledger = ["rooms:x", "online"] }…
          |                                                    ^^^^^
      write: http = ["https://api.school.example"]
    error: schedules.toml:14: "put" is no method in upper case for plugins.online.grants.http
       14 | …odle = ["users"], db = ["moodel"], http = ["api", "put https://x.example", "https://x.example?b"], sheets = ["presence", "absence:read", "presence:appent"], ledger = ["rooms:x", "online"] }…
          |                                                    ^^^^^^^^^^^^^^^^^^^^^^^
      write: http = ["POST https://search.school.example/query"]
    error: schedules.toml:14: plugins.online.grants.http takes addresses that end at their path, without user name and password
       14 | …moodel"], http = ["api", "put https://x.example", "https://x.example?b"], sheets = ["presence", "absence:read", "presence:appent"], ledger = ["rooms:x", "online"] }…
          |                                                    ^^^^^^^^^^^^^^^^^^^^^
      write: http = ["https://api.school.example"]
    error: schedules.toml:14: "presence" names no right for plugins.online.grants.sheets: read or append
       14 | …s://x.example", "https://x.example?b"], sheets = ["presence", "absence:read", "presence:appent"], ledger = ["rooms:x", "online"] }…
          |                                                    ^^^^^^^^^^
      write: "presence:append" instead of "presence"
    error: schedules.toml:14: unknown sheet "absence" for plugins.online.grants.sheets
       14 | …e", "https://x.example?b"], sheets = ["presence", "absence:read", "presence:appent"], ledger = ["rooms:x", "online"] }…
          |                                                    ^^^^^^^^^^^^^^
      to add it write: [sheets.absence]
    error: schedules.toml:14: "presence:appent" names no right for plugins.online.grants.sheets: read or append
       14 | …xample?b"], sheets = ["presence", "absence:read", "presence:appent"], ledger = ["rooms:x", "online"] }…
          |                                                    ^^^^^^^^^^^^^^^^^
      write: "presence:append" instead of "presence:appent"
    error: schedules.toml:14: unknown plugin "rooms" for plugins.online.grants.ledger
       14 | …e", "absence:read", "presence:appent"], ledger = ["rooms:x", "online"] }…
          |                                                    ^^^^^^^^^
      write: ledger = ["online:occupancy"]
    error: schedules.toml:14: "online" names no collection for plugins.online.grants.ledger
       14 | …e:read", "presence:appent"], ledger = ["rooms:x", "online"] }…
          |                                                    ^^^^^^^^
      write: ledger = ["online:occupancy"]
    "#
    );
}

#[test]
fn unknown_plugin() {
    insta::assert_snapshot!(errors(&with_schedule("every = \"30s\"").replace("plugin = \"online\"", "plugin = \"onlin\"")), @r#"
    error: schedules.toml:18: unknown plugin "onlin" for schedule[online].plugin
       18 | plugin = "onlin"
          |          ^^^^^^^
      write: plugin = "online"
    "#);
    insta::assert_snapshot!(errors(&with_schedule("every = \"30s\"").replace("plugin = \"online\"", "plugin = \"lamps\"")), @r#"
    error: schedules.toml:18: unknown plugin "lamps" for schedule[online].plugin
       18 | plugin = "lamps"
          |          ^^^^^^^
      configured are: "online"; to add it write: [plugins.lamps]
    "#);
    insta::assert_snapshot!(errors("[plugins.x]\nbuiltin = \"online-user\"\n[plugins.y]\nbuiltin = \"lamps.wasm\"\n[plugins.z]\n"), @r#"
    error: schedules.toml:2: unknown value "online-user" for plugins.x.builtin
        2 | builtin = "online-user"
          |           ^^^^^^^^^^^^^
      write: builtin = "online-users"
    error: schedules.toml:4: "lamps.wasm" is a file, not a plugin that comes with the host
        4 | builtin = "lamps.wasm"
          |           ^^^^^^^^^^^^
      write: file = "lamps.wasm"
    error: schedules.toml:5: plugins.z has neither builtin nor file
        5 | [plugins.z]
          | ^^^^^^^^^^^
      write: builtin = "online-users"
      or write: file = "plugins/lamps.wasm"
    "#);
}

#[test]
fn unknown_site() {
    insta::assert_snapshot!(errors(&with_schedule("every = \"30s\"").replace("[\"main\"]", "[\"main\", \"mian\", \"main\"]")), @r#"
    error: schedules.toml:19: unknown site "mian" for schedule[online].sites
       19 | sites = ["main", "mian", "main"]
          |                  ^^^^^^
      write: "main" instead of "mian"
    error: schedules.toml:19: schedule[online].sites names "main" twice
       19 | sites = ["main", "mian", "main"]
          |                          ^^^^^^
      remove one of them
    "#);
}

#[test]
fn two_schedules_of_one_name() {
    let more = "every = \"30s\"\n[[schedule]]\nname = \"online\"\nplugin = \"online\"\nevery = \"1m\"\n[[schedule]]\nname = \"a@b\"\nplugin = \"online\"\nevery = \"1m\"";
    insta::assert_snapshot!(errors(&with_schedule(more)), @r#"
    error: schedules.toml:22: two schedules of one name, "online": the first is on line 17
       22 | name = "online"
          |        ^^^^^^^^
      write: name = "online-2"
    error: schedules.toml:26: "a@b" is no name for a schedule: letters, digits, -, _ and . only, at most 64
       26 | name = "a@b"
          |        ^^^^^
      write: name = "a-b"
    "#);
}

#[test]
fn secrets_written_in_clear() {
    let text = r#"
[host]
key = "s3cret"

[sites.a]
url = "https://moodle.example"
token = "s3cret"

[sites.b]
url = "https://s3cret:s3cret@moodle.example"
username = "beadle"
password = "s3cret"

[sites.c]
url = "https://moodle.example"
tokn = "s3cret"

[sites.d]
url = "https://moodle.example"
token = { env = "0123456789abcdef0123456789abcdef" }

[databases.moodle]
url = "mysql://reader:s3cret@db.example/moodle"

[databases.other]
url = "postgres://reader@db.example/moodle?password=s3cret"

[sheets.x]
kind = "google"
spreadsheet = "1AbC"
tab = "Online"
key = """
{ "private_key": "s3cret" }
"""
"#;
    let errors = errors(text);
    assert!(!errors.contains("s3cret") && !errors.contains("0123456789abcdef"), "{errors}");
    insta::assert_snapshot!(errors, @r#"
    error: schedules.toml:3: secret written in clear: host.key takes a reference to a secret, never its value
        3 | key = "***"
          |       ^^^^^
      write: key = { file = "beadle.key" }
      and change the secret if others have seen this file
    error: schedules.toml:7: secret written in clear: sites.a.token takes a reference to a secret, never its value
        7 | token = "***"
          |         ^^^^^
      write: token = { env = "MOODLE_TOKEN" }
      and change the secret if others have seen this file
    error: schedules.toml:10: secret written in clear: sites.b.url holds a user name or a password
       10 | url = "https://***@moodle.example"
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      write: url = "https://moodle.example"
    error: schedules.toml:12: secret written in clear: sites.b.password takes a reference to a secret, never its value
       12 | password = "***"
          |            ^^^^^
      write: password = { file = "moodle.password" }
      and change the secret if others have seen this file
    error: schedules.toml:16: unknown key "tokn" in sites.c
       16 | tokn = "***"
          | ^^^^
      did you mean token? write: token = { env = "MOODLE_TOKEN" }
    error: schedules.toml:20: secret written in clear: sites.d.token.env takes the name of an environment variable, and this is none
       20 | token = { env = "***" }
          |                 ^^^^^
      write: token = { env = "MOODLE_TOKEN" }
    error: schedules.toml:23: secret written in clear: databases.moodle.url holds a password
       23 | url = "mysql://reader:***@db.example/moodle"
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      write: url = "mysql://reader@db.example/moodle"
      and: password = { env = "MOODLE_DB_PASSWORD" }
    error: schedules.toml:26: secret written in clear: databases.other.url holds a password
       26 | url = "postgres://reader@db.example/moodle?password=***"
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      write: url = "postgres://reader@db.example/moodle"
      and: password = { env = "MOODLE_DB_PASSWORD" }
    error: schedules.toml:32: secret written in clear: sheets.x.key takes a reference to a secret, never its value
       32 | key = """
          |       ^^^
      write: key = { file = "service-account.json" }
      and change the secret if others have seen this file
    "#);
}

#[test]
fn a_secret_is_not_shown_beside_another_mistake() {
    let text = "[sites]\nmain = { url = \"https://moodle.example\", bogus = 1, password = \"s3cret\" }\nnorth = { token = \"s3cret }\n";
    let errors = errors(text);
    assert!(!errors.contains("s3cret"), "{errors}");
    insta::assert_snapshot!(errors, @r#"
    error: schedules.toml:3: this is no TOML: unclosed inline table, expected `}`
        3 | north = { token = "***
          |                       ^
      write: key = "text", key = 5, key = ["a", "b"], [section] or [[schedule]]
    "#);
}

#[test]
fn accounts() {
    insta::assert_snapshot!(
        errors("[sites.a]\nurl = \"https://moodle.example\"\n[sites.b]\nurl = \"campus:\"\ntoken = { env = \"T\" }\n[sites.c]\nurl = \"moodle.example\"\nusername = \"x\"\n[sites.d]\nurl = \"https://moodle.example/login/index.php\"\ntoken = { env = \"T\", file = \"t\" }\n"),
        @r#"
    error: schedules.toml:1: sites.a has no account: neither token nor username and password
        1 | [sites.a]
          | ^^^^^^^^^
      write: token = { env = "MOODLE_TOKEN" }
      or: username = "beadle" and password = { file = "moodle.password" }
    error: schedules.toml:5: sites.b.token has no meaning for the simulated school
        5 | token = { env = "T" }
          |         ^^^^^^^^^^^^^
      remove the line: token = …
    error: schedules.toml:6: sites.c has no password
        6 | [sites.c]
          | ^^^^^^^^^
      write: password = { file = "moodle.password" }
    error: schedules.toml:7: sites.c.url is no address: it takes https://…
        7 | url = "moodle.example"
          |       ^^^^^^^^^^^^^^^^
      write: url = "https://moodle.example"
    error: schedules.toml:10: sites.d.url is the address of a page, not of Moodle's front page
       10 | url = "https://moodle.example/login/index.php"
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      write: url = "https://moodle.example"
    error: schedules.toml:11: sites.d.token has both env and file
       11 | token = { env = "T", file = "t" }
          |                             ^^^
      keep one of them: env or file
    "#
    );
}

#[test]
fn stores() {
    insta::assert_snapshot!(errors("[host]\nstore = { url = \"postgres://beadle@db/beadle\", password = { env = \"P\" } }"), @r#"
    error: schedules.toml:2: the environment variable P for host.store.password is not set
        2 | store = { url = "postgres://beadle@db/beadle", password = { env = "P" } }
          |                                                           ^^^^^^^^^^^^^
      set it before the host starts, or write: password = { file = "…" }
    "#);
    insta::assert_snapshot!(errors("[host]\nstore = \"postgres://beadle:sesame@db/beadle\""), @r#"
    error: schedules.toml:2: secret written in clear: host.store holds a password
        2 | store = "postgres://beadle:***@db/beadle"
          |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      write: store = { url = "postgres://beadle@db/beadle", password = { env = "BEADLE_DB_PASSWORD" } }
    "#);
    insta::assert_snapshot!(errors("[host]\nstore = \"postgres://db\""), @r#"
    error: schedules.toml:2: host.store is no address of a database: it takes postgres://USER@HOST/NAME
        2 | store = "postgres://db"
          |         ^^^^^^^^^^^^^^^
      write: store = "postgres://beadle@db.school.example/beadle"
    "#);
    insta::assert_snapshot!(errors("[host]\nstore = { url = \"sqlite:x.db\", password = { env = \"P\" } }"), @r#"
    error: schedules.toml:2: host.store.password has no meaning for a SQLite store
        2 | store = { url = "sqlite:x.db", password = { env = "P" } }
          |                                           ^^^^^^^^^^^^^
      remove the line: password = …
    "#);
    insta::assert_snapshot!(errors("[host]\nstore = \"beadle.db\""), @r#"
    error: schedules.toml:2: host.store takes "sqlite:FILE" or "postgres://USER@HOST/NAME"
        2 | store = "beadle.db"
          |         ^^^^^^^^^^^
      write: store = "sqlite:beadle.db"
    "#);
}

#[test]
fn sheets() {
    insta::assert_snapshot!(
        errors("[sheets.a]\nkind = \"csv\"\ntab = \"x\"\n[sheets.b]\nkind = \"google\"\nspreadsheet = \"https://docs.google.com/spreadsheets/d/1AbC/edit\"\nkey = { env = \"K\" }\n[sheets.c]\nkind = \"excel\"\n"),
        @r#"
    error: schedules.toml:1: sheets.a has no file
        1 | [sheets.a]
          | ^^^^^^^^^^
      write: file = "presence.csv"
    error: schedules.toml:3: sheets.a.tab belongs to kind = "google"
        3 | tab = "x"
          |       ^^^
      remove the line: tab = …
    error: schedules.toml:4: sheets.b has no tab
        4 | [sheets.b]
          | ^^^^^^^^^^
      write: tab = "Online"
    error: schedules.toml:6: sheets.b.spreadsheet is no id of a spreadsheet: the part of its address between /d/ and /edit
        6 | spreadsheet = "https://docs.google.com/spreadsheets/d/1AbC/edit"
          |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      write: spreadsheet = "1AbC"
    error: schedules.toml:7: the environment variable K for sheets.b.key is not set
        7 | key = { env = "K" }
          |       ^^^^^^^^^^^^^
      set it before the host starts, or write: key = { file = "…" }
    error: schedules.toml:9: unknown value "excel" for sheets.c.kind
        9 | kind = "excel"
          |        ^^^^^^^
      write: kind = "google"
      or write: kind = "csv"
    "#
    );
}

#[test]
fn no_toml() {
    insta::assert_snapshot!(errors("[host\nruns = 8\n\n[sites.main]\nurl = \"campus:\nrate = \n[host]\n[host]\n"), @r#"
    error: schedules.toml:1: this is no TOML: unclosed table, expected `]`
        1 | [host
          |      ^
      write: key = "text", key = 5, key = ["a", "b"], [section] or [[schedule]]
    error: schedules.toml:5: this is no TOML: invalid basic string, expected `"`
        5 | url = "campus:
          |               ^
      close the quotes, or write \\ for each \ inside them
    error: schedules.toml:6: this is no TOML: string values must be quoted, expected literal string
        6 | rate =
          |        ^
      write a value after the =, texts in quotes
    error: schedules.toml:8: this is no TOML: duplicate key
        8 | [host]
          |  ^^^^
      keep one of the two
    "#);
}

#[test]
fn seed_identity_with_several_sites() {
    let text = with_schedule("every = \"30s\"\nsettings = { sheet = \"presence\", identity = \"seed\" }")
        .replace("[databases.moodle]", "[sites.north]\nurl = \"campus:\"\n\n[databases.moodle]")
        .replace("[\"main\"]", "[\"main\", \"north\"]");
    insta::assert_snapshot!(errors(&text), @r#"
    error: schedules.toml:24: identity = "seed" with several sites on sheet "presence": account 2 of one site and account 2 of another get the same pseudonym
       24 | settings = { sheet = "presence", identity = "seed" }
          |                                             ^^^^^^
      write: identity = "keyed"
    "#);
}

#[test]
fn doubts() {
    insta::assert_snapshot!(warnings("[host]\nlanguage = \"de\""), @r#"
    warning: schedules.toml: nothing is scheduled: the file has no [[schedule]]
      write: [[schedule]] with name, plugin and every
    "#);
    let text = "[sites.a]\nurl = \"http://moodle.example\"\nusername = \"x\"\npassword = { file = \"Cargo.toml\" }\n[plugins.o]\nbuiltin = \"online-users\"\ngrants = { moodle = [\"core_user_get_users\"] }\nsettings = { api-token = \"x\" }\n[[schedule]]\nname = \"o\"\nplugin = \"o\"\nevery = \"1m\"\n";
    insta::assert_snapshot!(warnings(text), @r#"
    warning: schedules.toml:2: sites.a.url is plain http: whoever is on the way reads the secret and the answers
        2 | url = "http://moodle.example"
          |       ^^^^^^^^^^^^^^^^^^^^^^^
      write: url = "https://moodle.example"
    warning: schedules.toml:4: the file Cargo.toml for sites.a.password may be read by every user of this machine
        4 | password = { file = "Cargo.toml" }
          |            ^^^^^^^^^^^^^^^^^^^^^^^
      run: chmod 600 Cargo.toml
    warning: schedules.toml:8: plugins.o.settings.api-token looks like a secret, and settings are kept with every run
        8 | settings = { api-token = "***" }
          |              ^^^^^^^^^
      plugins never see secrets: give the token to the site, the database or the sheet
    warning: schedules.toml:9: schedule[o] names no site, but its plugin is granted 1 web service function
        9 | [[schedule]]
          | ^^^^^^^^^^^^
      write: sites = ["a"]
    "#);
}

#[test]
fn machine_form() {
    let errors = load("[host]\ntimezone = \"Europe/Berln\"\n").unwrap_err();
    insta::assert_json_snapshot!(errors, @r#"
    [
      {
        "severity": "error",
        "file": "schedules.toml",
        "line": 2,
        "column": 12,
        "key": "host.timezone",
        "message": "unknown zone \"Europe/Berln\" for host.timezone",
        "fix": "write: timezone = \"Europe/Berlin\""
      }
    ]
    "#);
    assert_eq!(errors.problems().len(), 1);
}
