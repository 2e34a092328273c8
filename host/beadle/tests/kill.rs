//! Hosts are killed at every step there is, and at moments that nobody chose; the next one goes on as if nothing had been.
//!
//! A failure says how to repeat it: what is left to chance follows from `BEADLE_KILL_SEED`, but for the moments at which threads and
//! services happen to be somewhere. `BEADLE_KILL_ROUNDS` sets how many rounds of chance there are.

mod support;

use support::trial::{Into, Trial, number};

/// The steps of a host's life, each of which may be its last. They stand in `host/engine/src/kill_points.rs`.
const STEPS: [&str; 21] = [
    // Asked only before a sheet is used for the first time.
    "tab",
    "take_lease",
    "recover",
    "schedule",
    "prune",
    "asked",
    "skip",
    "fire",
    "attempt",
    "standing",
    "checkpoint",
    "commit",
    "close_run",
    "close_firing",
    "targets",
    "queued",
    "known",
    "sending",
    "add_keys",
    "settle",
    "release_lease",
];

/// Those between which a request to a service lies.
const DELIVERY: [&str; 6] = ["tab", "queued", "known", "sending", "add_keys", "settle"];

/// How many rounds of chance make a reckoning.
const BETWEEN: u64 = 30;

async fn at_each(into: Into, steps: &[&str]) {
    let mut trial = Trial::found(into, 4 * steps.len(), None).await;
    for step in steps {
        for side in ["before", "after"] {
            trial.killed_at(&format!("kill {side} {step} 1")).await;
        }
    }
    trial.reckon().await;
}

async fn at_random(into: Into, rounds: u64, seed: u64) {
    let mut left = rounds;
    let mut seed = seed;
    while left > 0 {
        // A new house now and then, as nobody comes to a school twice.
        let here = left.min(4 * BETWEEN);
        let comers = usize::try_from(2 * here).expect("a school's size");
        let mut trial = Trial::found(into, comers, Some(seed)).await;
        for round in 1..=here {
            trial.round().await;
            if round % BETWEEN == 0 {
                trial.reckon().await;
            }
        }
        trial.reckon().await;
        left -= here;
        seed += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_it_goes_on_with_files() {
    at_each(Into::Csv, &STEPS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_delivery_it_goes_on_with_a_spreadsheet() {
    at_each(Into::Google, &DELIVERY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_renews_its_lease_it_goes_on() {
    at_each(Into::Csv, &["renew_lease"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_it_goes_on_with_files() {
    at_random(Into::Csv, number("BEADLE_KILL_ROUNDS", 120), number("BEADLE_KILL_SEED", 20_261_120)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_it_goes_on_with_a_spreadsheet() {
    at_random(Into::Google, number("BEADLE_KILL_ROUNDS", 90), number("BEADLE_KILL_SEED", 20_261_121)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frozen_at_a_step_it_keeps_its_store_and_goes_on() {
    let mut trial = Trial::found(Into::Google, 20, None).await;
    for step in ["after fire", "after checkpoint", "before commit", "after sending", "before add_keys", "before settle"]
    {
        trial.somebody_comes().await;
        let mut host = trial.start(&format!("freeze {step} 1"));
        host.frozen().await;
        let refused = trial.house.run(&["serve"]).await.failed(4);
        assert!(refused.contains(&format!("process {}", host.id())), "it says who holds the store: {refused}");
        host.wake();
        host.line("schedule=walk run").await;
        host.stop_cleanly().await;
    }
    trial.reckon().await;
}
