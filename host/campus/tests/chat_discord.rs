//! The simulated Discord: messages, who may write them, and whom they notify.

mod chat_discord_client;
mod common;

use beadle_campus::chat::discord::Ping;
use chat_discord_client::{AGENT, NOW, School};
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;

#[tokio::test]
async fn a_message_is_sent_read_edited_and_deleted() {
    let school = School::start().await;
    let sent = school.post(json!({ "content": " 2B moves to Room 7\n", "nonce": "k1" })).await;
    assert_eq!(
        (sent.status, &sent.body["content"], &sent.body["nonce"]),
        (200, &json!("2B moves to Room 7"), &json!("k1"))
    );
    assert_eq!(sent.body["timestamp"], "2026-11-20T18:07:04.000000+00:00");
    let at = format!("/channels/100/messages/{}", sent.id());
    school.clock.set(NOW + 1_000);
    let edited = school.call("PATCH", &at, json!({ "content": "2B stays" })).await;
    assert_eq!((edited.status, &edited.body["edited_timestamp"]), (200, &json!("2026-11-20T18:07:05.000000+00:00")));
    assert_eq!(school.get(&at).await.body["content"], "2B stays");
    let seen = school.discord.messages("100").remove(0);
    assert_eq!((seen.id, seen.edits, seen.created_ms, seen.edited_ms), (sent.id(), 1, NOW, Some(NOW + 1_000)));
    let later = school.post(json!({ "content": "next" })).await;
    assert!(later.id().parse::<u64>().expect("number") > sent.id().parse::<u64>().expect("number"));
    assert_eq!(later.id().parse::<i64>().expect("number") >> 22, NOW + 1_000 - 1_420_070_400_000);
    assert_eq!(school.get("/channels/100").await.body["last_message_id"], later.id());
    assert_eq!(school.call("DELETE", &at, Value::Null).await.status, 204);
    for method in ["GET", "PATCH", "DELETE"] {
        let body = if method == "PATCH" { json!({ "content": "x" }) } else { Value::Null };
        assert_eq!(school.call(method, &at, body).await.refusal(), (404, 10008), "{method}");
    }
    assert_eq!(school.contents("100"), ["next"]);
    assert_eq!(school.get("/users/@me").await.body["bot"], true);
}

#[tokio::test]
async fn pages_are_newest_first_and_cut_where_asked() {
    let school = School::start().await;
    let mut ids = Vec::new();
    for n in 0..6 {
        school.clock.set(NOW + n * 10_000);
        ids.push(school.post(json!({ "content": n.to_string() })).await.id());
    }
    for (query, expected) in [
        (String::new(), "5 4 3 2 1 0"),
        ("?limit=2".to_owned(), "5 4"),
        (format!("?before={}&limit=2", ids[3]), "2 1"),
        (format!("?after={}&limit=2", ids[1]), "3 2"),
        ("?after=0&limit=100".to_owned(), "5 4 3 2 1 0"),
        (format!("?around={}&limit=3", ids[3]), "4 3 2"),
        (format!("?after={}", ids[5]), ""),
    ] {
        let page = school.get(&format!("/channels/100/messages{query}")).await.body;
        let texts: Vec<&str> = page.as_array().expect("a list").iter().filter_map(|m| m["content"].as_str()).collect();
        assert_eq!(texts.join(" "), expected, "{query}");
    }
    for query in ["?limit=0", "?limit=101", "?limit=x", "?after=x", "?after=1&before=2"] {
        assert_eq!(school.get(&format!("/channels/100/messages{query}")).await.refusal(), (400, 50035), "{query}");
    }
    school.discord.hide_history("100");
    assert_eq!(school.get("/channels/100/messages").await.body, json!([]));
}

#[tokio::test]
async fn a_nonce_finds_the_earlier_message_for_some_minutes() {
    let school = School::start().await;
    school.discord.set_limits(None);
    let with =
        |text: &str, nonce: Value, enforce: bool| json!({ "content": text, "nonce": nonce, "enforce_nonce": enforce });
    let first = school.post(with("first", json!("k1"), true)).await;
    let again = school.post(with("again", json!("k1"), true)).await;
    assert_eq!((again.status, again.id(), &again.body["content"]), (200, first.id(), &json!("first")));
    let elsewhere = school.call("POST", "/channels/200/messages", with("there", json!("k1"), true)).await;
    assert_eq!(
        (elsewhere.id(), &elsewhere.body["channel_id"]),
        (first.id(), &json!("100")),
        "by author, not by channel"
    );
    let lax = school.post(with("lax", json!("k1"), false)).await;
    assert_ne!(lax.id(), first.id(), "only where it is enforced");
    assert_ne!(school.post(with("other", json!("k2"), true)).await.id(), first.id());
    let number = school.post(with("number", json!(7), true)).await;
    assert_eq!(school.post(with("number", json!("7"), true)).await.id(), number.id());

    let at = format!("/channels/100/messages/{}", first.id());
    assert_eq!(school.get(&at).await.body["nonce"], "k1");
    school.clock.set(NOW + 5 * MINUTE - 1);
    assert_eq!(school.post(with("late", json!("k2"), true)).await.body["content"], "other");
    school.clock.set(NOW + 5 * MINUTE);
    assert_eq!(school.get(&at).await.body["nonce"], Value::Null);
    assert_eq!(school.get("/channels/100/messages").await.body[0]["nonce"], Value::Null);
    assert_eq!(school.post(with("late", json!("k2"), true)).await.body["content"], "late");

    school.discord.set_nonces(60 * MINUTE, false);
    assert_eq!(school.get(&at).await.body["nonce"], Value::Null, "not shown though remembered");
    assert_eq!(school.post(with("again", json!("k1"), true)).await.body["content"], "first");
    school.discord.set_nonces(60 * MINUTE, true);
    assert_eq!(school.get(&at).await.body["nonce"], "k1");
    school.discord.delete_by_hand("100", &number.id());
    assert_ne!(school.post(with("anew", json!(7), true)).await.id(), number.id(), "what is gone is not found");
}

#[tokio::test]
async fn bodies_are_checked() {
    let school = School::start().await;
    school.discord.set_limits(None);
    let text = |length: usize| "ä".repeat(length);
    for (body, refusal) in [
        (json!({ "content": text(2_000) }), (200, -1)),
        (json!({ "content": text(2_001) }), (400, 50035)),
        (json!({ "content": "😀".repeat(2_000) }), (200, -1)),
        (json!({ "content": "" }), (400, 50006)),
        (json!({ "content": " \n" }), (400, 50006)),
        (json!({ "content": null }), (400, 50006)),
        (json!({}), (400, 50006)),
        (json!({ "content": 5 }), (400, 50035)),
        (json!({ "content": "x", "nonce": "n".repeat(25) }), (200, -1)),
        (json!({ "content": "x", "nonce": "n".repeat(26) }), (400, 50035)),
        (json!({ "content": "x", "allowed_mentions": { "parse": ["roles"], "roles": ["1"] } }), (400, 50035)),
        (json!({ "content": "x", "embeds": [{ "title": "x" }] }), (501, 0)),
        (json!([]), (400, 50109)),
    ] {
        let answer = school.post(body.clone()).await;
        assert_eq!(answer.refusal(), refusal, "{body}");
    }
    let long = school.post(json!({ "content": text(2_001) })).await.body;
    assert_eq!(long["errors"]["content"]["_errors"][0]["code"], "BASE_TYPE_MAX_LENGTH");
    let id = school.post(json!({ "content": "stands" })).await.id();
    for (body, refusal) in [
        (json!({ "content": "" }), (400, 50006)),
        (json!({ "content": text(2_001) }), (400, 50035)),
        (json!({ "flags": 4 }), (200, -1)),
    ] {
        let answer = school.call("PATCH", &format!("/channels/100/messages/{id}"), body.clone()).await;
        assert_eq!(answer.refusal(), refusal, "{body}");
    }
    assert_eq!(school.contents("100").last().map(String::as_str), Some("stands"));
}

#[tokio::test]
async fn the_wall_and_the_door_turn_away() {
    let school = School::start().await;
    let token = school.discord.token();
    for agent in ["", "beadle/0.1", "DiscordBot"] {
        let answer = school.send("GET", "/users/@me", agent, &token, None).await.expect("an answer");
        assert_eq!((answer.status, answer.body), (403, json!("error code: 1010")), "{agent}");
    }
    let stranger = school.send("GET", "/users/@me", AGENT, "wrong", None).await.expect("an answer");
    assert_eq!((stranger.status, stranger.body), (401, json!({ "message": "401: Unauthorized", "code": 0 })));
    assert_eq!(school.send("GET", "/channels/100", AGENT, "", None).await.expect("an answer").status, 401);
    let theirs = school.discord.say("100", "hello");
    let theirs = format!("/channels/100/messages/{theirs}");
    for (method, path, refusal) in [
        ("GET", "/channels/999", (404, 10003)),
        ("GET", "/channels/x", (400, 50035)),
        ("POST", "/channels/999/messages", (404, 10003)),
        ("GET", "/channels/100/messages/x", (400, 50035)),
        ("PATCH", theirs.as_str(), (403, 50005)),
        ("DELETE", theirs.as_str(), (403, 50013)),
        ("GET", "/gateway", (404, 0)),
        ("PUT", "/channels/100/messages", (405, 0)),
    ] {
        let body = if method == "GET" { Value::Null } else { json!({ "content": "x" }) };
        assert_eq!(school.call(method, path, body).await.refusal(), refusal, "{method} {path}");
    }
    let id = school.post(json!({ "content": "mine" })).await.id();
    let mine = format!("/channels/100/messages/{id}");
    school.discord.forbid("100");
    assert_eq!(school.post(json!({ "content": "x" })).await.refusal(), (403, 50013));
    assert_eq!(school.call("PATCH", &mine, json!({ "content": "y" })).await.status, 200);
    school.discord.kick();
    assert_eq!(school.get("/channels/100").await.refusal(), (403, 50001));
    assert_eq!(school.call("PATCH", &mine, json!({ "content": "z" })).await.refusal(), (403, 50001));
    school.discord.restore();
    assert_eq!(school.post(json!({ "content": "again" })).await.status, 200);
    school.discord.revoke_token();
    assert_eq!(school.post(json!({ "content": "x" })).await.status, 401);
    school.discord.restore();
    school.discord.remove_channel("100");
    assert_eq!(school.post(json!({ "content": "x" })).await.refusal(), (404, 10003));
    school.clock.set(NOW + 60 * MINUTE);
    let old = school.call("POST", "/channels/200/messages", json!({ "content": "old" })).await.id();
    let old = format!("/channels/200/messages/{old}");
    school.discord.refuse_old_edits(true);
    assert_eq!(school.call("PATCH", &old, json!({ "content": "young" })).await.status, 200);
    school.clock.set(NOW + 120 * MINUTE);
    assert_eq!(school.call("PATCH", &old, json!({ "content": "x" })).await.refusal(), (400, 30046));
}

#[tokio::test]
async fn only_new_messages_notify_and_only_whom_they_may() {
    let school = School::start().await;
    school.discord.set_limits(None);
    school.discord.role("42", true);
    school.discord.role("43", false);
    let content = "@everyone <@&42> <@&43> <@7> `<@8>`";
    let (role, user) = (|id: &str| Ping::Role(id.to_owned()), |id: &str| Ping::User(id.to_owned()));
    let careful = json!({ "parse": [], "roles": ["42"] });
    let (id, token) = school.discord.webhook("100");
    let webhook = format!("/webhooks/{id}/{token}?wait=true");
    for (path, everyone, body, expected) in [
        ("/channels/100/messages", true, json!({}), vec![user("7"), user("8"), role("42"), role("43"), Ping::Everyone]),
        ("/channels/100/messages", false, json!({}), vec![user("7"), user("8"), role("42")]),
        ("/channels/100/messages", true, json!({ "allowed_mentions": careful }), vec![role("42")]),
        ("/channels/100/messages", true, json!({ "allowed_mentions": {} }), vec![]),
        ("/channels/100/messages", true, json!({ "flags": 4096 }), vec![]),
        (webhook.as_str(), true, json!({}), vec![user("7"), user("8")]),
        (webhook.as_str(), true, json!({ "allowed_mentions": careful }), vec![role("42")]),
    ] {
        school.discord.allow_everyone(everyone);
        let before = school.discord.pings("100").len();
        let mut body = body;
        body["content"] = json!(content);
        let sent = school.call("POST", path, body.clone()).await;
        let pings: Vec<_> = school.discord.pings("100").split_off(before);
        let expected: Vec<_> = expected.into_iter().map(|ping| (sent.id(), ping)).collect();
        assert_eq!(pings, expected, "{path} {body}");
    }
    let sent = school.post(json!({ "content": "quiet" })).await;
    let before = school.discord.pings("100");
    let edited =
        school.call("PATCH", &format!("/channels/100/messages/{}", sent.id()), json!({ "content": content })).await;
    assert_eq!((&edited.body["mention_everyone"], &edited.body["mention_roles"]), (&json!(true), &json!(["42", "43"])));
    assert!(school.discord.messages("100").last().is_some_and(|seen| seen.mentions.contains(&Ping::Everyone)));
    assert_eq!(school.discord.pings("100"), before, "an edit mentions, and notifies nobody");
}
