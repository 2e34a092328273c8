//! What readers are told of changes.

use beadle_plan::{Aspect, Observation, Record};
use beadle_store::{Cursor, FeedFilter, FeedRow, Page, Store};

use super::World;
use super::helpers::{at, commit, fire, known, observe, plan, scope, seen};

const ALL: FeedFilter = FeedFilter { site: None, collection: None, meaningful: false, limit: 100 };

pub(crate) async fn page(store: &dyn Store, since: Cursor, limit: u32) -> Page {
    store.changes(since, &FeedFilter { limit, ..ALL }).await.expect("the store works")
}

fn told(rows: &[FeedRow]) -> Vec<(&str, String)> {
    rows.iter().map(|row| (row.key.as_str(), row.kind.to_string())).collect()
}

fn kinds(told: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    told.iter().map(|(key, kind)| (*key, (*kind).to_owned())).collect()
}

pub(crate) async fn a_reader_is_told_what_changed_since(world: impl World) {
    let store = world.open().await;
    assert_eq!(page(&*store, Cursor::START, 9).await.next, Cursor::START, "nothing has happened yet");
    let schedule = known(&*store, "online@main").await;
    observe(&*store, &schedule, 0, &[("a", "Lab 1"), ("b", "Lab 2")]).await;
    let first = page(&*store, Cursor::START, 9).await;
    assert_eq!(told(&first.rows), kinds(&[("a", "new"), ("b", "new")]));
    assert!(first.rows.iter().all(|row| row.baseline && !row.meaningful && row.before.is_none()), "{first:#?}");
    assert_eq!(first.rows[0].scope, scope());
    let nothing = page(&*store, first.next, 9).await;
    assert_eq!((nothing.rows.len(), nothing.next, nothing.more), (0, first.next, false));

    observe(&*store, &schedule, 30, &[("a", "Lab 3"), ("c", "Lab 2")]).await;
    let second = page(&*store, first.next, 9).await;
    let mut rows = second.rows;
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(told(&rows), kinds(&[("a", "room_changed"), ("b", "removed"), ("c", "new")]));
    assert!(rows.iter().all(|row| row.meaningful && !row.baseline), "{rows:#?}");
    let difference = &rows[0].aspects[0];
    assert_eq!((difference.before.as_deref(), difference.after.as_deref()), (Some("Lab 1"), Some("Lab 3")));
    assert_eq!((rows[0].before.as_deref(), rows[0].value.as_str()), (Some("\"Lab 1\""), "\"Lab 3\""));
    assert_eq!(rows[1].value, "\"Lab 2\"", "what is gone is told as it was");
    assert_eq!((rows[0].at, rows[0].meaningful_key.len()), (at(30), 64));

    observe(&*store, &schedule, 60, &[("a", "Lab 1"), ("b", "Lab 2"), ("c", "Lab 2")]).await;
    let third = page(&*store, second.next, 9).await.rows;
    assert_eq!(told(&third), kinds(&[("a", "room_changed"), ("b", "restored")]));
    assert_eq!(third[0].meaningful_key, first.rows[0].meaningful_key, "all that matters is as it was");
    // One who was away since the first is told less, and of nothing twice.
    let long = page(&*store, first.next, 9).await.rows;
    assert_eq!(told(&long), kinds(&[("c", "new"), ("a", "refresh_only"), ("b", "restored")]));
}

pub(crate) async fn who_asks_for_what_matters_knows_what_was_there_at_first(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    observe(&*store, &schedule, 0, &[("a", "Lab 1"), ("b", "Lab 2"), ("c", "Lab 3")]).await;
    observe(&*store, &schedule, 30, &[("a", "Lab 9"), ("c", "Lab 3"), ("d", "Lab 4")]).await;
    let matters = FeedFilter { meaningful: true, ..ALL };
    let mut rows = store.changes(Cursor::START, &matters).await.expect("the store works").rows;
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(told(&rows), kinds(&[("a", "room_changed"), ("b", "removed"), ("d", "new")]));
    assert_eq!(rows[0].before.as_deref(), Some("\"Lab 1\""));
    let all = page(&*store, Cursor::START, 9).await.rows;
    assert_eq!(
        told(&all),
        kinds(&[("c", "new"), ("a", "new"), ("d", "new")]),
        "a reader of everything has seen none of it"
    );
}

pub(crate) async fn a_plugins_own_memory_is_no_news(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    for (second, keys) in [(0, &["a"][..]), (30, &["a", "b"]), (60, &["b"])] {
        let record = |key: &&str| Record { key: (*key).into(), value: second.to_string(), aspects: vec![], at: None };
        let observation = Observation {
            losses: beadle_plan::Losses::Ordinary,
            records: keys.iter().map(record).collect(),
            ..seen(&[])
        };
        let started = fire(&*store, &schedule, at(second)).await;
        let standing = store.standing(&scope()).await.expect("the store works");
        commit(&*store, started, &plan(&standing, Some(observation), vec![]), at(second), true)
            .await
            .expect("committed");
    }
    let standing = store.standing(&scope()).await.expect("the store works");
    assert!(!standing.records["a"].stands && standing.records["b"].stands);
    let rows = page(&*store, Cursor::START, 9).await.rows;
    assert!(rows.iter().all(|row| !row.meaningful), "{rows:#?}");
}

pub(crate) async fn a_reader_that_pages_is_told_each_change_once(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    let names: Vec<String> = (0..10).map(|number| format!("p{number}")).collect();
    let rooms = |room: &'static str, names: &'static [usize]| (room, names);
    let look = async |second: i64, moved: (&'static str, &'static [usize])| {
        let people: Vec<(&str, &str)> = names
            .iter()
            .enumerate()
            .map(|(number, name)| (name.as_str(), if moved.1.contains(&number) { moved.0 } else { "Lab 1" }))
            .collect();
        observe(&*store, &schedule, second, &people).await;
    };
    look(0, rooms("Lab 1", &[])).await;
    let mut cursor = page(&*store, Cursor::START, 100).await.next;
    let known_before = cursor;
    look(30, rooms("Lab 2", &[0, 1, 2, 3, 4])).await;
    let mut seen = Vec::new();
    for step in 0.. {
        let page = page(&*store, cursor, 2).await;
        assert!(page.rows.len() <= 2);
        seen.extend(page.rows.iter().map(|row| (row.key.clone(), row.kind.to_string())));
        cursor = page.next.to_string().parse().expect("a reader keeps it as a word");
        // While it pages, one that it was told of moves back, one that it will be told of moves on, and a third moves.
        if step == 0 {
            look(60, rooms("Lab 3", &[1, 2, 3, 4, 7])).await;
        }
        if !page.more {
            break;
        }
    }
    let moved = |numbers: &[usize]| {
        numbers.iter().map(|number| (format!("p{number}"), "room_changed".to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(seen, moved(&[0, 1, 2, 3, 4]), "as it was when the paging began");
    let rest = page(&*store, cursor, 100).await;
    let rest: Vec<_> = rest.rows.iter().map(|row| (row.key.clone(), row.kind.to_string())).collect();
    assert_eq!(rest, moved(&[0, 1, 2, 3, 4, 7]));
    let at_once = page(&*store, known_before, 100).await.rows;
    let mut kinds: Vec<_> = at_once.iter().map(|row| (row.key.as_str(), row.kind.to_string())).collect();
    kinds.sort();
    let mut expected = vec![("p0", "refresh_only".to_owned())];
    expected.extend(["p1", "p2", "p3", "p4", "p7"].map(|key| (key, "room_changed".to_owned())));
    assert_eq!(kinds, expected);
}

pub(crate) async fn a_better_normaliser_announces_nothing(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    let look = async |second: i64, people: &[(&str, &str, u32)]| {
        let record = |(key, room, shape): &(&str, &str, u32)| Record {
            key: (*key).to_owned(),
            value: "1".to_owned(),
            aspects: vec![Aspect { name: "room".into(), value: (*room).into(), shape: *shape }],
            at: None,
        };
        let observation = Observation { records: people.iter().map(record).collect(), ..seen(&[]) };
        let started = fire(&*store, &schedule, at(second)).await;
        let standing = store.standing(&scope()).await.expect("the store works");
        let plan = plan(&standing, Some(observation), vec![]);
        commit(&*store, started, &plan, at(second), true).await.expect("it is committed");
    };
    look(0, &[("a", "LAB 1", 1), ("b", "LAB 1", 1), ("c", "LAB 1", 1)]).await;
    let cursor = page(&*store, Cursor::START, 9).await.next;
    look(30, &[("a", "lab 1", 2), ("b", "lab 1", 2), ("c", "lab 1", 2)]).await;
    let after = page(&*store, cursor, 9).await;
    assert_eq!((after.rows.len(), after.next), (0, cursor), "it has no number");
    look(60, &[("a", "lab 2", 2), ("b", "lab 1", 2), ("c", "l-2", 3)]).await;
    let rows = page(&*store, cursor, 9).await.rows;
    assert_eq!(told(&rows), kinds(&[("a", "room_changed")]), "the new words are compared with the new words");
    let difference = &rows[0].aspects[0];
    assert_eq!((difference.before.as_deref(), difference.after.as_deref()), (Some("lab 1"), Some("lab 2")));
}

pub(crate) async fn a_reader_may_ask_for_less(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    let meaningful = FeedFilter { meaningful: true, ..ALL };
    observe(&*store, &schedule, 0, &[("a", "Lab 1")]).await;
    assert!(store.changes(Cursor::START, &meaningful).await.expect("the store works").rows.is_empty(), "a baseline");
    observe(&*store, &schedule, 30, &[("a", "Lab 2")]).await;
    let cursor = store.cursor_at(at(10)).await.expect("the store works");
    assert_eq!(told(&page(&*store, cursor, 9).await.rows), kinds(&[("a", "room_changed")]));
    assert!(page(&*store, store.cursor_at(at(31)).await.expect("the store works"), 9).await.rows.is_empty());
    let other = FeedFilter { site: Some("north".into()), ..ALL };
    assert!(store.changes(Cursor::START, &other).await.expect("the store works").rows.is_empty());
    assert_eq!(store.changes(cursor, &meaningful).await.expect("the store works").rows.len(), 1);
}
