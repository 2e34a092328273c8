//! Clocks that are set. The store has one row for each schedule and instant: what was fired is not fired again, and nobody is silent
//! for as long as the clock was wrong.

use std::time::Duration;

use beadle_plan::{Delivered, Doubt};
use beadle_store::{EffectState, RunState, SkipReason};

use crate::school::School;
use crate::targets::Act;
use crate::world::{World, at, stop_time};

const CONFIG: &str = r#"
    [host]
    timezone = "Europe/Berlin"

    [plugins.lamps]
    file = "unruly.wasm"
    settings = { behaviour = "works" }

    [[schedule]]
    name = "lamps"
    plugin = "lamps"
    every = "1m"

    [[schedule]]
    name = "daily"
    plugin = "lamps"
    cron = "2 9 * * *"
"#;

/// Runs `lamps` from 60 to 300 and `daily` at 120.
async fn five_minutes(world: &World) {
    for minute in 1..=5 {
        world.time(i64::from(minute) * 60);
        world.until_committed("lamps", minute as usize).await;
    }
    world.until_committed("daily", 1).await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_silences_nobody_and_repeats_no_daily_job() {
    let world = World::new().await;
    let time = stop_time();
    let running = world.serve(CONFIG, 60).await;
    five_minutes(&world).await;
    world.planned(360).await;
    world.set_back(at(30), 60).await;
    let mut count = 5;
    for minute in 1..=6 {
        count += 1;
        world.time(minute * 60);
        world.until_committed("lamps", count).await;
    }
    drop(time);
    running.stop().await;
    let ran = world.ran("lamps", RunState::Committed).await;
    assert_eq!(ran[..5], [60.0, 120.0, 180.0, 240.0, 300.0]);
    // What comes again has a row of its own, a millisecond off; then it goes on as ever.
    assert_eq!(ran[5..], [60.001, 120.001, 180.001, 240.001, 300.001, 360.0]);
    assert_eq!(world.ran("daily", RunState::Committed).await, [120.0], "it has run today");
    assert!(world.skipped().await.is_empty(), "{:?}", world.skipped().await);
}

/// The same for a host that was off when the clock was set right, as one whose battery is empty starts in the year 2036.
#[tokio::test]
async fn a_clock_that_was_far_ahead_is_forgotten_after_a_restart() {
    let world = World::new().await;
    let running = world.serve(CONFIG, 60).await;
    world.time(60);
    world.until_committed("lamps", 1).await;
    running.stop().await;
    let ten_years = 3_650 * 86_400;
    world.time(ten_years);
    let running = world.serve(CONFIG, ten_years + 60).await;
    world.until_skipped(1).await;
    running.stop().await;
    world.time(90);
    let running = world.serve(CONFIG, 120).await;
    world.time(120);
    world.until("lamps to run again", async || world.runs().await.len() >= 2).await;
    running.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_set_forward_is_a_time_without_a_host() {
    let world = World::new().await;
    let running = world.serve(CONFIG, 60).await;
    world.time(60);
    world.until_committed("lamps", 1).await;
    world.time(3_690);
    world.until_skipped(2).await;
    world.time(3_720);
    world.until_committed("lamps", 2).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 3_720.0]);
    let mut skipped = world.skipped().await;
    skipped.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(skipped, [(120.0, 1, SkipReason::Misfire), (3_660.0, 60, SkipReason::Misfire)]);
}

/// A step of a moment, as a time server makes it, changes nothing.
#[tokio::test]
async fn a_small_step_back_is_waited_out() {
    let world = World::new().await;
    let time = stop_time();
    let running = world.serve(CONFIG, 60).await;
    world.time(60);
    world.until_committed("lamps", 1).await;
    world.planned(120).await;
    // The planner looks, and goes on waiting for the same instant.
    world.set_back(at(59) + Duration::from_millis(400), 120).await;
    world.time(60);
    world.time(120);
    world.until_committed("lamps", 2).await;
    drop(time);
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 120.0]);
}

/// A machine that sleeps for an hour in the middle of everything: one run under way, one firing that waits, a request in doubt.
#[tokio::test]
async fn an_hour_of_sleep_loses_and_doubles_nothing() {
    let (world, school) = (World::new().await, School::open().await);
    let unknown =
        Delivered::Unknown { cause: "reset".to_owned(), doubt: Doubt { sent: at(60), requests: 1 }, look_at: at(240) };
    world.targets.script("presence", [Act::Answer(unknown)]);
    let config = format!(
        r#"
        [sites.main]
        url = "{}"
        token = {{ env = "TOKEN" }}

        [sheets.presence]
        kind = "csv"
        file = "presence.csv"

        [plugins.lamps]
        file = "unruly.wasm"
        grants = {{ moodle = ["core_webservice_get_site_info"], sheets = ["presence:append"] }}
        settings = {{ behaviour = "works", asks = true, sheets = ["presence"] }}

        [[schedule]]
        name = "lamps"
        plugin = "lamps"
        sites = ["main"]
        every = "1m"
        overlap = "queue"
        "#,
        school.url
    );
    let running = world.serve(&config, 60).await;
    school.answer(1);
    world.time(60);
    world.until_committed("lamps", 1).await;
    world.until("the request in doubt", async || world.targets.count() == 1).await;
    world.time(120);
    school.called(2).await;
    world.time(180);
    world.until("the third to wait", async || world.not_run().await.len() == 1).await;
    world.time(180 + 3_600);
    // The firing of this very minute is on time; those that were slept through have one row.
    world.until_skipped(1).await;
    school.answer(10);
    world.until_committed("lamps", 3).await;
    world.until("what was in doubt to be looked for", async || world.targets.count() >= 2).await;
    let first = world.runs().await[0].id;
    world
        .until("it to be settled", async || {
            let detail = world.store.run(first).await.expect("the store works").expect("it is there");
            detail.effects[0].state == EffectState::Done
        })
        .await;
    running.stop().await;
    let ran = world.ran("lamps", RunState::Committed).await;
    assert_eq!(ran[..3], [60.0, 120.0, 180.0]);
    let accounted: u64 = world.skipped().await.iter().map(|(_, count, _)| count).sum();
    assert_eq!(accounted + (ran.len() as u64 - 3), 60, "240 to 3,780 are accounted for, each once");
    let mut keys: Vec<String> =
        world.targets.calls("presence")[1..].iter().flat_map(|call| call.keys.clone()).collect();
    keys.sort();
    let all = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), all, "no row was sent twice");
}
