//! Rows for the sheet, in the four columns that older monitors wrote.

use beadle_sdk::jiff::tz::TimeZone;
use beadle_sdk::sheets::Take;
use beadle_sdk::time::{civil, clock, stamp};

use crate::identity::Hashes;
use crate::places::Places;
use crate::settings::Once;
use crate::source::Person;

/// The header.
pub(crate) const COLUMNS: [&str; 4] = ["Hashed ID", "Last Seen", "Classroom", "Snapshot Time"];

/// What stands in a row for a room that is not known, and for a label that is none.
pub(crate) const UNKNOWN: &str = "Unknown";

/// Returns the columns that make a row's key, so that a person gets a row as often as the operator wants.
pub(crate) fn key(once: Once) -> &'static [(&'static str, Take)] {
    match once {
        Once::Session => &[(COLUMNS[0], Take::Whole), (COLUMNS[3], Take::Whole)],
        Once::Day => &[(COLUMNS[0], Take::Whole), (COLUMNS[3], Take::Date)],
        Once::Ever => &[(COLUMNS[0], Take::Whole)],
    }
}

/// What rows are made of.
pub(crate) struct Table<'a> {
    pub(crate) zone: &'a TimeZone,
    /// The poll's instant, in seconds since 1970-01-01 UTC.
    pub(crate) now: i64,
    pub(crate) people: &'a [Person],
    pub(crate) hashes: &'a Hashes,
    pub(crate) places: &'a Places,
}

impl Table<'_> {
    /// Returns the row of a person.
    pub(crate) fn row(&self, index: usize) -> Vec<String> {
        vec![
            self.hashes.shown(index).to_owned(),
            self.last_seen(index),
            self.places.room(index).unwrap_or(UNKNOWN).to_owned(),
            self.snapshot(),
        ]
    }

    /// Returns when a person last did something, as a time of day in the schedule's zone.
    pub(crate) fn last_seen(&self, index: usize) -> String {
        clock(civil(self.people[index].last_access, self.zone))
    }

    /// Returns the poll's date and time in the schedule's zone.
    pub(crate) fn snapshot(&self) -> String {
        stamp(civil(self.now, self.zone))
    }
}

#[cfg(test)]
mod tests {
    use beadle_sdk::classrooms::Place;
    use beadle_sdk::time::zone;

    use super::*;
    use crate::last_segment;
    use crate::settings::Identity;

    fn person(address: &str) -> Person {
        Person { id: 42, last_access: 1_795_198_712, address: Some(address.to_owned()), ..Person::default() }
    }

    fn row(address: &str, identity: Identity) -> Vec<String> {
        let people = [person(address)];
        let berlin = zone("Europe/Berlin").expect("a known zone");
        let hashes = Hashes::for_test(&people, identity);
        let places = Places::for_test(&people, |address| {
            let segment = last_segment::segment(address)?;
            Some(Place { name: format!("Classroom {segment}"), room: true })
        });
        Table { zone: &berlin, now: 1_795_198_790, people: &people, hashes: &hashes, places: &places }.row(0)
    }

    #[test]
    fn a_row_is_the_one_of_older_monitors_column_by_column() {
        assert_eq!(COLUMNS, ["Hashed ID", "Last Seen", "Classroom", "Snapshot Time"]);
        let seed = ["73475cb4", "19:18:32", "Classroom 45", "2026-11-20 19:19:50"];
        assert_eq!(row("192.168.1.45", Identity::Seed), seed);
        assert_eq!(row("192.168.1.45", Identity::Keyed)[0], "000000000000002a");
    }

    #[test]
    fn the_room_follows_the_last_segment_and_what_says_nothing_is_unknown() {
        for (address, room) in [
            ("192.168.1.45", "Classroom 45"),
            ("::ffff:192.168.1.45", "Classroom 192.168.1.45"),
            ("::ffff:c0a8:012d", "Classroom 012d"),
            ("2001:db8::1", "Classroom 1"),
            ("::1", "Classroom 1"),
            ("10.0.0.1", "Classroom 1"),
            ("2001:db8::", UNKNOWN),
            ("", UNKNOWN),
            ("N/A", UNKNOWN),
            ("fe80::1%eth0", UNKNOWN),
            ("192.168.1.45:8080", UNKNOWN),
            ("10.0.0.5, 192.168.1.9", UNKNOWN),
            ("192.168.1.", UNKNOWN),
        ] {
            assert_eq!(row(address, Identity::Seed)[2], room, "{address:?}");
        }
    }

    #[test]
    fn a_label_is_not_written_as_a_room() {
        let people = [person("10.0.0.2")];
        let (utc, hashes) = (TimeZone::UTC, Hashes::for_test(&people, Identity::Keyed));
        let places = Places::for_test(&people, |_| Some(Place { name: "behind a proxy".to_owned(), room: false }));
        let table = Table { zone: &utc, now: 0, people: &people, hashes: &hashes, places: &places };
        assert_eq!(table.row(0)[2], UNKNOWN);
    }

    #[test]
    fn the_key_is_as_wide_as_once_says() {
        assert_eq!(key(Once::Session), [("Hashed ID", Take::Whole), ("Snapshot Time", Take::Whole)]);
        assert_eq!(key(Once::Day), [("Hashed ID", Take::Whole), ("Snapshot Time", Take::Date)]);
        assert_eq!(key(Once::Ever), [("Hashed ID", Take::Whole)]);
    }
}
