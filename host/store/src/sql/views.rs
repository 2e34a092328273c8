//! What people and programs ask about the past, and the end of what is too old to be asked about.

use async_trait::async_trait;
use beadle_plan::{EffectId, FiringId, Instant, LogLevel, LogLine, RunId, ScheduleName};
use sqlx::Row;

use super::{Backend, Connection, Row as Found};
use crate::model::{count, trigger};
use crate::{EffectView, FiringView, Pruned, RunDetail, RunFilter, RunView, StoreError, Views};

const RUN: &str =
    "SELECT run.id, firing_id, schedule.name, trigger_word, instant, attempt, mode, run.state, started_at,
       ended_at, sentence, failure_kind, failure, plugin_digest, backtrace, report
     FROM run JOIN firing ON firing.id = firing_id JOIN schedule ON schedule.id = schedule_id";

fn run(row: &Found) -> Result<RunView, StoreError> {
    Ok(RunView {
        id: RunId(row.try_get(0)?),
        firing: FiringId(row.try_get(1)?),
        schedule: ScheduleName::new(row.try_get::<String, _>(2)?),
        trigger: trigger(row.try_get(3)?)?,
        instant: Instant::from_millis(row.try_get(4)?),
        attempt: count(row.try_get(5)?)?,
        mode: row.try_get::<&str, _>(6)?.parse()?,
        state: row.try_get::<&str, _>(7)?.parse()?,
        started_at: Instant::from_millis(row.try_get(8)?),
        ended_at: row.try_get::<Option<i64>, _>(9)?.map(Instant::from_millis),
        sentence: row.try_get(10)?,
        failure_kind: row.try_get(11)?,
        failure: row.try_get(12)?,
    })
}

fn level(word: &str) -> Result<LogLevel, StoreError> {
    [LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error]
        .into_iter()
        .find(|level| level.word() == word)
        .ok_or_else(|| StoreError::Damaged(format!("{word:?} is no level")))
}

#[async_trait]
impl Views for Backend {
    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunView>, StoreError> {
        let sql = format!(
            "{RUN} WHERE ($1 IS NULL OR schedule.name = $1) AND ($2 IS NULL OR run.id < $2) ORDER BY run.id DESC LIMIT $3"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(filter.schedule.as_ref().map(ScheduleName::as_str))
            .bind(filter.before)
            .bind(i64::from(filter.limit))
            .fetch_all(self.reader())
            .await?;
        rows.iter().map(run).collect()
    }

    async fn run(&self, id: RunId) -> Result<Option<RunDetail>, StoreError> {
        let sql = format!("{RUN} WHERE run.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(self.reader()).await?;
        let Some(row) = row else { return Ok(None) };
        let lines = sqlx::query("SELECT at, level, message FROM run_log WHERE run_id = $1 ORDER BY number")
            .bind(id.0)
            .fetch_all(self.reader())
            .await?;
        let effects = sqlx::query(
            "SELECT id, number, target, key, state, attempts, cause, place, created_at, settled_at FROM effect
             WHERE run_id = $1 ORDER BY id",
        )
        .bind(id.0)
        .fetch_all(self.reader())
        .await?;
        let report: Option<String> = row.try_get(15)?;
        Ok(Some(RunDetail {
            run: run(&row)?,
            plugin_digest: row.try_get(13)?,
            backtrace: row.try_get(14)?,
            report: report.map(|text| serde_json::from_str(&text)).transpose()?,
            log: lines
                .iter()
                .map(|line| {
                    Ok(LogLine {
                        at: Instant::from_millis(line.try_get(0)?),
                        level: level(line.try_get(1)?)?,
                        message: line.try_get(2)?,
                    })
                })
                .collect::<Result<_, StoreError>>()?,
            effects: effects.iter().map(effect).collect::<Result<_, StoreError>>()?,
        }))
    }

    async fn not_run(&self, filter: &RunFilter) -> Result<Vec<FiringView>, StoreError> {
        let rows = sqlx::query(
            "SELECT firing.id, schedule.name, trigger_word, instant, first, stands_for, state, reason
             FROM firing JOIN schedule ON schedule.id = schedule_id
             WHERE state IN ('skipped', 'failed', 'waiting') AND ($1 IS NULL OR schedule.name = $1)
               AND ($2 IS NULL OR firing.id < $2)
             ORDER BY firing.id DESC LIMIT $3",
        )
        .bind(filter.schedule.as_ref().map(ScheduleName::as_str))
        .bind(filter.before)
        .bind(i64::from(filter.limit))
        .fetch_all(self.reader())
        .await?;
        rows.iter()
            .map(|row| {
                let stands_for: i64 = row.try_get(5)?;
                let reason: Option<&str> = row.try_get(7)?;
                Ok(FiringView {
                    id: FiringId(row.try_get(0)?),
                    schedule: ScheduleName::new(row.try_get::<String, _>(1)?),
                    trigger: trigger(row.try_get(2)?)?,
                    instant: Instant::from_millis(row.try_get(3)?),
                    first: row.try_get::<Option<i64>, _>(4)?.map(Instant::from_millis),
                    stands_for: u64::try_from(stands_for).unwrap_or(1),
                    state: row.try_get::<&str, _>(6)?.parse()?,
                    reason: reason.map(str::parse).transpose()?,
                })
            })
            .collect()
    }

    async fn prune(&self, before: Instant, now: Instant) -> Result<Pruned, StoreError> {
        let mut all = Pruned::default();
        loop {
            let mut transaction = self.begin().await?;
            let some = prune_some(&mut transaction, before, now).await?;
            transaction.commit().await?;
            all.firings += some.firings;
            all.effects += some.effects;
            all.lost += some.lost;
            all.requests += some.requests;
            if [some.firings, some.effects, some.lost, some.requests].iter().all(|&count| count < AT_A_TIME) {
                return Ok(all);
            }
        }
    }
}

/// How many rows of a kind are removed at a time: nothing else can be written meanwhile, and some milliseconds are soon over.
const AT_A_TIME: u64 = 500;

async fn prune_some(connection: &mut Connection, before: Instant, now: Instant) -> Result<Pruned, StoreError> {
    let most = i64::try_from(AT_A_TIME).unwrap_or(i64::MAX);
    let lost = sqlx::query(
        "UPDATE effect SET state = 'lost', settled_at = $1, cause = coalesce(cause, 'never delivered')
         WHERE id IN (SELECT id FROM effect WHERE state IN ('queued', 'sending', 'unknown') AND created_at < $2 LIMIT $3)",
    )
    .bind(now.millis())
    .bind(before.millis())
    .bind(most)
    .execute(&mut *connection)
    .await?
    .rows_affected();
    let mut removed = [0; 3];
    for (count, sql) in removed.iter_mut().zip([
        "DELETE FROM effect WHERE id IN (SELECT id FROM effect WHERE settled_at < $1 AND state <> 'lost' LIMIT $2)",
        "DELETE FROM firing WHERE id IN
         (SELECT id FROM firing WHERE created_at < $1 AND state IN ('done', 'failed', 'skipped') LIMIT $2)",
        "DELETE FROM request WHERE id IN (SELECT id FROM request WHERE answered_at < $1 LIMIT $2)",
    ]) {
        *count = sqlx::query(sql).bind(before.millis()).bind(most).execute(&mut *connection).await?.rows_affected();
    }
    let [effects, firings, requests] = removed;
    Ok(Pruned { firings, effects, lost, requests })
}

fn effect(row: &Found) -> Result<EffectView, StoreError> {
    Ok(EffectView {
        id: EffectId(row.try_get(0)?),
        number: row.try_get(1)?,
        target: row.try_get(2)?,
        key: row.try_get(3)?,
        state: row.try_get::<&str, _>(4)?.parse()?,
        attempts: count(row.try_get(5)?)?,
        cause: row.try_get(6)?,
        place: row.try_get(7)?,
        created_at: Instant::from_millis(row.try_get(8)?),
        settled_at: row.try_get::<Option<i64>, _>(9)?.map(Instant::from_millis),
    })
}
