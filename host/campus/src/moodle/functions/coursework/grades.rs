//! `gradereport_user_get_grade_items`: what was graded, and what not yet.

use serde_json::{Value, json};

use super::super::super::params::Params;
use super::super::super::{Fail, write};
use super::super::{Caller, take};
use super::extend;
use crate::school::courses::{Contents, Grade, Module};
use crate::school::{Course, Role};

/// What the id of a grade item is above that of its course module.
const ITEMS: i64 = 1;

/// Calls `gradereport_user_get_grade_items`; a teacher who names nobody is answered about all students.
pub(in crate::moodle::functions) fn grades(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["courseid", "userid", "groupid"])?;
    let id = take::int(params, "courseid")?;
    let user = take::int_or(params, "userid", 0)?;
    take::int_or(params, "groupid", 0)?;
    let course = caller.entered(id)?;
    let teaches = caller.sees_hidden(course);
    if !teaches && user != caller.me.id {
        return Err(Fail::moodle("nopermissiontoviewgrades", "Cannot view grades."));
    }
    let is_graded = |id: i64| match user {
        0 => caller.snapshot.user(id).is_some_and(|user| user.role == Role::Student),
        user => user == id,
    };
    let nothing = Contents::default();
    let book = caller.moodle.book();
    let contents = book.of(id).unwrap_or(&nothing);
    let people = course.members.iter().copied().filter(|id| is_graded(*id));
    let reports: Vec<Value> = people.map(|user| report(caller, course, contents, user, teaches)).collect();
    Ok(write::json(&json!({"usergrades": reports, "warnings": []})))
}

fn report(caller: &Caller<'_>, course: &Course, contents: &Contents, user: i64, teaches: bool) -> Value {
    let row = caller.snapshot.user(user);
    let mut modules: Vec<&Module> = contents.modules.iter().filter(|module| module.highest().is_some()).collect();
    modules.retain(|module| teaches || !module.hidden);
    modules.sort_by_key(|module| module.cm);
    let grade = |module: &Module| contents.grades.iter().find(|grade| grade.cm == module.cm && grade.user == user);
    let graded: Vec<(&Module, &Grade)> =
        modules.iter().filter_map(|module| grade(module).map(|grade| (*module, grade))).collect();
    let reachable: i64 = graded.iter().filter_map(|(module, _)| module.highest()).sum();
    let mut items: Vec<Value> = modules
        .iter()
        .map(|module| {
            let highest = module.highest().unwrap_or(0);
            let handed_in = handed_in(contents, module, user);
            let grade = grade(module);
            let mut item = json!({
                "id": module.cm + ITEMS,
                // Raw, tags and entities and all.
                "itemname": module.name,
                "itemtype": "mod",
                "itemmodule": module.kind.name(),
                "iteminstance": module.instance,
                "itemnumber": 0,
                "idnumber": "",
                "categoryid": course.id,
                "outcomeid": null,
                "scaleid": null,
                "locked": if teaches { json!(false) } else { Value::Null },
                "cmid": module.cm,
            });
            if !teaches {
                weigh(&mut item, grade.map(|_| ratio(highest as f64, reachable)));
            }
            extend(&mut item, &points(grade.map(|grade| (grade.points, grade.given)), highest, handed_in, teaches));
            let feedback = grade.map_or("", |grade| grade.feedback.as_str());
            let format = if !feedback.is_empty() { 1 } else { unused(teaches) };
            extend(&mut item, &json!({"feedback": feedback, "feedbackformat": format}));
            item
        })
        .collect();
    let total: f64 = graded.iter().map(|(_, grade)| grade.points).sum();
    let last = graded.iter().map(|(_, grade)| grade.given).max();
    let highest = match last {
        Some(_) => reachable,
        None => modules.iter().filter_map(|module| module.highest()).sum(),
    };
    let mut sum = json!({
        "id": course.id,
        "itemname": null,
        "itemtype": "course",
        "itemmodule": null,
        "iteminstance": course.id,
        "itemnumber": null,
        "idnumber": null,
        "categoryid": null,
        "outcomeid": null,
        "scaleid": null,
        "locked": if teaches { json!(false) } else { Value::Null },
    });
    extend(&mut sum, &points(last.map(|last| (total, last)), highest, None, teaches));
    extend(&mut sum, &json!({"feedback": "", "feedbackformat": unused(teaches)}));
    items.push(sum);
    json!({
        "courseid": course.id,
        "courseidnumber": "",
        "userid": user,
        "userfullname": row.map(|row| format!("{} {}", row.firstname, row.lastname)).unwrap_or_default(),
        "useridnumber": row.map(|row| row.idnumber.clone()).unwrap_or_default(),
        "maxdepth": 2,
        "gradeitems": items,
    })
}

/// Says when the work on a quiz was handed in; assignments do not tell.
fn handed_in(contents: &Contents, module: &Module, user: i64) -> Option<i64> {
    let own = contents.attempts.iter().filter(|attempt| attempt.quiz == module.instance && attempt.user == user);
    let last = own.filter_map(|attempt| attempt.finished.map(|(at, _)| at)).max();
    last.filter(|_| module.kind.name() == "quiz")
}

/// Adds the weight of an item: nothing for what has no grade.
fn weigh(item: &mut Value, weight: Option<f64>) {
    let shown = format!("{:.2} %", weight.unwrap_or(0.0) * 100.0);
    let raw = number((weight.unwrap_or(0.0) * 1e5).round() / 1e5);
    extend(item, &json!({"weightraw": raw, "weightformatted": shown}));
    if weight.is_none() {
        extend(item, &json!({"status": "novalue"}));
    }
}

fn points(grade: Option<(f64, i64)>, highest: i64, handed_in: Option<i64>, teaches: bool) -> Value {
    let flag = if teaches { json!(false) } else { Value::Null };
    json!({
    "graderaw": grade.map(|(points, _)| number(points)),
    "gradedatesubmitted": grade.and(handed_in),
    "gradedategraded": grade.map(|(_, given)| given),
    "gradehiddenbydate": false,
    "gradeneedsupdate": false,
    "gradeishidden": false,
    "gradeislocked": flag,
    "gradeisoverridden": flag,
    "gradeformatted": grade.map_or_else(|| "-".to_owned(), |(points, _)| format!("{points:.2}")),
    "grademin": 0,
    "grademax": highest,
    "rangeformatted": format!("0&ndash;{highest}"),
    "percentageformatted":
        grade.map_or_else(|| "-".to_owned(), |(points, _)| format!("{:.2} %", ratio(points, highest) * 100.0)),
    })
}

/// The format of a feedback that is not there.
fn unused(teaches: bool) -> i64 {
    if teaches { 0 } else { 2 }
}

fn ratio(part: f64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part / whole as f64 }
}

/// Writes a number as PHP does: a whole one without a point.
pub(super) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 { json!(value as i64) } else { json!(value) }
}
