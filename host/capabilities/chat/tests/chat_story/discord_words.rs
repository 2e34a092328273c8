//! What Discord's readers get: long messages in parts, and nobody notified who was not meant.

use beadle_campus::chat::discord::Ping;
use beadle_plan::{Message, Ping as Whom};
use http::Method;

use crate::house::{House, long, message, put, put_in, remove};

#[tokio::test]
async fn long_messages_are_split_and_grow_and_shrink() {
    let house = House::bot().await;
    let mut requests = 0;
    for (word, characters, parts, steps) in [
        ("a", 5_500, 3, 3),
        ("b", 100, 1, 3),
        ("c", 3_500, 2, 2),
        ("d", 7_500, 4, 4),
        ("e", 1_900, 1, 4),
        ("e", 1_900, 1, 0),
    ] {
        let text = long(word, characters);
        house.deliver([put("a", &text)]).await;
        let texts = house.texts();
        assert_eq!(texts.len(), parts, "{word}");
        assert_eq!(texts.join(" "), text);
        assert!(texts.iter().all(|text| text.chars().count() <= 2_000));
        assert_eq!(house.requests(), requests + steps, "{word}");
        requests += steps;
    }
    house.deliver([put("a", &long("f", 5_500))]).await;
    house.deliver([remove("a")]).await;
    assert!(house.texts().is_empty());
}

/// Somebody removed the first of three parts: what is left is changed, and in order.
#[tokio::test]
async fn parts_that_somebody_removed_are_made_up_for() {
    let house = House::bot().await;
    house.deliver([put("a", &long("a", 5_500))]).await;
    let first = house.campus.messages("100").remove(0);
    house.campus.delete_by_hand("100", &first.id);
    let text = long("b", 5_500);
    house.deliver([put("a", &text)]).await;
    assert_eq!(house.texts().len(), 3);
    assert_eq!(house.texts().join(" "), text);
}

/// A message of a course whose name wants to be read by everybody.
const HOSTILE: &str = "@everyone @here <@&42> <@7> **x** [y](https://x.example)";

fn pinging(text: &str) -> Message {
    Message { ping: true, ..message(text) }
}

#[tokio::test]
async fn hostile_words_notify_nobody() {
    let webhook = House::discord_webhook().await;
    for mut house in [House::bot().await, webhook] {
        house.campus.role("42", true);
        house.configure(|settings| settings.ping = Some(Whom::Role("42".into())));
        house.deliver([put("a", HOSTILE)]).await;
        house.deliver([put("a", &format!("{HOSTILE} changed"))]).await;
        assert_eq!(house.campus.pings("100"), []);
        assert_eq!(house.campus.messages("100")[0].mentions, []);
        assert_eq!(house.texts(), [format!("{HOSTILE} changed")]);
    }
}

#[tokio::test]
async fn whoever_is_meant_is_notified_once_and_nobody_else() {
    for (ping, notified, markup) in [
        (Whom::Role("42".into()), Ping::Role("42".into()), "<@&42> "),
        (Whom::User("7".into()), Ping::User("7".into()), "<@7> "),
        (Whom::Everyone, Ping::Everyone, "@everyone "),
    ] {
        let mut house = House::bot().await;
        house.campus.role("42", true);
        house.campus.role("43", true);
        house.configure(|settings| settings.ping = Some(ping.clone()));
        house.deliver([put_in("class", "a", pinging(&format!("<@&43> <@8> {}", long("word", 3_000))))]).await;
        let messages = house.campus.messages("100");
        assert_eq!(messages.len(), 2);
        assert!(messages[0].content.starts_with(markup), "{}", messages[0].content);
        assert_eq!(house.campus.pings("100"), [(messages[0].id.clone(), notified.clone())]);
        // An edit mentions again, and notifies nobody; a new message does.
        house.deliver([put_in("class", "a", pinging("<@&43> another"))]).await;
        assert_eq!(house.campus.pings("100").len(), 1);
        house.deliver([put_in("class", "b", pinging("in five minutes"))]).await;
        assert_eq!(house.campus.pings("100").len(), 2);
        assert_eq!(house.count(Method::PATCH), 1);
    }
}

#[tokio::test]
async fn where_nobody_is_named_nobody_is_notified() {
    let house = House::bot().await;
    house.deliver([put_in("class", "a", pinging(HOSTILE))]).await;
    assert_eq!(house.campus.pings("100"), []);
    assert_eq!(house.texts(), [HOSTILE]);
}
