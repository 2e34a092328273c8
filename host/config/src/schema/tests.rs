//! Code, schema and reference say the same; a drift fails here. `BEADLE_UPDATE_SCHEMA=1 cargo test -p beadle-config` writes both files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::*;
use crate::sections::all;
use crate::{Config, Source};

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// Compares a file with what it should hold, or writes it when asked to.
fn checked_in(name: &str, expected: &str) {
    let path = docs(name);
    if std::env::var_os("BEADLE_UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(found == expected, "docs/{name} is out of date: run BEADLE_UPDATE_SCHEMA=1 cargo test -p beadle-config");
}

#[test]
fn the_checked_in_schema_is_the_generated_one() {
    checked_in("schedules.schema.json", &(serde_json::to_string_pretty(&schema()).unwrap() + "\n"));
}

#[test]
fn the_reference_lists_every_key() {
    let text = std::fs::read_to_string(docs("schedules.md")).unwrap().replace("\r\n", "\n");
    checked_in("schedules.md", &with_tables(&text));
}

#[test]
fn the_reference_lists_every_variable_of_the_old_script() {
    let text = std::fs::read_to_string(docs("schedules.md")).unwrap();
    for (name, key) in crate::init::VARIABLES {
        let row = text.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let column = key.split_once(' ').map_or(key, |(_, key)| key);
        assert!(row.is_some_and(|row| row.contains(column.split(" =").next().unwrap())), "{name}: {key}");
    }
}

/// Replaces what stands between `<!-- keys: TITLE -->` and `<!-- end -->` by the table of that section.
fn with_tables(text: &str) -> String {
    let (mut result, mut rest) = (String::new(), text);
    for shape in all().into_iter().skip(1) {
        let start = format!("<!-- keys: {} -->\n", shape.title);
        let (before, after) = rest.split_once(&start).unwrap_or_else(|| panic!("docs/schedules.md lacks {start}"));
        let (_, after) = after.split_once("<!-- end -->").expect("each table of keys has an end");
        result.push_str(&format!("{before}{start}{}<!-- end -->", reference(shape)));
        rest = after;
    }
    result + rest
}

fn reference(shape: &Shape) -> String {
    let mut text = String::from("| key | type | default | meaning | example |\n| --- | --- | --- | --- | --- |\n");
    for key in shape.keys {
        let default = match key.default {
            _ if key.required => "required".to_owned(),
            Some(default) if default.starts_with(|first: char| first == '"' || first.is_ascii_digit()) => {
                format!("`{default}`")
            }
            Some(default) => default.to_owned(),
            None => "–".to_owned(),
        };
        let label = label(&key.kind);
        writeln!(text, "| `{}` | {label} | {default} | {} | `{} = {}` |", key.name, key.doc, key.name, key.example)
            .unwrap();
    }
    text
}

/// Names the type in a column of the reference.
fn label(kind: &Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Choice(words) => words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", "),
        Kind::Whole(0, u64::MAX) => "whole number".to_owned(),
        Kind::Whole(least, u64::MAX) => format!("whole number from {least}"),
        Kind::Whole(least, most) => format!("whole number, {least} to {most}"),
        Kind::Number => "number".to_owned(),
        Kind::Flag => "true or false".to_owned(),
        Kind::Duration => "duration".to_owned(),
        Kind::Size => "size".to_owned(),
        Kind::Secret => "secret".to_owned(),
        Kind::Texts => "list of texts".to_owned(),
        Kind::Table(shape) => format!("table, see {}", shape.title),
        Kind::TextOr(_) => "text or table".to_owned(),
        Kind::Named(_) => "tables by name".to_owned(),
        Kind::List(_) => "list of tables".to_owned(),
        Kind::Free => "table".to_owned(),
    }
}

/// Returns a kind of chat that has a key.
fn kind_of(key: &str) -> &'static str {
    match key {
        "chat" => "telegram",
        "address" => "discord-webhook",
        "url" | "secret" => "webhook",
        "file" => "file",
        _ => "discord",
    }
}

/// A file in which every section stands once, with the key in question written as `value`.
fn with_key(shape: &Shape, name: &str, value: &str) -> String {
    let line = format!("{name} = {value}\n");
    let keep = |key: &str, standard: &str| if key == name { String::new() } else { format!("{standard}\n") };
    match shape.title {
        "[host]" | "[campus]" => format!("{}\n{line}", shape.title),
        "host.store" => format!("[host.store]\n{}{line}", keep("url", "url = \"sqlite:x.db\"")),
        "[sites.NAME]" => format!("[sites.x]\n{}{line}", keep("url", "url = \"https://moodle.example\"")),
        "[databases.NAME]" => format!("[databases.x]\n{}{line}", keep("url", "url = \"mysql://u@h/d\"")),
        "[sheets.NAME]" if name == "file" => format!("[sheets.x]\nkind = \"csv\"\n{line}"),
        "[sheets.NAME]" => format!("[sheets.x]\n{}{line}", keep("kind", "kind = \"google\"")),
        "[chats.NAME]" => format!("[chats.x]\n{}{line}", keep("kind", &format!("kind = {:?}", kind_of(name)))),
        "[plugins.NAME]" if name == "file" => format!("[plugins.x]\n{line}"),
        "[plugins.NAME]" => format!("[plugins.x]\n{}{line}", keep("builtin", "builtin = \"online-users\"")),
        "plugins.NAME.grants" => format!("[plugins.x]\nbuiltin = \"online-users\"\n[plugins.x.grants]\n{line}"),
        "plugins.NAME.limits" => format!("[plugins.x]\nbuiltin = \"online-users\"\n[plugins.x.limits]\n{line}"),
        "[[schedule]]" => format!("[[schedule]]\n{}{line}", keep("name", "name = \"x\"")),
        "a secret" => format!("[sites.x]\nurl = \"https://moodle.example\"\n[sites.x.token]\n{line}"),
        other => panic!("no example file for {other}"),
    }
}

#[test]
fn the_reader_reads_every_key_of_the_schema() {
    for shape in all().into_iter().skip(1) {
        for key in shape.keys {
            // A date in a list is what no key takes; a reader that never looks at the key would not mind.
            let text = with_key(shape, key.name, "[2026-01-01]");
            let errors = Config::from_source(&Source::from_text("x.toml", text.clone()), &|_| None).unwrap_err();
            let said = errors.problems().iter().any(|problem| {
                problem.key.ends_with(key.name) && !problem.message.contains("unknown key") && problem.place.is_some()
            });
            assert!(said, "{} {}:\n{text}\n{errors}", shape.title, key.name);
        }
    }
}

#[test]
fn the_reader_refuses_every_other_key() {
    for shape in all().into_iter().skip(1) {
        let text = with_key(shape, "no-such-key", "1");
        let errors = Config::from_source(&Source::from_text("x.toml", text), &|_| None).unwrap_err();
        let said = errors.problems().iter().any(|problem| problem.message.contains("unknown key \"no-such-key\""));
        assert!(said, "{}:\n{errors}", shape.title);
    }
}

#[test]
fn every_example_is_taken_for_its_key() {
    for shape in all().into_iter().skip(1) {
        for key in shape.keys {
            let text = with_key(shape, key.name, key.example);
            let env = |_: &str| Some("set".to_owned());
            if let Err(errors) = Config::from_source(&Source::from_text("x.toml", text), &env) {
                // What is said may concern other keys, files that are not there and names that are not configured.
                let said = errors.problems().iter().filter(|problem| problem.key.ends_with(&format!(".{}", key.name)));
                for problem in said {
                    let world = [
                        "does not exist",
                        "unknown plugin",
                        "unknown site",
                        "unknown database",
                        "unknown sheet",
                        "unknown chat",
                    ];
                    let refused = problem.message.contains("has no meaning") || problem.message.contains("has both");
                    assert!(refused || world.iter().any(|word| problem.message.contains(word)), "{problem}");
                }
            }
        }
    }
}

#[test]
fn the_schema_takes_the_shipped_file_and_refuses_a_misspelt_one() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let shipped: Json = toml::from_str(crate::DEFAULT).unwrap();
    let errors: Vec<String> = validator.iter_errors(&shipped).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    for (key, text) in [
        ("a misspelt key", "[host]\ntimzone = \"UTC\"\n"),
        ("a secret in clear", "[sites.x]\nurl = \"https://moodle.example\"\ntoken = \"abc\"\n"),
        ("both rhythm and line", "[[schedule]]\nname = \"x\"\nplugin = \"x\"\nevery = \"1m\"\ncron = \"* * * * *\"\n"),
        ("a bad name", "[sites.\"a b\"]\nurl = \"campus:\"\n"),
    ] {
        assert!(!validator.is_valid(&toml::from_str::<Json>(text).unwrap()), "{key}");
    }
}
