//! Other commands on the same store: one host works on it, the others ask.

use std::sync::Arc;

use beadle_engine::{Answer, Request};
use beadle_plan::{Clock as _, Trigger};
use beadle_store::{Leases as _, Requests as _, RunState, SqliteStore, StoreError, Views as _};

use crate::world::{Running, World, at};

const CONFIG: &str = r#"
    [plugins.lamps]
    file = "unruly.wasm"
    settings = { behaviour = "works" }

    [[schedule]]
    name = "lamps"
    plugin = "lamps"
    every = "1m"
"#;

/// Opens the store as another command does.
async fn another(world: &World) -> SqliteStore {
    SqliteStore::open(&world.folder.path().join("beadle.db")).await.expect("a second handle")
}

async fn answer(world: &World, store: &SqliteStore, body: &str) -> Answer {
    let id = store.ask(body, world.clock.now()).await.expect("asked");
    world.until("the answer", async || store.answer_to(id).await.expect("the store works").is_some()).await;
    let text = store.answer_to(id).await.expect("the store works").expect("it is there");
    serde_json::from_str(&text).expect("an answer")
}

#[tokio::test]
async fn requests_of_other_commands_are_carried_out() {
    let world = World::in_a_file().await;
    let running = world.serve(CONFIG, 60).await;
    let other = another(&world).await;
    assert_eq!(
        other.holder(world.clock.now()).await.expect("the store works").as_deref(),
        Some("the engine of a test")
    );

    let request = Request::Run { schedule: "lamps".into(), at: Some(at(30)) };
    let body = serde_json::to_string(&request).expect("JSON");
    let Answer::Ran { run } = answer(&world, &other, &body).await else { panic!("it was refused") };
    let detail = other.run(run).await.expect("the store works").expect("it is there");
    assert_eq!((detail.run.trigger, detail.run.instant), (Trigger::Manual, at(30)));
    assert_eq!(detail.run.state, RunState::Committed);

    // The same instant again, a schedule that is not there, and nonsense.
    for (body, said) in [
        (body.as_str(), "ran it for this instant already"),
        (r#"{"run": {"schedule": "lights", "at": null}}"#, "has no schedule lights"),
        (r#"{"dance": {}}"#, "does not understand this"),
    ] {
        let Answer::Refused { why } = answer(&world, &other, body).await else { panic!("{body} was carried out") };
        assert!(why.contains(said), "{why}");
    }
    running.stop().await;
    assert_eq!(world.runs().await.len(), 1);
}

#[tokio::test]
async fn a_second_engine_is_told_who_has_the_store() {
    let world = World::in_a_file().await;
    let running = world.serve(CONFIG, 60).await;
    let second = World { store: Arc::new(another(&world).await), ..World::new().await };
    let refused = second.engine(second.setup(CONFIG).await).await.err().expect("the store is in use");
    let StoreError::InUse { holder, .. } = &refused else { panic!("{refused:?}") };
    assert_eq!(holder, "the engine of a test");
    assert!(refused.to_string().starts_with("the store is in use by the engine of a test"), "{refused}");
    running.stop().await;
    // When the first has stopped it can be had.
    let engine = second.engine(second.setup(CONFIG).await).await.expect("the store is free");
    Running::of(engine).stop().await;
}

/// What is asked of a host that is no longer there is done by the next one.
#[tokio::test]
async fn a_request_waits_for_the_next_host() {
    let world = World::in_a_file().await;
    let other = another(&world).await;
    let request = Request::Run { schedule: "lamps".into(), at: Some(at(30)) };
    let body = serde_json::to_string(&request).expect("JSON");
    let id = other.ask(&body, at(0)).await.expect("asked");
    assert_eq!(other.answer_to(id).await.expect("the store works"), None);
    let running = world.serve(CONFIG, 60).await;
    world.until("the answer", async || other.answer_to(id).await.expect("the store works").is_some()).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [30.0]);
}

#[tokio::test]
async fn what_is_too_old_is_removed_soon_and_not_once_an_hour() {
    let world = World::in_a_file().await;
    let other = another(&world).await;
    let answered = async |seconds: i64| {
        let id = other.ask("{}", at(seconds)).await.expect("asked");
        other.answer(id, "{}", at(seconds)).await.expect("answered");
        id
    };
    let (first, second) = (answered(0).await, answered(90).await);
    let running = world.serve(&format!("[host]\nkeep = \"1h\"\n{CONFIG}"), 60).await;
    // Each is looked for when it is ten seconds too old; between them lies a minute and a half.
    for (id, too_old) in [(first, 3_610), (second, 3_700)] {
        assert!(other.answer_to(id).await.expect("the store works").is_some());
        world.time(too_old);
        world.until("it to be removed", async || other.answer_to(id).await.expect("the store works").is_none()).await;
    }
    running.stop().await;
}
