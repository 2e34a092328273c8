//! What was said under a key is done in that order, also behind a request of unknown outcome.

use beadle_campus::faults::{Action, Matcher};
use beadle_plan::{Delivered, Effect};

use crate::campus::Campus;
use crate::house::{House, put, remove};

/// What is said under a key one after the other, while nobody knows what became of the first of it; and what stands in the end.
const STORIES: [(&[&str], &[&str]); 6] = [
    (&["one", "two"], &["two"]),
    (&["one", "two", ""], &[]),
    (&["one", ""], &[]),
    (&["one", "", "three"], &["three"]),
    (&["one", "two", "one"], &["one"]),
    (&["one", "two", "", "four"], &["four"]),
];

fn effect(text: &str) -> Effect {
    if text.is_empty() { remove("a") } else { put("a", text) }
}

async fn story<C: Campus>(make: impl AsyncFn() -> House<C>, blind: bool) {
    for (said, stands) in STORIES {
        for lost in [Action::ApplyThenDrop, Action::Reset, Action::Garbage, Action::CutBody, Action::json(500, "{}")] {
            let house = make().await;
            house.campus.faults().order(Matcher::any(), Some(1), lost.clone());
            let (first, rest) = said.split_first().expect("something is said");
            house.stage([effect(first)]).await;
            let outcomes = house.round().await;
            assert!(matches!(outcomes[..], [Delivered::Unknown { .. }]), "{lost:?}: {outcomes:?}");
            for text in rest {
                house.stage([effect(text), put("other", "also")]).await;
            }
            assert!(house.round().await.is_empty(), "{lost:?}: what is in doubt is looked into first");
            house.finish().await;
            let mut texts = house.texts();
            if blind && texts.first().is_some_and(|first| first == "one") && texts.len() > stands.len() + 1 {
                // The service does not know it again: the first of two stands for ever, which is said.
                texts.remove(0);
            }
            texts.sort_unstable();
            let mut wanted: Vec<&str> = stands.iter().copied().chain(["also"]).collect();
            wanted.sort_unstable();
            assert_eq!(texts, wanted, "{said:?}, {lost:?}");
        }
    }
}

#[tokio::test]
async fn discord_keeps_the_order() {
    story(House::bot, false).await;
}

#[tokio::test]
async fn a_webhook_of_discord_keeps_the_order() {
    story(House::discord_webhook, true).await;
}

#[tokio::test]
async fn telegram_keeps_the_order() {
    story(House::telegram, true).await;
}

#[tokio::test]
async fn a_webhook_keeps_the_order() {
    story(House::hook, false).await;
}

/// Lost answers of changes and removals are no doubt: both are done again.
#[tokio::test]
async fn lost_changes_and_removals_are_made_again() {
    for lost in
        [Action::ApplyThenDrop, Action::Reset, Action::CutBody, Action::json(500, "{}"), Action::html(200, "<p>log in")]
    {
        let house = House::bot().await;
        house.deliver([put("a", "one"), put("b", "two")]).await;
        house.campus.faults.order(Matcher::any(), Some(1), lost.clone());
        house.stage([put("a", "three")]).await;
        house.round().await;
        house.deliver([put("a", "four")]).await;
        assert_eq!(house.texts(), ["four", "two"], "{lost:?}");
        house.campus.faults.order(Matcher::any(), Some(1), lost.clone());
        house.deliver([remove("a")]).await;
        assert_eq!(house.texts(), ["two"], "{lost:?}");
        assert!(house.effects().await.iter().all(|effect| effect.cause.is_none() || !effect.state.waits()));
    }
}
