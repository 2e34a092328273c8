//! Telegram's Bot API, as far as messages of text go.
//!
//! HTML is parsed by the rules of the real server, byte offsets in its complaints included, and a message is as long as what is left
//! after that, in UTF-16. There is no key against repeats: a message sent twice stands twice.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use std::sync::Arc;
//! use beadle_campus::chat::Telegram;
//! let telegram = Telegram::start(Arc::new(|| 1_795_198_024_000)).await?;
//! telegram.chat(-1001234567890);
//! // … a client posts to `{base_url}/bot{token}/sendMessage`, with `telegram.token()` …
//! for message in telegram.messages(-1001234567890) {
//!     println!("{} {}", message.id, message.visible());
//! }
//! # Ok(()) }
//! ```

mod entity;
mod hand;
mod html;
mod limits;
mod message;
mod methods;
mod params;
mod refusal;
mod routes;
mod spec;
mod tag;
mod world;

use std::io;
use std::sync::{Arc, Mutex};

use tokio_util::sync::DropGuard;

use super::Clock;
use crate::faults::Faults;
use crate::loopback;
use world::World;

pub use entity::Entity;
pub use limits::Limits;
pub use message::Seen;

/// The running service; it stops when this is dropped.
pub struct Telegram {
    /// Where the API lives: `http://127.0.0.1:PORT`, without a slash at the end.
    pub base_url: String,
    /// What shall go wrong, and the log of requests. Paths hold the token.
    pub faults: Faults,
    clock: Clock,
    world: Arc<Mutex<World>>,
    _stop: DropGuard,
}

impl std::fmt::Debug for Telegram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telegram").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Telegram {
    /// Starts the service on a free port of loopback, with a bot and no chats.
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
