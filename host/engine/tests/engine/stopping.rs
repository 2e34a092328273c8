//! A host that stops: no new runs, those under way get their grace, and everything is written down.

use beadle_engine::Request;
use beadle_plan::Clock as _;
use beadle_store::{FiringState, RunState, SkipReason};

use crate::school::School;
use crate::world::World;

fn config(school: &School, host: &str, settings: &str, schedule: &str) -> String {
    format!(
        r#"
        [host]
        {host}

        [sites.main]
        url = "{}"
        token = {{ env = "TOKEN" }}

        [sheets.presence]
        kind = "csv"
        file = "presence.csv"

        [plugins.lamps]
        file = "unruly.wasm"
        grants = {{ moodle = ["core_webservice_get_site_info"], sheets = ["presence:append"] }}
        settings = {{ behaviour = "works", {settings} }}

        [[schedule]]
        name = "lamps"
        plugin = "lamps"
        sites = ["main"]
        every = "1m"
        {schedule}
        "#,
        school.url
    )
}

#[tokio::test]
async fn a_run_under_way_gets_its_grace_and_nothing_new_begins() {
    let (world, school) = (World::new().await, School::open().await);
    let text = config(&school, "", r#"asks = true, sheets = ["presence"]"#, "overlap = \"queue\"");
    let running = world.serve(&text, 60).await;
    world.time(60);
    school.called(1).await;
    world.time(120);
    world.until("the second to wait", async || world.not_run().await.len() == 1).await;
    running.serving.stop();
    world.until_skipped(1).await;
    world.time(180);
    school.answer(1);
    running.ended().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0]);
    assert_eq!(world.skipped().await, [(120.0, 1, SkipReason::Stopping)]);
    assert_eq!(school.calls(), 1, "180 is not run");
    assert_eq!(world.store.holder(world.clock.now()).await.expect("the store works"), None, "the store is free");
    // What it staged is delivered, now or by the next start.
    let running = world.serve(&text, 240).await;
    world.until("the row", async || world.targets.calls("presence").len() == 1).await;
    running.stop().await;
}

#[tokio::test]
async fn a_run_that_takes_longer_than_the_grace_is_ended() {
    let (world, school) = (World::new().await, School::open().await);
    let running = world.serve(&config(&school, "grace = \"0s\"", "asks = true", ""), 60).await;
    world.time(60);
    school.called(1).await;
    running.stop().await;
    let runs = world.runs().await;
    assert_eq!((runs.len(), runs[0].state), (1, RunState::Failed));
    assert_eq!(runs[0].failure.as_deref(), Some("it was stopped"));
    assert_eq!(world.not_run().await[0].state, FiringState::Failed);
}

/// A run that somebody asked for is no exception.
#[tokio::test]
async fn a_run_that_was_asked_for_is_ended_too() {
    let (world, school) = (World::new().await, School::open().await);
    let running = world.serve(&config(&school, "grace = \"0s\"", "asks = true", ""), 60).await;
    let request = Request::Run { schedule: "lamps".into(), at: None };
    let body = serde_json::to_string(&request).expect("JSON");
    let id = world.store.ask(&body, world.clock.now()).await.expect("asked");
    school.called(1).await;
    running.stop().await;
    assert_eq!(world.runs().await[0].failure.as_deref(), Some("it was stopped"));
    assert!(world.store.answer_to(id).await.expect("the store works").is_some(), "and the person is told");
}

#[tokio::test]
async fn what_waited_is_made_up_for_where_the_operator_wants_it() {
    let (world, school) = (World::new().await, School::open().await);
    let text = config(&school, "", "asks = true", "overlap = \"queue\"\nmisfire = \"once\"");
    let running = world.serve(&text, 60).await;
    world.time(60);
    school.called(1).await;
    world.time(120);
    world.until("the second to wait", async || world.not_run().await.len() == 1).await;
    running.serving.stop();
    school.answer(1);
    running.ended().await;
    assert_eq!(world.not_run().await[0].state, FiringState::Waiting);
    world.time(130);
    let running = world.serve(&text, 180).await;
    school.answer(1);
    world.until_committed("lamps", 2).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 120.0]);
    assert!(world.not_run().await.is_empty());
}

/// The next attempt would be a new run: a host that stops does not wait for it.
#[tokio::test]
async fn a_pause_between_attempts_is_not_waited_for() {
    let (world, school) = (World::new().await, School::open().await);
    let running = world.serve(&config(&school, "", "fails-before = 9", "retries = 3"), 60).await;
    world.time(60);
    world.until("the first attempt", async || world.ran("lamps", RunState::Skipped).await.len() == 1).await;
    running.stop().await;
    assert_eq!(world.runs().await.len(), 1);
    let firing = &world.not_run().await[0];
    assert_eq!((firing.state, firing.reason), (FiringState::Failed, Some(SkipReason::Stopping)));
}

/// A request that is under way to a service is waited for: its outcome would be unknown.
#[tokio::test]
async fn a_delivery_under_way_is_waited_for() {
    let (world, school) = (World::new().await, School::open().await);
    let gate = world.targets.block("presence");
    let running = world.serve(&config(&school, "", r#"sheets = ["presence"]"#, ""), 60).await;
    world.time(60);
    world.until("the delivery to begin", async || world.targets.count() == 1).await;
    running.serving.stop();
    for _ in 0..100 {
        // Each look at the store gives the engine its turn.
        world.runs().await;
        assert!(!running.has_ended(), "the request is still under way");
    }
    gate.add_permits(1);
    running.ended().await;
    let run = world.runs().await[0].id;
    let detail = beadle_store::Views::run(&*world.store, run).await.expect("the store works").expect("it is there");
    assert_eq!(detail.effects[0].state, beadle_store::EffectState::Done);
}
