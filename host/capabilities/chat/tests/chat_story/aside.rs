//! A message that fails again and again by itself gives way to others; where nothing gets through, the channel waits.

use std::time::Duration;

use beadle_campus::faults::{Action, Matcher};
use beadle_plan::Clock as _;
use beadle_store::{EffectState, TargetState};

use crate::house::{House, put, remove};

/// Has the receiver fail on everything about a word, after it has taken it in, or before.
fn poison(house: &House<beadle_campus::chat::Hook>, action: Action) {
    house.campus.faults.order(Matcher::new(|seen| seen.text().contains("poison")), None, action);
}

#[tokio::test]
async fn one_that_fails_keeps_no_other_waiting() {
    for action in [Action::json(500, "{}"), Action::ApplyThenDrop, Action::Reset] {
        let house = House::hook().await;
        poison(&house, action);
        house.stage([put("a", "poison")]).await;
        house.stage(["b", "c", "d"].map(|key| put(key, key))).await;
        let began = house.clock.now();
        while house.texts().iter().filter(|text| *text != "poison").count() < 3 {
            house.next_round().await;
        }
        assert!(house.clock.now().since(began) < Duration::from_secs(60), "{:?}", house.clock.now().since(began));
        use EffectState::{Done, Queued, Unknown};
        let states = house.states().await;
        assert!(matches!(states[0], Queued | Unknown) && states[1..] == [Done; 3], "{states:?}");

        // What is said under its key meanwhile waits with it, and nothing is busy with waiting.
        house.stage([put("a", "antidote")]).await;
        house.stage([put("e", "e")]).await;
        house.round().await;
        assert!(house.texts().contains(&"e".to_owned()));
        assert_eq!(house.round().await, [], "nothing is due");
        house.campus.faults.clear();
        house.finish().await;
        assert_eq!(house.texts().iter().filter(|text| *text == "antidote").count(), 1, "{:?}", house.texts());
        assert_eq!(house.texts().len(), 5);
        house.deliver([remove("a")]).await;
        assert_eq!(house.texts().len(), 4);
    }
}

#[tokio::test]
async fn one_that_failed_for_hours_keeps_no_other_waiting() {
    for action in [Action::json(500, "{}"), Action::ApplyThenDrop] {
        let house = House::hook().await;
        poison(&house, action);
        house.stage([put("a", "poison")]).await;
        let hours = house.clock.now() + Duration::from_secs(3 * 3_600);
        while house.clock.now() < hours {
            house.next_round().await;
        }
        let began = house.clock.now();
        house.stage([put("b", "b")]).await;
        house.round().await;
        assert!(house.texts().contains(&"b".to_owned()));
        assert!(house.clock.now().since(began) < Duration::from_secs(5), "{:?}", house.clock.now().since(began));
    }
}

#[tokio::test]
async fn where_nothing_gets_through_the_channel_waits() {
    let house = House::hook().await;
    house.campus.faults.order(Matcher::any(), None, Action::json(500, "{}"));
    house.stage((0..40).map(|number| put(&number.to_string(), "x"))).await;
    for _ in 0..80 {
        house.next_round().await;
    }
    let tried = house.effects().await.iter().filter(|effect| effect.attempts > 0).count();
    assert!(tried <= 12, "{tried} of them were tried");
    let requests = house.requests();
    let hour = house.clock.now() + Duration::from_secs(3_600);
    while house.clock.now() < hour {
        house.next_round().await;
    }
    assert!(house.requests() - requests < 400, "{}", house.requests() - requests);
    assert_eq!(house.waiting().await.state, Some(TargetState::Waiting));
    house.campus.faults.clear();
    house.finish().await;
    assert_eq!(house.texts().len(), 40);
}
