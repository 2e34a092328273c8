//! What a Moodle holds: what is missed and what is not, what a first look is, and the items that are made from sightings.

use beadle_plan::Range;
use beadle_plan::catalog::{Sighting, Sightings, Source};
use beadle_store::{CommitError, Cursor, ItemFilter};

use super::World;
use super::helpers::at;
use super::school::{School, contents, fact, kept, moment, seen, sighting};

pub(crate) async fn an_item_is_gone_when_a_primary_source_drops_it(world: impl World) {
    let school = School::new(&world).await;
    let both = || [sighting("assign/7", "Essay"), sighting("assign/8", "Report")];
    let mut mirror = sighting("assign/7", "Essay is due");
    mirror.fields.due_at = moment(100);
    school.look(contents(both())).await;
    school.look(seen("assignments/4", Source::Service, both())).await;
    school.look(seen("calendar/4", Source::Calendar, [mirror.clone()])).await;
    let cursor = school.cursor().await;
    school.look(seen("calendar/4", Source::Calendar, [])).await;
    assert!(school.told(cursor).await.iter().all(|told| told.contains("refresh_only")), "a mirror only stops telling");
    school.look(contents([sighting("assign/8", "Report")])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 removed"]);
    // Who observes it since, has it.
    school.look(seen("assignments/4", Source::Service, both())).await;
    assert_eq!(school.told(cursor).await, ["assign/7 restored"]);
    school.look(seen("assignments/4", Source::Service, [sighting("assign/8", "Report")])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 removed"]);
}

pub(crate) async fn what_was_not_read_is_not_missed(world: impl World) {
    let school = School::new(&world).await;
    let in_group = |key: &str, group: &str| Sighting { group: Some(group.into()), ..sighting(key, key) };
    let forums = |items: Vec<Sighting>| seen("forums/4", Source::Service, items);
    school.look(forums(vec![in_group("discussion/1", "forum/1"), in_group("discussion/2", "forum/2")])).await;
    let cursor = school.cursor().await;
    let unsure = |unsure: &[&str], items| Sightings {
        unsure: unsure.iter().map(ToString::to_string).collect(),
        ..forums(items)
    };
    school.look(unsure(&["forum/2"], vec![in_group("discussion/1", "forum/1")])).await;
    school.look(Sightings { complete: false, ..forums(vec![]) }).await;
    assert!(school.told(cursor).await.is_empty());
    school.look(unsure(&["forum/1"], vec![])).await;
    assert_eq!(school.told(cursor).await, ["discussion/2 removed"]);
    // The same look again, now with nothing unsure: what it did not name before is missed now.
    school.look(forums(vec![])).await;
    assert_eq!(school.told(cursor).await, ["discussion/2 removed", "discussion/1 removed"]);
}

pub(crate) async fn what_lies_outside_the_range_is_not_missed(world: impl World) {
    let school = School::new(&world).await;
    let event = |key: &str, second: i64| Sighting { at: Some(at(second)), ..sighting(key, key) };
    let range = |from: i64| Some(Range { from: at(from), until: at(1_000) });
    let look = |from: i64, items: Vec<Sighting>| Sightings {
        range: range(from),
        ..seen("calendar/4", Source::Calendar, items)
    };
    school.look(look(0, vec![event("event/1", 100), event("event/2", 200)])).await;
    let cursor = school.cursor().await;
    school.look(look(150, vec![event("event/2", 200)])).await;
    assert!(school.told(cursor).await.is_empty(), "what has passed is not missed");
    school.look(look(150, vec![])).await;
    assert_eq!(school.told(cursor).await, ["event/2 removed"]);
}

pub(crate) async fn a_great_loss_of_sightings_is_held_back_once(world: impl World) {
    let school = School::new(&world).await;
    let many = |count: u32| contents((0..count).map(|number| sighting(&format!("page/{number}"), "Page")));
    school.look(many(12)).await;
    let cursor = school.cursor().await;
    assert_eq!(school.look(many(2)).await.held, 10);
    assert!(school.told(cursor).await.is_empty());
    school.look(many(2)).await;
    assert_eq!(school.told(cursor).await.len(), 10);
}

pub(crate) async fn a_first_look_is_a_baseline(world: impl World) {
    let school = School::new(&world).await;
    let partly = Sightings {
        unsure: vec!["forum/2".into()],
        ..seen("forums/4", Source::Service, [sighting("discussion/1", "a")])
    };
    assert!(school.look(partly).await.first);
    let whole = || seen("forums/4", Source::Service, [sighting("discussion/1", "a"), sighting("discussion/2", "b")]);
    assert!(school.look(whole()).await.first, "until all of it was seen");
    let (rows, cursor) = school.changes(Cursor::START).await;
    assert!(rows.iter().all(|row| row.baseline && !row.meaningful), "{rows:#?}");
    let mut more = whole();
    more.items.push(kept(sighting("discussion/3", "c"), 1));
    assert!(!school.look(more).await.first);
    assert_eq!(school.told(cursor).await, ["discussion/3 new"]);
    // A scope that appears later inside a part that is known is none; another part of the course has its own.
    assert!(!school.look(seen("forums/4/9", Source::Service, [sighting("discussion/4", "d")])).await.first);
    assert!(school.look(contents([sighting("page/1", "Welcome")])).await.first);
}

pub(crate) async fn what_can_never_be_read_does_not_make_every_look_the_first(world: impl World) {
    let school = School::new(&world).await;
    let essay = |due: i64| {
        let mut essay = sighting("assign/7", "Essay");
        essay.fields.due_at = moment(due);
        essay
    };
    let look = |due: i64, more: Vec<Sighting>| {
        let mut seen = contents(std::iter::once(essay(due)).chain(more));
        seen.unsure = vec!["cm/9".to_owned()];
        seen
    };
    assert!(school.look(look(100, vec![])).await.first);
    let since = school.cursor().await;
    // What could not be read at the first look is seen for the first time at the second, and is no news; what was moved is.
    school.look(look(200, vec![sighting("quiz/9", "Quiz")])).await;
    assert_eq!(school.told(since).await, ["assign/7 deadline_changed", "quiz/9 new, which matters to nobody"]);
    let since = school.cursor().await;
    assert!(!school.look(look(300, vec![sighting("quiz/9", "Quiz"), sighting("page/1", "Page")])).await.first);
    assert_eq!(school.told(since).await, ["assign/7 deadline_changed", "page/1 new"]);
}

/// A second look at which nothing moved ends the baseline as well, however many scopes are looked at together.
pub(crate) async fn a_second_look_at_which_nothing_moved_is_the_last_of_the_first(world: impl World) {
    let school = School::new(&world).await;
    let course = |number: u32, more: Vec<Sighting>| {
        let own = sighting(&format!("assign/{number}"), "Essay");
        let scope = format!("assignments/{number}");
        Sightings {
            course: Some(format!("course/{number}")),
            unsure: vec!["cm/9".to_owned()],
            ..seen(&scope, Source::Service, std::iter::once(own).chain(more))
        }
    };
    let both = || [course(4, vec![]), course(5, vec![])];
    assert!(school.look_at(both()).await.iter().all(|told| told.first));
    assert!(school.look_at(both()).await.iter().all(|told| told.first && told.unchanged == 1));
    let since = school.cursor().await;
    let told = school.look_at([course(4, vec![sighting("assign/6", "Report")]), course(5, vec![])]).await;
    assert!(told.iter().all(|told| !told.first));
    assert_eq!(school.told(since).await, ["assign/6 new"]);
}

pub(crate) async fn a_better_normaliser_of_items_announces_nothing(world: impl World) {
    let school = School::new(&world).await;
    let told = |shape: u32| {
        let mut seen = contents([]);
        seen.items = vec![kept(sighting("assign/7", "Essay"), shape), kept(sighting("assign/8", "Report"), shape)];
        seen
    };
    school.look(told(1)).await;
    let cursor = school.cursor().await;
    school.look(told(2)).await;
    let (rows, next) = school.changes(cursor).await;
    assert_eq!((rows.len(), next), (0, cursor));
}

/// Two services word one thing in two ways. That the more trusted of them begins to tell of an item is no change; what it tells
/// afterwards is.
pub(crate) async fn a_source_that_is_trusted_more_takes_over_silently(world: impl World) {
    let school = School::new(&world).await;
    let service = |items: Vec<Sighting>| seen("assignments/4", Source::Service, items);
    let told = |title: &str| Sighting { ..sighting("assign/7", title) };
    school.look(contents([sighting("page/1", "Welcome")])).await;
    school.look(service(vec![])).await;
    let cursor = school.cursor().await;
    school.look(contents([sighting("page/1", "Welcome"), told("Essay")])).await;
    let after = school.cursor().await;
    school.look(service(vec![told("Essay, as the service words it")])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 new"]);
    assert_eq!(school.told(after).await, ["assign/7 refresh_only, which matters to nobody"]);
    let after = school.cursor().await;
    school.look(contents([sighting("page/1", "Welcome"), told("Essay, as nobody asks")])).await;
    assert!(school.told(after).await.is_empty());
    school.look(service(vec![told("Another essay")])).await;
    assert_eq!(school.told(after).await, ["assign/7 content_changed"]);
}

/// What a first look tells of items that are known already is no news either.
pub(crate) async fn a_first_look_only_tells_more(world: impl World) {
    let school = School::new(&world).await;
    let mut silent = sighting("assign/7", "Essay");
    (silent.fields.starts_at, silent.fields.due_at) = (None, None);
    school.look(contents([silent])).await;
    let cursor = school.cursor().await;
    let mut dated = sighting("assign/7", "Essay");
    dated.fields.due_at = moment(100);
    let told = school.look(seen("assignments/4", Source::Service, [dated.clone()])).await;
    assert!(told.differences.iter().all(|one| one.aspects.is_empty()), "{told:?}");
    assert_eq!(school.told(cursor).await, ["assign/7 refresh_only, which matters to nobody"]);
    dated.fields.due_at = moment(200);
    school.look(seen("assignments/4", Source::Service, [dated])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 deadline_changed"], "against what was told first");
}

pub(crate) async fn two_looks_at_one_scope_cannot_both_be_committed(world: impl World) {
    let school = School::new(&world).await;
    let (one, two) = (school.begin().await, school.begin().await);
    let (first, second) = (
        school.staged(contents([sighting("assign/7", "a")])).await,
        school.staged(contents([sighting("assign/7", "b")])).await,
    );
    school.commit(one, [first]).await.expect("it is committed");
    let conflict = school.commit(two, [second]).await;
    assert!(matches!(conflict, Err(CommitError::Conflict { .. })), "{conflict:?}");
    assert_eq!(school.items().await[0].item.title, "a");
    let scope = school.scope(&contents([])).await;
    assert_eq!(scope.owner.as_deref(), Some("detector"));
}

pub(crate) async fn looks_of_one_run_follow_one_another(world: impl World) {
    let school = School::new(&world).await;
    let due = |title: &str, second: i64| {
        let mut due = sighting("assign/7", title);
        due.fields.due_at = moment(second);
        due
    };
    let looks = |essay: [Sighting; 3], other: Sighting, page: &str| {
        let [in_contents, in_assignments, in_calendar] = essay;
        let page = Sighting { course: Some("course/5".into()), ..sighting("page/1", page) };
        [
            contents([in_contents, other.clone()]),
            Sightings { course: Some("course/5".into()), ..seen("contents/5", Source::Contents, [page]) },
            seen("assignments/4", Source::Service, [in_assignments, other]),
            seen("calendar/4", Source::Calendar, [in_calendar]),
        ]
    };
    let first = [due("Essay", 100), due("An essay", 200), due("Essay is due", 300)];
    school.look_at(looks(first, sighting("assign/8", "Report"), "Welcome")).await;
    let cursor = school.cursor().await;
    // One item is another in three scopes at once, one is dropped by two, and one appears in two.
    let second = || {
        let essay = [due("Essay", 400), due("The essay", 500), due("Essay is due", 600)];
        looks(essay, sighting("assign/9", "Poster"), "Welcome back")
    };
    school.look_at(second()).await;
    let told = school.told(cursor).await;
    assert_eq!(told, ["assign/7 deadline_changed", "assign/8 removed", "assign/9 new", "page/1 content_changed"]);
    let titles: Vec<String> = school.items().await.into_iter().map(|one| one.item.title).collect();
    assert_eq!(titles, ["The essay", "Poster", "Welcome back"], "the one that is due first");
    let cursor = school.cursor().await;
    school.look_at(second()).await;
    assert!(school.told(cursor).await.is_empty());
}

pub(crate) async fn items_are_found_by_what_is_asked(world: impl World) {
    let school = School::new(&world).await;
    let mut due = sighting("assign/7", "Essay");
    due.fields.due_at = moment(100);
    due.facts.push(fact("due_at", 100));
    let page = Sighting { kind: "page".into(), ..sighting("page/1", "Welcome") };
    school.look(contents([due, page])).await;
    let found = async |filter: ItemFilter| {
        let filter = ItemFilter { limit: 10, ..filter };
        let items = school.store.items("main", &filter).await.expect("the store works");
        items.into_iter().map(|one| one.key).collect::<Vec<_>>()
    };
    assert_eq!(found(ItemFilter::default()).await, ["assign/7", "page/1"]);
    assert_eq!(found(ItemFilter { kind: Some("page".into()), ..ItemFilter::default() }).await, ["page/1"]);
    assert_eq!(found(ItemFilter { keys: vec!["assign/7".into()], ..ItemFilter::default() }).await, ["assign/7"]);
    let due = Some(Range { from: at(100), until: at(101) });
    assert_eq!(found(ItemFilter { due, ..ItemFilter::default() }).await, ["assign/7"]);
    assert!(found(ItemFilter { course: Some("course/5".into()), ..ItemFilter::default() }).await.is_empty());
    assert!(
        school
            .store
            .items("north", &ItemFilter { limit: 9, ..ItemFilter::default() })
            .await
            .expect("it works")
            .is_empty()
    );
}
