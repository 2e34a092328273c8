//! What stands in chat channels.

use std::borrow::Cow;
use std::collections::HashMap;

use async_trait::async_trait;
use beadle_plan::{Effect, EffectId, Target};
use serde::Serialize;

use super::commit::said;
use super::{Backend, text};
use crate::{Messages, Part, StoreError};

#[async_trait]
impl Messages for Backend {
    async fn parts(&self, target: &Target, keys: &[&str]) -> Result<Vec<Vec<Part>>, StoreError> {
        let list: Vec<Key<'_>> = keys.iter().map(|key| Key { key: text(key) }).collect();
        let found: Vec<(String, String)> = sqlx::query_as(concat!(
            "SELECT key, parts FROM message WHERE target = $2 AND key IN (SELECT value ->> 'key' FROM ",
            each!(),
            ")"
        ))
        .bind(serde_json::to_string(&list)?)
        .bind(target.to_string())
        .fetch_all(self.reader())
        .await?;
        let mut standing = HashMap::with_capacity(found.len());
        for (key, parts) in found {
            standing.insert(key, serde_json::from_str(&parts)?);
        }
        Ok(list.iter().map(|one| standing.remove(&*one.key).unwrap_or_default()).collect())
    }

    async fn are_said(&self, effects: &[Effect]) -> Result<Vec<bool>, StoreError> {
        let mut list = Vec::with_capacity(effects.len());
        for effect in effects {
            list.push(Said { target: effect.target.to_string(), key: text(&effect.key), said: said(&effect.body)? });
        }
        let last: Vec<(String, String, String)> = sqlx::query_as(concat!(
            "SELECT message.target, message.key, message.said FROM message
             JOIN (SELECT value ->> 'target' AS target, value ->> 'key' AS key FROM ",
            each!(),
            ") AS one ON message.target = one.target AND message.key = one.key"
        ))
        .bind(serde_json::to_string(&list)?)
        .fetch_all(self.reader())
        .await?;
        let last: HashMap<(String, String), String> =
            last.into_iter().map(|(target, key, said)| ((target, key), said)).collect();
        let is_said = |one: Said<'_>| {
            // What was never said is as what was taken back.
            last.get(&(one.target, one.key.into_owned())).map_or("", String::as_str) == one.said
        };
        Ok(list.into_iter().map(is_said).collect())
    }

    async fn is_known(&self, target: &Target, id: &str) -> Result<bool, StoreError> {
        let parts: Vec<String> = sqlx::query_scalar("SELECT parts FROM message WHERE target = $1 AND parts <> '[]'")
            .bind(target.to_string())
            .fetch_all(self.reader())
            .await?;
        for parts in parts {
            let parts: Vec<Part> = serde_json::from_str(&parts)?;
            if parts.iter().any(|part| part.id == id) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn stands(&self, target: &Target, key: &str, effect: EffectId, parts: &[Part]) -> Result<(), StoreError> {
        let name = target.to_string();
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE message SET parts = $3 WHERE target = $1 AND key = $2")
            .bind(&name)
            .bind(text(key))
            .bind(text(&serde_json::to_string(parts)?))
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM message WHERE target = $1 AND key = $2 AND said = '' AND parts = '[]'")
            .bind(&name)
            .bind(text(key))
            .execute(&mut *transaction)
            .await?;
        // The next request for it is not the one that was just answered.
        sqlx::query("UPDATE effect SET state = 'queued', sent_at = NULL, doubts = 0 WHERE id = $1 AND state = 'sending'")
            .bind(effect.0)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// A key in the list that a statement takes.
#[derive(Serialize)]
struct Key<'a> {
    key: Cow<'a, str>,
}

/// What an effect says, in the list that a statement takes.
#[derive(Serialize)]
struct Said<'a> {
    target: String,
    key: Cow<'a, str>,
    said: String,
}
