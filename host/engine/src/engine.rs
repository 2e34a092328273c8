//! The four loops together, from start to stop.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use beadle_plan::{Clock, Deliver, Delivered, Effect, EffectId, Instant, Preview, QueuedEffect, ScheduleName, Target};
use beadle_sandbox::Audience;
use beadle_store::{DueTarget, Interrupted, Lease, NewLease, Store, StoreError};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::deliver::Outbox;
use crate::desk::{Desk, renewal};
use crate::patience::Patience;
use crate::planner::Planner;
use crate::runner::{Ended, Runner};
use crate::setup::Setup;

/// Where an engine gets what it needs.
pub struct Options {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Who watches.
    pub audience: Arc<dyn Audience>,
    /// Who this is, for others who want the store.
    pub holder: String,
    /// Who makes effects so.
    pub delivery: Delivery,
    /// How long the store is kept for this engine when it stops answering.
    pub lease: Duration,
}

/// Who makes effects so.
pub enum Delivery {
    /// The services that the configuration names.
    Live,
    /// Somebody else, as in a rehearsal.
    Instead(Arc<dyn Deliver>),
}

/// An engine that holds its store.
pub struct Engine {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    planner: Arc<Planner>,
    outbox: Arc<Outbox>,
    setup: watch::Sender<Arc<Setup>>,
    lease: Lease,
    lasts: Duration,
    patience: Arc<Patience>,
    stop: CancellationToken,
    abort: CancellationToken,
}

/// A handle on an engine that serves.
#[derive(Clone)]
pub struct Serving {
    setup: watch::Sender<Arc<Setup>>,
    planner: Arc<Planner>,
    outbox: Arc<Outbox>,
    stop: CancellationToken,
}

impl Serving {
    /// Has the engine go on with another configuration.
    pub fn reload(&self, setup: Arc<Setup>) {
        self.setup.send_replace(setup);
        self.outbox.try_held();
    }

    /// Returns the configuration it works with.
    pub fn setup(&self) -> Arc<Setup> {
        Arc::clone(&self.setup.borrow())
    }

    /// Whether a firing of the schedule that came due now would have its turn: none is under way or waits. A run that is written down
    /// keeps its turn for a moment yet.
    pub fn is_idle(&self, schedule: &ScheduleName) -> bool {
        self.planner.is_idle(schedule)
    }

    /// Asks the engine to stop: no new runs, those under way get their grace.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

impl Engine {
    /// Takes the store, and nothing else yet.
    ///
    /// # Errors
    /// When another process has it.
    pub async fn new(options: Options, setup: Arc<Setup>) -> Result<Self, StoreError> {
        let Options { store, clock, audience, holder, delivery, lease: lasts } = options;
        #[cfg(feature = "kill-points")]
        let store = crate::kill_points::watched(store);
        let wanted = NewLease { holder: &holder, now: clock.now(), lasts };
        let lease = store.take_lease(wanted).await?;
        let wake = Arc::new(Notify::new());
        let patience = Patience::new(Arc::clone(&clock));
        let (stop, abort) = (CancellationToken::new(), CancellationToken::new());
        let runner = Arc::new(Runner {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            audience,
            outbox: Arc::clone(&wake),
            patience: Arc::clone(&patience),
            abort: abort.clone(),
            wakes: Arc::default(),
        });
        let (sender, receiver) = watch::channel(setup);
        let planner =
            Planner::new(Arc::clone(&store), Arc::clone(&clock), runner, receiver, stop.clone(), abort.clone());
        let deliver = match delivery {
            Delivery::Live => Arc::new(Current { setup: sender.subscribe(), lease }),
            Delivery::Instead(deliver) => deliver,
        };
        let outbox = Arc::new(Outbox {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            deliver,
            patience: Arc::clone(&patience),
            wake,
            busy: std::sync::Mutex::default(),
            mended: true.into(),
        });
        Ok(Self { store, clock, planner, outbox, setup: sender, lease, lasts, patience, stop, abort })
    }

    /// Returns a handle, to reload and to stop it with.
    pub fn serving(&self) -> Serving {
        Serving {
            setup: self.setup.clone(),
            planner: Arc::clone(&self.planner),
            outbox: Arc::clone(&self.outbox),
            stop: self.stop.clone(),
        }
    }

    /// Serves until it is told to stop, and leaves a store that the next start understands.
    ///
    /// # Errors
    /// When the store is damaged, cannot be used when the host stops, or another host has taken it over. One that cannot be used for a
    /// while is waited for.
    pub async fn serve(self) -> Result<(), StoreError> {
        let interrupted = self.patience.ask(&self.stop, || self.recover()).await;
        let interrupted = interrupted.inspect_err(tell_overtaken)?;
        let overtaken = CancellationToken::new();
        let delivered = CancellationToken::new();
        let desk = Arc::new(Desk {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            planner: Arc::clone(&self.planner),
            lease: self.lease,
            lasts: self.lasts,
            overtaken: overtaken.clone(),
        });
        let desk = tokio::spawn(desk.work(delivered.clone()));
        let outbox = tokio::spawn(Arc::clone(&self.outbox).work(delivered.clone(), overtaken.clone()));
        let planned = tokio::select! {
            planned = Arc::clone(&self.planner).work(interrupted) => planned,
            () = overtaken.cancelled() => Err(StoreError::Overtaken),
        };
        self.stop.cancel();
        if let Err(error @ StoreError::Overtaken) = &planned {
            tell_overtaken(error);
            self.abort.cancel();
        }
        self.drain_runs().await;
        delivered.cancel();
        let _ = outbox.await;
        let _ = desk.await;
        self.store.release_lease(self.lease).await?;
        planned
    }

    /// Closes what a dead host left open. The lease comes first: whoever has taken it over while the store was away has open runs, too.
    async fn recover(&self) -> Result<Vec<Interrupted>, StoreError> {
        let now = self.clock.now();
        self.store.renew_lease(self.lease, now, self.lasts).await?;
        self.store.recover(now).await
    }

    /// Waits for the runs under way, and ends those that take longer than the grace.
    async fn drain_runs(&self) {
        let grace = self.setup.borrow().config().host.grace;
        self.planner.tasks.close();
        if !self.planner.tasks.is_empty() {
            tracing::info!(runs = self.planner.tasks.len(), ?grace, "waiting for runs under way");
        }
        if tokio::time::timeout(grace, self.planner.tasks.wait()).await.is_err() {
            tracing::warn!("ending runs that took longer than the grace (host.grace)");
            self.abort.cancel();
            self.planner.tasks.wait().await;
        }
    }

    /// Runs one schedule and delivers what waits in the outbox, as far as it can be delivered now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run_once(
        self,
        schedule: &ScheduleName,
        at: Instant,
        patience: Duration,
    ) -> Result<Option<Ended>, StoreError> {
        self.patience.none();
        self.store.recover(self.clock.now()).await?;
        let renewing = {
            let (store, clock, lease, lasts) =
                (Arc::clone(&self.store), Arc::clone(&self.clock), self.lease, self.lasts);
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(renewal(lasts)).await;
                    let _ = store.renew_lease(lease, clock.now(), lasts).await;
                }
            })
        };
        let ended = self.planner.run_now(schedule, at).await;
        let stop = CancellationToken::new();
        let until = self.clock.now() + patience;
        // Whoever runs this by hand may just have mended what held a target.
        let mut mended = true;
        loop {
            let now = self.clock.now();
            let waiting = self.store.targets().await?;
            let next_at = |due: &DueTarget| Outbox::next_at(due, mended, now);
            let Some(next) = waiting.iter().map(next_at).min() else { break };
            if next > until {
                break;
            }
            self.clock.sleep_until(next).await;
            let due: Vec<DueTarget> = waiting.into_iter().filter(|due| next_at(due) <= now.max(next)).collect();
            mended = false;
            for due in due {
                self.outbox.drain(due, &stop).await?;
            }
        }
        renewing.abort();
        self.store.release_lease(self.lease).await?;
        ended
    }
}

/// Has the log, which alarms read, say why this host ends.
fn tell_overtaken(error: &StoreError) {
    if matches!(error, StoreError::Overtaken) {
        tracing::error!("another host has taken the store over; this one stops");
    }
}

/// Delivers with whatever the present configuration names.
struct Current {
    setup: watch::Receiver<Arc<Setup>>,
    lease: Lease,
}

#[async_trait]
impl Deliver for Current {
    fn batch(&self, target: &Target) -> usize {
        self.setup.borrow().deliver(self.lease).batch(target)
    }

    async fn deliver(&self, target: &Target, effects: &[QueuedEffect]) -> Vec<(EffectId, Delivered)> {
        let deliver = self.setup.borrow().deliver(self.lease);
        deliver.deliver(target, effects).await
    }

    async fn preview(&self, target: &Target, effects: &[Effect]) -> Preview {
        let deliver = self.setup.borrow().deliver(self.lease);
        deliver.preview(target, effects).await
    }
}
