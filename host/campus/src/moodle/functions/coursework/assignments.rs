//! `mod_assign_get_assignments`.

use serde_json::{Value, json};

use super::super::super::params::Params;
use super::super::super::{Fail, text, write};
use super::super::{Caller, courses, take};
use super::warning;
use crate::school::courses::{Assignment, Kind, Module};

/// Calls `mod_assign_get_assignments`; without courses it is all of the caller's own.
pub(in crate::moodle::functions) fn assignments(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["courseids", "capabilities", "includenotenrolledcourses"])?;
    let ids = take::ints(params, "courseids")?;
    let (entered, mut warnings) = caller.asked(&ids, "2", "User is not enrolled or does not have requested capability");
    let book = caller.moodle.book();
    let mut listed = Vec::new();
    for course in entered {
        let mut assignments = Vec::new();
        let modules = book.of(course.id).map_or(&[][..], |contents| &contents.modules);
        let mut modules: Vec<&Module> = modules.iter().collect();
        modules.sort_by_key(|module| module.instance);
        for module in modules {
            let Kind::Assign(assignment) = &module.kind else { continue };
            if caller.opens(course, module) {
                assignments.push(record(course.id, module, assignment));
            } else {
                // Here the id is that of the course module, beside instance ids everywhere else.
                warnings.push(warning("module", module.cm, "1", "No access rights in module context"));
            }
        }
        listed.push(json!({
            "id": course.id,
            "fullname": text::shown(&course.fullname),
            "shortname": text::shown(&course.shortname),
            "timemodified": courses::BEGINS,
            "assignments": assignments,
        }));
    }
    Ok(write::json(&json!({"courses": listed, "warnings": warnings})))
}

fn record(course: i64, module: &Module, assignment: &Assignment) -> Value {
    json!({
        "id": module.instance,
        "cmid": module.cm,
        "course": course,
        "name": text::shown(&module.name),
        "nosubmissions": 0,
        "submissiondrafts": 0,
        "sendnotifications": 0,
        "sendlatenotifications": 0,
        "sendstudentnotifications": 1,
        "duedate": assignment.due.unwrap_or(0),
        "allowsubmissionsfromdate": assignment.opens.unwrap_or(0),
        "grade": assignment.grade,
        "gradepenalty": 0,
        "timemodified": module.modified,
        "completionsubmit": 0,
        "cutoffdate": assignment.cutoff.unwrap_or(0),
        "gradingduedate": 0,
        "teamsubmission": 0,
        "requireallteammemberssubmit": 0,
        "teamsubmissiongroupingid": 0,
        "blindmarking": 0,
        "hidegrader": 0,
        "revealidentities": 0,
        "attemptreopenmethod": "untilpass",
        "maxattempts": 1,
        "markingworkflow": 0,
        "markingallocation": 0,
        "markinganonymous": 0,
        "requiresubmissionstatement": 0,
        "preventsubmissionnotingroup": 0,
        "configs": configs(),
        "intro": module.intro,
        "introformat": 1,
        "introfiles": [],
        "introattachments": [],
        "timelimit": 0,
        "submissionattachments": 0,
    })
}

/// Lists how things are handed in: by a text.
fn configs() -> Vec<Value> {
    let config = |(plugin, subtype, name, value): (&str, &str, &str, &str)| json!({"plugin": plugin, "subtype": subtype, "name": name, "value": value});
    let all = [
        ("onlinetext", "assignsubmission", "enabled", "1"),
        ("onlinetext", "assignsubmission", "wordlimit", "0"),
        ("onlinetext", "assignsubmission", "wordlimitenabled", "0"),
        ("comments", "assignsubmission", "enabled", "0"),
        ("comments", "assignfeedback", "enabled", "1"),
        ("comments", "assignfeedback", "commentinline", "0"),
    ];
    all.into_iter().map(config).collect()
}
