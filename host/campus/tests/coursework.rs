//! Coursework: how it comes about, what each hand changes in the answers, and the traps between the functions.

mod common;

use std::collections::HashSet;

use beadle_campus::Campus;
use beadle_campus::moodle::{Account, COURSEWORK};
use beadle_campus::school::conferences::Calendar;
use beadle_campus::school::courses::{Assignment, Book, Coursework, Kind, Module, Progress, Quiz};
use beadle_campus::school::{Plan, School};
use common::{Hand, RECORDED, call, campus};
use serde_json::{Value, json};

const NOW: i64 = RECORDED * 1000;
const DAY: i64 = 86_400;

const CONTENTS: &str = "core_course_get_contents";
const ASSIGNMENTS: &str = "mod_assign_get_assignments";
const QUIZZES: &str = "mod_quiz_get_quizzes_by_courses";
const EVENTS: &str = "core_calendar_get_calendar_events";
const UPDATES: &str = "core_course_get_updates_since";
const STATUS: &str = "mod_assign_get_submission_status";
const TIMELINE: &str = "core_calendar_get_action_events_by_timesort";

fn school() -> School {
    School::new(&Plan { students: 20, ..Plan::compressed() }).with_calendar(Calendar::default())
}

/// A school with one assignment in its first course, due tomorrow.
struct World {
    campus: Campus,
    hand: Hand,
    course: String,
    cm: i64,
}

impl World {
    async fn new() -> Self {
        let hand = Hand::at(NOW);
        let campus = campus(school(), &hand).await;
        let course = campus.school().courses()[0].id;
        let due = Some(RECORDED + DAY);
        let module = Module::new(Kind::Assign(Assignment { due, grade: 100, ..Assignment::default() }), "Essay & more");
        let cm = campus.moodle().coursework().add(course, module);
        hand.set(NOW + 60_000);
        Self { campus, hand, course: course.to_string(), cm }
    }

    async fn call(&self, account: Account, function: &str, params: &[(&str, &str)]) -> Value {
        call(&self.campus.moodle_url, account.token(), function, params).await
    }

    async fn ask(&self, function: &str, params: &[(&str, &str)]) -> Value {
        self.call(Account::Full, function, params).await
    }

    async fn updates(&self, since: i64) -> Value {
        let since = since.to_string();
        self.ask(UPDATES, &[("courseid", &self.course), ("since", &since)]).await["instances"].take()
    }

    async fn events(&self) -> Value {
        self.ask(EVENTS, &[("events[courseids][0]", &self.course)]).await["events"].take()
    }

    async fn timeline(&self) -> Vec<Value> {
        self.ask(TIMELINE, &[]).await["events"].as_array().expect("list").clone()
    }

    fn watcher(&self) -> i64 {
        self.campus.school().account("wsbeadle").expect("account").id
    }
}

/// Counts modules by kind.
fn count(book: &Book, kind: &str) -> usize {
    book.modules().filter(|(_, module)| module.kind.name() == kind).count()
}

#[test]
fn equal_plans_make_equal_coursework_of_hundreds_of_courses() {
    let plan = Coursework { courses: 300, modules: 30, ..Coursework::default() };
    let school = school().with_coursework(&plan);
    let book = school.book();
    assert_eq!((school.courses().len(), book.courses.len()), (300, 300));
    for (kind, of_ten) in
        [("assign", 2), ("quiz", 1), ("forum", 1), ("page", 2), ("url", 1), ("resource", 2), ("label", 1)]
    {
        assert_eq!(count(book, kind), 300 * 3 * of_ten, "{kind}");
    }
    let ids: HashSet<i64> = book.modules().map(|(_, module)| module.cm).collect();
    assert_eq!(ids.len(), 9000);
    let events: HashSet<i64> = book.modules().flat_map(|(_, module)| module.events).collect();
    assert_eq!(events.len(), 18_000);
    let names: Vec<&str> = book.modules().map(|(_, module)| module.name.as_str()).collect();
    assert!(names.iter().any(|name| name.contains("multilang")) && names.iter().any(|name| name.contains('&')));
    let discussions = book.courses.values().map(|contents| contents.discussions.len()).sum::<usize>();
    assert_eq!(discussions, 300 * 3 * plan.discussions);
    let again = self::school().with_coursework(&plan);
    assert!(again.book() == book && again.courses()[299].members == school.courses()[299].members);
    assert!(self::school().with_coursework(&Coursework { seed: 2, ..plan }).book() != book);
}

#[tokio::test]
async fn a_site_without_coursework_offers_no_function_for_it() {
    let hand = Hand::at(NOW);
    let (without, with) =
        (campus(school(), &hand).await, campus(school().with_coursework(&Coursework::default()), &hand).await);
    for (campus, offered) in [(&without, false), (&with, true)] {
        for account in [Account::Full, Account::StudentMobile] {
            let info = call(&campus.moodle_url, account.token(), "core_webservice_get_site_info", &[]).await;
            let names: HashSet<&str> =
                info["functions"].as_array().expect("list").iter().filter_map(|one| one["name"].as_str()).collect();
            for name in COURSEWORK {
                assert_eq!(names.contains(name), offered, "{name}");
            }
        }
        let course = campus.school().courses()[0].id.to_string();
        let answer = call(&campus.moodle_url, Account::Full.token(), CONTENTS, &[("courseid", &course)]).await;
        assert_eq!(answer["errorcode"] != "accessexception" && answer.is_array(), offered);
    }
}

#[tokio::test]
async fn all_lists_tell_of_the_same_modules() {
    let campus = campus(school().with_coursework(&Coursework::default()), &Hand::at(NOW)).await;
    let book = campus.moodle().coursework().book();
    let (course, contents) = book.courses.first_key_value().expect("course");
    let course = course.to_string();
    let ask = async |function: &str, name: &str| {
        call(&campus.moodle_url, Account::Full.token(), function, &[(name, &course)]).await
    };
    let sections = ask(CONTENTS, "courseid").await;
    let shown: HashSet<i64> = sections
        .as_array()
        .expect("sections")
        .iter()
        .flat_map(|section| section["modules"].as_array().expect("modules"))
        .map(|module| module["id"].as_i64().expect("id"))
        .collect();
    let wanted = |kind: &str| -> HashSet<i64> {
        let open = contents.modules.iter().filter(|module| !module.hidden);
        open.filter(|module| kind.is_empty() || module.kind.name() == kind).map(|module| module.cm).collect()
    };
    let cms = |list: &Value, key: &str| -> HashSet<i64> {
        list.as_array().expect("list").iter().map(|one| one[key].as_i64().expect("id")).collect()
    };
    assert_eq!(shown, wanted(""));
    let assignments = ask(ASSIGNMENTS, "courseids[0]").await;
    assert_eq!(cms(&assignments["courses"][0]["assignments"], "cmid"), wanted("assign"));
    let quizzes = ask(QUIZZES, "courseids[0]").await;
    assert_eq!(cms(&quizzes["quizzes"], "coursemodule"), wanted("quiz"));
    let forums = ask("mod_forum_get_forums_by_courses", "courseids[0]").await;
    assert_eq!(cms(&forums, "cmid"), wanted("forum"));
    let all = campus.school().courses().len();
    let own = call(&campus.moodle_url, Account::Full.token(), ASSIGNMENTS, &[]).await;
    assert_eq!(own["courses"].as_array().map(Vec::len), Some(all), "without courses, all of one's own");
}

#[tokio::test]
async fn a_moved_due_date_shows_everywhere_at_once() {
    let world = World::new().await;
    let before = world.events().await[0].take();
    assert_eq!((before["name"].as_str(), before["userid"].as_i64()), (Some("Essay &amp; more is due"), Some(2)));
    assert_eq!(world.updates(RECORDED).await, json!([]));
    world.campus.moodle().coursework().move_due(world.cm, Some(RECORDED + 2 * DAY));
    let event = world.events().await[0].take();
    assert_eq!((&event["id"], event["timestart"].as_i64()), (&before["id"], Some(RECORDED + 2 * DAY)));
    assert_eq!((event["timemodified"].as_i64(), &event["userid"]), (Some(RECORDED + 60), &Value::Null));
    let list = world.ask(ASSIGNMENTS, &[]).await;
    let course: i64 = world.course.parse().expect("id");
    let record = list["courses"].as_array().expect("courses").iter().find(|one| one["id"] == course);
    let record = &record.expect("course")["assignments"][0];
    assert_eq!(record["duedate"], RECORDED + 2 * DAY);
    let line = world.ask(CONTENTS, &[("courseid", &world.course)]).await[0]["modules"][0].take();
    assert_eq!(line["dates"][0]["timestamp"], RECORDED + 2 * DAY);
    assert_eq!(line["customdata"], format!("{{\"duedate\":{}}}", RECORDED + 2 * DAY));
    let update = json!([{"name": "configuration", "timeupdated": RECORDED + 60}]);
    assert_eq!(world.updates(RECORDED).await[0]["updates"], update);
    world.campus.moodle().coursework().move_due(world.cm, None);
    assert_eq!(world.events().await, json!([]));
}

#[tokio::test]
async fn what_is_hidden_is_missing_and_nothing_tells_of_it() {
    let world = World::new().await;
    let hands = world.campus.moodle().coursework();
    hands.hide(world.cm);
    let asked = [("courseids[0]", world.course.as_str())];
    let list = world.ask(ASSIGNMENTS, &asked).await;
    assert_eq!(list["courses"][0]["assignments"], json!([]));
    let warning = json!([{"item": "module", "itemid": world.cm, "warningcode": "1", "message": "No access rights in module context"}]);
    assert_eq!(list["warnings"], warning);
    assert_eq!((world.events().await, world.updates(RECORDED).await), (json!([]), json!([])));
    let managed = world.call(Account::ManagerMobile, ASSIGNMENTS, &asked).await;
    assert_eq!(managed["courses"][0]["assignments"].as_array().map(Vec::len), Some(1));
    hands.show(world.cm);
    assert_eq!(world.ask(ASSIGNMENTS, &asked).await["warnings"], json!([]));
    assert_eq!(world.updates(RECORDED).await, json!([]));
    world.campus.moodle().conferences().hide_course(world.course.parse().expect("id"));
    assert_eq!(world.ask(ASSIGNMENTS, &asked).await["warnings"][0]["warningcode"], "2");
    assert_eq!(world.ask(CONTENTS, &[("courseid", &world.course)]).await["errorcode"], "errorcoursecontextnotvalid");
    hands.delete(world.cm);
    world.campus.moodle().conferences().show_course(world.course.parse().expect("id"));
    let list = world.ask(ASSIGNMENTS, &asked).await;
    assert_eq!((&list["courses"][0]["assignments"], &list["warnings"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn reading_a_status_writes_a_submission() {
    let world = World::new().await;
    let first = world.ask(STATUS, &[("assignid", "1")]).await;
    assert!(first["lastattempt"].is_object() && first["lastattempt"].get("submission").is_none(), "{first}");
    let second = world.ask(STATUS, &[("assignid", "1")]).await;
    assert_eq!(second["lastattempt"]["submission"]["status"], "new");
    assert_eq!(world.updates(RECORDED).await[0]["updates"][0]["name"], "submissions", "one's own reading");
    assert_eq!(world.timeline().await.len(), 1, "a new one is not done");
    let hands = world.campus.moodle().coursework();
    hands.submit(world.cm, world.watcher(), Progress::Submitted, "<p>Done</p>");
    assert_eq!(world.timeline().await.len(), 0);
    hands.grade(world.cm, world.watcher(), 2, 80.5, "<p>Good.</p>");
    let status = world.ask(STATUS, &[("assignid", "1")]).await;
    assert_eq!(status["lastattempt"]["submission"]["status"], "submitted");
    assert_eq!(status["feedback"]["grade"]["grade"], "80.50000");
    let me = world.watcher().to_string();
    let params = [("courseid", world.course.as_str()), ("userid", &me)];
    let grades = world.ask("gradereport_user_get_grade_items", &params).await;
    let item = &grades["usergrades"][0]["gradeitems"][0];
    assert_eq!((item["graderaw"].as_f64(), item["gradeformatted"].as_str()), (Some(80.5), Some("80.50")));
    assert_eq!(
        (item["feedback"].as_str(), item["gradedategraded"].as_i64()),
        (Some("<p>Good.</p>"), Some(RECORDED + 60))
    );
}

#[tokio::test]
async fn a_submission_is_drafted_handed_in_and_given_back() {
    let world = World::new().await;
    let hands = world.campus.moodle().coursework();
    for (state, word, open) in
        [(Progress::Draft, "draft", 1), (Progress::Submitted, "submitted", 0), (Progress::Reopened, "reopened", 1)]
    {
        hands.submit(world.cm, world.watcher(), state, "<p>Done</p>");
        let status = world.ask(STATUS, &[("assignid", "1")]).await;
        assert_eq!(status["lastattempt"]["submission"]["status"], word);
        assert_eq!(world.timeline().await.len(), open, "{word}");
    }
    let update = world.updates(RECORDED).await[0]["updates"].take();
    assert_eq!(update.as_array().map(Vec::len), Some(1), "{update}");
    assert_eq!(update[0]["name"], "submissions");
}

#[tokio::test]
async fn an_edited_announcement_moves_only_its_own_time() {
    let world = World::new().await;
    let hands = world.campus.moodle().coursework();
    let course = world.course.parse().expect("id");
    let forum = hands.add(course, Module::new(Kind::Forum { news: true }, "Announcements"));
    let id = hands.announce(forum, 2, "Exam & room", "<p>Hall 3</p>");
    world.hand.set(NOW + 120_000);
    hands.edit_post(id, "<p>Hall 4</p>");
    let list = world.ask("mod_forum_get_forum_discussions", &[("forumid", "1")]).await;
    let one = &list["discussions"][0];
    assert_eq!((one["name"].as_str(), one["message"].as_str()), (Some("Exam &amp; room"), Some("<p>Hall 4</p>")));
    assert_eq!((one["modified"].as_i64(), one["timemodified"].as_i64()), (Some(RECORDED + 120), Some(RECORDED + 60)));
    assert!(one["discussion"] == id && one["id"] != id, "a post's id is not its discussion's");
    assert_eq!(world.updates(RECORDED + 60).await, json!([]), "an edit is in no update");
}

#[tokio::test]
async fn a_quiz_has_other_keys_before_it_opens_and_tells_teachers_its_password() {
    let world = World::new().await;
    let hands = world.campus.moodle().coursework();
    let course = world.course.parse().expect("id");
    let kind = Kind::Quiz(Quiz {
        opens: Some(RECORDED + 3600),
        closes: Some(RECORDED + DAY),
        limit: 1800,
        grade: 10,
        password: "open sesame".into(),
        ..Quiz::default()
    });
    let cm = hands.add(course, Module::new(kind, "Check"));
    let asked = [("courseids[0]", world.course.as_str())];
    let quiz = async |account: Account| world.call(account, QUIZZES, &asked).await["quizzes"][0].take();
    let closed = quiz(Account::Full).await;
    assert!(
        closed.get("navmethod").is_none() && closed.get("password").is_none() && closed.get("timemodified").is_none()
    );
    assert_eq!(quiz(Account::ManagerMobile).await["password"], "open sesame");
    let actions = world.timeline().await;
    let names: Vec<&str> = actions.iter().filter_map(|event| event["action"]["name"].as_str()).collect();
    assert_eq!(names, ["Add submission", "Attempt quiz now"]);
    assert_eq!(actions[1]["action"]["actionable"], false);

    world.hand.set(NOW + 2 * 3_600_000);
    hands.move_closing(cm, Some(RECORDED + 2 * DAY));
    let open = quiz(Account::Full).await;
    assert_eq!((open["navmethod"].as_str(), open["timeclose"].as_i64()), (Some("free"), Some(RECORDED + 2 * DAY)));
    let events = world.events().await;
    let kinds: Vec<&str> =
        events.as_array().expect("list").iter().filter_map(|event| event["eventtype"].as_str()).collect();
    assert_eq!(kinds, ["open", "due", "close"]);
    assert_eq!(events[2]["timestart"], RECORDED + 2 * DAY);

    hands.attempt(cm, world.watcher(), None);
    assert_eq!(world.timeline().await.len(), 2, "what is only begun is still to be done");
    let attempts = async |status: &str| {
        let answer = world.ask("mod_quiz_get_user_attempts", &[("quizid", "1"), ("status", status)]).await;
        answer["attempts"].as_array().expect("list").len()
    };
    assert_eq!((attempts("finished").await, attempts("unfinished").await), (0, 1));
    hands.attempt(cm, world.watcher(), Some(1.5));
    hands.attempt(cm, world.watcher(), None);
    let own = world.ask("mod_quiz_get_user_attempts", &[("quizid", "1")]).await;
    assert_eq!(
        (own["attempts"].as_array().map(Vec::len), own["attempts"][0]["sumgrades"].as_f64()),
        (Some(1), Some(1.5))
    );
    assert_eq!(attempts("all").await, 2);
    let params = [("quizid", "1"), ("status", "all")];
    let [old, new] = ["mod_quiz_get_user_attempts", "mod_quiz_get_user_quiz_attempts"];
    assert_eq!(world.ask(old, &params).await, world.ask(new, &params).await, "one function under two names");
    assert_eq!(world.timeline().await.len(), 1, "what was attempted is done");
}

#[tokio::test]
async fn a_purge_changes_pictures_and_a_renamed_section_nothing_but_its_name() {
    let hand = Hand::at(NOW);
    let campus = campus(school().with_coursework(&Coursework::default()), &hand).await;
    let hands = campus.moodle().coursework();
    let course = campus.school().courses()[0].id.to_string();
    let contents = async || call(&campus.moodle_url, Account::Full.token(), CONTENTS, &[("courseid", &course)]).await;
    let before = contents().await;
    hands.purge_caches();
    let purged = contents().await;
    let section = purged.as_array().expect("list").iter().position(|section| section["modules"] != json!([]));
    let section = section.expect("a section with modules");
    let [old, new] = [&before, &purged].map(|answer| answer[section]["modules"][0].clone());
    for (key, value) in old.as_object().expect("module") {
        assert_eq!(*value == new[key], key != "modicon", "{key}");
    }
    hands.rename_section(purged[section]["id"].as_i64().expect("id"), "Week 3 & 4");
    let mut renamed = contents().await;
    assert_eq!(renamed[section]["name"], "Week 3 &amp; 4");
    renamed[section]["name"] = purged[section]["name"].clone();
    assert_eq!(renamed, purged);
    let since = RECORDED.to_string();
    let params = [("courseid", course.as_str()), ("since", &since)];
    let updates = call(&campus.moodle_url, Account::Full.token(), UPDATES, &params).await;
    assert_eq!(updates["instances"], json!([]), "no update tells of either");
}

#[tokio::test]
async fn the_timeline_is_read_page_by_page() {
    let world = World::new().await;
    let course = world.course.parse().expect("id");
    let hands = world.campus.moodle().coursework();
    for days in [4, 3, 2] {
        let due = Some(RECORDED + days * DAY);
        hands.add(course, Module::new(Kind::Assign(Assignment { due, ..Assignment::default() }), "Sheet"));
    }
    let (mut times, mut after) = (Vec::new(), String::from("0"));
    loop {
        let page = world.ask(TIMELINE, &[("limitnum", "3"), ("aftereventid", &after)]).await;
        let events = page["events"].as_array().expect("list");
        assert!(events.len() <= 3);
        times.extend(events.iter().map(|event| (event["timesort"].as_i64().expect("time") - RECORDED) / DAY));
        match page["lastid"].as_i64() {
            Some(last) => after = last.to_string(),
            None => break,
        }
    }
    assert_eq!(times, [1, 2, 3, 4]);
    let until = (RECORDED + 2 * DAY).to_string();
    let since = (RECORDED + DAY + 1).to_string();
    let some = world.ask(TIMELINE, &[("timesortfrom", &since), ("timesortto", &until)]).await;
    assert_eq!(some["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(some["firstid"], some["lastid"]);
}
