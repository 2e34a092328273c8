//! The assignments of all courses, with the account's own dates.

use beadle_sdk::catalog::{self, Fact, Sighting, Source};
use beadle_sdk::moodle::Site;
use beadle_sdk::{Error, html};
use serde::Deserialize;
use serde_json::json;

use super::progress::{Window, choose};
use super::submissions::{self, HandedIn};
use super::{ASSIGNMENTS, Looked, Wanted, Warning, activity, course_key, hear_all, module, unsure};
use crate::item::{Told, date, tell};
use crate::lenient;

/// How many assignments are asked about in a run.
const MOST: usize = 20;

/// For how long after it was due an assignment without a cut-off date is still taken for open, in seconds.
const LATE: i64 = 30 * 86_400;

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::list")]
    courses: Vec<Course>,
    #[serde(default, deserialize_with = "lenient::list")]
    warnings: Vec<Warning>,
}

#[derive(Deserialize)]
struct Course {
    #[serde(deserialize_with = "lenient::number")]
    id: u64,
    #[serde(default, deserialize_with = "lenient::list")]
    assignments: Vec<Assignment>,
}

#[derive(Deserialize)]
struct Assignment {
    #[serde(deserialize_with = "lenient::number")]
    id: u64,
    #[serde(deserialize_with = "lenient::number")]
    cmid: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    name: String,
    #[serde(default, deserialize_with = "lenient::text")]
    intro: String,
    #[serde(default, deserialize_with = "lenient::instant")]
    duedate: Option<i64>,
    #[serde(default, deserialize_with = "lenient::instant")]
    allowsubmissionsfromdate: Option<i64>,
    #[serde(default, deserialize_with = "lenient::instant")]
    cutoffdate: Option<i64>,
    #[serde(default, deserialize_with = "lenient::instant")]
    timemodified: Option<i64>,
    /// Whether nothing is handed in on the site.
    #[serde(default, deserialize_with = "lenient::truth")]
    nosubmissions: bool,
}

pub(super) fn look(site: &mut dyn Site, wanted: &Wanted<'_>) -> Result<Looked, Error> {
    let question = |courses: &[u64]| (ASSIGNMENTS, wanted.in_one_language(json!({ "courseids": courses })));
    let (answers, texts) = hear_all::<Answer>(site, wanted, question)?;
    let unsure = unsure(answers.iter().flat_map(|answer| &answer.warnings));
    let courses: Vec<Course> = answers.into_iter().flat_map(|answer| answer.courses).collect();
    let now = wanted.now + site.ahead();
    let all = courses.iter().flat_map(|course| &course.assignments);
    // Each once a day, however near it is: asking writes.
    let open = choose(all.filter(|one| !one.nosubmissions).map(window), wanted, now, 0, MOST);
    let submissions = submissions::look(site, &open);
    let handed_in = |one: &Assignment| {
        let key = activity("assign", one.id);
        // One that is not asked about now stays as it was told.
        let told = || wanted.memory.known.get(&key).map(HandedIn::told);
        submissions.handed_in.get(&key).cloned().or_else(told).unwrap_or_default()
    };
    let mut looked = Looked::default();
    for course in &courses {
        let items: Result<Vec<Sighting>, Error> = course
            .assignments
            .iter()
            .map(|one| Ok(sighting(one, &handed_in(one), course.id, wanted)?.course(course_key(course.id))))
            .collect();
        let mut scope = catalog::sightings(format!("assignments/{}", course.id), Source::Service, items?);
        scope.course = Some(course_key(course.id));
        scope.unsure.clone_from(&unsure);
        looked.scopes.push(scope);
    }
    looked.answered_all(ASSIGNMENTS, texts);
    for course in wanted.ids().into_iter().filter(|id| courses.iter().all(|course| course.id != *id)) {
        let error = Error::Unavailable(
            "the site left it out of its answer: it is hidden, or the account is not in it".to_owned(),
        );
        looked.failures.push((format!("the assignments of course {course}"), error));
    }
    looked.asked = submissions.asked;
    looked.failures.extend(submissions.failure);
    Ok(looked)
}

fn window(one: &Assignment) -> Window {
    Window {
        key: activity("assign", one.id),
        id: one.id,
        opens: one.allowsubmissionsfromdate,
        due: one.duedate,
        ends: one.cutoffdate.or(one.duedate.map(|due| due.saturating_add(LATE))),
    }
}

fn sighting(one: &Assignment, handed_in: &HandedIn, course: u64, wanted: &Wanted<'_>) -> Result<Sighting, Error> {
    let (title, body) = (html::plain(&one.name), html::lines(&one.intro));
    let mut facts: Vec<Fact> = one.duedate.and_then(|due| date("due_at", "assignment_api", due)).into_iter().collect();
    facts.extend(wanted.facts(&title, &body, one.duedate.or(one.allowsubmissionsfromdate).or(wanted.begins(course))));
    let told = Told {
        title,
        body: Some(body),
        starts: Some(one.allowsubmissionsfromdate),
        due: Some(one.duedate),
        facts,
        ..Told::default()
    };
    let mut sighting = Sighting::new(activity("assign", one.id), "assignment").group(module(one.cmid));
    if let Some(completion) = handed_in.completion() {
        sighting = sighting.completion(completion);
    }
    let details = json!({
        "module": one.cmid,
        "cut-off": one.cutoffdate,
        "modified": one.timemodified,
        "submission": handed_in.submission,
        "grading": handed_in.grading,
    });
    tell(sighting, told).details(&details)
}
