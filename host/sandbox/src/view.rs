//! What stands behind a guest: one run's state, lent to the capabilities as views.

use std::sync::Arc;
use std::time::Instant;

use beadle_artifacts::{ArtifactsRun, ArtifactsView};
use beadle_catalog::{CatalogRun, CatalogView};
use beadle_chat::ChatView;
use beadle_db::DbView;
use beadle_files::{FilesView, Folder};
use beadle_http::{HttpView, Journal, WasiGuard};
use beadle_ledger::{LedgerRun, LedgerView};
use beadle_moodle::MoodleView;
use beadle_plan::{Effect, LogLine, Plan, Read, Record, Reference, SiteName, Stage, StagedSightings, TooLong, Trigger};
use beadle_sheets::SheetsView;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, ResourceLimiter, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::clocks::{MonotonicClock, WallClock};
use crate::meter::Meter;
use crate::services::{Configured, Services};
use crate::stderr::Stderr;
use crate::{Audience, Checkpoint, Context, NoAudience};

/// How many requests, bodies, streams and timers of the standard interfaces a guest may keep at once: a hundred requests side by side
/// need some six each.
const OPEN: usize = 1_000;

/// The size of a request's header lines over `wasi:http`, as they are kept in memory. Servers take 8 KiB.
const HEADERS: usize = 16 << 10;

/// How many full plans the checkpoints of a dry run may put aside.
const ASIDE: usize = 4;

/// The checkpoints of a dry run put too much aside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the checkpoints of a dry run stage more than {} KiB together ({ASIDE} times limits.plan)", .most / 1024)]
pub(crate) struct AsideHit {
    most: usize,
}

/// Why a run exists, and who watches it.
#[derive(Clone)]
pub(crate) struct Watch {
    pub(crate) context: Arc<Context>,
    pub(crate) audience: Arc<dyn Audience>,
    pub(crate) checkpoint: Option<Arc<dyn Checkpoint>>,
}

impl Watch {
    /// A call that nobody watches: a description, or a mapper at work for a poller.
    pub(crate) fn nobody() -> Self {
        let context = Context {
            schedule: "".into(),
            plugin: "".into(),
            site: None,
            trigger: Trigger::Manual,
            instant: beadle_plan::Instant::from_millis(0),
            attempt: 1,
            dry: true,
            settings: "{}".to_owned(),
            timezone: "UTC".to_owned(),
            language: "en".to_owned(),
            announce_first: None,
            too_long: TooLong::Split,
        };
        Self { context: Arc::new(context), audience: Arc::new(NoAudience), checkpoint: None }
    }
}

/// One run's state.
pub(crate) struct View {
    wasi: WasiCtx,
    wasi_http: WasiHttpCtx,
    table: ResourceTable,
    guard: WasiGuard,
    journal: Journal,
    stderr: Stderr,
    pub(crate) memory: Memory,
    pub(crate) stage: Stage,
    pub(crate) ledger: LedgerRun,
    pub(crate) catalog: CatalogRun,
    artifacts: ArtifactsRun,
    pub(crate) configured: Arc<Configured>,
    pub(crate) services: Services,
    pub(crate) watch: Watch,
    /// How many plugins stand above this one, waiting for its answer.
    pub(crate) depth: u32,
    folder: Option<Arc<Folder>>,
    /// What a dry run's checkpoints would have committed.
    earlier: Plan,
    earlier_bytes: usize,
}

impl View {
    pub(crate) fn new(
        configured: Arc<Configured>,
        services: Services,
        watch: Watch,
        depth: u32,
        folder: Option<Arc<Folder>>,
    ) -> Self {
        let stderr = Stderr::default();
        let wasi = WasiCtxBuilder::new()
            .stderr(stderr.clone())
            .wall_clock(WallClock(Arc::clone(&services.clock)))
            .monotonic_clock(MonotonicClock(Instant::now()))
            .build();
        let journal = Journal::new(&configured.limits);
        let mut table = ResourceTable::new();
        table.set_max_capacity(OPEN);
        let mut wasi_http = WasiHttpCtx::new();
        wasi_http.set_field_size_limit(HEADERS);
        Self {
            wasi,
            wasi_http,
            table,
            guard: WasiGuard::new(configured.name.as_str(), configured.way.clone(), journal.clone()),
            journal,
            stderr,
            memory: Memory::new(configured.limits.memory),
            stage: Stage::new(configured.limits.clone(), watch.context.dry),
            ledger: LedgerRun::default(),
            catalog: CatalogRun::default(),
            artifacts: ArtifactsRun::default(),
            configured,
            services,
            watch,
            depth,
            folder,
            earlier: Plan::default(),
            earlier_bytes: 0,
        }
    }

    /// Makes the store of an instance, with its limits in place.
    pub(crate) fn store(self, engine: &Engine, meter: &Arc<Meter>) -> Store<Self> {
        let memory = self.memory.limit;
        let mut store = Store::new(engine, self);
        store.limiter(|view| &mut view.memory);
        // What one call hands to the host takes up the host's memory: no more than the guest could hold itself.
        store.set_hostcall_fuel(memory);
        meter.watch(&mut store);
        store
    }

    /// Returns what the guest wrote to its standard error, on one line.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Puts what is staged aside, as a checkpoint of a dry run does. It stays in memory, unlike what other checkpoints commit.
    pub(crate) fn put_aside(&mut self) -> Result<(), AsideHit> {
        let plan = self.stage.take_plan();
        let records = plan.scopes.iter().flat_map(|scope| &scope.observation.records);
        let sightings = plan.sightings.iter().map(StagedSightings::size);
        let references = plan.references.iter().map(Reference::size_in_plan);
        let effects = plan.effects.iter().map(Effect::size);
        let size = records.map(Record::size).chain(effects).chain(sightings).chain(references).sum();
        self.earlier_bytes = self.earlier_bytes.saturating_add(size);
        self.append(plan);
        let most = self.stage.limits().plan.saturating_mul(ASIDE);
        if self.earlier_bytes > most { Err(AsideHit { most }) } else { Ok(()) }
    }

    fn append(&mut self, plan: Plan) {
        self.earlier.scopes.extend(plan.scopes);
        self.earlier.sightings.extend(plan.sightings);
        self.earlier.references.extend(plan.references);
        self.earlier.effects.extend(plan.effects);
        // What a run asked for last counts.
        if !plan.wakes.is_empty() {
            self.earlier.wakes = plan.wakes;
        }
    }

    /// Takes out what was read and logged, by whichever way.
    pub(crate) fn take_report(&mut self) -> (Vec<Read>, Vec<LogLine>) {
        self.journal.settle(&mut self.stage);
        self.stage.take_report(self.services.clock.now())
    }

    /// Takes out all that was staged and not committed.
    pub(crate) fn take_plan(&mut self) -> Plan {
        let plan = self.stage.take_plan();
        self.append(plan);
        std::mem::take(&mut self.earlier)
    }

    pub(crate) fn moodle(&mut self) -> MoodleView<'_> {
        MoodleView {
            plugin: self.configured.name.as_str(),
            grants: &self.configured.grants,
            site: self.services.site.as_deref(),
            stage: &mut self.stage,
        }
    }

    pub(crate) fn db(&mut self) -> DbView<'_> {
        DbView {
            plugin: self.configured.name.as_str(),
            grants: &self.configured.grants,
            databases: &self.services.databases,
            stage: &mut self.stage,
        }
    }

    pub(crate) fn http(&mut self) -> HttpView<'_> {
        HttpView {
            plugin: self.configured.name.as_str(),
            grants: &self.configured.grants,
            egress: self.services.egress.as_ref(),
            stage: &mut self.stage,
        }
    }

    pub(crate) fn files(&mut self) -> FilesView<'_> {
        FilesView { plugin: self.configured.name.as_str(), folder: self.folder.as_deref(), stage: &mut self.stage }
    }

    pub(crate) fn sheets(&mut self) -> SheetsView<'_> {
        SheetsView {
            plugin: self.configured.name.as_str(),
            grants: &self.configured.grants,
            sheets: &self.services.sheets,
            stage: &mut self.stage,
        }
    }

    pub(crate) fn chat(&mut self) -> ChatView<'_> {
        let context = &*self.watch.context;
        ChatView {
            plugin: self.configured.name.as_str(),
            site: context.site.as_ref().map_or("", SiteName::as_str),
            grants: &self.configured.grants,
            chats: &self.services.chats,
            timezone: &context.timezone,
            language: &context.language,
            too_long: context.too_long,
            stage: &mut self.stage,
        }
    }

    pub(crate) fn ledger(&mut self) -> LedgerView<'_> {
        LedgerView {
            plugin: self.configured.name.as_str(),
            site: self.watch.context.site.as_ref().map_or("", SiteName::as_str),
            collections: &self.configured.collections,
            grants: &self.configured.grants,
            clock: &*self.services.clock,
            store: &*self.services.ledger,
            run: &mut self.ledger,
            stage: &mut self.stage,
        }
    }

    pub(crate) fn catalog(&mut self) -> CatalogView<'_> {
        CatalogView {
            plugin: self.configured.name.as_str(),
            site: self.watch.context.site.as_ref().map_or("", SiteName::as_str),
            grants: &self.configured.grants,
            store: &*self.services.catalog,
            run: &mut self.catalog,
            stage: &mut self.stage,
        }
    }

    pub(crate) fn artifacts(&mut self) -> ArtifactsView<'_> {
        ArtifactsView {
            plugin: self.configured.name.as_str(),
            site: self.watch.context.site.as_ref().map_or("", SiteName::as_str),
            grants: &self.configured.grants,
            content: self.services.content.as_ref(),
            store: &*self.services.artifacts,
            run: &mut self.artifacts,
            stage: &mut self.stage,
        }
    }
}

impl WasiHttpView for View {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.wasi_http, table: &mut self.table, hooks: &mut self.guard }
    }
}

impl WasiView for View {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// The memory of all instances of a run together.
#[derive(Debug)]
pub(crate) struct Memory {
    used: usize,
    limit: usize,
    /// The most that was held.
    pub(crate) most: usize,
}

/// More memory was asked for than the run may hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plugin asked for {} MiB of memory, at most {} MiB are allowed (limits.memory)", .wanted.div_ceil(1 << 20), .limit >> 20)]
pub(crate) struct MemoryHit {
    wanted: usize,
    limit: usize,
}

/// The most entries of a guest's tables; a script engine has some 10,000.
const TABLE: usize = 100_000;

impl Memory {
    fn new(limit: usize) -> Self {
        Self { used: 0, limit, most: 0 }
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.used.saturating_add(desired.saturating_sub(current));
        if wanted > self.limit {
            // An error traps and says why; a refusal would only make the guest abort.
            return Err(MemoryHit { wanted, limit: self.limit }.into());
        }
        self.used = wanted;
        self.most = self.most.max(wanted);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE)
    }
}
