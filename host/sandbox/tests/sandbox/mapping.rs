//! Mappers: other plugins' programs, on whose answers a poller relies.

use std::sync::Arc;
use std::time::Duration;

use beadle_plan::{FailureKind, Grants, Limits};
use beadle_sandbox::{Mapper, Services};
use serde_json::json;

use crate::world::{Guest, configured, failure, sentence, unruly};

/// Makes a mapper of the guest.
pub(crate) async fn mapper(name: &str, mapping: &str, limits: Limits, above: Option<Arc<Mapper>>) -> Arc<Mapper> {
    let configured = configured(name, Grants::default(), limits, above);
    let settings = json!({ "mapping": mapping }).to_string();
    Arc::new(Mapper::new(unruly().await, configured, Services::none(), settings).expect("it is a mapper"))
}

fn addresses(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn names(places: &[Option<beadle_sandbox::Place>]) -> Vec<&str> {
    places.iter().map(|place| place.as_ref().map_or("-", |place| place.name.as_str())).collect()
}

/// Asks through a poller, which must live whatever its mapper does.
async fn poll(mapper: &Arc<Mapper>, address: &str) -> beadle_plan::Outcome {
    let guest = Guest::that("asks_for_classrooms").with("texts", json!([address]));
    Guest { mapper: Some(Arc::clone(mapper)), ..guest }.run().await
}

pub(crate) async fn knows_rooms() {
    let mapper = mapper("rooms", "knows_rooms", Limits::default(), None).await;
    let places = mapper.locate(addresses(&["10.0.0.7", "", "10.0.0.7", "nonsense"]), 0).await.expect("it answers");
    assert_eq!(names(&places), ["Room 7", "-", "Room 7", "-"]);
    assert!(places[0].as_ref().is_some_and(|place| place.room));
    assert!(mapper.locate(Vec::new(), 0).await.expect("nothing is asked").is_empty());

    let none = self::mapper("rooms", "dances", Limits::default(), None).await;
    let failed = none.locate(addresses(&["10.0.0.7"]), 0).await.expect_err("settings without a mapping");
    assert_eq!(failed.message, "mapper rooms: there is no mapping \"dances\"");
    assert_eq!(failed.kind, FailureKind::Invalid);
}

pub(crate) async fn gives_one_answer() {
    let mapper = mapper("rooms", "gives_one_answer", Limits::default(), None).await;
    let failed = mapper.locate(addresses(&["10.0.0.1", "10.0.0.2"]), 0).await.expect_err("one answer for two");
    assert_eq!(failed.message, "mapper rooms: it gave 1 answers to 2 addresses");
    // Nothing of a wrong answer is kept.
    assert!(mapper.locate(addresses(&["10.0.0.1", "10.0.0.2"]), 0).await.is_err());
}

pub(crate) async fn panics() {
    let mapper = mapper("rooms", "panics", Limits::default(), None).await;
    for _ in 0..2 {
        // The second question meets a fresh instance: one that trapped is never used again.
        let message = failure(&poll(&mapper, "10.0.0.7").await, FailureKind::Unavailable).message;
        assert!(message.starts_with("mapper rooms: the plugin panicked: "), "{message}");
        assert!(message.contains("the rooms are on fire"), "{message}");
    }
}

pub(crate) async fn loops_for_ever() {
    let limits = Limits { guest_time: Duration::from_millis(50), ..Limits::default() };
    let mapper = mapper("rooms", "loops_for_ever", limits, None).await;
    let message = failure(&poll(&mapper, "10.0.0.7").await, FailureKind::Unavailable).message;
    assert_eq!(message, "mapper rooms: the plugin computed for longer than 50ms (limits.guest-time)");
}

/// Mappers in a circle cannot be configured; a chain that is too deep is what a circle would look like.
pub(crate) async fn asks_another() {
    let mut chain = mapper("rooms", "knows_rooms", Limits::default(), None).await;
    for number in 1..=3 {
        chain = mapper(&format!("asks{number}"), "asks_another", Limits::default(), Some(chain)).await;
    }
    assert_eq!(sentence(&poll(&chain, "10.0.0.7").await), "Room 7", "poller and four mappers");
    for number in 4..=5 {
        chain = mapper(&format!("asks{number}"), "asks_another", Limits::default(), Some(chain)).await;
    }
    let outcome = poll(&chain, "10.0.0.8").await;
    assert_eq!(sentence(&outcome), "plugins ask each other in a circle, deeper than 4");
    let alone = mapper("alone", "asks_another", Limits::default(), None).await;
    let places = alone.locate(addresses(&["10.0.0.7"]), 0).await.expect("it answers with what it was told");
    assert!(names(&places)[0].contains("under [plugins.alone]: mapper ="), "{places:?}");
}

pub(crate) async fn counts_its_calls() {
    let mapper = mapper("rooms", "counts_its_calls", Limits::default(), None).await;
    let first = mapper.locate(addresses(&["a", "b", "a"]), 0).await.expect("it answers");
    assert_eq!(names(&first), ["call 1", "call 1", "call 1"], "asked in one batch");
    let second = mapper.locate(addresses(&["b", "c"]), 0).await.expect("it answers");
    assert_eq!(
        names(&second),
        ["call 1", "call 2"],
        "what is known is not asked again, and the instance is still warm"
    );
    let third = mapper.locate(addresses(&["c", "a", "b"]), 0).await.expect("it answers");
    assert_eq!(names(&third), ["call 2", "call 1", "call 1"]);
    // What is longer than an address is asked anew each time: a poller fills nobody's memory with it.
    let long = "a".repeat(65);
    for call in ["call 3", "call 4"] {
        let places = mapper.locate(addresses(&[&long]), 0).await.expect("it answers");
        assert_eq!(names(&places), [call]);
    }
}

/// Names are kept and shown, and so are as long as names.
pub(crate) async fn gives_a_long_name() {
    let mapper = mapper("rooms", "gives_a_long_name", Limits::default(), None).await;
    let message = failure(&poll(&mapper, "10.0.0.7").await, FailureKind::Invalid).message;
    assert_eq!(message, "mapper rooms: it gave a name of 5000 bytes, at most 200 are taken");
}
