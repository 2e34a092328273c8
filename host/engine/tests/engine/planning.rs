//! Schedules that rest, are off, or only plan: every instant at which they were due is accounted for.

use beadle_store::{RunMode, RunState, SkipReason};

use crate::world::World;

fn config(schedules: &str) -> String {
    format!(
        r#"
        [host]
        timezone = "Europe/Berlin"

        [sheets.presence]
        kind = "csv"
        file = "presence.csv"

        [plugins.lamps]
        file = "unruly.wasm"
        grants = {{ sheets = ["presence:append"] }}
        settings = {{ behaviour = "works" }}
        {schedules}
        "#
    )
}

fn schedule(name: &str, more: &str) -> String {
    format!("[[schedule]]\nname = \"{name}\"\nplugin = \"lamps\"\n{more}\n")
}

#[tokio::test]
async fn a_blackout_leaves_a_row_for_each_firing() {
    let world = World::new().await;
    let lamps = schedule("lamps", "every = \"1m\"\nblackout = [\"09:02-09:04\"]");
    let running = world.serve(&config(&lamps), 60).await;
    world.time(60);
    world.until_committed("lamps", 1).await;
    for (time, skipped) in [(120, 1), (180, 2)] {
        world.time(time);
        world.until_skipped(skipped).await;
    }
    world.time(240);
    world.until_committed("lamps", 2).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 240.0]);
    assert_eq!(world.skipped().await, [(120.0, 1, SkipReason::Blackout), (180.0, 1, SkipReason::Blackout)]);
}

#[tokio::test]
async fn a_schedule_that_is_off_is_accounted_for_once() {
    let world = World::new().await;
    let off = schedule("lamps", "every = \"1m\"\nmode = \"off\"");
    let marker = schedule("marker", "every = \"90s\"");
    let running = world.serve(&config(&format!("{off}{marker}")), 90).await;
    world.time(150);
    world.until_skipped(1).await;
    // An edit elsewhere, and the end: what lies between is counted once.
    let other = schedule("other", "every = \"1h\"\nmode = \"off\"");
    world.reload(&running, &config(&format!("{off}{marker}{other}")), 180).await;
    world.time(180);
    world.until_committed("marker", 1).await;
    running.stop().await;
    let disabled: Vec<_> =
        world.skipped().await.into_iter().filter(|(_, _, reason)| *reason == SkipReason::Disabled).collect();
    assert_eq!(disabled, [(120.0, 2, SkipReason::Disabled), (180.0, 1, SkipReason::Disabled)]);
    assert!(world.ran("lamps", RunState::Committed).await.is_empty());
}

#[tokio::test]
async fn a_new_schedule_catches_up_nothing() {
    let world = World::new().await;
    let all = "every = \"1m\"\nmisfire = \"all\"\nmisfire-window = \"1d\"";
    let running = world.serve(&config(&schedule("old", all)), 60).await;
    running.stop().await;
    world.time(150);
    let both = format!("{}{}", schedule("old", all), schedule("new", all));
    let running = world.serve(&config(&both), 180).await;
    world.until_committed("old", 2).await;
    world.time(180);
    world.until_committed("new", 1).await;
    world.until_committed("old", 3).await;
    // And one that comes with an edit.
    let three = format!("{both}{}", schedule("newest", all));
    world.reload(&running, &config(&three), 240).await;
    world.time(240);
    world.until_committed("newest", 1).await;
    running.stop().await;
    assert_eq!(world.ran("old", RunState::Committed).await[..3], [60.0, 120.0, 180.0]);
    assert_eq!(world.ran("new", RunState::Committed).await.first(), Some(&180.0));
    assert_eq!(world.ran("newest", RunState::Committed).await, [240.0]);
    assert!(world.skipped().await.is_empty(), "{:?}", world.skipped().await);
}

#[tokio::test]
async fn a_dry_schedule_keeps_its_plan_and_does_nothing() {
    let world = World::new().await;
    let settings = "settings = { sheets = [\"presence\"], observes = true, count = 2 }";
    let dry = schedule("dry", &format!("every = \"1m\"\nmode = \"dry-run\"\n{settings}"));
    let running = world.serve(&config(&dry), 60).await;
    world.time(60);
    world.until_state("dry", RunState::Dry).await;
    world.time(120);
    world.until("the second", async || world.ran("dry", RunState::Dry).await.len() == 2).await;
    running.stop().await;
    let runs = world.runs().await;
    assert!(runs.iter().all(|run| run.mode == RunMode::DryRun));
    for run in runs {
        let detail = world.store.run(run.id).await.expect("the store works").expect("it is there");
        assert!(detail.effects.is_empty(), "nothing was put into the outbox");
        let report = detail.report.expect("a report");
        assert_eq!(report["planned"].as_array().map(Vec::len), Some(2));
        assert_eq!(report["scopes"][0]["first"], true, "the run before was not committed: {report}");
    }
    assert_eq!(world.targets.count(), 0, "and nothing was delivered");
}
