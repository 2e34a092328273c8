//! The outbox and the tabs.

use beadle_plan::{Delivered, Doubt, EffectId, Instant, Standing, Target};
use beadle_store::{EffectState, Store, Tab, TargetState};

use super::World;
use super::helpers::{at, commit, fire, known, plan, row, run};

fn doubt(sent: Instant) -> Doubt {
    Doubt { sent, requests: 1 }
}

pub(crate) fn presence() -> Target {
    Target::Sheet("presence".into())
}

async fn put(store: &dyn Store, second: i64, keys: &[&str]) -> beadle_store::Started {
    let schedule = known(store, "online@main").await;
    let started = fire(store, &schedule, at(second)).await;
    let effects = keys.iter().map(|key| row(key)).collect();
    commit(store, started, &plan(&Standing::never_seen(), None, effects), at(second), true).await.expect("committed");
    started
}

pub(crate) async fn waiting(store: &dyn Store) -> Vec<EffectId> {
    let queued = store.queued(&presence(), 100, at(1_000)).await.expect("the store works");
    queued.into_iter().map(|effect| effect.id).collect()
}

pub(crate) async fn effects_are_numbered_through_attempts(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    let first = fire(&*store, &schedule, at(0)).await;
    let one = plan(&Standing::never_seen(), None, vec![row("a")]);
    commit(&*store, first, &one, at(1), false).await.expect("a checkpoint");
    let second = store.attempt(first.firing, &run(at(2))).await.expect("the store works");
    let two = plan(&Standing::never_seen(), None, vec![row("b")]);
    commit(&*store, second, &two, at(3), true).await.expect("committed");
    let detail = store.run(second.run).await.expect("the store works").expect("it is there");
    assert_eq!(detail.effects[0].number, 2);
}

pub(crate) async fn saying_it_twice_is_saying_it_once(world: impl World) {
    let store = world.open().await;
    put(&*store, 0, &["a", "b"]).await;
    put(&*store, 30, &["b", "c", "c"]).await;
    let keys: Vec<String> = store
        .queued(&presence(), 100, at(1_000))
        .await
        .expect("the store works")
        .into_iter()
        .map(|one| one.effect.key)
        .collect();
    assert_eq!(keys, ["a", "b", "c"]);
}

pub(crate) async fn an_effect_goes_its_way(world: impl World) {
    let store = world.open().await;
    let started = put(&*store, 0, &["a", "b", "c"]).await;
    let ids = waiting(&*store).await;
    store.sending(&ids, doubt(at(1))).await.expect("the store works");
    // Who is killed here finds them again, with the time of the request.
    let queued = world.open().await.queued(&presence(), 2, at(1_000)).await.expect("the store works");
    assert_eq!(queued.len(), 2);
    assert_eq!((queued[0].doubt, queued[0].attempts), (Some(doubt(at(1))), 1));
    let unknown = Delivered::Unknown { cause: "reset".into(), doubt: doubt(at(1)), look_at: at(181) };
    let outcomes = [
        (ids[0], Delivered::Done { place: "Online!A2".into(), note: None }),
        (ids[1], Delivered::AlreadyThere),
        (ids[2], unknown),
    ];
    store.settle(&presence(), &outcomes, Some((TargetState::Waiting, at(181))), at(2)).await.expect("the store works");
    let targets = store.targets().await.expect("the store works");
    assert_eq!((targets[0].waiting, targets[0].next_at, targets[0].failures), (1, at(181), 1));
    let retry = Delivered::Retry { cause: "429".into(), not_before: None };
    store.settle(&presence(), &[(ids[2], retry)], None, at(3)).await.expect("the store works");
    let queued = store.queued(&presence(), 2, at(1_000)).await.expect("the store works");
    assert_eq!(queued[0].doubt, None);
    let targets = store.targets().await.expect("the store works");
    assert_eq!((targets[0].state, targets[0].failures), (None, 0));
    let invalid = Delivered::Invalid { cause: "no such column".into() };
    store.settle(&presence(), &[(ids[2], invalid)], None, at(4)).await.expect("the store works");
    assert!(store.targets().await.expect("the store works").is_empty());
    let detail = store.run(started.run).await.expect("the store works").expect("it is there");
    let states: Vec<EffectState> = detail.effects.iter().map(|effect| effect.state).collect();
    assert_eq!(states, [EffectState::Done, EffectState::AlreadyThere, EffectState::Invalid]);
    assert_eq!(detail.effects[0].place.as_deref(), Some("Online!A2"));
}

pub(crate) async fn a_held_target_keeps_what_is_unknown(world: impl World) {
    let store = world.open().await;
    put(&*store, 0, &["a", "b"]).await;
    let ids = waiting(&*store).await;
    store.sending(&ids[..1], doubt(at(1))).await.expect("the store works");
    let held = |doubt| Delivered::Held { cause: "403".into(), advice: "share it".into(), doubt };
    let outcomes = [(ids[0], held(Some(doubt(at(1))))), (ids[1], held(None))];
    store.settle(&presence(), &outcomes, Some((TargetState::Held, at(300))), at(2)).await.expect("the store works");
    let queued = store.queued(&presence(), 2, at(1_000)).await.expect("the store works");
    assert_eq!([queued[0].doubt, queued[1].doubt], [Some(doubt(at(1))), None]);
    // A definite refusal ends the doubt.
    store.sending(&ids[1..], doubt(at(3))).await.expect("the store works");
    let outcomes = [(ids[1], held(None))];
    store.settle(&presence(), &outcomes, Some((TargetState::Held, at(600))), at(4)).await.expect("the store works");
    assert_eq!(store.queued(&presence(), 2, at(1_000)).await.expect("the store works")[1].doubt, None);
    let targets = store.targets().await.expect("the store works");
    assert_eq!(targets[0].state, Some(TargetState::Held));
    assert_eq!(targets[0].advice.as_deref(), Some("share it"));
}

pub(crate) async fn keys_of_a_tab_only_grow(world: impl World) {
    let store = world.open().await;
    assert_eq!(store.tab(&presence()).await.expect("the store works"), None);
    let read = Tab { term: 3, read_at: at(1) };
    let keys = ["a".to_owned(), "b".to_owned()];
    store.add_keys(&presence(), &keys, Some(read.clone())).await.expect("the store works");
    store.add_keys(&presence(), &keys[..1], None).await.expect("the store works");
    assert_eq!(store.tab(&presence()).await.expect("the store works"), Some(read));
    let known = store.known(&presence(), &["a", "b", "c"]).await.expect("the store works");
    assert_eq!((known.len(), known.contains("c")), (2, false));
    let elsewhere = store.known(&Target::Sheet("other".into()), &["a"]).await.expect("the store works");
    assert!(elsewhere.is_empty());
}
