//! Every answer in which the service says no: what becomes of the target and its rows, what the operator reads, and that all rows
//! stand once when it is over.

use std::time::Duration;

use beadle_campus::faults::{Action, Matcher};
use beadle_plan::Delivered;
use beadle_store::EffectState;

use crate::house::{BOOK, House, all_done};

const APPEND: &str = ":append";
const READ: &str = "values:batchGet";
const TOKEN: &str = "/token";

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// It is tried again by itself.
    Waits,
    /// It may stand: it is looked for.
    InDoubt,
    /// It waits for the operator.
    Held,
    /// It is given up.
    GivenUp,
}

struct Case {
    at: &'static str,
    status: u16,
    body: &'static str,
    fate: Fate,
    /// Parts of what the operator reads.
    said: &'static [&'static str],
}

const NO_TAB: &str = r#"{"error":{"code":400,"message":"Unable to parse range: nope!A1","status":"INVALID_ARGUMENT"}}"#;
const WRONG_TYPE: &str = r#"{"error":{"code":400,"message":"Invalid value at 'data.values[0]' (type.googleapis.com/google.protobuf.ListValue), \"x\"","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"data.values[0]","description":"Invalid value"}]}]}}"#;
const UNAUTHENTICATED: &str = r#"{"error":{"code":401,"message":"Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.","status":"UNAUTHENTICATED"}}"#;
const DENIED: &str =
    r#"{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}"#;
const DISABLED: &str = r#"{"error":{"code":403,"message":"Google Sheets API has not been used in project 123456789012 before or it is disabled.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com","metadata":{"service":"sheets.googleapis.com","consumer":"projects/123456789012"}}]}}"#;
const NOT_FOUND: &str = r#"{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}"#;
const QUOTA: &str = r#"{"error":{"code":429,"message":"Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute per user' of service 'sheets.googleapis.com' for consumer 'project_number:123456789012'.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED","domain":"googleapis.com","metadata":{"service":"sheets.googleapis.com","quota_metric":"sheets.googleapis.com/write_requests","quota_limit":"WriteRequestsPerMinutePerUser","consumer":"projects/123456789012"}}]}}"#;
const FULL: &str = r#"{"error":{"code":400,"message":"This action would increase the number of cells in the workbook above the limit of 10000000 cells.","status":"INVALID_ARGUMENT"}}"#;
const PROTECTED: &str = r#"{"error":{"code":400,"message":"You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if you need to edit.","status":"INVALID_ARGUMENT"}}"#;
const INTERNAL: &str = r#"{"error":{"code":500,"message":"Internal error encountered.","status":"INTERNAL"}}"#;
const AWAY: &str = r#"{"error":{"code":503,"message":"The service is currently unavailable.","status":"UNAVAILABLE"}}"#;
const PAGE: &str = "<html><body>Bad Gateway</body></html>";
const SIGNATURE: &str = r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#;
const CLOCK: &str = r#"{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}"#;
const FAILURE: &str = r#"{"error":"internal_failure","error_description":"Please try again later."}"#;

const CASES: [Case; 24] = [
    Case {
        at: APPEND,
        status: 400,
        body: NO_TAB,
        fate: Fate::Held,
        said: &["there is no tab \"Online\"", "call the tab"],
    },
    Case { at: APPEND, status: 400, body: FULL, fate: Fate::Held, said: &["is full", "move old rows"] },
    Case { at: APPEND, status: 400, body: PROTECTED, fate: Fate::Held, said: &["is protected", "let beadle@"] },
    Case {
        at: APPEND,
        status: 400,
        body: WRONG_TYPE,
        fate: Fate::GivenUp,
        said: &["refused the request: Invalid value at"],
    },
    Case { at: APPEND, status: 401, body: UNAUTHENTICATED, fate: Fate::Held, said: &["refused the token", "new key"] },
    Case { at: READ, status: 401, body: UNAUTHENTICATED, fate: Fate::Held, said: &["refused the token", "new key"] },
    Case {
        at: APPEND,
        status: 403,
        body: DENIED,
        fate: Fate::Held,
        said: &["may not use spreadsheet", "share the spreadsheet"],
    },
    Case {
        at: READ,
        status: 403,
        body: DENIED,
        fate: Fate::Held,
        said: &["may not use spreadsheet", "share the spreadsheet"],
    },
    Case {
        at: APPEND,
        status: 403,
        body: DISABLED,
        fate: Fate::Held,
        said: &["API is not enabled", "project=123456789012"],
    },
    Case {
        at: READ,
        status: 403,
        body: DISABLED,
        fate: Fate::Held,
        said: &["API is not enabled", "project=123456789012"],
    },
    Case {
        at: APPEND,
        status: 404,
        body: NOT_FOUND,
        fate: Fate::Held,
        said: &["there is no spreadsheet", "correct `spreadsheet`"],
    },
    Case {
        at: READ,
        status: 404,
        body: NOT_FOUND,
        fate: Fate::Held,
        said: &["there is no spreadsheet", "correct `spreadsheet`"],
    },
    Case { at: APPEND, status: 429, body: QUOTA, fate: Fate::Waits, said: &["the quota of beadle@", "is used up"] },
    Case { at: READ, status: 429, body: QUOTA, fate: Fate::Waits, said: &["the quota of beadle@", "is used up"] },
    Case { at: APPEND, status: 500, body: INTERNAL, fate: Fate::InDoubt, said: &["answered 500: Internal error"] },
    Case { at: READ, status: 500, body: INTERNAL, fate: Fate::Waits, said: &["answered 500: Internal error"] },
    Case {
        at: APPEND,
        status: 503,
        body: AWAY,
        fate: Fate::InDoubt,
        said: &["answered 503: The service is currently"],
    },
    Case { at: READ, status: 503, body: AWAY, fate: Fate::Waits, said: &["answered 503: The service is currently"] },
    Case { at: APPEND, status: 502, body: PAGE, fate: Fate::InDoubt, said: &["answered 502"] },
    Case { at: READ, status: 403, body: PAGE, fate: Fate::Waits, said: &["a proxy may stand in between"] },
    Case {
        at: TOKEN,
        status: 400,
        body: SIGNATURE,
        fate: Fate::Held,
        said: &["Invalid JWT Signature", "account and its key"],
    },
    Case { at: TOKEN, status: 400, body: CLOCK, fate: Fate::Held, said: &["reasonable timeframe", "clock is right"] },
    Case {
        at: TOKEN,
        status: 500,
        body: FAILURE,
        fate: Fate::Waits,
        said: &["no token for beadle@", "Please try again later"],
    },
    Case {
        at: TOKEN,
        status: 503,
        body: PAGE,
        fate: Fate::Waits,
        said: &["no token for beadle@", "not what the service sends"],
    },
];

fn fate(outcome: &Delivered) -> (Fate, String) {
    match outcome {
        Delivered::Retry { cause, .. } => (Fate::Waits, cause.clone()),
        Delivered::Unknown { cause, .. } => (Fate::InDoubt, cause.clone()),
        Delivered::Held { cause, advice, .. } => (Fate::Held, format!("{cause}; {advice}")),
        Delivered::Invalid { cause } => (Fate::GivenUp, cause.clone()),
        other => panic!("it went through: {other:?}"),
    }
}

#[tokio::test]
async fn every_refusal_has_its_fate_and_its_words() {
    for Case { at, status, body, fate: wanted, said } in CASES {
        let house = House::google().await;
        house.rows(&["a"]).await;
        house.finish().await;
        if at == TOKEN {
            house.campus.revoke_tokens();
        }
        house.campus.faults.order(at, None, Action::json(status, body));
        house.rows(&["b"]).await;
        for round in 0..2 {
            let case = format!("{at} {status} {body}, round {round}");
            let outcomes = house.step().await;
            let found = outcomes.first().map(fate);
            if wanted == Fate::GivenUp && round > 0 {
                assert_eq!(found, None, "{case}");
                continue;
            }
            let (fate, text) = found.unwrap_or_else(|| panic!("{case}: nothing waits"));
            assert_eq!(fate, wanted, "{case}: {text}");
            // In doubt it is the look that fails or finds nothing later on.
            for part in said.iter().filter(|_| fate != Fate::InDoubt || round == 0) {
                assert!(text.contains(part), "{case}: {part:?} is said in {text:?}");
            }
            let state = match wanted {
                Fate::Waits | Fate::Held => EffectState::Queued,
                Fate::InDoubt => EffectState::Unknown,
                Fate::GivenUp => EffectState::Invalid,
            };
            assert_eq!(house.states().await[1].0, state, "{case}");
        }
        assert_eq!(house.hashes(), ["a"], "{at} {status}");
        house.campus.faults.clear();
        house.rows(&["c"]).await;
        house.finish().await;
        let standing: &[&str] = if wanted == Fate::GivenUp { &["a", "c"] } else { &["a", "b", "c"] };
        assert_eq!(house.hashes(), standing, "{at} {status} {body}");
    }
}

/// A token may be withdrawn before its time: that is no trouble at all.
#[tokio::test]
async fn a_token_that_is_refused_once_is_renewed() {
    for at in [APPEND, READ] {
        let house = House::google().await;
        house.rows(&["a"]).await;
        house.finish().await;
        house.campus.faults.order(at, Some(1), Action::json(401, UNAUTHENTICATED));
        house.rows(&["b"]).await;
        assert!(all_done(&house.step().await), "{at}");
        assert_eq!(house.hashes(), ["a", "b"]);
    }
}

/// What is in doubt stays in doubt while the tab is held, and a definite refusal ends no doubt but its own.
#[tokio::test]
async fn a_held_tab_keeps_a_row_in_doubt_and_shows_the_others_as_waiting() {
    let house = House::google().await;
    house.rows(&["a"]).await;
    house.finish().await;
    house.campus.faults.order(APPEND, Some(1), Action::ApplyThenDrop);
    // The header is read before; from the append on nothing can be looked for.
    house.campus.faults.order(Matcher::path(READ).after(1), None, Action::json(403, DENIED));
    house.rows(&["b"]).await;
    assert!(matches!(house.step().await[..], [Delivered::Unknown { .. }]));
    house.rows(&["c"]).await;
    house.clock.advance(Duration::from_secs(10));
    let outcomes = house.step().await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Delivered::Held { .. })), "{outcomes:?}");
    let states: Vec<EffectState> = house.states().await.into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, [EffectState::Done, EffectState::Unknown, EffectState::Queued]);
    house.campus.faults.clear();
    house.finish().await;
    assert_eq!(house.hashes(), ["a", "b", "c"]);
    assert_eq!(house.campus.cells(BOOK, "Online").len(), 4);
}
