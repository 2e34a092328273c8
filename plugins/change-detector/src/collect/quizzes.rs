//! The quizzes of all courses.

use beadle_sdk::catalog::{self, Fact, Sighting, Source};
use beadle_sdk::moodle::Site;
use beadle_sdk::{Error, html};
use serde::Deserialize;
use serde_json::json;

use super::attempts::{self, FINISHED, Made, UNFINISHED};
use super::progress::{Window, choose};
use super::{Looked, QUIZZES, Wanted, Warning, activity, by_course, course_key, hear_all, module, unsure};
use crate::item::{Told, date, tell};
use crate::lenient;

/// For how long before it closes a quiz is asked about in each run, in seconds, and how many are asked about in a run.
const HURRY: i64 = 2 * 86_400;
const MOST: usize = 40;

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::list")]
    quizzes: Vec<Quiz>,
    #[serde(default, deserialize_with = "lenient::list")]
    warnings: Vec<Warning>,
}

/// A quiz. Its password, which teachers are told, is not read.
#[derive(Deserialize)]
struct Quiz {
    #[serde(deserialize_with = "lenient::number")]
    id: u64,
    #[serde(deserialize_with = "lenient::number")]
    coursemodule: u64,
    #[serde(deserialize_with = "lenient::number")]
    course: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    name: String,
    #[serde(default, deserialize_with = "lenient::text")]
    intro: String,
    #[serde(default, deserialize_with = "lenient::instant")]
    timeopen: Option<i64>,
    #[serde(default, deserialize_with = "lenient::instant")]
    timeclose: Option<i64>,
    #[serde(default)]
    timelimit: Option<u64>,
    #[serde(default)]
    attempts: Option<u64>,
}

pub(super) fn look(site: &mut dyn Site, wanted: &Wanted<'_>) -> Result<Looked, Error> {
    let question = |courses: &[u64]| (QUIZZES, wanted.in_one_language(json!({ "courseids": courses })));
    let (answers, texts) = hear_all::<Answer>(site, wanted, question)?;
    let warnings = || answers.iter().flat_map(|answer| &answer.warnings);
    let unsure = unsure(warnings());
    let hidden: Vec<u64> = warnings()
        .filter(|warning| warning.item.as_deref() == Some("course"))
        .filter_map(|warning| warning.itemid)
        .collect();
    let now = wanted.now + site.ahead();
    let attempts = attempts::look(
        site,
        &choose(answers.iter().flat_map(|answer| &answer.quizzes).map(window), wanted, now, HURRY, MOST),
    );
    let mut looked = Looked { asked: attempts.asked, ..Looked::default() };
    looked.failures.extend(attempts.failure);
    let seen = wanted.ids().into_iter().filter(|course| !hidden.contains(course));
    let quizzes = answers.into_iter().flat_map(|answer| answer.quizzes).map(|quiz| (quiz.course, quiz)).collect();
    for (course, quizzes) in by_course(seen, quizzes) {
        let made = |one: &Quiz| {
            let key = activity("quiz", one.id);
            // One that is not asked about now stays as it was told.
            attempts.made.get(&key).copied().or_else(|| Made::told(wanted.memory.known.get(&key)?))
        };
        let items: Result<Vec<Sighting>, Error> =
            quizzes.iter().map(|one| Ok(sighting(one, made(one), wanted)?.course(course_key(course)))).collect();
        let mut scope = catalog::sightings(format!("quizzes/{course}"), Source::Service, items?);
        scope.course = Some(course_key(course));
        scope.unsure.clone_from(&unsure);
        looked.scopes.push(scope);
    }
    looked.answered_all(QUIZZES, texts);
    for course in hidden {
        let error = Error::Unavailable("the site says that it is hidden, or that the account is not in it".to_owned());
        looked.failures.push((format!("the quizzes of course {course}"), error));
    }
    Ok(looked)
}

fn window(one: &Quiz) -> Window {
    Window { key: activity("quiz", one.id), id: one.id, opens: one.timeopen, due: one.timeclose, ends: one.timeclose }
}

fn sighting(one: &Quiz, made: Option<Made>, wanted: &Wanted<'_>) -> Result<Sighting, Error> {
    let (title, body) = (html::plain(&one.name), html::lines(&one.intro));
    let mut facts: Vec<Fact> = one.timeclose.and_then(|due| date("due_at", "quiz_api", due)).into_iter().collect();
    facts.extend(wanted.facts(&title, &body, one.timeclose.or(one.timeopen).or(wanted.begins(one.course))));
    let told = Told {
        title,
        body: Some(body),
        starts: Some(one.timeopen),
        due: Some(one.timeclose),
        facts,
        ..Told::default()
    };
    let mut sighting = Sighting::new(activity("quiz", one.id), "quiz").group(module(one.coursemodule));
    if let Some(completion) = made.and_then(Made::completion) {
        sighting = sighting.completion(completion);
    }
    let details = json!({
        "module": one.coursemodule,
        "time-limit": one.timelimit,
        "attempts": one.attempts,
        FINISHED: made.map(|made| made.finished),
        UNFINISHED: made.map(|made| made.unfinished),
    });
    tell(sighting, told).details(&details)
}
