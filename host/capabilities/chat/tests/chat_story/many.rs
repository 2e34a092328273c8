//! Ten thousand messages through a service that fails a third of the time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use beadle_campus::chat::Discord;
use beadle_campus::faults::{Action, Matcher};
use beadle_plan::Clock as _;
use beadle_store::EffectState;
use futures::future::join_all;

use crate::house::{House, message, put_in};

const MESSAGES: usize = 10_000;
const CHANNELS: usize = 20;

/// Every so many keys one is changed while it waits.
const CHANGED: usize = 7;

/// Has of a hundred requests 20 be refused, 5 fail, and 5 be carried out and their answers lost, by a fixed chance.
fn unreliable(discord: &Discord) {
    let (state, roll) = (AtomicU64::new(0x5eed), Arc::new(AtomicU64::new(0)));
    let drawn = Arc::clone(&roll);
    // The first order draws for all of them: each request meets the orders in their order.
    let limited = move |_: &_| {
        let state = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        drawn.store((mixed ^ (mixed >> 31)) % 100, Ordering::SeqCst);
        drawn.load(Ordering::SeqCst) < 20
    };
    let drawn = Arc::clone(&roll);
    let failed = move |_: &_| drawn.load(Ordering::SeqCst) < 25;
    let lost = move |_: &_| roll.load(Ordering::SeqCst) < 30;
    let words = r#"{"message":"You are being rate limited.","retry_after":1.5,"global":false}"#;
    discord.faults.order(Matcher::new(limited), None, Action::too_many(2, words));
    discord.faults.order(Matcher::new(failed), None, Action::json(500, "{}"));
    discord.faults.order(Matcher::new(lost), None, Action::ApplyThenDrop);
}

/// Delivers what is due, the targets beside each other as in the engine, and moves the clock on.
async fn rounds(house: &House<Discord>, most: usize) {
    for _ in 0..most {
        let (due, next) = house.due().await;
        let Some(next) = next else { return };
        if due.is_empty() {
            house.clock.set(next);
            continue;
        }
        join_all(due.into_iter().map(|due| house.drain(due))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stderr, reason = "the figures are what somebody who runs it wants to see")]
async fn none_is_lost_and_none_stands_twice() {
    let began = std::time::Instant::now();
    let chats: Vec<(String, String)> =
        (0..CHANNELS).map(|number| (format!("c{number}"), (1_000 + number).to_string())).collect();
    let names: Vec<(&str, &str)> = chats.iter().map(|(name, id)| (name.as_str(), id.as_str())).collect();
    let house = House::bot_in(&names).await;
    house.campus.set_limits(None);
    house.campus.set_nonces(150_000, true);
    unreliable(&house.campus);
    let started = house.clock.now();
    let put = |number: usize, version: usize| {
        put_in(names[number % CHANNELS].0, &number.to_string(), message(&format!("key {number} version {version}")))
    };
    house.stage((0..MESSAGES).map(|number| put(number, 0))).await;
    for version in 1..4 {
        rounds(&house, 600).await;
        house.stage((0..MESSAGES).step_by(CHANGED).map(|number| put(number, version))).await;
    }
    rounds(&house, usize::MAX).await;

    let mut wanted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for number in 0..MESSAGES {
        let version = if number % CHANGED == 0 { 3 } else { 0 };
        wanted.entry(names[number % CHANNELS].1).or_default().push(format!("key {number} version {version}"));
    }
    for (channel, mut texts) in wanted {
        let mut stands: Vec<String> = house.campus.messages(channel).into_iter().map(|seen| seen.content).collect();
        stands.sort_unstable();
        texts.sort_unstable();
        assert_eq!(stands, texts, "channel {channel}");
    }
    let states = house.states().await;
    assert!(states.iter().all(|state| matches!(state, EffectState::Done | EffectState::Superseded)));
    let (requests, effects) = (house.requests(), states.iter().filter(|state| **state == EffectState::Done).count());
    eprintln!(
        "{effects} changes in {requests} requests, {:?} of the clock and {:?} of the machine",
        house.clock.now().since(started),
        began.elapsed()
    );
    assert!(effects > MESSAGES && requests < 2 * effects as u64, "{requests} requests for {effects} changes");
}
