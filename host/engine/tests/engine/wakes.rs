//! Runs that ask to run earlier than their schedule is due.

use beadle_store::RunState;

use crate::world::World;

fn config(more: &str, wakes: &str) -> String {
    format!(
        r#"
        [host]
        timezone = "Europe/Berlin"

        [plugins.lamps]
        file = "unruly.wasm"
        settings = {{ behaviour = "works", wakes = {wakes} }}

        [[schedule]]
        name = "lamps"
        plugin = "lamps"
        every = "1h"
        {more}
        "#
    )
}

#[tokio::test]
async fn a_run_is_made_when_the_one_before_asked_for_it() {
    let world = World::new().await;
    let running = world.serve(&config("", "[90, 600]"), 3_600).await;
    world.time(3_600);
    world.until_committed("lamps", 1).await;
    // What the second asks for replaces what the first asked for, a little after 4,200 s.
    for (count, second) in [(2, 3_690), (3, 3_780)] {
        world.planned(second).await;
        world.time(second);
        world.until_committed("lamps", count).await;
    }
    world.reload(&running, &config("", "[]"), 3_870).await;
    world.time(3_870);
    world.until_committed("lamps", 4).await;
    world.planned(7_200).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [3_600.0, 3_690.0, 3_780.0, 3_870.0]);
    assert!(world.skipped().await.is_empty());
}

#[tokio::test]
async fn a_wish_outlives_the_host_and_one_that_was_missed_costs_nothing() {
    let world = World::new().await;
    let text = config("", "[90, 600]");
    let running = world.serve(&text, 3_600).await;
    world.time(3_600);
    world.until_committed("lamps", 1).await;
    running.stop().await;
    world.time(4_000);
    let running = world.serve(&text, 4_200).await;
    world.time(4_200);
    world.until_committed("lamps", 2).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [3_600.0, 4_200.0]);
    assert!(world.skipped().await.is_empty(), "it was no firing of the schedule");
}

#[tokio::test]
async fn what_only_plans_asks_for_nothing() {
    let world = World::new().await;
    let running = world.serve(&config("mode = \"dry-run\"", "[90]"), 3_600).await;
    world.time(3_600);
    world.until_state("lamps", RunState::Dry).await;
    world.planned(7_200).await;
    running.stop().await;
    assert!(world.store.wakes(&"lamps".into()).await.expect("the store works").is_empty());
}
