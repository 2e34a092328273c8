//! Files that are no plugins for this host: each is told what it is.

use beadle_plan::FailureKind;
use beadle_sandbox::{LoadError, Role};

use crate::world::{Guest, SANDBOX, failure, sandbox, unruly};

const PLUGIN: &str = r#"(export "beadle:plugin/plugin@0.1.0" (instance $nothing))"#;
const COLLECTOR: &str = r#"(export "beadle:collector/collector@0.1.0" (instance $nothing))"#;

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(format!("(component {text})")).expect("a component")
}

async fn refused(source: &[u8]) -> LoadError {
    SANDBOX.load(source, None).await.expect_err("this is no plugin")
}

#[tokio::test]
async fn files_that_are_no_components_are_told_apart() {
    assert!(matches!(refused(b"").await, LoadError::Empty));
    assert!(matches!(refused(b"#!/bin/sh\n").await, LoadError::NotWasm));
    let core = wat::parse_str("(module (func (export \"collect\")))").expect("a module");
    let error = refused(&core).await;
    assert!(matches!(error, LoadError::CoreModule) && error.to_string().contains("wasm32-wasip2"), "{error}");
    let whole = beadle_test_guests::unruly();
    assert!(matches!(refused(&whole[..whole.len() / 2]).await, LoadError::Malformed(_)), "cut in the middle");
    let mut damaged = whole.to_vec();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xff);
    assert!(matches!(refused(&damaged).await, LoadError::Malformed(_) | LoadError::Describe(_)));
}

#[tokio::test]
async fn components_that_are_no_plugins_are_told_what_is_missing() {
    let error = refused(&component("")).await;
    assert!(matches!(&error, LoadError::NotAPlugin { wanted } if wanted == "beadle:plugin/plugin@0.1"), "{error}");
    let error = refused(&component(&format!("(instance $nothing) {COLLECTOR}"))).await;
    assert!(matches!(error, LoadError::NotAPlugin { .. }), "{error}");
    let error = refused(&component(&format!("(instance $nothing) {PLUGIN}"))).await;
    assert_eq!(error.to_string(), "the component exports none of the roles this host knows (collector, mapper)");
    // The right names, with nothing behind them.
    let error = refused(&component(&format!("(instance $nothing) {PLUGIN} {COLLECTOR}"))).await;
    assert!(matches!(error, LoadError::Mismatch(_)), "{error}");
}

#[tokio::test]
async fn other_generations_and_strangers_are_named() {
    let error = refused(&component(r#"(import "beadle:run/run@0.2.0" (instance))"#)).await;
    assert_eq!(
        error.to_string(),
        "the component uses beadle:run/run@0.2.0, this host offers beadle:run@0.1; rebuild against beadle:run@0.1"
    );
    let newer = format!("(instance $nothing) {}", PLUGIN.replace("0.1.0", "1.0.0"));
    assert!(matches!(refused(&component(&newer)).await, LoadError::Version { .. }));
    let error = refused(&component(r#"(import "beadle:telepathy/mind@0.1.0" (instance))"#)).await;
    assert_eq!(error.to_string(), "the component imports beadle:telepathy/mind@0.1.0, which this host does not offer");
    let error = refused(&component(r#"(import "wasi:keyvalue/store@0.2.0" (instance))"#)).await;
    assert!(matches!(error, LoadError::Unknown(_)), "{error}");
    // A function that the interface does not have.
    let import = r#"(import "beadle:run/run@0.1.0" (instance (export "read-minds" (func))))"#;
    let error = refused(&component(&format!("{import} (instance $nothing) {PLUGIN} {COLLECTOR}"))).await;
    assert!(matches!(&error, LoadError::Mismatch(text) if text.contains("read-minds")), "{error}");
}

#[tokio::test]
async fn a_plugin_has_the_roles_it_exports() {
    assert_eq!(unruly().await.roles(), [Role::Collector, Role::Mapper]);
    let rooms = beadle_builtins::builtin("classroom-mapper").expect("it comes with the host");
    let mapper = SANDBOX.load(rooms, None).await.expect("it loads");
    assert_eq!(mapper.roles(), [Role::Mapper]);
    let guest = Guest { plugin: Some(mapper), ..Guest::that("works") };
    let message = failure(&guest.run().await, FailureKind::Invalid).message;
    assert_eq!(message, "plugin lamps is no collector, so it cannot run on a schedule");
}

#[tokio::test]
async fn a_file_is_loaded_and_a_damaged_cache_is_made_anew() {
    let place = tempfile::tempdir().expect("a folder");
    let (file, cache) = (place.path().join("unruly.wasm"), place.path().join("cache"));
    let error = SANDBOX.load_file(&file, None).await.expect_err("there is no such file");
    assert!(error.to_string().contains("unruly.wasm"), "{error}");
    std::fs::write(&file, beadle_test_guests::unruly()).expect("a file");
    let first = sandbox(Some(&cache)).load_file(&file, None).await.expect("it loads");
    assert_eq!(first.digest().len(), 64);
    for entry in std::fs::read_dir(&cache).expect("the cache") {
        // The old file is still mapped, so that another must take its place.
        let path = entry.expect("an entry").path();
        std::fs::remove_file(&path).expect("removed");
        std::fs::write(&path, b"rubbish").expect("damaged");
    }
    let again = sandbox(Some(&cache)).load_file(&file, None).await.expect("it loads all the same");
    assert_eq!((again.digest(), again.description()), (first.digest(), first.description()));
}
