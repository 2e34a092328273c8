//! `beadle serve`: all schedules, until stopped.

use std::sync::Arc;
use std::time::Duration;

use beadle_config::{Config, Mode};
use beadle_egress::Redactor;
use beadle_engine::{Delivery, Engine, Options, Serving};
use beadle_plan::{Clock, SystemClock};
use beadle_store::{Place, Store, StoreError};

use crate::cli::Common;
use crate::exit::{Code, Exit};
use crate::terminal::{self, Screen};
use crate::watch::Watcher;
use crate::world::{self, Wanted, World};

/// How often a host that stands by looks whether it may take over: with the lease of 30 s it has within 45 s.
const STAND_BY: Duration = Duration::from_secs(3);

pub(crate) async fn serve(common: &Common, redactor: Redactor) -> Result<(), Exit> {
    // From the first moment on: who is asked to stop while it opens everything has nothing to finish, and that is no failure.
    let mut stop = Stop::listen();
    let Ready { config, watcher, place, store, world, engine } = tokio::select! {
        biased;
        () = stop.asked() => {
            tracing::info!("stopped before it began to serve");
            return Ok(());
        }
        ready = start(common, redactor) => ready?,
    };
    let serving = engine.serving();
    // Before anybody is told that it serves: who has read that may ask it to stop.
    let watching = tokio::spawn(stop_when_asked(serving.clone(), stop));
    greet(&config, &place, common);
    // A task of its own: compiling the plugin of an edit must not keep a firing waiting.
    let mut serve = tokio::spawn(engine.serve());
    let served = tokio::select! {
        served = &mut serve => served,
        () = reload_when_edited(common, &world, &serving, config, watcher) => serve.await,
    };
    watching.abort();
    store.close().await;
    served.map_err(|error| Exit::new(Code::Internal, error))??;
    tracing::info!("stopped; everything is written down");
    Ok(())
}

/// All that serving needs.
struct Ready {
    config: Config,
    watcher: Watcher,
    place: Place,
    store: Arc<dyn Store>,
    world: World,
    engine: Engine,
}

/// Opens and loads everything, and takes the store.
async fn start(common: &Common, redactor: Redactor) -> Result<Ready, Exit> {
    let config = world::configuration(common)?;
    // From here on: an edit while everything is being opened is not missed.
    let watcher = Watcher::new(&common.config, &config);
    let place = world::place(&config, &redactor)?;
    let store = place.open().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let wanted = Wanted {
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        redactor,
        writes: true,
        connects: true,
        speed: 1.0,
    };
    let world = World::new(&config, wanted).await?;
    let setup = Arc::new(world.setup(config.clone(), None).await?);
    let options = || Options {
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        audience: Arc::new(Screen { tables: true }),
        holder: holder("serve", &place),
        delivery: Delivery::Live,
        lease: config.host.lease,
    };
    let engine = take(&place, || Engine::new(options(), Arc::clone(&setup))).await?;
    Ok(Ready { config, watcher, place, store, world, engine })
}

/// Takes the store. Where it can be shared, waits for as long as another host works on it.
async fn take<F: Future<Output = Result<Engine, StoreError>>>(
    place: &Place,
    engine: impl Fn() -> F,
) -> Result<Engine, Exit> {
    let mut told = None;
    loop {
        let why = match engine().await {
            Ok(engine) => {
                if told.is_some() {
                    tracing::info!("taking over {place}");
                }
                return Ok(engine);
            }
            Err(StoreError::InUse { holder, .. }) if place.can_stand_by() => {
                format!("standing by: {holder} works on {place}; this host takes over when it ends or stops answering")
            }
            // The server is away, or holds a lock of a host that froze: that ends by itself.
            Err(error @ StoreError::Unavailable(_)) if told.is_some() => format!("still standing by: {error}"),
            Err(error) => return Err(error.into()),
        };
        if told.as_ref() != Some(&why) {
            tracing::info!("{why}");
            told = Some(why);
        }
        tokio::time::sleep(STAND_BY).await;
    }
}

/// Names this process for others who want the store.
pub(crate) fn holder(command: &str, place: &Place) -> String {
    let process = format!("`beadle {command}`, process {}", std::process::id());
    if place.can_stand_by() { format!("{process} on {}", gethostname::gethostname().display()) } else { process }
}

fn greet(config: &Config, place: &Place, common: &Common) {
    let on = config.schedules.iter().filter(|schedule| schedule.mode != Mode::Off).count();
    let file = if common.demo { "the demonstration".into() } else { common.config.display().to_string() };
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        store = %place,
        "serving {file}: {on} of {} schedules, {} sites; Ctrl+C stops",
        config.schedules.len(),
        config.sites.len(),
    );
    if config.uses_campus() {
        let file = if common.demo { "a schedules.toml".into() } else { file };
        tracing::info!("`campus:` is a simulated school; put your own Moodle into {file} (see README)");
    }
    if terminal::watched() && on == 0 {
        terminal::say("No schedule is on: nothing will run until one is.");
    }
}

/// Stops at Ctrl+C or SIGTERM; the second time at once.
async fn stop_when_asked(serving: Serving, mut stop: Stop) {
    stop.asked().await;
    tracing::info!("stopping: no new runs, those under way get their grace; once more stops at once");
    serving.stop();
    stop.asked().await;
    terminal::complain("stopped at once; the next start deals with what was under way");
    std::process::exit(130);
}

/// Listens for Ctrl+C and SIGTERM. What comes between two questions is not lost.
pub(crate) struct Stop {
    #[cfg(unix)]
    signals: Option<[tokio::signal::unix::Signal; 2]>,
}

impl Stop {
    /// Begins to listen; from now on the signals do not end the process by themselves.
    pub(crate) fn listen() -> Self {
        Self {
            #[cfg(unix)]
            signals: {
                use tokio::signal::unix::{SignalKind, signal};
                let both = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
                let [Ok(interrupt), Ok(terminate)] = both else { return Self { signals: None } };
                Some([interrupt, terminate])
            },
        }
    }

    /// Waits until it is asked to stop.
    pub(crate) async fn asked(&mut self) {
        #[cfg(unix)]
        if let Some([interrupt, terminate]) = &mut self.signals {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Takes over edits of the configuration and of what it names. A bad one is refused and named, and the last good one runs on.
async fn reload_when_edited(
    common: &Common,
    world: &World,
    serving: &Serving,
    mut config: Config,
    mut watcher: Watcher,
) {
    let mut refused = None;
    loop {
        watcher.changed(refused.is_some()).await;
        tracing::debug!("looking at the configuration again");
        let (next, warnings) = match world::read(common) {
            Ok(read) => read,
            Err(errors) => {
                refuse(&mut refused, errors.to_string());
                continue;
            }
        };
        let before = serving.setup();
        let setup = match world.setup(next.clone(), Some(&before)).await {
            Ok(setup) => setup,
            Err(exit) => {
                refuse(&mut refused, exit.message);
                continue;
            }
        };
        let was_refused = refused.take().is_some();
        let difference = config.difference(&next);
        let moved = moved_plugins(&before, &setup);
        let replaced = setup.replaced(&before);
        if difference.is_empty() && moved.is_empty() && replaced.is_empty() {
            if was_refused {
                tracing::info!("the configuration is as it runs again");
            }
            continue;
        }
        for warning in warnings {
            tracing::warn!("{}", warning.to_string().trim_end());
        }
        for key in &difference.restart {
            tracing::warn!(key, "this setting takes effect at the next start");
        }
        let names = |names: &std::collections::BTreeSet<beadle_plan::ScheduleName>| {
            names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        tracing::info!(
            added = names(&difference.added),
            removed = names(&difference.removed),
            changed = names(&difference.changed),
            settings = difference.settings.join(" "),
            plugins = moved.join(" "),
            secrets = replaced.join(" "),
            "took over an edit"
        );
        serving.reload(Arc::new(setup));
        watcher.follow(&common.config, &next);
        config = next;
    }
}

/// Names plugins whose component or folder is another than before.
fn moved_plugins(before: &beadle_engine::Setup, after: &beadle_engine::Setup) -> Vec<String> {
    let digest = |setup: &beadle_engine::Setup, name| setup.plugin(name).map(|(plugin, _)| plugin.digest().to_owned());
    let names = after.config().plugins.keys();
    names.filter(|name| digest(before, name) != digest(after, name)).map(ToString::to_string).collect()
}

fn refuse(refused: &mut Option<String>, message: String) {
    if refused.as_ref() != Some(&message) {
        tracing::error!("an edit was refused, the last good configuration runs on\n{message}");
        *refused = Some(message);
    }
}

/// The code for a run that came to nothing.
pub(crate) fn failure_code(kind: beadle_plan::FailureKind) -> Code {
    match kind {
        beadle_plan::FailureKind::Unavailable => Code::Unavailable,
        _ => Code::Failed,
    }
}
