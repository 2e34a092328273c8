//! The feed: what changed since a reader's cursor.

use std::collections::HashMap;

use async_trait::async_trait;
use beadle_plan::{Aspect, Instant, RunId, Version, judge};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use super::commit::aspects;
use super::{Backend, Row};
use crate::{Cursor, Feed, FeedFilter, FeedRow, Page, ScopeName, StoreError};

#[async_trait]
impl Feed for Backend {
    async fn changes(&self, since: Cursor, filter: &FeedFilter) -> Result<Page, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let head: i64 = sqlx::query_scalar("SELECT head FROM feed").fetch_one(&mut *snapshot).await?;
        let since = since.begun(head);
        let limit = usize::try_from(filter.limit.max(1)).unwrap_or(usize::MAX);
        // Each record by its newest change up to the goal; one more row than asked for tells whether there is more.
        let mut newest: Vec<Newest> = sqlx::query(
            "SELECT log.number, log.record_id, scope.plugin, scope.site, scope.collection, scope.scope, record.key
             FROM log JOIN record ON record.id = log.record_id JOIN scope ON scope.id = record.scope_id
             WHERE log.number > $1 AND log.number <= $2
               AND NOT EXISTS (SELECT 1 FROM log AS later
                 WHERE later.record_id = log.record_id AND later.number > log.number AND later.number <= $2)
               AND (CAST($3 AS TEXT) IS NULL OR scope.site = $3)
               AND (CAST($4 AS TEXT) IS NULL OR scope.collection = $4)
             ORDER BY log.number LIMIT $5",
        )
        .bind(since.position())
        .bind(since.goal())
        .bind(filter.site.as_deref())
        .bind(filter.collection.as_deref())
        .bind(i64::from(filter.limit.max(1)) + 1)
        .try_map(Newest::read)
        .fetch_all(&mut *snapshot)
        .await?;
        let more = newest.len() > limit;
        newest.truncate(limit);
        let records: Vec<Asked> = newest.iter().map(|one| Asked { id: one.record }).collect();
        let mut histories: HashMap<i64, Vec<Told>> = HashMap::with_capacity(newest.len());
        if !records.is_empty() {
            let told = sqlx::query(concat!(
                "SELECT log.record_id, log.number, log.stands, log.baseline, log.aspects, log.retold, log.value, log.at, log.run_id
                 FROM ",
                each_with!(),
                "log ON log.record_id = CAST(each.value ->> 'id' AS BIGINT)
                 WHERE log.number <= $2 AND log.number >= coalesce((SELECT max(number) FROM log AS known
                   WHERE known.record_id = log.record_id AND known.number <= $3), 0)
                 ORDER BY log.record_id, log.number"
            ))
            .bind(serde_json::to_string(&records)?)
            .bind(since.goal())
            .bind(since.base())
            .fetch_all(&mut *snapshot)
            .await?;
            for row in told {
                histories.entry(row.try_get(0)?).or_default().push(Told::read(&row)?);
            }
        }
        let next = since.ended(match newest.last() {
            Some(last) if more => last.number,
            _ => since.goal(),
        });
        let rows = newest.into_iter().filter_map(|one| {
            let history = histories.remove(&one.record)?;
            one.judged(history, since.base(), filter.meaningful)
        });
        let rows = rows.filter(|row| row.meaningful || !filter.meaningful).collect();
        Ok(Page { rows, next, more })
    }

    async fn cursor_at(&self, instant: Instant) -> Result<Cursor, StoreError> {
        // Commits are ordered by their numbers; a clock that was set back must not hide what was committed after it.
        let first: Option<i64> = sqlx::query_scalar("SELECT min(number) FROM log WHERE at >= $1")
            .bind(instant.millis())
            .fetch_one(self.reader())
            .await?;
        let number = match first {
            Some(first) => first - 1,
            None => sqlx::query_scalar("SELECT head FROM feed").fetch_one(self.reader()).await?,
        };
        Ok(Cursor::at(number))
    }
}

/// A record in the list that a statement takes.
#[derive(Serialize)]
struct Asked {
    id: i64,
}

/// A record by its newest change.
struct Newest {
    number: i64,
    record: i64,
    scope: ScopeName,
    key: String,
}

impl Newest {
    fn read(row: Row) -> Result<Self, sqlx::Error> {
        let scope = ScopeName {
            plugin: row.try_get(2)?,
            site: row.try_get(3)?,
            collection: row.try_get(4)?,
            scope: row.try_get(5)?,
        };
        Ok(Self { number: row.try_get(0)?, record: row.try_get(1)?, scope, key: row.try_get(6)? })
    }

    /// Judges what changed since a cursor. Who asks for what matters alone is not told of first looks, so that what was seen then counts as
    /// known to them.
    fn judged(self, history: Vec<Told>, base: i64, only_what_matters: bool) -> Option<FeedRow> {
        let (versions, mut told): (Vec<Version>, Vec<Rest>) = history.into_iter().map(|one| (one.version, one.rest)).unzip();
        let base = match versions.first() {
            Some(first) if only_what_matters && first.baseline => base.max(first.number),
            _ => base,
        };
        let judgement = judge(&versions, base)?;
        let (head, last) = (versions.last()?, told.pop()?);
        let before = told.into_iter().next().filter(|_| versions.first().is_some_and(|first| first.number <= base));
        Some(FeedRow {
            number: self.number,
            scope: self.scope,
            key: self.key,
            // What never had an aspect is a plugin's own memory, which matters to nobody.
            meaningful: judgement.is_meaningful() && versions.iter().any(|version| !version.told().is_empty()),
            kind: judgement.kind,
            baseline: judgement.baseline,
            aspects: judgement.aspects,
            meaningful_key: digest(head.told()),
            before: before.map(|before| before.value),
            value: last.value,
            at: last.at,
            run: last.run,
        })
    }
}

/// A version as it stands in the log.
struct Told {
    version: Version,
    rest: Rest,
}

/// What of a version is not judged.
struct Rest {
    value: String,
    at: Instant,
    run: RunId,
}

impl Told {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let retold: Option<String> = row.try_get(5)?;
        let version = Version {
            number: row.try_get(1)?,
            stands: row.try_get(2)?,
            baseline: row.try_get(3)?,
            aspects: aspects(row.try_get(4)?)?,
            retold: retold.as_deref().map(aspects).transpose()?,
        };
        let rest = Rest { value: row.try_get(6)?, at: Instant::from_millis(row.try_get(7)?), run: RunId(row.try_get(8)?) };
        Ok(Self { version, rest })
    }
}

/// Returns a digest of what matters about a record. Names and values are told apart by their lengths.
fn digest(aspects: &[Aspect]) -> String {
    let mut digest = Sha256::new();
    for text in aspects.iter().flat_map(|aspect| [&aspect.name, &aspect.value]) {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    hex::encode(digest.finalize())
}
