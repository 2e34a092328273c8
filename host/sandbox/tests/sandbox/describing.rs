//! What a plugin says of itself is taken with care: it is asked before anything is granted to it.

use beadle_plan::{FailureKind, Grants};
use beadle_sandbox::{LoadError, Problem};
use serde_json::json;

use crate::world::{Guest, SANDBOX, failure, load, sandbox, unruly};

/// Loads the guest with a description of its choice and returns why it was refused.
async fn refused(description: &str) -> String {
    let loaded = load(&SANDBOX, &[("describe.txt", description.as_bytes())]).await;
    match loaded.expect_err("nobody should believe that") {
        error @ (LoadError::Describe(_) | LoadError::Description(_)) => error.to_string(),
        error => panic!("another kind of error: {error:?}"),
    }
}

pub(crate) async fn refuses_its_files() {
    assert_eq!(
        refused("refuses_its_files").await,
        "the plugin could not describe itself: describe.txt line 1: nonsense"
    );
}

pub(crate) async fn panics() {
    let text = refused("panics").await;
    assert!(text.starts_with("the plugin could not describe itself: the plugin panicked: "), "{text}");
    assert!(text.contains("who am I"), "{text}");
}

pub(crate) async fn loops_for_ever() {
    let text = refused("loops_for_ever").await;
    assert!(text.contains("the plugin computed for longer than 1s"), "{text}");
}

pub(crate) async fn tells_a_megabyte() {
    let text = refused("tells_a_megabyte").await;
    assert!(text.ends_with("it is 1024 KiB large, at most 256 are taken"), "{text}");
}

pub(crate) async fn tells_ten_megabytes() {
    let text = refused("tells_ten_megabytes").await;
    assert!(text.ends_with("MiB of memory, at most 32 MiB are allowed"), "{text}");
}

pub(crate) async fn has_a_long_version() {
    let text = refused("has_a_long_version").await;
    assert!(text.ends_with("it is 1024 KiB large, at most 256 are taken"), "{text}");
}

pub(crate) async fn has_a_schema_that_is_no_json() {
    let text = refused("has_a_schema_that_is_no_json").await;
    assert!(text.contains("the schema of its settings is not JSON: "), "{text}");
}

pub(crate) async fn has_a_schema_that_is_no_schema() {
    let text = refused("has_a_schema_that_is_no_schema").await;
    assert!(text.contains("the schema of its settings is not a JSON schema: "), "{text}");
}

pub(crate) async fn has_a_bad_name() {
    let text = refused("has_a_bad_name").await;
    assert!(text.ends_with("\"../unruly\" is not a name of lower-case letters, digits and hyphens"), "{text}");
}

pub(crate) async fn has_a_bad_collection() {
    let text = refused("has_a_bad_collection").await;
    assert!(text.contains("is not a name") && !text.contains('\u{1b}'), "nothing reaches the terminal raw: {text}");
}

pub(crate) async fn has_too_many_asks() {
    assert!(refused("has_too_many_asks").await.ends_with("it has more than 200 asks or collections"));
}

pub(crate) async fn tries_everything() {
    let plugin = load(&SANDBOX, &[("describe.txt", b"tries_everything")]).await.expect("it may try");
    let words: Vec<&str> = plugin.description().summary.split(' ').collect();
    assert_eq!(words[0], "files=allowed");
    assert_eq!(words.len(), 15);
    assert!(words[1..].iter().all(|word| word.ends_with("=denied")), "{words:?}");
}

pub(crate) async fn differs_each_time() {
    let summary = |plugin: beadle_sandbox::Plugin| plugin.description().summary.clone();
    let files: &[(&str, &[u8])] = &[("describe.txt", b"differs_each_time")];
    let place = tempfile::tempdir().expect("a folder");
    let cache = place.path().join("cache");
    let (one, two) = (sandbox(Some(&cache)), sandbox(Some(&cache)));
    let first = load(&one, files).await.expect("it loads");
    assert_eq!(summary(load(&one, files).await.expect("it loads")), summary(first.clone()), "asked once");
    let second = load(&two, files).await.expect("it loads");
    assert_eq!(
        (summary(second.clone()), second.digest()),
        (summary(first.clone()), first.digest()),
        "as a later start does"
    );
    // Another file in its folder, and it is another plugin.
    let other = load(&one, &[("describe.txt", b"differs_each_time"), ("lamps.txt", b"hall")]).await.expect("it loads");
    assert_ne!(other.digest(), first.digest());
    assert_ne!(summary(other), summary(first));
    // What was compiled stands there once, and nothing else is left.
    let mut kept: Vec<String> = std::fs::read_dir(&cache)
        .expect("the cache")
        .map(|entry| entry.expect("an entry").path().extension().expect("an ending").to_string_lossy().into_owned())
        .collect();
    kept.sort();
    assert_eq!(kept, ["cwasm", "json", "json"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&cache).expect("the cache").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "what stands there is run as machine code");
    }
}

/// A description that waits is given up, at a time that passes at once where nobody else is busy.
pub(crate) async fn sleeps() {
    let (sender, text) = tokio::sync::oneshot::channel();
    std::thread::spawn(|| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().expect("a runtime");
        sender.send(runtime.block_on(refused("sleeps"))).expect("somebody waits");
    });
    assert_eq!(text.await.expect("no panic"), "the plugin could not describe itself: it took longer than 5s");
}

pub(crate) async fn grows_for_ever() {
    let text = refused("grows_for_ever").await;
    assert!(text.ends_with("MiB of memory, at most 32 MiB are allowed"), "{text}");
}

pub(crate) async fn overflows_its_stack() {
    let text = refused("overflows_its_stack").await;
    assert!(text.contains("the plugin used up its stack"), "{text}");
}

pub(crate) async fn has_a_schema_that_turns_in_circles() {
    let text = refused("has_a_schema_that_turns_in_circles").await;
    assert_eq!(text, "the plugin describes itself wrongly: the schema of its settings turns in a circle at \"#\"");
}

pub(crate) async fn has_a_schema_that_doubles() {
    let text = refused("has_a_schema_that_doubles").await;
    assert!(text.contains("the schema of its settings ") && text.ends_with("references written out"), "{text}");
}

pub(crate) async fn has_a_pattern_that_explodes() {
    let text = refused("has_a_pattern_that_explodes").await;
    assert!(text.contains("the schema of its settings is not a JSON schema: "), "{text}");
}

pub(crate) async fn claims_another_plugins_collection() {
    let text = refused("claims_another_plugins_collection").await;
    assert!(text.contains("\"online:sessions\" is not a name"), "{text}");
}

pub(crate) async fn writes_to_the_terminal() {
    let text = refused("writes_to_the_terminal").await;
    assert!(text.contains("control characters") && !text.contains('\u{1b}'), "{text}");
}

/// What it may do is what it is granted, and what it keeps is what it described.
pub(crate) async fn asks_for_nothing() {
    let plugin = load(&SANDBOX, &[("describe.txt", b"asks_for_nothing")]).await.expect("it loads");
    assert!(plugin.description().missing("lamps", &Grants::default(), false).is_empty());
    let that =
        |behaviour: &str| Guest { plugin: Some(plugin.clone()), grants: Grants::default(), ..Guest::that(behaviour) };
    for (guest, part) in [
        (
            that("calls_moodle").with("how", "core_webservice_get_site_info"),
            "may not call core_webservice_get_site_info",
        ),
        (
            that("forges_keys").with("how", "presence").with("texts", json!(["hall", "on"])),
            "may not append to sheet presence",
        ),
        (that("stages_observations_and_rows").with("count", 1), "does not describe a collection \"lamps\""),
        (that("asks_for_classrooms").with("texts", json!(["10.0.0.7"])), "has no mapper"),
    ] {
        let message = failure(&guest.run().await, FailureKind::Denied).message;
        assert!(message.contains(part), "{message}");
    }
}

#[tokio::test]
async fn asks_and_settings_are_checked_against_the_description() {
    let plugin = unruly().await;
    let description = plugin.description();
    assert!(description.missing("lamps", &Grants::default(), false).is_empty(), "what is optional is not missing");
    assert!(description.wrong_settings(&json!({ "behaviour": "works" })).is_empty());
    let wrong = description.wrong_settings(&json!({ "count": "many" }));
    let [Problem::Setting { path, .. }] = &wrong[..] else { panic!("{wrong:?}") };
    assert_eq!(path, "/count");
    assert!(wrong[0].to_string().starts_with("settings.count: "), "{}", wrong[0]);
}
