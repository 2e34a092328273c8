//! A firing that is due while the one before still runs.

use beadle_store::{RunState, SkipReason};

use crate::school::School;
use crate::world::World;

/// One schedule, every minute, whose runs take as long as the school wants.
fn config(school: &School, overlap: &str) -> String {
    format!(
        r#"
        [host]
        timezone = "Europe/Berlin"

        [sites.main]
        url = "{}"
        token = {{ env = "TOKEN" }}
        runs = 1

        [plugins.lamps]
        file = "unruly.wasm"
        grants = {{ moodle = ["core_webservice_get_site_info"] }}
        settings = {{ behaviour = "works", asks = true }}

        [[schedule]]
        name = "lamps"
        plugin = "lamps"
        sites = ["main"]
        every = "1m"
        overlap = "{overlap}"
        "#,
        school.url
    )
}

#[tokio::test]
async fn skip_leaves_the_running_one_alone() {
    let (world, school) = (World::new().await, School::open().await);
    let running = world.serve(&config(&school, "skip"), 60).await;
    world.time(60);
    school.called(1).await;
    world.time(120);
    world.until_skipped(1).await;
    world.time(180);
    world.until_skipped(2).await;
    school.answer(1);
    world.until_committed("lamps", 1).await;
    world.time(240);
    school.called(2).await;
    school.answer(1);
    world.until_committed("lamps", 2).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 240.0]);
    assert_eq!(world.skipped().await, [(120.0, 1, SkipReason::Overlap), (180.0, 1, SkipReason::Overlap)]);
}

#[tokio::test]
async fn queue_lets_one_wait() {
    let (world, school) = (World::new().await, School::open().await);
    let running = world.serve(&config(&school, "queue"), 60).await;
    world.time(60);
    school.called(1).await;
    world.time(120);
    world.until("the second to wait", async || world.not_run().await.len() == 1).await;
    world.time(180);
    world.until_skipped(1).await;
    assert_eq!(school.calls(), 1, "the second waits for the first");
    school.answer(2);
    world.until_committed("lamps", 2).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 120.0]);
    assert_eq!(world.skipped().await, [(180.0, 1, SkipReason::Overlap)]);
}

#[tokio::test]
async fn cancel_ends_the_running_one() {
    let (world, school) = (World::new().await, School::open().await);
    let running = world.serve(&config(&school, "cancel"), 60).await;
    world.time(60);
    school.called(1).await;
    world.time(120);
    school.called(2).await;
    school.answer(2);
    world.until_committed("lamps", 1).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [120.0]);
    let runs = world.runs().await;
    assert_eq!((runs.len(), runs[0].state), (2, RunState::Failed));
    assert_eq!(runs[0].failure.as_deref(), Some("it was stopped"));
}

/// While there is no slot, cancelling firings replace each other: a slow school must not be met by an hour's queue.
#[tokio::test]
async fn cancel_lets_only_the_newest_wait_for_a_slot() {
    let (world, school) = (World::new().await, School::open().await);
    let other = r#"
        [[schedule]]
        name = "first"
        plugin = "lamps"
        sites = ["main"]
        cron = "1 9 * * *"
    "#;
    let config = config(&school, "cancel").replace(r#"every = "1m""#, r#"cron = "2-59 9 * * *""#);
    let running = world.serve(&format!("{config}{other}"), 60).await;
    world.time(60);
    school.called(1).await;
    world.time(120);
    world.until("the first to wait for the slot", async || world.not_run().await.len() == 1).await;
    world.time(180);
    world.until_skipped(1).await;
    world.time(240);
    world.until_skipped(2).await;
    school.answer(10);
    world.until_committed("lamps", 1).await;
    running.stop().await;
    assert_eq!(world.ran("first", RunState::Committed).await, [60.0]);
    assert_eq!(world.ran("lamps", RunState::Committed).await, [240.0]);
    assert_eq!(world.skipped().await, [(120.0, 1, SkipReason::Overlap), (180.0, 1, SkipReason::Overlap)]);
}
