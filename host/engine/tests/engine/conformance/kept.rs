//! What of an item is kept, and what of that matters.

use std::collections::BTreeMap;

use beadle_campus::school::courses::{Assignment, File, Kind, Module};
use beadle_plan::catalog::{Completion, ReviewState};

use super::host::Place;
use super::term::{ESSAY, Term, days};

pub(super) async fn row_14_name_of_a_file(place: Place) {
    let term = Term::new(place).await;
    let file = File { id: 1, name: "week-1.pdf".into(), size: 5, media: "application/pdf".into(), modified: days(-9) };
    let notes = term.add(Kind::Resource(file), "Notes");
    let since = term.first_look().await;
    term.hand().rename_file(notes, "Stundenplan.pdf");
    assert_eq!(term.told(since).await, ["resource/1 review_changed"]);
    let items = term.host.items("material").await;
    let review = items.iter().find(|one| one.key == "resource/1").and_then(|one| one.item.review.as_ref());
    assert_eq!(review.map(|review| review.state), Some(ReviewState::Watch));
    let since = term.host.cursor().await;
    term.hand().rename_file(notes, "week-2.pdf");
    assert_eq!(term.told(since).await, ["resource/1 review_changed"]);
}

/// That it has another name is less than that somebody should look at it.
pub(super) async fn row_14_name_of_a_material(place: Place) {
    let term = Term::new(place).await;
    let page = term.add(Kind::Page, "Notes");
    let since = term.first_look().await;
    term.hand().rename(page, "Cronograma 2027");
    assert_eq!(term.told(since).await, ["page/2 review_changed"]);
}

pub(super) async fn row_15_completion(place: Place) {
    let term = Term::new(place).await;
    let page = Module { done: Some(BTreeMap::new()), ..Module::new(Kind::Page, "Notes") };
    let page = term.hand().add(term.course, page);
    let since = term.first_look().await;
    term.hand().mark(page, term.me(), true);
    assert_eq!(term.told(since).await, ["page/2 refresh_only, which matters to nobody"]);
    let items = term.host.items("material").await;
    let page = items.iter().find(|one| one.key == "page/2").expect("it is there");
    assert_eq!(page.item.completion, Completion::Completed);
}

/// Reads one text in one language and then in another, so that what is found in it is all that differs.
async fn read_in_another_language(place: Place, text: &str) -> (Vec<String>, Vec<String>) {
    let term = Term::new(place).await;
    let label = term.add(Kind::Label, "Hint");
    term.hand().describe(label, text);
    term.look("courses").await;
    term.look("german").await;
    let since = term.host.cursor().await;
    term.look("english").await;
    let items = term.host.items("material").await;
    let label = items.iter().find(|one| one.key == "label/1").expect("it is there");
    let facts = label.item.facts.iter().map(|fact| fact.kind.clone()).collect();
    (facts, term.host.told(since).await)
}

pub(super) async fn row_16_a_date_that_is_mentioned(place: Place) {
    let (facts, told) = read_in_another_language(place, "<p>Founded on 3 October 1990.</p>").await;
    assert_eq!(facts, ["date_mention"]);
    assert_eq!(told, ["label/1 refresh_only, which matters to nobody"]);
}

pub(super) async fn row_17_an_exam_in_a_text(place: Place) {
    let (facts, told) = read_in_another_language(place, "<p>The exam is on 3 October 2027.</p>").await;
    assert_eq!(facts, ["exam_at"]);
    assert_eq!(told, ["label/1 exam_added"]);
}

/// "Opens:" becomes "Opened:" when its hour has come. Nothing of it is kept.
pub(super) async fn row_18_a_label_in_other_words(place: Place) {
    let term = Term::new(place).await;
    let essay = term.add_essay(Some(days(3)));
    // Shortly after the first look, which is in the first minute.
    term.hand().move_opening(essay, Some(days(0) + 90));
    let since = term.first_look().await;
    term.tick();
    assert_eq!(term.told(since).await, [""; 0]);
    let items = term.host.items("assignment").await;
    assert!(items[0].item.starts_at.is_some(), "{items:?}");
}

pub(super) async fn row_19_a_field_that_is_only_kept(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().move_cutoff(essay, Some(days(5)));
    assert_eq!(term.told(since).await, [format!("{ESSAY} refresh_only, which matters to nobody")]);
    assert_eq!(term.host.items("assignment").await[0].item.details["cut-off"], days(5));
}

pub(super) async fn row_20_only_kept_of_one_that_was_edited(place: Place) {
    let term = Term::new(place).await;
    let kind = Kind::Assign(Assignment { due: Some(days(3)), ..Assignment::default() });
    let essay = term.add(kind, "Draft");
    term.first_look().await;
    term.hand().rename(essay, "Essay");
    term.pass().await;
    let since = term.host.cursor().await;
    term.hand().move_cutoff(essay, Some(days(5)));
    assert_eq!(term.told(since).await, [format!("{ESSAY} refresh_only, which matters to nobody")]);
}
