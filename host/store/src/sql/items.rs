//! What of items is asked for beside their records: their dates and states, and what their texts say.

use beadle_plan::catalog::{Completion, Item, Moment, Review, ReviewState};
use serde::Serialize;

use super::Connection;
use super::catalog::Changed;
use super::commit::Key;
use crate::{CommitError, StoreError};

/// An item in the list that a statement takes.
#[derive(Serialize)]
struct Described<'a> {
    key: &'a str,
    kind: &'a str,
    course: &'a str,
    published: Option<i64>,
    starts: Option<i64>,
    due: Option<i64>,
    completion: Completion,
    review: ReviewState,
}

/// A fact in the list that a statement takes.
#[derive(Serialize)]
struct Stated<'a> {
    key: &'a str,
    place: usize,
    kind: &'a str,
    at: Option<i64>,
    confidence: f32,
    extractor: &'a str,
    body: String,
}

fn millis(moment: Option<Moment>) -> Option<i64> {
    moment.map(|moment| moment.begins().millis())
}

/// Writes what of items is asked for beside their records.
pub(super) async fn describe<'a>(
    connection: &mut Connection,
    items: i64,
    site: &str,
    changed: impl Iterator<Item = &'a Changed> + Clone,
) -> Result<(), CommitError> {
    let standing = || changed.clone().filter_map(|one| Some((one.difference.key.as_str(), one.item.as_ref()?)));
    let described: Vec<Described<'_>> = standing()
        .map(|(key, item)| Described {
            key,
            kind: &item.kind,
            course: item.course.as_deref().unwrap_or_default(),
            published: millis(item.published_at),
            starts: millis(item.starts_at),
            due: millis(item.due_at),
            completion: item.completion,
            review: item.review.as_ref().map_or(ReviewState::None, |Review { state, .. }| *state),
        })
        .collect();
    let gone: Vec<Key<'_>> =
        changed.clone().filter(|one| one.item.is_none()).map(|one| Key { key: &one.difference.key }).collect();
    if !gone.is_empty() {
        sqlx::query(concat!(
            "UPDATE item SET stands = FALSE WHERE record_id IN (SELECT record.id FROM ",
            each_with!(),
            "record ON record.scope_id = $2 AND record.key = each.value ->> 'key')"
        ))
        .bind(serde_json::to_string(&gone).map_err(StoreError::from)?)
        .bind(items)
        .execute(&mut *connection)
        .await?;
    }
    if described.is_empty() {
        return Ok(());
    }
    sqlx::query(concat!(
        "INSERT INTO item (record_id, site, stands, kind, course, published_at, starts_at, due_at, completion, review)
         SELECT record.id, $3, TRUE, each.value ->> 'kind', each.value ->> 'course', CAST(each.value ->> 'published' AS BIGINT),
           CAST(each.value ->> 'starts' AS BIGINT), CAST(each.value ->> 'due' AS BIGINT), each.value ->> 'completion',
           each.value ->> 'review'
         FROM ",
        each_with!(),
        "record ON record.scope_id = $2 AND record.key = each.value ->> 'key' WHERE TRUE
         ON CONFLICT (record_id) DO UPDATE SET stands = TRUE, kind = excluded.kind, course = excluded.course,
           published_at = excluded.published_at, starts_at = excluded.starts_at, due_at = excluded.due_at,
           completion = excluded.completion, review = excluded.review"
    ))
    .bind(serde_json::to_string(&described).map_err(StoreError::from)?)
    .bind(items)
    .bind(site)
    .execute(&mut *connection)
    .await?;
    let old: Vec<Key<'_>> = standing().map(|(key, _)| Key { key }).collect();
    state(connection, items, site, &old, standing()).await
}

/// Writes the facts of items in place of those before.
async fn state<'a>(
    connection: &mut Connection,
    items: i64,
    site: &str,
    old: &[Key<'_>],
    standing: impl Iterator<Item = (&'a str, &'a Item)>,
) -> Result<(), CommitError> {
    sqlx::query(concat!(
        "DELETE FROM fact WHERE record_id IN (SELECT record.id FROM ",
        each_with!(),
        "record ON record.scope_id = $2 AND record.key = each.value ->> 'key')"
    ))
    .bind(serde_json::to_string(old).map_err(StoreError::from)?)
    .bind(items)
    .execute(&mut *connection)
    .await?;
    let mut stated = Vec::new();
    for (key, item) in standing {
        for (place, fact) in item.facts.iter().enumerate() {
            stated.push(Stated {
                key,
                place,
                kind: &fact.kind,
                at: millis(fact.when),
                confidence: fact.confidence,
                extractor: &fact.extractor,
                body: serde_json::to_string(fact).map_err(StoreError::from)?,
            });
        }
    }
    if stated.is_empty() {
        return Ok(());
    }
    sqlx::query(concat!(
        "INSERT INTO fact (record_id, place, site, kind, at, confidence, extractor, body)
         SELECT record.id, CAST(each.value ->> 'place' AS BIGINT), $3, each.value ->> 'kind', CAST(each.value ->> 'at' AS BIGINT),
           CAST(each.value ->> 'confidence' AS DOUBLE PRECISION), each.value ->> 'extractor', each.value ->> 'body'
         FROM ",
        each_with!(),
        "record ON record.scope_id = $2 AND record.key = each.value ->> 'key'"
    ))
    .bind(serde_json::to_string(&stated).map_err(StoreError::from)?)
    .bind(items)
    .bind(site)
    .execute(connection)
    .await?;
    Ok(())
}
