//! Where each key stands in the file, so that others can point at lines: the check of settings against a plugin's own schema, a
//! grant that a plugin turns out to need.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use beadle_plan::PluginName;
use toml::de::{DeTable, DeValue};

use crate::config::Config;
use crate::problem::{Problem, Severity, write_line};
use crate::reader::Value;
use crate::sections::write_grants;
use crate::source::{Location, Source};
use crate::values::quoted;

/// The places of all keys, by path. Where something stands is no part of what is said, so all of them are equal.
#[derive(Clone)]
pub(crate) struct Places {
    source: Arc<Source>,
    spans: Arc<BTreeMap<Vec<String>, Range<usize>>>,
}

impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Places({})", self.spans.len())
    }
}

impl Places {
    pub(crate) fn of(source: &Source, root: &DeTable<'_>) -> Self {
        let mut spans = BTreeMap::new();
        for (key, value) in root {
            walk(vec![key.get_ref().to_string()], value, &mut spans);
        }
        Self { source: source.clone().into(), spans: spans.into() }
    }
}

fn walk(path: Vec<String>, value: &Value<'_>, spans: &mut BTreeMap<Vec<String>, Range<usize>>) {
    let below = |name: &str| {
        let mut path = path.clone();
        path.push(name.to_owned());
        path
    };
    match value.get_ref() {
        DeValue::Table(table) => {
            for (key, value) in table {
                walk(below(key.get_ref()), value, spans);
            }
        }
        DeValue::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                // Schedules go by name, other lists by number.
                let name = value.get_ref().get("name").and_then(|name| name.get_ref().as_str());
                match name.filter(|_| path == ["schedule"]) {
                    Some(name) => walk(below(name), value, spans),
                    None => walk(below(&index.to_string()), value, spans),
                }
            }
        }
        _ => {}
    }
    spans.entry(path).or_insert_with(|| value.span());
}

impl Config {
    /// Returns the place of a key: `["schedule", "online", "settings", "window"]`, `["plugins", "online", "grants"]`.
    ///
    /// Schedules go by name, with or without `@site`. A setting that the schedule does not have is looked for in its plugin's.
    pub fn locate(&self, path: &[&str]) -> Option<Location> {
        let Places { source, spans } = &self.places;
        let find = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|&part| part.to_owned()).collect();
            spans.get(&path).map(|span| source.location(span.clone()))
        };
        if let Some(found) = find(path) {
            return Some(found);
        }
        let ["schedule", name, rest @ ..] = path else { return None };
        let schedule =
            self.schedules.iter().find(|schedule| schedule.name.as_str() == *name || schedule.base == *name)?;
        let with = |head: &[&str]| find(&head.iter().chain(rest).copied().collect::<Vec<_>>());
        with(&["schedule", &schedule.base]).or_else(|| match rest {
            ["settings", ..] => with(&["plugins", schedule.plugin.as_str()]),
            _ => None,
        })
    }

    /// Returns the place of a key, or of the nearest table around it that stands in the file.
    pub fn locate_nearest(&self, path: &[&str]) -> Option<Location> {
        (1..=path.len()).rev().find_map(|length| self.locate(&path[..length]))
    }

    /// Makes an error about a key, for checks that happen elsewhere, in the form that this crate's own have.
    pub fn problem(&self, path: &[&str], message: impl Into<String>, fix: Option<String>) -> Problem {
        let key = match path {
            ["schedule", name, rest @ ..] => std::iter::once(format!("schedule[{name}]"))
                .chain(rest.iter().map(|part| (*part).to_owned()))
                .collect::<Vec<_>>(),
            _ => path.iter().map(|part| (*part).to_owned()).collect(),
        };
        Problem {
            severity: Severity::Error,
            file: self.places.source.name(),
            place: self.locate_nearest(path),
            key: key.join("."),
            message: self.places.source.without_secrets(&message.into()),
            fix,
        }
    }

    /// Makes the error about a grant that a plugin needs and does not have, with the whole line that would allow it.
    ///
    /// `key` and `value` are those of the line: `sheets` and `presence:append`.
    pub fn missing_grant(&self, plugin: &PluginName, key: &str, value: &str, why: &str) -> Problem {
        let mut grants = self.plugins.get(plugin).map(|plugin| plugin.grants.clone()).unwrap_or_default();
        let list = match grants.list_mut(key) {
            Some(granted) => {
                granted.push(value.to_owned());
                granted.clone()
            }
            None => vec![value.to_owned()],
        };
        let line =
            write_line(key, &format!("[{}]", list.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", ")));
        let under_header = self
            .locate(&["plugins", plugin.as_str(), "grants"])
            .is_some_and(|place| place.text.trim_start().starts_with('['));
        let fix = match under_header {
            true => format!("under [plugins.{plugin}.grants] {line}"),
            false => format!("under [plugins.{plugin}] write: {}", write_grants(&grants)),
        };
        let message = format!("missing grant: plugin {plugin} needs {key} = [{value:?}] {why}");
        self.problem(&["plugins", plugin.as_str(), "grants"], message.trim_end(), Some(fix))
    }
}
