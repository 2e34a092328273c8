//! Bad days of sheets, told end to end: keys that are replaced, requests that a stop meets half-way, targets that are held, disks that
//! are full.

mod support;

use beadle_campus::faults::{Action, Gate};
use beadle_campus::sheets::Role;
use support::House;
use support::host::Host;
use support::reckoning::people_once;
use support::school::{BOOK, BY_HAND, FROM_DATABASE, TAB, Town};
use support::tables::{all_settled, csv, effects};
use support::trial::three_minutes_pass;

const HEADER: &str = "Hashed ID,Last Seen,Classroom,Snapshot Time\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_replaced_in_its_file_is_taken_over_without_an_edit() {
    let mut town = Town::with_sheets().await;
    let house = town.house(&FROM_DATABASE);
    let second = "second@simulated-school.iam.gserviceaccount.com";
    let key = town.sheets().service_account_named(second);
    town.sheets().share(BOOK, second, Role::Writer);
    town.sheets().delete_account(town.sheets().email());
    let mut host = house.serve().await;
    let said = host.line("the target is held").await;
    assert!(said.contains("was refused") && said.contains("its key still exist"), "{said}");
    // Half of it first, as over a slow line: it is refused, and the old one stays.
    house.secret("service-account.json", &key[..key.len() / 2]);
    host.line("an edit was refused").await;
    house.secret("service-account.json", &key);
    let taken = host.line("took over an edit").await;
    assert!(taken.contains("secrets=\"sheets.presence.key\""), "{taken}");
    host.line("delivered target=sheet:presence").await;
    let log = host.stop_cleanly().await;
    assert!(!log.contains("PRIVATE KEY"), "{log}");
    people_once(&town.sheets().cells(BOOK, TAB)[1..], &town.online().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_of_a_request_waits_for_its_answer() {
    let mut town = Town::with_sheets().await;
    let house = town.house(&FROM_DATABASE);
    let gate = Gate::new();
    town.sheets().faults.order(":append", Some(1), Action::Hold(gate.clone()));
    let mut host = house.serve().await;
    gate.arrived(1).await;
    host.ask_to_stop();
    host.line("stopping: no new runs").await;
    gate.open();
    host.line("delivered target=sheet:presence").await;
    host.line("stopped; everything is written down").await;
    all_settled(&house.file("beadle.db")).await;
    people_once(&town.sheets().cells(BOOK, TAB)[1..], &town.online().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_at_once_in_the_middle_of_a_request_doubles_and_loses_nothing() {
    for applied in [true, false] {
        let mut town = Town::with_sheets().await;
        let house = town.house(&FROM_DATABASE);
        let gate = Gate::new();
        let action = if applied { Action::ApplyThenHold(gate.clone()) } else { Action::Hold(gate.clone()) };
        town.sheets().faults.order(":append", Some(1), action);
        let mut host = house.serve().await;
        gate.arrived(1).await;
        host.ask_to_stop();
        host.line("once more stops at once").await;
        let (ended, log) = host.stop().await;
        assert_eq!(ended.code(), Some(130), "{log}");
        // Nobody waits for the answer any more, and the service may still carry it out.
        gate.open();
        three_minutes_pass(&house).await;
        let mut host = house.serve().await;
        host.line("delivered target=sheet:presence").await;
        host.stop_cleanly().await;
        all_settled(&house.file("beadle.db")).await;
        people_once(&town.sheets().cells(BOOK, TAB)[1..], &town.online().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_a_target_is_held_is_quick_and_its_rows_wait() {
    let mut town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    house.edit("schedules.toml", "file = \"presence.csv\"", "file = \"share/presence.csv\"");
    let mut host = house.serve().await;
    let said = host.line("the target is held").await;
    assert!(said.contains("make the folder"), "{said}");
    host.stop_cleanly().await;
    assert_eq!(effects(&house.file("beadle.db")).await.into_keys().collect::<Vec<_>>(), ["queued"]);
    std::fs::create_dir(house.file("share")).expect("a folder");
    let mut host = house.serve().await;
    host.line("delivered target=sheet:presence").await;
    host.stop_cleanly().await;
    let (_, rows) = csv(&house.read("share/presence.csv"));
    people_once(&rows, &town.online().await);
}

/// What passes by itself is said when it begins, not at every try.
#[tokio::test(flavor = "multi_thread")]
async fn a_trouble_that_lasts_is_said_once_and_passes_by_itself() {
    let mut town = Town::with_sheets().await;
    let house = town.house(&FROM_DATABASE);
    town.sheets().faults.order("/token", None, Action::html(503, "<p>Backend</p>"));
    let mut host = house.serve().await;
    let said = host.line("delivery is tried again later").await;
    assert!(said.contains("no token for beadle@") && said.contains("not what the service sends"), "{said}");
    town.sheets().faults.wait_for("/token", 3).await;
    town.sheets().faults.clear();
    host.line("delivered target=sheet:presence").await;
    let log = host.stop_cleanly().await;
    assert_eq!(log.matches("delivery is tried again later").count(), 1, "{log}");
    people_once(&town.sheets().cells(BOOK, TAB)[1..], &town.online().await);
}

/// Only the sheet's disk is full: its file is larger than all others, and may not grow.
#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_whose_disk_is_full_is_held_and_no_half_line_stays() {
    let mut town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let filler: String =
        (0..80).map(|number| format!("old{number},\"{}\",,2020-01-01 00:00:00\n", "x".repeat(100_000))).collect();
    let before = format!("{HEADER}{filler}");
    house.write("presence.csv", &before);
    let limit = format!("ulimit -S -f {}; trap '' XFSZ", before.len() / 512 + 1);
    let mut host = Host::start(house.command_after(&limit, &["serve"]));
    let said = host.line("the target is held").await;
    assert!(said.contains("make room on the disk"), "{said}");
    assert_eq!(house.read("presence.csv").len(), before.len(), "all rows or none");
    host.limit("fsize=unlimited");
    // It would be tried in five minutes; an edit has it tried at once.
    house.edit("schedules.toml", "window = \"10m\"", "window = \"9m\"");
    host.line("delivered target=sheet:presence").await;
    host.stop_cleanly().await;
    let (_, rows) = csv(&house.read("presence.csv"));
    people_once(&rows[80..], &town.online().await);
}

/// People who copy rows make keys stand twice: who looks is told where.
#[tokio::test(flavor = "multi_thread")]
async fn doctor_and_a_dry_run_say_which_rows_stand_twice() {
    let town = Town::found().await;
    let house: House = town.house(&BY_HAND);
    let row = "0badcafe,2026-11-20 09:50:00,Room 101,2026-11-20 09:55:00\n";
    house.write("presence.csv", format!("{HEADER}{row}{row}"));
    let said = "a key stands twice, in presence.csv:2 and presence.csv:3; delete one of the rows";
    let out = house.run(&["doctor"]).await.ok();
    assert!(out.contains(said), "{out}");
    let out = house.run(&["run", "online", "--dry-run"]).await.ok();
    assert!(out.contains(said), "{out}");
}
