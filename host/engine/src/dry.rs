//! A dry run: the same path as a live one, without the commit, and with what would be written shown beside what stands.

use std::sync::Arc;

use beadle_config::Schedule;
use beadle_plan::{Deliver, Effect, Instant, Outcome, Preview, Target, Trigger};
use beadle_sandbox::Audience;
use beadle_store::Lease;

use crate::runner::context;
use crate::setup::Setup;

/// What a dry run came to.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// What the run came to; its plan is whole.
    pub outcome: Outcome,
    /// What delivery would do, target by target.
    pub previews: Vec<Preview>,
}

/// The term of a lease that nobody holds: a dry run never writes under it.
const NO_LEASE: Lease = Lease { term: 0 };

/// Runs a schedule's plugin once without committing anything.
pub async fn dry_run(setup: &Setup, schedule: &Schedule, at: Instant, audience: Arc<dyn Audience>) -> DryRun {
    let context = context(setup, schedule, Trigger::Manual, at, 1, true);
    let timeout = schedule.timeout;
    let stop = async {
        tokio::time::sleep(timeout).await;
        format!("it took longer than {timeout:?} (schedule.timeout)")
    };
    let outcome = setup.run(schedule, context, audience, None, stop).await;
    let deliver = setup.deliver(NO_LEASE);
    let mut targets: Vec<(&Target, Vec<Effect>)> = Vec::new();
    for effect in &outcome.plan.effects {
        match targets.iter_mut().find(|(target, _)| **target == effect.target) {
            Some((_, effects)) => effects.push(effect.clone()),
            None => targets.push((&effect.target, vec![effect.clone()])),
        }
    }
    let mut previews = Vec::new();
    for (target, effects) in targets {
        previews.push(deliver.preview(target, &effects).await);
    }
    DryRun { outcome, previews }
}
