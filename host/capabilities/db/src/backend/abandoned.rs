//! Statements that nobody waits for any longer. A server does not notice that its client has gone until it has a row to send: a statement
//! that is given up here would go on working there, and the next poll would start another beside it.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;

/// How long ending a statement may take. 5 s: one connection and one word; where that is too short, the server's own limit ends it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Has a statement ended on its server when it is dropped before [`Watch::over`].
pub(super) struct Watch<E: Future<Output = Result<(), sqlx::Error>> + Send + 'static> {
    end: Option<E>,
}

impl<E: Future<Output = Result<(), sqlx::Error>> + Send + 'static> Watch<E> {
    /// Watches a statement that `end` would end.
    pub(super) fn new(end: E) -> Self {
        Self { end: Some(end) }
    }

    /// The server knows that the statement is over.
    pub(super) fn over(mut self) {
        self.end = None;
    }
}

impl<E: Future<Output = Result<(), sqlx::Error>> + Send + 'static> Drop for Watch<E> {
    fn drop(&mut self) {
        // Without a runtime the process ends, and its connections with it.
        if let (Some(end), Ok(runtime)) = (self.end.take(), Handle::try_current()) {
            runtime.spawn(async move {
                match tokio::time::timeout(PATIENCE, end).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::debug!(%error, "a statement that was given up could not be ended"),
                    Err(_) => tracing::debug!("a statement that was given up could not be ended in time"),
                }
            });
        }
    }
}
