//! Refusals in Discord's envelope: a status, a code of its own, a message.

use serde_json::{Value, json};

/// A refused request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Refusal {
    fn new(status: u16, code: u32, message: &str) -> Self {
        Self { status, body: json!({ "message": message, "code": code }) }
    }

    pub(super) fn unauthorised() -> Self {
        Self::new(401, 0, "401: Unauthorized")
    }

    pub(super) fn nowhere() -> Self {
        Self::new(404, 0, "404: Not Found")
    }

    pub(super) fn method() -> Self {
        Self::new(405, 0, "405: Method Not Allowed")
    }

    pub(super) fn unknown_channel() -> Self {
        Self::new(404, 10003, "Unknown Channel")
    }

    pub(super) fn unknown_message() -> Self {
        Self::new(404, 10008, "Unknown Message")
    }

    pub(super) fn unknown_webhook() -> Self {
        Self::new(404, 10015, "Unknown Webhook")
    }

    /// Edits of messages older than an hour have a limit that no header tells.
    pub(super) fn too_many_old_edits() -> Self {
        Self::new(400, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later")
    }

    pub(super) fn missing_access() -> Self {
        Self::new(403, 50001, "Missing Access")
    }

    pub(super) fn foreign_message() -> Self {
        Self::new(403, 50005, "Cannot edit a message authored by another user")
    }

    pub(super) fn empty_message() -> Self {
        Self::new(400, 50006, "Cannot send an empty message")
    }

    pub(super) fn missing_permissions() -> Self {
        Self::new(403, 50013, "Missing Permissions")
    }

    pub(super) fn webhook_token() -> Self {
        Self::new(401, 50027, "Invalid Webhook Token")
    }

    pub(super) fn no_json() -> Self {
        Self::new(400, 50109, "The request body contains invalid JSON.")
    }

    /// A field has a wrong value; `code` is the detail's own, such as `BASE_TYPE_MAX_LENGTH`.
    pub(super) fn field(name: &str, code: &str, message: &str) -> Self {
        let mut refusal = Self::new(400, 50035, "Invalid Form Body");
        refusal.body["errors"] = json!({ name: { "_errors": [{ "code": code, "message": message }] } });
        refusal
    }

    pub(super) fn too_long(name: &str, most: usize) -> Self {
        Self::field(name, "BASE_TYPE_MAX_LENGTH", &format!("Must be {most} or fewer in length."))
    }

    pub(super) fn no_snowflake(name: &str, value: &str) -> Self {
        Self::field(name, "NUMBER_TYPE_COERCE", &format!("Value \"{value}\" is not snowflake."))
    }

    /// What the real service takes and this one does not know: never refused in the real service's words.
    pub(super) fn unsupported(what: &str) -> Self {
        Self::new(501, 0, &format!("the simulated Discord does not know {what}"))
    }

    /// A bucket is empty; the wait in milliseconds.
    pub(super) fn limited(wait_ms: i64, global: bool) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "waits are far below 2^53 ms")]
        let seconds = wait_ms as f64 / 1000.0;
        let body = json!({ "message": "You are being rate limited.", "retry_after": seconds, "global": global });
        Self { status: 429, body }
    }
}
