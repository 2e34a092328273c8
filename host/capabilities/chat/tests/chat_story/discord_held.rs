//! What an operator must mend holds the channel, with advice; it goes on by itself when that is done.

use std::time::Duration;

use beadle_campus::chat::Discord;
use beadle_campus::faults::{Action, Matcher};
use beadle_plan::{Clock as _, Delivered};
use beadle_store::{EffectState, TargetState};
use http::Method;

use crate::house::{House, PROBE, held, put};

type Change = fn(&Discord);

/// What may be wrong, what is said and advised, and how it is mended.
const WRONG: [(Change, &[&str], Change); 5] = [
    (Discord::revoke_token, &["401", "make a new token for the bot"], Discord::restore),
    (Discord::kick, &["Missing Access (50001)", "invite the bot", "View Channel"], Discord::restore),
    (|discord| discord.forbid("100"), &["Missing Permissions (50013)", "Send Messages"], Discord::restore),
    (
        |discord| discord.remove_channel("100"),
        &["Unknown Channel (10003)", "correct `channel`", "channel 100"],
        |discord| discord.channel("100"),
    ),
    (
        |discord| {
            discord.faults.order(
                Matcher::any(),
                None,
                Action::Status { status: 403, content_type: "text/plain".into(), body: "error code: 1010".into() },
            )
        },
        &["403", "proxy"],
        |discord| discord.faults.clear(),
    ),
];

#[tokio::test]
async fn a_bot_waits_until_it_is_mended() {
    for (spoil, words, mend) in WRONG {
        let house = House::bot().await;
        spoil(&house.campus);
        house.stage([put("a", "one"), put("b", "two")]).await;
        let outcomes = house.round().await;
        let [outcome] = &outcomes[..] else { panic!("the others wait: {outcomes:?}") };
        let told = held(outcome);
        assert!(words.iter().all(|word| told.contains(word)), "{told}");
        let (due, next) = house.due().await;
        assert!(due.is_empty(), "it is probed and no more");
        assert_eq!(next, Some(house.clock.now() + PROBE));
        let requests = house.requests();
        assert!(house.round().await.is_empty());
        house.next_round().await;
        assert_eq!(house.requests(), requests + 1, "one probe");
        let target = house.waiting().await;
        assert_eq!((target.state, target.failures), (Some(TargetState::Held), 2));
        assert!(target.cause.is_some() && target.advice.is_some());
        mend(&house.campus);
        house.next_round().await;
        house.finish().await;
        assert_eq!(house.texts(), ["one", "two"], "{told}");
        assert_eq!(house.states().await, [EffectState::Done; 2]);
    }
}

#[tokio::test]
async fn an_edit_and_a_removal_wait_as_well() {
    for (spoil, words, mend) in [WRONG[0], WRONG[1]] {
        let house = House::bot().await;
        house.deliver([put("a", "one"), put("b", "two")]).await;
        spoil(&house.campus);
        house.stage([put("a", "three"), crate::house::remove("b")]).await;
        let told = held(&house.round().await[0]);
        assert!(words.iter().all(|word| told.contains(word)), "{told}");
        mend(&house.campus);
        house.next_round().await;
        assert_eq!(house.texts(), ["three"]);
    }
}

/// What was in doubt when the bot was taken off the server still is when it is back.
#[tokio::test]
async fn a_doubt_outlives_being_held() {
    let house = House::bot().await;
    house.campus.faults.order(Method::POST, Some(1), Action::ApplyThenDrop);
    house.stage([put("a", "one")]).await;
    house.round().await;
    house.campus.kick();
    for _ in 0..4 {
        held(&house.next_round().await[0]);
    }
    house.campus.restore();
    house.clock.advance(PROBE);
    house.finish().await;
    assert_eq!((house.texts(), house.count(Method::POST)), (vec!["one".to_owned()], 2));
}

/// A webhook that was removed or whose token was changed: the advice is about webhooks, not about bots.
#[tokio::test]
async fn a_webhook_that_is_gone_is_made_anew() {
    let mut house = House::discord_webhook().await;
    let (id, _) = house.campus.webhook("100");
    for (address, code) in [
        ("https://discord.com/api/webhooks/99/abc".to_owned(), "10015"),
        (format!("https://discord.com/api/webhooks/{id}/abc"), "50027"),
    ] {
        house.configure(|settings| settings.service = beadle_chat::Service::DiscordWebhook { address: address.into() });
        house.clock.advance(PROBE);
        house.stage([put("a", "one")]).await;
        let told = held(&house.round().await[0]);
        assert!(told.contains(code) && told.contains("make a new webhook") && !told.contains("bot"), "{told}");
    }
}

#[tokio::test]
async fn an_old_message_that_was_edited_too_often_waits_alone() {
    let house = House::bot().await;
    house.deliver([put("a", "one")]).await;
    house.clock.advance(Duration::from_secs(2 * 3_600));
    house.campus.refuse_old_edits(true);
    house.stage([put("a", "two"), put("b", "fresh")]).await;
    let outcomes = house.round().await;
    let [Delivered::Later { until, .. }, Delivered::Done { .. }] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(*until, house.clock.now() + Duration::from_secs(600));
    assert_eq!(house.texts(), ["one", "fresh"]);
    house.clock.advance(Duration::from_secs(60));
    house.stage([put("a", "three")]).await;
    let outcomes = house.round().await;
    assert!(matches!(outcomes[..], [Delivered::Later { .. }]), "{outcomes:?}");
    house.campus.refuse_old_edits(false);
    house.finish().await;
    assert_eq!(house.texts(), ["three", "fresh"]);
    assert_eq!(house.states().await[1], EffectState::Superseded, "what waited was replaced");
    assert_eq!(house.count(Method::PATCH), 3);
}

#[tokio::test]
async fn what_the_service_cannot_take_ends_and_the_others_go_on() {
    let house = House::bot().await;
    let words = r#"{"message":"Invalid Form Body","code":50035,"errors":{"content":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH"}]}}}"#;
    house.campus.faults.order(Method::POST, Some(1), Action::json(400, words));
    house.deliver([put("a", "one"), put("b", "two")]).await;
    assert_eq!(house.states().await, [EffectState::Invalid, EffectState::Done]);
    assert_eq!(house.texts(), ["two"]);
    let cause = house.effects().await[0].cause.clone().unwrap_or_default();
    assert!(cause.contains("50035") && cause.contains("BASE_TYPE_MAX_LENGTH"), "{cause}");
}
