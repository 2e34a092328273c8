//! The way out for plugins: every hop is decided anew.

use std::sync::Arc;

use http::header::{CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, HeaderName, LOCATION};
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::client::{self, Egress};
use crate::error::EgressError;
use crate::headers;
use crate::message::{Answer, Request};
use crate::origin::{Lift, Origin, Policy};
use crate::ranges::{self, Blocked};

/// How many redirects are followed: services need two or three, a loop has no end.
pub const MOST_REDIRECTS: usize = 5;

/// Sends what one plugin asks for, under its policy. Made by [`Egress::guarded`].
#[derive(Clone)]
pub struct Guarded {
    egress: Egress,
    policy: Arc<dyn Policy>,
}

impl Guarded {
    pub(crate) fn new(egress: Egress, policy: Arc<dyn Policy>) -> Self {
        Self { egress, policy }
    }

    /// Sends a request and follows redirects, each of which needs the same grant as if it had been asked for.
    ///
    /// # Errors
    /// See [`EgressError`]; messages name the host and nothing else of the address.
    pub async fn send(&self, request: Request) -> Result<Answer, EgressError> {
        let origin = Origin::of(&request.url)?;
        let route = origin.authority();
        client::in_time(&self.egress.settings, &route, self.follow(request, origin)).await
    }

    /// Sends a request and returns a redirect as it is, for callers who follow redirects themselves: each of theirs comes by here.
    ///
    /// # Errors
    /// See [`Guarded::send`].
    pub async fn send_once(&self, mut request: Request) -> Result<Answer, EgressError> {
        let origin = Origin::of(&request.url)?;
        let route = origin.authority();
        request.headers = headers::callers(&request.headers);
        let work = async {
            let response = self.hop(&request, &origin).await?;
            client::read(response, &route, self.egress.settings.body).await
        };
        client::in_time(&self.egress.settings, &route, work).await
    }

    async fn follow(&self, mut request: Request, mut origin: Origin) -> Result<Answer, EgressError> {
        request.headers = headers::callers(&request.headers);
        for _ in 0..=MOST_REDIRECTS {
            let route = origin.authority();
            let response = self.hop(&request, &origin).await?;
            let Some(location) = redirect(&response) else {
                return client::read(response, &route, self.egress.settings.body).await;
            };
            // Addresses in `Location` may carry secrets of the peer: they are named by host only.
            let mut next = request.url.join(&location).map_err(|_| EgressError::Unavailable {
                route: route.clone(),
                problem: "a malformed redirect".to_owned(),
                sent: true,
            })?;
            next.set_fragment(None);
            let next_origin = Origin::of(&next)?;
            self.turn(&mut request, response.status(), &next_origin, &origin)?;
            tracing::debug!(host = %route, to = %next_origin.authority(), status = response.status().as_u16(), "redirect");
            request.url = next;
            origin = next_origin;
        }
        let problem = format!("{}: more than {MOST_REDIRECTS} redirects", origin.authority());
        Err(EgressError::Invalid(problem))
    }

    /// Decides about one hop and sends it.
    async fn hop(&self, request: &Request, origin: &Origin) -> Result<reqwest::Response, EgressError> {
        plain(&request.url)?;
        let lift =
            self.policy.check(&request.method, &request.url).map_err(|refusal| EgressError::Denied(refusal.0))?;
        let blocked = |blocked| EgressError::Blocked { origin: origin.to_string(), blocked };
        literal(&request.url, lift).map_err(blocked)?;
        let client = match lift {
            Lift::Public => &self.egress.clients.public,
            Lift::Private => &self.egress.clients.private,
        };
        let mut outgoing = reqwest::Request::new(request.method.clone(), request.url.clone());
        *outgoing.headers_mut() = request.headers.clone();
        *outgoing.body_mut() = request.body.clone().map(reqwest::Body::from);
        let route = origin.authority();
        let started = tokio::time::Instant::now();
        let response = client::head(client, outgoing, &route).await.map_err(|error| match error {
            EgressError::Blocked { blocked, .. } => EgressError::Blocked { origin: origin.to_string(), blocked },
            other => other,
        })?;
        let (status, ms) = (response.status().as_u16(), started.elapsed().as_millis());
        tracing::debug!(host = %route, method = %request.method, status, ms, "answered");
        Ok(response)
    }

    /// Turns a request into the one a redirect asks for.
    fn turn(&self, request: &mut Request, status: StatusCode, next: &Origin, last: &Origin) -> Result<(), EgressError> {
        let see_other = status == StatusCode::SEE_OTHER && request.method != Method::HEAD;
        let old_post =
            matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND) && request.method == Method::POST;
        if see_other || old_post {
            request.method = Method::GET;
            request.body = None;
            for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION] {
                request.headers.remove(name);
            }
        }
        if next != last {
            if request.body.is_some() {
                let text = format!(
                    "{} redirects the body of a request to {}, which is not done",
                    last.authority(),
                    next.authority()
                );
                return Err(EgressError::Denied(text));
            }
            // What the caller meant for one origin stays there, whatever the lines are called.
            request.headers = HeaderMap::from_iter(kept(&request.headers));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Guarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}

/// The two lines that say what the caller can read, and nothing about who it is.
fn kept(headers: &HeaderMap) -> Vec<(HeaderName, http::HeaderValue)> {
    [http::header::ACCEPT, http::header::ACCEPT_LANGUAGE]
        .into_iter()
        .filter_map(|name| headers.get(&name).cloned().map(|value| (name, value)))
        .collect()
}

/// Returns where an answer points, if it is a redirect.
fn redirect(response: &reqwest::Response) -> Option<String> {
    let moved = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(LOCATION).filter(|_| moved)?;
    location.to_str().ok().map(str::to_owned)
}

/// Refuses user names and passwords in addresses: they would reach logs and other origins.
fn plain(url: &Url) -> Result<(), EgressError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(());
    }
    Err(EgressError::Invalid("an address may not carry a user name or password; send a header line".to_owned()))
}

/// Checks addresses written as numbers: the resolver, which checks names, is never asked about them. By now `Url` has turned every
/// way of writing one (`2130706433`, `0x7f.1`, full-width digits) into the address itself.
fn literal(url: &Url, lift: Lift) -> Result<(), Blocked> {
    let address = match url.host() {
        Some(url::Host::Ipv4(address)) => address.into(),
        Some(url::Host::Ipv6(address)) => address.into(),
        _ => return Ok(()),
    };
    ranges::check(url.host_str().unwrap_or_default(), &[address], lift == Lift::Private)
}
