//! Firings and the attempts at them.

use beadle_plan::{Failure, FailureKind, LogLevel, LogLine, PluginName, ScheduleName, Standing, Summary};
use beadle_store::{CommitError, FiringState, NewFiring, RunEnd, RunFilter, RunState, SkipReason, Store};

use super::World;
use super::helpers::{at, commit, fire, firing, known, observe, plan, row, run};

fn filter() -> RunFilter {
    RunFilter { schedule: None, limit: 100, before: None }
}

async fn close(store: &dyn Store, started: beadle_store::Started, again: bool) {
    let result = Err(Failure::new(FailureKind::Unavailable, "away"));
    let end = RunEnd { result: &result, report: "{}", log: &[], now: at(1) };
    store.close_run(started, end, again).await.expect("the store works");
}

pub(crate) async fn an_instant_fires_once(world: impl World) {
    let (one, other) = (world.open().await, world.open().await);
    let schedule = known(&*one, "online@main").await;
    fire(&*one, &schedule, at(0)).await;
    for store in [&one, &other] {
        let again = store.fire(&firing(&schedule, at(0)), &run(at(0))).await.expect("the store works");
        assert_eq!(again, None);
        assert_eq!(store.wait(&firing(&schedule, at(0))).await.expect("the store works"), None);
    }
    assert!(other.fire(&firing(&schedule, at(30)), &run(at(30))).await.expect("the store works").is_some());
}

pub(crate) async fn attempts_are_numbered_and_the_last_one_counts(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    let first = fire(&*store, &schedule, at(0)).await;
    let second = store.attempt(first.firing, &run(at(5))).await.expect("the store works");
    assert_eq!((first.attempt, second.attempt), (1, 2));
    let empty = plan(&Standing::never_seen(), None, vec![row("a")]);
    let overtaken = commit(&*store, first, &empty, at(6), true).await;
    assert!(matches!(overtaken, Err(CommitError::Overtaken)), "{overtaken:?}");
    assert!(store.targets().await.expect("the store works").is_empty());
    commit(&*store, second, &empty, at(6), true).await.expect("it is committed");
    let late = commit(&*store, second, &empty, at(7), true).await;
    assert!(matches!(late, Err(CommitError::Overtaken)), "a run commits its end once: {late:?}");
    let runs = store.runs(&filter()).await.expect("the store works");
    assert_eq!([runs[0].state, runs[1].state], [RunState::Committed, RunState::Failed]);
}

pub(crate) async fn a_dead_hosts_runs_are_lost(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    let running = fire(&*store, &schedule, at(0)).await;
    let waiting = store.wait(&firing(&schedule, at(30))).await.expect("the store works").expect("it is new");
    let done = fire(&*store, &schedule, at(60)).await;
    commit(&*store, done, &plan(&Standing::never_seen(), None, vec![]), at(61), true).await.expect("committed");
    let interrupted = store.recover(at(100)).await.expect("the store works");
    let firings: Vec<_> = interrupted.iter().map(|one| (one.firing, one.attempts)).collect();
    assert_eq!(firings, [(running.firing, 1), (waiting, 0)]);
    let empty = plan(&Standing::never_seen(), None, vec![]);
    let dead = commit(&*store, running, &empty, at(101), true).await;
    assert!(matches!(dead, Err(CommitError::Overtaken)), "{dead:?}");
    assert_eq!(store.open_run(running.firing).await.expect("the store works"), None);
    store.close_firing(running.firing, FiringState::Skipped, Some(SkipReason::Lost)).await.expect("the store works");
    assert_eq!(store.recover(at(102)).await.expect("the store works").len(), 1);
}

pub(crate) async fn a_firing_that_does_not_run_has_its_reason(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    let stretch = NewFiring { stretch: Some((at(30), 100)), ..firing(&schedule, at(3_000)) };
    store.skip(&stretch, SkipReason::Misfire).await.expect("the store works");
    store.skip(&firing(&schedule, at(3_030)), SkipReason::Overlap).await.expect("the store works");
    let failed = fire(&*store, &schedule, at(3_060)).await;
    close(&*store, failed, false).await;
    let rows = store.not_run(&filter()).await.expect("the store works");
    let told: Vec<_> = rows.iter().map(|row| (row.state, row.reason, row.stands_for)).collect();
    assert_eq!(
        told,
        [
            (FiringState::Failed, None, 1),
            (FiringState::Skipped, Some(SkipReason::Overlap), 1),
            (FiringState::Skipped, Some(SkipReason::Misfire), 100),
        ]
    );
    assert_eq!(rows[2].first, Some(at(30)));
}

pub(crate) async fn a_new_schedule_catches_up_nothing(world: impl World) {
    let store = world.open().await;
    let (name, plugin) = (ScheduleName::from("late"), PluginName::from("online"));
    let through = store.schedule(&name, &plugin, None, at(500)).await.expect("the store works");
    assert_eq!(through, at(500));
    fire(&*store, &name, at(530)).await;
    assert_eq!(store.schedule(&name, &plugin, None, at(900)).await.expect("the store works"), at(530));
    store.planned_through(&name, at(800)).await.expect("the store works");
    store.planned_through(&name, at(700)).await.expect("the store works");
    assert_eq!(store.schedule(&name, &plugin, None, at(900)).await.expect("the store works"), at(800));
}

pub(crate) async fn old_runs_are_removed_and_undelivered_effects_counted(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    let old = fire(&*store, &schedule, at(0)).await;
    let effects = plan(&Standing::never_seen(), None, vec![row("a")]);
    commit(&*store, old, &effects, at(1), true).await.expect("committed");
    let comparison = observe(&*store, &schedule, 10, &[("p", "Lab 1")]).await;
    assert!(comparison.first);
    fire(&*store, &schedule, at(5_000)).await;
    let pruned = store.prune(at(100), at(6_000)).await.expect("the store works");
    assert_eq!((pruned.firings, pruned.effects, pruned.lost), (2, 0, 1));
    assert!(store.run(old.run).await.expect("the store works").is_none());
    assert_eq!(store.runs(&filter()).await.expect("the store works").len(), 1);
    // What was observed outlives the run that observed it.
    assert!(!observe(&*store, &schedule, 5_100, &[("p", "Lab 1")]).await.first);
    assert_eq!(store.prune(at(100), at(6_000)).await.expect("the store works").lost, 0);
}

/// It is removed some rows at a time, which nobody sees.
pub(crate) async fn however_much_is_old_all_of_it_is_removed(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    for second in 0..1_100 {
        store.skip(&firing(&schedule, at(second)), SkipReason::Overlap).await.expect("the store works");
    }
    assert_eq!(store.prune(at(1_099), at(2_000)).await.expect("the store works").firings, 1_099);
    assert_eq!(store.prune(at(1_099), at(2_000)).await.expect("the store works").firings, 0);
}

pub(crate) async fn a_run_is_found_with_its_log_and_its_effects(world: impl World) {
    let store = world.open().await;
    let schedule = known(&*store, "online@main").await;
    let started = fire(&*store, &schedule, at(0)).await;
    let effects = plan(&Standing::never_seen(), None, vec![row("a"), row("b")]);
    let result = Ok(Summary { counts: vec![("online".into(), 2)], sentence: "two online".into() });
    let log = [LogLine { at: at(0), level: LogLevel::Warn, message: "look".into() }];
    let end = RunEnd { result: &result, report: r#"{"guest_ms":1.5}"#, log: &log, now: at(1) };
    let (plugin, site) = (PluginName::from("online"), beadle_plan::SiteName::from("main"));
    let commit = beadle_store::Commit {
        started,
        plugin: &plugin,
        site: Some(&site),
        plan: &effects,
        end: Some(end),
        now: at(1),
    };
    store.commit(commit).await.expect("committed");
    let detail = store.run(started.run).await.expect("the store works").expect("it is there");
    assert_eq!(detail.run.sentence.as_deref(), Some("two online"));
    assert_eq!(detail.run.state, RunState::Committed);
    assert_eq!(detail.log, log);
    assert_eq!(detail.effects.iter().map(|effect| effect.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(detail.report, Some(serde_json::json!({ "guest_ms": 1.5 })));
}

pub(crate) async fn a_renamed_schedule_keeps_its_plugins_state(world: impl World) {
    let store = world.open().await;
    let before = known(&*store, "online@main").await;
    observe(&*store, &before, 0, &[("p", "Lab 1")]).await;
    let after = known(&*store, "presence@main").await;
    assert_eq!(observe(&*store, &after, 30, &[("p", "Lab 1")]).await.unchanged, 1);
}
