//! The outbox.

use async_trait::async_trait;
use beadle_plan::{Delivered, Effect, EffectId, Instant, QueuedEffect, SheetName, Target};
use sqlx::{Row, SqliteConnection};

use super::SqliteStore;
use crate::{DueTarget, EffectState, Outbox, StoreError, TargetState};

fn target(text: &str) -> Result<Target, StoreError> {
    match text.split_once(':') {
        Some(("sheet", name)) => Ok(Target::Sheet(SheetName::from(name))),
        _ => Err(StoreError::Damaged(format!("{text:?} is no target"))),
    }
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn targets(&self) -> Result<Vec<DueTarget>, StoreError> {
        let rows = sqlx::query(
            "SELECT effect.target, count(*), target.state, target.cause, target.advice, target.next_at, target.failures
             FROM effect LEFT JOIN target USING (target)
             WHERE effect.state IN ('queued', 'sending', 'unknown') GROUP BY effect.target",
        )
        .fetch_all(&self.read)
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
                    failures: row.try_get::<Option<u32>, _>(6)?.unwrap_or(0),
                })
            })
            .collect()
    }

    async fn queued(&self, name: &Target, limit: usize) -> Result<Vec<QueuedEffect>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, key, body, sent_at, attempts FROM effect
             WHERE target = ? AND state IN ('queued', 'sending', 'unknown') ORDER BY id LIMIT ?",
        )
        .bind(name.to_string())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.read)
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
                    attempts: row.try_get(4)?,
                })
            })
            .collect()
    }

    async fn sending(&self, effects: &[EffectId], at: Instant) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for effect in effects {
            sqlx::query("UPDATE effect SET state = 'sending', sent_at = ?, attempts = attempts + 1 WHERE id = ?")
                .bind(at.millis())
                .bind(effect.0)
                .execute(&mut *transaction)
                .await?;
        }
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
        for (effect, outcome) in outcomes {
            settle_one(&mut transaction, *effect, outcome, now).await?;
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
        match hold {
            Some((state, next_at)) => {
                sqlx::query(
                    "INSERT INTO target (target, state, cause, advice, since, next_at, failures) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)
                     ON CONFLICT (target) DO UPDATE SET state = ?2, cause = ?3, advice = ?4, next_at = ?6, failures = failures + 1",
                )
                .bind(target.to_string())
                .bind(state.word())
                .bind(cause.unwrap_or("unknown"))
                .bind(advice)
                .bind(now.millis())
                .bind(next_at.millis())
                .execute(&mut *transaction)
                .await?;
            }
            None => {
                sqlx::query("DELETE FROM target WHERE target = ?")
                    .bind(target.to_string())
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }
}

async fn settle_one(
    connection: &mut SqliteConnection,
    effect: EffectId,
    outcome: &Delivered,
    now: Instant,
) -> Result<(), sqlx::Error> {
    let (state, cause, place, sent) = match outcome {
        Delivered::Done { place } => (EffectState::Done, None, Some(place.as_str()), None),
        Delivered::AlreadyThere => (EffectState::AlreadyThere, None, None, None),
        Delivered::Retry { cause, .. } | Delivered::Held { cause, sent: None, .. } => {
            (EffectState::Queued, Some(cause.as_str()), None, None)
        }
        // A target that is held while the outcome of a request is unknown must not forget that there was one.
        Delivered::Unknown { cause, sent, .. } | Delivered::Held { cause, sent: Some(sent), .. } => {
            (EffectState::Unknown, Some(cause.as_str()), None, Some(*sent))
        }
        Delivered::Invalid { cause } => (EffectState::Invalid, Some(cause.as_str()), None, None),
    };
    let settled = matches!(state, EffectState::Done | EffectState::AlreadyThere | EffectState::Invalid);
    sqlx::query("UPDATE effect SET state = ?2, cause = ?3, place = ?4, sent_at = ?5, settled_at = ?6 WHERE id = ?1")
        .bind(effect.0)
        .bind(state.word())
        .bind(cause)
        .bind(place)
        .bind(sent.map(Instant::millis))
        .bind(settled.then(|| now.millis()))
        .execute(connection)
        .await?;
    Ok(())
}
