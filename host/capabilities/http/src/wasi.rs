//! The guest languages' standard `wasi:http`, through the same grants and guard.
//!
//! What `wasmtime-wasi-http` does by itself resolves names without a guard, and tells nobody what was asked. Here each request goes the
//! plugin's own way out. Redirects are handed back: the guest's library follows them, and each comes by here again.

use std::time::{Duration, Instant};

use beadle_egress::{Answer, EgressError, Guarded, Origin, Request};
use beadle_plan::LimitHit;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::host::{explain, read_url};
use crate::journal::Journal;

/// How large a request's body may be: queries are small, and uploads are not reads.
const MOST_SENT: usize = 4 << 20;

/// The hooks of one run, for the `hooks` of a `WasiHttpCtxView`.
#[derive(Debug)]
pub struct WasiGuard {
    plugin: String,
    way: Guarded,
    journal: Journal,
}

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sending = Box<dyn Future<Output = Result<(http::Response<WasiBody>, Io), Error>> + Send>;

impl WasiGuard {
    /// Makes the hooks of one run, over the same way out as [`crate::HttpView`]'s.
    pub fn new(plugin: &str, way: Guarded, journal: Journal) -> Self {
        Self { plugin: plugin.to_owned(), way, journal }
    }
}

/// How much of a request's body is taken from the guest at a time; it waits in memory until the request is under way.
const PIECE: usize = 64 << 10;

impl WasiHttpHooks for WasiGuard {
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        PIECE
    }

    fn send_request(&mut self, request: http::Request<WasiBody>, options: Option<RequestOptions>, _: Io) -> Sending {
        let (plugin, way, journal) = (self.plugin.clone(), self.way.clone(), self.journal.clone());
        Box::new(async move {
            journal.call().map_err(limit)?;
            // A guest sends as many as it likes side by side; bodies and answers are whole in memory.
            let _place = journal.place().await;
            let began = Instant::now();
            // The body is read before anything is decided: a guest whose body is not taken sees a broken connection in place of
            // the denial, and some guest libraries race with the client over empty bodies.
            let bound = journal.host_call();
            let Ok(request) = tokio::time::timeout(bound, read(request)).await else {
                let text = format!("the plugin did not end its request within {bound:?} (limits.host-call)");
                tracing::info!(%plugin, %text, "wasi:http request failed");
                journal.read("http:?".to_owned(), began.elapsed(), 0, Some(text.clone()));
                return Err(Error::InternalError(Some(text)));
            };
            let request = request?;
            let host = Origin::of(&request.url).map_or_else(|_| "?".to_owned(), |origin| origin.authority());
            let result = within(options, way.send_once(request)).await;
            let size = result.as_ref().map_or(0, |answer| answer.body.len());
            let text = result.as_ref().err().map(|error| explain(&plugin, error));
            if let Some(text) = &text {
                // The guest is told a code only; the reason stands here and in the run's reads.
                tracing::info!(%plugin, %text, "wasi:http request failed");
            }
            journal.read(format!("http:{host}"), began.elapsed(), size as u64, text);
            let answer = result.map_err(code)?;
            journal.respond(size).map_err(limit)?;
            Ok((write(answer), Box::new(async { Ok(()) }) as Io))
        })
    }
}

async fn read(request: http::Request<WasiBody>) -> Result<Request, Error> {
    let (head, body) = request.into_parts();
    let url = read_url(&head.uri.to_string()).map_err(|_| Error::HttpRequestUriInvalid)?;
    let body = Limited::new(body, MOST_SENT).collect().await.map_err(|error| match error.downcast::<Error>() {
        Ok(error) => *error,
        Err(_) => Error::HttpRequestBodySize(Some(MOST_SENT as u64)),
    })?;
    let body = body.to_bytes();
    let body = (!body.is_empty()).then_some(body);
    Ok(Request { method: head.method, url, headers: head.headers, body })
}

/// Holds a request to the time the guest gave it, which is shorter than the host's where it says so.
async fn within(
    options: Option<RequestOptions>,
    sending: impl Future<Output = Result<Answer, EgressError>>,
) -> Result<Answer, EgressError> {
    let given =
        options.and_then(|options| Some(options.connect_timeout.unwrap_or_default() + options.first_byte_timeout?));
    let Some(given) = given.filter(|given| *given > Duration::ZERO) else { return sending.await };
    tokio::time::timeout(given, sending).await.unwrap_or_else(|_| {
        let problem = "no answer in the time the plugin gave".to_owned();
        Err(EgressError::Unavailable { route: "wasi:http".to_owned(), problem, sent: true })
    })
}

fn write(answer: Answer) -> http::Response<WasiBody> {
    let mut response = http::Response::new(whole(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

fn whole(bytes: Bytes) -> WasiBody {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

fn code(error: EgressError) -> Error {
    match error {
        EgressError::Denied(_) => Error::HttpRequestDenied,
        EgressError::Blocked { .. } => Error::DestinationIpProhibited,
        EgressError::Unavailable { sent: false, .. } => Error::DestinationUnavailable,
        EgressError::Unavailable { .. } => Error::HttpResponseIncomplete,
        EgressError::TooLarge { limit, .. } => Error::HttpResponseBodySize(Some(limit as u64)),
        _ => Error::HttpRequestUriInvalid,
    }
}

fn limit(hit: LimitHit) -> Error {
    Error::InternalError(Some(hit.to_string()))
}

#[cfg(test)]
mod tests;
