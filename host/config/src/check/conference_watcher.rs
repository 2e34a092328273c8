//! The conference watcher: an unknown channel would show only when the first conference is to be announced, and two schedules that share
//! what the plugin remembers of a site only when each takes back the other's messages.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::config::Config;
use crate::reader::{Reader, closest};
use crate::sections::{Code, Mode, Plugin, Schedule};
use crate::values::is_name;

/// Reports what does not fit.
pub(super) fn check(reader: &Reader<'_>, config: &Config) {
    let mut said = BTreeSet::new();
    let mut live = BTreeMap::new();
    for schedule in config.schedules.iter().filter(|schedule| schedule.mode != Mode::Off) {
        let Some(plugin) = config.plugins.get(&schedule.plugin) else { continue };
        if plugin.code != Code::Builtin("conference-watcher".to_owned()) {
            continue;
        }
        if schedule.mode == Mode::Live
            && let Some(first) = live.insert((&schedule.plugin, &schedule.site), &schedule.base)
        {
            let path = ["schedule", schedule.base.as_str(), "plugin"];
            let site = schedule.site.as_ref().map_or(String::new(), |site| format!(" for site {:?}", site.as_str()));
            let message = format!(
                "schedule[{}] and schedule[{first}] both run plugin {:?}{site}: each would take back the other's messages",
                schedule.base,
                schedule.plugin.as_str(),
            );
            let fix = format!("write a second section like [plugins.{}], and its name here", schedule.plugin);
            reader.add(config.problem(&path, message, Some(fix)));
        }
        // Schedules that were split by sites have one place in the file.
        if said.insert(&schedule.base) {
            channel(reader, config, schedule, plugin);
        }
    }
}

/// Reports a channel in the settings that does not exist, or is not granted.
fn channel(reader: &Reader<'_>, config: &Config, schedule: &Schedule, plugin: &Plugin) {
    if let Some(channel) = schedule.settings.get("channel").and_then(Json::as_str) {
        if !config.chats.contains_key(&channel.into()) {
            let fix = match closest(channel, config.chats.keys().map(|name| name.as_str())) {
                Some(near) => format!("write: channel = {near:?}"),
                None if is_name(channel) => format!("to add it write: [chats.{channel}]"),
                None => "write the name of a section [chats.NAME]".to_owned(),
            };
            let path = ["schedule", schedule.base.as_str(), "settings", "channel"];
            let message = format!("unknown chat {channel:?} for schedule[{}].settings.channel", schedule.base);
            reader.add(config.problem(&path, message, Some(fix)));
        } else if !plugin.grants.chat.iter().any(|granted| granted == channel) {
            let why = format!("for settings.channel of schedule {}", schedule.base);
            reader.add(config.missing_grant(&schedule.plugin, "chat", channel, &why));
        }
    }
}
