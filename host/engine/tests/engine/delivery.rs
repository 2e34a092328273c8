//! The outbox, target by target: order, back-off, targets that an operator must mend, requests of unknown outcome.

use std::time::Duration;

use beadle_plan::{Delivered, Doubt};
use beadle_store::{DueTarget, EffectState, TargetState};

use crate::targets::{Act, Call};
use crate::world::{Running, World, at, seconds, stop_time};

fn config(sheets: &[&str]) -> String {
    let tables: String =
        sheets.iter().map(|name| format!("[sheets.{name}]\nkind = \"csv\"\nfile = \"{name}.csv\"\n\n")).collect();
    let grants: Vec<String> = sheets.iter().map(|name| format!("\"{name}:append\"")).collect();
    let names: Vec<String> = sheets.iter().map(|name| format!("\"{name}\"")).collect();
    format!(
        r#"
        {tables}
        [plugins.lamps]
        file = "unruly.wasm"
        grants = {{ sheets = [{}] }}
        settings = {{ behaviour = "works", sheets = [{}], count = 2 }}

        [[schedule]]
        name = "lamps"
        plugin = "lamps"
        every = "1m"
        "#,
        grants.join(", "),
        names.join(", ")
    )
}

/// Runs the schedule once, which puts two rows for each sheet into the outbox.
async fn one_run(world: &World, sheets: &[&str]) -> Running {
    let running = world.serve(&config(sheets), 60).await;
    world.time(60);
    world.until_committed("lamps", 1).await;
    running
}

async fn target(world: &World) -> DueTarget {
    world.store.targets().await.expect("the store works").pop().expect("something waits")
}

/// Waits until a sheet's calls so far have been settled, and returns the last.
async fn called(world: &World, sheet: &str, count: usize, state: Option<TargetState>) -> Call {
    world.until(&format!("call {count} of {sheet}"), async || world.targets.calls(sheet).len() >= count).await;
    world
        .until("it to be settled", async || {
            let targets = world.store.targets().await.expect("the store works");
            let found = targets.into_iter().find(|due| due.target.to_string() == format!("sheet:{sheet}"));
            match (found, state) {
                (None, None) => true,
                (Some(due), Some(state)) => due.state == Some(state) && due.failures as usize == count,
                _ => false,
            }
        })
        .await;
    world.targets.calls(sheet).pop().expect("a call")
}

fn retry(not_before: Option<i64>) -> Delivered {
    Delivered::Retry { cause: "503".to_owned(), not_before: not_before.map(at) }
}

fn held() -> Delivered {
    Delivered::Held { cause: "403".to_owned(), advice: "share the sheet".to_owned(), doubt: None }
}

fn key(instant: i64, number: u32) -> String {
    format!("lamps {} {number}", at(instant).millis())
}

fn keys(call: &Call) -> Vec<&str> {
    call.keys.iter().map(|key| key.split('\u{1f}').next().unwrap_or(key)).collect()
}

#[tokio::test]
async fn what_is_refused_for_now_is_tried_again_after_growing_waits() {
    let world = World::new().await;
    world.targets.script("presence", [Act::Answer(retry(None)), Act::Answer(retry(None)), Act::Answer(retry(None))]);
    let running = one_run(&world, &["presence"]).await;
    let mut waits = Vec::new();
    for failure in 1..=3 {
        called(&world, "presence", failure, Some(TargetState::Waiting)).await;
        let due = target(&world).await;
        assert_eq!((due.waiting, due.cause.as_deref()), (2, Some("503")));
        waits.push(due.next_at.since(beadle_plan::Clock::now(&*world.clock)));
        world.set(due.next_at);
    }
    let last = called(&world, "presence", 4, None).await;
    running.stop().await;
    for (wait, least) in waits.iter().zip([1, 2, 4]) {
        let least = Duration::from_secs(least);
        assert!(*wait >= least && *wait <= least * 2, "{waits:?}");
    }
    assert_eq!(keys(&last), [key(60, 0), key(60, 1)]);
}

#[tokio::test]
async fn a_service_that_names_a_time_is_not_asked_before() {
    let world = World::new().await;
    world.targets.script("presence", [Act::Answer(retry(Some(90)))]);
    let running = one_run(&world, &["presence"]).await;
    called(&world, "presence", 1, Some(TargetState::Waiting)).await;
    assert_eq!(target(&world).await.next_at, at(90));
    world.time(90);
    let second = called(&world, "presence", 2, None).await;
    running.stop().await;
    assert_eq!(second.at, 90.0);
}

/// A service may ask for a long wait, but not for one that nobody would notice to be wrong.
#[tokio::test]
async fn no_wait_is_longer_than_an_hour() {
    let world = World::new().await;
    world.targets.script("presence", [Act::Answer(retry(Some(86_400)))]);
    let running = one_run(&world, &["presence"]).await;
    called(&world, "presence", 1, Some(TargetState::Waiting)).await;
    running.stop().await;
    assert_eq!(target(&world).await.next_at, at(3_660));
}

#[tokio::test]
async fn a_held_target_keeps_its_rows_in_order_is_probed_and_resumes_by_itself() {
    let world = World::new().await;
    world.targets.script("presence", [Act::Answer(held()), Act::Answer(held())]);
    let running = one_run(&world, &["presence"]).await;
    called(&world, "presence", 1, Some(TargetState::Held)).await;
    let due = target(&world).await;
    assert_eq!((due.cause.as_deref(), due.advice.as_deref()), (Some("403"), Some("share the sheet")));
    assert_eq!(due.next_at, at(360));
    // More is staged meanwhile, and waits behind the first.
    for (time, count) in [(120, 2), (180, 3), (240, 4), (300, 5)] {
        world.time(time);
        world.until_committed("lamps", count).await;
    }
    world.time(359);
    assert_eq!(target(&world).await.waiting, 10);
    world.time(360);
    let probe = called(&world, "presence", 2, Some(TargetState::Held)).await;
    assert_eq!(probe.at, 360.0, "after five minutes, and not before");
    world.until_committed("lamps", 6).await;
    assert_eq!(target(&world).await.next_at, at(660));
    // Somebody mends it. The host finds out by itself.
    world.time(660);
    called(&world, "presence", 6, None).await;
    running.stop().await;
    let calls = world.targets.calls("presence");
    let delivered: Vec<&str> = calls[2..].iter().flat_map(keys).collect();
    let wanted: Vec<String> =
        [60, 120, 180, 240, 300, 360].into_iter().flat_map(|instant| [key(instant, 0), key(instant, 1)]).collect();
    // What was due in between was missed, as the clock made a jump; 660 itself may have come too.
    assert_eq!(delivered[..12], wanted);
}

/// Who has mended a sheet edits the configuration, or starts the host again: no five minutes are waited then.
#[tokio::test]
async fn a_held_target_is_tried_at_once_after_an_edit_and_after_a_start() {
    let world = World::new().await;
    world.targets.script("presence", [Act::Answer(held()), Act::Answer(held()), Act::Take]);
    let running = one_run(&world, &["presence"]).await;
    called(&world, "presence", 1, Some(TargetState::Held)).await;
    world.reload(&running, &config(&["presence"]), 120).await;
    called(&world, "presence", 2, Some(TargetState::Held)).await;
    running.stop().await;
    let running = world.serve(&config(&["presence"]), 120).await;
    let third = called(&world, "presence", 3, None).await;
    running.stop().await;
    assert_eq!(third.at, 60.0, "the clock has not moved");
}

/// A request whose outcome is unknown is looked for, and nothing else is sent to its target before.
#[tokio::test]
async fn an_unknown_outcome_is_waited_for() {
    let world = World::new().await;
    let unknown =
        Delivered::Unknown { cause: "reset".to_owned(), doubt: Doubt { sent: at(60), requests: 1 }, look_at: at(240) };
    world.targets.script("presence", [Act::TakeThen(1, unknown), Act::Answer(Delivered::AlreadyThere)]);
    let running = one_run(&world, &["presence"]).await;
    called(&world, "presence", 1, Some(TargetState::Waiting)).await;
    world.time(120);
    world.until_committed("lamps", 2).await;
    world.time(180);
    world.until_committed("lamps", 3).await;
    assert_eq!(world.targets.count(), 1, "what came later waits");
    world.time(240);
    called(&world, "presence", 3, None).await;
    world.until_committed("lamps", 4).await;
    running.stop().await;
    let calls = world.targets.calls("presence");
    assert_eq!((calls[1].at, calls[1].sent), (240.0, true), "it says that it was sent before");
    assert_eq!(keys(&calls[1])[0], key(60, 1), "and comes first");
    let run = world.runs().await[0].id;
    let effects = world.store.run(run).await.expect("the store works").expect("it is there").effects;
    let states: Vec<_> = effects.iter().map(|effect| effect.state).collect();
    assert_eq!(states, [EffectState::Done, EffectState::AlreadyThere]);
}

#[tokio::test]
async fn an_effect_that_can_never_be_applied_holds_up_nobody() {
    let world = World::new().await;
    let invalid = Delivered::Invalid { cause: "too long".to_owned() };
    world.targets.script("presence", [Act::TakeThen(1, invalid)]);
    let running = one_run(&world, &["presence"]).await;
    called(&world, "presence", 1, None).await;
    world.time(120);
    world.until_committed("lamps", 2).await;
    called(&world, "presence", 2, None).await;
    running.stop().await;
    let run = world.runs().await[0].id;
    let effects = world.store.run(run).await.expect("the store works").expect("it is there").effects;
    assert_eq!((effects[1].state, effects[1].cause.as_deref()), (EffectState::Invalid, Some("too long")));
}

#[tokio::test]
async fn targets_do_not_wait_for_each_other() {
    let world = World::new().await;
    let gate = world.targets.block("slow");
    world.targets.script("broken", [Act::Answer(held())]);
    let running = one_run(&world, &["broken", "slow", "quick"]).await;
    called(&world, "quick", 1, None).await;
    called(&world, "broken", 1, Some(TargetState::Held)).await;
    world.time(120);
    world.until_committed("lamps", 2).await;
    called(&world, "quick", 2, None).await;
    assert_eq!(world.targets.calls("slow").len(), 1, "one writer for each target");
    gate.add_permits(10);
    called(&world, "slow", 2, None).await;
    running.stop().await;
}

/// A clock that is set back by more than any wait leaves no target waiting until it has caught up.
#[tokio::test]
async fn a_clock_that_is_set_back_holds_up_no_target() {
    let world = World::new().await;
    world.targets.script("presence", [Act::Answer(held())]);
    let running = one_run(&world, &["presence"]).await;
    called(&world, "presence", 1, Some(TargetState::Held)).await;
    let time = stop_time();
    world.set(at(-7_200));
    // Nobody's wait ends by a clock that went back: the machine's own time has them look.
    world.until_noticed("the second call", async || world.targets.calls("presence").len() == 2).await;
    let second = called(&world, "presence", 2, None).await;
    drop(time);
    running.stop().await;
    assert_eq!(second.at, seconds(at(-7_200)));
}
