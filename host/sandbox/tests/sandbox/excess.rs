//! What a run may say, stage and hand over: too much of it, or what is not its own.

use std::sync::Arc;

use async_trait::async_trait;
use beadle_plan::{FailureKind, Instant, Record, Standing, Stored};
use beadle_store::{Ledger, ScopeName, StoreError};
use serde_json::json;

use crate::world::{Guest, NOW, failure, sentence};

/// Where twelve lamps stand in each scope.
struct TwelveLamps;

#[async_trait]
impl Ledger for TwelveLamps {
    async fn standing(&self, _: &ScopeName) -> Result<Standing, StoreError> {
        let lamp = |number: u32| {
            let record = Record { key: format!("lamp {number}"), value: "1".into(), aspects: Vec::new(), at: None };
            (record.key.clone(), Stored { record, stands: true, since: Instant::from_millis(NOW) })
        };
        Ok(Standing { version: Some(1), records: Arc::new((0..12).map(lamp).collect()), ..Standing::default() })
    }
}

pub(crate) async fn empties_its_scope() {
    let guest = || Guest { ledger: Some(Arc::new(TwelveLamps)), ..Guest::that("empties_its_scope") };
    let outcome = guest().run().await;
    let counts = &outcome.result.as_ref().expect("it may be mistaken").counts;
    assert_eq!(
        counts[..],
        [("held".to_owned(), 12), ("standing".to_owned(), 12)],
        "what looks like a mistake is held back"
    );
    let outcome = guest().with("how", "ordinary").run().await;
    let counts = &outcome.result.as_ref().expect("it may say so").counts;
    assert_eq!(counts[..], [("held".to_owned(), 0), ("standing".to_owned(), 0)]);
}

pub(crate) async fn stages_a_million_rows() {
    let message = failure(&Guest::that("stages_a_million_rows").run().await, FailureKind::Limit).message;
    assert_eq!(message, "the run staged more than 10000 effects (limits.effects)");
}

/// What is stored and shown with a run is as long as what people read.
pub(crate) async fn says_too_much() {
    let outcome = Guest::that("says_too_much").run().await;
    assert!(sentence(&outcome).len() < 2_100 && sentence(&outcome).ends_with('…'), "{}", sentence(&outcome).len());
    let outcome = Guest::that("says_too_much").with("how", "error").run().await;
    assert!(failure(&outcome, FailureKind::Unavailable).message.len() < 2_100);
    let outcome = Guest::that("says_too_much").with("how", "counts").run().await;
    assert_eq!(outcome.result.expect("a summary").counts.len(), 100);
}

pub(crate) async fn hands_over_too_much() {
    let message = failure(&Guest::that("hands_over_too_much").run().await, FailureKind::Limit).message;
    assert_eq!(message, "the plugin handed the host more than 64 MiB in one call (limits.memory)");
}

pub(crate) async fn names_scopes_without_end() {
    for how in ["reads", "writes"] {
        let outcome = Guest::that("names_scopes_without_end").with("how", how).run().await;
        let message = failure(&outcome, FailureKind::Invalid).message;
        assert_eq!(message, "the name of a scope is longer than 500 bytes");
    }
}

pub(crate) async fn forges_keys() {
    let forge = |sheet: &str, cells: &[&str]| Guest::that("forges_keys").with("how", sheet).with("texts", json!(cells));
    let outcome = forge("presence", &["a | b", "c", "a", "b | c", r"a \", "b", "a", r"\ b"]).run().await;
    let mut keys: Vec<&str> = outcome.plan.effects.iter().map(|effect| effect.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 4, "no cell makes the key of another row: {keys:?}");
    let message = failure(&forge("grades", &["a", "b"]).run().await, FailureKind::Denied).message;
    assert!(message.contains("may not append to sheet grades"), "{message}");
}
