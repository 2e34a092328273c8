//! Services that know no request again and show nothing of what stands: a request whose answer was lost is sent once more, and no oftener.

use beadle_campus::faults::{Action, Faults, Matcher};
use beadle_plan::Delivered;
use beadle_store::{EffectState, Outbox as _};
use http::Method;

use crate::campus::Campus;
use crate::house::{House, long, note, put, remove};

/// Has the answers of the next messages be lost, edits aside.
fn lose(faults: &Faults, times: u32, action: Action) {
    let posts = Matcher::new(|seen| {
        seen.method == Method::POST && !seen.path.ends_with("editMessageText") && !seen.path.ends_with("deleteMessage")
    });
    faults.order(posts, Some(times), action);
}

async fn sent_once_more<C: Campus>(make: impl AsyncFn() -> House<C>) {
    for (lost, stands) in [
        (Action::ApplyThenDrop, 2),
        (Action::CutBody, 2),
        (Action::Reset, 1),
        (Action::Garbage, 1),
        (Action::json(500, "{}"), 1),
        (Action::html(200, "<p>please log in"), 1),
    ] {
        let house = make().await;
        lose(house.campus.faults(), 1, lost.clone());
        let outcomes = house.deliver([put("a", "one")]).await;
        let [Delivered::Unknown { .. }, done] = &outcomes[..] else { panic!("{lost:?}: {outcomes:?}") };
        assert!(note(done).is_some_and(|note| note.contains("may stand twice")), "{lost:?}: {done:?}");
        assert!(house.cause().await.contains("may stand twice"), "its row says so");
        assert_eq!(house.texts(), vec!["one"; stands], "{lost:?}");
        // The one that is known is changed and removed; nothing is said of it twice.
        house.deliver([put("a", "two")]).await;
        assert_eq!(house.texts().last().map(String::as_str), Some("two"));
        house.deliver([remove("a")]).await;
        assert_eq!(house.texts().len(), stands - 1);
    }
}

async fn held_back_after_two<C: Campus>(make: impl AsyncFn() -> House<C>) {
    let house = make().await;
    lose(house.campus.faults(), 2, Action::Reset);
    house.deliver([put("a", "one"), put("b", "two")]).await;
    assert_eq!(house.states().await, [EffectState::Held, EffectState::Done]);
    assert_eq!(house.texts(), ["two"], "the others of the channel go on");
    let held = house.effects().await.remove(0);
    let cause = held.cause.unwrap_or_default();
    assert!(cause.contains("sent twice") && cause.contains("beadle outbox retry"), "{cause}");
    let requests = house.requests();
    house.finish().await;
    assert_eq!(house.requests(), requests, "nothing is sent without a decision");
    assert_eq!(house.store.retry(held.id).await.expect("the store works"), Some(EffectState::Held));
    house.finish().await;
    assert_eq!(house.texts(), ["two", "one"]);
}

/// What is held back is replaced by what is said next under its key.
async fn replaced<C: Campus>(make: impl AsyncFn() -> House<C>) {
    let house = make().await;
    lose(house.campus.faults(), 2, Action::Reset);
    house.deliver([put("a", "one")]).await;
    house.deliver([put("a", "two")]).await;
    assert_eq!(
        (house.states().await, house.texts()),
        (vec![EffectState::Superseded, EffectState::Done], vec!["two".to_owned()])
    );
}

/// A part of a longer message that may stand twice is said to, though the pace puts the next part into another round.
async fn a_part_is_marked<C: Campus>(make: impl AsyncFn() -> House<C>) {
    let house = make().await;
    lose(house.campus.faults(), 1, Action::ApplyThenDrop);
    house.deliver([put("a", &long("word", 9_000))]).await;
    let texts = house.texts();
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[1..].join(" "), long("word", 9_000));
    assert!(house.cause().await.contains("may stand twice"), "{:?}", house.cause().await);
}

async fn all<C: Campus>(make: impl AsyncFn() -> House<C>) {
    sent_once_more(&make).await;
    held_back_after_two(&make).await;
    replaced(&make).await;
    a_part_is_marked(&make).await;
}

#[tokio::test]
async fn a_webhook_of_discord_is_sent_a_message_once_more() {
    all(House::discord_webhook).await;
}

#[tokio::test]
async fn telegram_is_sent_a_message_once_more() {
    all(House::telegram).await;
}

/// Where no connection came about nothing was sent, and nothing is in doubt.
#[tokio::test]
async fn what_never_left_is_no_doubt() {
    let mut house = House::discord_webhook().await;
    let (there, nowhere) = (house.campus.base_url.clone(), crate::campus::nowhere());
    house.configure(|settings| settings.endpoint = Some(nowhere.parse().expect("an address")));
    house.stage([put("a", "one")]).await;
    for _ in 0..5 {
        let outcomes = house.next_round().await;
        assert!(
            matches!(outcomes[..], [Delivered::Retry { .. } | Delivered::Later { doubt: None, .. }]),
            "{outcomes:?}"
        );
    }
    house.configure(|settings| settings.endpoint = Some(there.parse().expect("an address")));
    let outcomes = house.finish().await;
    assert_eq!((house.texts(), note(&outcomes[0])), (vec!["one".to_owned()], None));
}
