//! What an administrator reads when something is wrong, word for word.

mod chats;
mod form;
mod grants;
mod keys;
mod schedules;
mod secrets;

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
