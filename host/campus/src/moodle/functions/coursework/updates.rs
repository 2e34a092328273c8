//! `core_course_get_updates_since`: a hint at what is new. Sections, hiding, deletion and new conferences are not in it.

use serde_json::{Value, json};

use super::super::super::params::Params;
use super::super::super::{Fail, write};
use super::super::{Caller, take};
use crate::school::courses::{Contents, Kind, Module};

/// Calls `core_course_get_updates_since`.
pub(in crate::moodle::functions) fn updates(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["courseid", "since", "filter"])?;
    let id = take::int(params, "courseid")?;
    let since = take::int(params, "since")?;
    take::list(params, "filter")?;
    let course = caller.entered(id)?;
    let (book, calendar) = (caller.moodle.book(), caller.moodle.calendar());
    let nothing = Contents::default();
    let contents = book.of(id).unwrap_or(&nothing);
    let opened = contents.modules.iter().filter(|module| caller.opens(course, module));
    let mut instances: Vec<Value> = opened
        .filter_map(|module| {
            let updates = of_module(contents, module, caller.me.id, since);
            (!updates.is_empty()).then(|| instance(module.cm, &updates))
        })
        .collect();
    let conferences = calendar.activities.iter().filter(|activity| activity.course == id && caller.sees(activity));
    // One that was never edited has no time at all.
    instances.extend(
        conferences
            .filter(|activity| activity.modified > since)
            .map(|activity| instance(activity.cm, &[configuration(activity.modified)])),
    );
    Ok(write::json(&json!({"instances": instances, "warnings": []})))
}

fn instance(cm: i64, updates: &[Value]) -> Value {
    json!({"contextlevel": "module", "id": cm, "updates": updates})
}

fn configuration(at: i64) -> Value {
    json!({"name": "configuration", "timeupdated": at})
}

/// Lists what is new about a module to one person.
fn of_module(contents: &Contents, module: &Module, me: i64, since: i64) -> Vec<Value> {
    let mut updates = Vec::new();
    if module.modified > since {
        updates.push(configuration(module.modified));
    }
    let mut add = |name: &str, ids: Vec<i64>| {
        if !ids.is_empty() {
            updates.push(json!({"name": name, "itemids": ids}));
        }
    };
    let own = contents.grades.iter().filter(|grade| grade.cm == module.cm && grade.user == me && grade.given > since);
    let grades: Vec<i64> = own.map(|grade| grade.id).collect();
    if !grades.is_empty() {
        add("gradeitems", vec![module.cm + 1]);
    }
    match &module.kind {
        Kind::Forum { .. } => {
            let new = contents.discussions.iter().filter(|one| one.forum == module.instance && one.modified > since);
            add("discussions", new.map(|one| one.post).collect());
        }
        Kind::Resource(file) => {
            add("contentfiles", Some(file.id).filter(|_| file.modified > since).into_iter().collect())
        }
        Kind::Assign(_) => {
            let own = contents.submissions.iter().filter(|row| row.assignment == module.instance && row.user == me);
            add("submissions", own.filter(|row| row.modified > since).map(|row| row.id).collect());
            add("grades", grades);
        }
        Kind::Quiz(_) => {
            let own = contents.attempts.iter().filter(|row| row.quiz == module.instance && row.user == me);
            let at = |finished: Option<(i64, f64)>, started: i64| finished.map_or(started, |(at, _)| at);
            add("attempts", own.filter(|row| at(row.finished, row.started) > since).map(|row| row.id).collect());
            add("grades", grades);
        }
        Kind::Page | Kind::Url { .. } | Kind::Label => {}
    }
    updates
}
