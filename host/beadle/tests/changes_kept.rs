//! The answers that are kept as evidence of changes, through the whole program, and what becomes of them on bad days.

mod support;

use std::io::Read as _;
use std::path::PathBuf;

use beadle_campus::faults::{Action, Matcher};
use serde_json::Value;
use support::files;
use support::term::Term;

impl Term {
    /// Lists what is kept.
    async fn kept(&self, words: &[&str]) -> Vec<Value> {
        let all = [&["artifacts", "-n", "10000", "--json"], words].concat();
        self.house.run(&all).await.json().as_array().expect("a list").clone()
    }

    /// Returns the files of the folder, by their names.
    fn files(&self) -> Vec<PathBuf> {
        files::all(&self.house.file("artifacts"))
            .into_keys()
            .map(|name| self.house.file("artifacts").join(name))
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_when_something_in_it_changed() {
    let term = Term::begin().await;
    term.run("courses").await;
    let dry = term.house.run(&["run", "moodle_contents", "--dry-run"]).await.ok();
    assert!(dry.contains("at a first look"), "{dry}");
    let courses = term.kept(&[]).await;
    assert_eq!(courses.len(), 1, "the dry run kept nothing: {courses:#?}");
    assert_eq!(
        (&courses[0]["subject"], &courses[0]["name"]),
        (&"courses".into(), &"core_enrol_get_users_courses".into())
    );
    term.pass().await;
    let first = term.kept(&["--all"]).await;
    let before = term.files();
    term.pass().await;
    assert_eq!(term.kept(&["--all"]).await, first, "nothing changed");
    assert_eq!(term.files(), before);

    let (essay, _) = term.modules("assign")[0];
    let hand = term.campus.moodle().coursework();
    let course = hand.book().modules().find(|(_, module)| module.cm == essay).expect("it is there").0;
    hand.move_due(essay, Some(1_800_000_000));
    term.pass().await;
    let scope = format!("contents/{course}");
    let both = term.kept(&[&scope, "--all"]).await;
    assert_eq!(both.len(), 2, "{both:#?}");
    assert!(both[0]["superseded_at"].is_null() && !both[1]["superseded_at"].is_null(), "{both:#?}");
    assert_eq!(term.kept(&[&scope]).await, both[..1]);

    // What a person does who doubts it.
    let listed = term.house.run(&["artifacts", &scope]).await.ok();
    let digest = both[0]["digest"].as_str().expect("a digest");
    assert!(listed.contains(&digest[..12]) && listed.contains("core_course_get_contents"), "{listed}");
    let shown = term.house.run(&["artifacts", "show", &digest[..12]]).await.ok();
    let shown: Value = serde_json::from_str(&shown).expect("as Moodle said it");
    assert!(shown.to_string().contains("1800000000"));
    term.house.run(&["artifacts", "show", digest, "-o", "answer.json"]).await.ok();
    assert_eq!(serde_json::from_str::<Value>(&term.house.read("answer.json")).expect("JSON"), shown);
    let told = term.house.run(&["artifacts", "show", digest, "-o", "answer.json"]).await.failed(1);
    assert!(told.contains("answer.json cannot be written"), "{told}");
    let told = term.house.run(&["artifacts", "show", "0000"]).await.failed(6);
    assert!(told.contains("there is no content 0000"), "{told}");

    // Nothing secret is among it.
    for path in term.files() {
        let mut text = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(&path).expect("a file"))
            .read_to_string(&mut text)
            .expect("text");
        assert!(!text.contains(&term.campus.token) && !text.contains("campusprivatekey"), "{}", path.display());
    }

    assert!(term.house.run(&["artifacts", "verify"]).await.ok().ends_with(" contents, 0 of them wrong\n"));
    let place = term.house.file("artifacts").join(&digest[..2]).join(format!("{}.gz", &digest[2..]));
    std::fs::write(&place, "something else").expect("a file");
    let told = term.house.run(&["artifacts", "verify"]).await;
    assert_eq!(told.code, Some(1));
    assert!(
        told.out.contains(&format!("{scope} core_course_get_contents: the content {digest} is damaged")),
        "{}",
        told.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_costs_the_evidence_and_not_the_changes() {
    let term = Term::begin().await;
    term.house.write("artifacts", "a file where the folder should be");
    let said = term.run("courses").await;
    assert!(said.contains("8 at a first look"), "{said}");
    let shown = term.house.run(&["show", "1"]).await.ok();
    assert!(
        shown.contains("the answer of core_enrol_get_users_courses is not kept") && shown.contains("host.artifacts"),
        "{shown}"
    );
    assert_eq!(term.changes("c0").await["changes"].as_array().expect("a list").len(), 8);
    assert_eq!(term.kept(&[]).await.len(), 0);
    let doctor = term.house.run(&["doctor"]).await;
    assert!(
        doctor.out.contains("artifacts is no folder; what plugins put is not kept (host.artifacts)"),
        "{}",
        doctor.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_27_megabytes_is_read() {
    let term = Term::begin().await;
    term.run("courses").await;
    let module = |name: &str, description: String| serde_json::json!({ "id": name.len(), "instance": name.len(), "modname": "page", "name": name, "description": description });
    let modules = [module("Long", "<p>word</p>".repeat(27 << 20 >> 4)), module("Short", "<b>this</b>".to_owned())];
    let mut answer = serde_json::json!([{ "id": 1, "name": "General", "modules": modules }]).to_string();
    // What else an answer of this size has: pictures, as in the month view of the calendar.
    answer.truncate(answer.len() - 1);
    let rest = (27_usize << 20).saturating_sub(answer.len());
    answer += &format!(r#",{{"id":2,"name":"Pictures","modules":[],"picture":"{}"}}]"#, "x".repeat(rest));
    assert!(answer.len() >= 27 << 20);
    term.campus.faults().order(Matcher::function("core_course_get_contents"), Some(1), Action::json(200, answer));
    let said = term.run("contents").await;
    assert!(said.contains("nothing changed") && !said.contains("could not be read"), "{said}");
    let kept = term.kept(&[]).await;
    assert!(kept.iter().any(|one| one["size"].as_u64() >= Some(27 << 20)), "{kept:#?}");
    let again = term.run("contents").await;
    assert!(again.contains(" new") && !again.contains("could not be read"), "the course is as it was: {again}");
}
