//! Settings that the host knows before the plugin is loaded: it comes with the host, and it is the first one anybody sets up.

use std::collections::{BTreeMap, BTreeSet};

use beadle_plan::Grants;
use serde_json::Value as Json;

use crate::config::Config;
use crate::reader::{Reader, closest};
use crate::sections::{Code, Mode, Plugin, Schedule};

/// The web service functions that list who is online.
const SOURCES: [&str; 2] = ["core_enrol_get_enrolled_users", "core_user_get_users"];

pub(super) fn check(reader: &Reader<'_>, config: &Config) {
    let mut seed_tabs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut said = BTreeSet::new();
    for schedule in &config.schedules {
        let Some(plugin) = config.plugins.get(&schedule.plugin) else { continue };
        if plugin.code != Code::Builtin("online-users".to_owned()) || schedule.mode == Mode::Off {
            continue;
        }
        let text = |key: &str| schedule.settings.get(key).and_then(Json::as_str);
        // Schedules that were split by sites have one place in the file.
        if said.insert(&schedule.base) {
            sources(reader, config, schedule, plugin);
            names(reader, config, schedule, plugin);
        }
        if let (Some("seed"), Some(sheet), Some(site)) = (text("identity"), text("sheet"), &schedule.site) {
            let sites = seed_tabs.entry(sheet).or_default();
            sites.insert(site.as_str());
            if sites.len() == 2 {
                let message = format!(
                    "identity = \"seed\" with several sites on sheet {sheet:?}: account 2 of one site and account 2 of another get \
                     the same pseudonym"
                );
                let path = ["schedule", schedule.base.as_str(), "settings", "identity"];
                reader.add(config.problem(&path, message, Some("write: identity = \"keyed\"".to_owned())));
            }
        }
    }
}

/// Reports a plugin that may ask nobody who is online.
fn sources(reader: &Reader<'_>, config: &Config, schedule: &Schedule, plugin: &Plugin) {
    let Grants { moodle, db, .. } = &plugin.grants;
    if db.is_empty() && !moodle.iter().any(|function| SOURCES.contains(&function.as_str())) {
        let database = config.databases.keys().next();
        let (key, value) = database.map_or(("moodle", SOURCES[0]), |name| ("db", name.as_str()));
        reader.add(config.missing_grant(&schedule.plugin, key, value, "to see who is online"));
    }
}

/// Reports a database or a sheet in the settings that does not exist, or is not granted.
fn names(reader: &Reader<'_>, config: &Config, schedule: &Schedule, plugin: &Plugin) {
    let unknown = |key: &str, name: &str, names: Vec<&str>| {
        let fix = match closest(name, names.iter().copied()) {
            Some(near) => format!("write: {key} = {near:?}"),
            None => format!("to add it write: [{key}s.{name}]"),
        };
        let path = ["schedule", schedule.base.as_str(), "settings", key];
        let message = format!("unknown {key} {name:?} for schedule[{}].settings.{key}", schedule.base);
        reader.add(config.problem(&path, message, Some(fix)));
    };
    let text = |key: &str| schedule.settings.get(key).and_then(Json::as_str);
    if let Some(name) = text("database") {
        let names: Vec<&str> = config.databases.keys().map(String::as_str).collect();
        if !names.contains(&name) {
            unknown("database", name, names);
        } else if !plugin.grants.db.iter().any(|granted| granted == name) {
            let why = format!("for settings.database of schedule {}", schedule.base);
            reader.add(config.missing_grant(&schedule.plugin, "db", name, &why));
        }
    }
    if let Some(name) = text("sheet") {
        let names: Vec<&str> = config.sheets.keys().map(|name| name.as_str()).collect();
        let wanted = format!("{name}:append");
        if !names.contains(&name) {
            unknown("sheet", name, names);
        } else if !plugin.grants.sheets.contains(&wanted) {
            let why = format!("for settings.sheet of schedule {}", schedule.base);
            reader.add(config.missing_grant(&schedule.plugin, "sheets", &wanted, &why));
        }
    }
}
