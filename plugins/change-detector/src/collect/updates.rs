//! The contents of those courses in which Moodle says that something changed: a hint that is cheaper than looking at all of them. It
//! tells nothing of deletions, of hiding, of sections and of the calendar, so that the contents themselves still have to be looked at.

use beadle_sdk::Error;
use beadle_sdk::moodle::{self, Site, nothing};
use serde::Deserialize;
use serde_json::json;

use super::{Course, Looked, UPDATES, Wanted, contents};
use crate::lenient;

/// How many courses are asked for at once; the host asks as many of them side by side as the site allows.
const AT_ONCE: usize = 20;

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::list")]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default, deserialize_with = "lenient::list")]
    updates: Vec<Update>,
}

#[derive(Deserialize)]
struct Update {
    #[serde(default, deserialize_with = "lenient::text")]
    name: String,
}

impl Instance {
    /// Says whether the contents of the course may tell more than before. Submissions are not among them: what they do to how far the
    /// account is comes as an update of its own, and asking how one stands makes one.
    fn matters(&self) -> bool {
        self.updates.is_empty() || self.updates.iter().any(|update| update.name != "submissions")
    }
}

/// Looks at the courses that changed since they were last asked about. `since` is in seconds since 1970-01-01 UTC, by the site's clock.
pub(super) fn look(site: &mut dyn Site, wanted: &mut Wanted<'_>) -> Result<Looked, Error> {
    let all = wanted.courses.len();
    let mut changed: Vec<Course> = Vec::new();
    let mut failures = Vec::new();
    let mut asked = Vec::new();
    for (chunk, courses) in wanted.courses.chunks(AT_ONCE).enumerate() {
        (wanted.progress)("courses", chunk * AT_ONCE, all);
        let question = |course: &Course| {
            let since = wanted.memory.since.get(&course.id).copied().unwrap_or(wanted.first_since);
            (UPDATES, json!({ "courseid": course.id, "since": since }))
        };
        let mut answers = site.ask(courses.iter().map(question).collect()).into_iter();
        for course in courses {
            let answer = answers.next().unwrap_or_else(nothing);
            match answer.and_then(|answer| moodle::read::<Answer>(UPDATES, &answer)) {
                Ok(answer) => {
                    asked.push(course.id);
                    if answer.instances.iter().any(Instance::matters) {
                        changed.push(course.clone());
                    }
                }
                Err(error) => failures.push((format!("the updates of course {}", course.id), error)),
            }
        }
    }
    if asked.is_empty()
        && let Some((_, error)) = failures.pop()
    {
        return Err(error);
    }
    let mut those = Wanted {
        settings: wanted.settings,
        courses: &changed,
        memory: wanted.memory,
        now: wanted.now,
        first_since: wanted.first_since,
        reader: wanted.reader,
        language: wanted.language,
        progress: &mut *wanted.progress,
        take: &mut *wanted.take,
    };
    let mut looked = contents::look(site, &mut those)?;
    // What could not be looked at is asked about again from the same moment on.
    let read = |course: &u64| changed.iter().all(|one| one.id != *course) || looked.read.contains(course);
    looked.checked = asked.iter().copied().filter(read).collect();
    looked.failures.extend(failures);
    Ok(looked)
}
