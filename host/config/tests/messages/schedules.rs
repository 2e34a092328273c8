//! Schedules that cannot be, and those that are doubtful.

use crate::{errors, warnings, with_schedule};

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
fn grants_under_a_schedule() {
    insta::assert_snapshot!(errors(&with_schedule("every = \"30s\"\ngrants = { db = [\"moodle\"] }")), @r#"
    error: schedules.toml:21: schedule[online].grants: grants stand with the plugin, not with the schedule
       21 | grants = { db = ["moodle"] }
          | ^^^^^^
      move the line under [plugins.NAME]
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
