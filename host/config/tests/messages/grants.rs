//! Grants that are missing, and grants of nothing.

use crate::{errors, with_schedule};

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
fn the_calendar_export_is_no_function_that_may_change_something() {
    let text = |list: &str| {
        with_schedule("every = \"30s\"")
            .replace("db = [\"moodle\"]", &format!("db = [\"moodle\"], {list} = [\"calendar-export\"]"))
    };
    insta::assert_snapshot!(crate::warnings(&text("moodle")), @"");
    insta::assert_snapshot!(errors(&text("moodle-unsafe")), @r#"
    error: schedules.toml:14: "calendar-export" is no web service function for plugins.online.grants.moodle-unsafe; each is named in full
       14 | grants = { db = ["moodle"], moodle-unsafe = ["calendar-export"], sheets = ["presence:append"] }
          |                                              ^^^^^^^^^^^^^^^^^
      write: moodle-unsafe = ["mod_assign_get_submission_status"]
    "#);
}
