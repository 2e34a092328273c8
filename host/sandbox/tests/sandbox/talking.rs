//! What a run may say in chats, and when it may ask to run again.

use beadle_plan::{Body, Grants, Target};
use serde_json::json;

use crate::world::{Guest, NOW, lines};

fn talker(channel: &str, texts: &[&str]) -> Guest {
    let guest = Guest::that("talks").with("how", channel).with("texts", json!(texts));
    Guest { grants: Grants { chat: vec!["hall".into(), "gone".into()], ..Grants::default() }, ..guest }
}

pub(crate) async fn talks() {
    let wrong = [
        ("nothing", "Invalid(\"the message says nothing\")"),
        ("a script", "Invalid(\"a link begins with https:// or http:// and carries no login\")"),
        ("a login", "Invalid(\"a link begins with https:// or http:// and carries no login\")"),
        ("an end before its beginning", "Invalid(\"a stretch of time ends before it begins\")"),
        ("no point in time", "is no point in time; it counts milliseconds since 1970-01-01 UTC\")"),
        ("a megabyte", "Invalid(\"the message is larger than 64 KiB\")"),
        ("no key", "Invalid(\"the key is empty\")"),
        ("a long key", "Invalid(\"the key is longer than 1024 bytes\")"),
        ("too late at once", "Invalid(\"it may not be sent after `until`, which is not behind `at`\")"),
    ];
    let outcome = talker("hall", &wrong.map(|(text, _)| text)).run().await;
    for ((text, want), line) in wrong.iter().zip(lines(&outcome)) {
        assert!(line.starts_with(&format!("{text}: ")) && line.ends_with(want), "{line}");
    }
    assert!(outcome.plan.effects.is_empty());

    let outcome = talker("hall", &["a lamp", "the end", "later"]).run().await;
    assert_eq!(lines(&outcome), ["a lamp: staged", "the end: staged", "later: staged"]);
    let [effect] = &outcome.plan.effects[..] else { panic!("one key, one effect: {:?}", outcome.plan.effects) };
    assert_eq!((effect.target.clone(), &*effect.key), (Target::Chat("hall".into()), "lamps@main/lamp"));
    let Body::Message(post) = &effect.body else { panic!("the last word counts: {effect:?}") };
    assert!(post.message.ping && post.at.is_some() && post.until.is_some());
    assert_eq!((&*post.message.timezone, &*post.message.language), ("Europe/Berlin", "en"));

    let outcome = talker("attic", &["a lamp"]).run().await;
    assert!(lines(&outcome)[0].contains("chat = [\\\"attic\\\"]"), "{:?}", lines(&outcome));
    let outcome = talker("gone", &["the end"]).run().await;
    assert!(lines(&outcome)[0].contains("write a section [chats.gone]"), "{:?}", lines(&outcome));
}

pub(crate) async fn asks_for_earlier_runs() {
    let guest = |texts: &[&str]| Guest::that("asks_for_earlier_runs").with("texts", json!(texts));
    let outcome = guest(&["60", "3", "60", "40000000"]).run().await;
    let said = lines(&outcome);
    assert_eq!(said[..3], ["60: asked", "3: asked", "60: asked"]);
    assert!(said[3].contains("is more than a year ahead"), "{}", said[3]);
    let wakes: Vec<i64> = outcome.plan.wakes.iter().map(|wake| wake.millis() - NOW).collect();
    // Not sooner than ten seconds, and on the next whole second.
    assert_eq!(wakes, [10_877, 60_877]);

    let outcome = guest(&["20", "30", "40", "50", "60", "70", "80", "90", "100"]).run().await;
    assert_eq!(lines(&outcome)[8], "100: Invalid(\"a run asks for at most 8 earlier ones\")");
    assert_eq!(outcome.plan.wakes.len(), 8);
}
