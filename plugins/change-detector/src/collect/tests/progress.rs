//! How far the account is, where Moodle wants a call for each activity.

use std::collections::BTreeSet;

use super::*;
use crate::memory::Known;

const NONE: &str = r#"{"attempts": [], "warnings": []}"#;

fn refused(code: &str) -> Error {
    Error::Refused { code: code.into(), message: "no".into() }
}

fn attempts(states: &[&str]) -> String {
    let attempts: Vec<Value> = states.iter().map(|state| json!({ "state": state, "preview": 0 })).collect();
    json!({ "attempts": attempts }).to_string()
}

fn quiz(id: u64, course: u64, opens: i64, closes: i64) -> Value {
    json!({ "id": id, "coursemodule": id, "course": course, "name": "Quiz", "timeopen": opens, "timeclose": closes })
}

fn with_quizzes(quizzes: &[Value]) -> Answers {
    Answers::default().to(QUIZZES, json!({ "quizzes": quizzes }).to_string())
}

/// Returns about which activities a function was asked.
fn asked(site: &Answers, function: &str) -> Vec<u64> {
    let of = site.asked.iter().filter(|(name, _)| *name == function);
    of.filter_map(|(_, about)| about["quizid"].as_u64().or(about["assignid"].as_u64())).collect()
}

fn known(completed: bool, details: Value) -> Known {
    Known { completed, details }
}

#[test]
fn a_finished_attempt_completes_a_quiz() {
    let Some(quizzes) = body("mod_quiz_get_quizzes_by_courses.student.json") else { return };
    let Some(made) = body("mod_quiz_get_user_quiz_attempts.all.json") else { return };
    let mut site = Answers::default().to(QUIZZES, quizzes).to(ATTEMPTS, NONE).about(ATTEMPTS, 1, Ok(made));
    let looked = site.look_at(Collect::Quizzes, &[2, 3, 4], RECORDED).expect("it is read");
    assert_eq!(asked(&site, ATTEMPTS), [1, 3], "the second is not open yet");
    assert_eq!(looked.asked, BTreeSet::from(["quiz/1".to_owned(), "quiz/3".to_owned()]));
    let items = items(looked);
    assert_eq!(items["quiz/1"].completion, Some(Completion::Completed));
    let details: Value = serde_json::from_str(&items["quiz/1"].details).expect("JSON");
    assert_eq!((&details["attempts-finished"], &details["attempts-unfinished"]), (&json!(1), &json!(1)));
    assert_eq!((items["quiz/2"].completion, items["quiz/3"].completion), (None, None));
    assert!(items["quiz/1"].aspects.iter().all(|aspect| !aspect.name.contains("completion")), "it is no change");
}

#[test]
fn what_attempts_say_of_a_quiz() {
    for (states, completion) in [
        (&[][..], None),
        (&["finished", "inprogress"], Some(Completion::Completed)),
        (&["submitted"], Some(Completion::Completed)),
        (&["inprogress"], Some(Completion::Incomplete)),
        (&["abandoned", "overdue"], Some(Completion::Incomplete)),
        (&["notstarted"], None),
    ] {
        let site = with_quizzes(&[quiz(1, 2, 0, RECORDED + DAY)]).to(ATTEMPTS, attempts(states));
        let items = items(site.look(Collect::Quizzes, &[2]).expect("it is read"));
        assert_eq!(items["quiz/1"].completion, completion, "{states:?}");
    }
    let preview = r#"{"attempts": [{"state": "finished", "preview": 1}]}"#;
    let site = with_quizzes(&[quiz(1, 2, 0, RECORDED + DAY)]).to(ATTEMPTS, preview);
    assert_eq!(items(site.look(Collect::Quizzes, &[2]).expect("it is read"))["quiz/1"].completion, None);
}

#[test]
fn an_older_site_is_asked_with_the_older_function_after_one_refusal() {
    let quizzes: Vec<Value> = (1..=3).map(|id| quiz(id, 2, 0, RECORDED + DAY)).collect();
    for why in [refused("accessexception"), refused("invalidrecordunknown"), denied()] {
        let mut site = with_quizzes(&quizzes).to(OLD_ATTEMPTS, attempts(&["finished"]));
        site.texts.insert((ATTEMPTS, None), Err(why));
        let looked = site.look_at(Collect::Quizzes, &[2], RECORDED).expect("it is read");
        assert_eq!((asked(&site, ATTEMPTS).len(), asked(&site, OLD_ATTEMPTS)), (1, vec![1, 2, 3]));
        assert!(looked.failures.is_empty());
        assert!(items(looked).values().all(|item| item.completion == Some(Completion::Completed)));
    }
}

#[test]
fn attempts_that_cannot_be_read_leave_the_quizzes() {
    let quizzes = [quiz(1, 2, 0, RECORDED + DAY), quiz(2, 2, 0, RECORDED + DAY)];
    let look = |new: Error, old: Error| {
        let mut site = with_quizzes(&quizzes);
        site.texts.insert((ATTEMPTS, None), Err(new));
        site.texts.insert((OLD_ATTEMPTS, None), Err(old));
        site.memory
            .known
            .insert("quiz/1".into(), known(false, json!({ "attempts-finished": 0, "attempts-unfinished": 1 })));
        site.look(Collect::Quizzes, &[2]).expect("the quizzes are read")
    };
    let looked = look(denied(), denied());
    assert!(looked.failures.is_empty() && looked.asked.is_empty(), "not granted is no failure");
    assert_eq!(items(looked)["quiz/1"].completion, Some(Completion::Incomplete), "it stays as it was told");
    assert_eq!(look(refused("accessexception"), denied()).failures[0].1.code(), Some("accessexception"));
    // One of several: the others are read.
    let site = with_quizzes(&quizzes).to(ATTEMPTS, attempts(&["finished"])).about(
        ATTEMPTS,
        1,
        Err(refused("requireloginerror")),
    );
    let looked = site.look(Collect::Quizzes, &[2]).expect("it is read");
    assert_eq!((looked.failures.len(), looked.asked.len()), (1, 2), "what the site refuses is not asked again today");
    assert_eq!(items(looked)["quiz/2"].completion, Some(Completion::Completed));
}

#[test]
fn quizzes_are_asked_about_when_it_is_time() {
    let quizzes = [
        quiz(1, 2, 0, RECORDED + DAY),
        quiz(2, 2, 0, RECORDED + 9 * DAY),
        quiz(3, 2, 0, 0),
        quiz(4, 2, RECORDED + 60, 0),
        quiz(5, 2, 0, RECORDED - 2 * DAY),
        quiz(6, 2, 0, RECORDED - 4 * DAY),
        quiz(7, 2, 0, RECORDED + DAY),
    ];
    let mut site = with_quizzes(&quizzes).to(ATTEMPTS, NONE);
    let made = json!({ "attempts-finished": 2, "attempts-unfinished": 0 });
    site.memory.known.insert("quiz/7".into(), known(true, made));
    let looked = site.look_at(Collect::Quizzes, &[2], RECORDED).expect("it is read");
    assert_eq!(asked(&site, ATTEMPTS), [5, 1, 2, 3]);
    site.memory.asked = looked.asked.clone();
    let items = items(looked);
    assert_eq!(items["quiz/7"].completion, Some(Completion::Completed), "it stays as it was told");
    assert!(items["quiz/7"].details.contains(r#""attempts-finished":2"#), "{}", items["quiz/7"].details);
    site.look_at(Collect::Quizzes, &[2], RECORDED).expect("it is read");
    assert_eq!(asked(&site, ATTEMPTS), [1], "one that closes soon is asked about in each run");
}

/// Ten courses with five quizzes each, all open: no run asks for much, and none for the same again.
#[test]
fn many_quizzes_are_asked_about_in_turn() {
    let courses: Vec<u64> = (2..12).collect();
    let quizzes: Vec<Value> = (0..50).map(|id| quiz(id, 2 + id / 5, 0, RECORDED + 9 * DAY)).collect();
    let mut site = with_quizzes(&quizzes).to(ATTEMPTS, NONE);
    let mut calls = Vec::new();
    for _ in 0..3 {
        let mut looked = site.look_at(Collect::Quizzes, &courses, RECORDED).expect("it is read");
        calls.push(site.asked.len());
        site.memory.asked.append(&mut looked.asked);
    }
    assert_eq!(calls, [41, 11, 1]);
}

fn assignment(id: u64, due: i64, cutoff: i64) -> Value {
    json!({ "id": id, "cmid": id, "name": "Essay", "duedate": due, "cutoffdate": cutoff, "nosubmissions": 0 })
}

fn with_assignments(assignments: &[Value]) -> Answers {
    let courses = json!({ "courses": [{ "id": 2, "assignments": assignments }] });
    Answers::default().to(ASSIGNMENTS, courses.to_string())
}

#[test]
fn a_submission_completes_an_assignment() {
    let Some(assignments) = body("mod_assign_get_assignments.student_all_courses.json") else { return };
    let status = |case: &str| body(&format!("mod_assign_get_submission_status.{case}.json")).map(Ok);
    let (Some(new), Some(handed_in)) = (status("student_a1"), status("student_a2")) else { return };
    let (Some(draft), Some(Ok(teacher))) = (status("edge_submission_after"), status("teacher")) else { return };
    let mut site = Answers::default()
        .to(ASSIGNMENTS, assignments)
        .to(SUBMISSION, teacher)
        .about(SUBMISSION, 1, new)
        .about(SUBMISSION, 2, handed_in)
        .about(SUBMISSION, 3, draft);
    let looked = site.look_at(Collect::Assignments, &[2, 3, 4, 5], RECORDED).expect("it is read");
    assert!(looked.failures.is_empty());
    assert_eq!(asked(&site, SUBMISSION), [2, 7, 1, 5, 6, 3]);
    site.memory.asked = looked.asked.clone();
    assert!(!format!("{looked:?}").contains("My report"), "what was handed in is not read");
    let items = items(looked);
    let of = |key: &str| (items[key].completion, serde_json::from_str::<Value>(&items[key].details).expect("JSON"));
    let (completion, details) = of("assign/2");
    assert_eq!(completion, Some(Completion::Completed));
    assert_eq!((&details["submission"], &details["grading"]), (&json!("submitted"), &json!("graded")));
    let (completion, details) = of("assign/1");
    assert_eq!((completion, &details["submission"]), (None, &Value::Null), "asking makes it new");
    let (completion, details) = of("assign/3");
    assert_eq!((completion, &details["submission"]), (Some(Completion::Incomplete), &json!("draft")));
    assert_eq!(of("assign/5").0, None, "a teacher hands in nothing");
    site.look_at(Collect::Assignments, &[2, 3, 4, 5], RECORDED).expect("it is read");
    assert_eq!(asked(&site, SUBMISSION), [0_u64; 0], "once a day");
}

#[test]
fn only_open_assignments_are_asked_about() {
    let elsewhere = json!({ "id": 6, "cmid": 6, "name": "Talk", "duedate": RECORDED + DAY, "nosubmissions": 1 });
    let assignments = [
        assignment(1, RECORDED + 60, RECORDED + DAY),
        assignment(2, RECORDED - 9 * DAY, 0),
        assignment(3, RECORDED - 9 * DAY, RECORDED - 8 * DAY),
        assignment(4, RECORDED - 60 * DAY, 0),
        assignment(5, RECORDED + DAY, 0),
        elsewhere,
    ];
    let mut site = with_assignments(&assignments).to(SUBMISSION, "{}");
    site.memory.known.insert("assign/5".into(), known(true, Value::Null));
    site.look_at(Collect::Assignments, &[2], RECORDED).expect("it is read");
    assert_eq!(asked(&site, SUBMISSION), [2, 1]);
}

/// As in a dry run, and where the operator has not allowed it.
#[test]
fn without_leave_to_write_a_submission_stays_as_it_was_told() {
    let all: Vec<Value> = (1..=3).map(|id| assignment(id, RECORDED + DAY, 0)).collect();
    let mut site = with_assignments(&all);
    site.texts.insert((SUBMISSION, None), Err(denied()));
    let details = json!({ "submission": "draft", "grading": null });
    site.memory.known.insert("assign/1".into(), known(false, details));
    let looked = site.look_at(Collect::Assignments, &[2], RECORDED).expect("it is read");
    assert_eq!(asked(&site, SUBMISSION), [1], "one denial is enough");
    assert!(looked.failures.is_empty() && looked.asked.is_empty());
    let items = items(looked);
    assert_eq!(items["assign/1"].completion, Some(Completion::Incomplete));
    assert!(items["assign/1"].details.contains("draft"));
    assert_eq!(items["assign/2"].completion, None);
}

#[test]
fn a_group_hands_in_together() {
    let state = |own: &str, group: &str| {
        let attempt = json!({ "submission": { "status": own }, "teamsubmission": { "status": group } });
        let site = with_assignments(&[assignment(1, RECORDED + DAY, 0)])
            .to(SUBMISSION, json!({ "lastattempt": attempt }).to_string());
        items(site.look(Collect::Assignments, &[2]).expect("it is read"))["assign/1"].completion
    };
    assert_eq!(state("new", "submitted"), Some(Completion::Completed));
    assert_eq!(state("submitted", "draft"), Some(Completion::Completed), "the others have still to agree");
    assert_eq!(state("reopened", "reopened"), Some(Completion::Incomplete));
    assert_eq!(state("new", "new"), None);
}
