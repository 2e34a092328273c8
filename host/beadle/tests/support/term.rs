//! A school whose courses are edited by hand, and a host that looks at them.

use std::fmt::Write as _;

use beadle_campus::school::conferences::Calendar;
use beadle_campus::school::courses::Coursework;
use beadle_campus::school::{Plan, School, system_clock};
use beadle_campus::{Campus, Options};
use serde_json::Value;

use super::{House, host_section};

/// What is collected, in the order of a full pass.
pub(crate) const COLLECTORS: [&str; 8] =
    ["courses", "contents", "updates", "forums", "assignments", "quizzes", "grades", "calendar"];

/// The functions that the detector calls.
const FUNCTIONS: &str = r#"["core_webservice_get_site_info", "core_enrol_get_users_courses", "core_course_get_contents",
    "mod_assign_get_assignments", "mod_quiz_get_quizzes_by_courses", "core_course_get_updates_since",
    "mod_forum_get_forums_by_courses", "mod_forum_get_forum_discussions", "gradereport_user_get_grade_items",
    "core_calendar_get_calendar_events", "core_group_get_course_user_groups"]"#;

/// A school whose courses are edited by hand, and a host that looks at them.
pub(crate) struct Term {
    pub(crate) campus: Campus,
    pub(crate) house: House,
}

impl Term {
    pub(crate) async fn begin() -> Self {
        let school = School::new(&Plan::everybody_online(8, 0)).with_calendar(Calendar::default());
        let school = school.with_coursework(&Coursework { courses: 3, modules: 20, ..Coursework::default() });
        let campus = Campus::start(Options::of(school).on(system_clock())).await.expect("a campus");
        let house = House::new();
        house.secret("moodle.token", &campus.token);
        let mut text = format!(
            "{}\n[sites.main]\nurl = {:?}\ntoken = {{ file = \"moodle.token\" }}\n\n[plugins.changes]\nbuiltin = \"change-detector\"\n\
             grants = {{ catalog = [\"observe\", \"read\"], artifacts = [\"put\"], moodle = {FUNCTIONS} }}\n",
            host_section(),
            campus.moodle_url
        );
        for collector in COLLECTORS {
            let _ = writeln!(
                text,
                "\n[[schedule]]\nname = \"moodle_{collector}\"\nplugin = \"changes\"\nsites = [\"main\"]\ncron = \"0 0 29 2 *\"\n\
                 settings = {{ collect = {collector:?} }}"
            );
        }
        house.write("schedules.toml", text);
        Self { campus, house }
    }

    /// Runs a collector, and returns what it says.
    pub(crate) async fn run(&self, collector: &str) -> String {
        let out = self.house.run(&["run", &format!("moodle_{collector}"), "--json"]).await.json();
        out["sentence"].as_str().unwrap_or_else(|| panic!("{out:#}")).to_owned()
    }

    /// Runs all collectors, and returns what each says.
    pub(crate) async fn pass(&self) -> Vec<String> {
        let mut said = Vec::new();
        for collector in COLLECTORS {
            said.push(self.run(collector).await);
        }
        said
    }

    pub(crate) async fn changes(&self, since: &str) -> Value {
        self.house.run(&["changes", "--since", since, "--all", "-n", "10000", "--json"]).await.json()
    }

    pub(crate) async fn cursor(&self) -> String {
        self.changes("c0").await["next"].as_str().expect("a cursor").to_owned()
    }

    /// Returns what changed since a cursor: key and kind of each.
    pub(crate) async fn told(&self, since: &str) -> Vec<String> {
        let changes = self.changes(since).await;
        let rows = changes["changes"].as_array().expect("a list");
        let text = |row: &Value, field: &str| row[field].as_str().expect("a text").to_owned();
        let mut told: Vec<String> =
            rows.iter().map(|row| format!("{} {}", text(row, "key"), text(row, "change_kind"))).collect();
        told.sort();
        told
    }

    /// Returns the numbers of all modules of a kind: course module, and what its key is.
    pub(crate) fn modules(&self, kind: &str) -> Vec<(i64, String)> {
        let book = self.campus.moodle().coursework().book();
        let of_kind = book.modules().filter(|(_, module)| module.kind.name() == kind && !module.hidden);
        of_kind.map(|(_, module)| (module.cm, format!("{kind}/{}", module.instance))).collect()
    }
}
