//! The outbox.

use std::borrow::Cow;

use async_trait::async_trait;
use beadle_plan::{Delivered, Effect, EffectId, Instant, QueuedEffect, SheetName, Target};
use serde::Serialize;
use sqlx::Row;

use super::{Backend, Connection, text};
use crate::model::count;
use crate::{DueTarget, EffectState, Outbox, StoreError, TargetState};

fn target(text: &str) -> Result<Target, StoreError> {
    match text.split_once(':') {
        Some(("sheet", name)) => Ok(Target::Sheet(SheetName::from(name))),
        _ => Err(StoreError::Damaged(format!("{text:?} is no target"))),
    }
}

#[async_trait]
impl Outbox for Backend {
    async fn targets(&self) -> Result<Vec<DueTarget>, StoreError> {
        let rows = sqlx::query(
            "SELECT effect.target, count(*), target.state, target.cause, target.advice, target.next_at, target.failures
             FROM effect LEFT JOIN target ON target.target = effect.target
             WHERE effect.state IN ('queued', 'sending', 'unknown') GROUP BY effect.target, target.target",
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                let waiting: i64 = row.try_get(1)?;
                let state: Option<String> = row.try_get(2)?;
                Ok(DueTarget {
                    target: target(row.try_get(0)?)?,
                    waiting: u64::try_from(waiting).unwrap_or(0),
                    state: state.map(|word| word.parse()).transpose()?,
                    cause: row.try_get(3)?,
                    advice: row.try_get(4)?,
                    next_at: Instant::from_millis(row.try_get::<Option<i64>, _>(5)?.unwrap_or(0)),
                    failures: count(row.try_get::<Option<i64>, _>(6)?.unwrap_or(0))?,
                })
            })
            .collect()
    }

    async fn queued(&self, name: &Target, limit: usize) -> Result<Vec<QueuedEffect>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, key, body, sent_at, attempts FROM effect
             WHERE target = $1 AND state IN ('queued', 'sending', 'unknown') ORDER BY id LIMIT $2",
        )
        .bind(name.to_string())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(QueuedEffect {
                    id: EffectId(row.try_get(0)?),
                    effect: Effect {
                        target: name.clone(),
                        key: row.try_get(1)?,
                        body: serde_json::from_str(row.try_get(2)?)?,
                    },
                    sent: row.try_get::<Option<i64>, _>(3)?.map(Instant::from_millis),
                    attempts: count(row.try_get(4)?)?,
                })
            })
            .collect()
    }

    async fn sending(&self, effects: &[EffectId], at: Instant) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let ids: Vec<Sent> = effects.iter().map(|effect| Sent { id: effect.0 }).collect();
        sqlx::query(concat!(
            "UPDATE effect SET state = 'sending', sent_at = $2, attempts = attempts + 1
             WHERE id IN (SELECT CAST(value ->> 'id' AS BIGINT) FROM ",
            each!(),
            ")"
        ))
        .bind(serde_json::to_string(&ids)?)
        .bind(at.millis())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
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
}

/// What became of an effect, in the list that a statement takes.
#[derive(Serialize)]
struct Settled<'a> {
    id: i64,
    state: &'static str,
    cause: Option<Cow<'a, str>>,
    place: Option<Cow<'a, str>>,
    sent: Option<i64>,
    settled: Option<i64>,
}

impl<'a> Settled<'a> {
    fn new(effect: EffectId, outcome: &'a Delivered, now: Instant) -> Self {
        let (state, cause, place, sent) = match outcome {
            Delivered::Done { place } => (EffectState::Done, None, Some(place), None),
            Delivered::AlreadyThere => (EffectState::AlreadyThere, None, None, None),
            Delivered::Retry { cause, .. } | Delivered::Held { cause, sent: None, .. } => {
                (EffectState::Queued, Some(cause), None, None)
            }
            // A target that is held while the outcome of a request is unknown must not forget that there was one.
            Delivered::Unknown { cause, sent, .. } | Delivered::Held { cause, sent: Some(sent), .. } => {
                (EffectState::Unknown, Some(cause), None, Some(sent.millis()))
            }
            Delivered::Invalid { cause } => (EffectState::Invalid, Some(cause), None, None),
        };
        let settled = matches!(state, EffectState::Done | EffectState::AlreadyThere | EffectState::Invalid);
        Self {
            id: effect.0,
            state: state.word(),
            cause: cause.map(|cause| text(cause)),
            place: place.map(|place| text(place)),
            sent,
            settled: settled.then(|| now.millis()),
        }
    }
}

async fn settle_each(
    connection: &mut Connection,
    outcomes: &[(EffectId, Delivered)],
    now: Instant,
) -> Result<(), StoreError> {
    let settled: Vec<Settled<'_>> =
        outcomes.iter().map(|(effect, outcome)| Settled::new(*effect, outcome, now)).collect();
    sqlx::query(concat!(
        "UPDATE effect SET state = settled.state, sent_at = settled.sent, cause = settled.cause, place = settled.place,
           settled_at = settled.settled
         FROM (SELECT CAST(value ->> 'id' AS BIGINT) AS id, value ->> 'state' AS state, value ->> 'cause' AS cause,
             value ->> 'place' AS place, CAST(value ->> 'sent' AS BIGINT) AS sent,
             CAST(value ->> 'settled' AS BIGINT) AS settled
           FROM ",
        each!(),
        ") AS settled WHERE effect.id = settled.id"
    ))
    .bind(serde_json::to_string(&settled)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// An effect in the list that a statement takes.
#[derive(Serialize)]
struct Sent {
    id: i64,
}
