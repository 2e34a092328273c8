//! What a refusal of the service means, and what the operator can do about it. Pure.

use std::time::Duration;

use serde_json::Value;

use crate::table::Trouble;

/// Which sheet a request was about, for messages.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    /// The service account's address.
    pub(super) email: String,
    /// The spreadsheet's id.
    pub(super) spreadsheet: String,
    /// The tab's title.
    pub(super) tab: String,
}

/// A refusal as it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    /// The `error` of the body, where it was JSON.
    pub(super) error: Value,
    /// `Retry-After`, where it came.
    pub(super) wait: Option<Duration>,
}

impl Refusal {
    fn message(&self) -> &str {
        self.error["message"].as_str().unwrap_or("no reason given")
    }

    fn detail(&self, name: &str) -> Option<&Value> {
        self.error["details"].as_array()?.iter().map(|detail| &detail[name]).find(|value| !value.is_null())
    }

    fn reason(&self) -> &str {
        self.detail("reason").and_then(Value::as_str).unwrap_or_default()
    }
}

/// The beginning of the message about a tab that is not there; by it the case is known again.
const NO_TAB: &str = "there is no tab ";

/// Tells whether a tab was missing.
pub(super) fn is_missing_tab(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Held { cause, .. } if cause.starts_with(NO_TAB))
}

/// Says what a refusal means.
pub(super) fn meaning(refusal: &Refusal, sheet: &Sheet) -> Trouble {
    let Sheet { email, spreadsheet, tab } = sheet;
    let message = refusal.message();
    match (refusal.status, refusal.reason()) {
        (429, _) | (_, "RATE_LIMIT_EXCEEDED") => {
            Trouble::Busy { cause: format!("the quota of {email} is used up"), wait: refusal.wait }
        }
        (408 | 500..=599, _) => {
            Trouble::Unknown { cause: format!("the service answered {}: {message}", refusal.status) }
        }
        // Cut off, or from a proxy: whoever said it did not carry the request out.
        (400..=499, _) if !refusal.error.is_object() => Trouble::busy(format!(
            "the answer was {} without the service's own words; a proxy may stand in between",
            refusal.status
        )),
        (401, _) => Trouble::held(
            format!("the service refused the token of {email}"),
            "make a new key for the service account and put its file in place of the old one",
        ),
        (403, "SERVICE_DISABLED") => {
            let project = refusal.detail("metadata").and_then(|m| m["consumer"].as_str()).unwrap_or_default();
            let project = project.trim_start_matches("projects/");
            Trouble::held(
                format!("the Google Sheets API is not enabled in the project of {email}"),
                format!(
                    "enable it at https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project={project}"
                ),
            )
        }
        (403, _) => Trouble::held(
            format!("{email} may not use spreadsheet {spreadsheet}: {message}"),
            format!("share the spreadsheet with {email} as an editor"),
        ),
        (404, _) => Trouble::held(
            format!("there is no spreadsheet {spreadsheet}"),
            "correct `spreadsheet`: the long part of its address in the browser",
        ),
        (400, _) if message.starts_with("Unable to parse range") => Trouble::held(
            format!("{NO_TAB}{tab:?} in spreadsheet {spreadsheet}"),
            format!("call the tab {tab:?} again, or correct `tab`"),
        ),
        (400, _) if message.contains("limit of 10000000 cells") => Trouble::held(
            format!("spreadsheet {spreadsheet} is full: it may have 10 million cells"),
            "move old rows to another spreadsheet, or delete empty columns and tabs",
        ),
        (400, _) if message.contains("protected") => {
            Trouble::held(format!("part of tab {tab:?} is protected"), format!("let {email} edit the protected range"))
        }
        (400, _) => Trouble::Invalid { cause: format!("the service refused the request: {message}") },
        (status, _) => Trouble::held(
            format!("the service answered {status}: {message}"),
            "look whether a proxy stands in between, and whether the spreadsheet opens in a browser",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(status: u16, error: Value) -> String {
        let sheet = Sheet { email: "bot@x.example".into(), spreadsheet: "1AbC".into(), tab: "Online".into() };
        let trouble = meaning(&Refusal { status, error, wait: None }, &sheet);
        let kind = match trouble {
            Trouble::Busy { .. } => "busy",
            Trouble::Unknown { .. } => "unknown",
            Trouble::Held { .. } => "held",
            Trouble::Invalid { .. } => "invalid",
        };
        format!("{kind}: {}", trouble.text())
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        let disabled =
            json!({ "details": [{ "reason": "SERVICE_DISABLED", "metadata": { "consumer": "projects/7" } }] });
        for (status, error, want) in [
            (429, json!({}), "busy: the quota of bot@x.example is used up"),
            (403, json!({ "details": [{ "reason": "RATE_LIMIT_EXCEEDED" }] }), "busy: the quota"),
            (503, json!({ "message": "Backend" }), "unknown: the service answered 503: Backend"),
            (502, Value::Null, "unknown: the service answered 502"),
            (401, json!({}), "held: the service refused the token of bot@x.example; make a new key"),
            (403, disabled, "held: the Google Sheets API is not enabled in the project of bot@x.example; enable it at"),
            (
                403,
                json!({ "message": "no" }),
                "held: bot@x.example may not use spreadsheet 1AbC: no; share the spreadsheet with",
            ),
            (404, json!({}), "held: there is no spreadsheet 1AbC; correct `spreadsheet`"),
            (
                400,
                json!({ "message": "Unable to parse range: x" }),
                "held: there is no tab \"Online\" in spreadsheet 1AbC; call",
            ),
            (400, json!({ "message": "above the limit of 10000000 cells." }), "held: spreadsheet 1AbC is full"),
            (
                400,
                json!({ "message": "You are trying to edit a protected cell" }),
                "held: part of tab \"Online\" is protected",
            ),
            (400, json!({ "message": "Invalid" }), "invalid: the service refused the request: Invalid"),
            (418, json!({}), "held: the service answered 418"),
            (403, Value::Null, "busy: the answer was 403 without the service's own words"),
        ] {
            let got = said(status, error);
            assert!(got.starts_with(want), "{got:?} does not start with {want:?}");
        }
    }

    #[test]
    fn a_missing_tab_is_known_again() {
        let sheet = Sheet { email: String::new(), spreadsheet: String::new(), tab: "x".into() };
        let refusal = |message: &str| Refusal { status: 400, error: json!({ "message": message }), wait: None };
        assert!(is_missing_tab(&meaning(&refusal("Unable to parse range: 'x'!1:1"), &sheet)));
        assert!(!is_missing_tab(&meaning(&refusal("protected"), &sheet)));
    }
}
