//! Asking the site and telling what was seen, one file for each thing that can be looked at. Only functions that change nothing are
//! called. What cannot be read is reported and leaves the rest standing.

mod actions;
mod assignments;
mod attempts;
mod calendar;
mod contents;
mod courses;
mod export;
mod forums;
mod grades;
mod progress;
mod quizzes;
mod submissions;
#[cfg(test)]
mod tests;
mod updates;

use std::collections::{BTreeMap, BTreeSet};

use beadle_sdk::Error;
use beadle_sdk::catalog::{Fact, Sightings};
use beadle_sdk::jiff::Timestamp;
use beadle_sdk::moodle::{self, Question, Site};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::dates::{self, Reader};
use crate::lenient;
use crate::memory::{Listed, Memory};
use crate::settings::{CalendarSource, Collect, Settings};

/// Who the account is, and where the site lives.
pub(crate) const SITE: &str = "core_webservice_get_site_info";
/// The account's own courses.
pub(crate) const OWN_COURSES: &str = "core_enrol_get_users_courses";
/// The sections and modules of a course.
pub(crate) const CONTENTS: &str = "core_course_get_contents";
/// The assignments of courses.
pub(crate) const ASSIGNMENTS: &str = "mod_assign_get_assignments";
/// The quizzes of courses.
pub(crate) const QUIZZES: &str = "mod_quiz_get_quizzes_by_courses";
/// The account's attempts at a quiz.
pub(crate) const ATTEMPTS: &str = "mod_quiz_get_user_quiz_attempts";
/// The same before Moodle 5.0.
pub(crate) const OLD_ATTEMPTS: &str = "mod_quiz_get_user_attempts";
/// How the account's submission to an assignment stands. It writes.
pub(crate) const SUBMISSION: &str = "mod_assign_get_submission_status";
/// What changed in a course, as far as Moodle tells.
pub(crate) const UPDATES: &str = "core_course_get_updates_since";
/// The forums of courses.
pub(crate) const FORUMS: &str = "mod_forum_get_forums_by_courses";
/// The discussions of a forum.
pub(crate) const DISCUSSIONS: &str = "mod_forum_get_forum_discussions";
/// Somebody's grades in a course.
pub(crate) const GRADES: &str = "gradereport_user_get_grade_items";
/// The calendar between two instants.
pub(crate) const EVENTS: &str = "core_calendar_get_calendar_events";
/// What the account still has to do, by when.
pub(crate) const ACTIONS: &str = "core_calendar_get_action_events_by_timesort";
/// The calendar export, which is no function.
pub(crate) const EXPORT: &str = "calendar-export";
/// The account's own groups.
pub(crate) const GROUPS: &str = "core_group_get_course_user_groups";

/// What to look at, and how.
pub(crate) struct Wanted<'a> {
    pub(crate) settings: &'a Settings,
    /// The courses, by Moodle's number; of no meaning to the look at the courses themselves.
    pub(crate) courses: &'a [Course],
    /// What earlier runs left behind.
    pub(crate) memory: &'a Memory,
    /// The present, in seconds since 1970-01-01 UTC by the host's clock.
    pub(crate) now: i64,
    /// From when on a course is asked about for the first time.
    pub(crate) first_since: i64,
    /// How texts are read.
    pub(crate) reader: Reader<'a>,
    /// The language of names that are kept in several.
    pub(crate) language: &'a str,
    /// Is told what is counted, and how many of how many are done.
    pub(crate) progress: &'a mut dyn FnMut(&str, usize, usize),
    /// Takes what was seen so far, in a look that is long: nothing has to hold all of it.
    pub(crate) take: &'a mut dyn FnMut(&mut Looked) -> Result<(), Error>,
}

/// A course to look at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Course {
    /// Moodle's number.
    pub(crate) id: u64,
    /// When it begins, in seconds since 1970-01-01 UTC, where that is known.
    pub(crate) begins: Option<i64>,
    /// What people call it in short; empty where that is not known.
    pub(crate) short_name: String,
    /// Where its site lives, without the slash at the end, where that is known.
    pub(crate) home: Option<String>,
}

impl Wanted<'_> {
    /// Returns the numbers of the courses.
    fn ids(&self) -> Vec<u64> {
        self.courses.iter().map(|course| course.id).collect()
    }

    /// Returns when a course begins.
    fn begins(&self, id: u64) -> Option<i64> {
        self.courses.iter().find(|course| course.id == id)?.begins
    }

    /// Returns the address of a page of the site that a course, or any, is on.
    fn address(&self, course: u64, page: &str) -> Option<String> {
        let own = self.courses.iter().find(|one| one.id == course).or(self.courses.first())?;
        Some(format!("{}/{page}", own.home.as_ref()?))
    }

    /// Returns what the words of an item say of dates. `about` is when it was written, or what else is known of its time.
    fn facts(&self, title: &str, body: &str, about: Option<i64>) -> Vec<Fact> {
        let day = about.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let day = day.map(|at| at.to_zoned(self.reader.zone.clone()).date());
        dates::facts(&format!("{title}\n{body}"), day, &self.reader)
    }

    fn in_one_language(&self, arguments: Value) -> Value {
        moodle::in_one_language(arguments, self.language)
    }
}

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// What was sighted, scope by scope, and not taken yet.
    pub(crate) scopes: Vec<Sightings>,
    /// The answers in which it was sighted.
    pub(crate) answers: Vec<Answer>,
    /// The courses that were read.
    pub(crate) read: Vec<u64>,
    /// What could not be read: of what, and why.
    pub(crate) failures: Vec<(String, Error)>,
    /// The courses that need not be asked about for updates before now.
    pub(crate) checked: Vec<u64>,
    /// The activities that were asked about with a call of their own.
    pub(crate) asked: BTreeSet<String>,
    /// What the action events have listed, where they were looked at.
    pub(crate) listed: Option<BTreeMap<String, Listed>>,
}

/// What the site said, as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What was asked: the function.
    pub(crate) name: String,
    /// What kind of text it is.
    pub(crate) media_type: &'static str,
    pub(crate) text: String,
    /// The scopes that it tells of.
    pub(crate) scopes: Vec<String>,
}

impl Looked {
    /// Notes answers of a function that tell of these scopes: a line for each, as the site writes them.
    fn answered(&mut self, name: &str, mut texts: Vec<String>, scopes: Vec<String>) {
        let media_type = if texts.len() > 1 { "application/jsonl" } else { "application/json" };
        // A single one may be all that fits into memory: it is not copied.
        let text = if texts.len() > 1 { texts.join("\n") } else { texts.pop().unwrap_or_default() };
        self.answers.push(Answer { name: name.to_owned(), media_type, text, scopes });
    }

    /// Notes answers that tell of all scopes there are so far.
    fn answered_all(&mut self, name: &str, texts: Vec<String>) {
        let scopes = self.scopes.iter().map(|scope| scope.scope.clone()).collect();
        self.answered(name, texts, scopes);
    }
}

/// Looks at what the settings name.
///
/// # Errors
/// Whatever the site says where nothing at all can be read.
pub(crate) fn look(site: &mut dyn Site, wanted: &mut Wanted<'_>) -> Result<Looked, Error> {
    let mut looked = match wanted.settings.collect {
        Collect::Courses => courses::look(site, wanted)?,
        Collect::Contents => contents::look(site, wanted)?,
        Collect::Assignments => assignments::look(site, wanted)?,
        Collect::Quizzes => quizzes::look(site, wanted)?,
        Collect::Updates => updates::look(site, wanted)?,
        Collect::Forums => forums::look(site, wanted)?,
        Collect::Grades => grades::look(site, wanted)?,
        Collect::Calendar => match wanted.settings.source {
            CalendarSource::WebService => calendar::look(site, wanted)?,
            CalendarSource::Ical => export::look(site, wanted)?,
        },
    };
    let nothing = looked.scopes.is_empty() && looked.read.is_empty() && looked.checked.is_empty();
    if nothing && !looked.failures.is_empty() {
        return Err(looked.failures.swap_remove(0).1);
    }
    Ok(looked)
}

/// How many courses are named in one call: PHP reads at most 1,000 parameters, and drops the others without a word.
const NAMED: usize = 400;

/// Asks a question about all courses, as many of them in a call as PHP reads, and returns the answers with their texts.
fn hear_all<T: DeserializeOwned>(
    site: &mut dyn Site,
    wanted: &Wanted<'_>,
    question: impl Fn(&[u64]) -> Question,
) -> Result<(Vec<T>, Vec<String>), Error> {
    let (mut answers, mut texts) = (Vec::new(), Vec::new());
    for courses in wanted.ids().chunks(NAMED) {
        let (answer, text) = hear(site, question(courses))?;
        answers.push(answer);
        texts.push(text);
    }
    Ok((answers, texts))
}

/// Returns the key of a course.
pub(crate) fn course_key(id: u64) -> String {
    format!("course/{id}")
}

/// The site and the account. The account's private key, which stands in the same answer, is not read.
#[derive(Deserialize)]
struct Home {
    #[serde(deserialize_with = "lenient::number")]
    userid: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    siteurl: String,
}

/// Asks who the account is.
fn home(site: &mut dyn Site) -> Result<Home, Error> {
    ask(site, (SITE, serde_json::json!({})))
}

/// Returns the key of an activity. Every source names module and instance, and they are one to one with the course module.
fn activity(module: &str, instance: u64) -> String {
    format!("{module}/{instance}")
}

/// Returns what an item of a module is called.
fn kind(module: &str) -> &str {
    match module {
        "assign" => "assignment",
        "resource" | "folder" | "page" | "url" | "label" => "material",
        other => other,
    }
}

/// Asks one question and reads its answer.
fn ask<T: DeserializeOwned>(site: &mut dyn Site, question: Question) -> Result<T, Error> {
    Ok(hear(site, question)?.0)
}

/// Asks one question and reads its answer, which is returned as it came as well.
fn hear<T: DeserializeOwned>(site: &mut dyn Site, question: Question) -> Result<(T, String), Error> {
    let function = question.0;
    let text = moodle::one(site, question)?;
    Ok((moodle::read(function, &text)?, text))
}

/// What Moodle left out of an answer, and why in a word.
#[derive(Debug, Deserialize)]
struct Warning {
    #[serde(default)]
    item: Option<String>,
    #[serde(default, deserialize_with = "lenient::number_or_none")]
    itemid: Option<u64>,
}

/// Returns the groups of what a list left out with a warning: a module that cannot be seen is not gone for that.
fn unsure<'a>(warnings: impl IntoIterator<Item = &'a Warning>) -> Vec<String> {
    let modules = warnings.into_iter().filter(|warning| warning.item.as_deref() == Some("module"));
    modules.filter_map(|warning| warning.itemid).map(module).collect()
}

/// Returns the group of what belongs to a course module: warnings name its number.
fn module(id: u64) -> String {
    format!("cm/{id}")
}

/// Puts things that name their course under it, an empty list under each course that has none. Those of other courses are left out.
fn by_course<T>(courses: impl IntoIterator<Item = u64>, things: Vec<(u64, T)>) -> BTreeMap<u64, Vec<T>> {
    let mut sorted: BTreeMap<u64, Vec<T>> = courses.into_iter().map(|course| (course, Vec::new())).collect();
    for (course, thing) in things {
        if let Some(list) = sorted.get_mut(&course) {
            list.push(thing);
        }
    }
    sorted
}
