//! Refusals in the service's own envelope: code, message, status, details.

use serde_json::{Value, json};

/// A refused request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) status: &'static str,
    pub(super) message: String,
    pub(super) details: Option<Value>,
}

impl Refusal {
    fn new(code: u16, status: &'static str, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into(), details: None }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "INVALID_ARGUMENT", message)
    }

    /// A value of the wrong JSON type.
    pub(super) fn field(field: &str, kind: &str, value: &Value) -> Self {
        let text = format!("Invalid value at '{field}' ({kind}), {value}");
        Self {
            details: Some(json!([{
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{ "field": field, "description": text }],
            }])),
            ..Self::invalid(text)
        }
    }

    /// Request number `index` of a batch, of that kind, was refused.
    pub(super) fn request(index: usize, kind: &str, why: &str) -> Self {
        Self::invalid(format!("Invalid requests[{index}].{kind}: {why}"))
    }

    pub(super) fn unparsable(range: &str) -> Self {
        Self::invalid(format!("Unable to parse range: {range}"))
    }

    /// The spreadsheet would hold more than 10 million cells.
    pub(super) fn full() -> Self {
        Self::invalid(
            "This action would increase the number of cells in the workbook above the limit of 10000000 cells.",
        )
    }

    pub(super) fn unauthenticated() -> Self {
        Self::new(
            401,
            "UNAUTHENTICATED",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication \
             credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        )
    }

    pub(super) fn forbidden() -> Self {
        Self::new(403, "PERMISSION_DENIED", "The caller does not have permission")
    }

    pub(super) fn scope() -> Self {
        Self {
            details: Some(json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": { "service": "sheets.googleapis.com" },
            }])),
            ..Self::new(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.")
        }
    }

    /// The project has not switched the Sheets API on.
    pub(super) fn disabled(project: u64) -> Self {
        Self {
            details: Some(json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "SERVICE_DISABLED",
                "domain": "googleapis.com",
                "metadata": { "service": "sheets.googleapis.com", "consumer": format!("projects/{project}") },
            }])),
            ..Self::new(
                403,
                "PERMISSION_DENIED",
                format!(
                    "Google Sheets API has not been used in project {project} before or it is disabled. Enable it by visiting \
                     https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project={project} then retry."
                ),
            )
        }
    }

    pub(super) fn missing() -> Self {
        Self::new(404, "NOT_FOUND", "Requested entity was not found.")
    }

    pub(super) fn unsupported(what: &str) -> Self {
        Self::new(501, "UNIMPLEMENTED", format!("the emulator does not know {what}"))
    }

    /// A quota bucket is empty. `kind` is `Read` or `Write`; `limit` names the bucket.
    pub(super) fn quota(kind: &str, per_user: bool, project: u64) -> Self {
        let (limit, suffix) = if per_user { (" per user", "PerUser") } else { ("", "PerProject") };
        Self {
            details: Some(json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "RATE_LIMIT_EXCEEDED",
                "domain": "googleapis.com",
                "metadata": {
                    "service": "sheets.googleapis.com",
                    "quota_metric": format!("sheets.googleapis.com/{}_requests", kind.to_lowercase()),
                    "quota_limit": format!("{kind}RequestsPerMinute{suffix}"),
                    "consumer": format!("projects/{project}"),
                },
            }])),
            ..Self::new(
                429,
                "RESOURCE_EXHAUSTED",
                format!(
                    "Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per minute{limit}' of service \
                     'sheets.googleapis.com' for consumer 'project_number:{project}'."
                ),
            )
        }
    }

    /// Returns the body of the answer.
    pub(super) fn body(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message, "status": self.status });
        if let Some(details) = &self.details {
            error["details"] = details.clone();
        }
        json!({ "error": error })
    }
}
