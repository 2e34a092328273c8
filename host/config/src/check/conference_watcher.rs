//! The conference watcher's channel: an unknown one would show only when the first conference is to be announced.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::config::Config;
use crate::reader::{Reader, closest};
use crate::sections::{Code, Mode};
use crate::values::is_name;

/// Reports a channel in the settings that does not exist, or is not granted.
pub(super) fn check(reader: &Reader<'_>, config: &Config) {
    let mut said = BTreeSet::new();
    for schedule in config.schedules.iter().filter(|schedule| schedule.mode != Mode::Off) {
        let Some(plugin) = config.plugins.get(&schedule.plugin) else { continue };
        let Some(channel) = schedule.settings.get("channel").and_then(Json::as_str) else { continue };
        if plugin.code != Code::Builtin("conference-watcher".to_owned()) || !said.insert(&schedule.base) {
            continue;
        }
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
