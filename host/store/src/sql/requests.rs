//! What other commands ask of the holder.

use async_trait::async_trait;
use beadle_plan::Instant;

use super::{Backend, text};
use crate::{Asked, Requests, StoreError};

#[async_trait]
impl Requests for Backend {
    async fn ask(&self, body: &str, now: Instant) -> Result<i64, StoreError> {
        // Not by itself: a statement that returns a row may have done so and fail at its end.
        let mut transaction = self.writer().begin().await?;
        let id = sqlx::query_scalar("INSERT INTO request (body, asked_at) VALUES ($1, $2) RETURNING id")
            .bind(text(body))
            .bind(now.millis())
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(id)
    }

    async fn asked(&self) -> Result<Vec<Asked>, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as("SELECT id, body FROM request WHERE answer IS NULL ORDER BY id")
            .fetch_all(self.reader())
            .await?;
        Ok(rows.into_iter().map(|(id, body)| Asked { id, body }).collect())
    }

    async fn answer(&self, id: i64, answer: &str, now: Instant) -> Result<(), StoreError> {
        sqlx::query("UPDATE request SET answer = $1, answered_at = $2 WHERE id = $3")
            .bind(text(answer))
            .bind(now.millis())
            .bind(id)
            .execute(self.writer())
            .await?;
        Ok(())
    }

    async fn answer_to(&self, id: i64) -> Result<Option<String>, StoreError> {
        let answer: Option<Option<String>> = sqlx::query_scalar("SELECT answer FROM request WHERE id = $1")
            .bind(id)
            .fetch_optional(self.reader())
            .await?;
        Ok(answer.flatten())
    }
}
