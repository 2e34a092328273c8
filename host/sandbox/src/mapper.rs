//! A mapper at work: warm instances that are checked out, asked, and put back, and the answers they gave.
//!
//! Never a lock around one instance and never an actor: two plugins that ask each other in a circle would wait for ever. Each
//! question takes an instance of its own, and a counter of depth ends a circle.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use beadle_plan::{Failure, FailureKind, PluginName};
use wasmtime::Store;

use crate::meter::Meter;
use crate::roles::generated::mapper::ProvidesClassrooms;
use crate::roles::{Plugin, classrooms};
use crate::services::{Configured, Services};
use crate::texts;
use crate::trap::trap;
use crate::view::{View, Watch};

/// What an address stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What people call it.
    pub name: String,
    /// Whether it is a room, and not just a label.
    pub room: bool,
}

/// How deep plugins may ask each other: poller, mapper, and some to spare.
const DEEPEST: u32 = 4;

/// How many answers are kept; a large school has some thousand addresses.
const KEPT: usize = 100_000;

/// The longest address whose answer is kept, in bytes. Moodle keeps 45; what is longer is none, and would fill the memory.
const ADDRESS: usize = 64;

/// The longest name of a place, in bytes.
const NAME: usize = 200;

/// How many idle instances are kept warm.
const WARM: usize = 4;

struct Warm {
    store: Store<View>,
    instance: ProvidesClassrooms,
    meter: Arc<Meter>,
}

/// A mapper that pollers may ask.
pub struct Mapper {
    plugin: Plugin,
    configured: Arc<Configured>,
    services: Services,
    watch: Watch,
    idle: Mutex<Vec<Warm>>,
    answers: Mutex<HashMap<String, Option<Place>>>,
}

impl std::fmt::Debug for Mapper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mapper").field("name", &self.configured.name).finish_non_exhaustive()
    }
}

impl Mapper {
    /// Makes a mapper from a plugin, with its settings as JSON. `None` where the plugin is none.
    pub fn new(plugin: Plugin, configured: Arc<Configured>, services: Services, settings: String) -> Option<Self> {
        plugin.mapper.as_ref()?;
        let mut watch = Watch::nobody();
        let mut context = (*watch.context).clone();
        context.plugin = configured.name.clone();
        context.settings = settings;
        watch.context = Arc::new(context);
        Some(Self { plugin, configured, services, watch, idle: Mutex::default(), answers: Mutex::default() })
    }

    /// Returns the name under which it is configured.
    pub fn name(&self) -> &PluginName {
        &self.configured.name
    }

    /// Returns a place for each address, from earlier answers where there are some: a mapper is pure.
    ///
    /// # Errors
    /// When the mapper refuses, traps, hits a limit, or is asked in a circle.
    pub async fn locate(&self, addresses: Vec<String>, depth: u32) -> Result<Vec<Option<Place>>, Failure> {
        if depth > DEEPEST {
            let message = format!("plugins ask each other in a circle, deeper than {DEEPEST}");
            return Err(Failure::new(FailureKind::Invalid, message));
        }
        let mut places = Vec::with_capacity(addresses.len());
        // What has to be asked, once each, and where its answers go.
        let (mut unknown, mut open) = (Vec::new(), Vec::new());
        {
            let answers = self.answers();
            let mut numbers: HashMap<&str, usize> = HashMap::new();
            for (at, address) in addresses.iter().enumerate() {
                let known = answers.get(address);
                if known.is_none() {
                    let number = *numbers.entry(address).or_insert_with(|| {
                        unknown.push(address.clone());
                        unknown.len() - 1
                    });
                    open.push((at, number));
                }
                places.push(known.cloned().flatten());
            }
        }
        if unknown.is_empty() {
            return Ok(places);
        }
        let found = self.ask(&unknown, depth).await?;
        for (at, number) in open {
            places[at].clone_from(&found[number]);
        }
        let mut answers = self.answers();
        if answers.len() + unknown.len() > KEPT {
            answers.clear();
        }
        let fresh = unknown.into_iter().zip(found);
        answers.extend(fresh.filter(|(address, _)| address.len() <= ADDRESS).take(KEPT));
        Ok(places)
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<String, Option<Place>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, addresses: &[String], depth: u32) -> Result<Vec<Option<Place>>, Failure> {
        let limits = &self.configured.limits;
        let mut warm = self.take(depth).await?;
        warm.meter.restart(limits.guest_time);
        warm.store.set_epoch_deadline(1);
        let guest = warm.instance.beadle_classrooms_classrooms().clone();
        let call = guest.call_locate(&mut warm.store, addresses);
        let Ok(answer) = tokio::time::timeout(limits.host_call, call).await else {
            let message = format!("mapper {} took longer than {:?} (limits.host-call)", self.name(), limits.host_call);
            return Err(Failure::new(FailureKind::Limit, message));
        };
        // A trapped instance refuses every further call, so it is dropped here.
        let answer =
            answer.map_err(|error| self.blame(trap(&error, &warm.meter, limits, &warm.store.data().stderr())))?;
        self.put(warm);
        let places = answer.map_err(|error| {
            let (kind, message) = match error {
                classrooms::Error::Denied(message) => (FailureKind::Denied, message),
                classrooms::Error::Unavailable(message) => (FailureKind::Unavailable, message),
                classrooms::Error::Invalid(message) => (FailureKind::Invalid, message),
            };
            self.blame(Failure::new(kind, texts::sentence(message)))
        })?;
        if places.len() != addresses.len() {
            let message = format!("it gave {} answers to {} addresses", places.len(), addresses.len());
            return Err(self.blame(Failure::new(FailureKind::Invalid, message)));
        }
        if let Some(long) = places.iter().flatten().find(|place| place.name.len() > NAME) {
            let message = format!("it gave a name of {} bytes, at most {NAME} are taken", long.name.len());
            return Err(self.blame(Failure::new(FailureKind::Invalid, message)));
        }
        Ok(places.into_iter().map(|place| place.map(|place| Place { name: place.name, room: place.room })).collect())
    }

    fn blame(&self, failure: Failure) -> Failure {
        Failure { message: format!("mapper {}: {}", self.name(), failure.message), ..failure }
    }

    /// Takes an idle instance or makes one; never waits for a busy one.
    async fn take(&self, depth: u32) -> Result<Warm, Failure> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(mut warm) = idle {
            let view = warm.store.data_mut();
            view.depth = depth;
            // Each question has its own limits on calls and answers, as a fresh instance would.
            view.stage = beadle_plan::Stage::new(self.configured.limits.clone(), true);
            return Ok(warm);
        }
        let Some(pre) = &self.plugin.mapper else {
            return Err(Failure::new(FailureKind::Invalid, "it is no mapper"));
        };
        let folder = self.plugin.folder().cloned();
        let view = View::new(Arc::clone(&self.configured), self.services.clone(), self.watch.clone(), depth, folder);
        let meter = Meter::new(self.configured.limits.guest_time, &self.plugin.turns.ticker);
        let mut store = view.store(pre.engine(), &meter);
        match pre.instantiate_async(&mut store).await {
            Ok(instance) => Ok(Warm { store, instance, meter }),
            Err(error) => Err(self.blame(trap(&error, &meter, &self.configured.limits, &store.data().stderr()))),
        }
    }

    fn put(&self, warm: Warm) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < WARM {
            idle.push(warm);
        }
    }
}
