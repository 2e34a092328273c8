//! One request: its token, its quota, its time-out, and what became of it.

use google_sheets4::common::{self, Delegate, Response, Retry};
use google_sheets4::hyper_util;
use google_sheets4::yup_oauth2;
use serde_json::Value;
use tokio::time::error::Elapsed;

use super::account::Account;
use super::answer::{Refusal, Sheet, meaning};
use crate::table::Trouble;

/// Whether a request counts against the reads or the writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Write,
}

/// Watches a request: whether it was sent, and what was answered. The crate's own errors drop status and headers.
#[derive(Debug, Default)]
pub(super) struct Watch {
    sent: bool,
    refusal: Option<Refusal>,
}

impl Delegate for Watch {
    fn pre_request(&mut self) {
        self.sent = true;
    }

    fn http_error(&mut self, error: &hyper_util::client::legacy::Error) -> Retry {
        // No connection, no request.
        self.sent &= !error.is_connect();
        Retry::Abort
    }

    fn http_failure(&mut self, response: &Response, body: Option<&Value>) -> Retry {
        let wait = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        self.refusal = Some(Refusal {
            status: response.status().as_u16(),
            error: body.map(|body| body["error"].clone()).unwrap_or_default(),
            wait: wait.map(std::time::Duration::from_secs),
        });
        Retry::Abort
    }
}

/// What a request came to, or nothing within its time.
type Answer<T> = Result<common::Result<(Response, T)>, Elapsed>;

/// A request, and its repetition with a new token.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    watch: Watch,
    renewed: bool,
}

impl Account {
    /// Counts a request against the quota, and begins it.
    pub(super) fn begin(&self, kind: Kind) -> Result<Attempt, Trouble> {
        self.take(kind)?;
        Ok(Attempt::default())
    }

    /// Waits for an answer no longer than allowed.
    pub(super) async fn within<T>(&self, request: impl Future<Output = common::Result<(Response, T)>>) -> Answer<T> {
        tokio::time::timeout(self.timeout(), request).await
    }
}

impl Attempt {
    /// Returns a fresh watch for the request about to be made.
    pub(super) fn watch(&mut self) -> &mut Watch {
        self.watch = Watch::default();
        &mut self.watch
    }

    /// Says what became of the request; `None` where it is to be made again, with a new token: the service may withdraw one before its
    /// time, and a request it refuses for that is not carried out.
    pub(super) async fn settle<T>(
        &mut self,
        answer: Answer<T>,
        account: &Account,
        sheet: &Sheet,
    ) -> Option<Result<T, Trouble>> {
        let trouble = match answer {
            Ok(Ok((_, found))) => return Some(Ok(found)),
            Ok(Err(error)) => explain(error, &self.watch, sheet),
            Err(_) => lost(&self.watch, format!("no answer within {} s", account.timeout().as_secs_f32())),
        };
        if self.renewed || self.watch.refusal.as_ref().is_none_or(|refusal| refusal.status != 401) {
            return Some(Err(account.tokens().clean(trouble)));
        }
        self.renewed = true;
        account.renew().await.err().map(|trouble| Err(account.tokens().clean(trouble)))
    }
}

/// A request without an answer: whether it was applied depends on whether it was sent.
fn lost(watch: &Watch, cause: String) -> Trouble {
    if watch.sent { Trouble::Unknown { cause } } else { Trouble::busy(cause) }
}

fn explain(error: common::Error, watch: &Watch, sheet: &Sheet) -> Trouble {
    match (error, &watch.refusal) {
        (_, Some(refusal)) => meaning(refusal, sheet),
        (common::Error::MissingToken(error), _) => match error.downcast::<yup_oauth2::Error>() {
            Ok(error) => refused_token(&error, &sheet.email),
            Err(error) => Trouble::busy(format!("no token for {}: {error}", sheet.email)),
        },
        (common::Error::HttpError(error), _) => lost(watch, format!("no answer: {}", chain(&error))),
        (common::Error::JsonDecodeError(..), _) => lost(watch, "the answer was not what the service sends".to_owned()),
        (other, _) => lost(watch, format!("no answer: {other}")),
    }
}

/// What the service answers instead of a token where it is in trouble itself.
const PASSING: [&str; 4] = ["internal_failure", "server_error", "temporarily_unavailable", "rate_limit_exceeded"];

/// Says why no token was had. The request itself was never sent.
pub(super) fn refused_token(error: &yup_oauth2::Error, email: &str) -> Trouble {
    match error {
        yup_oauth2::Error::AuthError(refusal) if PASSING.contains(&refusal.error.as_str()) => {
            Trouble::busy(format!("no token for {email}: {refusal}"))
        }
        yup_oauth2::Error::AuthError(refusal) => Trouble::held(
            format!("the service account {email} was refused: {refusal}"),
            "look whether the account and its key still exist, and whether this machine's clock is right",
        ),
        yup_oauth2::Error::JSONError(_) | yup_oauth2::Error::MissingAccessToken => {
            Trouble::busy(format!("no token for {email}: the answer was not what the service sends"))
        }
        other => Trouble::busy(format!("no token for {email}: {other}")),
    }
}

/// Writes out an error with its causes; the outermost alone says only that something failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
