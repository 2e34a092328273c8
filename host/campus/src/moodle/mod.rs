//! A Moodle web service over a [`School`], answering as a real Moodle 5.0.6 was recorded to answer.
//!
//! The host must cope with what Moodle does, not with what one would expect: errors that come with HTTP 200, tokens that
//! fail in two ways, searches that drop what they do not know, conferences without an end. All of that is here, [`breakdown`]
//! orders the rest, [`Conferences`] moves conferences about, and [`Classroom`] changes what courses hold.

pub mod breakdown;

mod accounts;
mod conferences;
mod coursework;
mod export;
mod fail;
mod functions;
mod login;
mod params;
mod record;
mod rest;
mod text;
mod write;

use std::collections::HashSet;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{any, get};

pub use accounts::{Account, CUSTOM_SERVICE, MOBILE_SERVICE, PASSWORD};
pub use conferences::{ConferenceId, Conferences, Entry};
pub use coursework::Classroom;
pub use fail::Fail;
pub use functions::{COURSEWORK, FUNCTIONS, KNOWN};

use crate::faults::Faults;
use crate::school::courses::Book;
use crate::school::{Clock, School, Snapshot};
use accounts::Tokens;
use conferences::Hands;

/// A state of the whole site that changes its answers until it is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Under maintenance: only the administrator gets answers.
    Maintenance,
    /// Under maintenance from the command line: 503 and HTML for everything.
    CommandLineMaintenance,
    /// Web services are switched off: 403 and nothing.
    WebServicesDisabled,
    /// The REST protocol is switched off: 403 and nothing; logging in still works.
    RestDisabled,
    /// The custom service is disabled.
    ServiceDisabled,
    /// The tokens may not be used from this address.
    AddressRefused,
    /// Moodle does not reach its database.
    DatabaseDown,
    /// The site hides when people were last seen (`hiddenuserfields`).
    LastAccessHidden,
    /// Debugging is on: errors carry a reason, and one has another code.
    Debugging,
}

/// The web service of one site. Clones are the same site.
#[derive(Clone)]
pub struct Moodle {
    inner: Arc<Inner>,
}

struct Inner {
    school: Arc<School>,
    clock: Clock,
    faults: Faults,
    state: Mutex<State>,
    hands: Mutex<Hands>,
    book: Mutex<Arc<Book>>,
    revision: AtomicI64,
    latest: Mutex<Option<Arc<Snapshot>>>,
}

struct State {
    url: String,
    tokens: Tokens,
    conditions: HashSet<Condition>,
    /// How often all addresses of calendars were taken back.
    calendars: u64,
}

impl Moodle {
    /// Makes the site of a school; `url` is the address it is configured for, without a slash at the end.
    pub fn new(school: Arc<School>, clock: Clock, url: impl Into<String>) -> Self {
        let state = State { url: url.into(), tokens: Tokens::new(), conditions: HashSet::new(), calendars: 0 };
        Self {
            inner: Arc::new(Inner {
                book: Mutex::new(school.book().clone()),
                revision: AtomicI64::new(coursework::REVISION),
                school,
                clock,
                faults: Faults::new(),
                state: Mutex::new(state),
                hands: Mutex::new(Hands::default()),
                latest: Mutex::new(None),
            }),
        }
    }

    /// Returns the routes, with the faults before them.
    pub fn router(&self) -> Router {
        let routes = Router::new()
            .route("/webservice/rest/server.php", any(rest::serve))
            .route("/login/token.php", any(login::serve))
            .route("/calendar/export_execute.php", get(export::serve))
            .fallback(|| async {
                let kind = [(header::CONTENT_TYPE, "text/html; charset=UTF-8")];
                (StatusCode::NOT_FOUND, kind, "File not found.\n").into_response()
            })
            .with_state(self.clone())
            .layer(middleware::map_response_with_state(self.clone(), rest::dated));
        self.inner.faults.layer(routes)
    }

    /// Returns what goes wrong here on order, and what was asked.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// Returns the school behind the site.
    pub fn school(&self) -> &Arc<School> {
        &self.inner.school
    }

    /// Returns the address the site is configured for.
    pub fn url(&self) -> String {
        self.state().url.clone()
    }

    /// Configures the site for another address.
    pub fn set_url(&self, url: impl Into<String>) {
        self.state().url = url.into();
    }

    /// Begins or ends a condition of the whole site.
    pub fn set(&self, condition: Condition, on: bool) {
        let mut state = self.state();
        if on {
            state.conditions.insert(condition);
        } else {
            state.conditions.remove(&condition);
        }
    }

    /// Lets a token expire: its next use answers `accessexception` and deletes it.
    pub fn expire(&self, token: &str) {
        self.state().tokens.expire(token);
    }

    /// Deletes a token.
    pub fn revoke(&self, token: &str) {
        self.state().tokens.revoke(token);
    }

    /// Suspends a user's access to the web service, or ends that.
    pub fn suspend(&self, username: &str, suspended: bool) {
        self.state().tokens.suspend(username, suspended);
    }

    /// Returns the school as its tables stand now; computed once a second.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        let now = (self.inner.clock)();
        let mut latest = self.inner.latest.lock().unwrap_or_else(PoisonError::into_inner);
        match &*latest {
            Some(snapshot) if snapshot.at.div_euclid(1000) == now.div_euclid(1000) => snapshot.clone(),
            _ => latest.insert(Arc::new(self.inner.school.at(now))).clone(),
        }
    }

    fn now(&self) -> i64 {
        (self.inner.clock)().div_euclid(1000)
    }

    fn is(&self, condition: Condition) -> bool {
        self.state().conditions.contains(&condition)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
