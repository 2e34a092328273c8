//! Several functions that tell of one thing, and several things that look like one.

use beadle_campus::school::courses::{Assignment, Kind, Module, Quiz};
use beadle_plan::Instant;
use beadle_plan::catalog::Moment;

use super::host::Place;
use super::term::{Term, days};

fn moment(seconds: i64) -> Option<Moment> {
    Some(Moment::At(Instant::from_millis(seconds * 1_000)))
}

/// Two assignments, each of which has the number that the course module of the other has.
pub(super) async fn row_30_two_sources_of_one_assignment(place: Place) {
    let term = Term::new(place).await;
    let since = term.first_look().await;
    for (cm, instance, due) in [(11, 12, days(3)), (12, 11, days(4))] {
        let kind = Kind::Assign(Assignment { due: Some(due), ..Assignment::default() });
        term.hand().add(term.course, Module { cm, instance, ..Module::new(kind, format!("Essay {cm}")) });
    }
    let both = ["assign/11 new", "assign/12 new"];
    term.look("contents").await;
    assert_eq!(term.host.told(since).await, both);
    for collector in ["assignments", "calendar", "grades"] {
        term.look(collector).await;
        assert_eq!(term.host.told(since).await, both, "{collector}");
    }
    let items = term.host.items("assignment").await;
    let told = items.iter().map(|one| (one.key.as_str(), one.item.title.as_str(), one.item.due_at));
    let expected = [("assign/12", "Essay 11", moment(days(3))), ("assign/11", "Essay 12", moment(days(4)))];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(items[0].item.details["module"], 11);
}

pub(super) async fn row_31_two_announcements_that_look_alike(place: Place) {
    let term = Term::new(place).await;
    let forum = term.add(Kind::Forum { news: true }, "Announcements");
    let since = term.first_look().await;
    let announce = || term.hand().announce(forum, term.me(), "Another room", "<p>See the board.</p>");
    let (one, two) = (announce(), announce());
    assert_eq!(term.told(since).await, [format!("discussion/{one} new"), format!("discussion/{two} new")]);
    assert_eq!(term.host.items("announcement").await.len(), 2);
}

pub(super) async fn row_32_both_events_of_a_quiz(place: Place) {
    let term = Term::new(place).await;
    let since = term.first_look().await;
    term.add(Kind::Quiz(Quiz { opens: Some(days(1)), closes: Some(days(3)), ..Quiz::default() }), "Vectors");
    // As the calendar alone tells it, and then beside those who are trusted more.
    term.look("calendar").await;
    for look in 0..2 {
        assert_eq!(term.host.told(since).await, ["quiz/1 new"]);
        let items = term.host.items("quiz").await;
        assert_eq!((items.len(), items[0].item.starts_at), (1, moment(days(1))));
        assert_eq!(items[0].item.due_at, moment(days(3)));
        if look == 0 {
            term.pass().await;
        }
    }
    assert_eq!(term.host.items("quiz").await[0].item.title, "Vectors");
}
