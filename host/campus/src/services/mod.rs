//! Private MariaDB and PostgreSQL servers for tests.
//!
//! What a database refuses, which types it answers with and how it says that it is away cannot be told from a fake. So a
//! test starts the real server: once per test process, on a socket in a temporary folder that nobody else reaches, with an
//! empty database for each test. A watcher ends the server and removes the folder when the test process ends, however it
//! ends: a pipe closes, which happens at a panic and at a kill just the same.
//!
//! A machine without the server skips the test and says why; with `BEADLE_REQUIRE_SERVICES=1` the skip is a failure.
//!
//! ```no_run
//! let Some(server) = beadle_campus::services::mariadb_or_skip() else { return };
//! let database = server.database();
//! println!("{}", database.url); // mysql://root@localhost/test_1?socket=…
//! ```

mod find;
mod mariadb;
mod postgres;
mod server;
mod watch;

use std::sync::OnceLock;

pub use server::{Database, Server, ServiceError};

/// The variable that turns a skip into a failure.
const REQUIRE: &str = "BEADLE_REQUIRE_SERVICES";

static MARIADB: OnceLock<Result<Server, ServiceError>> = OnceLock::new();
static POSTGRES: OnceLock<Result<Server, ServiceError>> = OnceLock::new();

/// Returns this process's MariaDB, started at the first call (about 4 s); none where the machine has none.
pub fn mariadb() -> Option<&'static Server> {
    started(&MARIADB, mariadb::start).ok()
}

/// Returns this process's PostgreSQL, started at the first call (about 2 s); none where the machine has none.
pub fn postgres() -> Option<&'static Server> {
    started(&POSTGRES, postgres::start).ok()
}

/// Returns this process's MariaDB, or says on the standard error stream why the test is skipped.
///
/// # Panics
/// Without MariaDB where `BEADLE_REQUIRE_SERVICES=1`.
pub fn mariadb_or_skip() -> Option<&'static Server> {
    or_skip(started(&MARIADB, mariadb::start))
}

/// Returns this process's PostgreSQL, or says on the standard error stream why the test is skipped.
///
/// # Panics
/// Without PostgreSQL where `BEADLE_REQUIRE_SERVICES=1`.
pub fn postgres_or_skip() -> Option<&'static Server> {
    or_skip(started(&POSTGRES, postgres::start))
}

/// Returns a MariaDB of the caller's own, which may be stopped and started again without harm to others; or says why there is none.
///
/// # Panics
/// Without MariaDB where `BEADLE_REQUIRE_SERVICES=1`.
pub fn own_mariadb_or_skip() -> Option<Server> {
    or_skip(mariadb::start())
}

/// Returns a PostgreSQL of the caller's own, as [`own_mariadb_or_skip`] does.
///
/// # Panics
/// Without PostgreSQL where `BEADLE_REQUIRE_SERVICES=1`.
pub fn own_postgres_or_skip() -> Option<Server> {
    or_skip(postgres::start())
}

fn started(
    slot: &'static OnceLock<Result<Server, ServiceError>>,
    start: fn() -> Result<Server, ServiceError>,
) -> Result<&'static Server, &'static ServiceError> {
    slot.get_or_init(start).as_ref()
}

#[expect(clippy::print_stderr, reason = "the only place where a skipped test can say why")]
fn or_skip<S, E: std::fmt::Display>(server: Result<S, E>) -> Option<S> {
    match server {
        Ok(server) => Some(server),
        Err(reason) if required() => panic!("{reason} ({REQUIRE} is set)"),
        Err(reason) => {
            eprintln!("skipped: {reason}");
            None
        }
    }
}

fn required() -> bool {
    std::env::var_os(REQUIRE).is_some_and(|value| !value.is_empty() && value != "0")
}

#[cfg(test)]
mod tests;
