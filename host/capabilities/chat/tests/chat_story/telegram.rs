//! Telegram's own ways: markup, groups that move, and a pace that no header tells.

use std::time::Duration;

use beadle_campus::chat::Telegram;
use beadle_campus::faults::{Action, Matcher};
use beadle_plan::Clock as _;

use crate::campus::GROUP;
use crate::house::{House, held, long, message, put, put_in};

type Change = fn(&Telegram);

/// What may be wrong, what is said and advised, and how it is mended.
const WRONG: [(Change, &[&str], Change); 4] = [
    (Telegram::revoke_token, &["401", "@BotFather"], Telegram::restore),
    (|telegram| telegram.kick(GROUP), &["403", "kicked", "let the bot into chat -1001234567890"], Telegram::restore),
    (|telegram| telegram.forbid(GROUP), &["not enough rights", "the right to write"], Telegram::restore),
    (|telegram| telegram.remove_chat(GROUP), &["chat not found", "correct `chat`"], |telegram| telegram.chat(GROUP)),
];

#[tokio::test]
async fn a_bot_waits_until_it_is_mended() {
    for (spoil, words, mend) in WRONG {
        let house = House::telegram().await;
        spoil(&house.campus);
        house.stage([put("a", "one"), put("b", "two")]).await;
        let told = held(&house.round().await[0]);
        assert!(words.iter().all(|word| told.contains(word)), "{told}");
        held(&house.next_round().await[0]);
        mend(&house.campus);
        house.next_round().await;
        house.finish().await;
        assert_eq!(house.texts(), ["one", "two"], "{told}");
    }
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_is_told_with_the_line_to_write() {
    let house = House::telegram().await;
    house.campus.migrate(GROUP, -1_009_876_543_210);
    house.stage([put("a", "one")]).await;
    let told = held(&house.round().await[0]);
    assert!(told.ends_with("write: chat = \"-1009876543210\""), "{told}");
}

#[tokio::test]
async fn markup_that_is_not_understood_goes_out_as_words() {
    let house = House::telegram().await;
    let words =
        r#"{"ok":false,"error_code":400,"description":"Bad Request: can't parse entities: Unsupported start tag"}"#;
    house.campus.faults.order("sendMessage", Some(1), Action::json(400, words));
    house.deliver([put("a", "1 < 2 & <b>x</b>")]).await;
    assert_eq!((house.texts(), house.requests()), (vec!["1 < 2 & <b>x</b>".to_owned()], 2));
    let sent = house.campus.faults.requests_to("sendMessage");
    assert!(sent[0].text().contains("HTML") && !sent[1].text().contains("parse_mode"));
    // Another time it is understood again.
    house.deliver([put("a", "1 < 3")]).await;
    assert_eq!((house.texts(), house.requests()), (vec!["1 < 3".to_owned()], 3));
}

#[tokio::test]
async fn an_edit_that_was_carried_out_already_is_done() {
    let house = House::telegram().await;
    house.deliver([put("a", "one")]).await;
    house.campus.faults.order("editMessageText", Some(1), Action::ApplyThenDrop);
    house.deliver([put("a", "two")]).await;
    assert_eq!((house.texts(), house.campus.faults.count("editMessageText")), (vec!["two".to_owned()], 2));
    assert_eq!(house.campus.messages(GROUP)[0].edits, 1);
    assert_eq!(house.cause().await, "");
}

#[tokio::test]
async fn what_somebody_removed_is_sent_anew() {
    let house = House::telegram().await;
    house.deliver([put("a", "one"), put("b", "two")]).await;
    for message in house.campus.messages(GROUP) {
        house.campus.delete_by_hand(GROUP, message.id);
    }
    house.deliver([put("a", "three"), crate::house::remove("b")]).await;
    assert_eq!(house.texts(), ["three"]);
}

#[tokio::test]
async fn groups_and_people_are_written_to_at_the_pace_that_is_allowed() {
    let house = House::telegram_in(&[("class", GROUP), ("ada", 7), ("ben", 8)]).await;
    let began = house.clock.now();
    let put =
        |number: usize| put_in(["class", "ada", "ben"][number % 3], &number.to_string(), message(&number.to_string()));
    house.deliver((0..120).map(put)).await;
    let change = |number: usize| put_in("class", &(number * 3).to_string(), message(&format!("changed {number}")));
    house.deliver((0..10).map(change)).await;
    assert_eq!((house.texts().len(), house.campus.messages(7).len()), (40, 40));
    assert_eq!((house.campus.violations(), house.campus.limited()), (0, 0));
    assert_eq!(house.requests(), 130);
    // 50 in a group, of which 20 a minute; nothing is gained by being slower than half of that.
    let took = house.clock.now().since(began);
    assert!(took >= Duration::from_secs(120) && took <= Duration::from_secs(300), "{took:?}");
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept() {
    let house = House::telegram().await;
    let words = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}"#;
    house.campus.faults.order("sendMessage", Some(2), Action::json(429, words));
    let began = house.clock.now();
    house.deliver([put("a", "one")]).await;
    assert_eq!(house.clock.now().since(began), Duration::from_secs(14));
    assert_eq!((house.texts(), house.requests()), (vec!["one".to_owned()], 3));
}

#[tokio::test]
async fn long_messages_are_split_and_grow_and_shrink() {
    let house = House::telegram().await;
    for (word, characters, parts) in [("a", 10_000, 3), ("b", 20, 1), ("c", 6_000, 2)] {
        let text = long(word, characters);
        house.deliver([put("a", &text)]).await;
        assert_eq!((house.texts().len(), house.texts().join(" ")), (parts, text));
    }
    assert_eq!(house.campus.faults.count(Matcher::path("deleteMessage")), 2);
}
