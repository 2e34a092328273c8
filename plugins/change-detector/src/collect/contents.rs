//! The sections and modules of each course.

use beadle_sdk::catalog::{self, Completion, Fact, Sighting, Source};
use beadle_sdk::moodle::{self, Site, nothing};
use beadle_sdk::{Error, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CONTENTS, Course, Looked, Wanted, activity, course_key, kind, module};
use crate::item::{Told, date, tell};
use crate::lenient;

/// How many courses are asked for at once; the host asks as many of them side by side as the site allows.
const AT_ONCE: usize = 10;

/// The type of what leads somewhere else.
const LINK: &str = "url";

/// The module that has an opening time which its entry here does not tell.
const CONFERENCE: &str = "bigbluebuttonbn";

#[derive(Deserialize)]
struct Section {
    #[serde(deserialize_with = "lenient::number")]
    id: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    name: String,
    #[serde(default, deserialize_with = "lenient::text")]
    summary: String,
    #[serde(default, deserialize_with = "lenient::list")]
    modules: Vec<Module>,
}

/// A module. Icons, action links and words about the present day move without anybody's doing and are not read.
#[derive(Deserialize)]
struct Module {
    #[serde(deserialize_with = "lenient::number")]
    id: u64,
    #[serde(deserialize_with = "lenient::number")]
    instance: u64,
    modname: String,
    #[serde(default, deserialize_with = "lenient::text")]
    name: String,
    #[serde(default, deserialize_with = "lenient::text")]
    description: String,
    #[serde(default)]
    url: Option<String>,
    /// None of a Moodle that does not tell dates here.
    #[serde(default)]
    dates: Option<Vec<Date>>,
    #[serde(default)]
    completiondata: Option<CompletionData>,
    #[serde(default, deserialize_with = "lenient::list")]
    contents: Vec<File>,
}

#[derive(Deserialize)]
struct Date {
    #[serde(default)]
    dataid: Option<String>,
    #[serde(default, deserialize_with = "lenient::instant")]
    timestamp: Option<i64>,
}

#[derive(Deserialize)]
struct CompletionData {
    #[serde(default, deserialize_with = "lenient::truth")]
    hascompletion: bool,
    /// None of a Moodle that does not say. A teacher is not tracked: they complete nothing and have nothing to complete.
    #[serde(default)]
    istrackeduser: Option<bool>,
    #[serde(default, deserialize_with = "lenient::truth")]
    isoverallcomplete: bool,
    #[serde(default, deserialize_with = "lenient::state")]
    state: i64,
}

#[derive(Deserialize)]
struct File {
    #[serde(default, rename = "type", deserialize_with = "lenient::text")]
    what: String,
    #[serde(default, deserialize_with = "lenient::text")]
    filename: String,
    #[serde(default, deserialize_with = "lenient::text")]
    filepath: String,
    #[serde(default)]
    filesize: Option<u64>,
    #[serde(default)]
    fileurl: Option<String>,
    #[serde(default, deserialize_with = "lenient::instant")]
    timemodified: Option<i64>,
}

pub(super) fn look(site: &mut dyn Site, wanted: &mut Wanted<'_>) -> Result<Looked, Error> {
    let mut looked = Looked::default();
    let all = wanted.courses.len();
    for (chunk, courses) in wanted.courses.chunks(AT_ONCE).enumerate() {
        (wanted.progress)("courses", chunk * AT_ONCE, all);
        let questions = courses
            .iter()
            .map(|course| (CONTENTS, moodle::in_one_language(json!({ "courseid": course.id }), wanted.language)))
            .collect();
        let mut answers = site.ask(questions).into_iter();
        for course in courses {
            let answer = answers.next().unwrap_or_else(nothing);
            let read = answer.and_then(|text| {
                let sections = moodle::read::<Vec<Section>>(CONTENTS, &text)?;
                Ok((scope(course, &sections, wanted)?, text))
            });
            match read {
                Ok((scope, text)) => {
                    looked.read.push(course.id);
                    looked.answered(CONTENTS, vec![text], vec![scope.scope.clone()]);
                    looked.scopes.push(scope);
                }
                Err(error) => looked.failures.push((format!("the contents of course {}", course.id), error)),
            }
        }
        (wanted.take)(&mut looked)?;
    }
    (wanted.progress)("courses", all, all);
    Ok(looked)
}

fn scope(course: &Course, sections: &[Section], wanted: &Wanted<'_>) -> Result<catalog::Sightings, Error> {
    let key = course_key(course.id);
    let mut items = Vec::new();
    for section in sections {
        let (title, body) = (html::plain(&section.name), html::lines(&section.summary));
        let facts = wanted.facts(&title, &body, course.begins);
        let told = Told { title, body: Some(body), facts, ..Told::default() };
        items.push(tell(Sighting::new(format!("section/{}", section.id), "section").course(&key), told));
        for one in &section.modules {
            items.push(sighting(one, section.id, course, wanted)?.course(&key));
        }
    }
    let mut scope = catalog::sightings(format!("contents/{}", course.id), Source::Contents, items);
    scope.course = Some(key);
    Ok(scope)
}

fn sighting(one: &Module, section: u64, course: &Course, wanted: &Wanted<'_>) -> Result<Sighting, Error> {
    let kind = kind(&one.modname);
    let material = kind == "material";
    let dates = one.dates.as_deref().filter(|_| one.modname != CONFERENCE);
    let of = |names: &[&str]| {
        dates.map(|dates| {
            let named = |date: &&Date| date.dataid.as_deref().is_some_and(|id| names.contains(&id));
            dates.iter().find(named).and_then(|date| date.timestamp)
        })
    };
    let (starts, due) = (of(&["allowsubmissionsfromdate", "timeopen"]), of(&["duedate", "timeclose"]));
    let (title, body) = (html::plain(&one.name), html::lines(&one.description));
    let mut facts: Vec<Fact> = Vec::new();
    facts.extend(due.flatten().and_then(|due| date("due_at", "module_dates", due)));
    facts.extend(starts.flatten().and_then(|starts| date("starts_at", "module_dates", starts)));
    facts.extend(wanted.facts(&title, &body, due.flatten().or(starts.flatten()).or(course.begins)));
    let named = [&one.name].into_iter().chain(one.contents.iter().map(|file| &file.filename));
    let risky = |name: &String| {
        let name = name.to_lowercase();
        wanted.settings.high_risk.iter().any(|word| name.contains(&word.to_lowercase()))
    };
    let watch = material && named.into_iter().any(risky);
    let told = Told {
        title,
        body: Some(body),
        url: Some(one.url.clone()),
        leads: one.contents.iter().find(|file| file.what == LINK).and_then(|file| file.fileurl.clone()),
        starts,
        due,
        watch: watch.then_some("high_risk_schedule_document"),
        facts,
    };
    let details = json!({ "module": one.id, "section": section, "files": files(&one.contents) });
    let mut sighting = Sighting::new(activity(&one.modname, one.instance), kind).group(module(one.id));
    let tracked = |data: &&CompletionData| data.hascompletion && data.istrackeduser != Some(false);
    if let Some(data) = one.completiondata.as_ref().filter(tracked) {
        let done = data.isoverallcomplete || data.state > 0;
        sighting = sighting.completion(if done { Completion::Completed } else { Completion::Incomplete });
    }
    tell(sighting, told).details(&details)
}

/// Returns what files a module has, without the links that need a token.
fn files(files: &[File]) -> Vec<Value> {
    let file = |file: &File| {
        json!({
            "name": file.filename,
            "path": file.filepath,
            "size": file.filesize,
            "modified": file.timemodified,
            "link": file.fileurl.as_ref().filter(|_| file.what == LINK),
        })
    };
    files.iter().map(file).collect()
}
