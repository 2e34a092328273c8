//! What Discord's refusals mean and what the operator can do about them. Pure. Decisions rest on `code`, never on texts.

use std::time::Duration;

use crate::api::{Reply, line, seconds};
use crate::channel::{Act, Trouble};
use crate::pace::Hints;

/// By which way a channel is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// By a bot; the channel's id.
    Bot(String),
    /// By a webhook; its id.
    Webhook(String),
}

/// How long to wait where the service says only that it is too much.
const UNSAID: Duration = Duration::from_secs(60);

/// How long to leave an old message alone that was edited too often.
const OLD: Duration = Duration::from_secs(600);

/// Reads what an answer says of limits.
pub(super) fn hints(reply: &Reply) -> Hints {
    let number = |name: &str| line(reply, name).and_then(seconds);
    let left = line(reply, "x-ratelimit-remaining").and_then(|text| text.parse().ok());
    let mut hints = Hints {
        bucket: line(reply, "x-ratelimit-bucket").map(str::to_owned),
        left: left.zip(number("x-ratelimit-reset-after")),
        ..Hints::default()
    };
    if reply.status.as_u16() == 429 {
        let wait = Some(wait(reply));
        let global = reply.json["global"].as_bool().unwrap_or(false) || line(reply, "x-ratelimit-global").is_some();
        // Without the service's own words it is the network in front of it, which counts by address.
        if global || reply.json["retry_after"].is_null() {
            hints.everybody = wait;
        } else {
            hints.wait = wait;
        }
    }
    hints
}

/// Returns how long the service wants to be left alone.
fn wait(reply: &Reply) -> Duration {
    let said = reply.json["retry_after"].as_f64().and_then(|wait| Duration::try_from_secs_f64(wait).ok());
    said.max(line(reply, "retry-after").and_then(seconds)).unwrap_or(UNSAID)
}

/// Says what a refusal means.
pub(super) fn meaning(reply: &Reply, act: Act, way: &Way) -> Trouble {
    let (status, code) = (reply.status.as_u16(), reply.json["code"].as_i64());
    let said = reply.json["message"].as_str().unwrap_or("no reason given");
    let cause = || match code {
        Some(code) if code > 0 => format!("Discord answered {status}: {said} ({code})"),
        _ => format!("Discord answered {status}: {said}"),
    };
    let held = |advice: String| Trouble::held(cause(), advice);
    match (status, code) {
        (429, _) => Trouble::Busy { cause: "Discord wants a slower pace".to_owned(), wait: Some(wait(reply)) },
        // Whether a message was made before it failed, nobody says.
        // Turned away at the door. A 502 or 504 may follow work that was done.
        (503, None) => Trouble::busy("Discord takes no requests at the moment (503)"),
        (408 | 500..=599, _) if act == Act::Post => Trouble::Unknown { cause: format!("Discord answered {status}") },
        (408 | 500..=599, _) => Trouble::busy(format!("Discord answered {status}")),
        (_, Some(10_015 | 50_027)) => held(
            "make a new webhook (channel settings, Integrations) and put its address in place of the old one".into(),
        ),
        (401, _) => {
            held("make a new token for the bot (Developer Portal, Bot, Reset Token) and put it in its place".into())
        }
        (_, Some(10_008)) => Trouble::Gone,
        (_, Some(20_028)) => Trouble::Busy { cause: cause(), wait: Some(UNSAID) },
        (_, Some(30_046)) => Trouble::Later { cause: cause(), wait: OLD },
        // Another bot's message: its own may be removed without any permission.
        (_, Some(50_005 | 50_013)) if act == Act::Delete => Trouble::CannotDelete { cause: cause() },
        (_, Some(50_005)) if act == Act::Edit => Trouble::CannotEdit { cause: cause() },
        (_, Some(10_003)) => held(format!("correct `channel`: there is no {}", place(way))),
        (_, Some(50_001)) => {
            held(format!("invite the bot to the server and let it see {} (permission View Channel)", place(way)))
        }
        (_, Some(50_013)) => held(format!(
            "give the bot in {} the permissions View Channel, Send Messages and Read Message History, and Mention Everyone where it pings a \
             role that is not mentionable by everyone",
            place(way)
        )),
        (_, Some(50_014)) => held("make a new token for the bot and put it in its place".into()),
        (400, Some(_)) => Trouble::Invalid { cause: detail(reply, cause()) },
        (403 | 404, Some(_)) => held(format!("look at the permissions of the bot in {}", place(way))),
        // Without the service's own words it was somebody in between, who carried nothing out.
        (403, None) => held("Discord's network refuses this machine; look whether a proxy stands in between".into()),
        (300..=499, None) => {
            Trouble::busy(format!("the answer was {status} without Discord's own words; a proxy may stand in between"))
        }
        _ => held("look whether the channel can be written to".into()),
    }
}

fn place(way: &Way) -> String {
    match way {
        Way::Bot(channel) => format!("channel {channel}"),
        Way::Webhook(id) => format!("the channel of webhook {id}"),
    }
}

/// Adds what the service says of single fields.
fn detail(reply: &Reply, cause: String) -> String {
    let errors = &reply.json["errors"];
    if errors.is_null() { cause } else { format!("{cause}: {errors}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, StatusCode};
    use serde_json::{Value, json};

    fn reply(status: u16, headers: &[(&'static str, &'static str)], json: Value) -> Reply {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("a header"));
        }
        Reply { status: StatusCode::from_u16(status).expect("a status"), headers: map, json }
    }

    fn said(status: u16, json: Value, act: Act) -> String {
        let trouble = meaning(&reply(status, &[], json), act, &Way::Bot("42".into()));
        let kind = match &trouble {
            Trouble::Busy { wait, .. } => format!("busy {wait:?}"),
            Trouble::Later { wait, .. } => format!("later {wait:?}"),
            Trouble::Unknown { .. } => "unknown".into(),
            Trouble::Held { .. } => "held".into(),
            Trouble::Invalid { .. } => "invalid".into(),
            Trouble::Gone => "gone".into(),
            Trouble::CannotEdit { .. } => "cannot edit".into(),
            Trouble::CannotDelete { .. } => "cannot delete".into(),
        };
        format!("{kind}: {}", trouble.text())
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        let code = |code: i64| json!({ "message": "Words", "code": code });
        for (status, json, act, want) in [
            (429, json!({ "retry_after": 64.57, "global": false }), Act::Post, "busy Some(64.57s): Discord wants"),
            (429, Value::Null, Act::Post, "busy Some(60s)"),
            (500, Value::Null, Act::Post, "unknown: Discord answered 500"),
            (503, Value::Null, Act::Post, "busy None: Discord takes no requests at the moment (503)"),
            (502, Value::Null, Act::Post, "unknown: Discord answered 502"),
            (504, Value::Null, Act::Post, "unknown: Discord answered 504"),
            (500, Value::Null, Act::Edit, "busy None: Discord answered 500"),
            (403, code(50_013), Act::Delete, "cannot delete"),
            (401, code(0), Act::Post, "held: Discord answered 401: Words; make a new token"),
            (404, code(10_008), Act::Edit, "gone"),
            (404, code(10_003), Act::Post, "held: Discord answered 404: Words (10003); correct `channel`"),
            (404, code(10_015), Act::Post, "held: Discord answered 404: Words (10015); make a new webhook"),
            (401, code(50_027), Act::Post, "held: Discord answered 401: Words (50027); make a new webhook"),
            (403, code(50_001), Act::Post, "held: Discord answered 403: Words (50001); invite the bot"),
            (403, code(50_013), Act::Post, "held: Discord answered 403: Words (50013); give the bot in channel 42"),
            (403, code(50_005), Act::Edit, "cannot edit"),
            (400, code(30_046), Act::Edit, "later 600s"),
            (400, code(50_035), Act::Post, "invalid: Discord answered 400: Words (50035)"),
            (403, Value::Null, Act::Post, "held: Discord answered 403"),
            (404, Value::Null, Act::Post, "busy None: the answer was 404 without"),
        ] {
            let got = said(status, json, act);
            assert!(got.starts_with(want), "{got:?} does not start with {want:?}");
        }
    }

    #[test]
    fn limits_are_read_from_headers_and_refusals() {
        let headers =
            [("x-ratelimit-bucket", "abcd"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset-after", "64.57")];
        let second = Duration::from_secs_f64;
        let read = hints(&reply(200, &headers, Value::Null));
        assert_eq!((read.bucket.as_deref(), read.left), (Some("abcd"), Some((0, second(64.57)))));
        let one = hints(&reply(429, &headers, json!({ "retry_after": 2.5, "global": false })));
        assert_eq!((one.wait, one.everybody), (Some(second(2.5)), None));
        let all = hints(&reply(429, &[("retry-after", "3")], json!({ "retry_after": 2.5, "global": true })));
        assert_eq!((all.wait, all.everybody), (None, Some(second(3.0))));
    }
}
