//! The interface as a guest meets it.

use beadle_plan::{Grants, LimitHit, Limits, Stage};
use wasmtime::component::Linker;

use super::sqlite::{TABLE, filled};
use super::*;
use crate::bindings::beadle::db::db::{Error, Host};
use crate::{DbView, Dialect, add_to_linker};

const STATEMENT: &str = "SELECT id, name FROM {prefix}user ORDER BY id";

#[tokio::test]
async fn an_empty_grant_reaches_no_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let databases = school(filled(folder.path(), TABLE).await);
    let mut stage = Stage::new(Limits::default(), true);
    let grants = Grants::default();
    let mut view = DbView { databases: &databases, grants: &grants, plugin: "online", stage: &mut stage };
    let line = "under [plugins.online]: grants = { db = [\"school\"] }";
    match view.query("school".into(), STATEMENT.into(), Vec::new()).await.expect("no trap") {
        Err(Error::Denied(message)) => assert!(message.contains(line), "{message}"),
        other => panic!("not denied: {other:?}"),
    }
    // What is configured and what is not look the same from outside.
    match view.dialect_of("other".into()).await.expect("no trap") {
        Err(Error::Denied(message)) => assert!(message.contains("db = [\"other\"]"), "{message}"),
        other => panic!("not denied: {other:?}"),
    }
    let (reads, _) = stage.take_report(beadle_plan::Instant::from_millis(0));
    assert!(reads.is_empty(), "nothing was read: {reads:?}");
}

#[tokio::test]
async fn what_was_read_stands_in_the_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let databases = school(filled(folder.path(), TABLE).await);
    let mut stage = Stage::new(Limits::default(), true);
    let grants = Grants { db: vec!["school".into(), "unknown".into()], ..Grants::default() };
    let mut view = DbView { databases: &databases, grants: &grants, plugin: "online", stage: &mut stage };
    assert_eq!(view.dialect_of("school".into()).await.expect("no trap"), Ok(Dialect::Sqlite));
    let rows = view.query("school".into(), STATEMENT.into(), Vec::new()).await.expect("no trap").expect("answers");
    assert_eq!(rows.rows[1], [Value::Signed(2), text("Bela")]);
    let wrong = view.query("school".into(), "SELECT 1 FROM nothing".into(), Vec::new()).await.expect("no trap");
    assert!(matches!(wrong, Err(Error::Invalid(_))), "{wrong:?}");
    match view.query("unknown".into(), STATEMENT.into(), Vec::new()).await.expect("no trap") {
        Err(Error::Denied(message)) => assert!(message.contains("add [databases.unknown]"), "{message}"),
        other => panic!("not denied: {other:?}"),
    }
    let (reads, _) = stage.take_report(beadle_plan::Instant::from_millis(0));
    assert_eq!(reads.len(), 3, "{reads:?}");
    assert_eq!((reads[0].from.as_str(), reads[0].size, &reads[0].error), ("db:school", 3, &None));
    assert!(reads[1].error.as_ref().is_some_and(|error| error.contains("nothing")), "{reads:?}");
}

#[tokio::test]
async fn a_limit_of_the_run_is_a_trap_that_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let databases = school(filled(folder.path(), TABLE).await);
    let grants = Grants { db: vec!["school".into()], ..Grants::default() };
    let mut stage = Stage::new(Limits { responses: 20, host_calls: 1, ..Limits::default() }, false);
    let mut view = DbView { databases: &databases, grants: &grants, plugin: "online", stage: &mut stage };
    let trap = view.query("school".into(), STATEMENT.into(), Vec::new()).await.expect_err("more than 20 bytes");
    assert_eq!(trap.downcast_ref(), Some(&LimitHit::Responses(20)));
    let trap = view.dialect_of("school".into()).await.expect_err("the second call");
    assert_eq!(trap.downcast_ref(), Some(&LimitHit::HostCalls(1)));
}

#[test]
fn the_interface_is_linked_once() {
    /// What a store of the sandbox would hold.
    struct Data {
        databases: Databases,
        grants: Grants,
        stage: Stage,
    }
    fn view(data: &mut Data) -> DbView<'_> {
        DbView { databases: &data.databases, grants: &data.grants, plugin: "online", stage: &mut data.stage }
    }
    let mut linker = Linker::<Data>::new(&wasmtime::Engine::default());
    add_to_linker(&mut linker, view).expect("is linked");
    assert!(add_to_linker(&mut linker, view).is_err());
}
