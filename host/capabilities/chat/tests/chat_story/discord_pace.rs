//! The pace that Discord allows: what it says is kept, and it never has to say it twice.

use std::time::Duration;

use beadle_campus::chat::discord::{Limit, Limits};
use beadle_campus::faults::Action;
use beadle_plan::{Clock as _, Delivered};
use http::Method;

use crate::house::{House, message, put, put_in, remove};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_burst_in_three_channels_is_never_refused() {
    let chats = [("class", "100"), ("staff", "200"), ("parents", "300")];
    let house = House::bot_in(&chats).await;
    let began = house.clock.now();
    for wave in ["one", "two"] {
        let put =
            |number: usize| put_in(chats[number % 3].0, &number.to_string(), message(&format!("{wave} {number}")));
        house.deliver((0..100).map(put)).await;
    }
    house.deliver((0..30).map(|number| remove(&(number * 3).to_string()))).await;
    let count = |channel: &str| house.campus.messages(channel).len();
    assert_eq!((count("100"), count("200"), count("300")), (4, 33, 33));
    assert_eq!((house.campus.violations(), house.campus.limited(), house.campus.invalid()), (0, 0, 0));
    assert_eq!(house.requests(), 230);
    // Five in five seconds and channel, for posts and edits alike.
    let took = house.clock.now().since(began);
    assert!(took >= SECOND * 60 && took < SECOND * 120, "{took:?}");
}

#[tokio::test]
async fn a_bot_is_never_faster_than_all_its_channels_together_may_be() {
    let chats: Vec<(String, String)> =
        (0..40).map(|number| (format!("c{number}"), (1_000 + number).to_string())).collect();
    let names: Vec<(&str, &str)> = chats.iter().map(|(name, id)| (name.as_str(), id.as_str())).collect();
    let house = House::bot_in(&names).await;
    let put = |number: usize| put_in(names[number % 40].0, &number.to_string(), message(&format!("m{number}")));
    house.deliver((0..200).map(put)).await;
    assert_eq!((house.campus.violations(), house.campus.limited()), (0, 0));
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept() {
    let shared = Action::Answer {
        status: 429,
        headers: vec![("retry-after".into(), "9".into()), ("x-ratelimit-scope".into(), "shared".into())],
        body: r#"{"message":"You are being rate limited.","retry_after":8.5,"global":false}"#.into(),
    };
    let global = Action::Answer {
        status: 429,
        headers: vec![("retry-after".into(), "9".into()), ("x-ratelimit-global".into(), "true".into())],
        body: r#"{"message":"You are being rate limited.","retry_after":9.0,"global":true}"#.into(),
    };
    let network = Action::Answer {
        status: 429,
        headers: vec![("retry-after".into(), "9".into())],
        body: "error code: 1015".into(),
    };
    // Of all 429, whose the others are that wait as well.
    for (action, everybody) in [(shared, false), (global, true), (network, true)] {
        let house = House::bot_in(&[("class", "100"), ("staff", "200")]).await;
        let began = house.clock.now();
        house.campus.faults.order(Method::POST, Some(1), action.clone());
        house.stage([put("a", "one"), put("b", "two")]).await;
        let outcomes = house.round().await;
        let [Delivered::Retry { not_before: Some(at), .. }] = outcomes[..] else { panic!("{outcomes:?}") };
        assert_eq!(at, began + SECOND * 9, "{action:?}");
        house.stage([put_in("staff", "c", message("three"))]).await;
        let outcomes = house.round().await;
        let waits = matches!(outcomes[..], [Delivered::Paced { until, .. }] if until == at);
        assert_eq!(waits, everybody, "{action:?}: {outcomes:?}");
        house.clock.set(at - Duration::from_millis(1));
        assert!(house.round().await.is_empty());
        house.finish().await;
        assert_eq!((house.texts().len(), house.campus.messages("200").len(), house.requests()), (2, 1, 4));
    }
}

#[tokio::test]
async fn limits_that_nobody_announced_are_learnt_from_refusals() {
    let house = House::bot_in(&[("class", "100"), ("staff", "200")]).await;
    let tight = Limit { requests: 3, window_ms: 2_000 };
    house.campus.set_limits(Some(Limits { global: tight, ..Limits::default() }));
    house.campus.limit_for_all("200", 60_000);
    house.stage((0..8).map(|number| put(&number.to_string(), &number.to_string()))).await;
    house.deliver([put_in("staff", "x", message("for all"))]).await;
    assert_eq!((house.texts().len(), house.campus.messages("200").len()), (8, 1));
    assert_eq!(house.campus.violations(), 0);
    assert!(house.campus.limited() > 0);
}

/// A doubt is kept while the service's pace wants a wait.
#[tokio::test]
async fn a_doubt_outlives_a_wait() {
    let house = House::bot().await;
    house.campus.faults.order(Method::POST, Some(1), Action::ApplyThenDrop);
    house.campus.faults.order(Method::POST, Some(3), Action::too_many(2, r#"{"retry_after":2.0,"global":false}"#));
    let outcomes = house.deliver([put("a", "one")]).await;
    assert!(
        outcomes.iter().filter(|outcome| matches!(outcome, Delivered::Unknown { .. })).count() == 4,
        "{outcomes:?}"
    );
    assert_eq!((house.texts(), house.count(Method::POST)), (vec!["one".to_owned()], 5));
}
