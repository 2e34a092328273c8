//! Secrets that are not there, or stand where they should not.

use crate::errors;

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
fn the_address_of_a_calendar_is_a_secret() {
    let address = "https://moodle.example/calendar/export_execute.php?userid=3&authtoken=s3cret&preset_time=custom";
    let text = format!(
        "[sites.a]\nurl = \"https://moodle.example\"\ncalendar = \"{address}\"\n[sites.b]\nurl = \"https://moodle.example\"\n\
         calender = \"{address}\"\n[sites.c]\nurl = \"https://moodle.example\"\ncalendar = {{ env = \"{address}\" }}\n"
    );
    let errors = errors(&text);
    assert!(!errors.contains("s3cret"), "{errors}");
    insta::assert_snapshot!(errors, @r#"
    error: schedules.toml:3: secret written in clear: sites.a.calendar takes a reference to a secret, never its value
        3 | calendar = "***"
          |            ^^^^^
      write: calendar = { env = "MOODLE_CALENDAR" }
      and change the secret if others have seen this file
    error: schedules.toml:6: unknown key "calender" in sites.b
        6 | calender = "https://moodle.example/calendar/export_execute.php?userid=3&authtoken=***&preset_time=custom"
          | ^^^^^^^^
      did you mean calendar? write: calendar = { env = "MOODLE_CALENDAR" }
    error: schedules.toml:9: secret written in clear: sites.c.calendar.env takes the name of an environment variable, and this is none
        9 | calendar = { env = "***" }
          |                    ^^^^^
      write: calendar = { env = "MOODLE_CALENDAR" }
    "#);
}
