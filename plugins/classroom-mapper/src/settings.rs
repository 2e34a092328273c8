//! The operator's settings; `settings.json` is their schema.

use beadle_sdk::Error;
use serde::Deserialize;

use crate::rooms::{Entry, Row};
use crate::span::Span;

/// How an address becomes a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rule {
    /// By the table alone.
    #[default]
    Table,
    /// By the last part of the address, where the table knows nothing.
    LastSegment,
}

/// The settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) rule: Rule,
    pub(crate) label: String,
    rooms: Vec<Row>,
    proxies: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { rule: Rule::Table, label: "Classroom {}".to_owned(), rooms: Vec::new(), proxies: Vec::new() }
    }
}

impl Settings {
    /// Returns what the settings add to the table.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>, Error> {
        let rooms = self.rooms.iter().enumerate().map(|(index, row)| row.entry(format!("settings.rooms[{index}]")));
        let proxies = self.proxies.iter().enumerate().map(|(index, text)| {
            let origin = format!("settings.proxies[{index}]");
            let span = Span::any(text).map_err(|problem| Error::Invalid(format!("{origin}: {problem}")))?;
            Ok(Entry { span, name: "behind a proxy".to_owned(), room: false, origin })
        });
        rooms.chain(proxies).collect()
    }
}
