//! Files that are no TOML, and messages for programs.

use crate::{errors, load};

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
