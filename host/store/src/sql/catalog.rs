//! The catalog: what was sighted, and the items made from it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use beadle_plan::catalog::{Item, Known, Sighted, Sighting, Sightings, Source, Standpoint};
use beadle_plan::{Change, Difference, Instant, Kind, Record, StagedSightings, Stored, compare_record};
use sqlx::{QueryBuilder, Row as _};

use super::commit::{Key, aspects};
use super::{Backend, Connection, Database};
use crate::catalog::ITEMS;
use crate::{Catalog, CatalogItem, CatalogScope, ItemFilter, StoreError};

#[async_trait]
impl Catalog for Backend {
    async fn catalog_scope(&self, site: &str, seen: &Sightings) -> Result<CatalogScope, StoreError> {
        let row = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM catalog_scope WHERE site = $1 AND part = $3 AND course = $4 AND complete),
               scope.version, scope.plugin, scope.digest
             FROM (SELECT 1) AS one LEFT JOIN catalog_scope AS scope ON scope.site = $1 AND scope.scope = $2",
        )
        .bind(site)
        .bind(&seen.scope)
        .bind(seen.part())
        .bind(seen.course.as_deref().unwrap_or_default())
        .fetch_one(self.reader())
        .await?;
        let known: bool = row.try_get(0)?;
        Ok(CatalogScope {
            version: row.try_get(1)?,
            owner: row.try_get(2)?,
            digest: row.try_get::<Option<String>, _>(3)?.unwrap_or_default(),
            baseline: !known,
        })
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
        // Only what is asked for stands in the statement, so that the index for it is used.
        let mut query: QueryBuilder<Database> = QueryBuilder::new("SELECT record.key, record.value FROM ");
        if filter.keys.is_empty() {
            query.push("item JOIN record ON record.id = item.record_id WHERE item.site = ").push_bind(site);
        } else {
            query.push(
                "scope JOIN record ON record.scope_id = scope.id JOIN item ON item.record_id = record.id
                 WHERE scope.plugin = '' AND scope.scope = '' AND scope.collection = ",
            );
            query.push_bind(ITEMS).push(" AND scope.site = ").push_bind(site).push(" AND record.key IN (");
            let mut keys = query.separated(", ");
            filter.keys.iter().for_each(|key| {
                keys.push_bind(key);
            });
            query.push(")");
        }
        query.push(
            " AND item.stands AND NOT EXISTS (SELECT 1 FROM record AS course
               WHERE course.scope_id = record.scope_id AND course.key = item.course AND NOT course.stands)",
        );
        if let Some(kind) = &filter.kind {
            query.push(" AND item.kind = ").push_bind(kind);
        }
        if let Some(course) = &filter.course {
            query.push(" AND item.course = ").push_bind(course);
        }
        if let Some(due) = filter.due {
            query.push(" AND item.due_at >= ").push_bind(due.from.millis());
            query.push(" AND item.due_at < ").push_bind(due.until.millis());
        }
        query.push(" ORDER BY item.due_at IS NULL, item.due_at, record.key LIMIT ").push_bind(i64::from(filter.limit));
        let rows = query.build().fetch_all(self.reader()).await?;
        let items = rows.iter().map(|row| {
            Ok(CatalogItem { key: row.try_get(0)?, item: serde_json::from_str(row.try_get(1)?)? })
        });
        items.collect()
    }
}

pub(super) fn keys(words: &[String]) -> Vec<Key<'_>> {
    words.iter().map(|key| Key { key }).collect()
}

fn standpoint(word: &str) -> Result<Standpoint, StoreError> {
    Standpoint::of_word(word).ok_or_else(|| StoreError::Damaged(format!("{word:?} is no standpoint")))
}

/// An item that a look changes.
pub(super) struct Changed {
    pub(super) difference: Difference,
    pub(super) change: Change,
    /// The item as it stands now; none of one that is gone.
    pub(super) item: Option<Item>,
}

impl Changed {
    /// Whether nothing but the normaliser of an aspect is another, which is no change.
    pub(super) fn is_silent(&self) -> bool {
        let Change::Put { record, kind: Kind::Refreshed, .. } = &self.change else { return false };
        self.difference.before.as_ref() == Some(&record.value)
    }
}

/// What another scope tells of an item.
struct Other {
    source: Source,
    standpoint: Standpoint,
    sighting: Sighting,
}

/// Returns how the items change that a look tells of, by key.
pub(super) async fn changed(connection: &mut Connection, site: &str, staged: &StagedSightings) -> Result<Vec<Changed>, StoreError> {
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
        if let Some((mut difference, mut change)) = compare_record(before, record) {
            // The first look at a part of a course tells more of what is known already, not something else; the next one may.
            if let Change::Put { kind: kind @ Kind::Changed, retold, .. } = &mut change
                && staged.baseline
                && !sifted.again.contains(key)
            {
                (*kind, *retold) = (Kind::Refreshed, true);
                (difference.kind, difference.aspects) = (Kind::Refreshed, Vec::new());
            }
            changed.push(Changed { difference, change, item: Some(item) });
        }
    }
    Ok(changed)
}

/// Returns what other scopes tell of items. There are many scopes, so that they are to be found by their sightings and not the other way
/// round, which the planner would prefer.
async fn others(
    connection: &mut Connection,
    site: &str,
    scope: &str,
    asked: &str,
) -> Result<HashMap<String, Vec<Other>>, StoreError> {
    let rows = sqlx::query(concat!(
        "SELECT sighting.key, catalog_scope.source, sighting.standpoint, sighting.value
         FROM ",
        each_with!(),
        "sighting ON sighting.key = each.value ->> 'key' JOIN catalog_scope ON catalog_scope.id = sighting.scope_id
         WHERE catalog_scope.site || '' = $2 AND catalog_scope.scope <> $3 AND sighting.standpoint <> 'gone'
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
        each_with!(),
        "scope ON scope.plugin = '' AND scope.site = $2 AND scope.collection = $3
         JOIN record ON record.scope_id = scope.id AND record.key = each.value ->> 'key'"
    );
    let old: Vec<Key<'_>> = renewed.keys().map(|key| Key { key }).collect();
    let mut stored = HashMap::new();
    let old = if old.is_empty() { None } else { Some(serde_json::to_string(&old)?) };
    // The old ones first: where an item has the new key already, that one stands.
    for asked in old.as_deref().into_iter().chain([asked]) {
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
