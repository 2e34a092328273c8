//! The whole campus, running: web service, database, spreadsheet service.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::database::{Database, DatabaseError};
use crate::faults::{self, Faults};
use crate::moodle::{Account, Moodle};
use crate::school::{Clock, Plan, School, system_clock};
use crate::sheets::Sheets;

/// How long a graceful stop waits for requests under way; a request that hangs on order never ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the campus could not be started.
#[derive(Debug, Error)]
pub enum CampusError {
    /// The port cannot be had.
    #[error("cannot listen on {address}: {source}; choose another port, or 0 for any free one")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// There is no place for the database.
    #[error("cannot make a temporary folder for the campus database: {0}")]
    Folder(io::Error),
    /// The database cannot be written.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The spreadsheet service cannot be started.
    #[error("cannot start the spreadsheet service of the campus: {0}")]
    Sheets(io::Error),
}

/// How to run a campus.
pub struct Options {
    /// The school; of any make.
    pub school: Arc<School>,
    /// Who tells the time.
    pub clock: Clock,
    /// Where the Moodle listens; port 0 is any free one.
    pub listen: SocketAddr,
    /// The file of the database, replaced if it is there; `None` is a temporary one.
    pub database: Option<PathBuf>,
    /// How often the database follows the clock by itself; `None` leaves it to [`Campus::refresh`].
    pub refresh: Option<Duration>,
    /// How often somebody edits something in a course; `None` leaves it to hands.
    pub edits: Option<Duration>,
    /// Whether to run a spreadsheet service too.
    pub sheets: bool,
}

impl Default for Options {
    /// The school of the demonstration, on the machine's clock.
    fn default() -> Self {
        Self::of(School::new(&Plan::compressed()))
    }
}

impl Options {
    /// Runs this school on the machine's clock and any free port, the database following every second.
    pub fn of(school: School) -> Self {
        Self {
            school: Arc::new(school),
            clock: system_clock(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            database: None,
            refresh: Some(Duration::from_secs(1)),
            edits: None,
            sheets: false,
        }
    }

    /// Takes the time from this clock and refreshes the database only when told to, as tests want it.
    #[must_use]
    pub fn on(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self.refresh = None;
        self
    }

    /// Runs a spreadsheet service too.
    #[must_use]
    pub fn with_sheets(mut self) -> Self {
        self.sheets = true;
        self
    }
}

/// A running campus; it stops when this is dropped.
pub struct Campus {
    /// Address of the Moodle, `http://127.0.0.1:PORT`, without a slash at the end.
    pub moodle_url: String,
    /// The token of [`Account::Full`]; other accounts have their own.
    pub token: String,
    /// The file of the database.
    pub database_path: PathBuf,
    /// The spreadsheet service, if it was asked for.
    pub sheets: Option<Sheets>,
    moodle: Moodle,
    database: Arc<Database>,
    tasks: Vec<JoinHandle<()>>,
    stop: DropGuard,
    // Behind everything that has files in it.
    _folder: Option<TempDir>,
}

impl Campus {
    /// Starts a campus; it serves when this returns.
    ///
    /// # Errors
    ///
    /// If the port is taken or the database cannot be written.
    pub async fn start(options: Options) -> Result<Self, CampusError> {
        let Options { school, clock, listen, database, refresh, edits, sheets } = options;
        let failed = |source| CampusError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let moodle_url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let (path, folder) = match database {
            Some(path) => (path, None),
            None => {
                let folder = tempfile::Builder::new().prefix("campus-").tempdir().map_err(CampusError::Folder)?;
                (folder.path().join("moodle.db"), Some(folder))
            }
        };
        let moodle = Moodle::new(school, clock.clone(), moodle_url.clone());
        let database = Arc::new(Database::create(&path, &moodle.snapshot()).await?);
        let sheets = match sheets {
            true => Some(Sheets::start(clock).await.map_err(CampusError::Sheets)?),
            false => None,
        };
        let stop = CancellationToken::new();
        let router = moodle.router();
        let (server_stop, faults) = (stop.clone(), moodle.faults().clone());
        let mut tasks = vec![tokio::spawn(async move {
            if let Err(error) = faults::serve(faults, listener, router, server_stop).await {
                tracing::warn!(%error, "the campus stopped serving");
            }
        })];
        if let Some(every) = refresh {
            tasks.push(tokio::spawn(follow(moodle.clone(), database.clone(), every, stop.clone())));
        }
        if let Some(every) = edits {
            tasks.push(tokio::spawn(edit(moodle.clone(), every, stop.clone())));
        }
        Ok(Self {
            moodle_url,
            token: Account::Full.token().to_owned(),
            database_path: path,
            sheets,
            moodle,
            database,
            tasks,
            stop: stop.drop_guard(),
            _folder: folder,
        })
    }

    /// Returns the web service: its conditions, tokens and snapshots.
    pub fn moodle(&self) -> &Moodle {
        &self.moodle
    }

    /// Returns what goes wrong with the Moodle on order, and what it was asked.
    pub fn faults(&self) -> &Faults {
        self.moodle.faults()
    }

    /// Returns the school.
    pub fn school(&self) -> &Arc<School> {
        self.moodle.school()
    }

    /// Brings the database up to the clock and returns how many rows changed.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub async fn refresh(&self) -> Result<usize, DatabaseError> {
        self.database.refresh(&self.moodle.snapshot()).await
    }

    /// Stops and waits until requests under way are answered, five seconds at most.
    pub async fn stop(self) {
        drop(self.stop);
        for task in self.tasks {
            let abort = task.abort_handle();
            if tokio::time::timeout(PATIENCE, task).await.is_err() {
                abort.abort();
            }
        }
    }
}

async fn follow(moodle: Moodle, database: Arc<Database>, every: Duration, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {
                if let Err(error) = database.refresh(&moodle.snapshot()).await {
                    tracing::warn!(%error, "the campus database fell behind; the next refresh tries again");
                }
            }
        }
    }
}

/// Edits one module after the other.
async fn edit(moodle: Moodle, every: Duration, stop: CancellationToken) {
    let mut edited = 0;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(every) => {
                moodle.coursework().edit_some(edited, 1);
                edited += 1;
            }
        }
    }
}
