//! A spreadsheet service on loopback that answers as Google Sheets (API v4) does.
//!
//! What goes wrong with the real one goes wrong here too: tables are guessed from the cells, typed texts become numbers, quotas run
//! out, an append is carried out and its answer lost. Any client of the real service can be pointed at it, by base URL and by the
//! `token_uri` of the key file.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use std::sync::Arc;
//! use beadle_campus::sheets::{Role, Sheets};
//! let sheets = Sheets::start(Arc::new(|| 1_795_198_024_000)).await?;
//! sheets.create("presence", &[(sheets.email(), Role::Writer)]);
//! let key_file = sheets.service_account_json();
//! // … a client with that key appends to `{base_url}/v4/spreadsheets/presence/values/…` …
//! assert!(sheets.cells("presence", "Sheet1").is_empty());
//! # Ok(()) }
//! ```

mod a1;
mod batch;
mod book;
mod cell;
mod cells;
mod formula;
mod hand;
mod metadata;
mod query;
mod quota;
mod refusal;
mod routes;
mod tab;
mod table;
mod token;
mod values;
mod world;

use std::io;
use std::sync::{Arc, Mutex};

use tokio_util::sync::DropGuard;

use crate::faults::Faults;
use crate::loopback;
use world::World;

pub use crate::school::Clock;
pub use book::Role;
pub use quota::{PER_PROJECT, PER_USER};

/// The service account that exists from the start.
const EMAIL: &str = "beadle@simulated-school.iam.gserviceaccount.com";

/// The running service; it stops when this is dropped.
pub struct Sheets {
    /// Where the API lives: `http://127.0.0.1:PORT`, without a slash at the end.
    pub base_url: String,
    /// Where assertions are exchanged for access tokens.
    pub token_url: String,
    /// What shall go wrong, and the log of requests.
    pub faults: Faults,
    world: Arc<Mutex<World>>,
    _stop: DropGuard,
}

impl std::fmt::Debug for Sheets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sheets").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Sheets {
    /// Starts the service on a free port of loopback.
    ///
    /// # Errors
    ///
    /// No port is free, or no key can be made.
    pub async fn start(clock: Clock) -> io::Result<Self> {
        tokio::task::spawn_blocking(token::key).await.map_err(io::Error::other)??;
        let world = Arc::new(Mutex::new(World::default()));
        let routes = |base_url: &str| {
            let token_url = format!("{base_url}/token");
            routes::router(routes::Shared { world: Arc::clone(&world), clock, token_url })
        };
        let (base_url, faults, stop) = loopback::open(routes).await?;
        let sheets = Self { token_url: format!("{base_url}/token"), base_url, faults, world, _stop: stop };
        sheets.with(|world| world.accounts.insert(EMAIL.to_owned()));
        Ok(sheets)
    }
}
