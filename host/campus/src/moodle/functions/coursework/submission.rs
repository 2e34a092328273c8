//! `mod_assign_get_submission_status`, which writes: it makes an empty submission for who looks.

use serde_json::{Value, json};

use super::super::super::params::Params;
use super::super::super::{Fail, write};
use super::super::{Caller, take};
use crate::school::courses::{Contents, Grade, Kind, Module, Progress, Submission};
use crate::school::{Course, Role};

/// Calls `mod_assign_get_submission_status`.
pub(in crate::moodle::functions) fn submission(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["assignid", "userid", "groupid"])?;
    let id = take::int(params, "assignid")?;
    let user = match take::int_or(params, "userid", 0)? {
        0 => caller.me.id,
        user => user,
    };
    take::int_or(params, "groupid", 0)?;
    let book = caller.moodle.book();
    let (course, contents, module) = caller.opened(&book, "assign", id)?;
    let teaches = caller.sees_hidden(course);
    if user != caller.me.id && !teaches {
        return Err(Fail::permission("View grades"));
    }
    let mut answer = serde_json::Map::new();
    if teaches {
        answer.insert("gradingsummary".into(), summary(caller, course, contents, module));
    }
    if !teaches || user != caller.me.id {
        let own = contents.submissions.iter().find(|row| row.assignment == id && row.user == user);
        let grade = contents.grades.iter().find(|grade| grade.cm == module.cm && grade.user == user);
        let groups: Vec<i64> =
            caller.groups_of(user).filter(|group| group.course == course.id).map(|group| group.id).collect();
        answer.insert("lastattempt".into(), last_attempt(module, own, grade.is_some(), &groups));
        if let Some(grade) = grade {
            answer.insert("feedback".into(), feedback(module, grade));
        }
        if own.is_none() && user == caller.me.id {
            caller.moodle.coursework().submit(module.cm, user, Progress::New, "");
        }
    }
    answer.insert("assignmentdata".into(), json!({"attachments": {"intro": []}}));
    answer.insert("warnings".into(), json!([]));
    Ok(write::json(&answer))
}

fn summary(caller: &Caller<'_>, course: &Course, contents: &Contents, module: &Module) -> Value {
    let rows = || contents.submissions.iter().filter(|row| row.assignment == module.instance);
    let submitted = rows().filter(|row| row.state == Progress::Submitted);
    let is_graded = |row: &&Submission| {
        contents
            .grades
            .iter()
            .any(|grade| grade.cm == module.cm && grade.user == row.user && grade.given > row.modified)
    };
    let is_student =
        |id: &&i64| caller.snapshot.user(**id).is_some_and(|user| user.role == Role::Student && !user.suspended);
    json!({
        "participantcount": course.members.iter().filter(is_student).count(),
        "submissiondraftscount": rows().filter(|row| row.state == Progress::Draft).count(),
        "submissionsenabled": true,
        "submissionssubmittedcount": submitted.clone().count(),
        // A grade of the second of the submission does not count as later.
        "submissionsneedgradingcount": submitted.filter(|row| !is_graded(row)).count(),
        "warnofungroupedusers": "",
    })
}

fn last_attempt(module: &Module, own: Option<&Submission>, graded: bool, groups: &[i64]) -> Value {
    let mut attempt = serde_json::Map::new();
    if let Some(own) = own {
        attempt.insert("submission".into(), row(module, own));
    }
    let rest = json!({
        "submissiongroupmemberswhoneedtosubmit": [],
        "submissionsenabled": true,
        "locked": false,
        "graded": graded,
        "canedit": true,
        "caneditowner": true,
        "cansubmit": own.is_some_and(|own| own.state == Progress::Draft),
        "extensionduedate": if graded { json!(0) } else { Value::Null },
        "timelimit": 0,
        "blindmarking": false,
        "gradingstatus": if graded { "graded" } else { "notgraded" },
        "usergroups": groups,
    });
    attempt.extend(rest.as_object().cloned().into_iter().flatten());
    Value::Object(attempt)
}

fn row(module: &Module, own: &Submission) -> Value {
    let status = match own.state {
        Progress::New => "new",
        Progress::Draft => "draft",
        Progress::Submitted => "submitted",
        Progress::Reopened => "reopened",
    };
    json!({
        "id": own.id,
        "userid": own.user,
        "attemptnumber": 0,
        "timecreated": own.created,
        "timemodified": own.modified,
        "timestarted": null,
        "status": status,
        "groupid": 0,
        "assignment": module.instance,
        "latest": 1,
        "plugins": [
            {
                "type": "onlinetext",
                "name": "Online text",
                "fileareas": [{"area": "submissions_onlinetext", "files": []}],
                "editorfields": [{
                    "name": "onlinetext",
                    "description": "Online text submissions",
                    "text": own.text,
                    "format": i64::from(own.state != Progress::New),
                }],
            },
            {"type": "comments", "name": "Submission comments"},
        ],
    })
}

fn feedback(module: &Module, grade: &Grade) -> Value {
    let highest = if let Kind::Assign(assign) = &module.kind { assign.grade } else { 0 };
    json!({
        "grade": {
            "id": grade.id,
            "assignment": module.instance,
            "userid": grade.user,
            "attemptnumber": 0,
            "timecreated": grade.given,
            "timemodified": grade.given,
            "grader": grade.grader,
            "grade": format!("{:.5}", grade.points),
        },
        "gradefordisplay": format!("{:.2}&nbsp;/&nbsp;{highest}.00", grade.points),
        "gradeddate": grade.given,
        "plugins": [{
            "type": "comments",
            "name": "Feedback comments",
            "fileareas": [{"area": "feedback", "files": []}],
            "editorfields": [{
                "name": "comments",
                "description": "Feedback comments",
                "text": grade.feedback,
                "format": 1,
            }],
        }],
    })
}
