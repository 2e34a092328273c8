//! Firings and the runs that attempt them.

use std::borrow::Cow;

use async_trait::async_trait;
use beadle_plan::{FailureKind, FiringId, Instant, PluginName, RunId, ScheduleName, SiteName};
use serde::Serialize;
use sqlx::Row;

use super::{Backend, Connection, text};
use crate::model::{count, trigger};
use crate::{
    Commit, CommitError, FiringState, Firings, Interrupted, NewFiring, NewRun, RunEnd, RunState, SkipReason,
    Started, StoreError,
};

/// Writes a firing's row and moves its schedule on. `None` when the row exists already.
async fn insert(
    connection: &mut Connection,
    firing: &NewFiring,
    state: FiringState,
    reason: Option<SkipReason>,
) -> Result<Option<FiringId>, sqlx::Error> {
    let (first, stands_for) = firing.stretch.unzip();
    let id: Option<i64> = sqlx::query_scalar(
        "INSERT INTO firing (schedule_id, trigger_word, instant, state, reason, stands_for, first, created_at)
         SELECT id, $2, $3, $4, $5, $6, $7, $8 FROM schedule WHERE name = $1
         ON CONFLICT (schedule_id, trigger_word, instant) DO NOTHING RETURNING id",
    )
    .bind(firing.schedule.as_str())
    .bind(firing.trigger.word())
    .bind(firing.instant.millis())
    .bind(state.word())
    .bind(reason.map(SkipReason::word))
    .bind(stands_for.map_or(1, |count| i64::try_from(count).unwrap_or(i64::MAX)))
    .bind(first.map(Instant::millis))
    .bind(firing.now.millis())
    .fetch_optional(&mut *connection)
    .await?;
    if firing.trigger == beadle_plan::Trigger::Time {
        move_on(connection, &firing.schedule, firing.instant).await?;
    }
    Ok(id.map(FiringId))
}

async fn move_on(connection: &mut Connection, schedule: &ScheduleName, through: Instant) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE schedule SET planned_through = $1 WHERE name = $2 AND planned_through < $1")
        .bind(through.millis())
        .bind(schedule.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

async fn start(connection: &mut Connection, firing: FiringId, run: &NewRun<'_>) -> Result<Started, StoreError> {
    let attempt: i64 = sqlx::query_scalar(
        "UPDATE firing SET state = 'running', attempts = attempts + 1 WHERE id = $1 RETURNING attempts",
    )
    .bind(firing.0)
    .fetch_one(&mut *connection)
    .await?;
    if attempt > 1 {
        // An attempt before, if one is still open, is overtaken from here on: its plan did not fit what stands by now.
        sqlx::query(
            "UPDATE run SET state = 'failed', ended_at = $1, failure_kind = 'stopped', failure = 'overtaken by the next attempt'
             WHERE firing_id = $2 AND state = 'running'",
        )
        .bind(run.now.millis())
        .bind(firing.0)
        .execute(&mut *connection)
        .await?;
    }
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO run (firing_id, attempt, mode, plugin_digest, state, started_at)
         VALUES ($1, $2, $3, $4, 'running', $5) RETURNING id",
    )
    .bind(firing.0)
    .bind(attempt)
    .bind(run.mode.word())
    .bind(run.plugin_digest)
    .bind(run.now.millis())
    .fetch_one(connection)
    .await?;
    Ok(Started { firing, run: RunId(id), attempt: count(attempt)? })
}

/// Returns the state of a run that ended this way, live and as a scheduled dry run.
fn end_states(end: &RunEnd<'_>) -> [RunState; 2] {
    match end.result {
        Ok(_) => [RunState::Committed, RunState::Dry],
        Err(failure) if failure.kind == FailureKind::Unavailable => [RunState::Skipped; 2],
        Err(_) => [RunState::Failed; 2],
    }
}

/// A line of a run's log in the list that a statement takes.
#[derive(Serialize)]
struct Line<'a> {
    number: usize,
    at: i64,
    level: &'static str,
    message: Cow<'a, str>,
}

/// Writes how a run ended. Returns whether it was still under way.
pub(super) async fn end_run(connection: &mut Connection, run: RunId, end: &RunEnd<'_>) -> Result<bool, StoreError> {
    let [live, dry] = end_states(end);
    let summary = end.result.as_ref().ok();
    let failure = end.result.as_ref().err();
    let ended = sqlx::query(
        "UPDATE run SET state = CASE WHEN mode = 'dry-run' THEN $2 ELSE $3 END, ended_at = $4, sentence = $5,
           failure_kind = $6, failure = $7, backtrace = $8, report = $9
         WHERE id = $1 AND state = 'running'",
    )
    .bind(run.0)
    .bind(dry.word())
    .bind(live.word())
    .bind(end.now.millis())
    .bind(summary.map(|summary| text(&summary.sentence)))
    .bind(failure.map(|failure| failure.kind.word()))
    .bind(failure.map(|failure| text(&failure.message)))
    .bind(failure.and_then(|failure| failure.backtrace.as_deref()).map(text))
    .bind(end.report)
    .execute(&mut *connection)
    .await?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    if end.log.is_empty() {
        return Ok(true);
    }
    let lines = end.log.iter().enumerate().map(|(number, line)| Line {
        number,
        at: line.at.millis(),
        level: line.level.word(),
        message: text(&line.message),
    });
    sqlx::query(concat!(
        "INSERT INTO run_log (run_id, number, at, level, message)
         SELECT $2, CAST(value ->> 'number' AS BIGINT), CAST(value ->> 'at' AS BIGINT), value ->> 'level', value ->> 'message' FROM ",
        each!()
    ))
    .bind(serde_json::to_string(&lines.collect::<Vec<_>>())?)
    .bind(run.0)
    .execute(connection)
    .await?;
    Ok(true)
}

pub(super) async fn set_state(
    connection: &mut Connection,
    firing: FiringId,
    state: FiringState,
    reason: Option<SkipReason>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE firing SET state = $1, reason = $2 WHERE id = $3")
        .bind(state.word())
        .bind(reason.map(SkipReason::word))
        .bind(firing.0)
        .execute(connection)
        .await?;
    Ok(())
}

#[async_trait]
impl Firings for Backend {
    async fn schedule(
        &self,
        name: &ScheduleName,
        plugin: &PluginName,
        site: Option<&SiteName>,
        now: Instant,
    ) -> Result<Instant, StoreError> {
        let mut transaction = self.begin().await?;
        let through: i64 = sqlx::query_scalar(
            "INSERT INTO schedule (name, plugin, site, planned_through) VALUES ($1, $2, $3, $4)
             ON CONFLICT (name) DO UPDATE SET plugin = $2, site = $3 RETURNING planned_through",
        )
        .bind(name.as_str())
        .bind(plugin.as_str())
        .bind(site.map(SiteName::as_str))
        .bind(now.millis())
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Instant::from_millis(through))
    }

    async fn planned_through(&self, name: &ScheduleName, through: Instant) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        move_on(&mut transaction, name, through).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn fire(&self, firing: &NewFiring, run: &NewRun<'_>) -> Result<Option<Started>, StoreError> {
        let mut transaction = self.begin().await?;
        let Some(id) = insert(&mut transaction, firing, FiringState::Running, None).await? else { return Ok(None) };
        let started = start(&mut transaction, id, run).await?;
        transaction.commit().await?;
        Ok(Some(started))
    }

    async fn wait(&self, firing: &NewFiring) -> Result<Option<FiringId>, StoreError> {
        let mut transaction = self.begin().await?;
        let id = insert(&mut transaction, firing, FiringState::Waiting, None).await?;
        transaction.commit().await?;
        Ok(id)
    }

    async fn skip(&self, firing: &NewFiring, reason: SkipReason) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        insert(&mut transaction, firing, FiringState::Skipped, Some(reason)).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn attempt(&self, firing: FiringId, run: &NewRun<'_>) -> Result<Started, StoreError> {
        let mut transaction = self.begin().await?;
        let started = start(&mut transaction, firing, run).await?;
        transaction.commit().await?;
        Ok(started)
    }

    async fn commit(&self, commit: Commit<'_>) -> Result<(), CommitError> {
        self.commit_plan(commit).await
    }

    async fn close_run(&self, started: Started, end: RunEnd<'_>, another_follows: bool) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        if end_run(&mut transaction, started.run, &end).await? && !another_follows {
            let state = if end.result.is_ok() { FiringState::Done } else { FiringState::Failed };
            set_state(&mut transaction, started.firing, state, None).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn close_firing(
        &self,
        firing: FiringId,
        state: FiringState,
        reason: Option<SkipReason>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        set_state(&mut transaction, firing, state, reason).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn recover(&self, now: Instant) -> Result<Vec<Interrupted>, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE run SET state = 'lost', ended_at = $1 WHERE state = 'running'")
            .bind(now.millis())
            .execute(&mut *transaction)
            .await?;
        let rows = sqlx::query(
            "SELECT firing.id, schedule.name, trigger_word, instant, attempts FROM firing
             JOIN schedule ON schedule.id = schedule_id
             WHERE state IN ('waiting', 'running') ORDER BY firing.id",
        )
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        rows.into_iter()
            .map(|row| {
                Ok(Interrupted {
                    firing: FiringId(row.try_get(0)?),
                    schedule: ScheduleName::new(row.try_get::<String, _>(1)?),
                    trigger: trigger(&row.try_get::<String, _>(2)?)?,
                    instant: Instant::from_millis(row.try_get(3)?),
                    attempts: count(row.try_get(4)?)?,
                })
            })
            .collect()
    }

    async fn wakes(&self, name: &ScheduleName) -> Result<Vec<Instant>, StoreError> {
        let wakes: Vec<i64> = sqlx::query_scalar(
            "SELECT at FROM wake JOIN schedule ON schedule.id = schedule_id WHERE schedule.name = $1 ORDER BY at",
        )
        .bind(name.as_str())
        .fetch_all(self.reader())
        .await?;
        Ok(wakes.into_iter().map(Instant::from_millis).collect())
    }

    async fn open_run(&self, firing: FiringId) -> Result<Option<RunId>, StoreError> {
        let id: Option<i64> = sqlx::query_scalar("SELECT id FROM run WHERE firing_id = $1 AND state = 'running'")
            .bind(firing.0)
            .fetch_optional(self.reader())
            .await?;
        Ok(id.map(RunId))
    }
}
