//! The catalog: what was sighted, and the items made from it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use beadle_plan::catalog::{Item, Known, Sighted, Sighting, Sightings, Source, Standpoint};
use beadle_plan::{Change, Difference, Instant, Kind, Record, StagedSightings, Stored, compare_record};
use serde::Serialize;
use sqlx::{QueryBuilder, Row as _};

use super::commit::{Key, aspects};
use super::{Backend, Connection, Database};
use crate::catalog::ITEMS;
use crate::{Catalog, CatalogItem, CatalogScope, ItemFilter, StoreError};

#[async_trait]
impl Catalog for Backend {
    async fn catalog_scopes(&self, site: &str, seen: &[&Sightings]) -> Result<Vec<CatalogScope>, StoreError> {
        let asked = seen.iter().enumerate().map(|(place, seen)| Asked {
            place,
            scope: &seen.scope,
            part: seen.part(),
            course: seen.course.as_deref().unwrap_or_default(),
        });
        let rows = sqlx::query(concat!(
            "SELECT EXISTS (SELECT 1 FROM catalog_scope AS same WHERE same.site = $2 AND same.part = each.value ->> 'part'
                 AND same.course = each.value ->> 'course' AND same.complete),
               scope.version, scope.plugin, scope.digest
             FROM ",
            each!(),
            " LEFT JOIN catalog_scope AS scope ON scope.site = $2 AND scope.scope = each.value ->> 'scope'
             ORDER BY CAST(each.value ->> 'place' AS BIGINT)"
        ))
        .bind(serde_json::to_string(&asked.collect::<Vec<_>>())?)
        .bind(site)
        .fetch_all(self.reader())
        .await?;
        let scopes = rows.iter().map(|row| {
            let known: bool = row.try_get(0)?;
            Ok(CatalogScope {
                version: row.try_get(1)?,
                owner: row.try_get(2)?,
                digest: row.try_get::<Option<String>, _>(3)?.unwrap_or_default(),
                baseline: !known,
            })
        });
        scopes.collect()
    }

    async fn sighted(&self, site: &str, scopes: &[&str]) -> Result<HashMap<String, HashMap<String, Known>>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT catalog_scope.scope, sighting.key, sighting.digest, standpoint, held, at, likeness, within_group
             FROM ",
            each_with!(),
            "catalog_scope ON catalog_scope.site = $2 AND catalog_scope.scope = each.value ->> 'key'
             JOIN sighting ON sighting.scope_id = catalog_scope.id"
        ))
        .bind(serde_json::to_string(&scopes.iter().map(|key| Key { key }).collect::<Vec<_>>())?)
        .bind(site)
        .fetch_all(self.reader())
        .await?;
        let mut sighted: HashMap<String, HashMap<String, Known>> = HashMap::new();
        for row in rows {
            let known = Known {
                digest: row.try_get(2)?,
                standpoint: standpoint(row.try_get(3)?)?,
                held: row.try_get(4)?,
                at: row.try_get::<Option<i64>, _>(5)?.map(Instant::from_millis),
                likeness: row.try_get(6)?,
                group: row.try_get(7)?,
            };
            sighted.entry(row.try_get(0)?).or_default().insert(row.try_get(1)?, known);
        }
        Ok(sighted)
    }

    async fn preview(&self, site: &str, looks: &[&StagedSightings]) -> Result<Vec<Vec<Difference>>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let changed = changed(&mut snapshot, site, looks).await?;
        // Values are large, and whoever sights is told aspects only.
        let told = |one: Changed| Difference { before: None, ..one.difference };
        Ok(changed.into_iter().map(|look| look.into_iter().map(told).collect()).collect())
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

/// A scope in the list that a statement takes.
#[derive(Serialize)]
struct Asked<'a> {
    place: usize,
    scope: &'a str,
    part: &'a str,
    course: &'a str,
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

/// A key in the list that a statement takes, and the scope that tells of it.
#[derive(Serialize)]
struct KeyIn<'a> {
    key: &'a str,
    scope: &'a str,
}

/// Returns how the items change that looks tell of, look by look and by key. Each is taken for the only one.
pub(super) async fn changed(
    connection: &mut Connection,
    site: &str,
    looks: &[&StagedSightings],
) -> Result<Vec<Vec<Changed>>, StoreError> {
    let looks: Vec<Look<'_>> = looks.iter().map(|staged| Look::new(staged)).collect();
    if looks.iter().all(|look| look.keys.is_empty()) {
        return Ok(looks.iter().map(|_| Vec::new()).collect());
    }
    let others = others(connection, site, &looks).await?;
    let stored = stored(connection, site, &looks).await?;
    Ok(looks.iter().map(|look| look.changes(others.get(look.scope()), &stored)).collect())
}

/// A look at a scope, with what of it is asked for.
struct Look<'a> {
    staged: &'a StagedSightings,
    /// What it puts, by key.
    puts: BTreeMap<&'a str, &'a Sighting>,
    /// What it puts or loses.
    keys: BTreeSet<&'a str>,
    /// The old keys of what was renewed, by the new ones.
    renewed: HashMap<&'a str, &'a str>,
}

impl<'a> Look<'a> {
    fn new(staged: &'a StagedSightings) -> Self {
        let sifted = &staged.sifted;
        let items = staged.seen.items.iter();
        let puts: BTreeMap<&str, &Sighting> =
            items.map(|item| (item.sighting.key.as_str(), &item.sighting)).collect();
        let keys = puts.keys().copied().chain(sifted.lost.iter().map(String::as_str)).collect();
        let renewed = sifted.renewed.iter().map(|(old, new)| (new.as_str(), old.as_str())).collect();
        Self { staged, puts, keys, renewed }
    }

    fn scope(&self) -> &'a str {
        &self.staged.seen.scope
    }

    /// Returns the record of an item before this look; of one whose key was renewed that of its old one, unless the new one is taken.
    fn before(&self, key: &str, stored: &HashMap<String, Stored>) -> Option<Stored> {
        stored.get(key).cloned().or_else(|| {
            let mut old = stored.get(*self.renewed.get(key)?)?.clone();
            key.clone_into(&mut old.record.key);
            Some(old)
        })
    }

    /// Returns how items change, by key. `told` is what other scopes tell of them.
    fn changes(&self, told: Option<&HashMap<String, Vec<Other>>>, stored: &HashMap<String, Stored>) -> Vec<Changed> {
        let others = |key| told.and_then(|told| told.get(key)).map_or(&[][..], Vec::as_slice);
        self.keys.iter().filter_map(|key| self.change(key, others(*key), self.before(key, stored))).collect()
    }

    /// Returns how one item changes.
    fn change(&self, key: &str, others: &[Other], before: Option<Stored>) -> Option<Changed> {
        let (own, source) = (self.puts.get(key), self.staged.seen.source);
        let dropped = own.is_none() && source.is_primary();
        let stands = own.is_some() || (!dropped && others.iter().any(|other| other.standpoint == Standpoint::Stands));
        if !stands {
            let before = before.filter(|before| before.stands)?;
            let difference = Difference {
                key: key.to_owned(),
                kind: Kind::Gone,
                aspects: Vec::new(),
                before: Some(before.record.value),
            };
            return Some(Changed { difference, change: Change::Lose { key: key.to_owned() }, item: None });
        }
        let own = own.iter().map(|sighting| Sighted { source, sighting });
        let others = others.iter().map(|other| Sighted { source: other.source, sighting: &other.sighting });
        let (item, aspects) = Item::derive(&own.chain(others).collect::<Vec<_>>())?;
        let record = item.record(key.to_owned(), aspects);
        let (mut difference, mut change) = compare_record(before.as_ref(), record)?;
        // The first look at a part of a course tells more of what is known already, not something else; the next one may.
        if let Change::Put { kind: kind @ Kind::Changed, retold, .. } = &mut change
            && self.staged.baseline
            && !self.staged.sifted.again.contains(key)
        {
            (*kind, *retold) = (Kind::Refreshed, true);
            (difference.kind, difference.aspects) = (Kind::Refreshed, Vec::new());
        }
        Some(Changed { difference, change, item: Some(item) })
    }
}

/// Returns what other scopes than those that looked tell of items, by the scope that looked and by key. There are many scopes, so that they
/// are to be found by their sightings and not the other way round, which the planner would prefer.
async fn others(
    connection: &mut Connection,
    site: &str,
    looks: &[Look<'_>],
) -> Result<HashMap<String, HashMap<String, Vec<Other>>>, StoreError> {
    let asked = looks.iter().flat_map(|look| look.keys.iter().map(|key| KeyIn { key, scope: look.scope() }));
    let asked: Vec<KeyIn<'_>> = asked.collect();
    let rows = sqlx::query(concat!(
        "SELECT each.value ->> 'scope', sighting.key, catalog_scope.source, sighting.standpoint, sighting.value
         FROM ",
        each_with!(),
        "sighting ON sighting.key = each.value ->> 'key' JOIN catalog_scope ON catalog_scope.id = sighting.scope_id
         WHERE catalog_scope.site || '' = $2 AND catalog_scope.scope <> each.value ->> 'scope' AND sighting.standpoint <> 'gone'
         ORDER BY catalog_scope.scope"
    ))
    .bind(serde_json::to_string(&asked)?)
    .bind(site)
    .fetch_all(connection)
    .await?;
    let mut others: HashMap<String, HashMap<String, Vec<Other>>> = HashMap::new();
    for row in rows {
        let word: &str = row.try_get(2)?;
        let source = Source::of_word(word).ok_or_else(|| StoreError::Damaged(format!("{word:?} is no source")))?;
        let other = Other {
            source,
            standpoint: standpoint(row.try_get(3)?)?,
            sighting: serde_json::from_str(row.try_get(4)?)?,
        };
        others.entry(row.try_get(0)?).or_default().entry(row.try_get(1)?).or_default().push(other);
    }
    Ok(others)
}

/// Returns the records of the items that looks tell of, under all their keys, old and new.
async fn stored(
    connection: &mut Connection,
    site: &str,
    looks: &[Look<'_>],
) -> Result<HashMap<String, Stored>, StoreError> {
    let keys: BTreeSet<&str> =
        looks.iter().flat_map(|look| look.keys.iter().chain(look.renewed.values())).copied().collect();
    let rows = sqlx::query(concat!(
        "SELECT record.key, record.value, record.aspects, record.stands, record.since
         FROM ",
        each_with!(),
        "scope ON scope.plugin = '' AND scope.site = $2 AND scope.collection = $3
         JOIN record ON record.scope_id = scope.id AND record.key = each.value ->> 'key'"
    ))
    .bind(serde_json::to_string(&keys.into_iter().map(|key| Key { key }).collect::<Vec<_>>())?)
    .bind(site)
    .bind(ITEMS)
    .fetch_all(connection)
    .await?;
    let stored = rows.iter().map(|row| {
        let key: String = row.try_get(0)?;
        let record = Record { key: key.clone(), value: row.try_get(1)?, aspects: aspects(row.try_get(2)?)?, at: None };
        Ok((key, Stored { record, stands: row.try_get(3)?, since: Instant::from_millis(row.try_get(4)?) }))
    });
    stored.collect()
}
