//! The routes: which call a path is, and the answer's outer form.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use axum::routing::{any, post};
use bytes::Bytes;
use serde_json::Value;

use super::book::Book;
use super::query::Query;
use super::quota::Kind;
use super::refusal::Refusal;
use super::world::World;
use super::{Clock, batch, token, values};
use crate::loopback::respond;

/// What every route holds.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) world: Arc<Mutex<World>>,
    pub(super) clock: Clock,
    pub(super) token_url: String,
}

pub(super) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/token", post(exchange))
        .route("/v4/spreadsheets/{id}", any(spreadsheet))
        .route("/v4/spreadsheets/{id}/{verb}", any(collection))
        .route("/v4/spreadsheets/{id}/values/{range}", any(range))
        .fallback(|| async { nowhere() })
        .with_state(shared)
}

async fn exchange(State(shared): State<Shared>, body: Bytes) -> Response {
    let Ok(key) = token::key() else {
        return answer(500, &token::refusal("internal_failure", "no signing key"));
    };
    let mut world = shared.world.lock().unwrap_or_else(PoisonError::into_inner);
    match token::check(key, &body, &shared.token_url, |email| world.accounts.contains(email)) {
        Ok(claim) => answer(200, &world.issue(claim, (shared.clock)())),
        Err(refusal) => answer(400, &refusal),
    }
}

async fn spreadsheet(
    state: State<Shared>,
    Path(id): Path<String>,
    method: Method,
    head: HeaderMap,
    query: RawQuery,
    body: Bytes,
) -> Response {
    match (method, id.strip_suffix(":batchUpdate")) {
        (Method::POST, Some(id)) => {
            Call { state, head, query, body, kind: Kind::Write }.run(id, |book, _, body| batch::update(book, body))
        }
        (Method::GET, None) => {
            Call { state, head, query, body, kind: Kind::Read }.run(&id, |book, _, _| Ok(book.describe()))
        }
        _ => nowhere(),
    }
}

async fn collection(
    state: State<Shared>,
    Path((id, verb)): Path<(String, String)>,
    method: Method,
    head: HeaderMap,
    query: RawQuery,
    body: Bytes,
) -> Response {
    match (method, verb.as_str()) {
        (Method::GET, "values:batchGet") => Call { state, head, query, body, kind: Kind::Read }
            .run(&id, |book, query, _| values::batch_get(book, query)),
        (Method::POST, "values:batchClear") => Call { state, head, query, body, kind: Kind::Write }
            .run(&id, |book, _, body| values::batch_clear(book, body)),
        _ => nowhere(),
    }
}

async fn range(
    state: State<Shared>,
    Path((id, range)): Path<(String, String)>,
    method: Method,
    head: HeaderMap,
    query: RawQuery,
    body: Bytes,
) -> Response {
    // Only the known verbs are cut off: `Online!A1:A` ends in `:A` too.
    let verb = ["append", "clear"].into_iter().find_map(|verb| {
        let rest = range.strip_suffix(verb)?.strip_suffix(':')?;
        Some((verb, rest))
    });
    let call = |kind| Call { state, head, query, body, kind };
    match (method, verb) {
        (Method::POST, Some(("append", range))) => {
            call(Kind::Write).run(&id, |book, query, body| values::append(book, range, query, body))
        }
        (Method::POST, Some((_, range))) => call(Kind::Write).run(&id, |book, _, _| {
            let cleared = values::clear(book, range)?;
            Ok(serde_json::json!({ "spreadsheetId": book.id, "clearedRange": cleared }))
        }),
        (Method::GET, _) => call(Kind::Read).run(&id, |book, query, _| values::get(book, &range, query)),
        (Method::PUT, _) => call(Kind::Write).run(&id, |book, query, body| values::update(book, &range, query, body)),
        _ => nowhere(),
    }
}

/// A request on its way to a spreadsheet.
struct Call {
    state: State<Shared>,
    head: HeaderMap,
    query: RawQuery,
    body: Bytes,
    kind: Kind,
}

impl Call {
    fn run(self, id: &str, act: impl FnOnce(&mut Book, &Query, &Value) -> Result<Value, Refusal>) -> Response {
        let State(shared) = self.state;
        let mut world = shared.world.lock().unwrap_or_else(PoisonError::into_inner);
        let bearer =
            self.head.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
        let query = url::form_urlencoded::parse(self.query.0.unwrap_or_default().as_bytes()).into_owned().collect();
        let outcome = world.enter(bearer, (shared.clock)(), self.kind, id).and_then(|book| {
            let body = if self.body.is_empty() {
                Value::Null
            } else {
                serde_json::from_slice(&self.body)
                    .map_err(|_| Refusal::invalid("Invalid JSON payload received. Unexpected token."))?
            };
            // A refused request leaves nothing behind, also where it failed half-way.
            let before = (self.kind == Kind::Write).then(|| book.clone());
            let outcome = act(book, &Query(query), &body);
            if let (Err(_), Some(before)) = (&outcome, before) {
                *book = before;
            }
            outcome
        });
        match outcome {
            Ok(body) => answer(200, &body),
            Err(refusal) => answer(refusal.code, &refusal.body()),
        }
    }
}

/// Answers JSON as the service does: indented, in UTF-8.
fn answer(status: u16, body: &Value) -> Response {
    let mut text = serde_json::to_vec_pretty(body).unwrap_or_default();
    text.push(b'\n');
    respond(status, "application/json; charset=UTF-8", text)
}

/// Answers what the service's front end says about an unknown path: a page, not JSON.
fn nowhere() -> Response {
    let page = "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p>That’s an error.\n";
    respond(404, "text/html; charset=UTF-8", page)
}
