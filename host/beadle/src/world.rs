//! Start-up: from a configuration to everything that a command needs, and no more.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use beadle_campus::school::{Pace, Plan, School};
use beadle_campus::{Campus, Options};
use beadle_config::{Config, ConfigErrors, Day, SecretRef, Source, Store as StorePlace};
use beadle_egress::{Egress, Redactor};
use beadle_engine::{CampusPeers, Inputs, Setup, SetupProblem};
use beadle_plan::Clock;
use beadle_sandbox::{PseudonymKey, Sandbox};
use beadle_store::{Place, SqliteStore, Store};

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

impl World {
    pub(crate) async fn new(config: &Config, wanted: Wanted) -> Result<Self, Exit> {
        // Each run may have a mapper, some of which are kept warm.
        let instances = u32::try_from(config.host.runs * 2 + 32).unwrap_or(u32::MAX);
        let sandbox = Sandbox::new(&beadle_sandbox::Settings { cache: Some(config.host.cache.clone()), instances })
            .map_err(|error| Exit::new(Code::Internal, error))?;
        let egress = Egress::new(beadle_egress::Settings::default())
            .map_err(|error| Exit::new(Code::Internal, format!("no HTTP client: {error}")))?;
        let (campus, peers) = if !config.uses_campus() {
            (None, None)
        } else if wanted.connects {
            let campus = start_campus(config, &wanted).await?;
            let peers = CampusPeers {
                moodle_url: campus.moodle_url.clone(),
                token: campus.token.clone(),
                database: campus.database_path.clone(),
            };
            (Some(campus), Some(peers))
        } else {
            (None, Some(nowhere()))
        };
        let key = pseudonym_key(config, wanted.writes)?;
        Ok(Self {
            store: wanted.store,
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
        let inputs = Inputs {
            env: &env,
            sandbox: &self.sandbox,
            builtins: beadle_builtins::builtin,
            campus: self.campus.as_ref(),
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            key: self.key.clone(),
            egress: &self.egress,
            redactor: &self.redactor,
            before,
        };
        Setup::new(config, inputs).await
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
        token: "none".to_owned(),
        database: PathBuf::from("campus.db"),
    }
}

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
        ..Options::of(School::new(&plan))
    };
    Campus::start(options)
        .await
        .map_err(|error| Exit::new(Code::Internal, format!("the simulated school does not start: {error}")))
}

/// Reads the key of all pseudonyms, or makes it at first start.
fn pseudonym_key(config: &Config, writes: bool) -> Result<PseudonymKey, Exit> {
    let wrong = |message: String| Exit::new(Code::Configuration, message);
    if let SecretRef::File(path) = &config.host.key
        && !path.exists()
    {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Exit::new(Code::Internal, format!("no randomness: {error}")))?;
        let text = hex::encode(bytes);
        if writes {
            write_private(path, &text).map_err(|error| {
                wrong(format!("the key of the pseudonyms cannot be written to {}: {error} (host.key)", path.display()))
            })?;
            tracing::info!(file = %path.display(), "made the key of the pseudonyms; keep it: without it people look new");
        }
        return PseudonymKey::new(text.as_bytes()).ok_or_else(|| wrong("the key is too short".into()));
    }
    let secret = config.host.key.resolve(&env).map_err(|error| wrong(format!("{error} (host.key)")))?;
    let text = beadle_egress::ExposeSecret::expose_secret(&secret);
    PseudonymKey::new(text.as_bytes()).ok_or_else(|| {
        wrong(format!("the key of the pseudonyms is shorter than {} bytes (host.key)", PseudonymKey::LEAST))
    })
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
