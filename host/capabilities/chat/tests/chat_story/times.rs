//! What shall not stand before its time, or is too late after it.

use std::time::Duration;

use beadle_campus::faults::{Action, Matcher};
use beadle_plan::{Clock as _, Delivered};
use beadle_store::EffectState;
use http::Method;

use crate::house::{House, put, put_between, remove};

const HOUR: Duration = Duration::from_secs(3_600);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn it_is_sent_at_its_time_and_not_before() {
    let house = House::bot().await;
    let at = house.clock.now() + HOUR;
    house.stage([put_between("a", "begins", Some(at), None), put("b", "at once")]).await;
    house.round().await;
    assert_eq!(house.texts(), ["at once"]);
    house.clock.set(at - SECOND);
    assert!(house.round().await.is_empty());
    house.clock.set(at);
    house.round().await;
    assert_eq!(house.texts(), ["at once", "begins"]);
}

#[tokio::test]
async fn what_is_taken_back_before_its_time_is_never_sent() {
    let house = House::bot().await;
    let at = house.clock.now() + HOUR;
    house.stage([put_between("a", "begins", Some(at), None), put_between("b", "begins too", Some(at), None)]).await;
    house.round().await;
    house.deliver([remove("a"), put_between("b", "begins later", Some(at + HOUR), None)]).await;
    assert_eq!(house.texts(), ["begins later"]);
    assert_eq!(house.clock.now(), at + HOUR);
}

#[tokio::test]
async fn what_is_too_late_is_not_sent() {
    let house = House::bot().await;
    let until = house.clock.now() + SECOND * 10;
    house.campus.limit_for_all("100", 30_000);
    house.stage([put_between("a", "begins in 5 minutes", None, Some(until))]).await;
    house.finish().await;
    assert_eq!(house.states().await, [EffectState::Expired]);
    assert!(house.texts().is_empty());
    assert_eq!(house.requests(), 1);
}

#[tokio::test]
async fn what_stands_is_left_standing_when_a_change_is_too_late() {
    let house = House::bot().await;
    let until = house.clock.now() + HOUR;
    house.deliver([put_between("a", "10:00", None, Some(until))]).await;
    // The very end is too late already.
    house.clock.set(until);
    let outcomes = house.deliver([put_between("a", "10:30", None, Some(until))]).await;
    assert_eq!(outcomes, [Delivered::Expired]);
    assert_eq!((house.texts(), house.requests()), (vec!["10:00".to_owned()], 1));
    // It can still be taken back, and said anew.
    house.deliver([remove("a")]).await;
    assert!(house.texts().is_empty());
    house.deliver([put_between("a", "11:00", None, Some(until + HOUR))]).await;
    assert_eq!(house.texts(), ["11:00"]);
}

#[tokio::test]
async fn a_lost_answer_is_looked_into_though_it_is_too_late() {
    for applied in [true, false] {
        let house = House::bot().await;
        let action = if applied { Action::ApplyThenDrop } else { Action::Reset };
        house.campus.faults.order(Method::POST, Some(1), action);
        let until = house.clock.now() + SECOND;
        house.deliver([put_between("a", "begins", None, Some(until))]).await;
        let state = if applied { EffectState::Done } else { EffectState::Expired };
        assert_eq!((house.states().await, house.texts().len()), (vec![state], usize::from(applied)));
        // What was found can be taken back.
        house.deliver([remove("a")]).await;
        assert!(house.texts().is_empty());
        assert_eq!(house.count(Method::POST), 1);
    }
}

#[tokio::test]
async fn of_several_parts_one_that_was_found_too_late_is_not_all() {
    let house = House::bot().await;
    house.campus.faults.order(Method::POST, Some(1), Action::ApplyThenDrop);
    let until = house.clock.now() + SECOND;
    house.deliver([put_between("a", &crate::house::long("word", 3_000), None, Some(until))]).await;
    assert_eq!((house.states().await, house.texts().len()), (vec![EffectState::Expired], 1));
    house.deliver([remove("a")]).await;
    assert!(house.texts().is_empty());
}

#[tokio::test]
async fn what_is_urgent_goes_before_a_backlog() {
    let house = House::bot().await;
    // The pace of the service ends the first round.
    house.stage((0..12).map(|number| put(&format!("k{number}"), &format!("backlog {number}")))).await;
    house.round().await;
    let sent = house.texts().len();
    assert!((1..12).contains(&sent));
    let now = house.clock.now();
    house
        .stage([
            put_between("later", "must be there in an hour", None, Some(now + HOUR)),
            put_between("soon", "must be there in a minute", None, Some(now + SECOND * 60)),
        ])
        .await;
    house.finish().await;
    let texts = house.texts();
    assert_eq!(texts[sent..sent + 2], ["must be there in a minute", "must be there in an hour"]);
    let order: Vec<String> = (0..12).map(|number| format!("backlog {number}")).collect();
    assert_eq!([&texts[..sent], &texts[sent + 2..]].concat(), order);
    assert_eq!((house.campus.limited(), house.count(Method::POST)), (0, 14));
    assert_eq!(house.campus.faults.count(Matcher::any()), 14);
}
