//! What is said under a key stands; saying it again says nothing, and what waits is replaced.

use beadle_campus::chat::Discord;
use beadle_plan::{ChatName, Target};
use beadle_store::{EffectState, Messages as _};
use http::Method;

use crate::house::{House, message, put, put_in, remove};

/// Tells whether the store has a row of a key: only a message that was said and not taken back can be taken back.
async fn is_kept(house: &House<Discord>, key: &str) -> bool {
    let before = house.states().await.len();
    house.stage([remove(key)]).await;
    house.states().await.len() > before
}

#[tokio::test]
async fn a_message_stands_and_is_changed_and_removed() {
    let house = House::bot().await;
    house.deliver([put("a", "Room 1")]).await;
    assert_eq!(house.texts(), ["Room 1"]);
    let id = house.campus.messages("100")[0].id.clone();

    house.deliver([put("a", "Room 1")]).await;
    assert_eq!(house.requests(), 1, "what was said already asks for nothing");

    house.deliver([put("a", "Room 2")]).await;
    assert_eq!((house.texts(), house.requests()), (vec!["Room 2".to_owned()], 2));
    assert_eq!(house.campus.messages("100")[0].id, id, "it is the same message");

    house.deliver([remove("a")]).await;
    assert_eq!((house.texts().len(), house.requests()), (0, 3));
    let parts =
        house.store.parts(&Target::Chat(ChatName::from("class")), &["watcher/a"]).await.expect("the store works");
    assert!(parts[0].is_empty());
    assert!(!is_kept(&house, "a").await, "nothing is kept of it");
    assert_eq!(house.states().await, [EffectState::Done; 3]);
}

#[tokio::test]
async fn of_changes_that_wait_only_the_last_is_sent() {
    let house = House::bot().await;
    for text in ["one", "two", "three"] {
        house.stage([put("a", text), put("b", "other")]).await;
    }
    house.finish().await;
    assert_eq!((house.texts(), house.requests()), (vec!["other".to_owned(), "three".to_owned()], 2));
    for text in ["four", "five", "three", "six"] {
        house.stage([put("a", text)]).await;
    }
    house.finish().await;
    assert_eq!((house.count(Method::POST), house.count(Method::PATCH)), (2, 1));
    assert_eq!(house.texts(), ["other", "six"]);
    // What comes back to what stands is no change at all.
    house.stage([put("a", "seven")]).await;
    house.deliver([put("a", "six")]).await;
    assert_eq!((house.texts(), house.requests()), (vec!["other".to_owned(), "six".to_owned()], 3));
}

#[tokio::test]
async fn what_never_stood_is_removed_without_a_request() {
    let house = House::bot().await;
    house.deliver([remove("a")]).await;
    assert!(house.effects().await.is_empty(), "nothing was ever said");
    house.stage([put("a", "one")]).await;
    house.deliver([remove("a")]).await;
    assert_eq!(house.requests(), 0);
    assert_eq!(house.states().await, [EffectState::Superseded, EffectState::Done]);
    assert!(!is_kept(&house, "a").await, "nothing is kept of it");
    // And it can be said again.
    house.deliver([put("a", "one")]).await;
    assert_eq!(house.texts(), ["one"]);
}

#[tokio::test]
async fn keys_of_two_owners_and_channels_do_not_meet() {
    let house = House::bot_in(&[("class", "100"), ("staff", "200")]).await;
    let mut other = put("a", "of another");
    other.key = "watcher@north/a".to_owned();
    house.deliver([put("a", "of one"), other.clone(), put_in("staff", "a", message("of a third"))]).await;
    assert_eq!(house.texts(), ["of one", "of another"]);
    house.deliver([remove("a")]).await;
    assert_eq!(house.texts(), ["of another"]);
    assert_eq!(house.campus.messages("200").len(), 1);
}
