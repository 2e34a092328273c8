//! Messages: said anew under one key, compared at the commit, delivered in their time.

use beadle_plan::{Body, Delivered, Doubt, Effect, EffectId, Instant, Message, Plan, Post, Standing, Target};
use beadle_store::{EffectFilter, EffectState, Part, Store, TargetState};

use super::World;
use super::helpers::{at, commit, fire, known, plan};

fn class() -> Target {
    Target::Chat("class".into())
}

fn say(key: &str, title: &str) -> Effect {
    say_between(key, title, None, None)
}

fn say_between(key: &str, title: &str, from: Option<Instant>, until: Option<Instant>) -> Effect {
    let message = Message { title: title.into(), ..Message::plain("en", "UTC") };
    Effect { target: class(), key: key.into(), body: Body::Message(Post { message, at: from, until }) }
}

fn take_back(key: &str) -> Effect {
    Effect { target: class(), key: key.into(), body: Body::NoMessage }
}

/// Commits what a run said at a second.
async fn run(store: &dyn Store, second: i64, effects: Vec<Effect>) {
    let schedule = known(store, "watch@main").await;
    let started = fire(store, &schedule, at(second)).await;
    commit(store, started, &plan(&Standing::never_seen(), None, effects), at(second), true).await.expect("committed");
}

/// Returns keys and titles of what is due, in the order of delivery.
async fn due(store: &dyn Store, second: i64) -> Vec<String> {
    let queued = store.queued(&class(), 100, at(second)).await.expect("the store works");
    let text = |effect: &Effect| match &effect.body {
        Body::Message(post) => format!("{}: {}", effect.key, post.message.title),
        Body::NoMessage => format!("{} ends", effect.key),
        Body::Row(_) => "a row".to_owned(),
    };
    queued.iter().map(|queued| text(&queued.effect)).collect()
}

async fn ids(store: &dyn Store, second: i64) -> Vec<EffectId> {
    store.queued(&class(), 100, at(second)).await.expect("the store works").into_iter().map(|one| one.id).collect()
}

async fn settle(store: &dyn Store, id: EffectId, outcome: Delivered, second: i64) {
    store.settle(&class(), &[(id, outcome)], None, at(second)).await.expect("the store works");
}

async fn states(store: &dyn Store) -> Vec<EffectState> {
    let all = EffectFilter { target: Some(class()), settled: true, limit: 100 };
    let mut effects = store.effects(&all).await.expect("the store works");
    effects.reverse();
    effects.into_iter().map(|effect| effect.state).collect()
}

fn once(second: i64) -> Doubt {
    Doubt { sent: at(second), requests: 1 }
}

fn part(id: &str, text: &str) -> Part {
    Part { id: id.into(), text: text.into(), sent: at(0) }
}

pub(crate) async fn what_is_said_again_is_not_put_again(world: impl World) {
    let store = world.open().await;
    run(&*store, 0, vec![say("a", "one"), say("b", "two")]).await;
    run(&*store, 30, vec![say("a", "one"), say("b", "three")]).await;
    assert_eq!(due(&*store, 30).await, ["a: one", "b: three"]);
    for id in ids(&*store, 30).await {
        store.sending(&[id], once(31)).await.expect("the store works");
        settle(&*store, id, Delivered::Done { place: "1".into(), note: None }, 31).await;
    }
    run(&*store, 60, vec![say("a", "one"), say("b", "three")]).await;
    assert_eq!(due(&*store, 60).await, [] as [&str; 0], "a run may say everything each time");
    let asked = [say("a", "one"), say("a", "two"), take_back("a"), say("new", "one"), take_back("new")];
    assert_eq!(store.are_said(&asked).await.expect("the store works"), [true, false, false, false, true]);
    use EffectState::{Done, Superseded};
    assert_eq!(states(&*store).await, [Done, Superseded, Done]);
}

pub(crate) async fn what_waits_is_replaced_and_what_is_under_way_is_not(world: impl World) {
    let store = world.open().await;
    run(&*store, 0, vec![say("a", "one")]).await;
    let first = ids(&*store, 0).await[0];
    assert_eq!(store.sending(&[first], once(1)).await.expect("the store works"), [first]);
    run(&*store, 30, vec![say("a", "two")]).await;
    run(&*store, 60, vec![take_back("a")]).await;
    assert_eq!(due(&*store, 60).await, ["a: one", "a ends"], "the one under way first");
    // It was refused after all: what was said later counts.
    settle(&*store, first, Delivered::Retry { cause: "429".into(), not_before: None }, 61).await;
    assert_eq!(due(&*store, 61).await, ["a ends"]);
    assert_eq!(store.sending(&[first], once(62)).await.expect("the store works"), [], "nobody sends it any more");
}

pub(crate) async fn what_never_stood_is_not_taken_back(world: impl World) {
    let store = world.open().await;
    run(&*store, 0, vec![take_back("a")]).await;
    assert_eq!(due(&*store, 0).await, [] as [&str; 0]);
    run(&*store, 30, vec![say("a", "one")]).await;
    run(&*store, 60, vec![take_back("a")]).await;
    run(&*store, 90, vec![take_back("a")]).await;
    assert_eq!(due(&*store, 90).await, ["a ends"], "once");
    let id = ids(&*store, 90).await[0];
    store.stands(&class(), "a", id, &[]).await.expect("the store works");
    settle(&*store, id, Delivered::Done { place: "removed".into(), note: None }, 91).await;
    run(&*store, 120, vec![take_back("a"), say("a", "one")]).await;
    assert_eq!(due(&*store, 120).await, ["a: one"], "the key is new again");
}

pub(crate) async fn what_must_be_sent_in_time_goes_first(world: impl World) {
    let store = world.open().await;
    let effects = vec![
        say("a", "one"),
        say_between("b", "late", Some(at(100)), Some(at(400))),
        say_between("c", "soon", None, Some(at(300))),
        say_between("d", "later", None, Some(at(350))),
        say("e", "doubtful"),
    ];
    run(&*store, 0, effects).await;
    let doubtful = ids(&*store, 0).await[3];
    store.sending(&[doubtful], once(1)).await.expect("the store works");
    assert_eq!(due(&*store, 99).await, ["e: doubtful", "c: soon", "d: later", "a: one"]);
    assert_eq!(due(&*store, 100).await.len(), 5);
    for id in ids(&*store, 50).await {
        settle(&*store, id, Delivered::AlreadyThere, 50).await;
    }
    let targets = store.targets().await.expect("the store works");
    assert_eq!((targets[0].waiting, targets[0].next_at), (1, at(100)), "the target is due when its effect is");
}

pub(crate) async fn one_effect_may_wait_alone(world: impl World) {
    let store = world.open().await;
    run(&*store, 0, vec![say("a", "one"), say("b", "two")]).await;
    let [first, second] = ids(&*store, 0).await[..] else { panic!("two effects") };
    settle(&*store, first, Delivered::Later { cause: "30046".into(), until: at(600), doubt: None }, 1).await;
    assert_eq!(due(&*store, 599).await, ["b: two"]);
    assert_eq!(due(&*store, 600).await, ["a: one", "b: two"]);
    // Going slowly is no failure, and forgets no doubt.
    store.sending(&[second], once(2)).await.expect("the store works");
    let paced = Delivered::Paced { until: at(3), doubt: Some(once(2)) };
    store
        .settle(&class(), &[(second, paced)], Some((TargetState::Waiting, at(3))), at(2))
        .await
        .expect("the store works");
    let queued = store.queued(&class(), 1, at(3)).await.expect("the store works");
    assert_eq!((queued[0].id, queued[0].doubt), (second, Some(once(2))));
}

pub(crate) async fn an_operator_decides(world: impl World) {
    let store = world.open().await;
    run(&*store, 0, vec![say("a", "one"), say("b", "two"), say("c", "three")]).await;
    let [a, b, c] = ids(&*store, 0).await[..] else { panic!("three effects") };
    settle(&*store, a, Delivered::HeldBack { cause: "sent twice".into() }, 1).await;
    settle(&*store, b, Delivered::HeldBack { cause: "sent twice".into() }, 1).await;
    assert_eq!(due(&*store, 1).await, ["c: three"], "others go on");
    assert_eq!(store.retry(a).await.expect("the store works"), Some(EffectState::Held));
    assert_eq!(due(&*store, 1).await, ["a: one", "c: three"]);
    assert_eq!(store.give_up(b, at(2)).await.expect("the store works"), Some(EffectState::Held));
    assert_eq!(store.give_up(c, at(2)).await.expect("the store works"), Some(EffectState::Queued));
    assert_eq!(store.retry(EffectId(99)).await.expect("the store works"), None);
    run(&*store, 30, vec![say("b", "two"), say("c", "four")]).await;
    assert_eq!(due(&*store, 30).await, ["a: one", "c: four"], "what was given up is not said again by itself");
    assert_eq!(
        store.retry(c).await.expect("the store works"),
        Some(EffectState::Superseded),
        "something was said since"
    );
    let held = Delivered::Held { cause: "403".into(), advice: "invite it".into(), doubt: None };
    store.settle(&class(), &[(a, held)], Some((TargetState::Held, at(300))), at(31)).await.expect("the store works");
    let listed =
        store.effects(&EffectFilter { target: None, settled: false, limit: 9 }).await.expect("the store works");
    let kept = listed[1].kept.as_ref().expect("its target is held");
    assert_eq!((kept.state, kept.advice.as_deref()), (TargetState::Held, Some("invite it")));
    assert_eq!(listed[1].next_at, Some(at(300)));
    store.free(&class()).await.expect("the store works");
    assert_eq!(store.targets().await.expect("the store works")[0].state, None);
}

pub(crate) async fn the_map_of_messages_lives_as_long_as_its_keys(world: impl World) {
    let store = world.open().await;
    run(&*store, 0, vec![say("a", "one"), say("b", "two")]).await;
    let [a, b] = ids(&*store, 0).await[..] else { panic!("two effects") };
    store.sending(&[a], once(1)).await.expect("the store works");
    store.stands(&class(), "a", a, &[part("11", "one"), part("12", "more")]).await.expect("the store works");
    let queued = store.queued(&class(), 9, at(2)).await.expect("the store works");
    assert!(queued.iter().all(|one| one.doubt.is_none()), "what was answered is not in doubt: {queued:?}");
    settle(&*store, a, Delivered::Done { place: "11, 12".into(), note: None }, 2).await;
    let pruned = store.prune(at(5_000), at(9_000)).await.expect("the store works");
    assert_eq!((pruned.effects, pruned.lost), (1, 1), "the one that was never sent is lost");
    let parts = store.parts(&class(), &["b", "a", "none"]).await.expect("the store works");
    assert_eq!(parts, [vec![], vec![part("11", "one"), part("12", "more")], vec![]]);
    assert!(store.is_known(&class(), "12").await.expect("the store works"));
    assert!(!store.is_known(&class(), "1").await.expect("the store works"));
    assert_eq!(store.effect(b).await.expect("the store works").expect("it stays").effect.state, EffectState::Lost);
    run(&*store, 9_000, vec![say("a", "one"), say("b", "two")]).await;
    assert_eq!(due(&*store, 9_000).await, ["b: two"], "what was lost may be said again");
}

/// A ping is staged weeks before it is due.
pub(crate) async fn what_is_to_be_sent_later_is_not_old(world: impl World) {
    let store = world.open().await;
    run(&*store, 0, vec![say_between("a", "ping", Some(at(6_000)), Some(at(6_300)))]).await;
    assert_eq!(store.prune(at(5_000), at(5_900)).await.expect("the store works").lost, 0);
    assert_eq!(due(&*store, 6_000).await, ["a: ping"]);
}

/// A message that fails by itself is put off again and again.
pub(crate) async fn what_is_put_off_grows_old_and_is_tried_on_demand(world: impl World) {
    let store = world.open().await;
    run(&*store, 0, vec![say("a", "one")]).await;
    let [a] = ids(&*store, 0).await[..] else { panic!("one effect") };
    let later = Delivered::Later { cause: "500".into(), until: at(8_000), doubt: None };
    settle(&*store, a, later.clone(), 1).await;
    assert!(due(&*store, 7_000).await.is_empty());
    assert_eq!(store.retry(a).await.expect("the store works"), Some(EffectState::Queued));
    assert_eq!(due(&*store, 2).await, ["a: one"], "an operator need not wait");
    settle(&*store, a, later, 3).await;
    assert_eq!(store.prune(at(5_000), at(5_900)).await.expect("the store works").lost, 1);
}

pub(crate) async fn the_last_word_about_earlier_runs_counts(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "watch@main").await;
    let wake = |seconds: &[i64]| Plan { wakes: seconds.iter().map(|second| at(*second)).collect(), ..Plan::default() };
    let first = fire(&*store, &schedule, at(0)).await;
    commit(&*store, first, &wake(&[60, 90]), at(1), false).await.expect("a checkpoint");
    commit(&*store, first, &wake(&[60, 90, 120]), at(2), true).await.expect("committed");
    assert_eq!(store.wakes(&schedule).await.expect("the store works"), [at(60), at(90), at(120)]);
    let second = fire(&*store, &schedule, at(30)).await;
    commit(&*store, second, &Plan::default(), at(31), false).await.expect("a checkpoint keeps them");
    assert_eq!(store.wakes(&schedule).await.expect("the store works").len(), 3);
    commit(&*store, second, &wake(&[75]), at(32), true).await.expect("committed");
    assert_eq!(world.open().await.wakes(&schedule).await.expect("the store works"), [at(75)]);
    let other = known(&*store, "other@main").await;
    assert!(store.wakes(&other).await.expect("the store works").is_empty());
}
