//! A request to a service over HTTP: sent, listened to for hints about its pace, and read.

use std::sync::Arc;
use std::time::Duration;

use beadle_egress::{Answer, Egress, EgressError, Pace as Turns, Redactor, Secret, Service, ServiceRequest};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use crate::channel::{Act, Trouble};
use crate::pace::{Hints, Lane, Pace};
use crate::settings::SetupError;

/// Requests at one time to one peer. Each channel has one writer, so that this bounds channels.
const AT_A_TIME: usize = 16;

/// The largest answer that is read, in bytes: a hundred messages of Discord.
const LARGEST: usize = 4 << 20;

/// The longest time for one request.
const LONGEST: Duration = Duration::from_secs(30);

/// A peer, and whose limits its requests count against.
pub(crate) struct Api {
    service: Service,
    pace: Arc<Pace>,
    lane: Lane,
    /// What no answer may repeat: an answer's words come into messages, rows and logs.
    secrets: Redactor,
}

/// One request.
pub(crate) struct Call<'a> {
    pub(crate) act: Act,
    /// Its name in messages: the path may hold a token.
    pub(crate) route: &'static str,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: &'a [(HeaderName, HeaderValue)],
    pub(crate) body: Option<Bytes>,
}

/// An answer, with its body read.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Its JSON; null where it is none.
    pub(crate) json: Value,
}

impl Api {
    /// Pins a peer. Where an answer repeats one of the secrets, it is read without.
    pub(crate) fn new(
        egress: &Egress,
        base: &Url,
        pace: Arc<Pace>,
        lane: Lane,
        secrets: &[&Secret],
    ) -> Result<Self, SetupError> {
        let egress = egress.limited(LARGEST, LONGEST);
        let service = Service::new(&egress, base, Turns::new(AT_A_TIME, None))
            .map_err(|error| SetupError::Address(error.to_string()))?;
        if service.exposed() {
            return Err(SetupError::Exposed(service.host()));
        }
        let known = Redactor::new();
        secrets.iter().for_each(|secret| known.register(secret));
        Ok(Self { service, pace, lane, secrets: known })
    }

    pub(crate) fn turn(&self, act: Act) -> Result<(), beadle_plan::Instant> {
        self.pace.turn(&self.lane, act)
    }

    /// Sends a request. `hints` reads what an answer says of limits.
    pub(crate) async fn send(&self, call: Call<'_>, hints: fn(&Reply) -> Hints) -> Result<Reply, Trouble> {
        let mut headers: HeaderMap = call.headers.iter().cloned().collect();
        if call.body.is_some() {
            headers
                .entry(http::header::CONTENT_TYPE)
                .or_insert(HeaderValue::from_static("application/json; charset=utf-8"));
        }
        let request =
            ServiceRequest { route: call.route, method: call.method, path: call.path, headers, body: call.body };
        let Answer { status, headers, body, .. } = self.service.send(request).await.map_err(|error| trouble(&error))?;
        let body = String::from_utf8_lossy(&body);
        let mut json = serde_json::from_str(&self.secrets.redact(&body)).unwrap_or_default();
        clean(&mut json, &self.secrets);
        let reply = Reply { status, headers, json };
        self.pace.heard(&self.lane, call.act, &hints(&reply));
        Ok(reply)
    }
}

/// Takes secrets out of what was read: an escape inside of an escape shows only once the outer one is gone.
fn clean(value: &mut Value, secrets: &Redactor) {
    match value {
        Value::String(text) => *text = secrets.redact(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| clean(item, secrets)),
        Value::Object(fields) => {
            let cleaned = std::mem::take(fields).into_iter().map(|(name, mut value)| {
                clean(&mut value, secrets);
                (secrets.redact(&name).into_owned(), value)
            });
            *fields = cleaned.collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Writes a body.
pub(crate) fn json(body: &impl Serialize) -> Result<Option<Bytes>, Trouble> {
    let bytes = serde_json::to_vec(body).map_err(|error| Trouble::invalid(format!("it cannot be written: {error}")))?;
    Ok(Some(bytes.into()))
}

/// Returns a header line whose value is kept out of all messages.
pub(crate) fn secret(name: HeaderName, value: &str) -> Result<(HeaderName, HeaderValue), SetupError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| SetupError::Secret)?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// Reads a number of seconds, with or without a fraction.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.trim().parse().ok()?).ok()
}

/// Returns what a header line says.
pub(crate) fn line<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.get(name)?.to_str().ok()
}

/// No answer came: what was sent may have been carried out.
fn trouble(error: &EgressError) -> Trouble {
    match error {
        EgressError::Unavailable { sent: false, .. } => Trouble::busy(error.to_string()),
        EgressError::Unavailable { .. } | EgressError::TooLarge { .. } => Trouble::Unknown { cause: error.to_string() },
        _ => Trouble::held(error.to_string(), "correct the channel's address"),
    }
}
