//! Several edits between two looks of a reader: what is told is what became of the item, not what happened last.

use beadle_plan::catalog::Completion;

use super::host::Place;
use super::term::{ESSAY, Term, days};

pub(super) async fn row_21_created_and_moved_after_the_cursor(place: Place) {
    let term = Term::new(place).await;
    let since = term.first_look().await;
    let essay = term.add_essay(Some(days(3)));
    term.pass().await;
    term.hand().move_due(essay, Some(days(4)));
    assert_eq!(term.told(since).await, [format!("{ESSAY} new")]);
}

pub(super) async fn row_22_moved_and_then_edited_after_the_cursor(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().move_due(essay, Some(days(4)));
    term.pass().await;
    term.hand().describe(essay, "<p>Read chapter two.</p>");
    assert_eq!(term.told(since).await, [format!("{ESSAY} deadline_changed")]);
}

pub(super) async fn row_23_moved_there_and_back_after_the_cursor(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().move_due(essay, Some(days(4)));
    term.pass().await;
    term.hand().move_due(essay, Some(days(3)));
    assert_eq!(term.told(since).await, [format!("{ESSAY} refresh_only, which matters to nobody")]);
}

pub(super) async fn row_24_removed_from_the_course(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().delete(essay);
    assert_eq!(term.told(since).await, [format!("{ESSAY} removed")]);
    assert!(term.host.items("assignment").await.is_empty());
}

pub(super) async fn row_24_hidden_in_the_course(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().hide(essay);
    assert_eq!(term.told(since).await, [format!("{ESSAY} removed")]);
}

pub(super) async fn row_25_hidden_shown_and_moved(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    term.hand().hide(essay);
    term.pass().await;
    term.hand().show(essay);
    term.pass().await;
    term.hand().move_due(essay, Some(days(4)));
    assert_eq!(term.told(since).await, [format!("{ESSAY} restored")]);
    let since = term.host.cursor().await;
    term.hand().move_due(essay, Some(days(5)));
    assert_eq!(term.told(since).await, [format!("{ESSAY} deadline_changed")], "it stands as any other");
}

pub(super) async fn row_26_marked_done_by_hand(place: Place) {
    let (term, essay, since) = Term::with_essay(place, Some(days(3))).await;
    assert_eq!(term.host.items("assignment").await[0].item.completion, Completion::Incomplete);
    term.hand().mark(essay, term.me(), true);
    assert_eq!(term.told(since).await, [format!("{ESSAY} refresh_only, which matters to nobody")]);
    assert_eq!(term.host.items("assignment").await[0].item.completion, Completion::Completed);
}
