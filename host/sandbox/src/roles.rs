//! A loaded plugin: its description, its roles, and one run of it.

use std::future::Future;
use std::sync::Arc;

use beadle_egress::Guarded;
use beadle_files::Folder;
use beadle_plan::{Failure, FailureKind, Outcome};
use sha2::{Digest, Sha256};
use wasmtime::component::InstancePre;

use crate::describe::{Description, Descriptions};
use crate::inspect::Role;
use crate::meter::Meter;
use crate::services::{Configured, Services};
use crate::ticker::Ticker;
use crate::trap::trap;
use crate::turns::{Account, Turns};
use crate::view::{View, Watch};
use crate::{Audience, Checkpoint, Context, LoadError, texts};

pub(crate) mod generated {
    pub(crate) mod plugin {
        wasmtime::component::bindgen!({
            path: "../../wit/plugin",
            world: "provides-plugin",
            exports: { default: async },
        });
    }
    pub(crate) mod collector {
        wasmtime::component::bindgen!({
            path: "../../wit/collector",
            world: "provides-collector",
            exports: { default: async },
        });
    }
    pub(crate) mod mapper {
        wasmtime::component::bindgen!({
            path: "../../wit/classrooms",
            world: "provides-classrooms",
            exports: { default: async },
        });
    }
}

use generated::collector::ProvidesCollectorPre;
use generated::collector::exports::beadle::collector::collector;
use generated::mapper::ProvidesClassroomsPre;
pub(crate) use generated::mapper::exports::beadle::classrooms::classrooms;
use generated::plugin::ProvidesPluginPre;
pub(crate) use generated::plugin::exports::beadle::plugin::plugin;

/// A component that passed all checks of loading.
#[derive(Clone)]
pub struct Plugin {
    digest: String,
    description: Arc<Description>,
    roles: Vec<Role>,
    collector: Option<ProvidesCollectorPre<View>>,
    pub(crate) mapper: Option<ProvidesClassroomsPre<View>>,
    folder: Option<Arc<Folder>>,
    pub(crate) turns: Arc<Turns>,
    account: Arc<Account>,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin").field("name", &self.description.name).field("digest", &self.digest).finish()
    }
}

impl Plugin {
    pub(crate) async fn new(
        pre: InstancePre<View>,
        roles: Vec<Role>,
        source: &[u8],
        folder: Option<Arc<Folder>>,
        descriptions: &Descriptions,
        nowhere: &Guarded,
        turns: Arc<Turns>,
    ) -> Result<Self, LoadError> {
        let mut hash = Sha256::new_with_prefix(Sha256::digest(source));
        hash.update(folder.as_ref().map_or([0; 32], |folder| folder.digest()));
        let digest = hex::encode(hash.finalize());
        let mismatch = |error: wasmtime::Error| LoadError::Mismatch(format!("{error:#}"));
        let has = |role: Role| roles.contains(&role);
        let collector =
            has(Role::Collector).then(|| ProvidesCollectorPre::new(pre.clone())).transpose().map_err(mismatch)?;
        let mapper =
            has(Role::Mapper).then(|| ProvidesClassroomsPre::new(pre.clone())).transpose().map_err(mismatch)?;
        let description = match descriptions.get(&digest) {
            Some(description) => description,
            None => {
                let pre = ProvidesPluginPre::new(pre).map_err(mismatch)?;
                let description = describe(&pre, folder.clone(), nowhere.clone(), &turns.ticker).await?;
                descriptions.put(&digest, &description);
                description
            }
        };
        let (description, account) = (Arc::new(description), Arc::default());
        Ok(Self { digest, description, roles, collector, mapper, folder, turns, account })
    }

    /// Returns what the plugin says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Returns the digest of component and folder, 64 hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns what the plugin can do.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// Returns the plugin's folder.
    pub fn folder(&self) -> Option<&Arc<Folder>> {
        self.folder.as_ref()
    }

    /// Runs the plugin once as a collector, in a fresh instance. When `stop` is ready first, the run ends with the reason it gives.
    pub async fn run(
        &self,
        configured: &Arc<Configured>,
        services: &Services,
        context: Context,
        audience: Arc<dyn Audience>,
        checkpoint: Option<Arc<dyn Checkpoint>>,
        stop: impl Future<Output = String>,
    ) -> Outcome {
        let Some(pre) = &self.collector else {
            let message = format!("plugin {} is no collector, so it cannot run on a schedule", context.plugin);
            return failed(Failure::new(FailureKind::Invalid, message));
        };
        let limits = configured.limits.clone();
        let meter = Meter::new(limits.guest_time, &self.turns.ticker);
        let watch = Watch { context: Arc::new(context), audience, checkpoint };
        let view = View::new(Arc::clone(configured), services.clone(), watch, 0, self.folder.clone());
        let mut store = view.store(pre.engine(), &meter);
        let result = {
            let mut call = self.turns.take(&self.account, async {
                let instance = pre.instantiate_async(&mut store).await?;
                let collector = instance.beadle_collector_collector().clone();
                collector.call_collect(&mut store).await
            });
            let result = tokio::select! {
                biased;
                result = &mut call => Ok(result),
                reason = stop => Err(reason),
            };
            call.settle(matches!(result, Ok(Ok(_))));
            result
        };
        let result = match result {
            Ok(Ok(Ok(summary))) => Ok(texts::summary(summary.counts, summary.sentence)),
            Ok(Ok(Err(error))) => Err(refusal(error)),
            Ok(Err(error)) => Err(trap(&error, &meter, &limits, &store.data().stderr())),
            Err(reason) => Err(Failure::new(FailureKind::Stopped, reason)),
        };
        let memory = store.data().memory.most;
        let view = store.data_mut();
        let plan = if result.is_ok() { view.take_plan() } else { beadle_plan::Plan::default() };
        let (reads, log) = view.take_report();
        Outcome { result, plan, reads, log, guest_time: meter.spent(), memory }
    }
}

fn failed(failure: Failure) -> Outcome {
    Outcome {
        result: Err(failure),
        plan: beadle_plan::Plan::default(),
        reads: Vec::new(),
        log: Vec::new(),
        guest_time: std::time::Duration::ZERO,
        memory: 0,
    }
}

/// Asks a plugin to describe itself, with everything denied but its files.
async fn describe(
    pre: &ProvidesPluginPre<View>,
    folder: Option<Arc<Folder>>,
    nowhere: Guarded,
    ticker: &Arc<Ticker>,
) -> Result<Description, LoadError> {
    let configured = Arc::new(Configured::describing(nowhere));
    let limits = configured.limits.clone();
    let meter = Meter::new(limits.guest_time, ticker);
    let view = View::new(configured, Services::none(), Watch::nobody(), 0, folder);
    let mut store = view.store(pre.engine(), &meter);
    let call = async {
        let instance = pre.instantiate_async(&mut store).await?;
        let plugin = instance.beadle_plugin_plugin().clone();
        plugin.call_describe(&mut store).await
    };
    let answer = tokio::time::timeout(limits.host_call, call).await;
    match answer {
        Ok(Ok(Ok(description))) => Description::read(description),
        Ok(Ok(Err(message))) => Err(LoadError::Describe(texts::sentence(message))),
        Ok(Err(error)) => {
            let message = trap(&error, &meter, &limits, &store.data().stderr()).message;
            // These limits are not the operator's, so that the key of one would mislead.
            Err(LoadError::Describe(message.split(" (limits.").next().unwrap_or_default().to_owned()))
        }
        Err(_) => Err(LoadError::Describe(format!("it took longer than {:?}", limits.host_call))),
    }
}

fn refusal(error: collector::Error) -> Failure {
    let (kind, message) = match error {
        collector::Error::Denied(message) => (FailureKind::Denied, message),
        collector::Error::Unavailable(message) => (FailureKind::Unavailable, message),
        collector::Error::Invalid(message) => (FailureKind::Invalid, message),
    };
    Failure::new(kind, texts::sentence(message))
}
