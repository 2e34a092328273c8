//! The outer form of requests and answers.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use serde_json::json;

use super::super::Clock;
use super::params::Params;
use super::refusal::Refusal;
use super::world::World;
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
    let path = uri.path().strip_prefix("/bot").and_then(|path| path.split_once('/'));
    let outcome = match path {
        Some((token, name)) if method == Method::GET || method == Method::POST => {
            let kind = head.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let params = Params::read(uri.query().unwrap_or_default(), kind, &body);
            // Clients that write the colon as an escape are served as well.
            let token = token.replace("%3A", ":").replace("%3a", ":");
            let mut world = shared.world.lock().unwrap_or_else(PoisonError::into_inner);
            world.call(&token, name, params, (shared.clock)())
        }
        _ => Err(Refusal::nowhere()),
    };
    let (status, body) = match &outcome {
        Ok(result) => (200, json!({ "ok": true, "result": result })),
        Err(refusal) => (refusal.code, refusal.body()),
    };
    let mut response = respond(status, "application/json", body.to_string());
    if let Some(wait) = outcome.err().and_then(|refusal| refusal.retry_after()) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}
