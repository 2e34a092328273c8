//! Start-up: from a configuration to everything that a command needs, and no more.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use beadle_artifacts::Content;
use beadle_campus::school::courses::Coursework;
use beadle_campus::school::{Pace, Plan, School};
use beadle_campus::{Campus, Options};
use beadle_config::{Config, ConfigErrors, Day, SecretRef, Sheet, Source, Store as StorePlace};
use beadle_egress::{Egress, Redactor};
use beadle_engine::{CampusPeers, Inputs, Setup, SetupProblem};
use beadle_plan::Clock;
use beadle_sandbox::{PseudonymKey, Sandbox};
use beadle_store::{Place, RunFilter, SqliteStore, Store};

use crate::cli::Common;
use crate::exit::{Code, Exit};
use crate::terminal;

/// Reads the environment.
pub(crate) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Reads the configuration, and prints what is doubtful about it.
pub(crate) fn configuration(common: &Common) -> Result<Config, Exit> {
    let (config, warnings) = read(common).map_err(|errors| Exit::new(Code::Configuration, errors))?;
    for warning in warnings {
        terminal::complain(&warning.to_string());
    }
    Ok(config)
}

/// Reads the configuration.
pub(crate) fn read(common: &Common) -> Result<(Config, Vec<beadle_config::Warning>), ConfigErrors> {
    if common.demo { Config::embedded(&env) } else { Config::from_source(&Source::read(&common.config)?, &env) }
}

/// Returns where the store is, with its password.
pub(crate) fn place(config: &Config, redactor: &Redactor) -> Result<Place, Exit> {
    Ok(match &config.host.store {
        StorePlace::Sqlite(path) => Place::Sqlite(path.clone()),
        StorePlace::Postgres { url, password } => {
            let password = password.as_ref().map(|password| password.resolve(&env)).transpose();
            let password =
                password.map_err(|error| Exit::new(Code::Configuration, format!("{error} (host.store.password)")))?;
            if let Some(password) = &password {
                redactor.register(password);
            }
            Place::Postgres { url: url.clone(), password }
        }
    })
}

/// Opens the store for a command that only looks; an empty one where there is none yet.
pub(crate) async fn store_to_read(config: &Config, redactor: &Redactor) -> Result<Arc<dyn Store>, Exit> {
    match place(config, redactor)?.open_read_only().await? {
        Some(store) => Ok(store),
        None => Ok(Arc::new(SqliteStore::in_memory().await?)),
    }
}

/// What stays the same over all configurations of a process.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) content: Content,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sandbox: Sandbox,
    pub(crate) egress: Egress,
    pub(crate) redactor: Redactor,
    pub(crate) key: PseudonymKey,
    pub(crate) campus: Option<CampusPeers>,
    /// The simulated school lives as long as this does.
    _campus: Option<Campus>,
}

/// How a command wants its world.
pub(crate) struct Wanted {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) redactor: Redactor,
    /// Whether anything may be left on disk: the key.
    pub(crate) writes: bool,
    /// Whether anything is going to be connected to.
    pub(crate) connects: bool,
    /// How many times as fast as the machine's its clock runs.
    pub(crate) speed: f64,
}

/// How many instances there may be: of the 256 runs that a host has at most, each may have a mapper, and some are kept warm.
const INSTANCES: u32 = 544;

impl World {
    pub(crate) async fn new(config: &Config, wanted: Wanted) -> Result<Self, Exit> {
        let settings = beadle_sandbox::Settings { cache: Some(config.host.cache.clone()), instances: INSTANCES };
        let sandbox = Sandbox::new(&settings).map_err(|error| Exit::new(Code::Internal, error))?;
        let egress = Egress::new(beadle_egress::Settings::default())
            .map_err(|error| Exit::new(Code::Internal, format!("no HTTP client: {error}")))?;
        let (campus, peers) = if !config.uses_campus() {
            (None, None)
        } else if wanted.connects {
            let campus = start_campus(config, &wanted).await?;
            let peers = CampusPeers {
                moodle_url: campus.moodle_url.clone(),
                token: campus.token.clone(),
                calendar: campus.moodle().calendar_address(beadle_campus::moodle::Account::Full),
                database: campus.database_path.clone(),
            };
            (Some(campus), Some(peers))
        } else {
            (None, Some(nowhere()))
        };
        let key = pseudonym_key(config, &wanted).await?;
        let content = Content::at(&config.host.artifacts, wanted.redactor.clone());
        Ok(Self {
            store: wanted.store,
            content,
            clock: wanted.clock,
            sandbox,
            egress,
            redactor: wanted.redactor,
            key,
            campus: peers,
            _campus: campus,
        })
    }

    /// Opens and loads everything that a configuration names.
    pub(crate) async fn setup(&self, config: Config, before: Option<&Setup>) -> Result<Setup, Exit> {
        self.setup_or_problems(config.clone(), before)
            .await
            .map_err(|problems| Exit::new(Code::Configuration, render(&config, &problems)))
    }

    /// Opens and loads everything that a configuration names, and lists what is wrong one by one.
    pub(crate) async fn setup_or_problems(
        &self,
        config: Config,
        before: Option<&Setup>,
    ) -> Result<Setup, Vec<SetupProblem>> {
        register_accounts(&config, &self.redactor);
        let inputs = Inputs {
            env: &env,
            sandbox: &self.sandbox,
            builtins: beadle_builtins::builtin,
            campus: self.campus.as_ref(),
            store: Arc::clone(&self.store),
            content: self.content.clone(),
            clock: Arc::clone(&self.clock),
            key: self.key.clone(),
            egress: &self.egress,
            redactor: &self.redactor,
            console: Arc::new(terminal::message),
            before,
        };
        let setup = Setup::new(config, inputs).await?;
        let problems = wrong_mappers(&setup).await;
        if problems.is_empty() { Ok(setup) } else { Err(problems) }
    }
}

/// Asks each mapper in use once, so that a wrong table of rooms in its settings is refused with its line and not at each poll. A schema
/// cannot say what a network is.
async fn wrong_mappers(setup: &Setup) -> Vec<SetupProblem> {
    let mut problems: Vec<SetupProblem> = Vec::new();
    let asked = setup.config().plugins.keys().filter_map(|name| setup.plugin(name)?.1.mapper.as_ref());
    for mapper in asked {
        let Err(failure) = mapper.locate(vec![String::new()], 0).await else { continue };
        let mut path = vec!["plugins".to_owned(), mapper.name().to_string(), "settings".to_owned()];
        path.extend(place_in_settings(&failure.message));
        problems.push(SetupProblem { path, message: failure.message });
    }
    problems.dedup();
    problems
}

/// Returns where in the settings a message of a plugin points: `rooms`, `3` for `settings.rooms[3]: …`.
fn place_in_settings(message: &str) -> Vec<String> {
    let Some((_, rest)) = message.split_once("settings.") else { return Vec::new() };
    let place = rest.split(|c: char| c.is_whitespace() || c == ':').next().unwrap_or_default();
    place.split(['.', '[', ']']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Has the log know the private keys of service accounts, line by line.
fn register_accounts(config: &Config, redactor: &Redactor) {
    for sheet in config.sheets.values() {
        let Sheet::Google { key, .. } = sheet else { continue };
        // One that cannot be read is said where it is used.
        let Ok(file) = key.resolve(&env) else { continue };
        let text = beadle_egress::ExposeSecret::expose_secret(&file);
        let read: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let lines = read["private_key"].as_str().unwrap_or_default().lines();
        lines
            .filter(|line| line.len() >= 32 && !line.starts_with("-----"))
            .for_each(|line| redactor.register(&line.into()));
    }
}

/// Shows problems with the lines of the file where they stand.
pub(crate) fn render(config: &Config, problems: &[SetupProblem]) -> String {
    let shown = problems.iter().map(|problem| {
        let path: Vec<&str> = problem.path.iter().map(String::as_str).collect();
        config.problem(&path, problem.message.clone(), None).to_string()
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// Stands for the simulated school in commands that connect nowhere.
fn nowhere() -> CampusPeers {
    CampusPeers {
        moodle_url: "http://127.0.0.1:9".to_owned(),
        token: "a-school-that-is-closed".to_owned(),
        calendar: "http://127.0.0.1:9/calendar/export_execute.php?userid=1&authtoken=a-school-that-is-closed&preset_time=recentupcoming"
            .to_owned(),
        database: PathBuf::from("campus.db"),
    }
}

/// What the courses of the simulated school hold: enough to look at, and little to wait for.
const COURSEWORK: Coursework = Coursework {
    seed: 1,
    courses: 4,
    modules: 20,
    assignments: 2,
    quizzes: 1,
    forums: 1,
    pages: 1,
    urls: 1,
    resources: 4,
    discussions: 4,
};

/// How often somebody edits something there, by the school's own time.
const EDITS: Duration = Duration::from_secs(45);

async fn start_campus(config: &Config, for_whom: &Wanted) -> Result<Campus, Exit> {
    let wanted = &config.campus;
    let plan = Plan {
        seed: wanted.seed,
        students: wanted.students as usize,
        teachers: wanted.teachers as usize,
        rooms: wanted.rooms as usize,
        pace: match wanted.day {
            Day::Real => Pace::Real(config.host.timezone.clone()),
            Day::Compressed(day) => Pace::Compressed { day },
        },
        ..Plan::default()
    };
    let clock = Arc::clone(&for_whom.clock);
    let options = Options {
        clock: Arc::new(move || clock.now().millis()),
        // Its database follows every second of its own time.
        refresh: Some(Duration::from_secs(1).div_f64(for_whom.speed.clamp(0.1, 100.0))),
        edits: Some(EDITS.div_f64(for_whom.speed.clamp(0.1, 100.0))),
        ..Options::of(School::new(&plan).with_coursework(&COURSEWORK))
    };
    Campus::start(options)
        .await
        .map_err(|error| Exit::new(Code::Internal, format!("the simulated school does not start: {error}")))
}

/// Reads the key of all pseudonyms, or makes it at first start.
async fn pseudonym_key(config: &Config, wanted: &Wanted) -> Result<PseudonymKey, Exit> {
    let wrong = |message: String| Exit::new(Code::Configuration, message);
    if let SecretRef::File(path) = &config.host.key
        && !path.exists()
    {
        let before = !wanted.store.runs(&RunFilter { schedule: None, limit: 1, before: None }).await?.is_empty();
        // Where two hosts share a store the key is with the other one, which would be doubled as soon as this one takes over.
        if before && wanted.writes && matches!(config.host.store, beadle_config::Store::Postgres { .. }) {
            return Err(wrong(format!(
                "there is no key of the pseudonyms at {} (host.key), and the store was written under one: copy it from the host that has \
                 it; if it is lost for good, write 64 hexadecimal digits of your own there, and everybody looks new",
                path.display()
            )));
        }
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Exit::new(Code::Internal, format!("no randomness: {error}")))?;
        let text = hex::encode(bytes);
        wanted.redactor.register(&text.clone().into());
        if wanted.writes {
            write_private(path, &text).map_err(|error| {
                wrong(format!("the key of the pseudonyms cannot be written to {}: {error} (host.key)", path.display()))
            })?;
        }
        tell_of_new_key(path, before, wanted.writes);
        return PseudonymKey::new(text.as_bytes()).ok_or_else(|| wrong("the key is too short".into()));
    }
    let secret = config.host.key.resolve(&env).map_err(|error| wrong(format!("{error} (host.key)")))?;
    wanted.redactor.register(&secret);
    let text = beadle_egress::ExposeSecret::expose_secret(&secret);
    PseudonymKey::new(text.as_bytes()).ok_or_else(|| {
        wrong(format!("the key of the pseudonyms is shorter than {} bytes (host.key)", PseudonymKey::LEAST))
    })
}

/// Says that there was no key: at a first start that is in order; later it is a loss that shows in the sheet.
fn tell_of_new_key(path: &Path, before: bool, writes: bool) {
    let file = path.display();
    match (before, writes) {
        (false, true) => tracing::info!(%file, "made the key of the pseudonyms; keep it: without it people look new"),
        (false, false) => {}
        (true, true) => tracing::warn!(
            %file,
            "the key of the pseudonyms was gone, and a new one was made: everybody has another pseudonym now, looks new, and gets new \
             rows; if you have a copy of the old key, stop the host, put it there, and start again"
        ),
        (true, false) => tracing::warn!(
            %file,
            "the key of the pseudonyms is gone: this command uses one of the moment, under which everybody looks new; put a copy of the \
             old key there before the next start makes another"
        ),
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_settings_is_read_from_a_plugins_message() {
        for (message, place) in [
            ("mapper rooms: settings.rooms[3]: \"x\" is not a network", ["rooms", "3"].as_slice()),
            ("settings.rooms[0] (Lab 1) and settings.rooms[1] (Lab 2) overlap", &["rooms", "0"]),
            ("settings.proxies[12]: no address", &["proxies", "12"]),
            ("it cannot be read", &[]),
        ] {
            assert_eq!(place_in_settings(message), place, "{message}");
        }
    }
}
