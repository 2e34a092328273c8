//! A generic webhook: each change of a channel is an event, signed, with a key by which it is known again.
//!
//! The signature is HMAC-SHA256 over the time stamp, a full stop and the body, in hexadecimal. Who receives events checks it, refuses time
//! stamps that are old, and acts on each `Idempotency-Key` once.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use beadle_egress::{Egress, ExposeSecret as _, Secret};
use beadle_plan::{Clock, Instant};
use hmac::{Hmac, Mac as _};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use crate::api::{self, Api, Call, Reply, line, seconds};
use crate::channel::{Act, Channel, Draft, Once, Posted, Trouble};
use crate::discord::account;
use crate::pace::{Hints, Lane, Pace};
use crate::render::{Dialect, Plain};
use crate::settings::SetupError;

/// A receiver of events.
pub(crate) struct Webhook {
    api: Api,
    chat: String,
    path: String,
    secret: Secret,
    clock: Arc<dyn Clock>,
    dialect: Plain,
}

impl Webhook {
    pub(crate) fn new(
        egress: &Egress,
        pace: Arc<Pace>,
        chat: &str,
        address: &Url,
        secret: &Secret,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SetupError> {
        let path = address.path().trim_start_matches('/').to_owned();
        let path = address.query().map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
        let mut base = address.clone();
        base.set_path("");
        base.set_query(None);
        let lane = Lane { account: account(&address.to_string().into()), place: chat.to_owned(), rules: &[] };
        Ok(Self {
            // Of its answers nothing but the status is read.
            api: Api::new(egress, &base, pace, lane, &[])?,
            chat: chat.to_owned(),
            path,
            secret: secret.clone(),
            clock,
            dialect: Plain { limit: None },
        })
    }

    async fn tell(&self, act: Act, nonce: &str, event: Value) -> Result<(), Trouble> {
        let body = api::json(&event)?.unwrap_or_default();
        let stamp = (self.clock.now().millis() / 1_000).to_string();
        let signature = format!("sha256={}", hex::encode(sign(self.secret.expose_secret(), &stamp, &body)));
        let value = |text: &str| HeaderValue::from_str(text).map_err(|error| Trouble::invalid(error.to_string()));
        let headers = [
            (HeaderName::from_static("x-beadle-timestamp"), value(&stamp)?),
            (HeaderName::from_static("x-beadle-signature"), value(&signature)?),
            (HeaderName::from_static("idempotency-key"), value(nonce)?),
        ];
        let path = self.path.clone();
        let call = Call { act, route: "the webhook", method: Method::POST, path, headers: &headers, body: Some(body) };
        let reply = self.api.send(call, hints).await?;
        if reply.status.is_success() { Ok(()) } else { Err(meaning(&reply)) }
    }

    fn event(&self, what: &str, id: &str, draft: &Draft<'_>) -> Value {
        json!({
            "event": what,
            "chat": self.chat,
            "key": draft.key,
            "id": id,
            "mentions": draft.pings(),
            "text": draft.text,
            "message": draft.message,
        })
    }
}

fn sign(secret: &str, stamp: &str, body: &[u8]) -> Vec<u8> {
    // A key of any length will do, so that this cannot fail.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.trim().as_bytes()).expect("HMAC takes keys of any length");
    mac.update(stamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

fn hints(reply: &Reply) -> Hints {
    let wait = (reply.status.as_u16() == 429).then(|| line(reply, "retry-after").and_then(seconds));
    Hints { wait: wait.map(|said| said.unwrap_or(Duration::from_secs(30))), ..Hints::default() }
}

/// Says what a refusal means. The receiver is the operator's own program, or one that was written for this.
fn meaning(reply: &Reply) -> Trouble {
    let status = reply.status.as_u16();
    let cause = format!("the webhook answered {status}");
    match status {
        429 => Trouble::Busy { cause, wait: hints(reply).wait },
        408 | 425 | 500..=599 => Trouble::Unknown { cause },
        401 | 403 => Trouble::held(cause, "look whether `secret` is the same on both sides, and the clocks agree"),
        404 | 410 => Trouble::held(cause, "correct `url`"),
        300..=399 => Trouble::held(cause, "it is a redirect, which is not followed; correct `url`"),
        _ => Trouble::invalid(cause),
    }
}

#[async_trait]
impl Channel for Webhook {
    fn name(&self) -> String {
        "the webhook".to_owned()
    }

    fn dialect(&self) -> &dyn Dialect {
        &self.dialect
    }

    fn mention(&self) -> Option<String> {
        None
    }

    fn once(&self) -> Once {
        Once::Key { within: None }
    }

    fn turn(&self, act: Act) -> Result<(), Instant> {
        self.api.turn(act)
    }

    async fn post(&self, draft: Draft<'_>) -> Result<Posted, Trouble> {
        self.tell(Act::Post, draft.nonce, self.event("post", draft.nonce, &draft)).await?;
        Ok(Posted { id: draft.nonce.to_owned(), text: None })
    }

    async fn edit(&self, id: &str, draft: Draft<'_>) -> Result<(), Trouble> {
        self.tell(Act::Edit, draft.nonce, self.event("edit", id, &draft)).await
    }

    async fn delete(&self, id: &str, nonce: &str) -> Result<(), Trouble> {
        self.tell(Act::Delete, nonce, json!({ "event": "delete", "chat": self.chat, "id": id })).await
    }

    async fn find(&self, _: Draft<'_>, _: Instant) -> Result<Vec<String>, Trouble> {
        Ok(Vec::new())
    }

    fn struck(&self, _: &str) -> Option<String> {
        None
    }

    async fn check(&self) -> Result<String, Trouble> {
        // Nothing can be asked of it that is no event.
        Ok("not tried: a webhook is only told what happens".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_that_openssl_makes() {
        // printf '1795000000.{"a":1}' | openssl dgst -sha256 -hmac geheim
        let mac = hex::encode(sign("geheim\n", "1795000000", br#"{"a":1}"#));
        assert_eq!(mac, "79123faa9df1d7eff3bd34f1dd8a0dac5aab96dd72684e5945f1e78277b66a19");
    }
}
