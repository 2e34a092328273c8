//! What a plugin asks for against what it is granted: pure decisions, with the line that would allow what is missing.

use beadle_plan::{Denial, Grants};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use crate::describe::{Ask, Description};
use crate::schema;

/// Something that keeps a plugin from being used as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A required ask is not granted.
    Missing {
        /// What, and the line that would allow it.
        denial: Denial,
        /// Why the plugin wants it.
        why: String,
    },
    /// A setting does not fit the plugin's schema.
    Setting {
        /// The way to it: `/window`.
        path: String,
        /// What is wrong.
        message: String,
    },
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing { denial, why } => write!(f, "{denial} (it says why: {why})"),
            Self::Setting { path, message } if path.is_empty() => write!(f, "settings: {message}"),
            Self::Setting { path, message } => {
                write!(f, "settings.{}: {message}", path.trim_start_matches('/').replace('/', "."))
            }
        }
    }
}

impl Description {
    /// Returns the required asks that are not granted.
    pub fn missing(&self, plugin: &str, grants: &Grants, mapper: bool) -> Vec<Problem> {
        self.asks
            .iter()
            .filter(|ask| ask.required && !is_granted(ask, grants, mapper))
            .map(|ask| Problem::Missing { denial: denial(plugin, ask, grants), why: ask.why.clone() })
            .collect()
    }

    /// Returns what is wrong with settings, as the plugin's schema has it.
    pub fn wrong_settings(&self, settings: &serde_json::Value) -> Vec<Problem> {
        let Ok(schema) = schema::compile(&self.settings) else {
            return vec![Problem::Setting {
                path: String::new(),
                message: "the plugin's own schema cannot be used".into(),
            }];
        };
        schema
            .iter_errors(settings)
            .map(|error| Problem::Setting { path: error.instance_path().to_string(), message: wrong(&error) })
            .collect()
    }
}

/// Says what is wrong with a setting; of a word that is none of several, all of them.
fn wrong(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Enum { options } => {
            let words: Vec<String> = options.as_array().into_iter().flatten().map(Value::to_string).collect();
            format!("{} is none of {}", error.instance(), words.join(", "))
        }
        ValidationErrorKind::FalseSchema => "it means nothing beside the other settings; take it out".to_owned(),
        _ => error.to_string(),
    }
}

/// Tells whether all of an ask is granted.
pub fn is_granted(ask: &Ask, grants: &Grants, mapper: bool) -> bool {
    match ask.capability.as_str() {
        "moodle" => ask.what.iter().all(|wanted| grants.has("moodle", wanted) || grants.has("moodle-unsafe", wanted)),
        "db" => !grants.db.is_empty(),
        "chat" => !grants.chat.is_empty(),
        "sheets" => ask.what.iter().all(|right| {
            grants.sheets.iter().any(|granted| granted.rsplit_once(':').is_some_and(|(_, has)| has == right))
        }),
        named @ ("http" | "ledger" | "catalog" | "artifacts") => {
            ask.what.iter().all(|wanted| grants.has(named, wanted))
        }
        "classrooms" => mapper,
        // A capability this host does not know cannot be granted.
        _ => false,
    }
}

/// Says which line would allow an ask.
fn denial(plugin: &str, ask: &Ask, grants: &Grants) -> Denial {
    let what = format!("plugin {plugin} needs {}", ask.capability);
    let missing = |wanted: &&String| !grants.lists().iter().any(|(_, granted)| granted.contains(wanted));
    let first = ask.what.iter().find(missing).or(ask.what.first()).map_or("", String::as_str);
    match ask.capability.as_str() {
        "db" => Denial::grant(plugin, what, "db", "NAME OF A DATABASE"),
        "chat" => Denial::grant(plugin, what, "chat", "NAME OF A CHAT"),
        "sheets" => Denial::grant(plugin, what, "sheets", &format!("NAME OF A SHEET:{first}")),
        "classrooms" => {
            Denial { what, allow: Some(format!("under [plugins.{plugin}]: mapper = \"NAME OF A MAPPER\"")) }
        }
        "moodle" | "http" | "ledger" | "catalog" | "artifacts" => {
            Denial::grant(plugin, format!("{what} {}", ask.what.join(", ")), &ask.capability, first)
        }
        other => Denial::never(format!("plugin {plugin} needs {other}, which this host does not offer")),
    }
}

/// Lists what is granted, one line each, as a plugin sees it.
pub fn granted(grants: &Grants, mapper: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, names) in grants.lists() {
        // To a plugin it is a function like others.
        let capability = if key == "moodle-unsafe" { "moodle" } else { key };
        lines.extend(names.iter().map(|name| format!("{capability}:{name}")));
    }
    if mapper {
        lines.push("classrooms".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(capability: &str, what: &[&str]) -> Ask {
        Ask {
            capability: capability.into(),
            what: what.iter().map(ToString::to_string).collect(),
            required: true,
            why: "to know".into(),
        }
    }

    #[test]
    fn wrong_settings_are_told_with_what_would_be_right() {
        let schema = serde_json::json!({
            "properties": { "collect": { "enum": ["courses", "grades", "calendar", "quizzes"] } },
            "if": { "properties": { "collect": { "const": "calendar" } } },
            "else": { "properties": { "source": false } },
        });
        let schema = schema::compile(&schema).expect("a schema");
        let told = |settings| schema.iter_errors(&settings).map(|error| wrong(&error)).collect::<Vec<_>>();
        assert!(told(serde_json::json!({ "collect": "calendar", "source": "ical" })).is_empty());
        assert_eq!(
            told(serde_json::json!({ "collect": "grade", "source": "ical" })),
            [
                r#""grade" is none of "courses", "grades", "calendar", "quizzes""#,
                "it means nothing beside the other settings; take it out"
            ]
        );
    }

    #[test]
    fn an_empty_grant_grants_nothing() {
        for (capability, what) in [
            ("moodle", &["core_user_get_users"][..]),
            ("db", &[]),
            ("http", &["https://a.example"]),
            ("sheets", &["append"]),
            ("chat", &[]),
            ("ledger", &["a:b"]),
            ("catalog", &["observe"]),
            ("artifacts", &["put"]),
            ("classrooms", &[]),
            ("telepathy", &[]),
        ] {
            assert!(!is_granted(&ask(capability, what), &Grants::default(), false), "{capability}");
        }
    }

    #[test]
    fn a_missing_grant_names_the_line() {
        let description = Description {
            name: "poller".into(),
            version: "1.0.0".into(),
            summary: String::new(),
            settings: serde_json::json!({ "type": "object" }),
            asks: vec![ask("sheets", &["append"])],
            collections: vec![],
        };
        let missing = description.missing("online", &Grants::default(), false);
        assert_eq!(
            missing[0].to_string(),
            "plugin online needs sheets; to allow it write under [plugins.online]: \
             grants = { sheets = [\"NAME OF A SHEET:append\"] } (it says why: to know)"
        );
        let grants = Grants { sheets: vec!["presence:append".into()], ..Grants::default() };
        assert!(description.missing("online", &grants, false).is_empty());
    }
}
