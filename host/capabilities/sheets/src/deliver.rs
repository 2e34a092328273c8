//! Delivery to sheets: each row stands once for its key, whatever breaks in between.
//!
//! The service has no idempotency key. What stands in its place: the keys of a tab are known before anything is sent; that a request
//! is about to be sent is written down first; and a request whose answer was lost is looked for, at once and again when it can no
//! longer be carried out, before anything more is sent to that tab. Reading only ever adds keys, so that sorting changes nothing and
//! rows which people delete stay deleted.

mod doubt;
mod round;

use std::sync::Arc;

use async_trait::async_trait;
use beadle_plan::{
    Clock, Deliver, Delivered, Effect, EffectId, KeyColumn, Preview, Previewed, QueuedEffect, SheetName, Target,
};
use beadle_store::{Outbox, Tabs};

use crate::{Sheets, preview};
use round::Round;

/// Rows in one call. How many a request carries is decided by its size; this bounds what is held in memory.
const BATCH: usize = 10_000;

/// What this process knows of a tab since it took the lease.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    /// Whether its keys were read, and no request of unknown outcome was sent since.
    pub(crate) fresh: bool,
    /// The kinds of keys for which it was read.
    pub(crate) specs: Vec<Vec<KeyColumn>>,
    /// Keys that stand twice and were reported.
    pub(crate) reported: std::collections::HashSet<String>,
}

/// Makes rows stand in sheets. One for each lease: what it knows of tabs ends with it.
pub struct Delivery {
    sheets: Arc<Sheets>,
    tabs: Arc<dyn Tabs>,
    outbox: Arc<dyn Outbox>,
    clock: Arc<dyn Clock>,
    term: i64,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("sheets", &self.sheets).field("term", &self.term).finish_non_exhaustive()
    }
}

impl Delivery {
    /// Makes the deliverer of a lease's term. `tabs` and `outbox` are the same store.
    pub fn new(
        sheets: Arc<Sheets>,
        tabs: Arc<dyn Tabs>,
        outbox: Arc<dyn Outbox>,
        clock: Arc<dyn Clock>,
        term: i64,
    ) -> Self {
        Self { sheets, tabs, outbox, clock, term }
    }
}

/// Says that a sheet is not configured.
pub(crate) fn not_configured(name: &SheetName) -> (String, String) {
    (format!("no sheet {name} is configured"), format!("write a section [sheets.{name}]"))
}

#[async_trait]
impl Deliver for Delivery {
    fn batch(&self, _: &Target) -> usize {
        BATCH
    }

    async fn deliver(&self, target: &Target, effects: &[QueuedEffect]) -> Vec<(EffectId, Delivered)> {
        let Target::Sheet(name) = target else {
            let cause = format!("{target} is no sheet");
            return effects.iter().map(|effect| (effect.id, Delivered::Invalid { cause: cause.clone() })).collect();
        };
        let Some(sheet) = self.sheets.get(name) else {
            let (cause, advice) = not_configured(name);
            let held = |effect: &QueuedEffect| {
                (effect.id, Delivered::Held { cause: cause.clone(), advice: advice.clone(), doubt: effect.doubt })
            };
            return effects.iter().map(held).collect();
        };
        let mut knowledge = sheet.knowledge.lock().await;
        Round::new(self, target, sheet.table.as_ref(), &mut knowledge).run(effects).await
    }

    async fn preview(&self, target: &Target, effects: &[Effect]) -> Preview {
        match target {
            Target::Sheet(name) => preview::preview(&self.sheets, self.tabs.as_ref(), name, effects).await,
            Target::Chat(_) => Preview {
                target: target.clone(),
                place: target.to_string(),
                problem: Some(format!("{target} is no sheet")),
                what: Previewed::Messages { messages: Vec::new() },
            },
        }
    }
}
