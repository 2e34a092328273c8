//! The commit: one transaction, fenced by the attempt's number and by the version of each observed scope.

use std::sync::Arc;

use beadle_plan::{Aspect, Change, Effect, Instant, Kind, RunId, SiteName, StagedScope, Standing, Stored};
use sqlx::SqliteConnection;

use super::SqliteStore;
use super::firings::{end_run, set_state};
use crate::{Commit, CommitError, FiringState, ScopeName, Started, StoreError};

/// The word of a kind in the log.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::New => "new",
        Kind::Changed => "changed",
        Kind::Refreshed => "refreshed",
        Kind::Gone => "gone",
        Kind::Back => "back",
    }
}

impl SqliteStore {
    pub(super) async fn commit_plan(&self, commit: Commit<'_>) -> Result<(), CommitError> {
        let mut transaction = self.begin().await?;
        let mut moved = Vec::new();
        fence(&mut transaction, commit.started).await?;
        for staged in &commit.plan.scopes {
            let name = ScopeName {
                plugin: commit.plugin.to_string(),
                site: commit.site.map_or_else(String::new, SiteName::to_string),
                collection: staged.observation.collection.clone(),
                scope: staged.observation.scope.clone(),
            };
            let version = observe(&mut transaction, &name, staged, commit.started.run, commit.now).await?;
            moved.push((name, staged, version));
        }
        enqueue(&mut transaction, commit.started, &commit.plan.effects, commit.now).await?;
        if let Some(end) = &commit.end {
            end_run(&mut transaction, commit.started.run, end).await?;
            set_state(&mut transaction, commit.started.firing, FiringState::Done, None).await?;
        }
        transaction.commit().await?;
        for (name, staged, version) in moved {
            self.standings.update(&name, |standing| apply(standing, staged, version, commit.now));
        }
        Ok(())
    }
}

/// Refuses an attempt that is no longer its firing's.
async fn fence(connection: &mut SqliteConnection, started: Started) -> Result<(), CommitError> {
    let current: Option<i64> = sqlx::query_scalar(
        "SELECT run.id FROM run JOIN firing ON firing.id = firing_id
         WHERE run.id = ? AND run.state = 'running' AND firing.state = 'running' AND firing.attempts = run.attempt",
    )
    .bind(started.run.0)
    .fetch_optional(connection)
    .await?;
    current.map(|_| ()).ok_or(CommitError::Overtaken)
}

/// Writes what an observation changes and returns the scope's new version.
async fn observe(
    connection: &mut SqliteConnection,
    name: &ScopeName,
    staged: &StagedScope,
    run: RunId,
    now: Instant,
) -> Result<i64, CommitError> {
    let base = staged.base.unwrap_or(0);
    // A scope whose records did not move keeps its version: whoever compared with it compared with the same.
    let step = i64::from(!staged.changes.is_empty() || staged.base.is_none());
    let row: Option<(i64, i64)> = sqlx::query_as(
        "INSERT INTO scope (plugin, site, collection, scope, version, seen_at)
         SELECT ?1, ?2, ?3, ?4, 1, ?5 WHERE ?6 = 0 OR EXISTS
           (SELECT 1 FROM scope WHERE plugin = ?1 AND site = ?2 AND collection = ?3 AND scope = ?4)
         ON CONFLICT (plugin, site, collection, scope) DO UPDATE SET version = version + ?7, seen_at = ?5
           WHERE version = ?6
         RETURNING id, version",
    )
    .bind(&name.plugin)
    .bind(&name.site)
    .bind(&name.collection)
    .bind(&name.scope)
    .bind(now.millis())
    .bind(base)
    .bind(step)
    .fetch_optional(&mut *connection)
    .await?;
    let Some((scope, version)) = row else {
        return Err(CommitError::Conflict { collection: name.collection.clone(), scope: name.scope.clone() });
    };
    for change in &staged.changes {
        write(connection, scope, change, run, now).await?;
    }
    Ok(version)
}

async fn write(
    connection: &mut SqliteConnection,
    scope: i64,
    change: &Change,
    run: RunId,
    now: Instant,
) -> Result<(), CommitError> {
    let (key, kind, value, aspects) = match change {
        Change::Put { record, kind } => {
            let aspects = serde_json::to_string(&record.aspects).map_err(StoreError::from)?;
            sqlx::query(
                "INSERT INTO record (scope_id, key, value, aspects, at, stands, since) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6)
                 ON CONFLICT (scope_id, key) DO UPDATE SET value = ?3, aspects = ?4, at = ?5, held = 0,
                   since = CASE WHEN stands = 1 THEN since ELSE ?6 END, stands = 1",
            )
            .bind(scope)
            .bind(&record.key)
            .bind(&record.value)
            .bind(&aspects)
            .bind(record.at.map(Instant::millis))
            .bind(now.millis())
            .execute(&mut *connection)
            .await?;
            (&record.key, *kind, Some(record.value.as_str()), Some(aspects))
        }
        Change::Lose { key } => {
            sqlx::query("UPDATE record SET stands = 0, held = 0, since = ? WHERE scope_id = ? AND key = ?")
                .bind(now.millis())
                .bind(scope)
                .bind(key)
                .execute(&mut *connection)
                .await?;
            (key, Kind::Gone, None, None)
        }
        Change::Hold { key } => {
            sqlx::query("UPDATE record SET held = 1 WHERE scope_id = ? AND key = ?")
                .bind(scope)
                .bind(key)
                .execute(&mut *connection)
                .await?;
            return Ok(());
        }
    };
    // A refreshed value is no change that matters to anybody; writing it down would make the log grow with every poll.
    if kind != Kind::Refreshed {
        sqlx::query("INSERT INTO log (scope_id, key, kind, value, aspects, run_id, at) VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(scope)
            .bind(key)
            .bind(word(kind))
            .bind(value)
            .bind(aspects)
            .bind(run.0)
            .bind(now.millis())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Puts effects into the outbox, numbered within their firing. What is there already under the same target and key is not put again.
async fn enqueue(
    connection: &mut SqliteConnection,
    started: Started,
    effects: &[Effect],
    now: Instant,
) -> Result<(), CommitError> {
    if effects.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(effects.len()).unwrap_or(i64::MAX);
    let last: i64 = sqlx::query_scalar("UPDATE firing SET effects = effects + ? WHERE id = ? RETURNING effects")
        .bind(count)
        .bind(started.firing.0)
        .fetch_one(&mut *connection)
        .await?;
    for (number, effect) in (last - count + 1..).zip(effects) {
        sqlx::query(
            "INSERT INTO effect (firing_id, number, run_id, target, key, body, state, created_at)
             VALUES (?, ?, ?, ?, ?, ?, 'queued', ?) ON CONFLICT (target, key) DO NOTHING",
        )
        .bind(started.firing.0)
        .bind(number)
        .bind(started.run.0)
        .bind(effect.target.to_string())
        .bind(&effect.key)
        .bind(serde_json::to_string(&effect.body).map_err(StoreError::from)?)
        .bind(now.millis())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Brings what is kept in memory to what stands after a commit, without asking the database again.
fn apply(standing: &mut Standing, staged: &StagedScope, version: i64, now: Instant) {
    standing.version = Some(version);
    if staged.changes.is_empty() {
        return;
    }
    let records = Arc::make_mut(&mut standing.records);
    let held = Arc::make_mut(&mut standing.held);
    for change in &staged.changes {
        match change {
            Change::Put { record, .. } => {
                held.remove(&record.key);
                let since = match records.get(&record.key) {
                    Some(stored) if stored.stands => stored.since,
                    _ => now,
                };
                records.insert(record.key.clone(), Stored { record: record.clone(), stands: true, since });
            }
            Change::Lose { key } => {
                held.remove(key);
                if let Some(stored) = records.get_mut(key) {
                    stored.stands = false;
                    stored.since = now;
                }
            }
            Change::Hold { key } => {
                held.insert(key.clone());
            }
        }
    }
}

/// Reads aspects as they stand in a row.
pub(super) fn aspects(text: &str) -> Result<Vec<Aspect>, StoreError> {
    Ok(serde_json::from_str(text)?)
}
