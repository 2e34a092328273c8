//! Attempts at a firing, until one is committed or none is left.

use beadle_store::{FiringState, RunState};

use crate::school::School;
use crate::world::World;

fn config(school: &School, settings: &str, schedules: &str) -> String {
    format!(
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
        settings = {{ {settings} }}
        {schedules}
        "#,
        school.url
    )
}

fn schedule(name: &str, more: &str) -> String {
    format!("[[schedule]]\nname = \"{name}\"\nplugin = \"lamps\"\nsites = [\"main\"]\nevery = \"1m\"\n{more}\n")
}

#[tokio::test]
async fn attempts_are_numbered_and_only_the_last_one_counts() {
    let (world, school) = (World::new().await, School::open().await);
    let settings = r#"behaviour = "works", fails-before = 3, sheets = ["presence"]"#;
    let running = world.serve(&config(&school, settings, &schedule("lamps", "retries = 2")), 60).await;
    world.time(60);
    world.until("the first attempt", async || world.ran("lamps", RunState::Skipped).await.len() == 1).await;
    // The pauses are some 2 s and 4 s, a quarter more at most.
    world.time(63);
    world.until("the second attempt", async || world.ran("lamps", RunState::Skipped).await.len() == 2).await;
    world.time(69);
    world.until_committed("lamps", 1).await;
    running.stop().await;
    let runs = world.runs().await;
    assert_eq!(runs.iter().map(|run| run.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(runs.iter().all(|run| run.firing == runs[0].firing));
    assert_eq!(runs[1].failure.as_deref(), Some("attempt 2 fails"));
    assert_eq!(runs[2].sentence.as_deref(), Some("attempt 3"));
    for (run, effects) in runs.iter().zip([0, 0, 1]) {
        let detail = world.store.run(run.id).await.expect("the store works").expect("it is there");
        assert_eq!(detail.effects.len(), effects);
    }
}

#[tokio::test]
async fn a_firing_whose_attempts_are_used_up_has_failed() {
    let (world, school) = (World::new().await, School::open().await);
    let settings = r#"behaviour = "works", fails-before = 9"#;
    let running = world.serve(&config(&school, settings, &schedule("lamps", "retries = 1")), 60).await;
    world.time(60);
    world.until("the first attempt", async || world.runs().await.iter().any(|run| run.ended_at.is_some())).await;
    world.time(63);
    world.until("the end", async || world.not_run().await.iter().any(|one| one.state == FiringState::Failed)).await;
    running.stop().await;
    assert_eq!(world.runs().await.iter().map(|run| run.attempt).collect::<Vec<_>>(), [1, 2]);
}

/// What is wrong with a plugin or its grants stays wrong: it is not tried again.
#[tokio::test]
async fn what_stays_wrong_is_tried_once() {
    let (world, school) = (World::new().await, School::open().await);
    let settings = r#"behaviour = "calls_moodle", how = "core_course_view_course""#;
    let running = world.serve(&config(&school, settings, &schedule("lamps", "retries = 5")), 60).await;
    world.time(60);
    world.until_state("lamps", RunState::Failed).await;
    running.stop().await;
    let runs = world.runs().await;
    assert_eq!((runs.len(), runs[0].failure_kind.as_deref()), (1, Some("denied")));
    assert!(runs[0].failure.as_deref().is_some_and(|why| why.contains("moodle-unsafe")), "{runs:?}");
    assert_eq!(school.calls(), 0);
}

#[tokio::test]
async fn a_trap_is_kept_with_its_frames() {
    let (world, school) = (World::new().await, School::open().await);
    let settings = r#"behaviour = "panics", how = "in the hall""#;
    let running = world.serve(&config(&school, settings, &schedule("lamps", "")), 60).await;
    world.time(60);
    world.until_state("lamps", RunState::Failed).await;
    running.stop().await;
    let runs = world.runs().await;
    let detail = world.store.run(runs[0].id).await.expect("the store works").expect("it is there");
    assert_eq!(detail.run.failure_kind.as_deref(), Some("trapped"));
    assert!(detail.backtrace.is_some_and(|frames| frames.contains("looks_at_the_broken_lamp")));
}

/// Two schedules of one plugin and site observe one scope at the same time. The one that commits later has compared with what no
/// longer stands: it runs again, whether that shows at its end or at a checkpoint.
#[tokio::test]
async fn a_conflict_is_attempted_again() {
    for how in ["", r#"how = "checkpoints""#] {
        let (world, school) = (World::new().await, School::open().await);
        let settings = format!(r#"behaviour = "works", observes = true, asks = true, {how}"#);
        let settings = settings.trim_end_matches(", ");
        let both = format!("{}{}", schedule("one", ""), schedule("two", ""));
        let running = world.serve(&config(&school, settings, &both), 60).await;
        world.time(60);
        school.called(2).await;
        school.answer(1);
        world
            .until("one of them", async || world.runs().await.iter().any(|run| run.state == RunState::Committed))
            .await;
        school.answer(2);
        world.until_committed("one", 1).await;
        world.until_committed("two", 1).await;
        running.stop().await;
        let runs = world.runs().await;
        let again: Vec<_> = runs.iter().filter(|run| run.attempt == 2).collect();
        assert_eq!((runs.len(), again.len()), (3, 1), "{how}: {runs:#?}");
        let before = runs.iter().find(|run| run.firing == again[0].firing && run.attempt == 1).expect("the first");
        assert_eq!(before.state, RunState::Failed);
        assert_eq!(before.failure.as_deref(), Some("overtaken by the next attempt"));
        assert_eq!(school.calls(), 3);
    }
}
