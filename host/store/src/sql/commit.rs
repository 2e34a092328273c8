//! The commit: one transaction, fenced by the attempt's number and by the version of each observed scope.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use beadle_plan::{Aspect, Body, Change, Effect, Instant, Kind, Record, RunId, SiteName, StagedScope, Standing, Stored};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::artifacts::refer;
use super::firings::{end_run, set_state};
use super::sightings::sight;
use super::{Backend, Connection, text};
use crate::{Commit, CommitError, FiringState, ScopeName, Started, StoreError};

impl Backend {
    pub(super) async fn commit_plan(&self, commit: Commit<'_>) -> Result<(), CommitError> {
        let mut transaction = self.begin().await?;
        let (mut moved, mut news) = (Vec::new(), Vec::new());
        let numbered = fence(&mut transaction, commit.started, commit.plan.effects.len()).await?;
        for staged in &commit.plan.scopes {
            let name = ScopeName {
                plugin: commit.plugin.to_string(),
                site: commit.site.map_or_else(String::new, SiteName::to_string),
                collection: staged.observation.collection.clone(),
                scope: staged.observation.scope.clone(),
            };
            let version = observe(&mut transaction, &name, staged, commit.now, &mut news).await?;
            moved.push((name, staged, version));
        }
        let site = commit.site.map_or("", SiteName::as_str);
        let who = (site, commit.plugin.as_str());
        sight(&mut transaction, who, &commit.plan.sightings, commit.now, &mut news).await?;
        refer(&mut transaction, who, &commit.plan.references, commit.started.run, commit.now).await?;
        enqueue(&mut transaction, commit.started, numbered, &commit.plan.effects, commit.now).await?;
        // A checkpoint keeps the wishes of the run before: this one has not said its last yet.
        if commit.end.is_some() || !commit.plan.wakes.is_empty() {
            wake(&mut transaction, commit.started, &commit.plan.wakes).await?;
        }
        if let Some(end) = &commit.end {
            end_run(&mut transaction, commit.started.run, end).await?;
            set_state(&mut transaction, commit.started.firing, FiringState::Done, None).await?;
        }
        // Last: from here to the commit, others who write changes wait.
        log(&mut transaction, &mut news, commit.started.run, commit.now).await?;
        transaction.commit().await?;
        for (name, staged, version) in moved {
            self.standings.update(&name, |standing| apply(standing, staged, version, commit.now));
        }
        Ok(())
    }
}

/// Refuses an attempt that is no longer its firing's, keeps any other from becoming it until the transaction ends, and sets numbers
/// aside for its effects. Returns the last of them.
async fn fence(connection: &mut Connection, started: Started, effects: usize) -> Result<i64, CommitError> {
    let last: Option<i64> = sqlx::query_scalar(
        "UPDATE firing SET effects = effects + $1
         WHERE id = $2 AND state = 'running' AND attempts = $3
           AND EXISTS (SELECT 1 FROM run WHERE run.id = $4 AND run.state = 'running')
         RETURNING effects",
    )
    .bind(i64::try_from(effects).unwrap_or(i64::MAX))
    .bind(started.firing.0)
    .bind(i64::from(started.attempt))
    .bind(started.run.0)
    .fetch_optional(connection)
    .await?;
    last.ok_or(CommitError::Overtaken)
}

/// Writes what an observation changes and returns the scope's new version. What is to be logged of it is added to `news`.
async fn observe<'a>(
    connection: &mut Connection,
    name: &ScopeName,
    staged: &'a StagedScope,
    now: Instant,
    news: &mut Vec<News<'a>>,
) -> Result<i64, CommitError> {
    // A scope whose records did not move keeps its version: whoever compared with it compared with the same.
    let step = i64::from(!staged.changes.is_empty());
    let row: Option<(i64, i64)> = match staged.base {
        None => {
            sqlx::query_as(
                "INSERT INTO scope (plugin, site, collection, scope, version, seen_at) VALUES ($1, $2, $3, $4, 1, $5)
                 ON CONFLICT (plugin, site, collection, scope) DO NOTHING RETURNING id, version",
            )
            .bind(&name.plugin)
            .bind(&name.site)
            .bind(&name.collection)
            .bind(&name.scope)
            .bind(now.millis())
            .fetch_optional(&mut *connection)
            .await?
        }
        Some(base) => {
            sqlx::query_as(
                "UPDATE scope SET version = version + $7, seen_at = $5
                 WHERE plugin = $1 AND site = $2 AND collection = $3 AND scope = $4 AND version = $6
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
            .await?
        }
    };
    let Some((scope, version)) = row else {
        return Err(CommitError::Conflict { collection: name.collection.clone(), scope: name.scope.clone() });
    };
    write(connection, scope, &staged.changes, now).await?;
    // A refreshed value is no change that matters to anybody; writing it down would make the log grow with every poll.
    let logged = staged.changes.iter().filter_map(|change| match change {
        Change::Put { kind: Kind::Refreshed, .. } | Change::Hold { .. } => None,
        Change::Put { record, .. } => Some(&record.key),
        Change::Lose { key } => Some(key),
    });
    news.extend(logged.map(|key| News::new(scope, key, staged.base.is_none())));
    Ok(version)
}

/// A record in the list that a statement takes.
#[derive(Serialize)]
struct Put<'a> {
    key: &'a str,
    value: &'a str,
    aspects: String,
    at: Option<i64>,
}

impl<'a> Put<'a> {
    fn new(record: &'a Record) -> Result<Self, StoreError> {
        Ok(Self {
            key: &record.key,
            value: &record.value,
            aspects: serde_json::to_string(&record.aspects)?,
            at: record.at.map(Instant::millis),
        })
    }
}

/// A key in the list that a statement takes.
#[derive(Serialize)]
pub(super) struct Key<'a> {
    pub(super) key: &'a str,
}

/// Writes the changes of a scope: a statement for each sort of change, whatever their number.
pub(super) async fn write<'a>(
    connection: &mut Connection,
    scope: i64,
    changes: impl IntoIterator<Item = &'a Change>,
    now: Instant,
) -> Result<(), CommitError> {
    let mut puts = Vec::new();
    let (mut lost, mut held, mut retold) = (Vec::new(), Vec::new(), Vec::new());
    for change in changes {
        match change {
            Change::Put { record, retold: anew, .. } => {
                puts.push(Put::new(record)?);
                retold.extend(anew.then_some(Key { key: &record.key }));
            }
            Change::Lose { key } => lost.push(Key { key }),
            Change::Hold { key } => held.push(Key { key }),
        }
    }
    if !puts.is_empty() {
        put(connection, scope, &puts, now).await?;
    }
    if !retold.is_empty() {
        retell(connection, scope, &retold).await?;
    }
    if !lost.is_empty() {
        sqlx::query(concat!(
            "UPDATE record SET stands = FALSE, held = FALSE, since = $3
             WHERE scope_id = $2 AND key IN (SELECT value ->> 'key' FROM ",
            each!(),
            ")"
        ))
        .bind(serde_json::to_string(&lost).map_err(StoreError::from)?)
        .bind(scope)
        .bind(now.millis())
        .execute(&mut *connection)
        .await?;
    }
    if !held.is_empty() {
        sqlx::query(concat!(
            "UPDATE record SET held = TRUE WHERE scope_id = $2 AND key IN (SELECT value ->> 'key' FROM ",
            each!(),
            ")"
        ))
        .bind(serde_json::to_string(&held).map_err(StoreError::from)?)
        .bind(scope)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn put(connection: &mut Connection, scope: i64, puts: &[Put<'_>], now: Instant) -> Result<(), CommitError> {
    sqlx::query(concat!(
        "INSERT INTO record (scope_id, key, value, aspects, at, stands, since, held)
         SELECT $2, value ->> 'key', value ->> 'value', value ->> 'aspects', CAST(value ->> 'at' AS BIGINT), TRUE, $3, FALSE
         FROM ",
        each!(),
        " WHERE TRUE
         ON CONFLICT (scope_id, key) DO UPDATE SET value = excluded.value, aspects = excluded.aspects, at = excluded.at,
           since = CASE WHEN record.stands THEN record.since ELSE excluded.since END, stands = TRUE, held = FALSE"
    ))
    .bind(serde_json::to_string(puts).map_err(StoreError::from)?)
    .bind(scope)
    .bind(now.millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// Has the newest change of each record tell its aspects as the record does now: another normaliser has taken over, and what follows is
/// compared with its words.
async fn retell(connection: &mut Connection, scope: i64, retold: &[Key<'_>]) -> Result<(), CommitError> {
    sqlx::query(concat!(
        "UPDATE log SET retold = (SELECT aspects FROM record WHERE record.id = log.record_id)
         WHERE number IN (SELECT (SELECT max(number) FROM log AS newest WHERE newest.record_id = record.id)
           FROM ",
        each_with!(),
        "record ON record.scope_id = $2 AND record.key = each.value ->> 'key')"
    ))
    .bind(serde_json::to_string(retold).map_err(StoreError::from)?)
    .bind(scope)
    .execute(connection)
    .await?;
    Ok(())
}

/// A change that is logged, in the list that a statement takes.
#[derive(Serialize)]
pub(super) struct News<'a> {
    number: i64,
    scope: i64,
    key: Cow<'a, str>,
    baseline: bool,
}

impl<'a> News<'a> {
    /// A change of a record, whose number comes last.
    pub(super) fn new(scope: i64, key: impl Into<Cow<'a, str>>, baseline: bool) -> Self {
        Self { number: 0, scope, key: key.into(), baseline }
    }
}

/// Logs changes as their records stand now. Their numbers come from a row that stays locked until the transaction ends: whoever reads
/// up to a number has read all that was or will be committed below it.
async fn log(
    connection: &mut Connection,
    news: &mut [News<'_>],
    run: RunId,
    now: Instant,
) -> Result<(), CommitError> {
    if news.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(news.len()).unwrap_or(i64::MAX);
    let head: i64 = sqlx::query_scalar("UPDATE feed SET head = head + $1 RETURNING head")
        .bind(count)
        .fetch_one(&mut *connection)
        .await?;
    for (one, number) in news.iter_mut().zip(head - count + 1..) {
        one.number = number;
    }
    sqlx::query(concat!(
        "INSERT INTO log (number, record_id, stands, baseline, value, aspects, run_id, at)
         SELECT CAST(each.value ->> 'number' AS BIGINT), record.id, record.stands, CAST(each.value ->> 'baseline' AS BOOLEAN),
           record.value, record.aspects, $2, $3
         FROM ",
        each_with!(),
        "record ON record.scope_id = CAST(each.value ->> 'scope' AS BIGINT) AND record.key = each.value ->> 'key'"
    ))
    .bind(serde_json::to_string(news).map_err(StoreError::from)?)
    .bind(run.0)
    .bind(now.millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// An effect in the list that a statement takes.
#[derive(Serialize)]
struct Queued<'a> {
    number: i64,
    target: String,
    key: Cow<'a, str>,
    body: String,
    once: bool,
    at: Option<i64>,
    until: Option<i64>,
    /// A digest of what is said; empty where something is taken back.
    said: String,
}

impl<'a> Queued<'a> {
    fn new(number: i64, effect: &'a Effect) -> Result<Self, StoreError> {
        let body = serde_json::to_string(&effect.body)?;
        let (at, until) = effect.body.period();
        Ok(Self {
            number,
            target: effect.target.to_string(),
            key: text(&effect.key),
            body,
            once: effect.body.once(),
            at: at.map(Instant::millis),
            until: until.map(Instant::millis),
            said: said(&effect.body)?,
        })
    }
}

/// Returns a digest of what a message says; nothing where something is taken back.
pub(super) fn said(body: &Body) -> Result<String, StoreError> {
    Ok(match body {
        Body::Message(_) => hex::encode(Sha256::digest(serde_json::to_string(body)?)),
        Body::Row(_) | Body::NoMessage => String::new(),
    })
}

/// Puts effects into the outbox, the last of them numbered `last`. A row that is there already under the same target and key is not put
/// again, and neither is a message that says what was said last under its key.
async fn enqueue(
    connection: &mut Connection,
    started: Started,
    last: i64,
    effects: &[Effect],
    now: Instant,
) -> Result<(), CommitError> {
    if effects.is_empty() {
        return Ok(());
    }
    let first = last - i64::try_from(effects.len()).unwrap_or(i64::MAX) + 1;
    let queued = (first..).zip(effects).map(|(number, effect)| Queued::new(number, effect));
    let (rows, messages): (Vec<_>, Vec<_>) = queued.collect::<Result<Vec<_>, _>>()?.into_iter().partition(|one| one.once);
    if !rows.is_empty() {
        insert(connection, started, &rows, now).await?;
    }
    if !messages.is_empty() {
        let news = say(connection, messages).await?;
        if !news.is_empty() {
            supersede(connection, &news, now).await?;
            insert(connection, started, &news, now).await?;
            line_up(connection, started).await?;
        }
    }
    Ok(())
}

/// Writes down what is said under keys, and returns what was not said last already.
async fn say<'a>(connection: &mut Connection, messages: Vec<Queued<'a>>) -> Result<Vec<Queued<'a>>, CommitError> {
    let (gone, puts): (Vec<_>, Vec<_>) = messages.into_iter().partition(|one| one.said.is_empty());
    let mut news: HashSet<(String, String)> = HashSet::new();
    if !puts.is_empty() {
        let said: Vec<(String, String)> = sqlx::query_as(concat!(
            "INSERT INTO message (target, key, said)
             SELECT value ->> 'target', value ->> 'key', value ->> 'said' FROM ",
            each!(),
            " WHERE TRUE
             ON CONFLICT (target, key) DO UPDATE SET said = excluded.said WHERE message.said <> excluded.said
             RETURNING target, key"
        ))
        .bind(serde_json::to_string(&puts).map_err(StoreError::from)?)
        .fetch_all(&mut *connection)
        .await?;
        news.extend(said);
    }
    if !gone.is_empty() {
        let said: Vec<(String, String)> = sqlx::query_as(concat!(
            "UPDATE message SET said = ''
             FROM (SELECT value ->> 'target' AS target, value ->> 'key' AS key FROM ",
            each!(),
            ") AS gone
             WHERE message.target = gone.target AND message.key = gone.key AND message.said <> ''
             RETURNING message.target, message.key"
        ))
        .bind(serde_json::to_string(&gone).map_err(StoreError::from)?)
        .fetch_all(&mut *connection)
        .await?;
        news.extend(said);
    }
    let mut said: Vec<Queued<'a>> = puts;
    said.extend(gone);
    said.retain(|one| news.contains(&(one.target.clone(), one.key.clone().into_owned())));
    said.sort_by_key(|one| one.number);
    Ok(said)
}

/// Has what waits under the keys of new messages wait no longer.
async fn supersede(connection: &mut Connection, news: &[Queued<'_>], now: Instant) -> Result<(), CommitError> {
    sqlx::query(concat!(
        "UPDATE effect SET state = 'superseded', settled_at = $2
         FROM (SELECT value ->> 'target' AS target, value ->> 'key' AS key FROM ",
        each!(),
        ") AS news
         WHERE NOT effect.once AND effect.target = news.target AND effect.key = news.key AND effect.state IN ('queued', 'held')"
    ))
    .bind(serde_json::to_string(news).map_err(StoreError::from)?)
    .bind(now.millis())
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert(
    connection: &mut Connection,
    started: Started,
    queued: &[Queued<'_>],
    now: Instant,
) -> Result<(), CommitError> {
    sqlx::query(concat!(
        "INSERT INTO effect (firing_id, number, run_id, target, key, body, once, state, send_from, send_at, send_until,
           created_at)
         SELECT $2, CAST(value ->> 'number' AS BIGINT), $3, value ->> 'target', value ->> 'key', value ->> 'body',
           CAST(value ->> 'once' AS BOOLEAN), 'queued', CAST(value ->> 'at' AS BIGINT), CAST(value ->> 'at' AS BIGINT),
           CAST(value ->> 'until' AS BIGINT), $4
         FROM ",
        each!(),
        " WHERE TRUE ORDER BY CAST(value ->> 'number' AS BIGINT)
         ON CONFLICT (target, key) WHERE once DO NOTHING"
    ))
    .bind(serde_json::to_string(queued).map_err(StoreError::from)?)
    .bind(started.firing.0)
    .bind(started.run.0)
    .bind(now.millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// Has messages wait with an earlier one of their key that waits alone because a request for it is in doubt.
async fn line_up(connection: &mut Connection, started: Started) -> Result<(), CommitError> {
    sqlx::query(
        "UPDATE effect SET send_at = first.send_at
         FROM (SELECT target, key, id, send_at FROM effect WHERE NOT once AND state = 'unknown' AND send_at IS NOT NULL) AS first
         WHERE NOT effect.once AND effect.run_id = $1 AND effect.state = 'queued' AND effect.target = first.target
           AND effect.key = first.key AND effect.id > first.id AND coalesce(effect.send_at, 0) < first.send_at",
    )
    .bind(started.run.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes down when a schedule wants to run earlier than it is due, in place of what it wanted before.
async fn wake(connection: &mut Connection, started: Started, wakes: &[Instant]) -> Result<(), CommitError> {
    sqlx::query("DELETE FROM wake WHERE schedule_id = (SELECT schedule_id FROM firing WHERE id = $1)")
        .bind(started.firing.0)
        .execute(&mut *connection)
        .await?;
    for at in wakes {
        sqlx::query("INSERT INTO wake (schedule_id, at) SELECT schedule_id, $2 FROM firing WHERE id = $1")
            .bind(started.firing.0)
            .bind(at.millis())
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
