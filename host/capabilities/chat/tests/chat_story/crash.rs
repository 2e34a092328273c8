//! A store that fails and a process that dies at every call of a message's whole life.

use std::sync::Arc;

use beadle_plan::Effect;

use crate::brittle::{Brittle, How};
use crate::campus::Campus;
use crate::house::{House, long, put, remove};

/// Sent, changed, grown to three parts, shrunk to one, removed.
fn life(part: usize) -> [Effect; 5] {
    [put("a", "one"), put("a", "two"), put("a", &long("word", part * 5 / 2)), put("a", "three"), remove("a")]
}

/// Lives a life with something brittle before the store. Returns what stood after each step of it, and whether the brittle call came.
async fn live<C: Campus>(house: &mut House<C>, part: usize, how: How, at: usize) -> (Vec<Vec<String>>, bool) {
    let brittle = Arc::new(Brittle::new(house.store.clone(), how, at));
    house.begin(brittle.clone(), brittle.clone());
    let mut stood = Vec::new();
    for effect in life(part) {
        house.stage([effect]).await;
        let died = tokio::select! {
            biased;
            _ = house.finish() => false,
            () = brittle.dead() => true,
        };
        if died {
            house.restart();
            house.finish().await;
        }
        stood.push(house.texts());
    }
    assert!(house.effects().await.iter().all(|effect| !effect.state.waits()));
    (stood, brittle.was_reached())
}

/// Lives as many lives as there are calls to fail at. Where the service is `blind` a message may stand twice, if that is said.
async fn lives<C: Campus>(make: impl AsyncFn() -> House<C>, part: usize, blind: bool) {
    let (wanted, _) = live(&mut make().await, part, How::FailBefore, usize::MAX).await;
    assert_eq!(wanted.iter().map(Vec::len).collect::<Vec<_>>()[..2], [1, 1]);
    let (mut doubled, mut calls) = (0, 0);
    for how in How::ALL {
        for at in 1.. {
            let mut house = make().await;
            let (stood, reached) = live(&mut house, part, how, at).await;
            if !reached {
                calls = at - 1;
                break;
            }
            let mut twice = false;
            for (stood, wanted) in stood.into_iter().zip(&wanted) {
                let mut more = stood.clone();
                for text in wanted {
                    let at = more.iter().position(|stands| stands == text);
                    more.remove(at.unwrap_or_else(|| panic!("{how:?} {at:?}: {text:.20} is missing in {stood:?}")));
                }
                assert!(more.len() <= usize::from(blind), "{how:?} at call {at}: {more:?} stands as well");
                twice |= !more.is_empty();
            }
            let said =
                |effect: beadle_store::EffectView| effect.cause.is_some_and(|cause| cause.contains("may stand twice"));
            let said = house.effects().await.into_iter().any(said);
            assert!(!twice || said, "{how:?} at call {at}: nobody is told that it stands twice");
            doubled += usize::from(twice);
        }
    }
    assert!(calls >= 20, "{calls} calls");
    assert_eq!(doubled > 0, blind, "the harness would see one that stands twice");
}

#[tokio::test]
async fn a_bot_of_discord_writes_each_message_once() {
    lives(House::bot, 2_000, false).await;
}

#[tokio::test]
async fn a_webhook_is_told_each_event_once() {
    lives(House::hook, 2_000, false).await;
}

#[tokio::test]
async fn a_file_has_each_entry_once() {
    lives(House::file, 2_000, false).await;
}

#[tokio::test]
async fn a_webhook_of_discord_writes_a_message_twice_at_most_and_says_so() {
    lives(House::discord_webhook, 2_000, true).await;
}

#[tokio::test]
async fn telegram_has_a_message_twice_at_most_and_it_is_said() {
    lives(House::telegram, 4_096, true).await;
}
