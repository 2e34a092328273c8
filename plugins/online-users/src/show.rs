//! The table for the person at the terminal: the only place where names appear.

use beadle_sdk::run;

use crate::rows::{self, UNKNOWN};

/// What becomes of the rows of this poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// They go to the sheet.
    Appended,
    /// They would go to the sheet.
    Dry,
    /// There is no sheet.
    Nowhere,
}

/// Makes the table. `hidden` people are counted and not listed; `new` of those listed have just come.
pub(crate) fn table(table: &rows::Table<'_>, hidden: usize, new: usize, outcome: &Rows) -> run::Table {
    let total = table.people.len() + hidden;
    let mut notes = Vec::new();
    if total == 0 {
        notes.push("No users currently online.".to_owned());
    }
    if hidden > 0 {
        notes.push(format!("{hidden} of them chose not to be shown."));
    }
    notes.extend(match (outcome, new) {
        (Rows::Nowhere, _) => None,
        (_, 0) => Some("No new users to append.".to_owned()),
        (Rows::Appended, new) => Some(format!("{new} new user(s) appended to sheet.")),
        (Rows::Dry, new) => Some(format!("{new} new user(s) would be appended to sheet.")),
    });
    run::Table {
        title: format!("Moodle online users, {}. Total online: {total}", table.snapshot()),
        columns: ["Hash", "Full Name", "Username", "Last Seen", "Address", "Classroom"].map(str::to_owned).to_vec(),
        rows: (0..table.people.len()).map(|index| row(table, index)).collect(),
        notes,
    }
}

fn row(table: &rows::Table<'_>, index: usize) -> Vec<String> {
    let person = &table.people[index];
    let place = table.places.place(index).map_or(UNKNOWN, |place| place.name.as_str());
    vec![
        table.hashes.shown(index).to_owned(),
        person.full_name.clone().unwrap_or_default(),
        person.username.clone().unwrap_or_default(),
        table.last_seen(index),
        person.address.clone().unwrap_or_default(),
        place.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use beadle_sdk::classrooms::Place;
    use beadle_sdk::jiff::tz::TimeZone;

    use super::*;
    use crate::identity::Hashes;
    use crate::places::Places;
    use crate::settings::Identity;
    use crate::source::Person;

    fn shown(people: &[Person], hidden: usize, new: usize, outcome: Rows) -> run::Table {
        let (utc, hashes) = (TimeZone::UTC, Hashes::for_test(people, Identity::Seed));
        let places = Places::for_test(people, |address| {
            Some(match address {
                "10.0.0.2" => Place { name: "behind a proxy".to_owned(), room: false },
                _ => return None,
            })
        });
        let rows = rows::Table { zone: &utc, now: 1_795_198_790, people, hashes: &hashes, places: &places };
        table(&rows, hidden, new, &outcome)
    }

    #[test]
    fn the_table_names_people_and_says_what_became_of_the_rows() {
        let people = [Person {
            id: 2,
            last_access: 1_795_198_721,
            address: Some("10.0.0.2".to_owned()),
            full_name: Some("Ada Quill".to_owned()),
            username: Some("ada".to_owned()),
            hidden: false,
        }];
        let table = shown(&people, 2, 1, Rows::Appended);
        assert_eq!(table.title, "Moodle online users, 2026-11-20 18:19:50. Total online: 3");
        assert_eq!(table.columns, ["Hash", "Full Name", "Username", "Last Seen", "Address", "Classroom"]);
        assert_eq!(table.rows, [["d4735e3a", "Ada Quill", "ada", "18:18:41", "10.0.0.2", "behind a proxy"]]);
        assert_eq!(table.notes, ["2 of them chose not to be shown.", "1 new user(s) appended to sheet."]);
    }

    #[test]
    fn notes_tell_an_empty_school_a_dry_run_and_a_missing_sheet_apart() {
        assert_eq!(shown(&[], 0, 0, Rows::Appended).notes, ["No users currently online.", "No new users to append."]);
        assert_eq!(shown(&[Person::default()], 0, 1, Rows::Dry).notes, ["1 new user(s) would be appended to sheet."]);
        assert!(shown(&[Person::default()], 0, 1, Rows::Nowhere).notes.is_empty());
    }
}
