//! A webhook of nobody in particular: it takes any event and remembers it.
//!
//! Events are signed: `X-Beadle-Signature` is `sha256=` and the HMAC-SHA256, in hexadecimal, of the value of `X-Beadle-Timestamp`, a
//! full stop, and the body. An event whose `Idempotency-Key` came before on the same path is a repeat and is not applied again.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use std::sync::Arc;
//! use beadle_campus::chat::Hook;
//! let hook = Hook::start(Arc::new(|| 1_795_198_024_000)).await?;
//! hook.secret(Some("an invented secret"));
//! // … a client posts to `{base_url}/hook/class-7` …
//! assert!(hook.applied().is_empty());
//! # Ok(()) }
//! ```

mod event;
mod signature;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use bytes::Bytes;
use tokio_util::sync::DropGuard;

use super::Clock;
use crate::faults::Faults;
use crate::loopback::{self, respond};

pub use event::{Event, Repeat};
pub use signature::Signature;

const JSON: &str = "application/json";

/// The running service; it stops when this is dropped.
pub struct Hook {
    /// Where the service lives: `http://127.0.0.1:PORT`, without a slash at the end. It takes events at and below `/hook`.
    pub base_url: String,
    /// What shall go wrong, and the log of requests.
    pub faults: Faults,
    state: Arc<Mutex<Book>>,
    _stop: DropGuard,
}

/// What came, and what is wanted of it.
#[derive(Debug, Default)]
struct Book {
    events: Vec<Event>,
    secret: Option<String>,
    strict: bool,
}

#[derive(Clone)]
struct Shared {
    state: Arc<Mutex<Book>>,
    clock: Clock,
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hook").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Hook {
    /// Starts the service on a free port of loopback.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn start(clock: Clock) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(Book::default()));
        let router = Router::new().fallback(serve).with_state(Shared { state: Arc::clone(&state), clock });
        let (base_url, faults, stop) = loopback::open(|_| router).await?;
        Ok(Self { base_url, faults, state, _stop: stop })
    }

    /// Sets the secret against which signatures are checked from now on; `None` checks none.
    pub fn secret(&self, secret: Option<&str>) {
        self.with(|book| book.secret = secret.map(str::to_owned));
    }

    /// Answers 401 to events that are not rightly signed, and does not apply them, while there is a secret.
    pub fn strict(&self, strict: bool) {
        self.with(|book| book.strict = strict);
    }

    /// Returns all events, oldest first, refused ones and repeats among them.
    pub fn events(&self) -> Vec<Event> {
        self.with(|book| book.events.clone())
    }

    /// Returns the events that were applied: neither refused nor repeated.
    pub fn applied(&self) -> Vec<Event> {
        self.with(|book| book.events.iter().filter(|event| event.applied).cloned().collect())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Book) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn serve(State(shared): State<Shared>, method: Method, uri: Uri, head: HeaderMap, body: Bytes) -> Response {
    let path = uri.path();
    if path != "/hook" && !path.starts_with("/hook/") {
        return respond(404, JSON, r#"{"error":"no such hook"}"#);
    }
    if method != Method::POST {
        return respond(405, JSON, r#"{"error":"events are posted"}"#);
    }
    let mut book = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    let signature = Signature::of(&head, &body, book.secret.as_deref());
    let refused = book.strict && matches!(signature, Signature::Absent | Signature::Wrong);
    let event = Event::new(&book.events, path, &head, body, signature, !refused, (shared.clock)());
    book.events.push(event);
    if refused { respond(401, JSON, r#"{"error":"wrong signature"}"#) } else { respond(200, JSON, r#"{"ok":true}"#) }
}
