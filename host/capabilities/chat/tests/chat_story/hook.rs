//! The generic webhook: signed events, each with a key by which it is known again.

use std::time::Duration;

use beadle_campus::chat::hook::{Repeat, Signature};
use beadle_campus::faults::Action;
use beadle_chat::Service;
use beadle_plan::{Delivered, Message};
use beadle_store::EffectState;
use serde_json::Value;

use crate::campus::SECRET;
use crate::house::{House, held, message, put, put_in, remove};

#[tokio::test]
async fn each_change_is_a_signed_event_with_a_key_of_its_own() {
    let house = House::hook().await;
    for effect in [put("a", "one"), put("a", "two"), put("b", "other"), put("a", "one"), remove("a")] {
        house.deliver([effect]).await;
        house.clock.advance(Duration::from_secs(1));
    }
    let events = house.campus.events();
    assert_eq!(events.len(), 5);
    let mut keys: Vec<_> = events.iter().map(|event| event.key.clone().expect("a key")).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 5);
    for event in &events {
        assert_eq!((event.signature, event.repeat, event.applied), (Signature::Right, Repeat::First, true));
        assert_eq!(event.path, "/hook/class-7");
        assert_eq!(event.header("x-beadle-timestamp"), Some((event.at_ms / 1_000).to_string().as_str()));
    }
    let words: Vec<Value> = events.iter().map(|event| serde_json::from_slice(&event.body).expect("JSON")).collect();
    let kinds: Vec<&str> = words.iter().filter_map(|word| word["event"].as_str()).collect();
    assert_eq!(kinds, ["post", "edit", "post", "edit", "delete"]);
    assert!(words.iter().all(|word| word["chat"] == "class"));
    assert_eq!((&words[0]["key"], &words[0]["text"]), (&"watcher/a".into(), &"one".into()));
    assert!([1, 3, 4].iter().all(|at| words[*at]["id"] == words[0]["id"]));
    assert_eq!(house.texts(), ["other"]);
}

#[tokio::test]
async fn what_was_applied_before_its_answer_was_lost_is_known_again() {
    for lost in [Action::ApplyThenDrop, Action::CutBody, Action::json(500, "{}"), Action::Reset] {
        let house = House::hook().await;
        for (effect, stands) in [(put("a", "one"), 1), (put("a", "two"), 1), (remove("a"), 0)] {
            house.campus.faults.order("/hook", Some(2), lost.clone());
            house.deliver([effect]).await;
            assert_eq!(house.texts().len(), stands);
        }
        let events = house.campus.events();
        assert!(events.iter().all(|event| event.repeat != Repeat::Clash && event.signature == Signature::Right));
        assert_eq!(house.campus.applied().len(), 3, "{lost:?}");
        assert_eq!(house.requests(), 9);
        assert_eq!(house.states().await, [EffectState::Done; 3]);
    }
}

/// Days later the key is the same: nothing has to be looked for.
#[tokio::test]
async fn keys_do_not_age() {
    let mut house = House::hook().await;
    house.campus.faults.order("/hook", Some(1), Action::ApplyThenDrop);
    house.stage([put("a", "one")]).await;
    house.round().await;
    house.clock.advance(Duration::from_secs(5 * 86_400));
    house.restart();
    house.finish().await;
    assert_eq!((house.texts(), house.campus.applied().len()), (vec!["one".to_owned()], 1));
}

#[tokio::test]
async fn refusals_hold_the_channel_or_end_the_message() {
    let mut house = House::hook().await;
    let right = house.settings[&"class".into()].service.clone();
    let Service::Webhook { address, .. } = right.clone() else { panic!("a webhook") };
    house.configure(|settings| settings.service = Service::Webhook { address, secret: "another".into() });
    house.stage([put("a", "one")]).await;
    let told = held(&house.round().await[0]);
    assert!(told.contains("401") && told.contains("`secret`"), "{told}");
    assert_eq!(house.campus.events()[0].signature, Signature::Wrong);
    // A line break at the end of a secret, as editors leave it in a file, is no part of it.
    let Service::Webhook { address, .. } = right else { panic!("a webhook") };
    house.configure(|settings| settings.service = Service::Webhook { address, secret: format!("{SECRET}\n").into() });
    house.next_round().await;
    assert_eq!(house.texts(), ["one"]);

    for (status, words) in [(404, "correct `url`"), (410, "correct `url`"), (403, "`secret`"), (307, "redirect")] {
        house.campus.faults.order("/hook", Some(1), Action::json(status, "{}"));
        house.stage([put(&status.to_string(), "two")]).await;
        let told = held(&house.round().await[0]);
        assert!(told.contains(words) && told.contains(&status.to_string()), "{told}");
        house.next_round().await;
    }
    house.campus.faults.order("/hook", Some(1), Action::json(422, "{}"));
    let outcomes = house.deliver([put("b", "never")]).await;
    assert!(matches!(outcomes[..], [Delivered::Invalid { .. }]), "{outcomes:?}");
    house.campus.faults.order("/hook", Some(1), Action::too_many(40, "{}"));
    house.deliver([put("c", "later")]).await;
    assert_eq!(house.texts().len(), 6);
}

#[tokio::test]
async fn who_receives_an_event_is_told_whether_somebody_is_meant() {
    let mut house = House::hook().await;
    house.configure(|settings| settings.ping_text = Some("all of 7b".into()));
    house.deliver([put_in("class", "a", Message { ping: true, ..message("go") }), put("b", "stay")]).await;
    assert_eq!(house.texts(), ["all of 7b go", "stay"]);
    let told: Vec<Value> =
        house.campus.events().iter().map(|event| serde_json::from_slice(&event.body).expect("JSON")).collect();
    assert_eq!((&told[0]["mentions"], &told[1]["mentions"]), (&true.into(), &false.into()));
    assert!(told[0]["message"]["blocks"].is_array());
}
