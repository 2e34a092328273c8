//! How many runs are under way at once: a slow school delays itself only.

use beadle_store::RunState;

use crate::school::School;
use crate::world::World;

fn config(slow: &School, quick: &School, host: &str) -> String {
    format!(
        r#"
        [host]
        {host}

        [sites.slow]
        url = "{}"
        token = {{ env = "TOKEN" }}
        runs = 1

        [sites.quick]
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
        sites = ["slow", "quick"]
        every = "1m"

        [[schedule]]
        name = "others"
        plugin = "lamps"
        sites = ["slow"]
        every = "1m"
        "#,
        slow.url, quick.url
    )
}

#[tokio::test]
async fn a_slow_site_delays_no_other() {
    let (world, slow, quick) = (World::new().await, School::open().await, School::open().await);
    let running = world.serve(&config(&slow, &quick, ""), 60).await;
    quick.answer(10);
    for (time, count) in [(60, 1), (120, 2), (180, 3)] {
        world.time(time);
        world.until_committed("lamps@quick", count).await;
        slow.called(1).await;
        world.until("the slow ones to be skipped", async || world.skipped().await.len() == 2 * (count - 1)).await;
    }
    assert_eq!(slow.calls(), 1, "one run at a time, and the other schedule waits for its slot");
    slow.answer(2);
    world.until_committed("lamps@slow", 1).await;
    world.until_committed("others", 1).await;
    running.stop().await;
    assert_eq!(world.ran("lamps@quick", RunState::Committed).await, [60.0, 120.0, 180.0]);
    assert_eq!(world.ran("lamps@slow", RunState::Committed).await, [60.0]);
    assert_eq!(world.ran("others", RunState::Committed).await, [60.0]);
}

#[tokio::test]
async fn the_host_runs_no_more_than_it_may() {
    let (world, slow, quick) = (World::new().await, School::open().await, School::open().await);
    let running = world.serve(&config(&slow, &quick, "runs = 1"), 60).await;
    world.time(60);
    world.until("two to wait", async || world.not_run().await.len() == 2).await;
    let calls = || slow.calls() + quick.calls();
    world.until("one to run", async || calls() == 1).await;
    slow.answer(2);
    quick.answer(1);
    for schedule in ["lamps@slow", "lamps@quick", "others"] {
        world.until_committed(schedule, 1).await;
    }
    running.stop().await;
    // Each began when the one before had ended.
    let mut runs = world.runs().await;
    runs.sort_by_key(|run| run.id);
    assert_eq!(runs.len(), 3);
    assert!(runs.iter().all(|run| run.state == RunState::Committed && run.attempt == 1), "{runs:?}");
}

#[tokio::test]
async fn sites_that_do_not_answer_keep_no_other_waiting() {
    let (world, slow, slower, quick) =
        (World::new().await, School::open().await, School::open().await, School::open().await);
    let mut text = r#"
        [plugins.lamps]
        file = "unruly.wasm"
        grants = { moodle = ["core_webservice_get_site_info"] }
        settings = { behaviour = "works", asks = true }
        "#
    .to_owned();
    for (name, school) in [("slow", &slow), ("slower", &slower), ("quick", &quick)] {
        text += &format!("[sites.{name}]\nurl = \"{}\"\ntoken = {{ env = \"TOKEN\" }}\n", school.url);
    }
    // As many as a site may have at once, and more than the host had for all of them.
    for name in ["hall", "attic", "cellar", "porch"] {
        text += &format!(
            "[[schedule]]\nname = \"{name}\"\nplugin = \"lamps\"\nsites = [\"slow\", \"slower\", \"quick\"]\nevery = \"1m\"\n"
        );
    }
    let running = world.serve(&text, 60).await;
    quick.answer(8);
    world.time(60);
    // All four runs of a site are under way, and two of them have asked: a site is sent no more at once.
    slow.called(2).await;
    slower.called(2).await;
    for (time, count) in [(60, 1), (120, 2)] {
        world.time(time);
        for name in ["hall@quick", "attic@quick", "cellar@quick", "porch@quick"] {
            world.until_committed(name, count).await;
        }
    }
    slow.answer(4);
    slower.answer(4);
    world.until_committed("porch@slower", 1).await;
    running.stop().await;
}
