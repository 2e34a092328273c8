//! Edits of the configuration while the host runs.

use beadle_store::{RunState, SkipReason};

use crate::school::School;
use crate::world::World;

fn config(school: &School, every: &str, more: &str) -> String {
    format!(
        r#"
        [sites.main]
        url = "{}"
        token = {{ env = "TOKEN" }}

        [plugins.lamps]
        file = "unruly.wasm"
        grants = {{ moodle = ["core_webservice_get_site_info"] }}
        settings = {{ behaviour = "works", asks = true }}

        [[schedule]]
        name = "lamps"
        plugin = "lamps"
        sites = ["main"]
        every = "{every}"
        overlap = "queue"
        {more}
        "#,
        school.url
    )
}

#[tokio::test]
async fn an_edit_withdraws_what_waited_and_catches_up_nothing() {
    let (world, school) = (World::new().await, School::open().await);
    let running = world.serve(&config(&school, "1m", ""), 60).await;
    world.time(60);
    school.called(1).await;
    world.time(120);
    world.until("the second to wait", async || world.not_run().await.len() == 1).await;
    world.time(130);
    world.reload(&running, &config(&school, "40s", ""), 160).await;
    school.answer(1);
    world.until_skipped(1).await;
    world.time(160);
    school.called(2).await;
    school.answer(1);
    world.until_committed("lamps", 2).await;
    running.stop().await;
    // The run that was under way ended by the terms under which it began.
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 160.0]);
    assert_eq!(world.skipped().await, [(120.0, 1, SkipReason::Withdrawn)]);
}

#[tokio::test]
async fn a_schedule_that_was_not_edited_goes_on_as_it_was() {
    let (world, school) = (World::new().await, School::open().await);
    let running = world.serve(&config(&school, "1m", ""), 60).await;
    world.time(60);
    school.called(1).await;
    world.time(120);
    world.until("the second to wait", async || world.not_run().await.len() == 1).await;
    let more = "[[schedule]]\nname = \"more\"\nplugin = \"lamps\"\nsites = [\"main\"]\nevery = \"50s\"\nmode = \"off\"";
    world.reload(&running, &config(&school, "1m", more), 180).await;
    school.answer(2);
    world.until_committed("lamps", 2).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0, 120.0], "what waited had its turn");
}

/// A schedule that is taken out fires no more; what it did stays.
#[tokio::test]
async fn a_schedule_that_is_taken_out_stops() {
    let (world, school) = (World::new().await, School::open().await);
    let running = world.serve(&config(&school, "1m", ""), 60).await;
    school.answer(10);
    world.time(60);
    world.until_committed("lamps", 1).await;
    let renamed = config(&school, "1m", "").replace(r#"name = "lamps""#, r#"name = "renamed""#);
    world.reload(&running, &renamed, 120).await;
    world.time(120);
    world.until_committed("renamed", 1).await;
    running.stop().await;
    assert_eq!(world.ran("lamps", RunState::Committed).await, [60.0]);
    assert_eq!(world.ran("renamed", RunState::Committed).await, [120.0]);
}

/// What cannot be used is said with its place, and nothing of it is taken over.
#[tokio::test]
async fn a_configuration_that_cannot_be_used_says_why() {
    let (world, school) = (World::new().await, School::open().await);
    let said = async |text: &str| {
        let problems = world.try_setup(text).await.err().expect("it cannot be used");
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let whole = config(&school, "1m", "");
    let wrong = said(&whole.replace("behaviour = \"works\"", "behaviour = 7")).await;
    assert!(wrong.contains("schedule.lamps.settings: settings.behaviour: 7 is not of type"), "{wrong}");
    std::fs::write(world.folder.path().join("empty.wasm"), "").expect("a file");
    let wrong = said(&whole.replace("unruly.wasm", "empty.wasm")).await;
    assert!(wrong.starts_with("plugins.lamps.file: the file is empty"), "{wrong}");
    // Mappers that ask each other in a circle.
    let circle = format!(
        "{whole}\n[plugins.one]\nfile = \"unruly.wasm\"\nmapper = \"two\"\n\n[plugins.two]\nfile = \"unruly.wasm\"\nmapper = \"one\"\n"
    );
    let wrong = said(&circle).await;
    assert!(wrong.contains("would ask each other in a circle"), "{wrong}");
    let collector = "\n[plugins.online]\nbuiltin = \"online-users\"\n";
    let mapped = whole.replace("file = \"unruly.wasm\"", "file = \"unruly.wasm\"\nmapper = \"online\"");
    let wrong = said(&format!("{mapped}{collector}")).await;
    assert!(wrong.contains("plugin online is no mapper"), "{wrong}");
    let rooms = whole.replace("file = \"unruly.wasm\"", "builtin = \"classroom-mapper\"");
    let wrong = said(&rooms).await;
    assert!(wrong.contains("schedule.lamps.plugin: plugin lamps is no collector"), "{wrong}");
}
