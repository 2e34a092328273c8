//! The simulated Discord: limits, webhooks, what goes wrong, and the specification.

mod chat_discord_client;
mod common;

use std::sync::atomic::{AtomicUsize, Ordering};

use beadle_campus::chat::discord::{Limit, Limits};
use beadle_campus::faults::{Action, Matcher};
use chat_discord_client::{AGENT, Answer, NOW, School};
use common::fixtures;
use serde_json::{Value, json};

#[tokio::test]
async fn buckets_are_told_refuse_and_refill_by_the_given_clock() {
    let school = School::start().await;
    for left in (0..5).rev() {
        let sent = school.post(json!({ "content": "x" })).await;
        assert_eq!((sent.status, sent.header("x-ratelimit-remaining")), (200, left.to_string().as_str()));
    }
    school.clock.set(NOW + 1_500);
    assert_eq!((school.discord.limited(), school.discord.violations(), school.discord.invalid()), (0, 0, 0));
    let refused = school.post(json!({ "content": "x" })).await;
    assert_eq!(refused.body, json!({ "message": "You are being rate limited.", "retry_after": 3.5, "global": false }));
    let told: Vec<&str> = ["limit", "remaining", "reset", "reset-after", "scope"]
        .iter()
        .map(|n| refused.header(&format!("x-ratelimit-{n}")))
        .collect();
    assert_eq!((refused.status, told), (429, vec!["5", "0", "1795198029.000", "3.500", "user"]));
    assert_eq!(refused.header("retry-after"), "4");
    assert_eq!((school.discord.limited(), school.discord.violations(), school.discord.invalid()), (1, 1, 1));
    let elsewhere = school.call("POST", "/channels/200/messages", json!({ "content": "x" })).await;
    assert_eq!((elsewhere.status, elsewhere.header("x-ratelimit-remaining")), (200, "4"));
    assert_eq!(elsewhere.header("x-ratelimit-bucket"), refused.header("x-ratelimit-bucket"));
    let id = elsewhere.id();
    let read = school.get(&format!("/channels/100/messages/{id}")).await;
    assert_eq!((read.status, read.header("x-ratelimit-limit")), (404, "50"));
    school.clock.set(NOW + 5_000);
    assert_eq!(school.post(json!({ "content": "x" })).await.status, 200);
    assert_eq!(school.contents("100").len(), 6);

    school.discord.set_limits(None);
    for _ in 0..60 {
        let free = school.post(json!({ "content": "x" })).await;
        assert_eq!((free.status, free.header("x-ratelimit-limit")), (200, ""));
    }
}

#[tokio::test]
async fn other_limits_hold_for_all() {
    let school = School::start().await;
    let wide = Limit { requests: 1_000, window_ms: 1_000 };
    let tight = Limit { requests: 3, window_ms: 1_000 };
    school.discord.set_limits(Some(Limits { post: wide, read: wide, global: tight, ..Limits::default() }));
    for _ in 0..3 {
        assert_eq!(school.get("/channels/100").await.status, 200);
    }
    let refused = school.post(json!({ "content": "x" })).await;
    assert_eq!((refused.status, &refused.body["global"]), (429, &json!(true)));
    assert_eq!((refused.header("x-ratelimit-scope"), refused.header("x-ratelimit-global")), ("global", "true"));
    assert_eq!(school.discord.violations(), 0);
    let (id, token) = school.discord.webhook("100");
    assert_eq!(school.get(&format!("/webhooks/{id}/{token}")).await.status, 200, "webhooks do not count for the bot");
    assert_eq!(school.post(json!({ "content": "x" })).await.status, 429);
    assert_eq!(school.discord.violations(), 1);

    school.clock.set(NOW + 1_000);
    school.discord.limit_for_all("100", 60_000);
    let refused = school.post(json!({ "content": "x" })).await;
    assert_eq!(
        (refused.status, refused.header("x-ratelimit-scope"), refused.header("retry-after")),
        (429, "shared", "60")
    );
    assert_eq!(
        (&refused.body["global"], school.discord.invalid()),
        (&json!(false), 2),
        "a shared limit is nobody's fault"
    );
    school.clock.set(NOW + 61_000);
    assert_eq!(school.post(json!({ "content": "x" })).await.status, 200);
    assert_eq!(school.discord.violations(), 1);
}

#[tokio::test]
async fn webhooks_reach_what_they_sent_and_nothing_else() {
    let school = School::start().await;
    school.discord.set_limits(None);
    let (id, token) = school.discord.webhook("100");
    let (other, other_token) = school.discord.webhook("100");
    let base = format!("/webhooks/{id}/{token}");
    assert_eq!(school.get(&base).await.body["channel_id"], "100");
    let blind = school.call("POST", &base, json!({ "content": "blind" })).await;
    assert_eq!((blind.status, blind.body), (204, json!("")));
    let sent =
        school.call("POST", &format!("{base}?wait=true"), json!({ "content": "seen", "username": "Timetable" })).await;
    assert_eq!((&sent.body["author"]["username"], &sent.body["webhook_id"]), (&json!("Timetable"), &json!(id)));
    let at = format!("{base}/messages/{}", sent.id());
    assert_eq!(school.call("PATCH", &at, json!({ "content": "edited" })).await.body["content"], "edited");
    let foreign = format!("/webhooks/{other}/{other_token}/messages/{}", sent.id());
    let of_bot = format!("{base}/messages/{}", school.post(json!({ "content": "bot" })).await.id());
    for path in [&foreign, &of_bot] {
        assert_eq!(school.call("PATCH", path, json!({ "content": "x" })).await.refusal(), (404, 10008), "{path}");
        assert_eq!(school.call("DELETE", path, Value::Null).await.refusal(), (404, 10008), "{path}");
    }
    let by_bot = format!("/channels/100/messages/{}", sent.id());
    assert_eq!(school.call("PATCH", &by_bot, json!({ "content": "x" })).await.refusal(), (403, 50005));
    assert_eq!(school.call("DELETE", &at, Value::Null).await.status, 204);
    assert_eq!(school.get(&at).await.refusal(), (404, 10008));
    assert_eq!(school.contents("100"), ["blind", "bot"]);
    assert_eq!(school.get(&format!("/webhooks/{id}/wrong")).await.refusal(), (401, 50027));
    school.discord.kick();
    assert_eq!(school.call("POST", &base, json!({ "content": "x" })).await.status, 204, "webhooks need no bot");
    school.discord.remove_webhook(&id);
    assert_eq!(school.call("POST", &base, json!({ "content": "x" })).await.refusal(), (404, 10015));
    school.discord.remove_channel("100");
    assert_eq!(school.get(&format!("/webhooks/{other}/{other_token}")).await.refusal(), (404, 10015));
}

#[tokio::test]
async fn a_webhook_has_a_bucket_for_all_it_changes() {
    let school = School::start().await;
    let (id, token) = school.discord.webhook("100");
    let base = format!("/webhooks/{id}/{token}");
    let sent = school.call("POST", &format!("{base}?wait=true"), json!({ "content": "x" })).await;
    let at = format!("{base}/messages/{}", sent.id());
    for n in 0..4 {
        assert_eq!(school.call("PATCH", &at, json!({ "content": n.to_string() })).await.status, 200);
    }
    assert_eq!(school.call("DELETE", &at, Value::Null).await.status, 429);
    school.clock.set(NOW + 2_000);
    assert_eq!(school.call("DELETE", &at, Value::Null).await.status, 204);
}

#[tokio::test]
async fn answers_can_be_lost_after_the_deed_every_fifth_time() {
    let school = School::start().await;
    school.discord.set_limits(None);
    let count = AtomicUsize::new(0);
    let fifth = Matcher::new(move |_| count.fetch_add(1, Ordering::SeqCst) % 5 == 4);
    let posts = Matcher::path("/messages").and(reqwest::Method::POST);
    school.discord.faults.order(posts.and(fifth), None, Action::ApplyThenDrop);
    let token = school.discord.token();
    let mut lost = 0;
    for n in 0..10 {
        let body = json!({ "content": n.to_string(), "nonce": format!("k{n}"), "enforce_nonce": true });
        let path = "/channels/100/messages";
        if school.send("POST", path, AGENT, &token, Some(&body)).await.is_none() {
            lost += 1;
            // The sixth and the twelfth request: the message is there, and the nonce finds it.
            let again = school.send("POST", path, AGENT, &token, Some(&body)).await.expect("an answer");
            assert_eq!(again.body["content"], n.to_string());
        }
    }
    assert_eq!((lost, school.contents("100").len()), (2, 10));
    school.discord.faults.clear();
    school.discord.faults.order(Matcher::method(reqwest::Method::PATCH), Some(1), Action::json(502, "{}"));
    let id = school.discord.messages("100").remove(0).id;
    let at = format!("/channels/100/messages/{id}");
    assert_eq!(school.call("PATCH", &at, json!({ "content": "x" })).await.status, 502);
    assert_eq!(school.contents("100")[0], "0", "refused before the service");
}

#[tokio::test]
async fn requests_and_answers_keep_to_the_specification() {
    let Some(specs) = fixtures("specs") else { return };
    let school = School::start().await;
    school.discord.checked_against(&specs).expect("the specification");
    let text = std::fs::read_to_string(specs.join("discord-v10-messages.openapi.json")).expect("the specification");
    let spec: Value = serde_json::from_str(&text).expect("JSON");
    let check = |operation: &str, path: &str, answer: &Answer| {
        let schema = &spec["paths"][path][operation]["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(!schema.is_null(), "no such answer: {operation} {path}");
        let whole = json!({ "allOf": [schema], "components": spec["components"] });
        let validator = jsonschema::options().offline().build(&whole).expect("a schema");
        let errors: Vec<String> = validator.iter_errors(&answer.body).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{operation} {path}: {errors:?}\n{}", answer.body);
    };
    let (messages, message) = ("/channels/{channel_id}/messages", "/channels/{channel_id}/messages/{message_id}");
    school.discord.role("42", true);
    let body = json!({
        "content": "<@&42> <@7> <t:1618953630:R>", "nonce": "k1", "enforce_nonce": true,
        "allowed_mentions": { "parse": ["users"], "roles": ["42"] },
    });
    let sent = school.post(body).await;
    check("post", messages, &sent);
    let at = format!("/channels/100/messages/{}", sent.id());
    check(
        "patch",
        message,
        &school.call("PATCH", &at, json!({ "content": "y", "allowed_mentions": { "parse": [] } })).await,
    );
    check("get", message, &school.get(&at).await);
    check("get", messages, &school.get("/channels/100/messages?limit=5&after=0").await);
    check("get", "/channels/{channel_id}", &school.get("/channels/100").await);
    check("get", "/users/@me", &school.get("/users/@me").await);
    let (id, token) = school.discord.webhook("100");
    let webhook = "/webhooks/{webhook_id}/{webhook_token}";
    check("get", webhook, &school.get(&format!("/webhooks/{id}/{token}")).await);
    let sent = school.call("POST", &format!("/webhooks/{id}/{token}?wait=true"), json!({ "content": "x" })).await;
    check("post", webhook, &sent);
    let at = format!("/webhooks/{id}/{token}/messages/{}", sent.id());
    check(
        "patch",
        &format!("{webhook}/messages/{{message_id}}"),
        &school.call("PATCH", &at, json!({ "content": "y" })).await,
    );
    let refused = school.call("PATCH", &at, json!({ "content": "" })).await;
    let whole = json!({ "$ref": "#/components/schemas/ErrorResponse", "components": spec["components"] });
    assert!(jsonschema::options().offline().build(&whole).expect("a schema").is_valid(&refused.body));
    assert_eq!(school.discord.complaints(), Vec::<String>::new());

    for (body, part) in [
        (json!({ "content": "x", "allowed_mention": {} }), "unknown field allowed_mention"),
        (json!({ "content": "x", "nonce": true }), "/nonce"),
        (json!({ "content": "x".repeat(4_001) }), "4000"),
        (json!({ "content": "x", "allowed_mentions": { "roles": [42] } }), "/allowed_mentions"),
    ] {
        school.clock.set(NOW + 10_000);
        let before = school.discord.complaints().len();
        school.post(body.clone()).await;
        let new = school.discord.complaints().split_off(before);
        assert!(new.iter().any(|complaint| complaint.contains(part)), "{body}: {new:?}");
    }
    let before = school.discord.complaints().len();
    school.get("/channels/100/messages?limits=5").await;
    assert!(school.discord.complaints()[before].contains("unknown query parameter limits"));
    assert!(school.discord.checked_against(std::path::Path::new("/nowhere")).is_err());
}
