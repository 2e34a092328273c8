//! A course that hands edit, and the change detector that looks at it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use beadle_campus::moodle::Classroom;
use beadle_campus::school::conferences::Calendar;
use beadle_campus::school::courses::{Assignment, Kind, Module};
use beadle_campus::school::{Plan, School};
use beadle_campus::{Campus, Options};
use beadle_plan::Clock as _;
use beadle_store::Cursor;

use super::host::{Host, Place, schedule};
use crate::world::MORNING;

/// What is collected, in the order of a full pass.
pub(crate) const COLLECTORS: [&str; 8] =
    ["courses", "contents", "updates", "forums", "assignments", "quizzes", "grades", "calendar"];

/// The assignment that most rows are about.
pub(crate) const ESSAY: &str = "assign/1";

pub(crate) struct Term {
    pub(crate) host: Host,
    pub(crate) campus: Campus,
    pub(crate) course: i64,
    /// How many minutes have passed.
    minutes: AtomicI64,
}

impl Term {
    /// Begins with a course that has a page; nobody has looked at it yet.
    pub(crate) async fn new(place: Place) -> Self {
        let world = place.world();
        let clock = Arc::clone(&world.clock);
        let school = School::new(&Plan { rooms: 1, teachers: 1, ..Plan::everybody_online(2, 0) });
        let school = school.with_calendar(Calendar::default());
        let campus = Campus::start(Options::of(school).on(Arc::new(move || clock.now().millis())));
        let campus = campus.await.expect("a campus");
        let course = campus.school().courses()[0].id;
        campus.moodle().coursework().add(course, Module::new(Kind::Page, "Welcome"));
        std::fs::write(world.folder.path().join("moodle.token"), &campus.token).expect("a file");
        let text = config(&place.site, &campus.moodle_url, "{ file = \"moodle.token\" }");
        Self { host: place.host(world, &text).await, campus, course, minutes: 0.into() }
    }

    /// Begins with a course that has an assignment too, which the reader of the cursor knows.
    pub(crate) async fn with_essay(place: Place, due: Option<i64>) -> (Self, i64, Cursor) {
        let term = Self::new(place).await;
        let essay = term.add_essay(due);
        let since = term.first_look().await;
        (term, essay, since)
    }

    pub(crate) fn hand(&self) -> Classroom<'_> {
        self.campus.moodle().coursework()
    }

    pub(crate) fn add(&self, kind: Kind, name: &str) -> i64 {
        self.hand().add(self.course, Module::new(kind, name))
    }

    /// Adds an assignment and returns its course module's number, which is not the one in its key.
    pub(crate) fn add_essay(&self, due: Option<i64>) -> i64 {
        let kind = Kind::Assign(Assignment { due, grade: 100, ..Assignment::default() });
        let intro = "<p>Read chapter one.</p>".to_owned();
        let done = Some(std::collections::BTreeMap::new());
        self.hand().add(self.course, Module { intro, done, ..Module::new(kind, "Essay") })
    }

    /// Returns the account of the host.
    pub(crate) fn me(&self) -> i64 {
        self.campus.school().account("wsbeadle").expect("the account of the host").id
    }

    /// Lets a minute pass, so that the next look is another.
    pub(crate) fn tick(&self) {
        let minutes = self.minutes.fetch_add(1, Ordering::Relaxed) + 1;
        self.host.world.time(minutes * 60);
    }

    /// Has one collector look.
    pub(crate) async fn look(&self, collector: &str) -> String {
        self.tick();
        self.host.run(collector).await
    }

    /// Has all collectors look.
    pub(crate) async fn pass(&self) {
        self.tick();
        for collector in COLLECTORS {
            self.host.run(collector).await;
        }
    }

    /// Has all collectors look and returns the cursor of a reader who knows what they saw.
    pub(crate) async fn first_look(&self) -> Cursor {
        self.pass().await;
        self.host.cursor().await
    }

    /// Has all collectors look again, and returns what they make a reader of a cursor be told.
    pub(crate) async fn told(&self, since: Cursor) -> Vec<String> {
        self.pass().await;
        self.host.told(since).await
    }
}

/// Configures all collectors for a site. Nothing is ever due by itself.
pub(crate) fn config(site: &str, url: &str, token: &str) -> String {
    let mut text = format!(
        r#"
        [host]
        timezone = "Europe/Berlin"

        [sites.{site}]
        url = "{url}"
        token = {token}

        [plugins.changes]
        builtin = "change-detector"
        grants = {{ catalog = ["observe", "read"], moodle = ["core_webservice_get_site_info", "core_enrol_get_users_courses",
            "core_course_get_contents", "mod_assign_get_assignments", "mod_quiz_get_quizzes_by_courses",
            "core_course_get_updates_since", "mod_forum_get_forums_by_courses", "mod_forum_get_forum_discussions",
            "gradereport_user_get_grade_items", "core_calendar_get_calendar_events", "core_group_get_course_user_groups"] }}
        "#
    );
    let mut schedule = |name: &str, settings: &str| {
        let name = schedule(name, site);
        let _ = writeln!(
            text,
            "[[schedule]]\nname = \"{name}\"\nplugin = \"changes\"\nsites = [\"{site}\"]\ncron = \"0 0 29 2 *\"\nsettings = {{ {settings} }}"
        );
    };
    for collector in COLLECTORS {
        schedule(collector, &format!("collect = {collector:?}"));
    }
    // The same contents, with texts read as written in one language.
    schedule("german", r#"collect = "contents", languages = ["de"]"#);
    schedule("english", r#"collect = "contents", languages = ["en"]"#);
    text
}

/// Returns the instant so many days after the tests begin, epoch seconds.
pub(crate) fn days(days: i64) -> i64 {
    MORNING / 1_000 + days * 86_400
}
