//! What courses hold, against the recordings of a real Moodle.

mod common;

use std::path::Path;

use beadle_campus::moodle::ConferenceId;
use beadle_campus::school::courses::{
    Assignment, Attempt, Book, Contents, Discussion, File, Grade, Kind, Module, Progress, Quiz, Section, Submission,
};
use common::lab::{lab_calendar, lab_with_courses};
use common::replay::{Replay, types};
use common::{Hand, RECORDED, fixtures, recording};
use serde_json::{Value, json};

/// When the site was filled, epoch seconds; one of its courses a second later.
const FILLED: i64 = 1_795_197_686;

/// A name in two languages as it was typed.
const ESSAY: &str =
    "<span lang=\"en\" class=\"multilang\">Essay</span><span lang=\"de\" class=\"multilang\">Aufsatz</span>";

/// The student who asks, and the teacher who answers.
const STUDENT: i64 = 3;
const TEACHER: i64 = 37;

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn time(value: &Value) -> Option<i64> {
    value.as_i64().filter(|at| *at != 0)
}

fn assignment(record: &Value) -> Kind {
    Kind::Assign(Assignment {
        opens: time(&record["allowsubmissionsfromdate"]),
        due: time(&record["duedate"]),
        cutoff: time(&record["cutoffdate"]),
        grade: number(&record["grade"]),
    })
}

/// Reads the recorded lists together, as the tables behind them must have stood.
fn lab_book(folder: &Path) -> Book {
    let read = |name: &str| recording(folder, name)["body"].take();
    let assignments: Vec<Value> = ["teacher", "student_all_courses"]
        .iter()
        .flat_map(|case| list(&read(&format!("mod_assign_get_assignments.{case}"))["courses"]).to_vec())
        .flat_map(|course| list(&course["assignments"]).to_vec())
        .collect();
    let quizzes: Vec<Value> = ["teacher", "student"]
        .iter()
        .flat_map(|case| list(&read(&format!("mod_quiz_get_quizzes_by_courses.{case}"))["quizzes"]).to_vec())
        .collect();
    let forums = read("mod_forum_get_forums_by_courses.student");
    let events = read("core_calendar_get_calendar_events.student_30_days");
    let event = |kind: &str, instance: i64, what: &str| {
        let is_it =
            |event: &&Value| event["modulename"] == kind && event["instance"] == instance && event["eventtype"] == what;
        list(&events["events"]).iter().find(is_it).map_or(9000 + instance, |event| number(&event["id"]))
    };
    let mut book = Book::default();
    for (course, case) in [(2, "phys101_teacher"), (3, "hist200_student"), (4, "bio300_student")] {
        let mut contents = Contents::default();
        for section in list(&read(&format!("core_course_get_contents.{case}"))) {
            contents.sections.push(Section {
                id: number(&section["id"]),
                number: number(&section["section"]),
                name: words(&section["name"]),
                summary: words(&section["summary"]),
            });
            for line in list(&section["modules"]) {
                let (cm, instance) = (number(&line["id"]), number(&line["instance"]));
                let of = |all: &[Value]| all.iter().find(|row| row["id"] == instance).cloned().unwrap_or_default();
                let (record, kind) = match line["modname"].as_str() {
                    Some("assign") => {
                        let record = of(&assignments);
                        let kind = assignment(&record);
                        (record, kind)
                    }
                    Some("quiz") => {
                        let record = of(&quizzes);
                        let kind = Kind::Quiz(Quiz {
                            opens: time(&record["timeopen"]),
                            closes: time(&record["timeclose"]),
                            limit: number(&record["timelimit"]),
                            attempts: number(&record["attempts"]),
                            grade: number(&record["grade"]),
                            password: words(&record["password"]),
                        });
                        (record, kind)
                    }
                    Some("forum") => {
                        let record = of(list(&forums));
                        let kind = Kind::Forum { news: record["type"] == "news" };
                        (record, kind)
                    }
                    Some("page") => (Value::Null, Kind::Page),
                    Some("url") => (Value::Null, Kind::Url { address: words(&line["contents"][0]["fileurl"]) }),
                    Some("resource") => {
                        let file = &line["contents"][0];
                        let file = File {
                            id: 18,
                            name: words(&file["filename"]),
                            size: number(&file["filesize"]),
                            media: words(&file["mimetype"]),
                            modified: number(&file["timemodified"]),
                        };
                        (Value::Null, Kind::Resource(file))
                    }
                    Some("label") => (Value::Null, Kind::Label),
                    // Not simulated, or a conference.
                    _ => continue,
                };
                let made = time(&record["timemodified"]).unwrap_or(FILLED + i64::from(course == 4));
                let is_label = kind == Kind::Label;
                let intro = if is_label {
                    "<p><strong>Read this first</strong> – exam on 2027-02-01</p>".into()
                } else {
                    words(&record["intro"])
                };
                contents.modules.push(Module {
                    cm,
                    instance,
                    events: [
                        event("quiz", instance, "open"),
                        if line["modname"] == "assign" {
                            event("assign", instance, "due")
                        } else {
                            event("quiz", instance, "close")
                        },
                    ],
                    section: number(&section["section"]),
                    intro,
                    created: made,
                    modified: made,
                    hidden: line["visible"] == 0,
                    available: line["availability"].is_string().then_some(1_795_561_200),
                    ..Module::new(kind, words(&line["name"]).replace("EssayAufsatz", ESSAY))
                });
            }
        }
        book.courses.insert(course, contents);
    }
    // The contents of this course were not recorded.
    let chemistry = assignments.iter().filter(|record| record["course"] == 5).map(|record| Module {
        cm: number(&record["cmid"]),
        instance: number(&record["id"]),
        events: [0, event("assign", number(&record["id"]), "due")],
        intro: words(&record["intro"]),
        created: number(&record["timemodified"]),
        modified: number(&record["timemodified"]),
        ..Module::new(assignment(record), words(&record["name"]))
    });
    book.courses.insert(5, Contents { modules: chemistry.collect(), ..Contents::default() });
    let physics = book.courses.get_mut(&2).expect("course");
    for (forum, case) in [(1, "announcements"), (2, "general")] {
        for one in list(&read(&format!("mod_forum_get_forum_discussions.{case}"))["discussions"]) {
            physics.discussions.push(Discussion {
                id: number(&one["discussion"]),
                post: number(&one["id"]),
                forum,
                subject: words(&one["subject"]),
                message: words(&one["message"]),
                author: number(&one["userid"]),
                last_author: number(&one["usermodified"]),
                created: number(&one["created"]),
                edited: number(&one["modified"]),
                modified: number(&one["timemodified"]),
                replies: number(&one["numreplies"]),
                pinned: one["pinned"] == true,
            });
        }
    }
    let submission = |id, assignment, user, state, text: &str, at| Submission {
        id,
        assignment,
        user,
        state,
        text: text.into(),
        created: at,
        modified: at,
    };
    physics.submissions = vec![
        submission(1, 2, STUDENT, Progress::Submitted, "<p>My report.</p>", 1_795_197_687),
        submission(2, 1, STUDENT, Progress::New, "", 1_795_197_956),
        submission(3, 3, STUDENT, Progress::New, "", 1_795_197_956),
    ];
    let grade = |cm, points, feedback: &str, given| Grade {
        id: 1,
        cm,
        user: STUDENT,
        grader: TEACHER,
        points,
        feedback: feedback.into(),
        given,
    };
    physics.grades = vec![grade(2, 17.5, "<p>Good &amp; tidy.</p>", 1_795_197_687), grade(5, 10.0, "", 1_795_197_953)];
    let at = 1_795_197_953;
    let attempt = |id, finished| Attempt { id, quiz: 1, user: STUDENT, number: id, started: at, finished };
    physics.attempts = vec![attempt(1, Some((at, 2.0))), attempt(2, None)];
    book
}

async fn lab(folder: &Path, hand: &Hand) -> Replay {
    let school = lab_with_courses(folder, lab_calendar(folder)).with_book(lab_book(folder));
    Replay::on(school, hand).await
}

/// What is not simulated: other modules, completion, files in texts, ways to hand in.
const OTHER_MODULES: [&str; 3] = ["qbank", "folder", "choice"];
const OTHER_IDS: [i64; 2] = [11, 15];
const OTHER_UPDATES: [&str; 4] = ["introattachmentfiles", "introfiles", "questions", "gradeitems"];
const DROPPED: [&str; 12] = [
    "completion",
    "completiondata",
    "introfiles",
    "introattachments",
    "messageinlinefiles",
    "attachment",
    "attachments",
    "configs",
    "assignmentdata",
    "plugins",
    "courseidnumber",
    "usergroups",
];
const BLURRED: [&str; 13] = [
    "contextid",
    "availabilityinfo",
    "gradingduedate",
    "submissiondrafts",
    "completionsubmit",
    "sumgrades",
    "hasquestions",
    "categoryid",
    "formattedtime",
    "timeusermidnight",
    "editurl",
    "lastid",
    "iteminstance",
];

/// Takes out of an answer what is not simulated, and of what is drawn at random leaves the type.
fn blur(value: &mut Value) {
    match value {
        Value::Array(all) => {
            all.retain(|one| {
                let module = one.get("modname").or(one.get("modulename")).and_then(Value::as_str).unwrap_or_default();
                !OTHER_MODULES.contains(&module) && one["eventtype"] != "expectcompletionon"
            });
            // Courses come in the order of their categories, of which there is one here.
            all.sort_by_key(|one| if one.get("assignments").is_some() { number(&one["id"]) } else { 0 });
            all.retain(|one| {
                let is_other = one["contextlevel"] == "module" && OTHER_IDS.contains(&number(&one["id"]));
                let update = one["name"].as_str().filter(|_| one.get("itemids").is_some()).unwrap_or_default();
                !is_other && !OTHER_UPDATES.contains(&update)
            });
            all.iter_mut().for_each(blur);
        }
        Value::Object(map) => {
            map.retain(|name, _| !DROPPED.contains(&name.as_str()));
            let is_course = map.contains_key("assignments");
            let is_item = map.contains_key("itemtype");
            for (name, inner) in map.iter_mut() {
                match name.as_str() {
                    "customdata" => {
                        let mut data: Value = serde_json::from_str(&words(inner)).expect("JSON in a text");
                        if let Some(data) = data.as_object_mut() {
                            data.retain(|name, _| name != "customcompletionrules");
                        }
                        *inner = data;
                    }
                    "course" if inner.is_object() => *inner = types(inner),
                    // Links in a text that is given are not those of this site.
                    "message" if words(inner).contains("http") => *inner = json!("text"),
                    "id" if is_item => *inner = types(inner),
                    "timemodified" if is_course => *inner = types(inner),
                    // A text with files in it loses them in the calendar.
                    "intro" | "description" if words(inner).starts_with("<p>Solve the sheet.") => {
                        *inner = json!("text")
                    }
                    name if BLURRED.contains(&name) => *inner = types(inner),
                    _ => blur(inner),
                }
            }
        }
        _ => {}
    }
}

/// Lists where two answers differ: whole answers are too long to read.
fn differences(at: &str, got: &Value, wanted: &Value, found: &mut Vec<String>) {
    match (got, wanted) {
        (Value::Array(got), Value::Array(wanted)) if got.len() == wanted.len() => {
            for (index, (got, wanted)) in got.iter().zip(wanted).enumerate() {
                differences(&format!("{at}[{index}]"), got, wanted, found);
            }
        }
        (Value::Object(got), Value::Object(wanted)) => {
            if !got.keys().eq(wanted.keys()) {
                let names = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>().join(",");
                found.push(format!("{at}: keys {} instead of {}", names(got), names(wanted)));
            }
            for (name, got) in got {
                differences(&format!("{at}.{name}"), got, wanted.get(name).unwrap_or(&Value::Null), found);
            }
        }
        _ if got != wanted => found.push(format!("{at}: {got} instead of {wanted}")),
        _ => {}
    }
}

/// Asks what was recorded under each name, after its change, and compares.
async fn assert_recorded(replay: &Replay, folder: &Path, steps: &[(&str, &dyn Fn())]) {
    let mut found = Vec::new();
    for (name, change) in steps {
        change();
        let (mut got, mut wanted) = replay.ask(folder, name).await;
        blur(&mut got);
        blur(&mut wanted);
        differences(name, &got, &wanted, &mut found);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn contents_and_lists_are_answered_as_recorded() {
    let Some(folder) = fixtures("moodle") else { return };
    let replay = lab(&folder, &Hand::at(RECORDED * 1000)).await;
    let names = [
        "core_course_get_contents.phys101_student",
        "core_course_get_contents.phys101_teacher",
        "core_course_get_contents.bio300_student",
        "core_course_get_contents.hist200_student",
        "core_course_get_contents.phys101_excludecontents",
        "core_course_get_contents.phys101_modname_bbb",
        "core_course_get_contents.no_such_course",
        "core_course_get_contents.not_enrolled",
        "core_course_get_contents.unknown_option",
        "mod_assign_get_assignments.student",
        "mod_assign_get_assignments.teacher",
        "mod_assign_get_assignments.student_all_courses",
        "mod_assign_get_assignments.unknown_course",
        "mod_assign_get_assignments.not_enrolled",
        "mod_quiz_get_quizzes_by_courses.student",
        "mod_quiz_get_quizzes_by_courses.teacher",
        "mod_forum_get_forums_by_courses.student",
        "mod_forum_get_forum_discussions.announcements",
        "mod_forum_get_forum_discussions.announcements_paged",
        "mod_forum_get_forum_discussions.general",
        "mod_forum_get_forum_discussions.no_such",
        "mod_quiz_get_user_attempts.all",
        "mod_quiz_get_user_attempts.default_status",
        "mod_quiz_get_user_attempts.finished",
        "mod_quiz_get_user_attempts.unfinished",
        "mod_quiz_get_user_attempts.teacher_of_student",
        "mod_quiz_get_user_quiz_attempts.all",
        "mod_assign_get_submission_status.student_a1",
        "mod_assign_get_submission_status.student_a2",
        "mod_assign_get_submission_status.student_a3",
        "mod_assign_get_submission_status.student_a4",
        "mod_assign_get_submission_status.no_such",
        "mod_assign_get_submission_status.teacher",
        "core_course_get_updates_since.phys101",
        "gradereport_user_get_grade_items.student",
        "gradereport_user_get_grade_items.other_user",
        "core_calendar_get_calendar_events.student_30_days",
        "core_calendar_get_action_events_by_timesort.student_30_days",
        "core_calendar_get_action_events_by_timesort.student_default",
        "core_calendar_get_action_events_by_timesort.student_past_10_days",
        "core_calendar_get_action_events_by_timesort.student_page1",
        "core_calendar_get_action_events_by_timesort.teacher",
        "core_calendar_get_action_events_by_timesort.limit_0",
        "core_calendar_get_action_events_by_timesort.limit_51",
    ];
    let nothing: &dyn Fn() = &|| ();
    assert_recorded(&replay, &folder, &names.map(|name| (name, nothing))).await;
}

#[tokio::test]
async fn every_recorded_change_is_repeated_by_a_hand() {
    let Some(folder) = fixtures("moodle") else { return };
    let hand = Hand::at(RECORDED * 1000);
    let replay = lab(&folder, &hand).await;
    let (moodle, nothing): (_, &dyn Fn()) = (replay.campus.moodle(), &|| ());
    let hands = moodle.coursework();
    // As before these recordings: the addresses of pictures are others.
    hands.purge_caches();
    let conference = ConferenceId::Event(22);
    let at = |second: i64| hand.set((1_795_198_000 + second) * 1000);
    let steps: [(&str, &dyn Fn()); 33] = [
        ("core_course_get_contents.edge_duedate_before", nothing),
        ("mod_assign_get_assignments.edge_duedate_before", nothing),
        ("core_calendar_get_calendar_events.edge_duedate_before", nothing),
        ("core_course_get_contents.edge_duedate_after", &|| {
            at(371);
            hands.move_due(1, Some(1_795_993_140));
        }),
        ("mod_assign_get_assignments.edge_duedate_after", nothing),
        ("core_calendar_get_calendar_events.edge_duedate_after", nothing),
        ("core_course_get_updates_since.edge_duedate_after", nothing),
        ("mod_quiz_get_quizzes_by_courses.edge_quizclose_before", nothing),
        ("mod_quiz_get_quizzes_by_courses.edge_quizclose_after", &|| {
            at(374);
            hands.drag_closing(5, 1_795_892_400, TEACHER);
        }),
        ("core_course_get_updates_since.edge_quizclose_after", nothing),
        ("core_course_get_updates_since.edge_bbbtime_after", &|| {
            at(376);
            moodle.conferences().move_to(ConferenceId::Activity(1), 1_795_428_000);
        }),
        ("core_course_get_contents.edge_section_before", &|| {
            at(377);
            moodle.conferences().rename(ConferenceId::Activity(1), "Weekly lecture (online) - new room");
        }),
        ("core_course_get_contents.edge_section_after", &|| {
            at(379);
            hands.rename_section(4, "Energy & work");
        }),
        ("core_course_get_updates_since.edge_section_after", nothing),
        ("mod_forum_get_forum_discussions.edge_announcement_before", nothing),
        ("mod_forum_get_forum_discussions.edge_announcement_after", &|| {
            at(382);
            hands.announce(8, TEACHER, "Exam room changed", "<p>The exam is in <b>Hall 3</b>.</p>");
        }),
        ("mod_forum_get_forums_by_courses.edge_announcement_after", nothing),
        ("core_course_get_updates_since.edge_announcement_after", nothing),
        ("mod_forum_get_forum_discussions.edge_announcement_edited", &|| {
            at(385);
            hands.edit_post(4, "<p>The exam is in <b>Hall 4</b>.</p>");
        }),
        ("core_calendar_get_calendar_events.edge_conference_moved", &|| {
            moodle.conferences().move_to(conference, 1_795_705_200);
            moodle.conferences().set_closing(conference, Some(1_795_708_800));
        }),
        ("core_calendar_get_calendar_events.edge_conference_deleted", &|| moodle.conferences().cancel(conference)),
        ("core_course_get_contents.edge_module_hidden", &|| {
            at(388);
            hands.hide(2);
        }),
        ("mod_assign_get_assignments.edge_module_hidden", nothing),
        ("mod_assign_get_submission_status.edge_module_hidden", nothing),
        ("core_course_get_updates_since.edge_module_hidden", nothing),
        ("mod_assign_get_submission_status.edge_submission_after", &|| {
            at(389);
            hands.submit(3, STUDENT, Progress::Draft, "<p>Done</p>");
        }),
        ("gradereport_user_get_grade_items.edge_grade_after", &|| {
            at(390);
            hands.grade(24, STUDENT, TEACHER, 80.0, "");
        }),
        ("core_course_get_contents.edge_bbb_deletion_marked", &|| {
            moodle.conferences().mark_deleted(ConferenceId::Activity(7));
        }),
        ("gradereport_user_get_grade_items.edge_course_hidden_after", &|| moodle.conferences().hide_course(5)),
        ("core_course_get_contents.edge_course_hidden_after", nothing),
        ("core_course_get_updates_since.edge_course_hidden_after", nothing),
        ("mod_assign_get_assignments.edge_course_hidden_after", nothing),
        ("core_calendar_get_calendar_events.edge_course_hidden_after", nothing),
    ];
    assert_recorded(&replay, &folder, &steps).await;
}
