//! Writing what was sighted, and what it changes about items.

use std::collections::{BTreeSet, HashMap, HashSet};

use beadle_plan::{Instant, Kind, StagedSightings};
use serde::Serialize;

use super::Connection;
use super::catalog::{Changed, changed, keys};
use super::commit::{News, write};
use super::items::describe;
use crate::catalog::ITEMS;
use crate::{CommitError, StoreError};

/// How many bytes of sightings are written with one set of statements: enough that their number does not count, and so few that the lists
/// which they take do not either.
const AT_ONCE: usize = 1 << 18;

/// Writes what was sighted and what it changes about items. What is to be logged of it is added to `news`.
pub(super) async fn sight<'a>(
    connection: &mut Connection,
    (site, plugin): (&str, &str),
    all: &'a [StagedSightings],
    now: Instant,
    news: &mut Vec<News<'a>>,
) -> Result<(), CommitError> {
    let moved = looked(connection, (site, plugin), all, now).await?;
    if moved.is_empty() {
        return Ok(());
    }
    // From here to the commit, others who write changes wait: an item is made from what all its scopes hold at this moment.
    sqlx::query("UPDATE feed SET head = head").execute(&mut *connection).await?;
    let items = items_scope(connection, site, now).await?;
    for round in rounds(&moved) {
        let looks: Vec<&StagedSightings> = round.iter().map(|(_, staged)| *staged).collect();
        let changed = changed(connection, site, &looks).await?;
        for (scope, staged) in round {
            renew(connection, *scope, items, staged).await?;
        }
        keep(connection, round).await?;
        for (scope, staged) in round {
            lose(connection, *scope, site, staged).await?;
        }
        let baselines = looks.iter().map(|staged| staged.baseline);
        let changed: Vec<(bool, Changed)> =
            baselines.zip(changed).flat_map(|(baseline, look)| look.into_iter().map(move |one| (baseline, one))).collect();
        write(connection, items, changed.iter().map(|(_, one)| &one.change), now).await?;
        describe(connection, items, site, changed.iter().map(|(_, one)| one)).await?;
        for (baseline, one) in changed {
            if !one.is_silent() {
                let baseline = baseline && one.difference.kind == Kind::New;
                news.push(News::new(items, one.difference.key, baseline));
            }
        }
    }
    Ok(())
}

/// A scope that moved, by its number.
type Moved<'a> = (i64, &'a StagedSightings);

/// Parts scopes into rounds, within which none tells of an item that another tells of: each item is made from what the rounds before
/// have left.
fn rounds<'m, 'a>(moved: &'m [Moved<'a>]) -> Vec<&'m [Moved<'a>]> {
    let mut rounds = Vec::new();
    let (mut begins, mut bytes) = (0, 0);
    let mut keys: HashSet<&str> = HashSet::new();
    for (place, (_, staged)) in moved.iter().enumerate() {
        let told: Vec<&str> = told(staged).collect();
        if bytes > AT_ONCE || told.iter().any(|key| keys.contains(key)) {
            rounds.push(&moved[begins..place]);
            (begins, bytes) = (place, 0);
            keys.clear();
        }
        bytes += staged.size();
        keys.extend(told);
    }
    rounds.push(&moved[begins..]);
    rounds
}

/// Returns the keys of all that a look changes.
fn told(staged: &StagedSightings) -> impl Iterator<Item = &str> {
    let sifted = &staged.sifted;
    let puts = staged.seen.items.iter().map(|item| item.sighting.key.as_str());
    puts.chain(sifted.lost.iter().map(String::as_str)).chain(sifted.renewed.iter().map(|(old, _)| old.as_str()))
}

/// A scope that was looked at, in the list that a statement takes.
#[derive(Serialize)]
struct Looked<'a> {
    scope: &'a str,
    course: &'a str,
    part: &'a str,
    source: &'a str,
    digest: &'a str,
    complete: bool,
    /// The version that it was compared with.
    base: Option<i64>,
    /// By how much the version grows.
    step: i64,
}

impl<'a> Looked<'a> {
    fn new(staged: &'a StagedSightings) -> Self {
        let seen = &staged.seen;
        Self {
            scope: &seen.scope,
            course: seen.course.as_deref().unwrap_or_default(),
            part: seen.part(),
            source: seen.source.word(),
            digest: &staged.digest,
            complete: staged.completes(),
            base: staged.base,
            step: i64::from(staged.sifted.moves()),
        }
    }
}

/// Writes down that scopes were looked at, and returns those that moved with their numbers. One that is another by now than what it was
/// compared with is a conflict.
async fn looked<'a>(
    connection: &mut Connection,
    (site, plugin): (&str, &str),
    all: &'a [StagedSightings],
    now: Instant,
) -> Result<Vec<Moved<'a>>, CommitError> {
    const FIRST: &str = concat!(
        "INSERT INTO catalog_scope (site, scope, plugin, source, part, course, version, digest, complete, seen_at)
         SELECT $3, each.value ->> 'scope', $4, each.value ->> 'source', each.value ->> 'part', each.value ->> 'course', 1,
           each.value ->> 'digest', CAST(each.value ->> 'complete' AS BOOLEAN), $2
         FROM ",
        each!(),
        " WHERE TRUE ON CONFLICT (site, scope) DO NOTHING RETURNING scope, id"
    );
    // Materialized: the planner of SQLite would go through all scopes for each of the list.
    const AGAIN: &str = concat!(
        "WITH told AS MATERIALIZED (
           SELECT known.id AS known, CAST(each.value ->> 'step' AS BIGINT) AS step, each.value ->> 'digest' AS digest,
             each.value ->> 'source' AS source, CAST(each.value ->> 'complete' AS BOOLEAN) AS complete
           FROM ",
        each_with!(),
        "catalog_scope AS known ON known.site = $3 AND known.scope = each.value ->> 'scope' AND known.plugin = $4
             AND known.version = CAST(each.value ->> 'base' AS BIGINT)
         )
         UPDATE catalog_scope SET version = catalog_scope.version + told.step, digest = told.digest, source = told.source,
           complete = catalog_scope.complete OR told.complete, seen_at = $2
         FROM told WHERE catalog_scope.id = told.known RETURNING catalog_scope.scope, catalog_scope.id"
    );
    let (again, first): (Vec<Looked<'_>>, Vec<Looked<'_>>) = all.iter().map(Looked::new).partition(|one| one.base.is_some());
    let mut numbers: HashMap<String, i64> = HashMap::with_capacity(all.len());
    for (statement, list) in [(FIRST, first), (AGAIN, again)] {
        if list.is_empty() {
            continue;
        }
        let scopes: Vec<(String, i64)> = sqlx::query_as(statement)
            .bind(serde_json::to_string(&list).map_err(StoreError::from)?)
            .bind(now.millis())
            .bind(site)
            .bind(plugin)
            .fetch_all(&mut *connection)
            .await?;
        numbers.extend(scopes);
    }
    let mut moved = Vec::new();
    for staged in all {
        let scope = &staged.seen.scope;
        let Some(number) = numbers.get(scope) else {
            return Err(CommitError::Conflict { collection: "catalog".to_owned(), scope: scope.clone() });
        };
        if staged.sifted.moves() {
            moved.push((*number, staged));
        }
    }
    Ok(moved)
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
    scope: i64,
    key: &'a str,
    digest: &'a str,
    value: &'a str,
    likeness: Option<&'a str>,
    group: Option<&'a str>,
    at: Option<i64>,
}

/// Keeps what was sighted and differs.
async fn keep(connection: &mut Connection, round: &[Moved<'_>]) -> Result<(), CommitError> {
    let items = round.iter().flat_map(|(scope, staged)| staged.seen.items.iter().map(|item| (*scope, item)));
    let puts: Vec<Put<'_>> = items
        .map(|(scope, item)| Put {
            scope,
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
         SELECT CAST(each.value ->> 'scope' AS BIGINT), each.value ->> 'key', 'stands', FALSE, each.value ->> 'digest', each.value ->> 'value',
           each.value ->> 'likeness', each.value ->> 'group', CAST(each.value ->> 'at' AS BIGINT)
         FROM ",
        each!(),
        " WHERE TRUE
         ON CONFLICT (scope_id, key) DO UPDATE SET standpoint = 'stands', held = FALSE, digest = excluded.digest,
           value = excluded.value, likeness = excluded.likeness, within_group = excluded.within_group, at = excluded.at"
    ))
    .bind(serde_json::to_string(&puts).map_err(StoreError::from)?)
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
