//! A rehearsal: the engine on a clock of its own speed, with targets that only note what they would be sent.

use std::sync::Arc;
use std::time::Duration;

use beadle_plan::{Clock, ScaledClock};
use beadle_store::RunState;

use crate::world::{Running, World, at, stop_time};

const CONFIG: &str = r#"
    [sheets.presence]
    kind = "csv"
    file = "presence.csv"

    [plugins.lamps]
    file = "unruly.wasm"
    grants = { sheets = ["presence:append"] }
    settings = { behaviour = "works", sheets = ["presence"] }

    [[schedule]]
    name = "lamps"
    plugin = "lamps"
    every = "1m"

    [[schedule]]
    name = "slower"
    plugin = "lamps"
    cron = "*/5 * * * *"
"#;

#[tokio::test]
async fn ten_minutes_pass_in_ten_seconds() {
    let world = World::new().await;
    let time = stop_time();
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::new(at(1), 60.0));
    let setup =
        world.setup_on(CONFIG, Arc::clone(&clock), None).await.unwrap_or_else(|problems| panic!("{problems:?}"));
    let engine = world.engine_on(setup, Arc::clone(&clock)).await.expect("the copy is private");
    let running = Running::of(engine);
    assert_eq!(clock.now(), at(1));
    // A tenth of a second of the machine is six seconds of the rehearsal.
    for step in 1..=101_usize {
        tokio::time::advance(Duration::from_millis(100)).await;
        let due = (1 + 6 * step) / 60;
        world.until_committed("lamps", due).await;
        world.until_committed("slower", due / 5).await;
    }
    drop(time);
    running.stop().await;
    let minutes: Vec<f64> = (1..=10).map(|minute| f64::from(minute) * 60.0).collect();
    assert_eq!(world.ran("lamps", RunState::Committed).await, minutes);
    assert_eq!(world.ran("slower", RunState::Committed).await, [300.0, 600.0]);
    assert!(world.not_run().await.is_empty());
    let noted: usize = world.targets.calls("presence").iter().map(|call| call.keys.len()).sum();
    assert_eq!(noted, 12, "every row was noted once");
    assert!(!world.folder.path().join("presence.csv").exists(), "and none was written");
}
