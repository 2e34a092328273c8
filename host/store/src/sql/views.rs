//! What people and programs ask about the past, and the end of what is too old to be asked about.

use async_trait::async_trait;
use beadle_plan::{EffectId, FiringId, Instant, LogLevel, LogLine, RunId, ScheduleName};
use sqlx::Row;

use super::outbox::Named;
use super::{Backend, Connection, Row as Found};
use crate::model::{count, trigger};
use crate::{EffectDetail, EffectFilter, EffectState, EffectView, FiringView, Kept, Pruned, RunDetail, RunFilter, RunView, StoreError, Views};

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
        let sql = format!("{EFFECT} WHERE run_id = $1 ORDER BY effect.id");
        let effects = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_all(self.reader()).await?;
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

    async fn effects(&self, filter: &EffectFilter) -> Result<Vec<EffectView>, StoreError> {
        let sql = format!(
            "{EFFECT} WHERE ($1 IS NULL OR effect.target = $1)
               AND ($2 = 1 OR effect.state IN ('queued', 'sending', 'unknown', 'held'))
             ORDER BY effect.id DESC LIMIT $3"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(filter.target.as_ref().map(ToString::to_string))
            .bind(i64::from(filter.settled))
            .bind(i64::from(filter.limit))
            .fetch_all(self.reader())
            .await?;
        rows.iter().map(effect).collect()
    }

    async fn effect(&self, id: EffectId) -> Result<Option<EffectDetail>, StoreError> {
        let sql = format!("{EFFECT} WHERE effect.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(self.reader()).await?;
        let Some(row) = row else { return Ok(None) };
        let effect = effect(&row)?;
        let stands: Option<String> = sqlx::query_scalar("SELECT parts FROM message WHERE target = $1 AND key = $2")
            .bind(&effect.target)
            .bind(&effect.key)
            .fetch_optional(self.reader())
            .await?;
        Ok(Some(EffectDetail {
            effect,
            body: serde_json::from_str(row.try_get("body")?)?,
            stands: stands.map(|parts| serde_json::from_str(&parts)).transpose()?.unwrap_or_default(),
        }))
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
         WHERE id IN (SELECT id FROM effect
           WHERE state IN ('queued', 'sending', 'unknown', 'held') AND coalesce(send_from, created_at) < $2 LIMIT $3)
         RETURNING id",
    )
    .bind(now.millis())
    .bind(before.millis())
    .bind(most)
    .fetch_all(&mut *connection)
    .await?;
    let lost = lost.iter().map(|row| Ok(Named { id: row.try_get(0)? })).collect::<Result<Vec<_>, StoreError>>()?;
    // What was never sent may be said again.
    sqlx::query(concat!(
        "UPDATE message SET said = 'lost' WHERE said <> '' AND EXISTS (SELECT 1 FROM effect
           WHERE effect.target = message.target AND effect.key = message.key
             AND effect.id IN (SELECT CAST(value ->> 'id' AS BIGINT) FROM ",
        each!(),
        "))"
    ))
    .bind(serde_json::to_string(&lost)?)
    .execute(&mut *connection)
    .await?;
    let lost = lost.len() as u64;
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

/// An effect, with what keeps its target.
const EFFECT: &str =
    "SELECT effect.id, number, run_id, effect.target, key, effect.state, attempts, effect.cause, place, created_at, send_at, send_until,
       settled_at, target.state AS kept, target.cause AS kept_cause, target.advice, target.next_at, body
     FROM effect LEFT JOIN target ON target.target = effect.target";

fn effect(row: &Found) -> Result<EffectView, StoreError> {
    let instant = |name: &str| Ok::<_, StoreError>(row.try_get::<Option<i64>, _>(name)?.map(Instant::from_millis));
    let state: EffectState = row.try_get::<&str, _>("state")?.parse()?;
    let kept = match row.try_get::<Option<&str>, _>("kept")?.filter(|_| state.waits()) {
        Some(kept) => {
            Some(Kept { state: kept.parse()?, cause: row.try_get("kept_cause")?, advice: row.try_get("advice")? })
        }
        None => None,
    };
    let created_at = Instant::from_millis(row.try_get("created_at")?);
    let next_at = [Some(created_at), instant("send_at")?, instant("next_at")?].into_iter().max().flatten();
    Ok(EffectView {
        id: EffectId(row.try_get("id")?),
        number: row.try_get("number")?,
        run: row.try_get::<Option<i64>, _>("run_id")?.map(RunId),
        target: row.try_get("target")?,
        key: row.try_get("key")?,
        state,
        attempts: count(row.try_get("attempts")?)?,
        cause: row.try_get("cause")?,
        place: row.try_get("place")?,
        created_at,
        next_at: next_at.filter(|_| state.waits()),
        until: instant("send_until")?,
        settled_at: instant("settled_at")?,
        kept,
    })
}
