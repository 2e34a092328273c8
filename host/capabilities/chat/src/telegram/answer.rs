//! What Telegram's refusals mean and what the operator can do about them. Pure.
//!
//! Decisions rest on `error_code` and `parameters`, and only where those do not tell cases apart on how a description begins: servers vary
//! in the rest of it.

use std::time::Duration;

use crate::api::{Reply, line, seconds};
use crate::channel::{Act, Trouble};
use crate::pace::Hints;

/// How long to wait where the service says only that it is too much.
const UNSAID: Duration = Duration::from_secs(30);

fn wait(reply: &Reply) -> Duration {
    let said = reply.json["parameters"]["retry_after"].as_u64().map(Duration::from_secs);
    said.or_else(|| line(reply, "retry-after").and_then(seconds)).unwrap_or(UNSAID)
}

/// Reads what an answer says of limits: nothing, unless it is too much already.
pub(super) fn hints(reply: &Reply) -> Hints {
    let wait = (reply.status.as_u16() == 429).then(|| wait(reply));
    Hints { wait, ..Hints::default() }
}

/// Tells whether a refusal is about markup.
pub(super) fn is_markup(cause: &str) -> bool {
    cause.contains("can't parse entities")
}

/// Tells whether a refusal only says that there was nothing to change.
pub(super) fn is_same(cause: &str) -> bool {
    cause.contains("message is not modified")
}

/// Says what a refusal means.
pub(super) fn meaning(reply: &Reply, act: Act, chat: &str) -> Trouble {
    let status = reply.json["error_code"].as_u64().map_or(reply.status.as_u16(), |code| code.try_into().unwrap_or(0));
    let Some(said) = reply.json["description"].as_str() else {
        return match status {
            // Turned away at the door. A 502 or 504 may follow work that was done.
            503 => Trouble::busy("Telegram takes no requests at the moment (503)"),
            408 | 500..=599 | 200 if act == Act::Post => {
                Trouble::Unknown { cause: format!("Telegram answered {status}") }
            }
            429 => Trouble::Busy { cause: "Telegram wants a slower pace".to_owned(), wait: Some(wait(reply)) },
            404 => Trouble::held("Telegram answered 404", "correct the token, or `endpoint`"),
            _ => Trouble::busy(format!(
                "the answer was {status} without Telegram's own words; a proxy may stand in between"
            )),
        };
    };
    let cause = format!("Telegram answered {status}: {said}");
    let reason = said.split_once(": ").map_or(said, |(_, reason)| reason).to_lowercase();
    let begins = |texts: &[&str]| texts.iter().any(|text| reason.starts_with(text));
    match status {
        429 => Trouble::Busy { cause: "Telegram wants a slower pace".to_owned(), wait: Some(wait(reply)) },
        408 | 500..=599 if act == Act::Post => Trouble::Unknown { cause },
        408 | 500..=599 => Trouble::busy(cause),
        401 | 404 => Trouble::held(cause, "ask @BotFather for the bot's token and put it in place of the old one"),
        403 => Trouble::held(cause, format!("let the bot into chat {chat} again, with the right to write")),
        400 => match reply.json["parameters"]["migrate_to_chat_id"].as_i64() {
            Some(id) => Trouble::held(cause, format!("the group became a supergroup; write: chat = \"{id}\"")),
            None if begins(&["chat not found", "peer_id_invalid", "group chat was"]) => {
                Trouble::held(cause, "correct `chat`, and let the bot in: a bot cannot write to who never wrote to it")
            }
            None if begins(&[
                "not enough rights",
                "have no rights",
                "need administrator",
                "chat_write_forbidden",
                "topic_closed",
            ]) =>
            {
                Trouble::held(cause, format!("give the bot the right to write in chat {chat}"))
            }
            None if begins(&["message to edit not found", "message to delete not found", "message_id_invalid"]) => {
                Trouble::Gone
            }
            None if begins(&["message can't be edited"]) => Trouble::CannotEdit { cause },
            None if begins(&["message can't be deleted"]) => Trouble::CannotDelete { cause },
            None => Trouble::Invalid { cause },
        },
        _ => Trouble::held(cause, "look whether the bot can write to the chat"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, StatusCode};
    use serde_json::{Value, json};

    fn said(status: u16, json: Value, act: Act) -> String {
        let status = StatusCode::from_u16(status).expect("a status");
        let trouble = meaning(&Reply { status, headers: HeaderMap::new(), json }, act, "-7");
        let text = format!("{trouble:?}");
        format!("{}: {}", text.split([' ', '{']).next().unwrap_or_default(), trouble.text())
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        let bad = |description: &str| json!({ "ok": false, "error_code": 400, "description": description });
        let code =
            |code: u16, description: &str| json!({ "ok": false, "error_code": code, "description": description });
        let moved = json!({
            "ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat",
            "parameters": { "migrate_to_chat_id": -1_001_234_567_890_i64 },
        });
        for (status, json, act, want) in [
            (
                429,
                json!({ "error_code": 429, "description": "Too Many Requests: retry after 7", "parameters": { "retry_after": 7 } }),
                Act::Post,
                "Busy: Telegram wants",
            ),
            (500, code(500, "Internal Server Error"), Act::Post, "Unknown: "),
            (500, code(500, "Internal Server Error"), Act::Edit, "Busy: "),
            (502, Value::Null, Act::Post, "Unknown: Telegram answered 502"),
            (401, code(401, "Unauthorized"), Act::Post, "Held: Telegram answered 401: Unauthorized; ask @BotFather"),
            (
                403,
                code(403, "Forbidden: bot was kicked from the supergroup chat"),
                Act::Post,
                "Held: Telegram answered 403",
            ),
            (
                400,
                moved,
                Act::Post,
                "Held: Telegram answered 400: Bad Request: group chat was upgraded to a supergroup chat; the group became a supergroup; write: chat = \"-1001234567890\"",
            ),
            (400, bad("Bad Request: chat not found"), Act::Post, "Held: "),
            (400, bad("Bad Request: not enough rights to send text messages to the chat"), Act::Post, "Held: "),
            (400, bad("Bad Request: message to edit not found"), Act::Edit, "Gone"),
            (400, bad("Bad Request: message to delete not found"), Act::Delete, "Gone"),
            (400, bad("Bad Request: message can't be deleted for everyone"), Act::Delete, "CannotDelete: "),
            (400, bad("Bad Request: message can't be edited"), Act::Edit, "CannotEdit: "),
            (400, bad("Bad Request: message is too long"), Act::Post, "Invalid: "),
            (404, Value::Null, Act::Post, "Held: Telegram answered 404; correct the token"),
            (503, Value::Null, Act::Delete, "Busy: Telegram takes no requests at the moment (503)"),
        ] {
            let got = said(status, json, act);
            assert!(got.starts_with(want), "{got:?} does not start with {want:?}");
        }
        assert!(is_markup("Telegram answered 400: Bad Request: can't parse entities: unclosed"));
        assert!(is_same("Telegram answered 400: Bad Request: message is not modified: specified new"));
    }
}
