//! The outer form of requests and answers.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::response::Response;
use bytes::Bytes;

use super::super::Clock;
use super::limits::{Scope, Verdict};
use super::world::{Request, World};
use crate::loopback::respond;

/// What every request needs.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) world: Arc<Mutex<World>>,
    pub(super) clock: Clock,
}

pub(super) fn router(shared: Shared) -> Router {
    Router::new().fallback(serve).with_state(shared)
}

async fn serve(State(shared): State<Shared>, method: Method, uri: Uri, head: HeaderMap, body: Bytes) -> Response {
    let text = |name: HeaderName| head.get(name).and_then(|value| value.to_str().ok());
    if !text(header::USER_AGENT).is_some_and(|agent| agent.starts_with("DiscordBot (")) {
        // The wall before the service, not the service, turns these away; its answer is no JSON.
        return respond(403, "text/plain; charset=UTF-8", "error code: 1010");
    }
    let json = text(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json"));
    let request = Request {
        method: &method,
        path: uri.path(),
        query: url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect(),
        authorization: text(header::AUTHORIZATION),
        body: serde_json::from_slice(&body).ok().filter(|_| json),
        now_ms: (shared.clock)(),
    };
    let (verdict, outcome) = shared.world.lock().unwrap_or_else(PoisonError::into_inner).answer(&request);
    let mut response = match outcome {
        Ok(Some(body)) => respond(200, "application/json", body.to_string()),
        Ok(None) => respond(204, "text/html; charset=utf-8", ""),
        Err(refusal) => respond(refusal.status, "application/json", refusal.body.to_string()),
    };
    for (name, value) in limit_headers(verdict) {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Returns the headers that tell of limits. Instants and stretches are seconds with three digits, but for `Retry-After`: whole
/// seconds, rounded up.
fn limit_headers(verdict: Verdict) -> Vec<(&'static str, String)> {
    let seconds = |ms: i64| format!("{}.{:03}", ms.div_euclid(1000), ms.rem_euclid(1000));
    let mut headers = Vec::new();
    if let Some(told) = verdict.told {
        headers.extend([
            ("x-ratelimit-limit", told.limit.to_string()),
            ("x-ratelimit-remaining", told.remaining.to_string()),
            ("x-ratelimit-reset", seconds(told.reset_ms)),
            ("x-ratelimit-reset-after", seconds(told.after_ms)),
            ("x-ratelimit-bucket", told.bucket.to_owned()),
        ]);
    }
    if let Some((scope, wait)) = verdict.refused {
        let name = match scope {
            Scope::User => "user",
            Scope::Global => "global",
            Scope::Shared => "shared",
        };
        headers.push(("x-ratelimit-scope", name.to_owned()));
        headers.push(("retry-after", wait.saturating_add(999).div_euclid(1000).to_string()));
        if scope == Scope::Global {
            headers.push(("x-ratelimit-global", "true".to_owned()));
        }
    }
    headers
}
