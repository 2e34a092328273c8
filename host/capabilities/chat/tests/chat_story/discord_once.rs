//! A bot of Discord: a request whose answer was lost is carried out once.

use std::time::Duration;

use beadle_campus::faults::Action;
use beadle_plan::{Clock as _, Delivered};
use http::Method;

use crate::house::{House, note, put, remove};

const MINUTE: Duration = Duration::from_secs(60);

/// Longer than the service remembers a nonce.
const FORGOTTEN: Duration = Duration::from_secs(600);

/// Ways to lose an answer.
fn losses() -> [Action; 6] {
    [
        Action::ApplyThenDrop,
        Action::CutBody,
        Action::Reset,
        Action::Garbage,
        Action::json(500, "{}"),
        Action::html(200, "<p>please log in"),
    ]
}

#[tokio::test]
async fn within_the_window_the_service_knows_it_again() {
    for lost in losses() {
        let house = House::bot().await;
        house.campus.faults.order(Method::POST, Some(2), lost.clone());
        let outcomes = house.deliver([put("a", "one")]).await;
        assert_eq!(outcomes.len(), 3, "{outcomes:?}");
        assert_eq!(note(&outcomes[2]), None);
        assert_eq!(house.texts(), ["one"], "{lost:?}");
        assert_eq!((house.count(Method::POST), house.count(Method::GET)), (3, 0));
        house.deliver([put("a", "two")]).await;
        assert_eq!(house.texts(), ["two"]);
    }
}

#[tokio::test]
async fn after_the_window_it_is_looked_for() {
    for shown in [true, false] {
        for lost in losses() {
            let mut house = House::bot().await;
            house.campus.set_nonces(5 * 60_000, shown);
            house.campus.say("100", "one");
            house.campus.faults.order(Method::POST, Some(1), lost.clone());
            house.stage([put("a", "one")]).await;
            house.round().await;
            house.clock.advance(FORGOTTEN);
            house.restart();
            house.finish().await;
            assert_eq!(house.texts(), ["one", "one"], "{lost:?}: a person's and ours");
            house.deliver([put("a", "two")]).await;
            assert_eq!(house.texts(), ["one", "two"], "{lost:?}");
        }
    }
}

#[tokio::test]
async fn the_same_text_of_another_key_is_not_taken_for_it() {
    for applied in [true, false] {
        let house = House::bot().await;
        house.campus.set_nonces(0, false);
        house.deliver([put("a", "same")]).await;
        let action = if applied { Action::ApplyThenDrop } else { Action::Reset };
        house.campus.faults.order(Method::POST, Some(1), action);
        house.stage([put("b", "same")]).await;
        house.round().await;
        house.clock.advance(FORGOTTEN);
        house.finish().await;
        assert_eq!(house.texts(), ["same", "same"]);
        house.deliver([remove("a"), put("b", "other")]).await;
        assert_eq!(house.texts(), ["other"]);
    }
}

#[tokio::test]
async fn it_is_found_in_a_channel_where_people_talk_much() {
    let house = House::bot().await;
    for number in 0..130 {
        house.campus.say("100", &format!("before {number}"));
    }
    house.campus.faults.order(Method::POST, Some(1), Action::ApplyThenDrop);
    house.stage([put("a", "one")]).await;
    house.round().await;
    for number in 0..130 {
        house.campus.say("100", &format!("after {number}"));
    }
    house.clock.advance(FORGOTTEN);
    house.finish().await;
    assert_eq!(house.texts().iter().filter(|text| *text == "one").count(), 1);
    assert_eq!(house.count(Method::POST), 1);
}

#[tokio::test]
async fn a_lost_request_is_not_believed_in_before_it_has_settled() {
    let house = House::bot().await;
    house.campus.faults.order(Method::POST, Some(1), Action::Reset);
    house.stage([put("a", "one")]).await;
    let sent = house.clock.now();
    house.round().await;
    house.clock.set(sent + MINUTE * 2);
    // What stands can only be read once the network is back; the doubt waits with it.
    house.campus.faults.order(Method::GET, Some(1), Action::json(503, "{}"));
    let outcomes = house.round().await;
    let [Delivered::Unknown { doubt, .. }] = outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!((doubt.sent, doubt.requests), (sent, 1));
    house.finish().await;
    assert_eq!(house.texts(), ["one"]);
}

/// Whoever hides the history has the message sent again: it may stand twice, and that is said.
#[tokio::test]
async fn where_history_is_hidden_it_is_sent_again_and_said_to_be() {
    let house = House::bot().await;
    house.campus.hide_history("100");
    house.campus.faults.order(Method::POST, Some(1), Action::ApplyThenDrop);
    house.stage([put("a", "one")]).await;
    house.round().await;
    house.clock.advance(FORGOTTEN);
    let outcomes = house.finish().await;
    assert_eq!(house.texts(), ["one", "one"]);
    assert!(note(outcomes.last().expect("one")).is_some_and(|note| note.contains("may stand twice")), "{outcomes:?}");
    assert!(house.cause().await.contains("history"));
}

#[tokio::test]
async fn a_message_that_somebody_removed_is_sent_anew_or_is_gone() {
    let house = House::bot().await;
    house.deliver([put("a", "one"), put("b", "two")]).await;
    for message in house.campus.messages("100") {
        house.campus.delete_by_hand("100", &message.id);
    }
    house.deliver([put("a", "three"), remove("b")]).await;
    assert_eq!(house.texts(), ["three"]);
    assert!(house.effects().await.iter().all(|effect| effect.cause.is_none()));
}
