//! References to content.

use async_trait::async_trait;
use beadle_plan::{ContentDigest, Instant, Reference, RunId};
use serde::Serialize;
use sqlx::Row as _;

use super::{Backend, Connection, Row};
use crate::{Artifacts, CommitError, KeptReference, ReferenceFilter, StoreError};

#[async_trait]
impl Artifacts for Backend {
    async fn references(&self, filter: &ReferenceFilter) -> Result<Vec<KeptReference>, StoreError> {
        let rows = sqlx::query(
            "SELECT site, plugin, subject, name, media_type, digest, size, run_id, kept_at, superseded_at FROM artifact
             WHERE (CAST($1 AS TEXT) IS NULL OR site = $1) AND (CAST($2 AS TEXT) IS NULL OR subject = $2)
               AND ($3 OR superseded_at IS NULL)
             ORDER BY kept_at DESC, id DESC LIMIT $4",
        )
        .bind(filter.site.as_deref())
        .bind(filter.subject.as_deref())
        .bind(filter.superseded)
        .bind(i64::from(filter.limit))
        .fetch_all(self.reader())
        .await?;
        rows.iter().map(read).collect()
    }

    async fn refers(&self, site: &str, digest: ContentDigest) -> Result<bool, StoreError> {
        let refers = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM artifact WHERE digest = $1 AND site = $2)")
            .bind(digest.to_string())
            .bind(site)
            .fetch_one(self.reader())
            .await?;
        Ok(refers)
    }

    async fn referred(&self, digests: &[ContentDigest]) -> Result<Vec<ContentDigest>, StoreError> {
        let asked: Vec<Asked> = digests.iter().map(|&digest| Asked { digest }).collect();
        let rows = sqlx::query(concat!(
            "SELECT value ->> 'digest' FROM ",
            each!(),
            " WHERE EXISTS (SELECT 1 FROM artifact WHERE artifact.digest = each.value ->> 'digest')"
        ))
        .bind(serde_json::to_string(&asked)?)
        .fetch_all(self.reader())
        .await?;
        rows.iter().map(|row| digest(row.try_get(0)?)).collect()
    }

    async fn forget_references(&self, before: Instant) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let gone = sqlx::query("DELETE FROM artifact WHERE superseded_at < $1")
            .bind(before.millis())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(gone.rows_affected())
    }
}

/// A digest in the list that a statement takes.
#[derive(Serialize)]
struct Asked {
    digest: ContentDigest,
}

fn digest(text: &str) -> Result<ContentDigest, StoreError> {
    text.parse().map_err(|error: beadle_plan::NoDigest| StoreError::Damaged(error.to_string()))
}

fn read(row: &Row) -> Result<KeptReference, StoreError> {
    let instant = |millis: Option<i64>| millis.map(Instant::from_millis);
    Ok(KeptReference {
        site: row.try_get("site")?,
        plugin: row.try_get::<&str, _>("plugin")?.into(),
        reference: Reference {
            subject: row.try_get("subject")?,
            name: row.try_get("name")?,
            media_type: row.try_get("media_type")?,
            digest: digest(row.try_get("digest")?)?,
            size: u64::try_from(row.try_get::<i64, _>("size")?).unwrap_or_default(),
        },
        run: RunId(row.try_get("run_id")?),
        kept_at: Instant::from_millis(row.try_get("kept_at")?),
        superseded_at: instant(row.try_get("superseded_at")?),
    })
}

/// Writes down what refers to content. What a name refers to already is not written again; another takes its place.
pub(super) async fn refer(
    connection: &mut Connection,
    (site, plugin): (&str, &str),
    references: &[Reference],
    run: RunId,
    now: Instant,
) -> Result<(), CommitError> {
    if references.is_empty() {
        return Ok(());
    }
    let references = serde_json::to_string(&newest(references)).map_err(StoreError::from)?;
    sqlx::query(concat!(
        "UPDATE artifact SET superseded_at = $2
         WHERE id IN (SELECT stands.id FROM ",
        each_with!(),
        "artifact AS stands ON stands.site = $3 AND stands.plugin = $4 AND stands.subject = each.value ->> 'subject'
             AND stands.name = each.value ->> 'name' AND stands.superseded_at IS NULL
           WHERE stands.digest <> each.value ->> 'digest')"
    ))
    .bind(&references)
    .bind(now.millis())
    .bind(site)
    .bind(plugin)
    .execute(&mut *connection)
    .await?;
    sqlx::query(concat!(
        "INSERT INTO artifact (site, plugin, subject, name, media_type, digest, size, run_id, kept_at)
         SELECT $3, $4, value ->> 'subject', value ->> 'name', value ->> 'media_type', value ->> 'digest',
           CAST(value ->> 'size' AS BIGINT), $5, $2
         FROM ",
        each!(),
        " WHERE TRUE ON CONFLICT (site, subject, name, plugin) WHERE superseded_at IS NULL DO NOTHING"
    ))
    .bind(&references)
    .bind(now.millis())
    .bind(site)
    .bind(plugin)
    .bind(run.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns what each name refers to at the end of a run that put several contents under it.
fn newest(references: &[Reference]) -> Vec<&Reference> {
    let name = |one: &Reference| (one.subject.clone(), one.name.clone());
    let last: std::collections::HashMap<_, _> = references.iter().map(|one| (name(one), one)).collect();
    let stands = |one: &&Reference| last.get(&name(one)).is_some_and(|last| std::ptr::eq(*last, *one));
    references.iter().filter(stands).collect()
}
