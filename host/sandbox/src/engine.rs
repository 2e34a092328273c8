//! The engine: made once per process, with its ticker and the linker that lists all capabilities.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use beadle_egress::{Egress, Guarded, Origins};
use beadle_files::Folder;
use wasmtime::component::Linker;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

use crate::cache::Cache;
use crate::describe::Descriptions;
use crate::roles::Plugin;
use crate::ticker::Ticker;
use crate::turns::Turns;
use crate::view::View;
use crate::{LoadError, classrooms, inspect, run};

/// How a sandbox is made.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where compiled plugins are kept; without it each start compiles anew.
    pub cache: Option<PathBuf>,
    /// How many instances may exist at once: the runs under way, their mappers, and some warm ones.
    pub instances: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache: None, instances: 256 }
    }
}

/// Loads plugins.
pub struct Sandbox {
    engine: Engine,
    linker: Linker<View>,
    cache: Cache,
    descriptions: Descriptions,
    /// The way out of a plugin that is only described: there is none.
    nowhere: Guarded,
    turns: Arc<Turns>,
}

/// The guest's stack. Deep recursion in a plugin ends here, as a failure of its run.
const STACK: usize = 512 << 10;

/// The largest memory of a 32-bit guest. It is reserved, not used: bounds are checked by the processor then, for nothing.
const LARGEST_MEMORY: usize = 4 << 30;

/// The native stack beneath it, for the host's own calls.
const NATIVE_STACK: usize = 2 << 20;

impl Sandbox {
    /// Makes the engine, and the thread that interrupts its guests.
    ///
    /// # Errors
    /// When this machine cannot run WebAssembly: no memory to reserve, an unknown processor.
    pub fn new(settings: &Settings) -> Result<Self, LoadError> {
        let failed = |error: wasmtime::Error| LoadError::Engine(format!("{error:#}"));
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .max_wasm_stack(STACK)
            .async_stack_size(NATIVE_STACK)
            .wasm_backtrace_details(WasmBacktraceDetails::Enable);
        let engine = match Engine::new(config.allocation_strategy(pooling(settings))) {
            Ok(engine) => engine,
            Err(error) => {
                // A limit on address space (ulimit -v) forbids the reservation; each instance then costs some 30 µs more.
                tracing::info!(error = %format!("{error:#}"), "instances are allocated one by one");
                Engine::new(config.allocation_strategy(InstanceAllocationStrategy::OnDemand)).map_err(failed)?
            }
        };
        let ticker =
            Ticker::start(&engine).map_err(|error| LoadError::Engine(format!("no thread for the ticker: {error}")))?;
        let linker = link(&engine).map_err(failed)?;
        let cache = Cache::new(settings.cache.as_deref());
        let descriptions = Descriptions::new(settings.cache.clone());
        let nowhere = Egress::new(beadle_egress::Settings::default())
            .and_then(|egress| Ok(egress.guarded(Origins::public([])?)))
            .map_err(|error| LoadError::Engine(error.to_string()))?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self { engine, linker, cache, descriptions, nowhere, turns: Turns::new(processors, ticker) })
    }

    /// Loads a component, with the plugin's folder beside it where it has one.
    ///
    /// # Errors
    /// When the file is no plugin that this host can run; the text says what to do.
    pub async fn load(&self, source: &[u8], folder: Option<Arc<Folder>>) -> Result<Plugin, LoadError> {
        inspect::header(source)?;
        let component = self.cache.compile(&self.engine, source)?;
        let roles = inspect::component(&self.engine, &component)?;
        let pre = self.linker.instantiate_pre(&component).map_err(|error| LoadError::Mismatch(format!("{error:#}")))?;
        let turns = Arc::clone(&self.turns);
        Plugin::new(pre, roles, source, folder, &self.descriptions, &self.nowhere, turns).await
    }

    /// Loads a component from a file.
    ///
    /// # Errors
    /// When the file cannot be read, or is no plugin that this host can run.
    pub async fn load_file(&self, path: &Path, folder: Option<Arc<Folder>>) -> Result<Plugin, LoadError> {
        let source = tokio::fs::read(path).await.map_err(|error| LoadError::File { path: path.to_owned(), error })?;
        self.load(&source, folder).await
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("cache", &self.cache).finish_non_exhaustive()
    }
}

fn pooling(settings: &Settings) -> InstanceAllocationStrategy {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(settings.instances)
        .total_core_instances(settings.instances * 4)
        .total_memories(settings.instances)
        .total_tables(settings.instances * 2)
        .total_stacks(settings.instances)
        // A component made from Python has 38 core instances.
        .max_core_instances_per_component(200)
        .max_tables_per_component(64)
        .max_memories_per_component(8)
        .max_component_instance_size(10 << 20)
        .max_core_instance_size(10 << 20)
        .table_elements(100_000)
        // Each run's own limit is lower; this is what a 32-bit guest can address at all.
        .max_memory_size(LARGEST_MEMORY)
        .linear_memory_keep_resident(64 << 10)
        .table_keep_resident(16 << 10);
    InstanceAllocationStrategy::Pooling(pool)
}

/// Lists all capabilities.
fn link(engine: &Engine) -> wasmtime::Result<Linker<View>> {
    let mut linker = Linker::new(engine);
    // Inert with an empty context: no files, no environment, no sockets.
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    run::add_to_linker(&mut linker)?;
    classrooms::add_to_linker(&mut linker)?;
    beadle_moodle::add_to_linker(&mut linker, View::moodle)?;
    beadle_db::add_to_linker(&mut linker, View::db)?;
    beadle_http::add_to_linker(&mut linker, View::http)?;
    beadle_files::add_to_linker(&mut linker, View::files)?;
    beadle_sheets::add_to_linker(&mut linker, View::sheets)?;
    beadle_chat::add_to_linker(&mut linker, View::chat)?;
    beadle_ledger::add_to_linker(&mut linker, View::ledger)?;
    beadle_catalog::add_to_linker(&mut linker, View::catalog)?;
    beadle_artifacts::add_to_linker(&mut linker, View::artifacts)?;
    Ok(linker)
}
