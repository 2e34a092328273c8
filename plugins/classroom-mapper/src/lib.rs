//! classroom-mapper: turns network addresses into rooms.
//!
//! By a table of networks, ranges and exact addresses, the narrowest that holds an address deciding; or by the rule that the last
//! part of an address is the room's number. An address that says nothing is labelled as what it is, and one that cannot be known
//! stays unknown: a room that is guessed would stand in a sheet for good.

mod address;
mod last_segment;
mod rooms;
mod settings;
mod span;
mod table;

use beadle_sdk::classrooms::Place;
use beadle_sdk::{Description, Error, Mapper, Plugin, files, warn};

use address::Address;
use rooms::Entry;
use settings::{Rule, Settings};
use table::Table;

/// The mapper, loaded.
struct ClassroomMapper {
    table: Table,
    /// The label of the last-segment rule, where it is on; `{}` stands for the segment.
    label: Option<String>,
}

impl Plugin for ClassroomMapper {
    fn describe() -> Description {
        Description::new("classroom-mapper", env!("CARGO_PKG_VERSION"), "Turns network addresses into rooms.")
            .settings(include_str!("settings.json"))
    }

    /// A table that does not read is refused when the folder is edited, not in the middle of a poll.
    fn check() -> Result<(), Error> {
        Table::new(files_entries()?).map(drop)
    }
}

impl Mapper for ClassroomMapper {
    type Settings = Settings;

    fn load(settings: Settings) -> Result<Self, Error> {
        let entries = files_entries()?;
        let mapper = Self::new(settings, entries)?;
        if mapper.table.is_empty() && mapper.label.is_none() {
            warn!(
                "no rooms are known, so every address is unknown; put rooms.csv or rooms.toml into the plugin's folder"
            );
        }
        Ok(mapper)
    }

    fn locate(&self, addresses: &[String]) -> Vec<Option<Place>> {
        addresses.iter().map(|address| self.place(address)).collect()
    }
}

impl ClassroomMapper {
    fn new(settings: Settings, mut entries: Vec<Entry>) -> Result<Self, Error> {
        entries.extend(settings.entries()?);
        let label = match settings.rule {
            Rule::Table => None,
            Rule::LastSegment => Some(settings.label),
        };
        Ok(Self { table: Table::new(entries)?, label })
    }

    /// Returns what an address stands for. The table decides; what it does not know goes to the rule, where one is on.
    fn place(&self, text: &str) -> Option<Place> {
        let text = text.trim();
        let found = match Address::read(text) {
            Address::Missing => return Some(Place { name: "no address".to_owned(), room: false }),
            Address::V4(address) => self.table.v4(address),
            Address::V6(address) => self.table.v6(address),
            Address::Lossy(readings) => readings.agree(|address| self.table.v4(address)),
            Address::Unreadable => None,
        };
        found.cloned().or_else(|| {
            let segment = last_segment::segment(text)?;
            Some(Place { name: self.label.as_ref()?.replace("{}", segment), room: true })
        })
    }
}

/// Reads the tables in the plugin's folder.
fn files_entries() -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    for file in files::list()? {
        match file.path.as_str() {
            "rooms.csv" => entries.extend(rooms::csv(&file.path, &files::text(&file.path)?)?),
            "rooms.toml" => entries.extend(rooms::toml(&file.path, &files::text(&file.path)?)?),
            _ => {}
        }
    }
    Ok(entries)
}

beadle_sdk::mapper!(ClassroomMapper);

#[cfg(test)]
mod tests;
