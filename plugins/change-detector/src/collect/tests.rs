//! Looks at recorded answers of a real site, and at answers as they should not be.

use std::collections::BTreeMap;

use beadle_sdk::Error;
use beadle_sdk::catalog::{Completion, Moment, ReviewState};
use beadle_sdk::fixtures::body;
use beadle_sdk::jiff::tz::TimeZone;
use beadle_sdk::moodle::{Question, Site};
use serde_json::json;

use super::*;

mod actions;
mod progress;

const DAY: i64 = 86_400;

/// When the answers were recorded, in seconds since 1970-01-01 UTC.
const RECORDED: i64 = 1_795_198_000;

/// A site that answers each function with a text, or each course, quiz, assignment and page with its own.
#[derive(Default)]
struct Answers {
    /// The discussions of forums.
    forums: BTreeMap<u64, String>,
    texts: BTreeMap<(&'static str, Option<u64>), Result<String, Error>>,
    asked: Vec<Question>,
    memory: Memory,
}

impl Answers {
    fn to(mut self, function: &'static str, text: impl Into<String>) -> Self {
        self.texts.insert((function, None), Ok(text.into()));
        self
    }

    fn of(mut self, course: u64, answer: Result<String, Error>) -> Self {
        self.texts.insert((CONTENTS, Some(course)), answer);
        self
    }

    fn about(mut self, function: &'static str, what: u64, answer: Result<String, Error>) -> Self {
        self.texts.insert((function, Some(what)), answer);
        self
    }

    fn look(mut self, collect: Collect, ids: &[u64]) -> Result<Looked, Error> {
        self.look_at(collect, ids, RECORDED)
    }

    /// Looks at an instant, and has the questions asked since the last look in `asked`.
    fn look_at(&mut self, collect: Collect, ids: &[u64], now: i64) -> Result<Looked, Error> {
        self.asked.clear();
        let settings: Settings =
            serde_json::from_value(json!({ "collect": "courses" })).expect("the settings are read");
        let settings = Settings { collect, ..settings };
        let mut progress = |_: &str, _: usize, _: usize| {};
        let courses: Vec<Course> = ids
            .iter()
            .map(|&id| Course {
                id,
                begins: Some(1_788_220_800),
                short_name: String::new(),
                home: Some("https://school.example".to_owned()),
            })
            .collect();
        let memory = self.memory.clone();
        let reader = Reader { languages: &settings.languages, zone: &TimeZone::UTC };
        let mut wanted = Wanted {
            settings: &settings,
            courses: &courses,
            memory: &memory,
            now,
            first_since: 5,
            reader,
            language: "en",
            progress: &mut progress,
            take: &mut |_| Ok(()),
        };
        look(self, &mut wanted)
    }
}

impl Site for Answers {
    fn ask(&mut self, questions: Vec<Question>) -> Vec<Result<String, Error>> {
        let answer = |(function, arguments): &Question| {
            if *function == DISCUSSIONS {
                let forum = arguments["forumid"].as_u64().expect("a number");
                let away = || Error::Unavailable(format!("forum {forum} is away"));
                return self.forums.get(&forum).cloned().ok_or_else(away);
            }
            let about = ["courseid", "quizid", "assignid", "aftereventid"];
            let what = about.iter().find_map(|name| arguments.get(name)?.as_u64());
            let found = self.texts.get(&(*function, what)).or_else(|| self.texts.get(&(*function, None)));
            found.cloned().unwrap_or_else(|| Err(Error::Unavailable(format!("{function} is away"))))
        };
        let answers = questions.iter().map(answer).collect();
        self.asked.extend(questions);
        answers
    }

    fn ahead(&self) -> i64 {
        0
    }
}

fn denied() -> Error {
    Error::Denied("not granted".into())
}

type Item = beadle_sdk::bindings::imports::beadle::catalog::catalog::Sighting;

/// Returns all items of a look, by key.
fn items(looked: Looked) -> BTreeMap<String, Item> {
    looked.scopes.into_iter().flat_map(|scope| scope.items).map(|item| (item.key.clone(), item)).collect()
}

/// Returns what differs between two looks: keys that come and go, and the aspects of those that stay.
fn differ(before: Looked, after: Looked) -> Vec<String> {
    let (before, after) = (items(before), items(after));
    let mut told = Vec::new();
    for (key, item) in &after {
        match before.get(key) {
            None => told.push(format!("{key} new")),
            Some(then) => {
                let names = item.aspects.iter().filter(|aspect| !then.aspects.contains(aspect));
                told.extend(names.map(|aspect| format!("{key} {}", aspect.name)));
            }
        }
    }
    told.extend(before.keys().filter(|key| !after.contains_key(*key)).map(|key| format!("{key} gone")));
    told
}

fn contents(name: &str) -> Option<Looked> {
    let text = body(&format!("core_course_get_contents.{name}.json"))?;
    Some(Answers::default().to(CONTENTS, text).look(Collect::Contents, &[2]).expect("it is read"))
}

fn assignments(name: &str) -> Option<Looked> {
    let text = body(&format!("mod_assign_get_assignments.{name}.json"))?;
    Some(Answers::default().to(ASSIGNMENTS, text).look(Collect::Assignments, &[2]).expect("it is read"))
}

fn quizzes(name: &str) -> Option<Looked> {
    let text = body(&format!("mod_quiz_get_quizzes_by_courses.{name}.json"))?;
    Some(Answers::default().to(QUIZZES, text).look(Collect::Quizzes, &[2]).expect("it is read"))
}

fn courses(name: &str) -> Option<Looked> {
    let site = body("core_webservice_get_site_info.student.json")?;
    let text = body(&format!("core_enrol_get_users_courses.{name}.json"))?;
    Some(Answers::default().to(SITE, site).to(OWN_COURSES, text).look(Collect::Courses, &[]).expect("it is read"))
}

#[test]
fn a_due_date_is_moved() {
    let (Some(before), Some(after)) = (contents("edge_duedate_before"), contents("edge_duedate_after")) else { return };
    assert_eq!(differ(before, after), ["assign/1 deadline"]);
    let (Some(before), Some(after)) = (assignments("edge_duedate_before"), assignments("edge_duedate_after")) else {
        return;
    };
    assert_eq!(differ(before, after), ["assign/1 deadline"]);
}

#[test]
fn a_quiz_closes_at_another_time() {
    let (Some(before), Some(after)) = (quizzes("edge_quizclose_before"), quizzes("edge_quizclose_after")) else {
        return;
    };
    assert_eq!(differ(before, after), ["quiz/1 deadline"]);
}

#[test]
fn a_section_is_renamed() {
    let (Some(before), Some(after)) = (contents("edge_section_before"), contents("edge_section_after")) else { return };
    let told = differ(before, after);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("section/") && told[0].ends_with(" content"), "{told:?}");
}

#[test]
fn a_course_is_hidden() {
    let (Some(before), Some(after)) = (courses("edge_course_hidden_before"), courses("edge_course_hidden_after"))
    else {
        return;
    };
    assert_eq!(differ(before, after), ["course/5 gone"]);
}

#[test]
fn a_module_that_is_hidden_is_gone_from_the_contents_and_unsure_to_its_service() {
    let (Some(before), Some(after)) = (contents("edge_section_after"), contents("edge_module_hidden")) else { return };
    let told = differ(before, after);
    assert!(told.iter().all(|told| told.ends_with(" gone")) && !told.is_empty(), "{told:?}");
    let Some(looked) = assignments("edge_module_hidden") else { return };
    let scope = looked.scopes.iter().find(|scope| scope.scope == "assignments/2").expect("the course is there");
    assert_eq!(scope.unsure, ["cm/2", "cm/4"], "what a warning names is not missed");
}

#[test]
fn a_module_is_told_with_all_that_matters() {
    let Some(looked) = contents("edge_duedate_after") else { return };
    let items = items(looked);
    let homework = &items["assign/1"];
    assert_eq!((homework.title.as_deref(), homework.kind.as_str()), (Some("Homework 1: kinematics"), "assignment"));
    assert_eq!(homework.due, Some(Moment::At(1_795_993_140_000)));
    assert_eq!(homework.starts, Some(Moment::At(1_794_726_000_000)));
    assert_eq!(homework.completion, Some(Completion::Incomplete));
    assert_eq!(homework.group.as_deref(), Some("cm/1"));
    assert_eq!(homework.facts.len(), 2);
    let conference = &items["bigbluebuttonbn/1"];
    assert!(conference.aspects.iter().all(|aspect| aspect.name != "schedule"), "it has a time that is not told here");
    let label = &items["label/1"];
    assert_eq!(label.body.as_deref(), Some("Read this first – exam on 2027-02-01"));
    let exam = label.aspects.iter().find(|aspect| aspect.name == "exam").expect("it is told");
    assert_eq!(exam.value.as_deref(), Some("2027-02-01"));
    let sheets = &items["folder/1"];
    assert!(sheets.details.contains("sheet-1.txt") && !sheets.details.contains("pluginfile"), "{}", sheets.details);
    assert!(items.values().all(|item| !item.details.contains("token")));
}

#[test]
fn a_teacher_has_nothing_to_complete() {
    let Some(looked) = contents("phys101_teacher") else { return };
    assert!(items(looked).values().all(|item| item.completion.is_none()));
}

#[test]
fn a_name_with_dates_in_it_is_watched() {
    let course = |name: &str, file: &str| {
        let module = json!({ "id": 1, "instance": 1, "modname": "resource", "name": name,
            "contents": [{ "type": "file", "filename": file }] });
        json!([{ "id": 1, "name": "General", "modules": [module] }]).to_string()
    };
    let state = |name: &str, file: &str| {
        let looked =
            Answers::default().to(CONTENTS, course(name, file)).look(Collect::Contents, &[2]).expect("it is read");
        items(looked)["resource/1"].review.clone().map(|review| review.state)
    };
    assert_eq!(state("Notes", "notes.pdf"), Some(ReviewState::None));
    assert_eq!(state("CRONOGRAMA 2027", "notes.pdf"), Some(ReviewState::Watch));
    assert_eq!(state("Notes", "Stundenplan.pdf"), Some(ReviewState::Watch));
}

#[test]
fn one_course_that_fails_leaves_the_others() {
    let course = json!([{ "id": 1, "name": "General", "modules": null }]).to_string();
    let wrong = json!({ "exception": "x", "errorcode": "y" }).to_string();
    let looked = Answers::default()
        .of(2, Ok(course))
        .of(3, Ok(wrong))
        .of(4, Ok("<html>".to_owned()))
        .of(5, Err(Error::Refused { code: "errorcoursecontextnotvalid".into(), message: "hidden".into() }))
        .look(Collect::Contents, &[2, 3, 4, 5])
        .expect("one course is read");
    assert_eq!(looked.scopes.len(), 1);
    assert_eq!((looked.scopes[0].scope.as_str(), looked.scopes[0].course.as_deref()), ("contents/2", Some("course/2")));
    let failed: Vec<&str> = looked.failures.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(failed, ["the contents of course 3", "the contents of course 4", "the contents of course 5"]);
    // Where nothing can be read the run is none.
    let error = Answers::default().look(Collect::Contents, &[2, 3]).expect_err("the site is away");
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(Answers::default().look(Collect::Assignments, &[2]).is_err());
}

#[test]
fn a_course_that_is_left_out_is_not_emptied() {
    let answer = json!({ "courses": [{ "id": 2, "assignments": [] }], "warnings": [] }).to_string();
    let looked = Answers::default().to(ASSIGNMENTS, answer).look(Collect::Assignments, &[2, 3]).expect("it is read");
    assert_eq!(looked.scopes.len(), 1);
    assert_eq!(looked.failures[0].0, "the assignments of course 3");
    let answer =
        json!({ "quizzes": [], "warnings": [{ "item": "course", "itemid": 3, "warningcode": "1" }] }).to_string();
    let looked = Answers::default().to(QUIZZES, answer).look(Collect::Quizzes, &[2, 3]).expect("it is read");
    let scopes: Vec<&str> = looked.scopes.iter().map(|scope| scope.scope.as_str()).collect();
    assert_eq!(scopes, ["quizzes/2"]);
}

#[test]
fn nothing_secret_and_nothing_that_moves_is_kept() {
    let quiz = json!({ "id": 1, "coursemodule": 5, "course": 2, "name": "Quiz", "password": "open-sesame" });
    let answer = json!({ "quizzes": [quiz] }).to_string();
    let looked = Answers::default().to(QUIZZES, answer).look(Collect::Quizzes, &[2]).expect("it is read");
    assert!(!format!("{:?}", looked.scopes).contains("sesame"));
    let moving = |icon: &str| {
        let module = json!({ "id": 1, "instance": 1, "modname": "page", "name": "Welcome", "modicon": icon,
            "dates": [{ "label": icon, "timestamp": 5, "dataid": "timeopen" }] });
        json!([{ "id": 1, "name": "General", "modules": [module] }]).to_string()
    };
    let look =
        |icon: &str| Answers::default().to(CONTENTS, moving(icon)).look(Collect::Contents, &[2]).expect("it is read");
    assert_eq!(items(look("Opens:")), items(look("Opened:")), "labels are words in some language");
}

/// PHP drops what is beyond its thousandth parameter: courses that were not asked about would look empty.
#[test]
fn many_courses_are_asked_about_in_several_calls() {
    let ids: Vec<u64> = (2..=1_001).collect();
    let answer = json!({ "quizzes": [], "events": [], "courses": [], "warnings": [] }).to_string();
    for (collect, function) in
        [(Collect::Quizzes, QUIZZES), (Collect::Calendar, EVENTS), (Collect::Assignments, ASSIGNMENTS)]
    {
        let site = json!({ "userid": 3, "siteurl": "https://school.example" }).to_string();
        let mut answers =
            Answers::default().to(function, answer.as_str()).to(SITE, site).to(GROUPS, r#"{"groups":[]}"#);
        let looked = answers.look_at(collect, &ids, 0);
        let asked: Vec<usize> = answers
            .asked
            .iter()
            .filter(|(asked, _)| *asked == function)
            .map(|(_, arguments)| {
                let courses = arguments.get("courseids").or_else(|| arguments["events"].get("courseids"));
                courses.and_then(Value::as_array).map_or(0, Vec::len)
            })
            .collect();
        assert_eq!(asked, [400, 400, 200], "{function}");
        assert!(looked.is_err() || looked.is_ok_and(|looked| looked.scopes.len() >= 1_000), "{function}");
    }
}

/// Five thousand modules, one of whose descriptions is two megabytes of nested tags.
#[test]
fn large_courses_are_read_in_linear_time() {
    let deep = format!("{}words{}", "<div>".repeat(50_000), "</div>".repeat(50_000)).repeat(3);
    let module = |id: u64| {
        let description = if id == 0 { deep.as_str() } else { "" };
        json!({ "id": id, "instance": id, "modname": "page", "name": format!("Page {id}"), "description": description })
    };
    let modules: Vec<Value> = (0..5_000).map(module).collect();
    let course = json!([{ "id": 1, "name": "General", "modules": modules }]).to_string();
    let looked = Answers::default().to(CONTENTS, course).look(Collect::Contents, &[2]).expect("it is read");
    let items = items(looked);
    assert_eq!(items.len(), 5_001);
    assert_eq!(items["page/0"].body.as_deref(), Some("words\nwords\nwords"));
}

fn discussions(name: &str) -> Option<Looked> {
    let forums = body("mod_forum_get_forums_by_courses.edge_announcement_after.json")?;
    let general = body("mod_forum_get_forum_discussions.general.json")?;
    let news = body(&format!("mod_forum_get_forum_discussions.{name}.json"))?;
    let site = Answers { forums: BTreeMap::from([(1, news), (2, general)]), ..Answers::default() };
    Some(site.to(FORUMS, forums).look(Collect::Forums, &[2]).expect("it is read"))
}

#[test]
fn something_is_announced_and_edited() {
    let (Some(before), Some(after)) = (discussions("edge_announcement_before"), discussions("edge_announcement_after"))
    else {
        return;
    };
    assert_eq!(differ(before, after), ["discussion/4 new"]);
    let (Some(before), Some(after)) = (discussions("edge_announcement_after"), discussions("edge_announcement_edited"))
    else {
        return;
    };
    assert_eq!(differ(before, after), ["discussion/4 content"]);
    let Some(looked) = discussions("edge_announcement_edited") else { return };
    let items = items(looked);
    let news = &items["discussion/4"];
    assert_eq!((news.kind.as_str(), news.title.as_deref()), ("announcement", Some("Exam room changed")));
    assert_eq!(news.body.as_deref(), Some("The exam is in Hall 4."));
    assert_eq!(news.published, Some(Moment::At(1_795_198_382_000)));
    assert_eq!(news.url.as_deref(), Some("https://school.example/mod/forum/discuss.php?d=4"));
    assert!(items.values().any(|item| item.kind == "forum_discussion"));
    assert!(!format!("{items:?}").contains("Alvarez"), "nobody's name is kept");
}

#[test]
fn a_forum_that_cannot_be_read_is_unsure_and_leaves_the_others() {
    let forums =
        json!([{ "id": 1, "course": 2, "type": "news" }, { "id": 2, "course": 2, "type": "general" }]).to_string();
    let news =
        json!({ "discussions": [{ "id": 9, "discussion": "4", "subject": "News", "message": null }] }).to_string();
    let site = Answers { forums: BTreeMap::from([(1, news)]), ..Answers::default() };
    let looked = site.to(FORUMS, forums.clone()).look(Collect::Forums, &[2, 3]).expect("one forum is read");
    let scopes: Vec<(&str, usize, &[String])> =
        looked.scopes.iter().map(|scope| (scope.scope.as_str(), scope.items.len(), &scope.unsure[..])).collect();
    assert_eq!(scopes, [("forums/2", 1, &["forum/2".to_owned()][..]), ("forums/3", 0, &[])]);
    assert_eq!(looked.failures[0].0, "the discussions of forum 2");
    assert!(Answers::default().to(FORUMS, forums).look(Collect::Forums, &[2]).is_err(), "nothing can be read");
}

#[test]
fn a_grade_is_given() {
    let Some(after) = body("gradereport_user_get_grade_items.edge_grade_after.json") else { return };
    let Some(site) = body("core_webservice_get_site_info.student.json") else { return };
    let mut before: Value = serde_json::from_str(&after).expect("JSON");
    for item in before["usergrades"][0]["gradeitems"].as_array_mut().expect("a list") {
        (item["graderaw"], item["gradeformatted"]) = (Value::Null, "-".into());
    }
    let look = |grades: String| {
        Answers::default().to(SITE, site.clone()).to(GRADES, grades).look(Collect::Grades, &[3]).expect("it is read")
    };
    assert_eq!(differ(look(before.to_string()), look(after.clone())), ["assign/5 grade"]);
    let items = items(look(after));
    assert_eq!(items.keys().collect::<Vec<_>>(), ["assign/5"], "totals are made of the others");
    assert_eq!(items["assign/5"].aspects.len(), 1, "all else is the activity's to tell");
    assert_eq!(items["assign/5"].aspects[0].value.as_deref(), Some("80.00 (0–100)"));
    let Some(others) = body("gradereport_user_get_grade_items.teacher_all_users.json") else { return };
    let looked = look(others);
    assert!(looked.scopes.iter().all(|scope| scope.items.is_empty()), "the account is none of those students");
}

fn events(name: &str) -> Option<Looked> {
    let site = body("core_webservice_get_site_info.student.json")?;
    let groups = body("core_group_get_course_user_groups.student_all_courses.json")?;
    let text = body(&format!("core_calendar_get_calendar_events.{name}.json"))?;
    let site = Answers::default().to(SITE, site).to(GROUPS, groups).to(EVENTS, text);
    Some(site.look(Collect::Calendar, &[2, 3, 4, 5]).expect("it is read"))
}

#[test]
fn events_are_moved_and_deleted() {
    let (Some(before), Some(after)) = (events("edge_duedate_before"), events("edge_duedate_after")) else { return };
    assert_eq!(differ(before, after), ["assign/1 deadline"]);
    let (Some(before), Some(after)) = (events("edge_bbbtime_before"), events("edge_bbbtime_after")) else { return };
    let told = differ(before, after);
    assert!(told.len() == 1 && told[0].starts_with("bigbluebuttonbn/") && told[0].ends_with(" schedule"), "{told:?}");
    let (Some(before), Some(after)) = (events("edge_conference_before"), events("edge_conference_moved")) else {
        return;
    };
    let told = differ(before, after);
    assert!(told.len() == 1 && told[0].starts_with("event/") && told[0].ends_with(" schedule"), "{told:?}");
    let (Some(before), Some(after)) = (events("edge_conference_moved"), events("edge_conference_deleted")) else {
        return;
    };
    let told = differ(before, after);
    assert!(told.len() == 1 && told[0].starts_with("event/") && told[0].ends_with(" gone"), "{told:?}");
}

#[test]
fn both_dates_of_a_quiz_are_one_item() {
    let event = |id: u64, what: &str, at: i64| {
        json!({ "id": id, "name": format!("Quiz {what}"), "courseid": 2, "modulename": "quiz", "instance": 7, "eventtype": what,
            "timestart": at, "userid": id })
    };
    let answer =
        json!({ "events": [event(1, "open", 1_800_000_000), event(2, "close", 1_800_003_600)], "warnings": [] });
    let site = Answers::default().to(SITE, r#"{"userid": 3, "siteurl": "https://school.example"}"#);
    let looked = site.to(EVENTS, answer.to_string()).look(Collect::Calendar, &[2]);
    let error = looked.expect_err("whether there are groups is not known now");
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    let site = Answers::default().to(SITE, r#"{"userid": 3, "siteurl": "https://school.example"}"#);
    let site = site.to(GROUPS, r#"{"groups": null}"#).to(EVENTS, answer.to_string());
    let items = items(site.look(Collect::Calendar, &[2]).expect("it is read"));
    let quiz = &items["quiz/7"];
    assert_eq!(
        (quiz.starts.clone(), quiz.due.clone()),
        (Some(Moment::At(1_800_000_000_000)), Some(Moment::At(1_800_003_600_000)))
    );
    assert!(quiz.aspects.iter().all(|aspect| aspect.name != "content"), "its words are its own source's to tell");
}

#[test]
fn only_courses_in_which_something_changed_are_looked_at() {
    let Some(changed) = body("core_course_get_updates_since.edge_duedate_after.json") else { return };
    let Some(contents) = body("core_course_get_contents.edge_duedate_after.json") else { return };
    let quiet = json!({ "instances": [], "warnings": [] }).to_string();
    let mut site =
        Answers::default().to(UPDATES, quiet).of(2, Ok(contents)).of(3, Err(Error::Unavailable("away".into())));
    site.texts.insert((UPDATES, Some(2)), Ok(changed));
    site.texts.insert((UPDATES, Some(5)), Err(Error::Unavailable("away".into())));
    // What asking for a submission leaves behind.
    let own = json!({ "instances": [{ "id": 1, "updates": [{ "name": "submissions", "itemids": [9] }] }] }).to_string();
    site.texts.insert((UPDATES, Some(4)), Ok(own));
    let looked = site.look(Collect::Updates, &[2, 3, 4, 5]).expect("it is read");
    assert_eq!(looked.scopes.iter().map(|scope| scope.scope.as_str()).collect::<Vec<_>>(), ["contents/2"]);
    assert_eq!(looked.checked, [2, 3, 4]);
    assert_eq!(looked.failures[0].0, "the updates of course 5");
}
