//! A running server, and the databases in it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection};
use url::Url;

use super::watch::Watched;

/// How long a server may take to answer for the first time. A busy machine with two cores needs up to 20 s.
const READY: Duration = Duration::from_secs(60);

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The machine does not have it.
    #[error("{service} is not on this machine: install {packages}, or name its server program in {variable}")]
    Absent {
        /// Its name.
        service: &'static str,
        /// The Debian packages that bring it.
        packages: &'static str,
        /// The environment variable that names its program.
        variable: &'static str,
    },
    /// It is there but does not start.
    #[error("{service} does not start: {cause}")]
    Broken {
        /// Its name.
        service: &'static str,
        /// What it said, or what went wrong.
        cause: String,
    },
}

/// Which family of SQL a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    MariaDb,
    Postgres,
}

/// A running server that belongs to this process.
#[derive(Debug)]
pub struct Server {
    family: Family,
    admin: Url,
    databases: AtomicU32,
    watched: Watched,
}

/// An empty database of one test.
#[derive(Debug, Clone)]
pub struct Database {
    /// Where it is, for a user who may do everything: `mysql://root@localhost/test_1?socket=…` or
    /// `postgres://postgres:…@localhost/test_1?host=…`.
    pub url: String,
    /// Its name.
    pub name: String,
}

impl Database {
    /// Returns where it is for another user.
    pub fn url_as(&self, user: &str, password: Option<&str>) -> String {
        let mut url = Url::parse(&self.url).expect("the address was made by this module");
        url.set_username(user).and_then(|()| url.set_password(password)).expect("the address has a host");
        url.into()
    }
}

impl Server {
    /// Starts a server and waits until it answers at `admin`.
    pub(super) fn start(
        family: Family,
        service: &'static str,
        folder: &Path,
        command: &Command,
        account: Option<(u32, u32)>,
        admin: Url,
    ) -> Result<Self, ServiceError> {
        let broken = |cause: String| ServiceError::Broken { service, cause };
        let log = folder.join("log");
        let file = File::options().create(true).append(true).open(&log).map_err(|error| broken(error.to_string()))?;
        // PostgreSQL loses its small shared memory segment at SIGKILL; SIGQUIT ends it just as fast.
        let signal = if family == Family::Postgres { "QUIT" } else { "KILL" };
        let watched =
            Watched::start(folder, signal, command, account, &file).map_err(|error| broken(error.to_string()))?;
        let server = Self { family, admin, databases: AtomicU32::new(0), watched };
        server.wait().map_err(|error| broken(format!("{error}; its log ends with: {}", tail(&log))))?;
        Ok(server)
    }

    /// Makes an empty database.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn database(&self) -> Database {
        let number = self.databases.fetch_add(1, Ordering::Relaxed) + 1;
        let name = format!("test_{number}");
        let statement = match self.family {
            Family::MariaDb => {
                format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
            }
            Family::Postgres => {
                format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
            }
        };
        self.execute(&statement).unwrap_or_else(|error| panic!("cannot make the database {name}: {error}"));
        let mut url = self.admin.clone();
        url.set_path(&name);
        Database { url: url.into(), name }
    }

    /// Runs one statement as the user who may do everything, outside of any test's database.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn execute(&self, statement: &str) -> Result<(), sqlx::Error> {
        let (family, admin, statement) = (self.family, self.admin.clone(), statement.to_owned());
        alone(async move {
            match family {
                Family::MariaDb => {
                    let mut connection = MySqlConnection::connect(admin.as_str()).await?;
                    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
                    connection.close().await
                }
                Family::Postgres => {
                    let mut connection = PgConnection::connect(admin.as_str()).await?;
                    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
                    connection.close().await
                }
            }
        })
    }

    /// Stops the server as its administrator would in a hurry: statements under way are ended, and what was committed is kept. It is down
    /// when this returns.
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(&self) {
        let signal = match self.family {
            Family::MariaDb => "TERM",
            Family::Postgres => "INT",
        };
        self.watched.tell(signal).expect("the watcher lives as long as its server");
        let began = Instant::now();
        while self.execute("SELECT 1").is_ok() {
            assert!(began.elapsed() < READY, "the server does not stop");
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    /// Starts a stopped server again, on the same data and at the same address, and waits until it answers.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&self) {
        self.watched.tell("up").expect("the watcher lives as long as its server");
        self.wait().expect("the server starts again");
    }

    fn wait(&self) -> Result<(), sqlx::Error> {
        let began = Instant::now();
        loop {
            match self.execute("SELECT 1") {
                Ok(()) => return Ok(()),
                Err(error) if began.elapsed() > READY => return Err(error),
                // No fake clock helps here: a process outside has to come up.
                Err(_) => std::thread::sleep(Duration::from_millis(25)),
            }
        }
    }
}

/// Runs a future to its end on a thread of its own, so that tests with and without a runtime may call.
fn alone<T: Send + 'static>(
    future: impl Future<Output = Result<T, sqlx::Error>> + Send + 'static,
) -> Result<T, sqlx::Error> {
    let thread = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
    });
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Makes a temporary folder that a watcher removes. Sockets have room for 107 bytes of path, so a long one is not taken.
pub(super) fn folder(name: &str) -> std::io::Result<PathBuf> {
    let usual = std::env::temp_dir();
    let parent = if usual.as_os_str().len() > 60 { Path::new("/tmp") } else { usual.as_path() };
    Ok(tempfile::Builder::new().prefix(&format!("beadle-{name}-")).tempdir_in(parent)?.keep())
}

/// Runs a program to its end; what it said is the error.
pub(super) fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Err(format!("{}: {}: {}", command.get_program().display(), output.status, last(&said)))
}

fn tail(log: &Path) -> String {
    last(&String::from_utf8_lossy(&std::fs::read(log).unwrap_or_default()))
}

fn last(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join(" | ")
}
