//! The outbox.

use std::borrow::Cow;

use async_trait::async_trait;
use beadle_plan::{Delivered, Doubt, Effect, EffectId, Instant, QueuedEffect, Target};
use serde::Serialize;
use sqlx::Row;

use super::{Backend, Connection, text};
use crate::model::count;
use crate::{DueTarget, EffectState, Outbox, StoreError, TargetState};

fn target(text: &str) -> Result<Target, StoreError> {
    text.parse().map_err(|error: beadle_plan::NoTarget| StoreError::Damaged(error.to_string()))
}

#[async_trait]
impl Outbox for Backend {
    async fn targets(&self) -> Result<Vec<DueTarget>, StoreError> {
        let rows = sqlx::query(
            "SELECT waits.target, waits.count, target.state, target.cause, target.advice, target.next_at, target.failures, waits.first
             FROM (SELECT target, count(*) AS count, min(coalesce(send_at, 0)) AS first FROM effect
               WHERE state IN ('queued', 'sending', 'unknown') GROUP BY target) AS waits
             LEFT JOIN target ON target.target = waits.target",
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                let waiting: i64 = row.try_get(1)?;
                let state: Option<String> = row.try_get(2)?;
                let opens_at: i64 = row.try_get(7)?;
                let next_at = row.try_get::<Option<i64>, _>(5)?.unwrap_or(0).max(opens_at);
                Ok(DueTarget {
                    target: target(row.try_get(0)?)?,
                    waiting: u64::try_from(waiting).unwrap_or(0),
                    state: state.map(|word| word.parse()).transpose()?,
                    cause: row.try_get(3)?,
                    advice: row.try_get(4)?,
                    next_at: Instant::from_millis(next_at),
                    opens_at: Instant::from_millis(opens_at),
                    failures: count(row.try_get::<Option<i64>, _>(6)?.unwrap_or(0))?,
                })
            })
            .collect()
    }

    async fn queued(&self, name: &Target, limit: usize, now: Instant) -> Result<Vec<QueuedEffect>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, key, body, sent_at, doubts, attempts, created_at FROM effect
             WHERE target = $1 AND state IN ('queued', 'sending', 'unknown') AND (send_at IS NULL OR send_at <= $3)
             ORDER BY (state = 'queued'), (send_until IS NULL), send_until, id LIMIT $2",
        )
        .bind(name.to_string())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(now.millis())
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                let requests = count(row.try_get(4)?)?;
                let sent: Option<i64> = row.try_get(3)?;
                Ok(QueuedEffect {
                    id: EffectId(row.try_get(0)?),
                    effect: Effect {
                        target: name.clone(),
                        key: row.try_get(1)?,
                        body: serde_json::from_str(row.try_get(2)?)?,
                    },
                    doubt: sent.map(|sent| Doubt { sent: Instant::from_millis(sent), requests }),
                    attempts: count(row.try_get(5)?)?,
                    created_at: Instant::from_millis(row.try_get(6)?),
                })
            })
            .collect()
    }

    async fn sending(&self, effects: &[EffectId], doubt: Doubt) -> Result<Vec<EffectId>, StoreError> {
        let mut transaction = self.begin().await?;
        let ids: Vec<Named> = effects.iter().map(|effect| Named { id: effect.0 }).collect();
        let taken: Vec<i64> = sqlx::query_scalar(concat!(
            "UPDATE effect SET state = 'sending', sent_at = $2, doubts = $3, attempts = attempts + 1
             WHERE state IN ('queued', 'sending', 'unknown') AND id IN (SELECT CAST(value ->> 'id' AS BIGINT) FROM ",
            each!(),
            ") RETURNING id"
        ))
        .bind(serde_json::to_string(&ids)?)
        .bind(doubt.sent.millis())
        .bind(i64::from(doubt.requests))
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(taken.into_iter().map(EffectId).collect())
    }

    async fn settle(
        &self,
        target: &Target,
        outcomes: &[(EffectId, Delivered)],
        hold: Option<(TargetState, Instant)>,
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let (mut cause, mut advice) = (None, None);
        for (_, outcome) in outcomes {
            match outcome {
                Delivered::Paced { .. } => cause = cause.or(Some(PACE)),
                Delivered::Held { cause: why, advice: what, .. } => {
                    (cause, advice) = (Some(why.as_str()), Some(what.as_str()));
                }
                Delivered::Retry { cause: why, .. } | Delivered::Unknown { cause: why, .. } => {
                    cause = cause.or(Some(why.as_str()));
                }
                _ => {}
            }
        }
        settle_each(&mut transaction, outcomes, now).await?;
        match hold {
            Some((state, next_at)) => {
                sqlx::query(
                    "INSERT INTO target (target, state, cause, advice, since, next_at, failures) VALUES ($1, $2, $3, $4, $5, $6, 1)
                     ON CONFLICT (target) DO UPDATE SET state = $2, cause = $3, advice = $4, next_at = $6, failures = target.failures + 1",
                )
                .bind(target.to_string())
                .bind(state.word())
                .bind(text(cause.unwrap_or("unknown")))
                .bind(advice.map(text))
                .bind(now.millis())
                .bind(next_at.millis())
                .execute(&mut *transaction)
                .await?;
            }
            None => {
                sqlx::query("DELETE FROM target WHERE target = $1")
                    .bind(target.to_string())
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn retry(&self, effect: EffectId) -> Result<Option<EffectState>, StoreError> {
        let mut transaction = self.begin().await?;
        let Some((state, target)) = state_of(&mut transaction, effect).await? else { return Ok(None) };
        if state.can_be_retried() && has_successor(&mut transaction, effect).await? {
            return Ok(Some(EffectState::Superseded));
        }
        if state.can_be_retried() {
            sqlx::query(
                "UPDATE effect SET state = 'queued', sent_at = NULL, doubts = 0, settled_at = NULL, cause = NULL
                 WHERE id = $1",
            )
            .bind(effect.0)
            .execute(&mut *transaction)
            .await?;
        }
        if state.can_be_retried() || state.waits() {
            // It was put off for reasons that may be gone.
            sqlx::query("UPDATE effect SET send_at = send_from WHERE id = $1")
                .bind(effect.0)
                .execute(&mut *transaction)
                .await?;
            free(&mut transaction, &target).await?;
        }
        transaction.commit().await?;
        Ok(Some(state))
    }

    async fn give_up(&self, effect: EffectId, now: Instant) -> Result<Option<EffectState>, StoreError> {
        let mut transaction = self.begin().await?;
        let Some((state, _)) = state_of(&mut transaction, effect).await? else { return Ok(None) };
        if state.can_be_given_up() {
            sqlx::query("UPDATE effect SET state = 'dropped', settled_at = $2 WHERE id = $1")
                .bind(effect.0)
                .bind(now.millis())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(Some(state))
    }

    async fn free(&self, target: &Target) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        free(&mut transaction, &target.to_string()).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Why an effect was left that was not delivered in time.
const LATE: &str = "its time was over before it could be sent";

/// Why a target waits that is only asked slowly enough.
const PACE: &str = "the pace that the service allows";

async fn state_of(connection: &mut Connection, effect: EffectId) -> Result<Option<(EffectState, String)>, StoreError> {
    let found: Option<(String, String)> = sqlx::query_as("SELECT state, target FROM effect WHERE id = $1")
        .bind(effect.0)
        .fetch_optional(connection)
        .await?;
    found.map(|(state, target)| Ok((state.parse()?, target))).transpose()
}

/// Tells whether something was said under an effect's key after it.
async fn has_successor(connection: &mut Connection, effect: EffectId) -> Result<bool, StoreError> {
    let later: Option<i64> = sqlx::query_scalar(
        "SELECT later.id FROM effect JOIN effect AS later ON later.target = effect.target AND later.key = effect.key
         WHERE effect.id = $1 AND later.id > effect.id LIMIT 1",
    )
    .bind(effect.0)
    .fetch_optional(connection)
    .await?;
    Ok(later.is_some())
}

async fn free(connection: &mut Connection, target: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM target WHERE target = $1").bind(target).execute(connection).await?;
    Ok(())
}

/// What became of an effect, in the list that a statement takes.
#[derive(Serialize)]
struct Settled<'a> {
    id: i64,
    state: &'static str,
    cause: Option<Cow<'a, str>>,
    place: Option<Cow<'a, str>>,
    sent: Option<i64>,
    doubts: u32,
    /// When it alone is to be tried again.
    at: Option<i64>,
    settled: Option<i64>,
}

impl<'a> Settled<'a> {
    /// Returns what is to be written; nothing of one whose row says already what became of it.
    fn new(effect: EffectId, outcome: &'a Delivered, now: Instant) -> Option<Self> {
        let (state, cause, place, doubt) = match outcome {
            Delivered::Done { place, note } => (EffectState::Done, note.as_ref(), Some(place), None),
            Delivered::AlreadyThere => (EffectState::AlreadyThere, None, None, None),
            Delivered::Later { cause, doubt, .. } => (waiting(doubt.as_ref()), Some(cause), None, doubt.as_ref()),
            Delivered::Retry { cause, .. } => (EffectState::Queued, Some(cause), None, None),
            // What is held or put off while the outcome of a request is unknown must not forget that there was one.
            Delivered::Unknown { cause, doubt, .. } => (EffectState::Unknown, Some(cause), None, Some(doubt)),
            Delivered::Held { cause, doubt, .. } => (waiting(doubt.as_ref()), Some(cause), None, doubt.as_ref()),
            Delivered::Paced { doubt, .. } => (waiting(doubt.as_ref()), None, None, doubt.as_ref()),
            Delivered::HeldBack { cause } => (EffectState::Held, Some(cause), None, None),
            Delivered::Invalid { cause } => (EffectState::Invalid, Some(cause), None, None),
            Delivered::Expired => (EffectState::Expired, None, None, None),
            Delivered::Withdrawn => return None,
        };
        let settled = !state.waits() && state != EffectState::Held;
        Some(Self {
            id: effect.0,
            state: state.word(),
            cause: match outcome {
                Delivered::Expired => Some(Cow::Borrowed(LATE)),
                _ => cause.map(|cause| text(cause)),
            },
            place: place.map(|place| text(place)),
            sent: doubt.map(|doubt| doubt.sent.millis()),
            doubts: doubt.map_or(0, |doubt| doubt.requests),
            at: match outcome {
                Delivered::Later { until, .. } => Some(until.millis()),
                _ => None,
            },
            settled: settled.then(|| now.millis()),
        })
    }
}

fn waiting(doubt: Option<&Doubt>) -> EffectState {
    if doubt.is_some() { EffectState::Unknown } else { EffectState::Queued }
}

async fn settle_each(
    connection: &mut Connection,
    outcomes: &[(EffectId, Delivered)],
    now: Instant,
) -> Result<(), StoreError> {
    let settled = outcomes.iter().filter_map(|(effect, outcome)| Settled::new(*effect, outcome, now));
    let settled = settled.collect::<Vec<_>>();
    if settled.is_empty() {
        return Ok(());
    }
    let list = serde_json::to_string(&settled)?;
    // What an operator or a later run decided meanwhile stands.
    sqlx::query(concat!(
        "UPDATE effect SET state = settled.state, sent_at = settled.sent, doubts = settled.doubts, cause = settled.cause,
           place = settled.place, settled_at = settled.settled, send_at = coalesce(settled.at, effect.send_at)
         FROM (SELECT CAST(value ->> 'id' AS BIGINT) AS id, value ->> 'state' AS state, value ->> 'cause' AS cause,
             value ->> 'place' AS place, CAST(value ->> 'sent' AS BIGINT) AS sent, CAST(value ->> 'doubts' AS BIGINT) AS doubts,
             CAST(value ->> 'settled' AS BIGINT) AS settled, CAST(value ->> 'at' AS BIGINT) AS at
           FROM ",
        each!(),
        ") AS settled WHERE effect.id = settled.id AND effect.state IN ('queued', 'sending', 'unknown')"
    ))
    .bind(&list)
    .execute(&mut *connection)
    .await?;
    if settled.iter().any(|one| one.at.is_some()) {
        // What was said later under the key of one that waits alone waits with it.
        sqlx::query(concat!(
            "UPDATE effect SET send_at = first.send_at
             FROM (SELECT target, key, id, send_at FROM effect WHERE NOT once AND state = 'unknown'
                 AND id IN (SELECT CAST(value ->> 'id' AS BIGINT) FROM ",
            each!(),
            ")) AS first
             WHERE NOT effect.once AND effect.state = 'queued' AND effect.target = first.target AND effect.key = first.key
               AND effect.id > first.id AND coalesce(effect.send_at, 0) < first.send_at"
        ))
        .bind(&list)
        .execute(&mut *connection)
        .await?;
    }
    if settled.iter().any(|one| one.state == EffectState::Queued.word() || one.state == EffectState::Held.word()) {
        sqlx::query(concat!(
            "UPDATE effect SET state = 'superseded', settled_at = $2
             WHERE NOT once AND state IN ('queued', 'held')
               AND id IN (SELECT CAST(value ->> 'id' AS BIGINT) FROM ",
            each!(),
            ") AND EXISTS (SELECT 1 FROM effect AS later
               WHERE NOT later.once AND later.target = effect.target AND later.key = effect.key AND later.id > effect.id)"
        ))
        .bind(&list)
        .bind(now.millis())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// An effect in the list that a statement takes.
#[derive(Serialize)]
pub(super) struct Named {
    pub(super) id: i64,
}
