//! The assignments of all courses, with the account's own dates.

use beadle_sdk::catalog::{self, Fact, Sighting, Source};
use beadle_sdk::moodle::Site;
use beadle_sdk::{Error, html};
use serde::Deserialize;
use serde_json::json;

use super::{ASSIGNMENTS, Looked, Wanted, Warning, activity, ask, course_key, module, unsure};
use crate::item::{Told, date, tell};
use crate::lenient;

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
}

pub(super) fn look(site: &mut dyn Site, wanted: &Wanted<'_>) -> Result<Looked, Error> {
    if wanted.courses.is_empty() {
        return Ok(Looked::default());
    }
    let arguments = wanted.in_one_language(json!({ "courseids": wanted.ids() }));
    let answer: Answer = ask(site, (ASSIGNMENTS, arguments))?;
    let unsure = unsure(&answer.warnings);
    let mut looked = Looked::default();
    for course in &answer.courses {
        let items: Result<Vec<Sighting>, Error> = course
            .assignments
            .iter()
            .map(|one| Ok(sighting(one, course.id, wanted)?.course(course_key(course.id))))
            .collect();
        let mut scope = catalog::sightings(format!("assignments/{}", course.id), Source::Service, items?);
        scope.course = Some(course_key(course.id));
        scope.unsure.clone_from(&unsure);
        looked.scopes.push(scope);
    }
    for course in wanted.ids().into_iter().filter(|id| answer.courses.iter().all(|course| course.id != *id)) {
        let error = Error::Unavailable(
            "the site left it out of its answer: it is hidden, or the account is not in it".to_owned(),
        );
        looked.failures.push((format!("the assignments of course {course}"), error));
    }
    Ok(looked)
}

fn sighting(one: &Assignment, course: u64, wanted: &Wanted<'_>) -> Result<Sighting, Error> {
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
    let sighting = Sighting::new(activity("assign", one.id), "assignment").group(module(one.cmid));
    let details = json!({ "module": one.cmid, "cut-off": one.cutoffdate, "modified": one.timemodified });
    tell(sighting, told).details(&details)
}
