//! What was due while no host was there.

use std::time::Duration;

use beadle_plan::{PluginName, ScheduleName, Trigger};
use beadle_schedule::jitter;
use beadle_store::{FiringState, NewFiring, NewRun, RunMode, RunState, SkipReason};

use crate::world::{World, at, seconds};

fn config(more: &str) -> String {
    format!(
        r#"
        [host]
        timezone = "Europe/Berlin"

        [plugins.lamps]
        file = "unruly.wasm"
        settings = {{ behaviour = "works" }}

        [[schedule]]
        name = "lamps"
        plugin = "lamps"
        every = "1m"
        {more}
        "#
    )
}

/// Runs once at 60, is gone until 690, and serves again until 720.
async fn after_downtime(more: &str, made_up: usize) -> World {
    let world = World::new().await;
    let running = world.serve(&config(more), 60).await;
    world.time(60);
    world.until_committed("lamps", 1).await;
    running.stop().await;
    world.time(690);
    let running = world.serve(&config(more), 720).await;
    world.until_committed("lamps", 1 + made_up).await;
    world.time(720);
    world.until_committed("lamps", 2 + made_up).await;
    running.stop().await;
    world
}

#[tokio::test]
async fn skip_counts_them() {
    let world = after_downtime("", 0).await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 720.0]);
    assert_eq!(world.skipped().await, [(660.0, 10, SkipReason::Misfire)]);
    assert_eq!(world.not_run().await[0].first.map(seconds), Some(120.0));
}

#[tokio::test]
async fn once_runs_the_latest() {
    let world = after_downtime(r#"misfire = "once""#, 1).await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 660.0, 720.0]);
    assert_eq!(world.skipped().await, [(600.0, 9, SkipReason::Misfire)]);
}

/// All of them, although the schedule skips what overlaps: the operator asked for all.
#[tokio::test]
async fn all_runs_those_inside_the_window_in_order() {
    let world = after_downtime("misfire = \"all\"\nmisfire-window = \"5m\"", 5).await;
    let made_up = [420.0, 480.0, 540.0, 600.0, 660.0];
    let ran = world.ran("lamps", RunState::Committed).await;
    assert_eq!((ran[0], &ran[1..6], ran[6]), (60.0, &made_up[..], 720.0));
    assert_eq!(world.skipped().await, [(360.0, 5, SkipReason::Misfire)]);
}

/// A machine that slept while the host went on is treated as one that was off; what is hardly late still runs.
#[tokio::test]
async fn a_machine_that_slept() {
    let world = World::new().await;
    let running = world.serve(&config(""), 60).await;
    world.time(60);
    world.until_committed("lamps", 1).await;
    world.time(690);
    world.until_skipped(1).await;
    world.time(963);
    world.until_committed("lamps", 2).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 960.0], "three seconds late is on time");
    let skipped = world.skipped().await;
    assert_eq!(skipped[0], (660.0, 10, SkipReason::Misfire));
    assert_eq!((skipped[1].1, skipped[1].2, skipped.len()), (4, SkipReason::Misfire, 2), "720 to 900");
}

/// Leaves a run open, as a host that was killed does.
async fn killed_in_its_run(world: &World) {
    let (schedule, plugin) = (ScheduleName::from("lamps"), PluginName::from("lamps"));
    world.store.schedule(&schedule, &plugin, None, at(0)).await.expect("known");
    let firing = NewFiring { schedule, trigger: Trigger::Time, instant: at(60), stretch: None, now: at(60) };
    let run = NewRun { mode: RunMode::Live, plugin_digest: "d", now: at(60) };
    world.store.fire(&firing, &run).await.expect("the store works").expect("new");
}

#[tokio::test]
async fn a_run_that_was_lost_follows_the_rule() {
    let world = World::new().await;
    killed_in_its_run(&world).await;
    world.time(90);
    let running = world.serve(&config(""), 120).await;
    world.until_skipped(1).await;
    running.stop().await;
    assert_eq!(world.skipped().await, [(60.0, 1, SkipReason::Lost)]);
    assert_eq!(world.ran("lamps", RunState::Lost).await, [60.0]);

    let world = World::new().await;
    killed_in_its_run(&world).await;
    world.time(90);
    let running = world.serve(&config(r#"misfire = "once""#), 120).await;
    world.until_committed("lamps", 1).await;
    running.stop().await;
    let runs = world.runs().await;
    assert_eq!(
        runs.iter().map(|run| (run.attempt, run.state)).collect::<Vec<_>>(),
        [(1, RunState::Lost), (2, RunState::Committed)]
    );
    assert_eq!(runs[1].instant, at(60), "the same firing");
    assert!(world.not_run().await.is_empty());

    let world = World::new().await;
    killed_in_its_run(&world).await;
    world.time(690);
    let running = world.serve(&config("misfire = \"once\"\nmisfire-window = \"5m\""), 720).await;
    world.until_committed("lamps", 1).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [660.0]);
    assert!(world.skipped().await.contains(&(60.0, 1, SkipReason::Lost)), "too old to be made up for");
}

/// A schedule that is no longer there has nobody to make up for it.
#[tokio::test]
async fn what_was_lost_of_a_schedule_that_is_gone() {
    let world = World::new().await;
    killed_in_its_run(&world).await;
    let config = config(r#"misfire = "all""#).replace(r#"name = "lamps""#, r#"name = "others""#);
    let running = world.serve(&config, 60).await;
    world.until_skipped(1).await;
    running.stop().await;
    let firing = &world.not_run().await[0];
    assert_eq!((firing.state, firing.reason), (FiringState::Skipped, Some(SkipReason::Lost)));
}

/// The delay of a schedule is its own, the same each time, and no firing is missed that waits for its delay.
#[tokio::test]
async fn jitter_is_stable_across_a_restart() {
    let delay = jitter("lamps", Duration::from_secs(30));
    assert!(delay > Duration::from_secs(1) && !delay.as_millis().is_multiple_of(1_000), "{delay:?}");
    let world = World::new().await;
    let config = config(r#"jitter = "30s""#);
    let running = world.start(&config).await;
    world.awaited(at(60) + delay).await;
    world.set(at(60) + delay);
    world.until_committed("lamps", 1).await;
    // Stopped after the instant and before its delay is over.
    world.time(121);
    running.stop().await;
    let running = world.start(&config).await;
    world.awaited(at(120) + delay).await;
    world.set(at(120) + delay);
    world.until_committed("lamps", 2).await;
    running.stop().await;
    let runs = world.runs().await;
    let times: Vec<_> = runs.iter().map(|run| (seconds(run.instant), run.started_at.since(run.instant))).collect();
    assert_eq!(times, [(60.0, delay), (120.0, delay)]);
    assert!(world.skipped().await.is_empty(), "{:?}", world.skipped().await);
}
