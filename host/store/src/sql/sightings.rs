//! Writing what was sighted, and what it changes about items.

use std::collections::{BTreeSet, HashSet};

use beadle_plan::{Change, Instant, Kind, StagedSightings};
use serde::Serialize;

use super::Connection;
use super::catalog::{changed, keys};
use super::commit::{News, write};
use super::items::describe;
use crate::catalog::ITEMS;
use crate::{CommitError, StoreError};

/// Writes what was sighted and what it changes about items. What is to be logged of it is added to `news`.
pub(super) async fn sight<'a>(
    connection: &mut Connection,
    (site, plugin): (&str, &str),
    all: &'a [StagedSightings],
    now: Instant,
    news: &mut Vec<News<'a>>,
) -> Result<(), CommitError> {
    let quiet = unmoved(connection, (site, plugin), all, now).await?;
    let mut moved = Vec::new();
    for staged in all.iter().filter(|staged| !quiet.contains(staged.seen.scope.as_str())) {
        let scope = seen(connection, site, plugin, staged, now).await?;
        if staged.sifted.moves() {
            moved.push((scope, staged));
        }
    }
    if moved.is_empty() {
        return Ok(());
    }
    // From here to the commit, others who write changes wait: an item is made from what all its scopes hold at this moment.
    sqlx::query("UPDATE feed SET head = head").execute(&mut *connection).await?;
    let items = items_scope(connection, site, now).await?;
    for (scope, staged) in moved {
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
    }
    Ok(())
}

/// A scope in which nothing moved, in the list that a statement takes.
#[derive(Serialize)]
struct Quiet<'a> {
    scope: &'a str,
    version: i64,
    digest: &'a str,
    source: &'a str,
    complete: bool,
}

/// Writes down at once that scopes were looked at of which all is as it was, and returns which they are.
async fn unmoved(
    connection: &mut Connection,
    (site, plugin): (&str, &str),
    all: &[StagedSightings],
    now: Instant,
) -> Result<HashSet<String>, CommitError> {
    let quiet = all.iter().filter(|staged| staged.sifted.settled && !staged.sifted.moves());
    let quiet: Vec<Quiet<'_>> = quiet
        .filter_map(|staged| {
            Some(Quiet {
                scope: &staged.seen.scope,
                version: staged.base?,
                digest: &staged.digest,
                source: staged.seen.source.word(),
                complete: staged.completes(),
            })
        })
        .collect();
    if quiet.len() < 2 {
        return Ok(HashSet::new());
    }
    let scopes: Vec<String> = sqlx::query_scalar(concat!(
        "UPDATE catalog_scope SET seen_at = $2
         WHERE id IN (SELECT same.id FROM ",
        each_with!(),
        "catalog_scope AS same ON same.site = $3 AND same.scope = each.value ->> 'scope' AND same.plugin = $4
             AND same.version = CAST(each.value ->> 'version' AS BIGINT) AND same.digest = each.value ->> 'digest'
             AND same.source = each.value ->> 'source'
             AND (same.complete OR NOT CAST(each.value ->> 'complete' AS BOOLEAN)))
         RETURNING scope"
    ))
    .bind(serde_json::to_string(&quiet).map_err(StoreError::from)?)
    .bind(now.millis())
    .bind(site)
    .bind(plugin)
    .fetch_all(connection)
    .await?;
    Ok(scopes.into_iter().collect())
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
            .bind(&staged.digest)
            .bind(staged.completes())
            .bind(now.millis())
            .fetch_optional(connection)
            .await?
        }
        Some(base) => {
            sqlx::query_scalar(
                "UPDATE catalog_scope SET version = version + $5, digest = $6, complete = complete OR $7, seen_at = $8, source = $9
                 WHERE site = $1 AND scope = $2 AND plugin = $3 AND version = $4 RETURNING id",
            )
            .bind(site)
            .bind(&seen.scope)
            .bind(plugin)
            .bind(base)
            .bind(i64::from(sifted.moves()))
            .bind(&staged.digest)
            .bind(staged.completes())
            .bind(now.millis())
            .bind(seen.source.word())
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
                each_with!(),
                "record AS taken ON taken.scope_id = $2 AND taken.key = each.value ->> 'new'
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
        ") AND scope_id <> $3
           AND EXISTS (SELECT 1 FROM catalog_scope WHERE catalog_scope.id = sighting.scope_id AND catalog_scope.site = $2)
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
