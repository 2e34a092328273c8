//! What the hands on one module change in the answers.

mod common;

use beadle_campus::Campus;
use beadle_campus::moodle::Account;
use beadle_campus::school::courses::{Assignment, File, Kind, Module};
use beadle_campus::school::{Plan, School};
use common::{Hand, RECORDED, call, campus};
use serde_json::{Value, json};

/// A school with one module in its first course.
struct World {
    campus: Campus,
    course: String,
    cm: i64,
}

impl World {
    async fn with(kind: Kind) -> Self {
        let hand = Hand::at(RECORDED * 1000);
        let campus = campus(School::new(&Plan { students: 5, ..Plan::compressed() }), &hand).await;
        let course = campus.school().courses()[0].id;
        let cm = campus.moodle().coursework().add(course, Module::new(kind, "Something"));
        hand.set((RECORDED + 60) * 1000);
        Self { campus, course: course.to_string(), cm }
    }

    /// Returns the module's line in the contents of its course.
    async fn line(&self) -> Value {
        let token = Account::Full.token();
        let mut sections =
            call(&self.campus.moodle_url, token, "core_course_get_contents", &[("courseid", &self.course)]).await;
        let modules = sections.as_array_mut().expect("a list").iter_mut().flat_map(|one| one["modules"].as_array_mut());
        modules.flatten().find(|one| one["id"] == self.cm).expect("it is there").take()
    }

    async fn assignment(&self) -> Value {
        let asked = [("courseids[0]", self.course.as_str())];
        let token = Account::Full.token();
        call(&self.campus.moodle_url, token, "mod_assign_get_assignments", &asked).await["courses"][0]["assignments"][0]
            .take()
    }
}

#[tokio::test]
async fn an_assignment_opens_takes_and_says_something_else() {
    let world = World::with(Kind::Assign(Assignment::default())).await;
    let hands = world.campus.moodle().coursework();
    hands.move_opening(world.cm, Some(RECORDED));
    hands.move_cutoff(world.cm, Some(RECORDED + 5));
    hands.describe(world.cm, "<p>Read.</p>");
    let record = world.assignment().await;
    let told = ["allowsubmissionsfromdate", "cutoffdate", "intro", "timemodified"].map(|name| record[name].clone());
    assert_eq!(told, [json!(RECORDED), json!(RECORDED + 5), json!("<p>Read.</p>"), json!(RECORDED + 60)]);
    assert_eq!(
        world.line().await["dates"][0],
        json!({"label": "Opened:", "timestamp": RECORDED, "dataid": "allowsubmissionsfromdate"})
    );
    hands.move_opening(world.cm, None);
    assert_eq!(world.line().await["dates"], json!([]));
}

#[tokio::test]
async fn links_and_files_are_replaced() {
    let world = World::with(Kind::Url { address: "https://a.example/".into() }).await;
    world.campus.moodle().coursework().lead(world.cm, "https://b.example/");
    assert_eq!(world.line().await["contents"][0]["fileurl"], "https://b.example/");
    let file = File { id: 1, name: "a.pdf".into(), size: 5, media: "application/pdf".into(), modified: RECORDED };
    let world = World::with(Kind::Resource(file)).await;
    world.campus.moodle().coursework().rename_file(world.cm, "b.pdf");
    assert_eq!(world.line().await["contents"][0]["filename"], "b.pdf");
}

#[tokio::test]
async fn what_is_marked_as_done_is_marked_for_one() {
    let world = World::with(Kind::Page).await;
    let hands = world.campus.moodle().coursework();
    let me = world.campus.school().account("wsbeadle").expect("account").id;
    let line = world.line().await;
    assert_eq!((&line["completion"], line.get("completiondata")), (&json!(0), None));
    hands.mark(world.cm, me + 1, true);
    let line = world.line().await;
    assert_eq!((&line["completion"], &line["completiondata"]["state"]), (&json!(1), &json!(0)));
    hands.mark(world.cm, me, true);
    let data = world.line().await["completiondata"].take();
    assert_eq!((&data["isoverallcomplete"], &data["timecompleted"]), (&json!(true), &json!(RECORDED + 60)));
    hands.mark(world.cm, me, false);
    assert_eq!(world.line().await["completiondata"]["isoverallcomplete"], json!(false));
}
