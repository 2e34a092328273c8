//! One edit of something that the reader knows, or something new.

use beadle_campus::faults::{Action, Matcher};
use beadle_campus::school::courses::{Kind, Quiz};
use serde_json::json;

use super::host::Place;
use super::term::{ESSAY, Term, days};

/// How one edit of the assignment is told.
fn told(what: &str) -> Vec<String> {
    vec![format!("{ESSAY} {what}")]
}

pub(super) async fn row_01_created_after_the_cursor(place: Place) {
    let term = Term::new(place).await;
    let since = term.first_look().await;
    term.add_essay(Some(days(3)));
    assert_eq!(term.told(since).await, told("new"));
}

pub(super) async fn row_02_looked_at_again_with_nothing_changed(place: Place) {
    let (term, _, since) = Term::with_essay(place, Some(days(3))).await;
    assert_eq!(term.told(since).await, [""; 0]);
    // Not that it is there and matters to nobody: pictures have other addresses, and nothing is written.
    term.hand().purge_caches();
    assert_eq!(term.told(since).await, [""; 0]);
}

pub(super) async fn row_03_due_moved(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().move_due(essay, Some(days(4)));
    assert_eq!(term.told(since).await, told("deadline_changed"));
}

pub(super) async fn row_04_due_removed(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().move_due(essay, None);
    assert_eq!(term.told(since).await, told("deadline_removed"));
}

pub(super) async fn row_05_due_added(place: Place) {
    let (term, essay, since) = Term::with_essay(place, None).await;
    term.hand().move_due(essay, Some(days(3)));
    assert_eq!(term.told(since).await, told("deadline_added"));
}

pub(super) async fn row_06_start_moved(place: Place) {
    let term = Term::new(place).await;
    let quiz = Quiz { opens: Some(days(1)), closes: Some(days(3)), ..Quiz::default() };
    let quiz = term.add(Kind::Quiz(quiz), "Vectors");
    let since = term.first_look().await;
    term.hand().move_opening(quiz, Some(days(2)));
    assert_eq!(term.told(since).await, ["quiz/1 schedule_changed"]);
}

pub(super) async fn row_07_due_and_start_moved(place: Place) {
    let term = Term::new(place).await;
    let essay = term.add_essay(Some(days(3)));
    term.hand().move_opening(essay, Some(days(1)));
    let since = term.first_look().await;
    term.hand().move_opening(essay, Some(days(2)));
    term.hand().move_due(essay, Some(days(4)));
    assert_eq!(term.told(since).await, told("deadline_changed"));
}

pub(super) async fn row_08_due_moved_and_text_edited(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().describe(essay, "<p>Read chapter two.</p>");
    term.hand().move_due(essay, Some(days(4)));
    assert_eq!(term.told(since).await, told("deadline_changed"));
}

pub(super) async fn row_09_words_of_the_text(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().describe(essay, "<p>Read chapter two.</p>");
    assert_eq!(term.told(since).await, told("content_changed"));
}

pub(super) async fn row_10_case_and_blanks_of_the_text(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().describe(essay, "<p>READ  <b>chapter</b>&nbsp;one.\n</p><p></p>");
    assert_eq!(term.told(since).await, told("refresh_only, which matters to nobody"));
}

pub(super) async fn row_11_words_of_the_title(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().rename(essay, "Report");
    assert_eq!(term.told(since).await, told("content_changed"));
}

pub(super) async fn row_12_case_of_the_title(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().rename(essay, "ESSAY");
    assert_eq!(term.told(since).await, told("refresh_only, which matters to nobody"));
}

/// The calendar says what of a quiz an event is, in the language of the account, and nothing else knows the quiz yet.
pub(super) async fn row_12_suffix_of_the_title(place: Place) {
    let term = Term::new(place).await;
    let course = term.course;
    let names = |name: &str| {
        let event = json!({ "id": 1, "name": name, "courseid": course, "modulename": "quiz", "instance": 7, "eventtype": "close",
            "timestart": days(3), "timeduration": 0 });
        let answer = json!({ "events": [event], "warnings": [] }).to_string();
        term.campus.faults().clear();
        term.campus.faults().order(
            Matcher::function("core_calendar_get_calendar_events"),
            None,
            Action::json(200, answer),
        );
    };
    names("Vectores cierra");
    let since = term.first_look().await;
    names("Vectores abre");
    assert_eq!(term.told(since).await, ["quiz/7 refresh_only, which matters to nobody"]);
    assert_eq!(term.host.items("quiz").await[0].item.title, "Vectores abre");
}

pub(super) async fn row_13_link(place: Place) {
    let term = Term::new(place).await;
    let link = term.add(Kind::Url { address: "https://physics.example/sim".into() }, "Simulation");
    let since = term.first_look().await;
    term.hand().lead(link, "https://physics.example/sim?version=2");
    assert_eq!(term.told(since).await, ["url/1 content_changed"]);
}
