//! Discord's HTTP API v10, as far as messages go.
//!
//! Where the documentation and the published specification differ, the documentation wins: 2,000 characters of content, not 4,000.
//! Where neither says what happens, the harsher guess is taken, and its item says so: a client that is safe here is safe there.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use std::sync::Arc;
//! use beadle_campus::chat::Discord;
//! let discord = Discord::start(Arc::new(|| 1_795_198_024_000)).await?;
//! discord.channel("100");
//! discord.role("42", true);
//! // … a client with `discord.token()` posts to `{base_url}/api/v10/channels/100/messages` …
//! for message in discord.messages("100") {
//!     println!("{} {}", message.id, message.visible());
//! }
//! assert!(discord.pings("100").is_empty());
//! # Ok(()) }
//! ```

mod body;
mod bot;
mod call;
mod channel;
mod hand;
mod limits;
mod markdown;
mod mentions;
mod message;
mod refusal;
mod routes;
mod seen;
mod spec;
mod webhook;
mod world;

use std::io;
use std::sync::{Arc, Mutex};

use tokio_util::sync::DropGuard;

use super::Clock;
use crate::faults::Faults;
use crate::loopback;
use world::World;

pub use limits::{Limit, Limits};
pub use mentions::Ping;
pub use seen::Seen;

/// The running service; it stops when this is dropped.
pub struct Discord {
    /// Where the service lives: `http://127.0.0.1:PORT`, without a slash at the end. The API is below `/api/v10`.
    pub base_url: String,
    /// What shall go wrong, and the log of requests.
    pub faults: Faults,
    clock: Clock,
    world: Arc<Mutex<World>>,
    _stop: DropGuard,
}

impl std::fmt::Debug for Discord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Discord").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Discord {
    /// Starts the service on a free port of loopback, with a bot and no channels.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn start(clock: Clock) -> io::Result<Self> {
        let world = Arc::new(Mutex::new(World::default()));
        let router = routes::router(routes::Shared { world: Arc::clone(&world), clock: clock.clone() });
        let (base_url, faults, stop) = loopback::open(|_| router).await?;
        Ok(Self { base_url, faults, clock, world, _stop: stop })
    }
}
