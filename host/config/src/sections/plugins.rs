//! `[plugins.NAME]`: which code, what it is allowed, what it is told.

use std::collections::BTreeMap;
use std::path::PathBuf;

use beadle_plan::{Grants, Limits, PluginName};
use serde_json::{Map, Value as Json};

use super::{grants, limits, named, settings};
use crate::reader::{Item, Section};
use crate::shape::{Key, Kind, Shape};

/// The plugins that come with the host.
pub const BUILTINS: [&str; 4] = ["change-detector", "classroom-mapper", "conference-watcher", "online-users"];

/// A configured plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct Plugin {
    /// Its code.
    pub code: Code,
    /// Its own folder, which it may read.
    pub folder: Option<PathBuf>,
    /// The plugin that turns addresses into rooms for it.
    pub mapper: Option<PluginName>,
    /// What it is allowed.
    pub grants: Grants,
    /// What it is told in every run, unless the schedule says otherwise.
    pub settings: Map<String, Json>,
    /// What one of its runs may use.
    pub limits: Limits,
}

/// A plugin's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// A plugin that comes with the host: one of [`BUILTINS`].
    Builtin(String),
    /// A component in a file.
    File(PathBuf),
}

pub(crate) static PLUGIN: Shape = Shape {
    title: "[plugins.NAME]",
    doc: "A plugin, what it is allowed, and what it is told. What it remembers belongs to this name and the site.",
    keys: &[
        Key::new(
            "builtin",
            Kind::Choice(&BUILTINS),
            "\"online-users\"",
            "A plugin that comes with the host. Either this or `file`.",
        ),
        Key::new(
            "file",
            Kind::Text,
            "\"plugins/lamps.wasm\"",
            "A component, relative to this file's folder. Either this or `builtin`.",
        ),
        Key::new(
            "folder",
            Kind::Text,
            "\"rooms/\"",
            "The plugin's own folder, relative to this file's; it may read it.",
        ),
        Key::new("mapper", Kind::Text, "\"rooms\"", "The plugin that turns addresses into rooms for this one."),
        Key::new("grants", Kind::Table(&grants::GRANTS), "{ db = [\"moodle\"] }", "What the plugin may do.")
            .default("nothing"),
        Key::new(
            "settings",
            Kind::Free,
            "{ window = \"5m\" }",
            "What the plugin is told in every run; a schedule's own `settings` win key by key.",
        ),
        Key::new("limits", Kind::Table(&limits::LIMITS), "{ memory = \"128MiB\" }", "What one run may use."),
    ],
    one_of: &["builtin", "file"],
    elsewhere: &[],
};

pub(crate) fn read(item: &Item<'_>) -> BTreeMap<PluginName, Plugin> {
    named(item, &PLUGIN)
        .into_iter()
        .filter_map(|(name, section)| Some((name.into(), plugin(name, &section)?)))
        .collect()
}

fn plugin(name: &str, section: &Section<'_>) -> Option<Plugin> {
    let code = section.exactly_one().and_then(|which| code(&section.item(which)?));
    let plugin = Plugin {
        code: code.clone().unwrap_or_else(|| Code::Builtin(String::new())),
        folder: section.item("folder").and_then(|item| existing(&item, true)),
        mapper: section.item("mapper").and_then(|item| mapper(name, &item)),
        grants: section
            .item("grants")
            .and_then(|item| item.table(&grants::GRANTS))
            .map(|section| grants::read(&section))
            .unwrap_or_default(),
        settings: section.item("settings").and_then(|item| settings::read(&item)).unwrap_or_default(),
        limits: section
            .item("limits")
            .and_then(|item| item.table(&limits::LIMITS))
            .map(|section| limits::read(&section))
            .unwrap_or_default(),
    };
    code.map(|_| plugin)
}

fn code(item: &Item<'_>) -> Option<Code> {
    if item.spec.name == "file" {
        return existing(item, false).map(Code::File);
    }
    let words = BUILTINS.map(|name| (name, name));
    let text = item.text()?;
    if !BUILTINS.contains(&text) && text.ends_with(".wasm") {
        let fix = format!("write: file = {}", crate::values::quoted(text));
        item.error(format!("{text:?} is a file, not a plugin that comes with the host"), fix);
        return None;
    }
    item.choice(&words).map(|name| Code::Builtin(name.to_owned()))
}

/// Reads the path of something that must be there.
fn existing(item: &Item<'_>, folder: bool) -> Option<PathBuf> {
    let path = item.reader.path(item.text()?);
    let (what, there) = if folder { ("folder", path.is_dir()) } else { ("file", path.is_file()) };
    if there {
        return Some(path);
    }
    let problem = if path.exists() { format!("is no {what}") } else { "does not exist".to_owned() };
    let fix = match folder {
        true => format!("run: mkdir {}\nor remove the line", path.display()),
        false => "correct the path; it is relative to this file's folder".to_owned(),
    };
    item.error(format!("the {what} {} for {} {problem}", path.display(), item.path), fix);
    None
}

fn mapper(name: &str, item: &Item<'_>) -> Option<PluginName> {
    let mapper = item.known("plugin", &item.reader.names.plugins, "plugins")?;
    if mapper == name {
        item.error(format!("{} names the plugin itself", item.path), item.write_example());
        return None;
    }
    Some(mapper.into())
}
