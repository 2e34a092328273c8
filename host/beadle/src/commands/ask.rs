//! What a command asks of the host that works on the store.

use std::time::Duration;

use beadle_engine::{Answer, Request};
use beadle_plan::Clock;
use beadle_store::{Store, StoreError};

use crate::exit::{Code, Exit};

/// How often the answer of the running host is looked for.
const LOOK: Duration = Duration::from_millis(200);

/// Asks the host that works on the store, and waits for its answer. `else_see` says where to look where none comes.
///
/// # Errors
/// When it does not answer in time, or refuses.
pub(super) async fn ask(
    store: &dyn Store,
    clock: &dyn Clock,
    request: &Request,
    patience: Duration,
    else_see: &str,
) -> Result<Answer, Exit> {
    if let Some(holder) = store.holder(clock.now()).await? {
        tracing::info!("asking {holder}, which works on the store");
    }
    let id = store.ask(&serde_json::to_string(request)?, clock.now()).await?;
    let answer = tokio::time::timeout(patience, async {
        loop {
            if let Some(answer) = store.answer_to(id).await? {
                return Ok::<_, StoreError>(answer);
            }
            tokio::time::sleep(LOOK).await;
        }
    });
    let Ok(answer) = answer.await else {
        return Err(Exit::new(
            Code::Failed,
            format!("the running host did not answer within {patience:?}; see `{else_see}`"),
        ));
    };
    match serde_json::from_str(&answer?)? {
        Answer::Refused { why } => Err(Exit::new(Code::Failed, why)),
        answer => Ok(answer),
    }
}
