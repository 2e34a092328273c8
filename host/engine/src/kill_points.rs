//! Steps at which a test has this process killed or frozen. They exist only under the feature `kill-points`, which the tests of the
//! program switch on and which no shipped program has.
//!
//! What a host does between two calls of its store, nobody outside can aim at. So the store is wrapped, and the process ends itself at
//! the step that `BEADLE_KILL_POINT` names: `kill before commit 1`, `freeze after sending 2`. A step is a method of the store, or
//! `checkpoint` for a commit after which the run goes on, or `any`; the number counts its calls since the start of the process.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use beadle_plan::catalog::{Known, Sightings};
use beadle_plan::{
    ContentDigest, Delivered, Difference, Doubt, Effect, EffectId, FiringId, Instant, PluginName, QueuedEffect, RunId,
    ScheduleName, SiteName,
};
use beadle_plan::{StagedSightings, Standing, Target};
use beadle_store::*;
use rustix::process::{Signal, getpid, kill_process};

/// How long a signal may take on a busy machine.
const SETTLES: Duration = Duration::from_secs(2);

/// What shall happen, and where.
struct Order {
    signal: Signal,
    after: bool,
    step: String,
    number: u32,
    /// How often the step was passed.
    passed: AtomicU32,
}

static ORDER: OnceLock<Option<Order>> = OnceLock::new();

impl Order {
    /// Reads an order. One that cannot be read would make a test that cannot fail.
    fn read(text: &str) -> Self {
        let wrong = || panic!("BEADLE_KILL_POINT is \"kill|freeze before|after STEP NUMBER\", not {text:?}");
        let [signal, side, step, number] = text.split(' ').collect::<Vec<_>>()[..] else { wrong() };
        Self {
            signal: match signal {
                "kill" => Signal::KILL,
                "freeze" => Signal::STOP,
                _ => wrong(),
            },
            after: side == "after",
            step: step.to_owned(),
            number: number.parse().unwrap_or_else(|_| wrong()),
            passed: AtomicU32::new(0),
        }
    }
}

/// Passes a step, from which there may be no return.
fn pass(step: &str, after: bool) {
    let order = ORDER.get_or_init(|| std::env::var("BEADLE_KILL_POINT").ok().map(|text| Order::read(&text)));
    let Some(order) = order.as_ref().filter(|order| order.after == after) else { return };
    if (order.step == step || order.step == "any") && order.passed.fetch_add(1, Ordering::Relaxed) + 1 == order.number {
        tracing::warn!(step, after, "kill point");
        if let Err(error) = kill_process(getpid(), order.signal) {
            tracing::error!(%error, "this process cannot be killed");
        }
        // The signal is for the whole process, and to be stopped may take until some other thread of it comes to run: this one must
        // not pass the step meanwhile. Whoever wakes it has let more time go by than this.
        std::thread::sleep(SETTLES);
    }
}

/// A store whose calls are steps.
struct Watched(Arc<dyn Store>);

/// Wraps a store.
pub(crate) fn watched(store: Arc<dyn Store>) -> Arc<dyn Store> {
    Arc::new(Watched(store))
}

/// Implements a trait of the store: each method passes its step, asks the store, and passes its step again.
macro_rules! watch {
    ($trait:ident: $($method:ident($($name:ident: $type:ty),*) -> $answer:ty $(, as $step:expr)?;)*) => {
        #[async_trait]
        impl $trait for Watched {
            $(async fn $method(&self, $($name: $type),*) -> $answer {
                let step = stringify!($method);
                $(let step = $step.unwrap_or(step);)?
                pass(step, false);
                let answer = self.0.$method($($name),*).await;
                pass(step, true);
                answer
            })*
        }
    };
}

watch! { Leases:
    take_lease(wanted: NewLease<'_>) -> Result<Lease, StoreError>;
    renew_lease(lease: Lease, now: Instant, lasts: Duration) -> Result<(), StoreError>;
    release_lease(lease: Lease) -> Result<(), StoreError>;
    holder(now: Instant) -> Result<Option<String>, StoreError>;
}

watch! { Requests:
    ask(body: &str, now: Instant) -> Result<i64, StoreError>;
    asked() -> Result<Vec<Asked>, StoreError>;
    answer(id: i64, answer: &str, now: Instant) -> Result<(), StoreError>;
    answer_to(id: i64) -> Result<Option<String>, StoreError>;
}

watch! { Firings:
    schedule(name: &ScheduleName, plugin: &PluginName, site: Option<&SiteName>, now: Instant) -> Result<Instant, StoreError>;
    planned_through(name: &ScheduleName, through: Instant) -> Result<(), StoreError>;
    fire(firing: &NewFiring, run: &NewRun<'_>) -> Result<Option<Started>, StoreError>;
    wait(firing: &NewFiring) -> Result<Option<FiringId>, StoreError>;
    skip(firing: &NewFiring, reason: SkipReason) -> Result<(), StoreError>;
    attempt(firing: FiringId, run: &NewRun<'_>) -> Result<Started, StoreError>;
    commit(commit: Commit<'_>) -> Result<(), CommitError>, as commit.end.is_none().then_some("checkpoint");
    close_run(started: Started, end: RunEnd<'_>, another_follows: bool) -> Result<(), StoreError>;
    close_firing(firing: FiringId, state: FiringState, reason: Option<SkipReason>) -> Result<(), StoreError>;
    recover(now: Instant) -> Result<Vec<Interrupted>, StoreError>;
    wakes(name: &ScheduleName) -> Result<Vec<Instant>, StoreError>;
    open_run(firing: FiringId) -> Result<Option<RunId>, StoreError>;
}

watch! { Ledger:
    standing(scope: &ScopeName) -> Result<Standing, StoreError>;
}

watch! { Catalog:
    catalog_scopes(site: &str, seen: &[&Sightings]) -> Result<Vec<CatalogScope>, StoreError>;
    sighted(site: &str, scopes: &[&str]) -> Result<HashMap<String, HashMap<String, Known>>, StoreError>;
    preview(site: &str, looks: &[&StagedSightings]) -> Result<Vec<Vec<Difference>>, StoreError>;
    items(site: &str, filter: &ItemFilter) -> Result<Vec<CatalogItem>, StoreError>;
}

watch! { Artifacts:
    references(filter: &ReferenceFilter) -> Result<Vec<KeptReference>, StoreError>;
    refers(site: &str, digest: ContentDigest) -> Result<bool, StoreError>;
    referred(digests: &[ContentDigest]) -> Result<Vec<ContentDigest>, StoreError>;
    forget_references(before: Instant) -> Result<u64, StoreError>;
}

watch! { Feed:
    changes(since: Cursor, filter: &FeedFilter) -> Result<Page, StoreError>;
    cursor_at(instant: Instant) -> Result<Cursor, StoreError>;
}

watch! { Outbox:
    targets() -> Result<Vec<DueTarget>, StoreError>;
    queued(target: &Target, limit: usize, now: Instant) -> Result<Vec<QueuedEffect>, StoreError>;
    sending(effects: &[EffectId], doubt: Doubt) -> Result<Vec<EffectId>, StoreError>;
    settle(
        target: &Target,
        outcomes: &[(EffectId, Delivered)],
        hold: Option<(TargetState, Instant)>,
        now: Instant
    ) -> Result<(), StoreError>;
    retry(effect: EffectId) -> Result<Option<EffectState>, StoreError>;
    give_up(effect: EffectId, now: Instant) -> Result<Option<EffectState>, StoreError>;
    free(target: &Target) -> Result<(), StoreError>;
}

watch! { Messages:
    parts(target: &Target, keys: &[&str]) -> Result<Vec<Vec<Part>>, StoreError>;
    are_said(effects: &[Effect]) -> Result<Vec<bool>, StoreError>;
    is_known(target: &Target, id: &str) -> Result<bool, StoreError>;
    stands(target: &Target, key: &str, effect: EffectId, parts: &[Part]) -> Result<(), StoreError>;
}

watch! { Tabs:
    tab(target: &Target) -> Result<Option<Tab>, StoreError>;
    add_keys(target: &Target, keys: &[String], read: Option<Tab>) -> Result<(), StoreError>;
    known(target: &Target, keys: &[&str]) -> Result<std::collections::HashSet<String>, StoreError>;
}

watch! { Views:
    runs(filter: &RunFilter) -> Result<Vec<RunView>, StoreError>;
    run(id: RunId) -> Result<Option<RunDetail>, StoreError>;
    effects(filter: &EffectFilter) -> Result<Vec<EffectView>, StoreError>;
    effect(id: EffectId) -> Result<Option<EffectDetail>, StoreError>;
    not_run(filter: &RunFilter) -> Result<Vec<FiringView>, StoreError>;
    prune(before: Instant, now: Instant) -> Result<Pruned, StoreError>;
}

watch! { Store:
    copy_to(path: &Path) -> Result<(), StoreError>;
    close() -> ();
}
