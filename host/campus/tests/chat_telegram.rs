//! The simulated Telegram: texts and what they may hold, limits, and what goes wrong.

mod common;

use beadle_campus::chat::Telegram;
use beadle_campus::chat::telegram::Limits;
use beadle_campus::faults::{Action, Matcher};
use common::{Hand, client, fixtures};
use serde_json::{Value, json};

const NOW: i64 = 1_795_198_024_000;
const GROUP: i64 = -1_001_234_567_890;
const PERSON: i64 = 9;
const HOUR: i64 = 3_600_000;

struct School {
    telegram: Telegram,
    clock: Hand,
    http: reqwest::Client,
}

impl School {
    async fn start() -> Self {
        let clock = Hand::at(NOW);
        let telegram = Telegram::start(clock.clock()).await.expect("loopback");
        telegram.chat(GROUP);
        telegram.chat(PERSON);
        Self { telegram, clock, http: client() }
    }

    /// Starts without limits.
    async fn unlimited() -> Self {
        let school = Self::start().await;
        school.telegram.set_limits(None);
        school
    }

    fn url(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.telegram.base_url, self.telegram.token())
    }

    async fn try_call(&self, method: &str, params: &Value) -> Option<(u16, Value)> {
        let answer = self.http.post(self.url(method)).json(params).send().await.ok()?;
        Some((answer.status().as_u16(), answer.json().await.ok()?))
    }

    async fn call(&self, method: &str, params: Value) -> (u16, Value) {
        self.try_call(method, &params).await.expect("an answer")
    }

    /// Calls a method that must be refused, and returns why.
    async fn refused(&self, method: &str, params: Value) -> (u16, String) {
        let (status, body) = self.call(method, params).await;
        assert_eq!((&body["ok"], &body["error_code"]), (&json!(false), &json!(status)), "{body}");
        (status, body["description"].as_str().unwrap_or_default().to_owned())
    }

    async fn send(&self, chat: i64, text: &str) -> i64 {
        let (_, body) = self.call("sendMessage", json!({ "chat_id": chat, "text": text, "parse_mode": "HTML" })).await;
        body["result"]["message_id"].as_i64().unwrap_or_else(|| panic!("{text}: {body}"))
    }

    fn visible(&self, chat: i64) -> Vec<String> {
        self.telegram.messages(chat).iter().map(|message| message.visible()).collect()
    }
}

#[tokio::test]
async fn a_message_is_sent_edited_and_deleted() {
    let school = School::unlimited().await;
    let params = json!({ "chat_id": PERSON, "text": " <b>hi</b> &lt;you&gt;\n", "parse_mode": "html", "disable_notification": true });
    let (status, body) = school.call("sendMessage", params).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&body["result"]["text"], &body["result"]["entities"], &body["result"]["date"]),
        (&json!("hi <you>"), &json!([{ "type": "bold", "offset": 0, "length": 2 }]), &json!(NOW / 1000))
    );
    assert_eq!((&body["result"]["chat"]["type"], &body["result"]["from"]["is_bot"]), (&json!("private"), &json!(true)));
    let id = body["result"]["message_id"].as_i64().expect("an id");
    school.clock.set(NOW + 5_000);
    let (_, body) = school.call("EDITmessagetext", json!({ "chat_id": "9", "message_id": id, "text": "bye" })).await;
    assert_eq!((&body["result"]["message_id"], &body["result"]["edit_date"]), (&json!(id), &json!(NOW / 1000 + 5)));
    let seen = school.telegram.messages(PERSON).remove(0);
    assert_eq!((seen.text.as_str(), seen.edits, seen.silent, seen.edited_ms), ("bye", 1, true, Some(NOW + 5_000)));
    assert_eq!(school.send(PERSON, "second").await, id + 1);
    let (status, body) = school.call("DeleteMessage", json!({ "chat_id": PERSON, "message_id": id })).await;
    assert_eq!((status, body), (200, json!({ "ok": true, "result": true })));
    assert_eq!(school.visible(PERSON), ["second"]);
    assert_eq!(school.send(PERSON, "second").await, id + 2, "there is no key against repeats");
    assert_eq!(school.call("getMe", json!({})).await.1["result"]["is_bot"], true);
    let (_, chat) = school.call("getChat", json!({ "chat_id": GROUP })).await;
    assert_eq!(chat["result"]["type"], "supergroup");
}

#[tokio::test]
async fn forms_and_queries_are_read_too() {
    let school = School::unlimited().await;
    let form = [("chat_id", "9"), ("text", "a &amp; b"), ("parse_mode", "HTML")];
    let answer = school.http.post(school.url("sendMessage")).form(&form).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let answer = school.http.get(school.url("sendMessage")).query(&[("chat_id", "9"), ("text", "c")]).send().await;
    assert_eq!(answer.expect("an answer").status(), 200);
    assert_eq!(school.visible(PERSON), ["a & b", "c"]);
    let broken = school.http.post(school.url("sendMessage")).header("content-type", "application/json").body("{");
    assert_eq!(broken.send().await.expect("an answer").status(), 400);
}

#[tokio::test]
async fn a_text_is_as_long_as_what_is_left_after_parsing() {
    let school = School::unlimited().await;
    for (text, accepted) in [
        ("x".repeat(4_096), true),
        ("x".repeat(4_097), false),
        ("😀".repeat(2_048), true),
        ("😀".repeat(2_049), false),
        (format!("<b>{}</b>", "&amp;".repeat(4_096)), true),
        (format!("{}\n\n", "x".repeat(4_096)), true),
    ] {
        let params = json!({ "chat_id": GROUP, "text": text, "parse_mode": "HTML" });
        let (status, body) = school.call("sendMessage", params).await;
        assert_eq!(status == 200, accepted, "{} bytes: {body}", text.len());
        if !accepted {
            assert_eq!(body["description"], "Bad Request: message is too long");
        }
    }
    for text in ["", " \n", "<b></b>", "<b> </b>"] {
        let params = json!({ "chat_id": GROUP, "text": text, "parse_mode": "HTML" });
        let refused = school.refused("sendMessage", params).await;
        assert_eq!(refused, (400, "Bad Request: message text is empty".to_owned()), "{text:?}");
    }
}

#[tokio::test]
async fn html_is_parsed_and_a_hostile_name_arrives_as_its_characters() {
    let school = School::unlimited().await;
    for (text, part) in [
        ("a < b", "can't parse entities: Unsupported start tag \"\" at byte offset 2"),
        ("<b>x", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        ("<script>x</script>", "can't parse entities: Unsupported start tag \"script\" at byte offset 0"),
        ("<b><i>x</b></i>", "can't parse entities: Unmatched end tag at byte offset 7"),
    ] {
        let params = json!({ "chat_id": GROUP, "text": text, "parse_mode": "HTML" });
        let (status, why) = school.refused("sendMessage", params).await;
        assert!(status == 400 && why.starts_with(&format!("Bad Request: {part}")), "{text}: {why}");
    }
    assert!(school.visible(GROUP).is_empty(), "what is refused leaves nothing behind");
    for (text, seen) in [
        ("&lt;b&gt;Maths&lt;/b&gt; &amp;amp; more", "<b>Maths</b> &amp; more"),
        (
            "<b>Room <i>7</i></b>, <a href=\"https://x.example/?a=1&amp;b=2\">join 😀</a>.",
            "Room 7, join 😀⟨https://x.example/?a=1&b=2⟩.",
        ),
        ("<a href=\"tg://user?id=7\">Ada</a> <pre>*x*</pre>", "Ada⟨tg://user?id=7⟩ *x*"),
        ("  <b> padded </b> ", "padded"),
    ] {
        let id = school.send(GROUP, text).await;
        let message = school.telegram.messages(GROUP).into_iter().find(|message| message.id == id).expect("it stands");
        assert_eq!(message.visible(), seen, "{text}");
    }
    let (_, body) = school.call("sendMessage", json!({ "chat_id": GROUP, "text": "<b>plain</b>" })).await;
    assert_eq!((&body["result"]["text"], &body["result"]["entities"]), (&json!("<b>plain</b>"), &Value::Null));
    for (mode, status) in [("MarkdownV2", 501), ("bbcode", 400)] {
        let params = json!({ "chat_id": GROUP, "text": "x", "parse_mode": mode });
        assert_eq!(school.refused("sendMessage", params).await.0, status, "{mode}");
    }
}

#[tokio::test]
async fn edits_and_deletions_have_their_own_refusals() {
    let school = School::unlimited().await;
    let id = school.send(GROUP, "<b>x</b>").await;
    let theirs = school.telegram.say(GROUP, "hello").expect("the chat is there");
    let edit = |id: i64, text: &str| json!({ "chat_id": GROUP, "message_id": id, "text": text, "parse_mode": "HTML" });
    for (method, params, why) in [
        ("editMessageText", edit(id, "<strong>x</strong>"), "message is not modified"),
        ("editMessageText", edit(1, "y"), "message to edit not found"),
        ("editMessageText", edit(theirs, "y"), "message can't be edited"),
        ("editMessageText", edit(id, ""), "message text is empty"),
        ("editMessageText", json!({ "chat_id": GROUP, "text": "y" }), "message identifier is not specified"),
        ("deleteMessage", edit(1, ""), "message to delete not found"),
        ("deleteMessage", edit(theirs, ""), "message can't be deleted"),
        ("sendMessage", json!({ "chat_id": 5, "text": "x" }), "chat not found"),
        ("sendMessage", json!({ "chat_id": "@nobody", "text": "x" }), "chat not found"),
        ("sendMessage", json!({ "text": "x" }), "chat_id is empty"),
    ] {
        let (status, description) = school.refused(method, params.clone()).await;
        assert!(
            status == 400 && description.starts_with(&format!("Bad Request: {why}")),
            "{method} {params}: {description}"
        );
    }
    assert_eq!(school.call("editMessageText", edit(id, "x")).await.0, 200, "the same letters, but no longer bold");
    school.clock.set(NOW + 48 * HOUR - 1);
    let late = school.send(GROUP, "y").await;
    school.clock.set(NOW + 48 * HOUR);
    let refused = school.refused("deleteMessage", edit(id, "")).await;
    assert_eq!(refused, (400, "Bad Request: message can't be deleted for everyone".to_owned()));
    assert_eq!(school.call("deleteMessage", edit(late, "")).await.0, 200);
    assert_eq!(school.call("editMessageText", edit(id, "old, but editable")).await.0, 200);
    school.telegram.delete_by_hand(GROUP, id);
    assert!(school.refused("editMessageText", edit(id, "z")).await.1.contains("message to edit not found"));
}

#[tokio::test]
async fn a_bot_is_kicked_muted_moved_and_locked_out() {
    let school = School::unlimited().await;
    let old_group = -500;
    school.telegram.chat(old_group);
    let text = |chat: i64| json!({ "chat_id": chat, "text": "x" });
    for (chat, why) in [
        (GROUP, "bot was kicked from the supergroup chat"),
        (old_group, "bot was kicked from the group chat"),
        (PERSON, "bot was blocked by the user"),
    ] {
        school.telegram.kick(chat);
        assert_eq!(school.refused("sendMessage", text(chat)).await, (403, format!("Forbidden: {why}")));
    }
    school.telegram.restore();
    school.telegram.forbid(GROUP);
    assert!(school.refused("sendMessage", text(GROUP)).await.1.contains("not enough rights"));
    school.telegram.restore();
    assert_eq!(school.call("sendMessage", text(GROUP)).await.0, 200);

    let new_group = -1_009_876_543_210;
    school.send(old_group, "before").await;
    school.telegram.migrate(old_group, new_group);
    let (status, body) = school.call("sendMessage", text(old_group)).await;
    assert_eq!((status, &body["parameters"]["migrate_to_chat_id"]), (400, &json!(new_group)));
    assert_eq!(school.call("sendMessage", text(new_group)).await.0, 200);
    school.telegram.remove_chat(new_group);
    assert_eq!(school.refused("sendMessage", text(new_group)).await, (400, "Bad Request: chat not found".to_owned()));

    school.telegram.revoke_token();
    assert_eq!(school.refused("getMe", json!({})).await, (401, "Unauthorized".to_owned()));
    school.telegram.restore();
    assert_eq!(school.refused("getMoon", json!({})).await, (404, "Not Found".to_owned()));
    for (token, status) in [("12:wrong", 401), ("wrong", 404)] {
        let answer = school.http.get(format!("{}/bot{token}/getMe", school.telegram.base_url)).send().await;
        assert_eq!(answer.expect("an answer").status(), status, "{token}");
    }
}

#[tokio::test]
async fn limits_hold_by_the_given_clock() {
    let school = School::start().await;
    let text = |chat: i64, n: i64| json!({ "chat_id": chat, "text": n.to_string() });
    for n in 0..3 {
        assert_eq!(school.call("sendMessage", text(PERSON, n)).await.0, 200);
    }
    let answer = school.http.post(school.url("sendMessage")).json(&text(PERSON, 3)).send().await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().expect("text")), (429, "1"));
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(
        body,
        json!({ "ok": false, "error_code": 429, "description": "Too Many Requests: retry after 1", "parameters": { "retry_after": 1 } })
    );
    assert_eq!((school.telegram.limited(), school.telegram.violations()), (1, 0));
    assert_eq!(school.call("sendMessage", text(GROUP, 0)).await.0, 200, "another chat");
    school.clock.set(NOW + 999);
    assert_eq!(school.call("sendMessage", text(PERSON, 4)).await.0, 429);
    assert_eq!((school.telegram.limited(), school.telegram.violations()), (2, 1));
    school.clock.set(NOW + 1_000);
    assert_eq!(school.call("sendMessage", text(PERSON, 5)).await.0, 200);

    let mut sent = 1;
    for second in 1..60 {
        school.clock.set(NOW + second * 1_000);
        let (status, body) = school.call("sendMessage", text(GROUP, second)).await;
        if status == 429 {
            assert_eq!((sent, &body["parameters"]["retry_after"]), (20, &json!(60 - second)));
            break;
        }
        sent += 1;
    }
    assert_eq!(sent, 20);
    school.clock.set(NOW + 60_000);
    assert_eq!(school.call("sendMessage", text(GROUP, 60)).await.0, 200);

    school.clock.set(NOW + HOUR);
    for _ in 0..30 {
        assert_eq!(school.call("getMe", json!({})).await.0, 200);
    }
    assert_eq!(school.call("getMe", json!({})).await.0, 429);
    let strict = Limits { burst: 1, every_ms: 10_000, ..Limits::default() };
    school.telegram.set_limits(Some(strict));
    school.clock.set(NOW + 2 * HOUR);
    assert_eq!(school.call("sendMessage", text(PERSON, 6)).await.0, 200);
    assert_eq!(school.call("sendMessage", text(PERSON, 7)).await.1["parameters"]["retry_after"], 10);
}

#[tokio::test]
async fn a_message_can_be_sent_and_its_answer_lost() {
    let school = School::unlimited().await;
    let sends = Matcher::path("/sendMessage").and(reqwest::Method::POST);
    school.telegram.faults.order(sends.after(1), Some(1), Action::ApplyThenDrop);
    school.send(GROUP, "first").await;
    assert!(school.try_call("sendMessage", &json!({ "chat_id": GROUP, "text": "second" })).await.is_none());
    assert_eq!(school.visible(GROUP), ["first", "second"]);
    school.telegram.faults.order("sendMessage", Some(1), Action::Garbage);
    assert!(school.try_call("sendMessage", &json!({ "chat_id": GROUP, "text": "third" })).await.is_none());
    assert_eq!(school.visible(GROUP).len(), 2);
}

#[tokio::test]
async fn requests_and_answers_keep_to_the_description() {
    let Some(specs) = fixtures("specs") else { return };
    let school = School::unlimited().await;
    school.telegram.checked_against(&specs).expect("the description");
    let text = std::fs::read_to_string(specs.join("telegram-bot-api-10.1-subset.json")).expect("the description");
    let spec: Value = serde_json::from_str(&text).expect("JSON");
    let params = json!({
        "chat_id": GROUP, "text": "<a href=\"https://x.example\">x</a> <pre><code class=\"language-rust\">y</code></pre>",
        "parse_mode": "HTML", "link_preview_options": { "is_disabled": true },
    });
    let (_, sent) = school.call("sendMessage", params).await;
    let id = sent["result"]["message_id"].as_i64().expect("an id");
    let (_, edited) = school.call("editMessageText", json!({ "chat_id": GROUP, "message_id": id, "text": "y" })).await;
    let (_, chat) = school.call("getChat", json!({ "chat_id": PERSON })).await;
    let (_, me) = school.call("getMe", json!({})).await;
    let form = [
        ("chat_id", "9"),
        ("text", "x"),
        ("disable_notification", "true"),
        ("link_preview_options", "{\"is_disabled\":true}"),
    ];
    school.http.post(school.url("sendMessage")).form(&form).send().await.expect("an answer");
    for (kind, answer) in [("Message", sent), ("Message", edited), ("ChatFullInfo", chat), ("User", me)] {
        assert_eq!(described(&spec, kind, &answer["result"]), Vec::<String>::new(), "{answer}");
    }
    assert_eq!(school.telegram.complaints(), Vec::<String>::new());
    for (params, part) in [
        (json!({ "chat_id": GROUP, "text": "x", "parsemode": "HTML" }), "unknown field parsemode"),
        (json!({ "chat_id": GROUP }), "text is missing"),
        (json!({ "chat_id": true, "text": "x" }), "true is no Integer or String"),
        (json!({ "chat_id": GROUP, "text": 5 }), "5 is no String"),
        (json!({ "chat_id": GROUP, "text": "x", "link_preview_options": { "off": true } }), "unknown field off"),
    ] {
        let before = school.telegram.complaints().len();
        school.call("sendMessage", params.clone()).await;
        let new = school.telegram.complaints().split_off(before);
        assert!(new.iter().any(|complaint| complaint.contains(part)), "{params}: {new:?}");
    }
}

/// Compares an answer with a described type: required fields, unknown fields, and the types inside.
fn described(spec: &Value, kind: &str, value: &Value) -> Vec<String> {
    let Some(fields) = spec["types"][kind]["fields"].as_array() else { return Vec::new() };
    let known = |name: &str| fields.iter().find(|field| field["name"] == name);
    let mut found = Vec::new();
    for field in fields.iter().filter(|field| field["required"] == true) {
        let name = field["name"].as_str().unwrap_or_default();
        if value[name].is_null() {
            found.push(format!("{kind}.{name} is missing"));
        }
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        let Some(field) = known(name) else {
            found.push(format!("{kind}.{name} is unknown"));
            continue;
        };
        let of = field["types"][0].as_str().unwrap_or_default();
        match (of.strip_prefix("Array of "), inner) {
            (Some(of), Value::Array(items)) => found.extend(items.iter().flat_map(|item| described(spec, of, item))),
            (None, Value::Object(_)) => found.extend(described(spec, of, inner)),
            (None, Value::String(_)) if of == "String" => {}
            (None, Value::Number(_)) if of == "Integer" => {}
            (None, Value::Bool(_)) if ["Boolean", "True"].contains(&of) => {}
            _ => found.push(format!("{kind}.{name}: {inner} is no {of}")),
        }
    }
    found
}
