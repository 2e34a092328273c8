//! change-detector: what changed in the courses.
//!
//! It reads and tells what it sighted; what changed is the host's to find out. The answer is wrong in quiet ways if care is not taken: a
//! course that could not be read told as emptied, an icon's address told as new content, a label in another language told as another
//! date. So what cannot be read stays as it was, dates go by their ids, and only what people read and have to meet is compared.

mod collect;
mod dates;
mod item;
mod lenient;
mod memory;
mod settings;
mod summary;
mod teller;

use std::collections::BTreeMap;

use beadle_sdk::catalog::{self, Item, Query};
use beadle_sdk::jiff::Timestamp;
use beadle_sdk::jiff::tz::TimeZone;
use beadle_sdk::{Collector, Description, Error, Plugin, Summary, moodle, run, time, warn};

use collect::{Course, Wanted, look};
use dates::Reader;
use memory::{MOST, Memory};
use settings::{CalendarSource, Collect, Settings};
use teller::Teller;

/// The plugin.
struct ChangeDetector;

/// How far back updates are asked for the first time, in seconds.
const FIRST_SINCE: i64 = 3 * 86_400;

impl Plugin for ChangeDetector {
    fn describe() -> Description {
        Description::new(
            "change-detector",
            env!("CARGO_PKG_VERSION"),
            "Tells what changed in the account's courses: deadlines, contents, announcements, grades, events.",
        )
        .settings(include_str!("settings.json"))
        .requires("catalog", &["observe", "read"], "to remember what it saw, and to know the courses that it found")
        .may_use(
            "moodle",
            &[collect::SITE, collect::OWN_COURSES],
            "to know the account and its courses; needed to collect courses",
        )
        .may_use(
            "moodle",
            &[collect::CONTENTS],
            "to read the sections and modules of each course; needed to collect contents",
        )
        .may_use(
            "moodle",
            &[collect::ASSIGNMENTS],
            "to read assignments with their dates; needed to collect assignments",
        )
        .may_use(
            "moodle",
            &[collect::UPDATES],
            "to learn in which courses something changed; needed to collect updates, beside the contents",
        )
        .may_use(
            "moodle",
            &[collect::FORUMS, collect::DISCUSSIONS],
            "to read announcements and discussions; needed to collect forums",
        )
        .may_use("moodle", &[collect::SITE, collect::GRADES], "to read the account's grades; needed to collect grades")
        .may_use("moodle", &[collect::SITE, collect::EVENTS], "to read the calendar; needed to collect the calendar")
        .may_use(
            "moodle",
            &[collect::EXPORT],
            "to read the calendar export where web services are off; needed to collect the calendar with source = \"ical\"",
        )
        .may_use("moodle", &[collect::GROUPS], "to see the events for the account's groups")
        .may_use("moodle", &[collect::QUIZZES], "to read quizzes with their dates; needed to collect quizzes")
        .may_use("moodle", &[collect::ATTEMPTS], "to know which quizzes the account has finished")
        .may_use("moodle", &[collect::OLD_ATTEMPTS], "the same on a Moodle before 5.0")
        .may_use("artifacts", &["put"], "to keep the site's answers as they came, for those courses in which something changed")
        .may_use("moodle", &[collect::ACTIONS], "to know, beside the calendar, what the account need not do any more")
        .may_use(
            "moodle",
            &[collect::SUBMISSION],
            "to know once a day what the account has handed in; under `moodle-unsafe`, because Moodle writes an empty submission for it",
        )
        .keeps("checked", "until when each course was asked about for updates")
        .keeps("asked", "on which day the account's attempts at a quiz, or its submission to an assignment, were asked for")
        .keeps("listed", "what Moodle listed as still to be done, and whether it does so no more")
    }
}

impl Collector for ChangeDetector {
    type Settings = Settings;

    fn collect(settings: Settings) -> Result<Summary, Error> {
        let context = run::context();
        let courses = courses(&settings)?;
        if courses.is_empty() && settings.collect != Collect::Courses && !reads_export(&settings) {
            return Ok(Summary::new("no courses are known yet: have a schedule collect \"courses\" first"));
        }
        let mut progress = |what: &str, done: usize, all: usize| run::progress(done as u64, Some(all as u64), what);
        let zone = time::zone(&context.timezone)?;
        // An edit in the second in which the site was asked must not be missed.
        let began = time::now().as_second() + moodle::clock_ahead() - 1;
        let now = time::now();
        let today = day(now, &zone);
        let memory = Memory::recall(settings.collect, &today)?;
        let mut teller = Teller::new(&context);
        let mut wanted = Wanted {
            settings: &settings,
            courses: &courses,
            memory: &memory,
            now: now.as_second(),
            first_since: began - FIRST_SINCE,
            reader: Reader { languages: &settings.languages, zone: &zone },
            language: &context.language,
            progress: &mut progress,
            take: &mut |looked| teller.take(looked),
        };
        let mut looked = look(&mut moodle::Live, &mut wanted)?;
        teller.take(&mut looked)?;
        memory.keep(settings.collect, &mut looked, began, &today)?;
        for (what, error) in &looked.failures {
            warn!("{what} cannot be read now and stay as they were: {error}");
        }
        teller.tally.failed += looked.failures.len() as u64;
        Ok(teller.tally.summary())
    }
}

/// Returns the day of an instant in a zone.
fn day(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned(zone.clone()).date().to_string()
}

/// Whether the calendar export is read, which needs no course: where web services are off none may be known.
fn reads_export(settings: &Settings) -> bool {
    settings.collect == Collect::Calendar && settings.source == CalendarSource::Ical
}

/// Returns the courses to look at, with when they begin where the catalog knows it.
fn courses(settings: &Settings) -> Result<Vec<Course>, Error> {
    if settings.collect == Collect::Courses {
        return Ok(Vec::new());
    }
    let query = Query { keys: Vec::new(), kind: Some("course".to_owned()), course: None, due: None, limit: MOST };
    let known: BTreeMap<u64, Course> =
        catalog::items(&query)?.iter().filter_map(known).map(|course| (course.id, course)).collect();
    // The export names courses by their short names, of which all must be known to tell two with the same from one.
    Ok(match settings.courses.as_ref().filter(|_| !reads_export(settings)) {
        None => known.into_values().collect(),
        Some(chosen) => {
            let home = known.values().find_map(|course| course.home.clone());
            let unknown = |id: u64| Course { id, begins: None, short_name: String::new(), home: home.clone() };
            chosen.iter().map(|&id| known.get(&id).cloned().unwrap_or_else(|| unknown(id))).collect()
        }
    })
}

/// Returns a course as the catalog knows it.
fn known(course: &Item) -> Option<Course> {
    let details: serde_json::Value = serde_json::from_str(&course.details).unwrap_or_default();
    let home = course.url.as_deref().and_then(|url| url.split_once("/course/view.php"));
    Some(Course {
        id: course.key.strip_prefix("course/")?.parse().ok()?,
        begins: details["starts"].as_i64(),
        short_name: details["short-name"].as_str().unwrap_or_default().to_owned(),
        home: home.map(|(home, _)| home.to_owned()),
    })
}

beadle_sdk::collector!(ChangeDetector);
