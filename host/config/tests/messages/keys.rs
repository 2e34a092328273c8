//! Keys and values that are none.

use crate::{errors, warnings, with_schedule};

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
      known here: host, campus, sites, databases, sheets, chats, plugins, schedule
    "#);
}

#[test]
fn a_chat_without_a_name() {
    insta::assert_snapshot!(errors("[chat]\nkind = \"discord\"\n"), @r#"
    error: schedules.toml:1: chat: each channel has a name of its own
        1 | [chat]
          |  ^^^^
      write: [chats.NAME]
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
fn accounts() {
    insta::assert_snapshot!(
        errors("[sites.a]\nurl = \"https://moodle.example\"\n[sites.b]\nurl = \"campus:\"\ntoken = { env = \"T\" }\n[sites.c]\nurl = \"moodle.example\"\nusername = \"x\"\n[sites.d]\nurl = \"https://moodle.example/login/index.php\"\ntoken = { env = \"T\", file = \"t\" }\n"),
        @r#"
    error: schedules.toml:1: sites.a has no account: neither token nor username and password, nor calendar
        1 | [sites.a]
          | ^^^^^^^^^
      write: token = { env = "MOODLE_TOKEN" }
      or: username = "beadle" and password = { file = "moodle.password" }
      or, where web services are off: calendar = { env = "MOODLE_CALENDAR" }
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
fn calendars() {
    insta::assert_snapshot!(
        errors("[sites.a]\nurl = \"https://moodle.example\"\ncalendar = { env = \"MOODLE_CALENDAR\" }\nservice = \"x\"\n[sites.b]\nurl = \"campus:\"\ncalendar = { env = \"C\" }\n[sites.c]\nurl = \"https://moodle.example\"\nusername = \"x\"\ncalendar = { file = \"no.calendar\" }\n"),
        @r#"
    error: schedules.toml:3: the environment variable MOODLE_CALENDAR for sites.a.calendar is not set
        3 | calendar = { env = "MOODLE_CALENDAR" }
          |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      set it before the host starts, or write: calendar = { file = "…" }
    error: schedules.toml:4: sites.a.service has no meaning without username and password
        4 | service = "x"
          |           ^^^
      remove the line: service = …
    error: schedules.toml:7: sites.b.calendar has no meaning for the simulated school
        7 | calendar = { env = "C" }
          |            ^^^^^^^^^^^^^
      remove the line: calendar = …
    error: schedules.toml:8: sites.c has no password
        8 | [sites.c]
          | ^^^^^^^^^
      write: password = { file = "moodle.password" }
    error: schedules.toml:11: the file no.calendar for sites.c.calendar does not exist
       11 | calendar = { file = "no.calendar" }
          |            ^^^^^^^^^^^^^^^^^^^^^^^^
      make the file, or write: calendar = { env = "…" }
    "#
    );
}
