//! The way out for the host's own errands, to peers the operator configured.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use url::Url;

use crate::client::{self, Egress};
use crate::error::EgressError;
use crate::message::Answer;
use crate::origin::Origin;
use crate::pace::Pace;
use crate::ranges;

/// A peer with a pinned base address, which may be private. No redirect is followed: requests carry secrets.
#[derive(Clone, Debug)]
pub struct Service {
    egress: Egress,
    base: Url,
    origin: Origin,
    pace: Pace,
}

/// One request to a peer.
#[derive(Clone, Debug)]
pub struct ServiceRequest {
    /// The request's name in logs and errors, which never show the address.
    pub route: &'static str,
    /// The method.
    pub method: Method,
    /// The path below the base address, already encoded, with the query if there is one.
    pub path: String,
    /// Header lines. Mark values that are secret as sensitive.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Bytes>,
}

impl ServiceRequest {
    /// Makes a GET request.
    pub fn get(route: &'static str, path: impl Into<String>) -> Self {
        Self { route, method: Method::GET, path: path.into(), headers: HeaderMap::new(), body: None }
    }

    /// Makes a POST request with an encoded form.
    pub fn form(route: &'static str, path: impl Into<String>, form: impl Into<Bytes>) -> Self {
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, form_type)]);
        Self { route, method: Method::POST, path: path.into(), headers, body: Some(form.into()) }
    }
}

impl Service {
    /// Pins a peer. Plain `http` is taken as the operator wrote it; [`Service::exposed`] tells whether secrets then travel openly.
    ///
    /// # Errors
    /// Refuses other schemes, and addresses with user name, password, query or fragment.
    pub fn new(egress: &Egress, base: &Url, pace: Pace) -> Result<Self, EgressError> {
        let origin = Origin::of(base)?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(EgressError::Invalid(format!(
                "the address of {} may not carry a user name or password",
                origin.authority()
            )));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(EgressError::Invalid(format!(
                "the address of {} ends at its path: leave out ? and #",
                origin.authority()
            )));
        }
        Ok(Self { egress: egress.clone(), base: base.clone(), origin, pace })
    }

    /// Returns host and port, for messages.
    pub fn host(&self) -> String {
        self.origin.authority()
    }

    /// Whether what is sent can be read on the way: plain `http` to another machine.
    pub fn exposed(&self) -> bool {
        self.base.scheme() == "http" && !self.base.host().is_some_and(|host| ranges::loopback(&host))
    }

    /// Sends a request, at the peer's pace. A redirect is an answer like any other.
    ///
    /// # Errors
    /// See [`EgressError`]; messages name host and route.
    pub async fn send(&self, request: ServiceRequest) -> Result<Answer, EgressError> {
        let route = format!("{} {}", self.host(), request.route);
        let url = self
            .below(&request.path)
            .ok_or_else(|| EgressError::Invalid(format!("{route}: the path leaves the configured address")))?;
        // Waiting for a turn is not the peer's fault and does not count against its time.
        let _turn = self.pace.turn().await;
        let mut outgoing = reqwest::Request::new(request.method, url);
        *outgoing.headers_mut() = request.headers;
        *outgoing.body_mut() = request.body.map(reqwest::Body::from);
        let started = tokio::time::Instant::now();
        let work = async {
            let response = client::head(&self.egress.clients.any, outgoing, &route).await?;
            client::read(response, &route, self.egress.settings.body).await
        };
        let result = client::in_time(&self.egress.settings, &route, work).await;
        let status = result.as_ref().map_or(0, |answer| answer.status.as_u16());
        tracing::debug!(route = %route, status, ms = started.elapsed().as_millis(), "answered");
        result
    }

    /// Returns the address of a path, if it stays below the base.
    fn below(&self, path: &str) -> Option<Url> {
        let base = self.base.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}/{}", path.trim_start_matches('/'))).ok()?;
        let floor = self.base.path().trim_end_matches('/');
        let inside = url.path().strip_prefix(floor).is_some_and(|rest| rest.starts_with('/'));
        (inside && Origin::of(&url).is_ok_and(|origin| origin == self.origin)).then_some(url)
    }
}
