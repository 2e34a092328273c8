//! What stands in the collections of plugins.

use beadle_plan::{Kind, Standing};
use beadle_store::{CommitError, ScopeName};

use super::World;
use super::helpers::{at, commit, fire, known, observe, plan, row, scope, seen};

fn kinds(comparison: &beadle_plan::Comparison) -> Vec<(&str, Kind)> {
    comparison.differences.iter().map(|difference| (difference.key.as_str(), difference.kind)).collect()
}

pub(crate) async fn what_was_observed_stands(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    let first = observe(&*store, &schedule, 0, &[("a", "Lab 1"), ("b", "Lab 2")]).await;
    assert!(first.first);
    let second = observe(&*store, &schedule, 30, &[("a", "Lab 1"), ("c", "Lab 2")]).await;
    assert_eq!(kinds(&second), [("b", Kind::Gone), ("c", Kind::New)]);
    let third = observe(&*store, &schedule, 60, &[("a", "Lab 3"), ("b", "Lab 2"), ("c", "Lab 2")]).await;
    assert_eq!(kinds(&third), [("a", Kind::Changed), ("b", Kind::Back)]);
    // Another process reads the same from the database as this one has in memory.
    let other = world.open().await;
    let (here, there) = (
        store.standing(&scope()).await.expect("the store works"),
        other.standing(&scope()).await.expect("the store works"),
    );
    assert_eq!(here, there);
    assert_eq!(here.records["a"].since, at(0));
    assert_eq!(here.records["b"].since, at(60));
}

pub(crate) async fn an_observation_of_a_moved_scope_is_a_conflict(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    observe(&*store, &schedule, 0, &[("a", "Lab 1")]).await;
    let slow = fire(&*store, &schedule, at(30)).await;
    let standing = store.standing(&scope()).await.expect("the store works");
    let late = plan(&standing, Some(seen(&[("a", "Lab 2")])), vec![row("x")]);
    observe(&*store, &schedule, 60, &[("a", "Lab 3")]).await;
    let conflict = commit(&*store, slow, &late, at(61), true).await;
    assert!(matches!(conflict, Err(CommitError::Conflict { .. })), "{conflict:?}");
    assert!(store.targets().await.expect("the store works").is_empty());
    assert_eq!(store.standing(&scope()).await.expect("the store works").records["a"].record.value, "\"Lab 3\"");
    // Two that never saw the scope cannot both be the first.
    let elsewhere = |name: &str| beadle_plan::Observation { scope: name.into(), ..seen(&[("a", "Lab 1")]) };
    let one = fire(&*store, &schedule, at(90)).await;
    let two = fire(&*store, &schedule, at(120)).await;
    let first = plan(&Standing::never_seen(), Some(elsewhere("north")), vec![]);
    commit(&*store, one, &first, at(91), true).await.expect("committed");
    let second = commit(&*store, two, &first, at(121), true).await;
    assert!(matches!(second, Err(CommitError::Conflict { .. })), "{second:?}");
}

pub(crate) async fn a_failed_commit_writes_nothing(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    observe(&*store, &schedule, 0, &[("a", "Lab 1")]).await;
    let before = store.standing(&scope()).await.expect("the store works");
    let started = fire(&*store, &schedule, at(30)).await;
    store.attempt(started.firing, &super::helpers::run(at(31))).await.expect("the store works");
    let both = plan(&before, Some(seen(&[("b", "Lab 2")])), vec![row("x")]);
    assert!(commit(&*store, started, &both, at(32), true).await.is_err());
    assert_eq!(store.standing(&scope()).await.expect("the store works"), before);
    assert!(store.targets().await.expect("the store works").is_empty());
}

pub(crate) async fn a_great_loss_is_held_back_across_runs(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    let keys: Vec<String> = (0..12).map(|n| format!("p{n:02}")).collect();
    let all: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "Lab 1")).collect();
    observe(&*store, &schedule, 0, &all).await;
    let held = observe(&*store, &schedule, 30, &all[..3]).await;
    assert_eq!((held.held, held.differences.len()), (9, 0));
    let other = world.open().await;
    assert_eq!(other.standing(&scope()).await.expect("the store works").held.len(), 9);
    let believed = observe(&*other, &schedule, 60, &all[..3]).await;
    assert_eq!((believed.held, believed.differences.len()), (0, 9));
    // Seen again, a record that was held back just stands.
    observe(&*store, &schedule, 90, &all).await;
    observe(&*store, &schedule, 120, &all[..3]).await;
    assert_eq!(observe(&*store, &schedule, 150, &all).await.unchanged, 12);
}

pub(crate) async fn a_checkpoint_commits_and_the_run_goes_on(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    let started = fire(&*store, &schedule, at(0)).await;
    let first = plan(&Standing::never_seen(), Some(seen(&[("a", "Lab 1")])), vec![row("x")]);
    commit(&*store, started, &first, at(1), false).await.expect("committed");
    let standing = store.standing(&scope()).await.expect("the store works");
    let second = plan(&standing, Some(seen(&[("a", "Lab 1"), ("b", "Lab 1")])), vec![row("y")]);
    commit(&*store, started, &second, at(2), true).await.expect("committed");
    let detail = store.run(started.run).await.expect("the store works").expect("it is there");
    assert_eq!(detail.effects.iter().map(|effect| effect.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(store.standing(&scope()).await.expect("the store works").records.len(), 2);
}

pub(crate) async fn plugins_and_sites_are_apart(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    observe(&*store, &schedule, 0, &[("a", "Lab 1")]).await;
    for other in [
        ScopeName { plugin: "other".into(), ..scope() },
        ScopeName { site: "north".into(), ..scope() },
        ScopeName { collection: "occupancy".into(), ..scope() },
        ScopeName { scope: "course/1".into(), ..scope() },
    ] {
        assert_eq!(store.standing(&other).await.expect("the store works"), Standing::never_seen(), "{other:?}");
    }
}
