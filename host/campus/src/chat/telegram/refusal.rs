//! Refusals in the Bot API's envelope.

use serde_json::{Value, json};

/// A refused request. The texts are the server's; clients should go by the code and the parameters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    description: String,
    parameters: Option<Value>,
}

impl Refusal {
    fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), parameters: None }
    }

    pub(super) fn bad(why: &str) -> Self {
        Self::new(400, format!("Bad Request: {why}"))
    }

    pub(super) fn unauthorised() -> Self {
        Self::new(401, "Unauthorized")
    }

    pub(super) fn forbidden(why: &str) -> Self {
        Self::new(403, format!("Forbidden: {why}"))
    }

    pub(super) fn nowhere() -> Self {
        Self::new(404, "Not Found")
    }

    /// The group lives on under another id.
    pub(super) fn migrated(to: i64) -> Self {
        Self {
            parameters: Some(json!({ "migrate_to_chat_id": to })),
            ..Self::bad("group chat was migrated to a supergroup chat")
        }
    }

    pub(super) fn limited(retry_after: i64) -> Self {
        Self {
            parameters: Some(json!({ "retry_after": retry_after })),
            ..Self::new(429, format!("Too Many Requests: retry after {retry_after}"))
        }
    }

    /// What the real service takes and this one does not know: never refused in the real service's words.
    pub(super) fn unsupported(what: &str) -> Self {
        Self::new(501, format!("the simulated Telegram does not know {what}"))
    }

    /// Returns the seconds to wait, if that is what was refused.
    pub(super) fn retry_after(&self) -> Option<i64> {
        self.parameters.as_ref()?["retry_after"].as_i64()
    }

    pub(super) fn body(&self) -> Value {
        let mut body = json!({ "ok": false, "error_code": self.code, "description": self.description });
        if let Some(parameters) = &self.parameters {
            body["parameters"] = parameters.clone();
        }
        body
    }
}
