//! The rows of the table that says what readers are told of each edit, one story each.

use beadle_plan::catalog::{Completion, Review, ReviewState, Sighting, Source};
use beadle_store::Cursor;

use super::World;
use super::school::{School, contents, fact, moment, seen, sighting};

/// One assignment as the reader knows it, and how it is edited.
async fn edited(world: &impl World, before: Sighting, after: Sighting) -> Vec<String> {
    let school = School::new(world).await;
    school.look(contents([before])).await;
    let cursor = school.cursor().await;
    school.look(contents([after])).await;
    school.told(cursor).await
}

macro_rules! edit {
    ($world:ident, $before:expr, $after:expr) => {{
        let (before, after): (fn(&mut Sighting), fn(&mut Sighting)) = ($before, $after);
        let mut first = sighting("assign/7", "Essay");
        before(&mut first);
        let mut second = first.clone();
        after(&mut second);
        edited(&$world, first, second).await
    }};
}

/// Makes a story of each row of the table that says what readers shall be told: nothing of what was there, and something of one edit.
macro_rules! rows {
    ($($name:ident: $before:expr => $after:expr, $told:expr;)+) => {
        $(pub(crate) async fn $name(world: impl World) {
            let told: &[&str] = &$told;
            assert_eq!(edit!(world, $before, $after), told);
        })+
    };
}

rows! {
    row_02_synced_again_with_nothing_changed: |_| {} => |_| {}, [];
    row_03_due_moved: |one| one.fields.due_at = moment(100) => |one| one.fields.due_at = moment(200),
        ["assign/7 deadline_changed"];
    row_04_due_removed: |one| one.fields.due_at = moment(100) => |one| one.fields.due_at = Some(None),
        ["assign/7 deadline_removed"];
    row_05_due_added: |_| {} => |one| one.fields.due_at = moment(100), ["assign/7 deadline_added"];
    row_06_start_moved: |one| one.fields.starts_at = moment(100) => |one| one.fields.starts_at = moment(200),
        ["assign/7 schedule_changed"];
    row_07_due_and_start_moved: |one| {
            one.fields.due_at = moment(100);
            one.fields.starts_at = moment(50);
        } => |one| {
            one.fields.due_at = moment(200);
            one.fields.starts_at = moment(60);
        }, ["assign/7 deadline_changed"];
    row_08_due_moved_and_body_edited: |one| one.fields.due_at = moment(100) => |one| {
            one.fields.due_at = moment(200);
            one.fields.body = Some(Some("Read chapter two.".into()));
        }, ["assign/7 deadline_changed"];
    row_09_words_of_the_body: |one| one.fields.body = Some(Some("Read chapter one.".into()))
        => |one| one.fields.body = Some(Some("Read chapter two.".into())), ["assign/7 content_changed"];
    row_10_case_and_blanks_of_the_body: |one| one.fields.body = Some(Some("Read chapter one.".into()))
        => |one| one.fields.body = Some(Some("READ  chapter\none.".into())),
        ["assign/7 refresh_only, which matters to nobody"];
    row_11_words_of_the_title: |_| {} => |one| one.fields.title = Some("Report".into()), ["assign/7 content_changed"];
    row_12_case_and_suffix_of_the_title: |one| one.fields.title = Some("Essay cierra".into())
        => |one| one.fields.title = Some("ESSAY abre".into()), ["assign/7 refresh_only, which matters to nobody"];
    row_13_link: |_| {} => |one| one.fields.url = Some(Some("https://moodle.school.example/7".into())),
        ["assign/7 content_changed"];
    row_14_review: |_| {} => |one| one.fields.review = Some(Review { state: ReviewState::Watch, reason: None }),
        ["assign/7 review_changed"];
    row_15_published: |_| {} => |one| one.fields.published_at = moment(5),
        ["assign/7 refresh_only, which matters to nobody"];
    row_15_completion: |_| {} => |one| one.fields.completion = Some(Completion::Completed),
        ["assign/7 refresh_only, which matters to nobody"];
    row_16_a_date_that_is_mentioned: |_| {} => |one| one.facts.push(fact("date_mention", 100)),
        ["assign/7 refresh_only, which matters to nobody"];
    row_17_an_exam_in_a_text: |_| {} => |one| one.facts.push(fact("exam_at", 100)), ["assign/7 exam_added"];
    row_18_a_label_in_other_words: |one| drop(one.details.insert("label".into(), "Opens:".into()))
        => |one| drop(one.details.insert("label".into(), "Opened:".into())),
        ["assign/7 refresh_only, which matters to nobody"];
    row_19_a_field_that_is_only_kept: |_| {} => |one| drop(one.details.insert("cmid".into(), 9.into())),
        ["assign/7 refresh_only, which matters to nobody"];
}

pub(crate) async fn row_01_created_after_the_cursor(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("assign/7", "Essay")])).await;
    let cursor = school.cursor().await;
    school.look(contents([sighting("assign/7", "Essay"), sighting("assign/8", "Report")])).await;
    assert_eq!(school.told(cursor).await, ["assign/8 new"]);
}

pub(crate) async fn row_20_a_field_that_is_only_kept_of_one_that_was_edited_before(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("assign/7", "Essay")])).await;
    school.look(contents([sighting("assign/7", "Report")])).await;
    let cursor = school.cursor().await;
    let mut after = sighting("assign/7", "Report");
    after.details.insert("cmid".into(), 9.into());
    school.look(contents([after])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 refresh_only, which matters to nobody"]);
}

/// Looks at one assignment again and again, each time due at another second (or never), with another body.
async fn course_of(school: &School, looks: &[(i64, &str)]) {
    for (due, body) in looks {
        let mut one = sighting("assign/7", "Essay");
        one.fields.due_at = if *due == 0 { Some(None) } else { moment(*due) };
        one.fields.body = Some(Some((*body).to_owned()));
        school.look(contents([one, sighting("page/1", "Welcome")])).await;
    }
}

pub(crate) async fn row_21_created_and_moved_after_the_cursor(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("page/1", "Welcome")])).await;
    let cursor = school.cursor().await;
    course_of(&school, &[(100, "a"), (200, "a")]).await;
    assert_eq!(school.told(cursor).await, ["assign/7 new"]);
}

pub(crate) async fn row_22_moved_and_then_edited_after_the_cursor(world: impl World) {
    let school = School::new(&world).await;
    course_of(&school, &[(100, "a")]).await;
    let cursor = school.cursor().await;
    course_of(&school, &[(200, "a"), (200, "b")]).await;
    assert_eq!(school.told(cursor).await, ["assign/7 deadline_changed"]);
}

pub(crate) async fn row_23_moved_there_and_back_after_the_cursor(world: impl World) {
    let school = School::new(&world).await;
    course_of(&school, &[(100, "a")]).await;
    let cursor = school.cursor().await;
    course_of(&school, &[(200, "a"), (100, "a")]).await;
    assert_eq!(school.told(cursor).await, ["assign/7 refresh_only, which matters to nobody"]);
}

pub(crate) async fn row_24_taken_out_of_the_course(world: impl World) {
    let school = School::new(&world).await;
    course_of(&school, &[(100, "a")]).await;
    let cursor = school.cursor().await;
    school.look(contents([sighting("page/1", "Welcome")])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 removed"]);
    assert_eq!(school.items().await.len(), 1);
}

pub(crate) async fn row_25_taken_out_put_back_and_moved(world: impl World) {
    let school = School::new(&world).await;
    course_of(&school, &[(100, "a")]).await;
    let cursor = school.cursor().await;
    school.look(contents([sighting("page/1", "Welcome")])).await;
    course_of(&school, &[(100, "a"), (200, "a")]).await;
    assert_eq!(school.told(cursor).await, ["assign/7 restored"]);
    let since = school.cursor().await;
    course_of(&school, &[(300, "a")]).await;
    assert_eq!(school.told(since).await, ["assign/7 deadline_changed"], "it stands as any other");
    assert_eq!(school.items().await[0].item.due_at, moment(300).flatten());
}

pub(crate) async fn row_26_marked_done_by_hand(world: impl World) {
    let school = School::new(&world).await;
    course_of(&school, &[(100, "a")]).await;
    let cursor = school.cursor().await;
    let mut done = sighting("assign/7", "Essay");
    done.fields.due_at = moment(100);
    done.fields.body = Some(Some("a".into()));
    done.fields.completion = Some(Completion::Completed);
    school.look(contents([done, sighting("page/1", "Welcome")])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 refresh_only, which matters to nobody"]);
}

/// An event of a calendar that renews its numbers.
fn event(number: u32, title: &str) -> Sighting {
    Sighting { likeness: Some("course/4|calendar_event|lecture".into()), ..sighting(&format!("event/{number}"), title) }
}

pub(crate) async fn row_27_another_number_for_the_same(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([event(1, "Lecture")])).await;
    let cursor = school.cursor().await;
    school.look(contents([event(2, "Lecture")])).await;
    assert!(school.told(cursor).await.is_empty(), "nothing of it differs");
    assert_eq!(school.items().await.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["event/2"]);
    let mut described = event(3, "Lecture");
    described.details.insert("room".into(), "12".into());
    school.look(contents([described])).await;
    assert_eq!(school.told(cursor).await, ["event/3 refresh_only, which matters to nobody"]);
}

pub(crate) async fn row_28_another_number_and_something_else(world: impl World) {
    type Edit = fn(&mut Sighting);
    let edits: [(Edit, &str); 4] = [
        (|one| one.fields.due_at = moment(100), "deadline_added"),
        (|one| one.fields.starts_at = moment(100), "schedule_added"),
        (|one| one.fields.review = Some(Review { state: ReviewState::Watch, reason: None }), "review_changed"),
        (|one| one.fields.body = Some(Some("Bring a calculator.".into())), "content_changed"),
    ];
    let school = School::new(&world).await;
    school.look(contents([event(0, "Lecture")])).await;
    let mut now = event(0, "Lecture");
    for (number, (edit, kind)) in (1..).zip(edits) {
        let cursor = school.cursor().await;
        now.key = format!("event/{number}");
        edit(&mut now);
        school.look(contents([now.clone()])).await;
        assert_eq!(school.told(cursor).await, [format!("event/{number} {kind}")]);
    }
}

pub(crate) async fn row_29_the_old_one_goes_as_the_new_one_comes(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("page/1", "Welcome")])).await;
    let cursor = school.cursor().await;
    school.look(contents([sighting("page/1", "Welcome"), event(1, "Lecture")])).await;
    let mut due = event(2, "Lecture");
    due.fields.due_at = moment(100);
    school.look(contents([sighting("page/1", "Welcome"), due])).await;
    assert_eq!(school.told(cursor).await, ["event/2 new"], "one item, once");
    assert_eq!(school.items().await[0].item.due_at, moment(100).flatten());
}

pub(crate) async fn row_30_two_sources_of_one_assignment(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("assign/7", "Essay")])).await;
    let cursor = school.cursor().await;
    let mut service = sighting("assign/7", "Essay");
    service.fields.due_at = moment(100);
    school.look(seen("assignments/4", Source::Service, [service])).await;
    let items = school.items().await;
    assert_eq!((items.len(), items[0].item.due_at), (1, moment(100).flatten()));
    assert_eq!(school.told(cursor).await, ["assign/7 refresh_only, which matters to nobody"]);
}

pub(crate) async fn row_31_two_that_look_alike(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("page/1", "Welcome")])).await;
    let cursor = school.cursor().await;
    let news =
        |number: u32| Sighting { likeness: Some("news".into()), ..sighting(&format!("discussion/{number}"), "News") };
    school.look(contents([sighting("page/1", "Welcome"), news(1), news(2)])).await;
    assert_eq!(school.told(cursor).await, ["discussion/1 new", "discussion/2 new"]);
    // One of them goes as a third comes: that one is renewed, and the one that stands is left alone.
    let since = school.cursor().await;
    school.look(contents([sighting("page/1", "Welcome"), news(2), news(3)])).await;
    assert!(school.told(since).await.is_empty());
    assert_eq!(school.items().await.len(), 3);
}

pub(crate) async fn row_32_one_item_with_both_dates(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("quiz/7", "Quiz")])).await;
    let cursor = school.cursor().await;
    let mut mirror = sighting("quiz/7", "Quiz cierra");
    (mirror.fields.starts_at, mirror.fields.due_at) = (moment(50), moment(100));
    // The contents say that there are no dates, and are asked first; what they do not speak of the calendar tells.
    let mut unsure = sighting("quiz/7", "Quiz");
    (unsure.fields.starts_at, unsure.fields.due_at) = (None, None);
    school.look(contents([unsure])).await;
    school.look(seen("calendar/4", Source::Calendar, [mirror])).await;
    let items = school.items().await;
    assert_eq!((items[0].item.starts_at, items[0].item.due_at), (moment(50).flatten(), moment(100).flatten()));
    assert_eq!(items[0].item.title, "Quiz");
    assert_eq!(school.told(cursor).await, ["quiz/7 refresh_only, which matters to nobody"]);
}

pub(crate) async fn row_33_a_cursor_is_exclusive(world: impl World) {
    let school = School::new(&world).await;
    course_of(&school, &[(100, "a")]).await;
    let (rows, cursor) = school.changes(Cursor::START).await;
    assert_eq!(rows.len(), 2);
    assert!(school.told(cursor).await.is_empty());
}
