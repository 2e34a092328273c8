//! The runner: makes attempts at a firing until one is committed or none is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use beadle_config::{Mode, Schedule};
use beadle_plan::{Clock, Failure, FailureKind, FiringId, Outcome, Plan, RunId, Summary, Trigger};
use beadle_sandbox::{Audience, Checkpoint, Context};
use beadle_store::{
    Commit, CommitError, FiringState, NewRun, RunEnd, RunMode, RunState, SkipReason, Started, Store, StoreError,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::patience::Patience;
use crate::report::Report;
use crate::setup::Setup;
use crate::wait;
use crate::wakes::Wakes;

/// How often a run whose scope moved under it is made again at once.
const CONFLICTS: u32 = 3;

/// The longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How a firing ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// Its last run.
    pub run: RunId,
    /// What came of it.
    pub result: Result<Summary, Failure>,
    /// How many effects were put into the outbox.
    pub effects: usize,
}

/// What all runs share.
pub(crate) struct Runner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) audience: Arc<dyn Audience>,
    /// Rung when something was put into the outbox.
    pub(crate) outbox: Arc<Notify>,
    pub(crate) patience: Arc<Patience>,
    /// Ends runs that are under way, and the waiting for the store.
    pub(crate) abort: CancellationToken,
    /// Told when a run wants another before it is due.
    pub(crate) wakes: Arc<Wakes>,
}

/// One firing to be run.
pub(crate) struct Firing {
    pub(crate) setup: Arc<Setup>,
    pub(crate) schedule: Arc<Schedule>,
    pub(crate) trigger: Trigger,
    pub(crate) instant: beadle_plan::Instant,
    pub(crate) started: Started,
    /// Ends the run under way.
    pub(crate) cancel: CancellationToken,
    /// No new attempts: the host stops.
    pub(crate) stop: CancellationToken,
}

impl Runner {
    /// Runs a firing whose first attempt has begun.
    pub(crate) async fn run(&self, mut firing: Firing) -> Result<Ended, StoreError> {
        let mut conflicts = 0;
        let mut failures = 0;
        loop {
            let (outcome, moved) = self.attempt(&firing).await;
            let run = firing.started.run;
            let effects = outcome.plan.effects.len();
            // A scope that moved before a checkpoint is a conflict as one at the end is; the attempt's row is closed by the next one.
            let ended = if moved { End::Conflict } else { self.end(&firing, outcome, failures).await? };
            match ended {
                End::Final(result) => {
                    tell(&firing, &result, effects);
                    return Ok(Ended { run, result, effects });
                }
                End::Conflict if conflicts < CONFLICTS => {
                    conflicts += 1;
                }
                End::Conflict => {
                    let message = "what it observed kept changing under it; the next firing will do";
                    let result = Err(Failure::new(FailureKind::Unavailable, message));
                    self.close(&firing, &result, "{}", &[], false).await?;
                    tell(&firing, &result, 0);
                    return Ok(Ended { run, result, effects: 0 });
                }
                End::Again(pause, failure) => {
                    failures += 1;
                    tokio::select! {
                        () = wait::pause(&*self.clock, pause) => {}
                        () = firing.cancel.cancelled() => {}
                        () = firing.stop.cancelled() => {}
                    }
                    // The attempt has its row; the firing says why there is no other.
                    let reason = match (firing.stop.is_cancelled(), firing.cancel.is_cancelled()) {
                        (true, _) => Some(SkipReason::Stopping),
                        (false, true) => Some(SkipReason::Overlap),
                        (false, false) => None,
                    };
                    if reason.is_some() {
                        self.close_firing(firing.started.firing, FiringState::Failed, reason).await?;
                        return Ok(Ended { run, result: Err(failure), effects: 0 });
                    }
                }
            }
            firing.started = self.begin(firing.started.firing, &firing.setup, &firing.schedule).await?;
        }
    }

    /// Begins an attempt at a firing that has its row.
    pub(crate) async fn begin(
        &self,
        firing: FiringId,
        setup: &Setup,
        schedule: &Schedule,
    ) -> Result<Started, StoreError> {
        let run = self.new_run(setup, schedule);
        self.patience.ask(&self.abort, || self.store.attempt(firing, &run)).await
    }

    /// Closes a firing that has no run under way.
    pub(crate) async fn close_firing(
        &self,
        firing: FiringId,
        state: FiringState,
        reason: Option<SkipReason>,
    ) -> Result<(), StoreError> {
        self.patience.ask(&self.abort, || self.store.close_firing(firing, state, reason)).await
    }

    /// Returns what a run's row is made with.
    pub(crate) fn new_run<'a>(&self, setup: &'a Setup, schedule: &Schedule) -> NewRun<'a> {
        NewRun {
            mode: if schedule.mode == Mode::DryRun { RunMode::DryRun } else { RunMode::Live },
            plugin_digest: setup.digest(&schedule.plugin),
            now: self.clock.now(),
        }
    }

    /// Makes an attempt. Returns what it came to, and whether a scope had moved under it before a checkpoint.
    async fn attempt(&self, firing: &Firing) -> (Outcome, bool) {
        let schedule = &firing.schedule;
        let dry = schedule.mode == Mode::DryRun;
        let context = context(&firing.setup, schedule, firing.trigger, firing.instant, firing.started.attempt, dry);
        let partial = Arc::new(PartialCommit {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            outbox: Arc::clone(&self.outbox),
            patience: Arc::clone(&self.patience),
            abort: self.abort.clone(),
            schedule: Arc::clone(schedule),
            started: firing.started,
            moved: AtomicBool::new(false),
        });
        let checkpoint = (!dry).then(|| Arc::clone(&partial) as Arc<dyn Checkpoint>);
        let timeout = schedule.timeout;
        let stop = async {
            tokio::select! {
                () = tokio::time::sleep(timeout) => format!("it took longer than {timeout:?} (schedule.timeout)"),
                () = firing.cancel.cancelled() => "it was stopped".to_owned(),
            }
        };
        let outcome = firing.setup.run(schedule, context, Arc::clone(&self.audience), checkpoint, stop).await;
        (outcome, partial.moved.load(Ordering::Acquire))
    }

    /// Writes down what came of an attempt.
    async fn end(&self, firing: &Firing, outcome: Outcome, failures: u32) -> Result<End, StoreError> {
        let schedule = &firing.schedule;
        let dry = schedule.mode == Mode::DryRun;
        let report = Report::of(&outcome, dry).json();
        match &outcome.result {
            Ok(_) if dry => {
                self.close(firing, &outcome.result, &report, &outcome.log, false).await?;
                Ok(End::Final(outcome.result))
            }
            Ok(_) => {
                let now = self.clock.now();
                let end = RunEnd { result: &outcome.result, report: &report, log: &outcome.log, now };
                let commit = Commit {
                    started: firing.started,
                    plugin: &schedule.plugin,
                    site: schedule.site.as_ref(),
                    plan: &outcome.plan,
                    end: Some(end),
                    now,
                };
                match self.commit(commit).await {
                    Ok(()) => {
                        if !outcome.plan.effects.is_empty() {
                            self.outbox.notify_one();
                        }
                        self.wakes.ask(&schedule.name, &outcome.plan.wakes);
                        Ok(End::Final(outcome.result))
                    }
                    Err(CommitError::Conflict { .. }) => Ok(End::Conflict),
                    Err(CommitError::Overtaken) => {
                        let failure = Failure::new(FailureKind::Stopped, CommitError::Overtaken.to_string());
                        Ok(End::Final(Err(failure)))
                    }
                    Err(CommitError::Store(error)) => {
                        let result = Err(Failure::new(FailureKind::Host, error.to_string()));
                        // Where the host stops without its store, the row stays open and is closed as lost at the next start.
                        self.close(firing, &result, &report, &outcome.log, false).await?;
                        Ok(End::Final(result))
                    }
                }
            }
            Err(failure) => {
                let again = retryable(failure.kind) && failures < schedule.retries && !firing.cancel.is_cancelled();
                self.close(firing, &outcome.result, &report, &outcome.log, again).await?;
                Ok(match outcome.result {
                    Err(failure) if again => End::Again(pause(failures), failure),
                    result => End::Final(result),
                })
            }
        }
    }

    /// Commits a plan, which stays in memory for as long as the store cannot be used.
    async fn commit(&self, commit: Commit<'_>) -> Result<(), CommitError> {
        let (run, again) = (commit.started.run, AtomicBool::new(false));
        let committed = self.patience.ask(&self.abort, || async {
            match self.store.commit(commit.clone()).await {
                // A connection that broke in the middle may have taken the answer with it: then there is nothing left to commit.
                Err(CommitError::Overtaken) if again.load(Ordering::Relaxed) => {
                    let found = self.store.run(run).await?;
                    let stands = found.is_some_and(|found| found.run.state == RunState::Committed);
                    Ok(if stands { Ok(()) } else { Err(CommitError::Overtaken) })
                }
                Err(CommitError::Store(error)) => {
                    again.store(true, Ordering::Relaxed);
                    Err(error)
                }
                other => Ok(other),
            }
        });
        committed.await?
    }

    async fn close(
        &self,
        firing: &Firing,
        result: &Result<Summary, Failure>,
        report: &str,
        log: &[beadle_plan::LogLine],
        another_follows: bool,
    ) -> Result<(), StoreError> {
        let end = RunEnd { result, report, log, now: self.clock.now() };
        self.patience.ask(&self.abort, || self.store.close_run(firing.started, end.clone(), another_follows)).await
    }
}

enum End {
    Final(Result<Summary, Failure>),
    Conflict,
    Again(Duration, Failure),
}

/// Returns why a run exists.
pub(crate) fn context(
    setup: &Setup,
    schedule: &Schedule,
    trigger: Trigger,
    instant: beadle_plan::Instant,
    attempt: u32,
    dry: bool,
) -> Context {
    Context {
        schedule: schedule.name.clone(),
        plugin: schedule.plugin.clone(),
        site: schedule.site.clone(),
        trigger,
        instant,
        attempt,
        dry,
        settings: schedule.settings.to_string(),
        timezone: schedule.timezone.iana_name().unwrap_or("UTC").to_owned(),
        language: setup.config().host.language.code().to_owned(),
        announce_first: schedule.announce_first,
        too_long: schedule.too_long,
    }
}

/// Tells whether another attempt could end better. What is wrong with a plugin or its grants stays wrong.
fn retryable(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Unavailable | FailureKind::Host | FailureKind::Trapped)
}

/// Returns how long to wait before the next attempt: 2 s, 4 s, 8 s … with some chance in it.
fn pause(failures: u32) -> Duration {
    let usual = Duration::from_secs(2).saturating_mul(2u32.saturating_pow(failures.min(10))).min(LONGEST_PAUSE);
    usual.mul_f64(fastrand::f64().mul_add(0.5, 0.75))
}

fn tell(firing: &Firing, result: &Result<Summary, Failure>, effects: usize) {
    let (schedule, run) = (&firing.schedule.name, firing.started.run);
    match result {
        Ok(summary) => tracing::info!(%schedule, %run, staged = effects, "{}", summary.sentence),
        Err(failure) if failure.kind == FailureKind::Unavailable => {
            tracing::warn!(%schedule, %run, "skipped: {}", failure.message);
        }
        Err(failure) => {
            tracing::error!(%schedule, %run, kind = failure.kind.word(), "failed: {}", failure.message);
        }
    }
}

/// Commits what a long run staged so far.
struct PartialCommit {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    outbox: Arc<Notify>,
    patience: Arc<Patience>,
    abort: CancellationToken,
    schedule: Arc<Schedule>,
    started: Started,
    /// Whether a commit met a scope that had moved.
    moved: AtomicBool,
}

#[async_trait]
impl Checkpoint for PartialCommit {
    async fn commit(&self, plan: Plan) -> Result<(), String> {
        let commit = Commit {
            started: self.started,
            plugin: &self.schedule.plugin,
            site: self.schedule.site.as_ref(),
            plan: &plan,
            end: None,
            now: self.clock.now(),
        };
        // One whose answer was lost is met again as a scope that has moved: then the run is made anew, and finds what it did.
        let committed = self.patience.ask(&self.abort, || async {
            match self.store.commit(commit.clone()).await {
                Err(CommitError::Store(error)) => Err(error),
                other => Ok(other),
            }
        });
        let committed = committed.await.unwrap_or_else(|error| Err(error.into()));
        committed.map_err(|error| {
            self.moved.store(matches!(error, CommitError::Conflict { .. }), Ordering::Release);
            error.to_string()
        })?;
        if !plan.effects.is_empty() {
            self.outbox.notify_one();
        }
        Ok(())
    }
}
