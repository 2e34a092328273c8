//! A Moodle that answers as the story says, from one request to the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use beadle_campus::faults::{Action, Faults, Matcher};

/// Whether a web service call meets an order, from when on.
#[derive(Clone)]
pub(crate) struct Script {
    faults: Faults,
    page: Arc<AtomicUsize>,
}

impl Script {
    pub(crate) fn new(faults: &Faults) -> Self {
        Self { faults: faults.clone(), page: Arc::default() }
    }

    /// Has every call from now on answered so. No call falls between this and what was said before.
    pub(crate) fn says(&self, action: Action) {
        let (page, next) = (Arc::clone(&self.page), self.page.load(Ordering::SeqCst) + 1);
        let now = move |path: &str| path.ends_with("/server.php") && page.load(Ordering::SeqCst) == next;
        self.faults.order(Matcher::new(move |seen| now(&seen.path)), None, action);
        self.page.store(next, Ordering::SeqCst);
    }
}

/// Somebody with an account: who, and how many seconds ago they did something.
pub(crate) type Active = (i64, i64);

/// Answers with the list of all participants: these, and the guest and the administrator, who are never there.
pub(crate) fn participants(active: &[Active]) -> Action {
    Action::json(200, list(active, 0))
}

/// The same from a site whose clock is so many seconds ahead.
pub(crate) fn participants_by_clock(active: &[Active], ahead: i64) -> Action {
    let date = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(ahead);
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).expect("a date");
    let headers = [("content-type", "application/json".to_owned()), ("date", date)];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Action::Answer { status: 200, headers, body: list(active, ahead).into() }
}

fn list(active: &[Active], ahead: i64) -> String {
    let now = jiff::Timestamp::now().as_second() + ahead;
    let nobody = [(1, now), (2, now)];
    let all = nobody.into_iter().chain(active.iter().copied());
    let accounts: Vec<String> = all.map(|(id, ago)| format!(r#"{{"id":{id},"lastaccess":{}}}"#, now - ago)).collect();
    format!("[{}]", accounts.join(","))
}
