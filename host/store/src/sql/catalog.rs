//! The catalog: what was sighted, and the items made from it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use beadle_plan::catalog::{Item, Known, Moment, Review, ReviewState, Sighted, Sighting, Sightings, Source, Standpoint};
use beadle_plan::{Change, Difference, Instant, Kind, Record, StagedSightings, Stored, compare_record};
use serde::Serialize;
use sqlx::Row as _;

use super::commit::{Key, News, aspects, write};
use super::{Backend, Connection};
use crate::catalog::ITEMS;
use crate::{Catalog, CatalogItem, CatalogScope, CommitError, ItemFilter, StoreError};

#[async_trait]
impl Catalog for Backend {
    async fn catalog_scope(&self, site: &str, seen: &Sightings) -> Result<CatalogScope, StoreError> {
        let row = sqlx::query("SELECT version, plugin, digest FROM catalog_scope WHERE site = $1 AND scope = $2")
            .bind(site)
            .bind(&seen.scope)
            .fetch_optional(self.reader())
            .await?;
        let known: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM catalog_scope WHERE site = $1 AND part = $2 AND course = $3 AND complete)",
        )
        .bind(site)
        .bind(seen.part())
        .bind(seen.course.as_deref().unwrap_or_default())
        .fetch_one(self.reader())
        .await?;
        let baseline = !known;
        let Some(row) = row else {
            return Ok(CatalogScope { version: None, owner: None, digest: String::new(), baseline });
        };
        let (version, owner, digest) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok(CatalogScope { version: Some(version), owner: Some(owner), digest, baseline })
    }

    async fn sighted(&self, site: &str, scope: &str) -> Result<HashMap<String, Known>, StoreError> {
        let rows = sqlx::query(
            "SELECT sighting.key, sighting.digest, standpoint, held, at, likeness, within_group
             FROM sighting JOIN catalog_scope ON catalog_scope.id = sighting.scope_id
             WHERE catalog_scope.site = $1 AND catalog_scope.scope = $2",
        )
        .bind(site)
        .bind(scope)
        .fetch_all(self.reader())
        .await?;
        let known = rows.iter().map(|row| {
            let known = Known {
                digest: row.try_get(1)?,
                standpoint: standpoint(row.try_get(2)?)?,
                held: row.try_get(3)?,
                at: row.try_get::<Option<i64>, _>(4)?.map(Instant::from_millis),
                likeness: row.try_get(5)?,
                group: row.try_get(6)?,
            };
            Ok((row.try_get(0)?, known))
        });
        known.collect()
    }

    async fn preview(&self, site: &str, staged: &StagedSightings) -> Result<Vec<Difference>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let changed = changed(&mut snapshot, site, staged).await?;
        Ok(changed.into_iter().map(|one| one.difference).collect())
    }

    async fn items(&self, site: &str, filter: &ItemFilter) -> Result<Vec<CatalogItem>, StoreError> {
        let asked = (!filter.keys.is_empty()).then(|| serde_json::to_string(&keys(&filter.keys))).transpose()?;
        let due = filter.due.map(|due| (due.from.millis(), due.until.millis()));
        let rows = sqlx::query(concat!(
            "SELECT record.key, record.value FROM item JOIN record ON record.id = item.record_id
             WHERE item.site = $2 AND item.stands
               AND (CAST($1 AS TEXT) IS NULL OR record.key IN (SELECT each.value ->> 'key' FROM ",
            each!(),
            "))
               AND (CAST($3 AS TEXT) IS NULL OR item.kind = $3)
               AND (CAST($4 AS TEXT) IS NULL OR item.course = $4)
               AND (CAST($5 AS BIGINT) IS NULL OR item.due_at >= $5) AND (CAST($6 AS BIGINT) IS NULL OR item.due_at < $6)
             ORDER BY item.due_at IS NULL, item.due_at, record.key LIMIT $7"
        ))
        .bind(asked)
        .bind(site)
        .bind(filter.kind.as_deref())
        .bind(filter.course.as_deref())
        .bind(due.map(|(from, _)| from))
        .bind(due.map(|(_, until)| until))
        .bind(i64::from(filter.limit))
        .fetch_all(self.reader())
        .await?;
        let items = rows.iter().map(|row| {
            Ok(CatalogItem { key: row.try_get(0)?, item: serde_json::from_str(row.try_get(1)?)? })
        });
        items.collect()
    }
}

fn keys(words: &[String]) -> Vec<Key<'_>> {
    words.iter().map(|key| Key { key }).collect()
}

fn standpoint(word: &str) -> Result<Standpoint, StoreError> {
    Standpoint::of_word(word).ok_or_else(|| StoreError::Damaged(format!("{word:?} is no standpoint")))
}

/// An item that a look changes.
struct Changed {
    difference: Difference,
    change: Change,
    /// The item as it stands now; none of one that is gone.
    item: Option<Item>,
}

impl Changed {
    /// Whether nothing but the normaliser of an aspect is another, which is no change.
    fn is_silent(&self) -> bool {
        let Change::Put { record, kind: Kind::Refreshed, .. } = &self.change else { return false };
        self.difference.before.as_ref() == Some(&record.value)
    }
}

/// Writes what was sighted and what it changes about items. What is to be logged of it is added to `news`.
pub(super) async fn sight<'a>(
    connection: &mut Connection,
    site: &str,
    plugin: &str,
    staged: &'a StagedSightings,
    now: Instant,
    news: &mut Vec<News<'a>>,
) -> Result<(), CommitError> {
    let scope = seen(connection, site, plugin, staged, now).await?;
    let sifted = &staged.sifted;
    if sifted.puts.is_empty() && sifted.lost.is_empty() && sifted.held.is_empty() {
        return Ok(());
    }
    // From here to the commit, others who write changes wait: an item is made from what all its scopes hold at this moment.
    sqlx::query("UPDATE feed SET head = head").execute(&mut *connection).await?;
    let items = items_scope(connection, site, now).await?;
    let changed = changed(connection, site, staged).await?;
    renew(connection, scope, items, staged).await?;
    keep(connection, scope, staged).await?;
    lose(connection, scope, site, staged).await?;
    let changes: Vec<Change> = changed.iter().map(|one| one.change.clone()).collect();
    write(connection, items, &changes, now).await?;
    describe(connection, items, site, &changed).await?;
    for one in changed {
        if !one.is_silent() {
            let baseline = staged.baseline && one.difference.kind == Kind::New;
            news.push(News::new(items, one.difference.key, baseline));
        }
    }
    Ok(())
}

/// Writes down that a scope was looked at, and returns its number. One that has moved since it was compared with is a conflict.
async fn seen(
    connection: &mut Connection,
    site: &str,
    plugin: &str,
    staged: &StagedSightings,
    now: Instant,
) -> Result<i64, CommitError> {
    let seen = &staged.seen;
    let sifted = &staged.sifted;
    let digest = if sifted.settled { seen.digest() } else { String::new() };
    let complete = seen.complete && seen.unsure.is_empty();
    let moved = !(sifted.puts.is_empty() && sifted.lost.is_empty() && sifted.held.is_empty());
    let scope: Option<i64> = match staged.base {
        None => {
            sqlx::query_scalar(
                "INSERT INTO catalog_scope (site, scope, plugin, source, part, course, version, digest, complete, seen_at)
                 VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9) ON CONFLICT (site, scope) DO NOTHING RETURNING id",
            )
            .bind(site)
            .bind(&seen.scope)
            .bind(plugin)
            .bind(seen.source.word())
            .bind(seen.part())
            .bind(seen.course.as_deref().unwrap_or_default())
            .bind(digest)
            .bind(complete)
            .bind(now.millis())
            .fetch_optional(connection)
            .await?
        }
        Some(base) => {
            sqlx::query_scalar(
                "UPDATE catalog_scope SET version = version + $5, digest = $6, complete = complete OR $7, seen_at = $8
                 WHERE site = $1 AND scope = $2 AND plugin = $3 AND version = $4 RETURNING id",
            )
            .bind(site)
            .bind(&seen.scope)
            .bind(plugin)
            .bind(base)
            .bind(i64::from(moved))
            .bind(digest)
            .bind(complete)
            .bind(now.millis())
            .fetch_optional(connection)
            .await?
        }
    };
    scope.ok_or_else(|| CommitError::Conflict { collection: "catalog".to_owned(), scope: seen.scope.clone() })
}

/// Returns the number of the scope that holds the records of a site's items.
async fn items_scope(connection: &mut Connection, site: &str, now: Instant) -> Result<i64, CommitError> {
    sqlx::query(
        "INSERT INTO scope (plugin, site, collection, scope, version, seen_at) VALUES ('', $1, $2, '', 1, $3)
         ON CONFLICT (plugin, site, collection, scope) DO NOTHING",
    )
    .bind(site)
    .bind(ITEMS)
    .bind(now.millis())
    .execute(&mut *connection)
    .await?;
    let scope = sqlx::query_scalar("SELECT id FROM scope WHERE plugin = '' AND site = $1 AND collection = $2 AND scope = ''")
        .bind(site)
        .bind(ITEMS)
        .fetch_one(connection)
        .await?;
    Ok(scope)
}

/// What another scope tells of an item.
struct Other {
    source: Source,
    standpoint: Standpoint,
    sighting: Sighting,
}

/// Returns how the items change that a look tells of, by key.
async fn changed(connection: &mut Connection, site: &str, staged: &StagedSightings) -> Result<Vec<Changed>, StoreError> {
    let (seen, sifted) = (&staged.seen, &staged.sifted);
    let puts: BTreeMap<&str, &Sighting> = sifted
        .puts
        .iter()
        .filter_map(|place| seen.items.get(*place))
        .map(|item| (item.sighting.key.as_str(), &item.sighting))
        .collect();
    let keys: BTreeSet<&str> = puts.keys().copied().chain(sifted.lost.iter().map(String::as_str)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let asked: Vec<Key<'_>> = keys.iter().map(|key| Key { key }).collect();
    let asked = serde_json::to_string(&asked)?;
    let others = others(connection, site, &seen.scope, &asked).await?;
    let renewed: HashMap<&str, &str> = sifted.renewed.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    let stored = stored(connection, site, &asked, &renewed).await?;
    let mut changed = Vec::new();
    for key in keys {
        let own = puts.get(key);
        let others = others.get(key).map_or(&[][..], Vec::as_slice);
        let dropped = own.is_none() && seen.source.is_primary();
        let stands = own.is_some() || (!dropped && others.iter().any(|other| other.standpoint == Standpoint::Stands));
        let before = stored.get(key);
        if !stands {
            if let Some(before) = before.filter(|before| before.stands) {
                changed.push(Changed {
                    difference: Difference {
                        key: key.to_owned(),
                        kind: Kind::Gone,
                        aspects: Vec::new(),
                        before: Some(before.record.value.clone()),
                    },
                    change: Change::Lose { key: key.to_owned() },
                    item: None,
                });
            }
            continue;
        }
        let mut told: Vec<Sighted<'_>> =
            own.iter().map(|sighting| Sighted { source: seen.source, sighting }).collect();
        told.extend(others.iter().map(|other| Sighted { source: other.source, sighting: &other.sighting }));
        let Some((item, aspects)) = Item::derive(&told) else { continue };
        let record = item.record(key.to_owned(), aspects);
        if let Some((difference, change)) = compare_record(before, record) {
            changed.push(Changed { difference, change, item: Some(item) });
        }
    }
    Ok(changed)
}

/// Returns what other scopes tell of items.
async fn others(
    connection: &mut Connection,
    site: &str,
    scope: &str,
    asked: &str,
) -> Result<HashMap<String, Vec<Other>>, StoreError> {
    let rows = sqlx::query(concat!(
        "SELECT sighting.key, catalog_scope.source, sighting.standpoint, sighting.value
         FROM ",
        each!(),
        " JOIN sighting ON sighting.key = each.value ->> 'key' JOIN catalog_scope ON catalog_scope.id = sighting.scope_id
         WHERE catalog_scope.site = $2 AND catalog_scope.scope <> $3 AND sighting.standpoint <> 'gone'
         ORDER BY catalog_scope.scope"
    ))
    .bind(asked)
    .bind(site)
    .bind(scope)
    .fetch_all(connection)
    .await?;
    let mut others: HashMap<String, Vec<Other>> = HashMap::new();
    for row in rows {
        let word: &str = row.try_get(1)?;
        let source = Source::of_word(word).ok_or_else(|| StoreError::Damaged(format!("{word:?} is no source")))?;
        let other = Other {
            source,
            standpoint: standpoint(row.try_get(2)?)?,
            sighting: serde_json::from_str(row.try_get(3)?)?,
        };
        others.entry(row.try_get(0)?).or_default().push(other);
    }
    Ok(others)
}

/// Returns the records of items, by key; those whose key was renewed by their new one.
async fn stored(
    connection: &mut Connection,
    site: &str,
    asked: &str,
    renewed: &HashMap<&str, &str>,
) -> Result<HashMap<String, Stored>, StoreError> {
    const RECORDS: &str = concat!(
        "SELECT record.key, record.value, record.aspects, record.stands, record.since
         FROM ",
        each!(),
        " JOIN scope ON scope.plugin = '' AND scope.site = $2 AND scope.collection = $3
         JOIN record ON record.scope_id = scope.id AND record.key = each.value ->> 'key'"
    );
    let old: Vec<Key<'_>> = renewed.keys().map(|key| Key { key }).collect();
    let mut stored = HashMap::new();
    // The old ones first: where an item has the new key already, that one stands.
    for asked in [serde_json::to_string(&old)?.as_str(), asked] {
        let rows =
            sqlx::query(RECORDS).bind(asked).bind(site).bind(ITEMS).fetch_all(&mut *connection).await?;
        for row in rows {
            let key: String = row.try_get(0)?;
            let key = renewed.get(key.as_str()).map_or(key, |new| (*new).to_owned());
            let record = Record {
                key: key.clone(),
                value: row.try_get(1)?,
                aspects: aspects(row.try_get(2)?)?,
                at: None,
            };
            let since = Instant::from_millis(row.try_get(4)?);
            stored.insert(key, Stored { record, stands: row.try_get(3)?, since });
        }
    }
    Ok(stored)
}

/// Keys that were renewed, in the list that a statement takes.
#[derive(Serialize)]
struct Renewed<'a> {
    old: &'a str,
    new: &'a str,
}

/// Gives sightings and items their new keys.
async fn renew(
    connection: &mut Connection,
    scope: i64,
    items: i64,
    staged: &StagedSightings,
) -> Result<(), CommitError> {
    let renewed: Vec<Renewed<'_>> = staged.sifted.renewed.iter().map(|(old, new)| Renewed { old, new }).collect();
    if renewed.is_empty() {
        return Ok(());
    }
    let list = serde_json::to_string(&renewed).map_err(StoreError::from)?;
    for (table, statement) in [
        (
            scope,
            concat!(
                "UPDATE sighting SET key = (SELECT each.value ->> 'new' FROM ",
                each!(),
                " WHERE each.value ->> 'old' = sighting.key)
                 WHERE scope_id = $2 AND key IN (SELECT each.value ->> 'old' FROM ",
                each!(),
                ")"
            ),
        ),
        (
            items,
            concat!(
                "UPDATE record SET key = (SELECT each.value ->> 'new' FROM ",
                each!(),
                " WHERE each.value ->> 'old' = record.key)
                 WHERE scope_id = $2 AND key IN (SELECT each.value ->> 'old' FROM ",
                each!(),
                ") AND NOT EXISTS (SELECT 1 FROM ",
                each!(),
                " JOIN record AS taken ON taken.scope_id = $2 AND taken.key = each.value ->> 'new'
                   WHERE each.value ->> 'old' = record.key)"
            ),
        ),
    ] {
        sqlx::query(statement).bind(&list).bind(table).execute(&mut *connection).await?;
    }
    Ok(())
}

/// A sighting in the list that a statement takes.
#[derive(Serialize)]
struct Put<'a> {
    key: &'a str,
    digest: &'a str,
    value: &'a str,
    likeness: Option<&'a str>,
    group: Option<&'a str>,
    at: Option<i64>,
}

/// Keeps what was sighted and differs.
async fn keep(connection: &mut Connection, scope: i64, staged: &StagedSightings) -> Result<(), CommitError> {
    let items = staged.sifted.puts.iter().filter_map(|place| staged.seen.items.get(*place));
    let puts: Vec<Put<'_>> = items
        .map(|item| Put {
            key: &item.sighting.key,
            digest: &item.digest,
            value: &item.value,
            likeness: item.sighting.likeness.as_deref(),
            group: item.sighting.group.as_deref(),
            at: item.sighting.at.map(Instant::millis),
        })
        .collect();
    if puts.is_empty() {
        return Ok(());
    }
    sqlx::query(concat!(
        "INSERT INTO sighting (scope_id, key, standpoint, held, digest, value, likeness, within_group, at)
         SELECT $2, each.value ->> 'key', 'stands', FALSE, each.value ->> 'digest', each.value ->> 'value',
           each.value ->> 'likeness', each.value ->> 'group', CAST(each.value ->> 'at' AS BIGINT)
         FROM ",
        each!(),
        " WHERE TRUE
         ON CONFLICT (scope_id, key) DO UPDATE SET standpoint = 'stands', held = FALSE, digest = excluded.digest,
           value = excluded.value, likeness = excluded.likeness, within_group = excluded.within_group, at = excluded.at"
    ))
    .bind(serde_json::to_string(&puts).map_err(StoreError::from)?)
    .bind(scope)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes down what a scope has dropped, and what is missed for the first time. What a primary source has dropped is doubted wherever
/// else it stands: those scopes are gone through when they are looked at next.
async fn lose(
    connection: &mut Connection,
    scope: i64,
    site: &str,
    staged: &StagedSightings,
) -> Result<(), CommitError> {
    let sifted = &staged.sifted;
    if !sifted.held.is_empty() {
        sqlx::query(concat!(
            "UPDATE sighting SET held = TRUE WHERE scope_id = $2 AND key IN (SELECT each.value ->> 'key' FROM ",
            each!(),
            ")"
        ))
        .bind(serde_json::to_string(&keys(&sifted.held)).map_err(StoreError::from)?)
        .bind(scope)
        .execute(&mut *connection)
        .await?;
    }
    if sifted.lost.is_empty() {
        return Ok(());
    }
    let lost = serde_json::to_string(&keys(&sifted.lost)).map_err(StoreError::from)?;
    sqlx::query(concat!(
        "UPDATE sighting SET standpoint = 'gone', held = FALSE
         WHERE scope_id = $2 AND key IN (SELECT each.value ->> 'key' FROM ",
        each!(),
        ")"
    ))
    .bind(&lost)
    .bind(scope)
    .execute(&mut *connection)
    .await?;
    if !staged.seen.source.is_primary() {
        return Ok(());
    }
    let doubted: Vec<i64> = sqlx::query_scalar(concat!(
        "UPDATE sighting SET standpoint = 'doubted'
         WHERE standpoint = 'stands' AND key IN (SELECT each.value ->> 'key' FROM ",
        each!(),
        ") AND scope_id IN (SELECT id FROM catalog_scope WHERE site = $2 AND id <> $3)
         RETURNING scope_id"
    ))
    .bind(&lost)
    .bind(site)
    .bind(scope)
    .fetch_all(&mut *connection)
    .await?;
    let doubted: BTreeSet<i64> = doubted.into_iter().collect();
    for scope in doubted {
        sqlx::query("UPDATE catalog_scope SET digest = '' WHERE id = $1").bind(scope).execute(&mut *connection).await?;
    }
    Ok(())
}

/// An item in the list that a statement takes.
#[derive(Serialize)]
struct Described<'a> {
    key: &'a str,
    kind: &'a str,
    course: &'a str,
    published: Option<i64>,
    starts: Option<i64>,
    due: Option<i64>,
    completion: beadle_plan::catalog::Completion,
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
async fn describe(
    connection: &mut Connection,
    items: i64,
    site: &str,
    changed: &[Changed],
) -> Result<(), CommitError> {
    let standing = || changed.iter().filter_map(|one| Some((one.difference.key.as_str(), one.item.as_ref()?)));
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
        changed.iter().filter(|one| one.item.is_none()).map(|one| Key { key: &one.difference.key }).collect();
    if !gone.is_empty() {
        sqlx::query(concat!(
            "UPDATE item SET stands = FALSE WHERE record_id IN (SELECT record.id FROM ",
            each!(),
            " JOIN record ON record.scope_id = $2 AND record.key = each.value ->> 'key')"
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
        each!(),
        " JOIN record ON record.scope_id = $2 AND record.key = each.value ->> 'key' WHERE TRUE
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
        each!(),
        " JOIN record ON record.scope_id = $2 AND record.key = each.value ->> 'key')"
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
        each!(),
        " JOIN record ON record.scope_id = $2 AND record.key = each.value ->> 'key'"
    ))
    .bind(serde_json::to_string(&stated).map_err(StoreError::from)?)
    .bind(items)
    .bind(site)
    .execute(connection)
    .await?;
    Ok(())
}
