//! The end of a host: asked once it finishes what is under way, asked twice it goes at once, and either way the next start knows.

mod support;

use beadle_campus::faults::{Action, Gate};
use support::school::{FROM_DATABASE, Town, Wishes};
use support::tables::all_settled;

/// Returns how each run ended.
async fn states(house: &support::House) -> Vec<String> {
    let runs = house.run(&["runs", "--json"]).await.json();
    runs.as_array().expect("a list").iter().map(|run| run["state"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_that_it_serves_may_ask_it_to_stop() {
    let town = Town::found().await;
    for _ in 0..3 {
        let house = town.house(&FROM_DATABASE);
        let host = house.serve().await;
        host.stop_cleanly().await;
    }
}

const SLOW: Wishes = Wishes { settings: "source = \"enrolled\"", ..FROM_DATABASE };

#[tokio::test(flavor = "multi_thread")]
async fn a_run_under_way_is_finished_and_its_rows_are_delivered() {
    let town = Town::found().await;
    let house = town.house(&SLOW);
    let gate = Gate::new();
    town.campus.faults().order("core_enrol_get_enrolled_users", Some(1), Action::Hold(gate.clone()));
    let mut host = house.serve().await;
    gate.arrived(1).await;
    host.ask_to_stop();
    host.line("waiting for runs under way").await;
    gate.open();
    host.line("12 arrived").await;
    host.line("stopped; everything is written down").await;
    assert_eq!(states(&house).await, ["committed"]);
    assert_eq!(house.read("presence.csv").lines().count(), 13, "the rows of the last run went out, too");
    all_settled(&house.file("beadle.db")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_outlasts_the_grace_is_ended_and_says_so() {
    let town = Town::found().await;
    let house = town.house(&SLOW);
    house.edit("schedules.toml", "[host]\n", "[host]\ngrace = \"1s\"\n");
    let gate = Gate::new();
    town.campus.faults().order("core_enrol_get_enrolled_users", None, Action::Hold(gate.clone()));
    let host = house.serve().await;
    gate.arrived(1).await;
    let log = host.stop_cleanly().await;
    assert!(log.contains("longer than the grace (host.grace)"), "{log}");
    let run = house.run(&["show", "1", "--json"]).await.json();
    assert_eq!((&run["state"], &run["failure"]), (&"failed".into(), &"it was stopped".into()), "{run:#}");
    assert!(!house.file("presence.csv").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_twice_it_goes_at_once_and_the_next_start_tells_what_was_lost() {
    let town = Town::found().await;
    let house = town.house(&SLOW);
    let gate = Gate::new();
    town.campus.faults().order("core_enrol_get_enrolled_users", None, Action::Hold(gate.clone()));
    let mut host = house.serve().await;
    gate.arrived(1).await;
    host.ask_to_stop();
    host.line("once more stops at once").await;
    let (ended, log) = host.stop().await;
    assert_eq!(ended.code(), Some(130), "{log}");
    town.campus.faults().clear();
    gate.open();
    let mut host = house.serve().await;
    host.line("lost: the host ended before its run did").await;
    host.line("12 arrived").await;
    host.stop_cleanly().await;
    assert!(states(&house).await.contains(&"lost".to_owned()));
    let why = house.run(&["runs", "--why-not", "--json"]).await.json();
    assert!(why.as_array().is_some_and(|rows| rows.iter().any(|row| row["reason"] == "lost")), "{why:#}");
}
