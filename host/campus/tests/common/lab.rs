//! The recorded site, from the dump of its tables.

use std::path::Path;
use std::sync::Arc;

use beadle_campus::school::conferences::{Activity, Calendar, Event, Scope};
use beadle_campus::school::{Course, Group, MailDisplay, Profile, Role, School, Session, User};

/// Builds the site as far as its people go.
pub(crate) fn lab(folder: &Path) -> School {
    let members: Vec<i64> = (3..=35).chain([37]).collect();
    let teachers: Vec<i64> = (37..=40).collect();
    let courses = [(2, "PHYS101", "Fundamentals of Physics", members), (3, "HIST200", "Modern History", teachers)];
    site(&dump(folder), courses.into_iter().map(course).collect())
}

/// Builds the site as far as its courses and conferences go: who was in which course matters here, and not who else.
pub(crate) fn lab_with_courses(folder: &Path, calendar: Calendar) -> School {
    let courses = [
        (2, "PHYS101", "Fundamentals of Physics", (3..=35).chain([37]).collect()),
        (
            3,
            "HIST200",
            "<span lang=\"en\">Modern History</span><span lang=\"de\">Neuere Geschichte</span>",
            vec![3, 4, 38],
        ),
        (4, "BIO300", "Biology & \"Life\" <Sciences>", vec![3, 39]),
        (5, "CHEM400", "Organic Chemistry", vec![3, 4, 40]),
    ];
    let group = Group { id: 1, course: 2, name: "Group A".into(), members: vec![3] };
    site(&dump(folder), courses.into_iter().map(course).collect()).with_groups(vec![group]).with_calendar(calendar)
}

/// Reads the conferences and the plain events of the site.
pub(crate) fn lab_calendar(folder: &Path) -> Calendar {
    let dump = dump(folder);
    let events: Vec<Row> = rows(&dump, "mdl_event").collect();
    let is_meeting = |row: &&Row| text(row, "modulename") == "bigbluebuttonbn";
    let activities = rows(&dump, "mdl_bigbluebuttonbn").map(|row| {
        let id = number(&row, "id");
        let event = events.iter().filter(is_meeting).find(|event| number(event, "instance") == id);
        let time = |name| Some(number(&row, name)).filter(|at| *at != 0);
        Activity {
            id,
            // So were its modules numbered.
            cm: id + 16,
            event: event.map_or(0, |event| number(event, "id")),
            intro: text(&row, "intro"),
            opening: time("openingtime"),
            closing: time("closingtime"),
            created: event.map_or(0, |event| number(event, "timemodified")),
            modified: number(&row, "timemodified"),
            wait: number(&row, "wait") == 1,
            ..Activity::new(number(&row, "course"), text(&row, "name"))
        }
    });
    let plain = events.iter().filter(|row| text(row, "modulename").is_empty()).map(|row| Event {
        id: number(row, "id"),
        description: text(row, "description").replace("&nbsp;", "\u{a0}"),
        location: text(row, "location"),
        lasts: number(row, "timeduration"),
        modified: number(row, "timemodified"),
        repeat: Some(number(row, "repeatid")).filter(|id| *id != 0),
        ..Event::new(scope(row), text(row, "name"), number(row, "timestart"))
    });
    Calendar { activities: activities.collect(), events: plain.collect() }
}

fn scope(row: &Row) -> Scope {
    let course = number(row, "courseid");
    match text(row, "eventtype").as_str() {
        "site" => Scope::Site,
        "group" => Scope::Group { course, group: number(row, "groupid") },
        "user" => Scope::User(number(row, "userid")),
        "category" => Scope::Category(number(row, "categoryid")),
        _ => Scope::Course(course),
    }
}

fn dump(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("sql/moodle_lab.sql")).expect("dump")
}

fn course((id, shortname, fullname, members): (i64, &str, &str, Vec<i64>)) -> Course {
    Course { id, shortname: shortname.into(), fullname: fullname.into(), members }
}

fn site(dump: &str, courses: Vec<Course>) -> School {
    let users = rows(dump, "mdl_user").map(|row| user(&row)).collect();
    let sessions = rows(dump, "mdl_sessions").map(|row| session(&row)).collect();
    School::still(users, sessions, courses).named("Lab University")
}

type Row = std::collections::HashMap<String, Option<String>>;

fn rows<'a>(dump: &'a str, table: &str) -> impl Iterator<Item = Row> + 'a {
    let start = format!("INSERT INTO `{table}` (");
    dump.lines().filter_map(move |line| {
        let (names, values) = line.strip_prefix(&start)?.split_once(") VALUES (")?;
        let names = names.split(", ").map(|name| name.trim_matches('`').to_owned());
        Some(names.zip(literals(values.trim_end_matches(");"))).collect())
    })
}

fn literals(text: &str) -> Vec<Option<String>> {
    let (mut found, mut current, mut quoted, mut was_quoted) = (Vec::new(), String::new(), false, false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if quoted => current.extend(characters.next()),
            '\'' if quoted && characters.peek() == Some(&'\'') => current.extend(characters.next()),
            '\'' => (quoted, was_quoted) = (!quoted, true),
            ',' if !quoted => {
                found.push((was_quoted || current != "NULL").then(|| std::mem::take(&mut current)));
                current.clear();
                was_quoted = false;
            }
            _ => current.push(character),
        }
    }
    found.push((was_quoted || current != "NULL").then_some(current));
    found
}

fn text(row: &Row, name: &str) -> String {
    row[name].clone().unwrap_or_default()
}

fn number(row: &Row, name: &str) -> i64 {
    text(row, name).parse().expect("number")
}

fn user(row: &Row) -> User {
    let username = text(row, "username");
    let role = match username.as_str() {
        "guest" => Role::Guest,
        "admin" => Role::Admin,
        name if name.starts_with("teacher") => Role::Teacher,
        name if name.starts_with("ws") => Role::Service,
        _ => Role::Student,
    };
    let profile = Profile {
        email: text(row, "email"),
        idnumber: text(row, "idnumber"),
        institution: text(row, "institution"),
        department: text(row, "department"),
        description: row["description"].clone(),
        city: text(row, "city"),
        country: text(row, "country"),
        timezone: text(row, "timezone"),
        maildisplay: match number(row, "maildisplay") {
            0 => MailDisplay::Hidden,
            1 => MailDisplay::Everyone,
            _ => MailDisplay::Course,
        },
        suspended: number(row, "suspended") == 1,
        confirmed: number(row, "confirmed") == 1,
        deleted: number(row, "deleted") == 1,
        ..Profile::new(number(row, "id"), &username, &text(row, "firstname"), &text(row, "lastname"), role)
    };
    User {
        profile: Arc::new(profile),
        firstaccess: number(row, "firstaccess"),
        lastaccess: number(row, "lastaccess"),
        lastip: text(row, "lastip").into(),
    }
}

fn session(row: &Row) -> Session {
    Session {
        id: number(row, "id"),
        sid: text(row, "sid"),
        userid: number(row, "userid"),
        timecreated: number(row, "timecreated"),
        timemodified: number(row, "timemodified"),
        firstip: text(row, "firstip").into(),
        lastip: text(row, "lastip").into(),
    }
}
