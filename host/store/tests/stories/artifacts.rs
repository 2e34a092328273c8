//! What refers to content.

use beadle_plan::{ContentDigest, Plan, Reference};
use beadle_store::{KeptReference, ReferenceFilter, Store};

use super::World;
use super::helpers::{at, commit_of, fire, known};

fn digest(number: u8) -> ContentDigest {
    ContentDigest::new([number; 32])
}

fn reference(subject: &str, name: &str, number: u8) -> Reference {
    Reference {
        subject: subject.to_owned(),
        name: name.to_owned(),
        media_type: "application/json".to_owned(),
        digest: digest(number),
        size: 7,
    }
}

/// Commits a run that puts these.
async fn put(store: &dyn Store, who: (&str, &str), second: i64, references: Vec<Reference>) {
    let schedule = known(store, "online@main").await;
    let started = fire(store, &schedule, at(second)).await;
    let plan = Plan { references, ..Plan::default() };
    commit_of(store, started, who, &plan, at(second), true).await.expect("it is committed");
}

async fn referred(store: &dyn Store, numbers: &[u8]) -> Vec<ContentDigest> {
    let digests: Vec<ContentDigest> = numbers.iter().map(|number| digest(*number)).collect();
    let mut referred = store.referred(&digests).await.expect("the store works");
    referred.sort_unstable();
    referred
}

async fn list(store: &dyn Store, filter: ReferenceFilter) -> Vec<KeptReference> {
    store.references(&filter).await.expect("the store works")
}

/// Returns names with the first byte of their digests.
fn told(kept: &[KeptReference]) -> Vec<(&str, ContentDigest)> {
    kept.iter().map(|one| (one.reference.name.as_str(), one.reference.digest)).collect()
}

pub(crate) async fn what_is_put_stands_until_another_takes_its_place(world: impl World) {
    let store = world.open().await;
    let who = ("online", "main");
    let of =
        |superseded| ReferenceFilter { subject: Some("contents/4".into()), superseded, limit: 9, ..Default::default() };
    put(&*store, who, 0, vec![reference("contents/4", "answer", 1), reference("contents/5", "answer", 1)]).await;
    let first = list(&*store, of(false)).await;
    assert_eq!(told(&first), [("answer", digest(1))]);
    assert_eq!((first[0].kept_at, first[0].superseded_at), (at(0), None));

    put(&*store, who, 30, vec![reference("contents/4", "answer", 1)]).await;
    assert_eq!(list(&*store, of(true)).await, first, "the same again is not written again");

    // A run that puts twice under a name keeps the last.
    put(&*store, who, 60, vec![reference("contents/4", "answer", 2), reference("contents/4", "answer", 3)]).await;
    let both = list(&*store, of(true)).await;
    assert_eq!(told(&both), [("answer", digest(3)), ("answer", digest(1))]);
    assert_eq!((both[0].superseded_at, both[1].superseded_at), (None, Some(at(60))));
    assert_eq!(referred(&*store, &[1, 2, 3]).await, [digest(1), digest(3)]);

    assert_eq!(store.forget_references(at(60)).await.expect("the store works"), 0);
    assert_eq!(store.forget_references(at(61)).await.expect("the store works"), 1);
    assert_eq!(told(&list(&*store, of(true)).await), [("answer", digest(3))]);
    assert_eq!(referred(&*store, &[1]).await, [digest(1)], "course 5 refers to it still");

    // What stood before may stand again.
    put(&*store, who, 90, vec![reference("contents/4", "answer", 1)]).await;
    assert_eq!(told(&list(&*store, of(false)).await), [("answer", digest(1))]);
}

pub(crate) async fn a_site_reads_what_is_its_own(world: impl World) {
    let store = world.open().await;
    put(&*store, ("detector", "main"), 0, vec![reference("assign/7", "file/a.pdf", 1)]).await;
    put(&*store, ("briefs", "main"), 30, vec![reference("assign/7", "file/a.pdf", 2)]).await;
    put(&*store, ("detector", "north"), 60, vec![reference("assign/7", "file/a.pdf", 3)]).await;
    let of = |site: &str| ReferenceFilter { site: Some(site.to_owned()), limit: 9, ..Default::default() };
    let main = list(&*store, of("main")).await;
    assert_eq!(told(&main), [("file/a.pdf", digest(2)), ("file/a.pdf", digest(1))], "each plugin keeps its own");
    assert_eq!(main[1].plugin.as_str(), "detector");
    assert_eq!(list(&*store, ReferenceFilter { limit: 2, ..Default::default() }).await.len(), 2);
    for (site, number, refers) in [("main", 1, true), ("main", 3, false), ("north", 3, true), ("north", 9, false)] {
        assert_eq!(store.refers(site, digest(number)).await.expect("the store works"), refers, "{site} {number}");
    }
}
