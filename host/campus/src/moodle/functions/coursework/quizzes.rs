//! `mod_quiz_get_quizzes_by_courses` and `mod_quiz_get_user_attempts`.

use serde_json::{Value, json};

use super::super::super::params::Params;
use super::super::super::{Fail, text, write};
use super::super::{Caller, take};
use super::extend;
use crate::school::courses::{Attempt, Kind, Module, Quiz};

/// Keys that a quiz has only while it is open, and after.
const WHEN_OPEN: [&str; 24] = [
    "overduehandling",
    "graceperiod",
    "canredoquestions",
    "attemptonlast",
    "reviewattempt",
    "reviewcorrectness",
    "reviewmaxmarks",
    "reviewmarks",
    "reviewspecificfeedback",
    "reviewgeneralfeedback",
    "reviewrightanswer",
    "reviewoverallfeedback",
    "questionsperpage",
    "navmethod",
    "browsersecurity",
    "delay1",
    "delay2",
    "showuserpicture",
    "showblocks",
    "completionattemptsexhausted",
    "completionpass",
    "allowofflineattempts",
    "autosaveperiod",
    "hasquestions",
];

/// Keys that only teachers get; one is the password.
const FOR_TEACHERS: [&str; 6] =
    ["shuffleanswers", "timecreated", "timemodified", "password", "subnet", "precreateattempts"];

/// Calls `mod_quiz_get_quizzes_by_courses`; without courses it is all of the caller's own.
pub(in crate::moodle::functions) fn quizzes(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["courseids"])?;
    let ids = take::ints(params, "courseids")?;
    let (entered, warnings) = caller.asked(&ids, "1", "No access rights in course context");
    let (book, now) = (caller.moodle.book(), caller.moodle.now());
    let mut listed = Vec::new();
    for course in entered {
        let teaches = caller.sees_hidden(course);
        let mut modules: Vec<&Module> = book.of(course.id).into_iter().flat_map(|contents| &contents.modules).collect();
        modules.sort_by_key(|module| module.instance);
        for module in modules.into_iter().filter(|module| caller.opens(course, module)) {
            let Kind::Quiz(quiz) = &module.kind else { continue };
            let mut record = record(course.id, module, quiz);
            if let Some(map) = record.as_object_mut() {
                let is_open = quiz.opens.is_none_or(|opens| opens <= now);
                map.retain(|key, _| is_open || !WHEN_OPEN.contains(&key.as_str()));
                map.retain(|key, _| teaches || !FOR_TEACHERS.contains(&key.as_str()));
            }
            listed.push(record);
        }
    }
    Ok(write::json(&json!({"quizzes": listed, "warnings": warnings})))
}

fn record(course: i64, module: &Module, quiz: &Quiz) -> Value {
    let mut record = json!({
        "id": module.instance,
        "coursemodule": module.cm,
        "course": course,
        "name": text::shown(&module.name),
        "intro": module.intro,
        "introformat": 1,
        "introfiles": [],
        "section": module.section,
        "visible": !module.hidden,
        "groupmode": 0,
        "groupingid": 0,
        "lang": "",
        "timeopen": quiz.opens.unwrap_or(0),
        "timeclose": quiz.closes.unwrap_or(0),
        "timelimit": quiz.limit,
        "overduehandling": "autosubmit",
        "graceperiod": 86_400,
        "preferredbehaviour": "deferredfeedback",
        "canredoquestions": 0,
        "attempts": quiz.attempts,
        "attemptonlast": 0,
        "grademethod": 1,
        "decimalpoints": 2,
        "questiondecimalpoints": -1,
        "reviewattempt": 69_904,
    });
    extend(&mut record, &rest(module, quiz));
    record
}

fn rest(module: &Module, quiz: &Quiz) -> Value {
    json!({
        "reviewcorrectness": 69_904,
        "reviewmaxmarks": 69_904,
        "reviewmarks": 69_904,
        "reviewspecificfeedback": 69_904,
        "reviewgeneralfeedback": 69_904,
        "reviewrightanswer": 69_904,
        "reviewoverallfeedback": 4368,
        "questionsperpage": 1,
        "navmethod": "free",
        "shuffleanswers": 1,
        "sumgrades": 2,
        "grade": quiz.grade,
        "timecreated": module.created,
        "timemodified": module.modified,
        "password": quiz.password,
        "subnet": "",
        "browsersecurity": "",
        "delay1": 0,
        "delay2": 0,
        "showuserpicture": 0,
        "showblocks": 0,
        "completionattemptsexhausted": 0,
        "completionpass": 0,
        "allowofflineattempts": 0,
        "autosaveperiod": 60,
        "hasfeedback": 0,
        "hasquestions": 1,
        "precreateattempts": null,
    })
}

/// Calls `mod_quiz_get_user_quiz_attempts`, or what it was called before Moodle 5.0; without a status it is only those that have ended.
pub(in crate::moodle::functions) fn attempts(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["quizid", "userid", "status", "includepreviews"])?;
    let quiz = take::int(params, "quizid")?;
    let user = match take::int_or(params, "userid", 0)? {
        0 => caller.me.id,
        user => user,
    };
    let status = take::text_or(params, "status", "finished")?;
    take::flag_or(params, "includepreviews", false)?;
    if !["all", "finished", "unfinished"].contains(&status) {
        return Err(Fail::parameter("Invalid status value"));
    }
    let book = caller.moodle.book();
    let (course, contents, module) = caller.opened(&book, "quiz", quiz)?;
    let teaches = caller.sees_hidden(course);
    if user != caller.me.id && !teaches {
        return Err(Fail::permission("View quiz reports"));
    }
    let limit = if let Kind::Quiz(quiz) = &module.kind { quiz.limit } else { 0 };
    let own = contents.attempts.iter().filter(|attempt| attempt.quiz == quiz && attempt.user == user);
    let wanted = own.filter(|attempt| status == "all" || (status == "finished") == attempt.finished.is_some());
    let listed: Vec<Value> = wanted.map(|attempt| describe(attempt, limit, teaches)).collect();
    Ok(write::json(&json!({"attempts": listed, "warnings": []})))
}

fn describe(attempt: &Attempt, limit: i64, teaches: bool) -> Value {
    let ended = attempt.finished.map(|(at, _)| at);
    let mut record = json!({
        "id": attempt.id,
        "quiz": attempt.quiz,
        "userid": attempt.user,
        "attempt": attempt.number,
        "uniqueid": attempt.id,
        "layout": "1,0,2,0",
        "currentpage": 0,
        "preview": 0,
        "state": if ended.is_some() { "finished" } else { "inprogress" },
        "timestart": attempt.started,
        "timefinish": ended.unwrap_or(0),
        "timemodified": ended.unwrap_or(attempt.started),
        "timemodifiedoffline": ended.unwrap_or(attempt.started),
        "timecheckstate": (ended.is_none() && limit > 0).then_some(attempt.started + limit),
        "sumgrades": attempt.finished.map(|(_, points)| super::grades::number(points)),
        "gradeitemmarks": [],
        "gradednotificationsenttime": ended,
    });
    // Who may not yet see marks does not even get an empty list of them.
    if let Some(map) = record.as_object_mut().filter(|_| ended.is_none() && !teaches) {
        map.retain(|key, _| key != "gradeitemmarks");
    }
    record
}
