//! The same rows as iCalendar, as the page writes them: one line for each property, folded as no other program folds.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::super::super::text;
use super::super::Caller;
use super::{Row, Sight, all_rows};
use crate::school::conferences::Scope;

/// Where a line is folded, in characters.
const FOLD: usize = 75;

/// Which rows are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::moodle) enum What {
    All,
    User,
    Groups,
    Courses,
    Categories,
}

impl What {
    /// Reads `preset_what`.
    pub(in crate::moodle) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "all" => Self::All,
            "user" => Self::User,
            "groups" => Self::Groups,
            "courses" => Self::Courses,
            "categories" => Self::Categories,
            _ => return None,
        })
    }

    fn takes(self, row: &Row<'_>, caller: &Caller<'_>) -> bool {
        let enrolled = |course: i64| caller.my_courses().iter().any(|own| own.id == course);
        match row.scope {
            Scope::Site => self == Self::All,
            Scope::Course(course) => matches!(self, Self::All | Self::Courses) && enrolled(course),
            Scope::Group { group, .. } => {
                matches!(self, Self::All | Self::Groups) && caller.groups_of(caller.me.id).any(|own| own.id == group)
            }
            Scope::User(user) => matches!(self, Self::All | Self::User | Self::Categories) && user == caller.me.id,
            Scope::Category(_) => matches!(self, Self::All | Self::Categories),
        }
    }
}

/// Writes the calendar of the caller from `from` to `until`, in seconds since 1970-01-01 UTC.
pub(in crate::moodle) fn export(caller: &Caller<'_>, what: What, from: i64, until: i64) -> String {
    let (calendar, book) = (caller.moodle.calendar(), caller.moodle.book());
    let rows = all_rows(caller, &calendar, &book);
    let wanted = rows.iter().filter(|row| {
        let inside = row.begins <= until && (row.begins >= from || row.begins + row.lasts > from);
        inside && row.visible && row.sight(caller) == Sight::Seen && what.takes(row, caller)
    });
    let mut calendar = String::from("BEGIN:VCALENDAR\r\n");
    line(&mut calendar, "METHOD", "PUBLISH");
    line(&mut calendar, "PRODID", "-//Moodle Pty Ltd//NONSGML Moodle Version 2025041406.11//EN");
    line(&mut calendar, "VERSION", "2.0");
    for row in wanted {
        event(&mut calendar, caller, row);
    }
    calendar.push_str("END:VCALENDAR\r\n");
    calendar
}

fn event(calendar: &mut String, caller: &Caller<'_>, row: &Row<'_>) {
    let url = caller.moodle.url();
    let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or(host);
    calendar.push_str("BEGIN:VEVENT\r\n");
    line(calendar, "UID", &format!("{}@{host}", row.id));
    // Unlike the web service this runs the language filter.
    line(calendar, "SUMMARY", &escaped(&text::shown(&text::in_english(&row.name))));
    line(calendar, "DESCRIPTION", &escaped(&text::plain(&row.description)));
    line(calendar, "CLASS", "PUBLIC");
    line(calendar, "LAST-MODIFIED", &instant(row.modified));
    if !row.location.is_empty() {
        line(calendar, "LOCATION", &escaped(row.location));
    }
    line(calendar, "DTSTAMP", &instant(caller.moodle.now()));
    line(calendar, "DTSTART", &instant(row.begins));
    line(calendar, "DTEND", &instant(row.begins + row.lasts));
    let course = match row.scope {
        Scope::Site => Some("Site events".to_owned()),
        _ => caller.course(row.course()).map(|course| text::shown(&course.shortname)),
    };
    if let Some(course) = course {
        line(calendar, "CATEGORIES", &escaped(&course));
    }
    calendar.push_str("END:VEVENT\r\n");
}

fn instant(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap_or_default().strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace(';', "\\;").replace(',', "\\,")
}

/// Appends a line. A long one is cut into pieces, and each of them, the last one too, is followed by a line break and a tab.
fn line(calendar: &mut String, name: &str, value: &str) {
    let characters: Vec<char> = format!("{name}:{value}").chars().collect();
    if characters.len() <= FOLD {
        calendar.extend(characters);
    } else {
        for piece in characters.chunks(FOLD) {
            let _ = write!(calendar, "{}\r\n\t", piece.iter().collect::<String>());
        }
    }
    calendar.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_and_end_in_an_empty_piece() {
        let mut calendar = String::new();
        line(&mut calendar, "A", &"b".repeat(73));
        assert_eq!(calendar, format!("A:{}\r\n", "b".repeat(73)));
        calendar.clear();
        line(&mut calendar, "A", &"b".repeat(75));
        assert_eq!(calendar, format!("A:{}\r\n\tbb\r\n\t\r\n", "b".repeat(73)));
        assert_eq!(escaped("Q&amp;A, a\\b\n"), "Q&amp\\;A\\, a\\\\b\\n");
    }
}
