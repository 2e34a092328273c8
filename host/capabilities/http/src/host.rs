//! The contract's functions, on a view of one run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant as Timer;

use beadle_egress::{Answer, Egress, EgressError, Guarded, Origin, Request};
use beadle_plan::{Denial, Grants, Stage};
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;
use wasmtime::component::{HasData, Linker};

use crate::grant::{GrantError, HttpGrants};

mod generated {
    wasmtime::component::bindgen!({
        path: "../../../wit/http",
        world: "uses-http",
        imports: { default: async | trappable },
    });
}

use generated::beadle::http::http as wit;

/// How many requests of one call are under way at a time: enough to hide latency, few enough not to be a burden to a small service.
pub(crate) const AT_A_TIME: usize = 8;

/// Requests as one run sees them.
pub struct HttpView<'a> {
    /// The plugin's name.
    pub plugin: &'a str,
    /// What is granted.
    pub grants: &'a Grants,
    /// The way out of the host; none where a run may ask nobody.
    pub egress: Option<&'a Egress>,
    /// Where calls are counted and reads noted.
    pub stage: &'a mut Stage,
}

struct HasHttp<T>(std::marker::PhantomData<T>);

impl<T: 'static> HasData for HasHttp<T> {
    type Data<'a> = HttpView<'a>;
}

/// Adds the interface to a linker; `view` borrows a run's view from the store's data.
///
/// # Errors
/// When the linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> HttpView<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasHttp<T>>(linker, view)
}

impl HttpView<'_> {
    /// Returns the plugin's own way out.
    fn way(&self) -> Result<Guarded, String> {
        let egress = self.egress.ok_or_else(|| {
            Denial::never(format!("plugin {} may not ask other services while it describes itself", self.plugin))
                .to_string()
        })?;
        way(self.plugin, self.grants, egress).map_err(|error| error.to_string())
    }
}

/// Returns a plugin's way out, for both interfaces.
///
/// # Errors
/// When a line of its grants is no grant.
pub fn way(plugin: &str, grants: &Grants, egress: &Egress) -> Result<Guarded, GrantError> {
    Ok(egress.guarded(HttpGrants::parse(plugin, &grants.http)?))
}

impl wit::Host for HttpView<'_> {
    async fn send_many(
        &mut self,
        requests: Vec<wit::Request>,
    ) -> wasmtime::Result<Vec<Result<wit::Response, wit::Error>>> {
        for _ in &requests {
            self.stage.call()?;
        }
        let way = match self.way() {
            Ok(way) => way,
            Err(text) => return Ok(requests.iter().map(|_| Err(wit::Error::Denied(text.clone()))).collect()),
        };
        let limits = self.stage.limits();
        let (way, bound) = (&way, limits.host_call);
        let end = tokio::time::Instant::now() + bound;
        // What comes in is held here until all of it is there: no more of it than the run may be answered with.
        let left = &AtomicUsize::new(limits.responses);
        let sent = requests.into_iter().map(|request| async move {
            let began = Timer::now();
            let request = match read_request(request) {
                Ok(request) => request,
                Err(problem) => return (None, began.elapsed(), Err(EgressError::Invalid(problem))),
            };
            let host = Origin::of(&request.url).ok().map(|origin| origin.authority());
            let unavailable = |problem: String, sent| EgressError::Unavailable {
                route: host.clone().unwrap_or_default(),
                problem,
                sent,
            };
            let answer = if left.load(Ordering::Relaxed) == 0 {
                Err(unavailable("not asked: the answers before it are too large".to_owned(), false))
            } else {
                let late = |_| Err(unavailable(format!("no answer within {bound:?} (limits.host-call)"), true));
                tokio::time::timeout_at(end, way.send(request)).await.unwrap_or_else(late)
            };
            // One byte too many empties it as well, and the run ends below.
            let size = answer.as_ref().map_or(0, |answer| answer.body.len());
            let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(size)));
            (host, began.elapsed(), answer)
        });
        // Collected first: a stream over borrowed closures would not be `Send` for every caller.
        let answers: Vec<_> = futures::stream::iter(sent).buffered(AT_A_TIME).collect().await;
        let mut results = Vec::with_capacity(answers.len());
        for (host, took, answer) in answers {
            let size = answer.as_ref().map_or(0, |answer| answer.body.len());
            let error = answer.as_ref().err().map(|error| explain(self.plugin, error));
            if let Some(host) = host {
                self.stage.read(format!("http:{host}"), took, size as u64, error.clone());
            }
            self.stage.respond(size)?;
            results.push(answer.map(write_answer).map_err(|error| write_error(self.plugin, &error)));
        }
        Ok(results)
    }
}

/// Returns an error's text; a denial ends with the line that would allow what was asked.
pub(crate) fn explain(plugin: &str, error: &EgressError) -> String {
    match error {
        EgressError::Blocked { origin, blocked } => HttpGrants::private(plugin, origin, blocked).to_string(),
        other => other.to_string(),
    }
}

fn write_error(plugin: &str, error: &EgressError) -> wit::Error {
    let text = explain(plugin, error);
    match error {
        EgressError::Denied(_) | EgressError::Blocked { .. } => wit::Error::Denied(text),
        EgressError::Unavailable { .. } => wit::Error::Unavailable(text),
        // What is added to the client's errors later is the plugin's concern until it is known better.
        _ => wit::Error::Invalid(text),
    }
}

fn read_request(request: wit::Request) -> Result<Request, String> {
    let method = Method::from_bytes(request.method.as_bytes())
        .ok()
        .filter(|method| method.as_str().bytes().all(|byte| !byte.is_ascii_lowercase()))
        .ok_or_else(|| format!("{:?} is no method in upper case", request.method))?;
    let url = read_url(&request.url)?;
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no name of a header line"))?;
        let value =
            HeaderValue::from_str(&value).map_err(|_| format!("the value of {name} cannot stand in a header line"))?;
        headers.append(name, value);
    }
    Ok(Request { method, url, headers, body: request.body.map(Bytes::from) })
}

/// The longest address, in bytes: servers take 8 KiB, and a host's name is kept with the run.
const ADDRESS: usize = 8 << 10;

pub(crate) fn read_url(text: &str) -> Result<Url, String> {
    if text.len() > ADDRESS {
        return Err(format!("the address is longer than {} KiB", ADDRESS >> 10));
    }
    let url = Url::parse(text).map_err(|error| format!("the address is malformed: {error}"))?;
    // The longest name that can be looked up; no resolver would be asked for more.
    if url.host_str().is_some_and(|host| host.len() > 255) {
        return Err("the address has a host's name of more than 255 letters".to_owned());
    }
    Ok(url)
}

fn write_answer(answer: Answer) -> wit::Response {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    wit::Response {
        url: answer.url.into(),
        status: answer.status.as_u16(),
        headers: answer.headers.iter().map(line).collect(),
        body: answer.body.into(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
