//! What the tests share: recorded answers, the recorded site's people, and a client.

#![allow(dead_code, reason = "every test binary uses another part of it, so that no expectation holds in all of them")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use beadle_campus::school::{Clock, Course, MailDisplay, Profile, Role, School, Session, User};
use beadle_campus::{Campus, Options};
use serde_json::Value;

/// The instant at which the recordings of the people were made, epoch seconds.
pub(crate) const RECORDED: i64 = 1_795_198_790;

/// Returns a folder of recorded answers; says why and returns nothing where there is none.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
pub(crate) fn fixtures(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BEADLE_FIXTURES").map(PathBuf::from).or_else(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().find(|folder| folder.join("rust-toolchain.toml").is_file())?;
        Some(root.parent()?.join("shared/fixtures"))
    });
    let folder = root.map(|root| root.join(name)).filter(|folder| folder.is_dir());
    if folder.is_none() {
        assert!(
            std::env::var("BEADLE_REQUIRE_FIXTURES").as_deref() != Ok("1"),
            "no recorded answers in ../shared/fixtures/{name}, and BEADLE_REQUIRE_FIXTURES is set"
        );
        eprintln!("skipped: no recorded answers in ../shared/fixtures/{name}");
    }
    folder
}

/// Reads one recording.
pub(crate) fn recording(folder: &Path, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("recording");
    serde_json::from_str(&text).expect("recording is JSON")
}

/// A clock that stands until it is moved.
#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Hand {
    pub(crate) fn at(ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(ms)))
    }

    pub(crate) fn clock(&self) -> Clock {
        let hand = self.0.clone();
        Arc::new(move || hand.load(Ordering::SeqCst))
    }

    pub(crate) fn set(&self, ms: i64) {
        self.0.store(ms, Ordering::SeqCst);
    }
}

/// Starts a campus of a school on a standing clock.
pub(crate) async fn campus(school: School, hand: &Hand) -> Campus {
    Campus::start(Options::of(school).on(hand.clock())).await.expect("campus")
}

/// A client that follows no redirects and keeps no connections, so that a fault on one request cannot reach the next.
pub(crate) fn client() -> reqwest::Client {
    // Another test of this process may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .expect("client")
}

/// Calls a function and returns the JSON of the answer.
pub(crate) async fn call(url: &str, token: &str, function: &str, params: &[(&str, &str)]) -> Value {
    let mut form = vec![("wstoken", token), ("wsfunction", function), ("moodlewsrestformat", "json")];
    form.extend_from_slice(params);
    let answer = client().post(format!("{url}/webservice/rest/server.php")).form(&form).send().await.expect("answer");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("JSON")
}

/// Builds the recorded site from the dump of its tables.
pub(crate) fn lab(folder: &Path) -> School {
    let dump = std::fs::read_to_string(folder.join("sql/moodle_lab.sql")).expect("dump");
    let users = rows(&dump, "mdl_user").map(|row| user(&row)).collect();
    let sessions = rows(&dump, "mdl_sessions").map(|row| session(&row)).collect();
    let members: Vec<i64> = (3..=35).chain([37]).collect();
    let teachers: Vec<i64> = (37..=40).collect();
    let courses = vec![
        Course { id: 2, fullname: "Fundamentals of Physics".into(), members },
        Course { id: 3, fullname: "Modern History".into(), members: teachers },
    ];
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
