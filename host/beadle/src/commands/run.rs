//! `beadle run`: one schedule now, or a plugin file that is being tried.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use beadle_config::{Code as PluginCode, Config, Mode, Plugin, Schedule};
use beadle_egress::Redactor;
use beadle_engine::{Answer, Delivery, Engine, Options, Request, SetupProblem, dry_run};
use beadle_plan::{Clock, Grants, Instant, Limits, PluginName, RunId, ScaledClock, ScheduleName, SystemClock, TooLong};
use beadle_schedule::{Blackout, Every, Misfire, Overlap, Timing};
use beadle_store::{Store, StoreError};

use super::{difference, serve, show};
use crate::cli::{Common, Run};
use crate::exit::{Code, Exit};
use crate::instant;
use crate::terminal::Screen;
use crate::world::{self, Wanted, World};

/// How long delivery may take before the command leaves the rest to the next start.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn run(common: &Common, redactor: Redactor, asked: &Run) -> Result<(), Exit> {
    let mut config = world::configuration(common)?;
    let schedule = if Path::new(&asked.name).extension().is_some_and(|ending| ending == "wasm") {
        plugin_file(&mut config, asked)?
    } else {
        only_for_files(asked)?;
        find(&config, &asked.name)?
    };
    let at = asked.at.as_ref().map(|at| instant::parse(at, &schedule.timezone)).transpose()?;
    let tried = schedule.name.as_str() != asked.name;
    if asked.dry_run || tried || schedule.mode == Mode::DryRun {
        return dry(config, redactor, asked, &schedule, at).await;
    }
    let place = world::place(&config, &redactor)?;
    let store = place.open().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    if store.holder(clock.now()).await?.is_some() {
        return ask(&config, &*store, &*clock, asked, &schedule, at).await;
    }
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
    let options = Options {
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        audience: Arc::new(Screen { tables: !asked.form.json }),
        holder: serve::holder("run", &place),
        delivery: Delivery::Live,
        lease: config.host.lease,
    };
    let engine = match Engine::new(options, setup).await {
        Ok(engine) => engine,
        // Somebody started to serve between the look and here.
        Err(StoreError::InUse { .. }) => return ask(&config, &*store, &*clock, asked, &schedule, at).await,
        Err(error) => return Err(error.into()),
    };
    let at = at.unwrap_or_else(|| clock.now());
    let ended = engine.run_once(&schedule.name, at, PATIENCE).await?;
    let Some(ended) = ended else {
        return Err(Exit::new(Code::Failed, format!("{} has a run for this instant already", schedule.name)));
    };
    report(&config, &*store, ended.run, asked).await?;
    store.close().await;
    Ok(())
}

/// Refuses what says something about a plugin file where a schedule is run, which has its own.
fn only_for_files(asked: &Run) -> Result<(), Exit> {
    let given = [
        ("--site", "sites", &asked.site),
        ("--settings", "settings", &asked.settings),
        ("--grants", "grants", &asked.grants),
        ("--mapper", "mapper", &asked.mapper),
    ];
    match given.into_iter().find(|(_, _, value)| value.is_some()) {
        None => Ok(()),
        Some((option, key, _)) => Err(Exit::new(
            Code::Usage,
            format!(
                "{option} is for a plugin file; schedule {} has its {key} in the configuration: edit it there",
                asked.name
            ),
        )),
    }
}

/// Prints the run and returns how it ended.
async fn report(config: &Config, store: &dyn Store, run: RunId, asked: &Run) -> Result<(), Exit> {
    let detail = show::find(store, run).await?;
    show::print(config, &detail, asked.form.json)?;
    match detail.run.failure_kind.as_deref() {
        None => Ok(()),
        Some("unavailable") => Err(Exit::silent(Code::Unavailable)),
        Some(_) => Err(Exit::silent(Code::Failed)),
    }
}

/// Asks the host that works on the store, and waits.
async fn ask(
    config: &Config,
    store: &dyn Store,
    clock: &dyn Clock,
    asked: &Run,
    schedule: &Schedule,
    at: Option<Instant>,
) -> Result<(), Exit> {
    let request = Request::Run { schedule: schedule.name.clone(), at };
    let patience = schedule.timeout.saturating_mul(schedule.retries + 1) + PATIENCE;
    let see = format!("beadle runs {}", schedule.name);
    match super::ask::ask(store, clock, &request, patience, &see).await? {
        Answer::Ran { run } => report(config, store, run, asked).await,
        _ => Err(Exit::new(Code::Internal, "the running host answered something else; is it of another version?")),
    }
}

async fn dry(
    config: Config,
    redactor: Redactor,
    asked: &Run,
    schedule: &Schedule,
    at: Option<Instant>,
) -> Result<(), Exit> {
    let store = world::store_to_read(&config, &redactor).await?;
    let clock: Arc<dyn Clock> = match &asked.clock {
        Some(shown) => Arc::new(ScaledClock::new(instant::parse(shown, &schedule.timezone)?, 1.0)),
        None => Arc::new(SystemClock),
    };
    let wanted = Wanted {
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        redactor,
        writes: false,
        connects: true,
        speed: 1.0,
    };
    let world = World::new(&config, wanted).await?;
    let setup = match world.setup_or_problems(config.clone(), None).await {
        Ok(setup) => setup,
        Err(problems) => {
            return Err(Exit::new(Code::Configuration, tried_problems(&config, asked, schedule, problems)));
        }
    };
    let at = at.unwrap_or_else(|| clock.now());
    let dry = dry_run(&setup, schedule, at, Arc::new(Screen { tables: !asked.form.json })).await;
    store.close().await;
    difference::print(schedule, at, &dry, asked.form.json)?;
    match &dry.outcome.result {
        Ok(_) => Ok(()),
        Err(failure) => Err(Exit::silent(serve::failure_code(failure.kind))),
    }
}

/// Shows problems. Those of a file that is tried stand in no line of the configuration.
fn tried_problems(config: &Config, asked: &Run, schedule: &Schedule, problems: Vec<SetupProblem>) -> String {
    let (of_file, others): (Vec<_>, Vec<_>) = problems.into_iter().partition(|problem| {
        let place = problem.path.get(..2).unwrap_or_default();
        place == ["plugins", schedule.plugin.as_str()] || place == ["schedule", schedule.base.as_str()]
    });
    if schedule.name.as_str() == asked.name || of_file.is_empty() {
        return world::render(config, &[of_file, others].concat());
    }
    let mut shown: Vec<String> =
        of_file.iter().map(|problem| format!("error: {}: {}", asked.name, problem.message)).collect();
    if !others.is_empty() {
        shown.push(world::render(config, &others));
    }
    shown.join("\n")
}

/// Finds a schedule, and says which there are where there is none of this name.
pub(crate) fn find(config: &Config, name: &str) -> Result<Schedule, Exit> {
    let wanted = ScheduleName::from(name);
    if let Some(schedule) = config.schedule(&wanted) {
        return Ok(schedule.clone());
    }
    let names: Vec<&str> = config.schedules.iter().map(|schedule| schedule.name.as_str()).collect();
    let message = if names.is_empty() {
        format!("there is no schedule {name:?}: the configuration has none; add one under [[schedule]]")
    } else {
        format!("there is no schedule {name:?}; there are: {}", names.join(", "))
    };
    Err(Exit::new(Code::NotFound, message))
}

/// Adds a plugin file that is being tried to the configuration, with a schedule that is never due by itself.
fn plugin_file(config: &mut Config, asked: &Run) -> Result<Schedule, Exit> {
    let path = Path::new(&asked.name);
    if !path.is_file() {
        let message = format!("there is no file {}; name a plugin file, or a schedule without .wasm", path.display());
        return Err(Exit::new(Code::NotFound, message));
    }
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or("plugin").to_owned();
    let read = |what: &str, text: &Option<String>| match text {
        Some(text) => serde_json::from_str(text)
            .map_err(|error| Exit::new(Code::Failed, format!("--{what} is not the JSON it should be: {error}"))),
        None => Ok(serde_json::json!({})),
    };
    let settings = read("settings", &asked.settings)?;
    let grants: Grants = serde_json::from_value(read("grants", &asked.grants)?)
        .map_err(|error| Exit::new(Code::Failed, format!("--grants: {error}")))?;
    let site = asked.site.as_deref().map(beadle_plan::SiteName::from);
    if let Some(site) = &site
        && !config.sites.contains_key(site)
    {
        let names: Vec<&str> = config.sites.keys().map(beadle_plan::SiteName::as_str).collect();
        return Err(Exit::new(Code::NotFound, format!("there is no site {site}; there are: {}", names.join(", "))));
    }
    let plugin = PluginName::from(name.as_str());
    config.plugins.insert(
        plugin.clone(),
        Plugin {
            code: PluginCode::File(path.to_owned()),
            folder: None,
            mapper: asked.mapper.as_deref().map(PluginName::from),
            grants,
            settings: serde_json::Map::new(),
            limits: Limits::default(),
        },
    );
    let every = Every::parse("1d").map_err(|error| Exit::new(Code::Internal, error))?;
    let schedule = Schedule {
        name: format!("{name} (tried)").into(),
        base: name,
        plugin,
        site,
        timing: Timing::Every(every),
        mode: Mode::DryRun,
        settings,
        timezone: config.host.timezone.clone(),
        overlap: Overlap::Skip,
        misfire: Misfire::Skip,
        misfire_window: Duration::ZERO,
        jitter: Duration::ZERO,
        timeout: Duration::from_secs(120),
        retries: 0,
        blackout: Blackout::parse([], config.host.timezone.clone())
            .map_err(|error| Exit::new(Code::Internal, error))?,
        announce_first: None,
        too_long: TooLong::Split,
    };
    config.schedules.push(schedule.clone());
    Ok(schedule)
}
