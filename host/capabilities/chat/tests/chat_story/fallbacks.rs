//! What becomes of what a channel cannot do is the operator's choice.

use std::time::Duration;

use beadle_campus::chat::Telegram;
use beadle_campus::faults::Action;
use beadle_plan::{Message, NoDelete, NoEdit, NoMention, Ping};
use beadle_store::EffectState;

use crate::campus::GROUP;
use crate::house::{House, message, note, put, put_in, remove};

/// Longer than Telegram lets a bot remove what it sent.
const TOO_OLD: Duration = Duration::from_secs(49 * 3_600);

/// Refuses edits from now on.
fn refuse_edits(house: &House<Telegram>) {
    let words = r#"{"ok":false,"error_code":400,"description":"Bad Request: message can't be edited"}"#;
    house.campus.faults.order("editMessageText", None, Action::json(400, words));
}

#[tokio::test]
async fn a_message_that_cannot_be_changed_is_sent_anew() {
    let house = House::telegram().await;
    house.deliver([put("a", "one")]).await;
    refuse_edits(&house);
    let outcomes = house.deliver([put("a", "two")]).await;
    assert_eq!(house.texts(), ["two"]);
    let note = note(outcomes.last().expect("one"));
    assert!(note.is_some_and(|note| note.contains("sent anew") && note.contains("can't be edited")), "{outcomes:?}");
}

/// Neither can the old one be removed: it is left, as it cannot be struck through either.
#[tokio::test]
async fn what_can_be_neither_changed_nor_removed_is_left() {
    let house = House::telegram().await;
    house.deliver([put("a", "one")]).await;
    refuse_edits(&house);
    house.clock.advance(TOO_OLD);
    house.deliver([put("a", "two")]).await;
    assert_eq!(house.texts(), ["one", "two"]);
    assert!(!house.cause().await.is_empty());
}

#[tokio::test]
async fn a_message_that_cannot_be_changed_is_left() {
    let mut house = House::telegram().await;
    house.configure(|settings| settings.fallbacks.no_edit = NoEdit::Skip);
    house.deliver([put("a", "one")]).await;
    refuse_edits(&house);
    house.deliver([put("a", "two")]).await;
    assert_eq!(house.texts(), ["one"]);
    assert!(house.cause().await.contains("left as it was"));
    house.deliver([remove("a")]).await;
    assert!(house.texts().is_empty());
}

#[tokio::test]
async fn a_message_that_cannot_be_changed_waits_for_a_decision() {
    let mut house = House::telegram().await;
    house.configure(|settings| settings.fallbacks.no_edit = NoEdit::Hold);
    house.deliver([put("a", "one")]).await;
    refuse_edits(&house);
    house.deliver([put("a", "two"), put("b", "three")]).await;
    assert_eq!(house.texts(), ["one", "three"]);
    assert_eq!(house.states().await[1..], [EffectState::Held, EffectState::Done]);
    assert!(house.effects().await[1].cause.clone().is_some_and(|cause| cause.contains("on-no-edit")));
}

#[tokio::test]
async fn a_message_that_is_too_old_to_be_removed_is_struck_through() {
    let house = House::telegram().await;
    house.deliver([put("a", "one & two"), put_in("class", "b", bold("three"))]).await;
    house.clock.advance(TOO_OLD);
    house.deliver([remove("a"), remove("b")]).await;
    assert_eq!(house.texts(), ["one & two", "three"]);
    for message in house.campus.messages(GROUP) {
        let struck =
            message.entities.iter().find(|entity| entity.kind == "strikethrough").expect("it is struck through");
        assert_eq!((struck.offset, struck.length), (0, message.text.encode_utf16().count()));
    }
    assert!(house.cause().await.contains("struck through"));
    // The key is free again.
    house.deliver([put("a", "four")]).await;
    assert_eq!(house.texts().len(), 3);
}

#[tokio::test]
async fn a_message_that_is_too_old_to_be_removed_is_kept() {
    let mut house = House::telegram().await;
    house.configure(|settings| settings.fallbacks.no_delete = NoDelete::Keep);
    house.deliver([put("a", "one")]).await;
    house.clock.advance(TOO_OLD);
    house.deliver([remove("a")]).await;
    assert_eq!(house.campus.messages(GROUP)[0].entities, []);
    assert!(house.cause().await.contains("was left"));
    assert_eq!(house.campus.faults.count("editMessageText"), 0);
}

/// A line in bold.
fn bold(text: &str) -> Message {
    Message { title: text.to_owned(), ..Message::plain("en", "UTC") }
}

#[tokio::test]
async fn whoever_cannot_be_mentioned_is_written_out_or_left_out() {
    for (no_mention, ping, ping_text, seen) in [
        (NoMention::Text, Some(Ping::Role("42".into())), None, "@everyone go"),
        (NoMention::Text, Some(Ping::Role("42".into())), Some("<all> of 7b"), "<all> of 7b go"),
        (NoMention::Omit, Some(Ping::Role("42".into())), Some("<all> of 7b"), "go"),
        (NoMention::Text, None, Some("all of 7b"), "all of 7b go"),
        (NoMention::Text, None, None, "go"),
        (NoMention::Omit, Some(Ping::Name("@class_7b".into())), None, "@class_7b go"),
    ] {
        let mut house = House::telegram().await;
        house.configure(|settings| {
            settings.fallbacks.no_mention = no_mention;
            (settings.ping, settings.ping_text) = (ping.clone(), ping_text.map(str::to_owned));
        });
        house.deliver([put_in("class", "a", Message { ping: true, ..message("go") })]).await;
        assert_eq!(house.texts(), [seen], "{no_mention:?} {ping:?}");
    }
}

#[tokio::test]
async fn a_person_is_mentioned_and_hears_it() {
    let mut house = House::telegram().await;
    house.configure(|settings| settings.ping = Some(Ping::User("4711".into())));
    house.deliver([put_in("class", "a", Message { ping: true, ..message("go") }), put("b", "for reading")]).await;
    let messages = house.campus.messages(GROUP);
    let mention = &messages[0].entities[0];
    assert_eq!((mention.kind, mention.argument.as_deref()), ("text_mention", Some("4711")));
    assert!(!messages[0].silent && messages[1].silent, "what is only good to know makes no sound");
}
